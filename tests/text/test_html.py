"""HTML among the records: every way of running compares the text, and keeps the record as it was."""

from __future__ import annotations

import html
import json
import sys
from pathlib import Path

import pytest
from conftest import Place, article

import dedup
from dedup import Index, Params
from dedup.attribution.credits import HEAD_BYTES, credit
from dedup.cli.main import main
from dedup.errors import ParamsError, StorageError
from dedup.fit.run_pairs import RunPairs
from dedup.minhash import signature
from dedup.run.run_output import RunOutput


def page(text: str, name: str = "post") -> str:
    """A text as a content system wraps it: more markup than words."""
    paragraphs = "".join(
        f'<p class="has-text-align-left has-medium-font-size wp-block-paragraph">{html.escape(line)}.</p>\n'
        for line in text.rstrip(".").split(". ")
    )
    return (
        f'<article id="{name}" class="post type-post status-publish format-standard hentry category-news">'
        '<div class="elementor-widget-container" style="margin: 0 auto; padding: 10px 20px; color: #333333;">'
        f'<figure class="wp-block-image size-large"><img loading="lazy" src="https://x.example/{name}.jpg" alt=""/>'
        f"</figure>{paragraphs}</div><script>window.ads = window.ads || []; ads.push({{'slot': 7}});</script></article>"
    )


SHORT = [article(seed, sentences=4) for seed in range(6)]
SPELLINGS = {
    "plain": "Bakers in the Rue des Fours à pain say the école primaire Hélène-Boucher is “too near” for their vans, "
    "“blé” or not.",
    "named": "Bakers in the Rue des Fours &agrave; pain say the &eacute;cole primaire H&eacute;l&egrave;ne-Boucher is "
    "&ldquo;too near&rdquo; for their vans, &ldquo;bl&eacute;&rdquo; or not.",
    "numbered": "Bakers in the Rue des Fours &#xE0; pain say the &#233;cole primaire H&#233;l&#232;ne-Boucher is "
    "&#8220;too near&#8221; for their vans, &#8220;bl&#233;&#8221; or not.",
    "escaped": r"Bakers in the Rue des Fours \xe0 pain say the \xe9cole primaire H\xe9l\xe8ne-Boucher is "
    r"\u201ctoo near\u201d for their vans, \u201cbl\xe9\u201d or not.",
    "twice": "Bakers in the Rue des Fours &amp;agrave; pain say the &amp;eacute;cole primaire H&amp;#233;l&amp;egrave;"
    "ne-Boucher is &amp;#8220;too near&amp;#8221; for their vans, &amp;ldquo;bl&amp;eacute;&amp;rdquo; or not.",
}  # fmt: skip


