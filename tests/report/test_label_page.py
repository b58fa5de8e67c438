"""The labelling page holds the pairs, lets no text do harm, and gives labels that ``dedup fit`` reads."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited

import dedup
from dedup.cli.main import main
from dedup.fit.labels import Label, read_labels
from dedup.fit.run_pairs import ShownText
from dedup.report.label_page import PairToLabel, label_page

HARM = (
    "</script><script>document.title = 'harmed'</script><img src=x onerror=\"document.title = 'harmed'\">\u202e</style>"
)


def pair(number: int, text: str, other: str) -> PairToLabel:
    left, right = (
        ShownText(f"{side}{number}{HARM}", words, None, HARM, f"A bridge {HARM}")
        for side, words in (("a", text), ("b", other))
    )
    label = Label(left.id, right.id, "skip", {"verbatim": 0.5, "hours": -2.25, "tokens": 200.0}, (HARM, "begins"))
    return PairToLabel(label, left, right)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pairs = [pair(number, f"{HARM} {article(number)}", edited(article(number), 1, 0.1) + HARM) for number in range(3)]
    path = tmp_path_factory.mktemp("page") / "labels.html"
    path.write_text(label_page(pairs, HARM, "store"), "utf-8")
    return path


def test_the_policy_allows_the_program_and_the_style_of_the_page_and_nothing_else(page: Path) -> None:
    html = page.read_text("utf-8")
    policy = re.search('http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    for tag in ("script", "style"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert content
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe" not in policy[1]
    assert not re.search(r"(src|href)=\"?(https?:|//)", html)
    assert " style=" not in html


def test_texts_are_escaped_and_their_lines_are_complete(page: Path) -> None:
    html = page.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert html.count("<b><bdi>A bridge &lt;/script&gt;") == 6
    assert html.count("<script") == 2
    assert "<img" not in html
    assert "\u202e" not in html
    lines = re.search('<script type="application/json" id="pairs">(.*?)</script>', html, re.DOTALL)
    assert lines
    assert [line["left"] for line in json.loads(lines[1])] == [f"a{number}{HARM}" for number in range(3)]


def test_a_long_text_is_cut_and_the_page_says_so() -> None:
    html = label_page([pair(0, "word " * 10_000, "word " * 100)], "run", "store")
    assert len(html) < 200_000
    assert "38,000 further characters of the two are not shown" in html


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page()
        browser.close()


def test_pairs_are_labelled_by_keys_and_buttons_and_downloaded(tab: Any, page: Path, tmp_path: Path) -> None:
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page.as_uri())
    assert tab.locator("article:visible h1").all_inner_texts() == ["Pair 1 of 3"]
    tab.keyboard.press("c")
    tab.keyboard.press("Control+o")  # a key of the browser
    tab.keyboard.press("u")
    tab.keyboard.press("b")
    assert tab.locator("article:visible h1").all_inner_texts() == ["Pair 2 of 3"]
    assert tab.get_attribute("button[data-label=update]", "aria-pressed") == "true"
    tab.click("button[data-label=other]")
    tab.reload()
    assert tab.locator("article:visible h1").all_inner_texts() == ["Pair 3 of 3"]
    tab.keyboard.press("s")
    assert tab.locator("article:visible h1").all_inner_texts() == ["That was the last pair"]
    with tab.expect_download() as download:
        tab.click("#download")
    download.value.save_as(tmp_path / "labels.jsonl")
    labels = read_labels(tmp_path / "labels.jsonl")
    assert [label.label for label in labels] == ["copy", "other", "skip"]
    assert labels[0].left == f"a0{HARM}"
    assert labels[0].measures == {"verbatim": 0.5, "hours": -2.25, "tokens": 200.0}
    assert labels[0].begins == (HARM, "begins")
    assert said == []
    assert {url for url in asked if not url.startswith("blob:")} == {page.as_uri()}
    assert tab.title().startswith("Label 3 pairs of ")  # not harmed


def test_pairs_of_a_run_are_written_to_a_page_and_its_labels_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [{"id": f"a{n}", "text": article(n, 12)} for n in range(3)]
    records += [{"id": f"b{n}", "text": article(n, 12)[:700] + article(50 + n, 5)} for n in range(3)]
    (tmp_path / "news.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    dedup.deduplicate(str(tmp_path / "news.jsonl"), tmp_path / "out")
    out, labels, page = (str(tmp_path / name) for name in ("out", "labels.jsonl", "page.html"))
    assert main(["label", out, "--labels", labels, "--page", page]) == 0
    assert "pairs written to " in capsys.readouterr().out
    lines = re.search('id="pairs">(.*?)</script>', Path(page).read_text("utf-8"))
    assert lines
    pairs = json.loads(lines[1])
    assert pairs
    added = tmp_path / "downloaded.jsonl"
    added.write_text("".join(json.dumps({**line, "label": "copy"}) + "\n" for line in pairs))
    for _ in range(2):
        assert main(["label", out, "--labels", labels, "--add", str(added)]) == 0
    assert [label.label for label in read_labels(Path(labels))] == ["copy"] * len(pairs)
    assert len(Path(labels).read_text().splitlines()) == len(pairs)
    Path(page).unlink()
    assert main(["label", out, "--labels", labels, "--page", page]) == 0
    assert "no more pairs to label" in capsys.readouterr().out
    assert not Path(page).exists()