def jsonl(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    return path


def test_different_posts_in_one_markup_are_kept() -> None:
    kept = dedup.deduplicate([page(text) for text in SHORT]).decisions["kept"].to_pylist()
    assert kept == [True] * len(SHORT)
    as_words = dedup.deduplicate([page(text) for text in SHORT], params=Params(html="keep"))
    assert as_words.counts["kept"] < len(SHORT)  # what it was for


@pytest.mark.parametrize("level", ["near", "rewritten"])
def test_a_post_and_its_plain_text_are_one(level: str) -> None:
    result = dedup.deduplicate([*SHORT, *map(page, SHORT)], params=Params(level=level))
    assert result.decisions["relation"].to_pylist() == [None] * 6 + ["identical"] * 6


def test_spellings_of_letters_are_one() -> None:
    result = dedup.deduplicate(list(SPELLINGS.values()))
    assert result.counts["kept"] == 1
    assert set(result.decisions["relation"].to_pylist()) == {None, "identical"}
    for text in SPELLINGS.values():
        assert dedup.compare(SPELLINGS["plain"], text).relation == "identical"


def test_kept_lines_are_as_they_were(tmp_path: Path) -> None:
    records = [{"id": f"r{number}", "text": page(text), "x": "&lt;"} for number, text in enumerate(SHORT)]
    source = jsonl(tmp_path / "news.jsonl", [*records, {"id": "copy", "text": SHORT[0]}])
    dedup.deduplicate(source, tmp_path / "out")
    assert (tmp_path / "out/kept.jsonl").read_bytes() == b"".join(source.read_bytes().splitlines(True)[:-1])


def test_credits_and_heads_are_of_the_text() -> None:
    said = "LONDON (Reuters) - " + SHORT[0]
    long_tag = f"<div style='{'x' * 2 * HEAD_BYTES}'>"
    result = dedup.deduplicate([long_tag + page(said), page(said, "other"), SHORT[1]])
    assert result.decisions["credit"].to_pylist()[0] == "Reuters"
    assert result.summary["largest_clusters"][0]["begins"].startswith("LONDON (Reuters) - The")
    assert dedup.compare(long_tag + page(said), said).credit_a == credit(long_tag + page(said)) == "Reuters"


def test_a_text_of_markup_alone_has_no_words() -> None:
    result = dedup.deduplicate(["<p><img src='x'></p>", "<div class='y'></div>", SHORT[0]])
    assert result.decisions["kept"].to_pylist() == [True, True, True]


def test_an_index_compares_texts(place: Place) -> None:
    with Index.open(place("i")) as index:
        assert index.add("plain", SHORT[0]).matches == ()
        assert [(match.id, match.relation) for match in index.query(page(SHORT[0]))] == [("plain", "identical")]
        assert index.add("other", page(SHORT[1])).matches == ()
        many = [{"id": f"m{number}", "text": page(text)} for number, text in enumerate(SHORT * 5)]
        assert all(index.add_many(many)[5 * 6 - 1])
        credited = {"id": "c", "text": page("PARIS (AFP) - " + SHORT[3].upper())}
        index.add(**credited)
        document = index.get("c")
        assert document is not None
        assert document.credit == "AFP"


def test_an_index_remembers(place: Place) -> None:
    where = place("i")
    with Index.open(where, Params(html="keep")) as index:
        index.add("plain", SHORT[0])
        assert not any(match.relation == "identical" for match in index.query(page(SHORT[0])))
    with pytest.raises(StorageError, match="html"):
        Index.open(where, Params(html="auto"))
    with pytest.raises(ParamsError, match="html"):
        dedup.deduplicate(SHORT, params=Params(), index=where)


def test_params() -> None:
    assert Params().html == "auto"
    assert len({Params(html=mode).fingerprint for mode in ("auto", "keep", "strip")}) == 3
    with pytest.raises(ParamsError, match="auto, keep, strip, main"):
        Params(html="yes")


def test_signatures_are_of_the_text() -> None:
    assert (signature(page(SHORT[0])) == signature(SHORT[0])).all()
    assert (signature(page(SHORT[0]), Params(html="keep")) != signature(SHORT[0])).any()


def test_pages_in_folders_are_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = f"<!DOCTYPE html><html><head><title>x</title></head><body>{page(SHORT[0])}</body></html>".encode()
    files = {"a.html": whole, "b.HTM": page(SHORT[1]).encode(), "c.txt": SHORT[0].encode(), "d.md": b"# no"}
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    assert main(["run", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0
    assert ".md 1" in capsys.readouterr().out
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out/kept").iterdir()}
    assert kept == {name: files[name] for name in ("a.html", "b.HTM")}
    assert main(["compare", str(tmp_path / "in/a.html"), str(tmp_path / "in/c.txt")]) == 0
    assert capsys.readouterr().out.startswith("identical")


def test_compare_shows_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.html").write_text(page(SHORT[0] + " Tags such as <p> are <b>."))
    (tmp_path / "b.txt").write_text(SHORT[0])
    names = [str(tmp_path / "a.html"), str(tmp_path / "b.txt")]
    assert main(["compare", *names]) == 0
    shown = capsys.readouterr().out
    assert "wp-block" not in shown
    assert "Tags such as <p> are <b>" in shown
    assert main(["compare", "--html", "keep", *names]) == 0
    assert "wp-block" in capsys.readouterr().out


def test_pairs_to_label_are_shown_as_texts(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [{"id": f"p{n}", "text": page(text)} for n, text in enumerate(SHORT)]
    dedup.deduplicate(jsonl(tmp_path / "news.jsonl", records), tmp_path / "out")
    document = RunPairs(RunOutput(tmp_path / "out")).documents(["p2"])["p2"]
    assert document.text.split() == SHORT[2].split()


def test_the_choice_is_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = jsonl(tmp_path / "n.jsonl", [{"id": "a", "text": SHORT[0]}, {"id": "b", "text": page(SHORT[0])}])
    assert main(["run", str(source), "--json", "--html", "keep", "--level", "identical"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["kept"], summary["params"]["html"]) == (2, "keep")
    index = str(tmp_path / "i")
    assert main(["index", "create", index, "--html", "strip"]) == 0
    assert main(["index", "add", index, str(source)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [answer["duplicate_of"] for answer in answers] == [None, "a"]
    assert main(["run", str(source), "--index", index, "--html", "keep"]) != 0
    assert "html" in capsys.readouterr().err


def test_main_needs_its_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)  # as if it were not installed
    assert main(["run", "-", "--html", "main"]) == 2
    assert "pip install 'newsdedup[html]'" in capsys.readouterr().err


def test_main_compares_the_article_of_a_page() -> None:
    pytest.importorskip("trafilatura", reason="trafilatura is not installed: pip install 'newsdedup[html]'")
    links = "".join(f"<li><a href='/{n}'>{text.split('.')[0]}</a></li>" for n, text in enumerate(SHORT))
    story = article(50, sentences=25)

    def whole(name: str) -> str:
        head = f"<html><head><title>{name}</title></head><body><nav><ul>{links}</ul></nav>"
        foot = (
            f"<footer><p>{name} is a newspaper of its town. All rights reserved by {name}.</p></footer></body></html>"
        )
        return f"{head}<main>{page(story, name)}</main>{foot}"

    texts = [whole("Tellmouth Echo"), story, "<html><body></body></html>", page(SHORT[0])]
    result = dedup.deduplicate(texts, params=Params(html="main", level="identical"))
    assert result.decisions["kept"].to_pylist() == [True, False, True, True]
    assert dedup.deduplicate(texts, params=Params(level="identical")).counts["kept"] == 4
