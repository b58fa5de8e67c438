"""A real crawl of a site on this machine: what is dropped, tagged and counted."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import article, edited
from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from dedup import Index, Params, ParamsError, StorageError
from dedup.index import Decision
from dedup.integrations.scrapy import DedupPipeline

ORIGINALS = 12


def pages() -> dict[str, str]:
    """Twelve articles, then copies of some: of what kind, in front of a number."""
    site = {f"original-{number}": article(number) for number in range(ORIGINALS)}
    for number in range(3):
        site[f"identical-{number}"] = article(number).upper()
        site[f"near_duplicate-{3 + number}"] = edited(article(3 + number), number, 0.02)
        site[f"excerpt-{6 + number}"] = ". ".join(article(6 + number).split(". ")[4:12]) + "."
    return site


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    for name, text in pages().items():
        paragraphs = "".join(f"<p>{sentence}.</p>" for sentence in text.rstrip(".").split(". "))
        date = "a long time ago" if name == "original-0" else "2024-03-04"
        (folder / f"{name}.html").write_text(f"<h1>{name}</h1><time>{date}</time>{paragraphs}", "utf-8")
    (folder / "empty.html").write_text("<h1>empty</h1>", "utf-8")
    links = "".join(f'<a href="{name}.html">{name}</a>' for name in [*pages(), "empty"])
    (folder / "index.html").write_text(links, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Crawl:
    """A crawl that is over."""

    def __init__(self, folder: Path, address: str, *spiders: str, **settings: Any) -> None:
        self.out = folder / "out"
        for path in folder.glob("out*"):
            path.unlink()
        settings = {"DEDUP_INDEX": str(folder / "news.index"), **settings}
        script = Path(__file__).with_name("crawling.py")
        arguments = [sys.executable, str(script), address, str(self.out), json.dumps(settings), *spiders]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        self.log = done.stderr
        self.stats = json.loads(Path(f"{self.out}.stats").read_text())

    def items(self, of: str = "news-dict") -> list[dict[str, Any]]:
        path = Path(f"{self.out}-{of}.jsonl")
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def titles(self, of: str = "news-dict") -> list[str]:
        return sorted(item["title"] for item in self.items(of))  # what needs no answer comes first

    def counts(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for stats in self.stats:
            found.update({key[6:]: value for key, value in stats.items() if key.startswith("dedup/")})
        return dict(found)


PASSED = sorted([*(f"original-{number}" for number in range(ORIGINALS)), "empty"])


def test_copies_are_dropped_and_all_the_next_time(tmp_path: Path, address: str) -> None:
    first = Crawl(tmp_path, address)
    assert first.titles() == PASSED
    assert first.counts() == {
        "added": 21,
        "dropped": 9,
        "dropped/identical": 3,
        "dropped/near_duplicate": 3,
        "dropped/excerpt": 3,
        "no_text": 1,
        "unread_dates": 1,
    }
    assert "Dropped: identical to /original-1.html, score 1.00" in first.log
    with Index.open(tmp_path / "news.index", mode="r") as index:
        assert index.check() == []
        assert index.get("/identical-2.html").copy_of == "/original-2.html"
        assert index.get("/original-1.html").published == "2024-03-04T00:00:00Z"
        assert index.get("/original-0.html").url == "/original-0.html"
    second = Crawl(tmp_path, address)
    assert second.titles() == ["empty"]
    assert second.counts() == {"known": 21, "no_text": 1, "unread_dates": 1}
    assert "Dropped: /original-1.html is in the index already" in second.log


@pytest.mark.parametrize("kind", ["item", "dataclass"])
def test_copies_are_tagged(tmp_path: Path, address: str, kind: str) -> None:
    crawl = Crawl(tmp_path, address, f"{kind}:news", DEDUP_ACTION="tag")
    tags = {item["title"]: item.get("dedup") for item in crawl.items(f"news-{kind}")}
    assert {*tags} == {*pages(), "empty"}
    assert not tags.pop("empty")
    for title, tag in tags.items():
        kind, number = title.split("-")
        if kind == "original":
            assert (tag["duplicate_of"], tag["relation"], tag["score"]) == (None, None, None)
        else:
            assert (tag["duplicate_of"], tag["relation"]) == (f"/original-{number}.html", kind)
            assert 0.7 <= tag["score"] <= 1
            assert tag["matches"] >= 1
        assert not tag["known"]
    assert crawl.counts()["tagged"] == crawl.counts()["tagged/excerpt"] + 6 == 9


def test_a_tag_needs_a_field_and_nothing_is_added_without(tmp_path: Path, address: str) -> None:
    crawl = Crawl(tmp_path, address, "attrs:news", DEDUP_ACTION="tag")
    assert (
        "Attrs has no field 'dedup'; expected a field for the tag. Hint: declare it, or set DEDUP_TAG_FIELD"
        in crawl.log
    )
    assert crawl.titles("news-attrs") == ["empty"]
    with Index.open(tmp_path / "news.index") as index:
        assert len(index) == 0
    assert len(Crawl(tmp_path, address, "attrs:news").titles("news-attrs")) == len(PASSED)


def test_spiders_in_one_process_share_the_index(tmp_path: Path, address: str) -> None:
    crawl = Crawl(tmp_path, address, "dict:news", "item:news", ":authors")
    here, there = crawl.titles("news-dict"), crawl.titles("news-item")
    assert len(here) + len(there) == len(PASSED) + 1  # each article once, and what is no article twice
    assert {*here, *there} == {*PASSED}
    assert crawl.counts()["added"] == crawl.counts()["known"] == 21
    assert len(crawl.items("authors-dict")) == 2
    assert crawl.counts()["rejected"] == 1
    assert "id of type NoneType; expected a string" in crawl.log


def test_what_has_changed_is_updated(tmp_path: Path, address: str) -> None:
    Crawl(tmp_path, address)
    with Index.open(tmp_path / "news.index") as index:  # as if these had been other articles at the first time
        index.update("/original-5.html", article(50))
        index.update("/identical-1.html", article(51))
    crawl = Crawl(tmp_path, address, DEDUP_KNOWN="update")
    assert crawl.counts()["known"] == 21
    assert crawl.counts()["updated"] == 2
    # A copy that stood for itself when its original had changed stays, and what becomes a copy of it again goes.
    assert crawl.titles() == sorted([*(title for title in PASSED if title != "original-5"), "near_duplicate-5"])
    assert crawl.counts()["dropped"] == 9
    assert "near duplicate of /near_duplicate-5.html" in crawl.log
    with Index.open(tmp_path / "news.index", mode="r") as index:
        assert index.get("/original-5.html").copy_of == "/near_duplicate-5.html"
        assert index.get("/near_duplicate-5.html").copy_of is None


def test_copies_of_changed_items_are_reported(tmp_path: Path, address: str) -> None:
    with Index.open(tmp_path / "news.index") as index:  # as if this had been another article at the first time
        index.add("/original-1.html", article(60))
        index.add("elsewhere", article(60))
    crawl = Crawl(tmp_path, address, DEDUP_KNOWN="update")
    assert crawl.counts()["released"] == 1
    assert "elsewhere is no longer a copy: /original-1.html, of which it was one, has changed" in crawl.log


def test_level_and_fields_are_settings(tmp_path: Path, address: str) -> None:
    settings = {"DEDUP_LEVEL": "near", "DEDUP_THRESHOLD": "0.6", "DEDUP_ID_FIELD": "title"}
    crawl = Crawl(tmp_path, address, **settings)
    assert crawl.titles() == sorted([*PASSED, "excerpt-6", "excerpt-7", "excerpt-8"])
    with Index.open(tmp_path / "news.index", Params(level="near", threshold=0.6)) as index:
        assert "original-3" in index


def test_an_index_that_is_in_use_stops_the_crawl_at_once(tmp_path: Path, address: str) -> None:
    with Index.open(tmp_path / "news.index"):
        crawl = Crawl(tmp_path, address)
    assert "is open for writing in process" in crawl.log
    assert crawl.items() == []


def test_a_reactor_without_asyncio(tmp_path: Path, address: str) -> None:
    reactor = {"TWISTED_REACTOR": "twisted.internet.selectreactor.SelectReactor"}
    crawl = Crawl(tmp_path, address, **reactor)
    assert crawl.titles() == PASSED
    assert crawl.counts()["added"] == 21


def pipeline(folder: Path, **settings: Any) -> DedupPipeline:
    given = Settings({"DEDUP_INDEX": folder / "news.index", **settings})
    return DedupPipeline(SimpleNamespace(settings=given, stats=None))


def test_fields_of_params_are_settings(tmp_path: Path) -> None:
    assert pipeline(tmp_path)._params is None
    for settings in (
        {"DEDUP_PARAMS": {"level": "near", "threshold": 0.8, "window": 72}},
        {"DEDUP_PARAMS": '{"level": "near", "window": 72}', "DEDUP_THRESHOLD": "0.8"},
        {"DEDUP_PARAMS": {"level": "identical", "threshold": 0.8, "window": 72}, "DEDUP_LEVEL": "near"},
    ):
        assert pipeline(tmp_path, **settings)._params == Params(level="near", threshold=0.8, window=72)


def test_fields_as_item_loaders_and_databases_make_them(tmp_path: Path) -> None:
    async def main() -> None:
        made = pipeline(tmp_path)
        await made.open_spider()
        sentences = article(1).split(". ")
        item = {"id": [7], "body": sentences, "date": ["2024-03-04"], "publisher": ["Hill Press"], "url": []}
        assert await made.process_item(item) is item
        with pytest.raises(DropItem, match=r"identical to 7, score 1\.00"):
            await made.process_item({"url": "u", "text": "", "article": article(1)})
        assert await made.process_item({"id": "x", "text": b"bytes"}) == {"id": "x", "text": b"bytes"}
        stored = await made._ask("get", "7")
        assert (stored.source, stored.published, stored.url) == ("Hill Press", "2024-03-04T00:00:00Z", None)
        await made.close_spider()

    asyncio.run(main())


def test_an_index_that_cannot_be_written_is_an_error_of_the_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> Any:
        raise StorageError("the disk is full")

    async def main() -> None:
        made, other = pipeline(tmp_path), pipeline(tmp_path)
        await made.open_spider()
        await other.open_spider()
        with monkeypatch.context() as broken:
            broken.setattr(Index, "add_many", full)
            with pytest.raises(StorageError, match="the disk is full"):
                await made.process_item({"id": "a", "text": article(1)})
        await made.close_spider()
        assert await other.process_item({"id": "a", "text": article(1)})  # still open, and not known
        await other.close_spider()

    asyncio.run(main())
    with Index.open(tmp_path / "news.index") as index:  # nobody holds it any more
        assert len(index) == 1


def test_what_is_unchanged_keeps_its_decision_though_its_original_is_not_met_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        made = pipeline(tmp_path, DEDUP_KNOWN="update")
        tags = pipeline(tmp_path, DEDUP_KNOWN="update", DEDUP_ACTION="tag")
        await made.open_spider()
        await tags.open_spider()
        first, copy = {"id": "a", "text": article(1)}, {"id": "b", "text": article(1).upper()}
        await made.process_item(first)
        with pytest.raises(DropItem, match="identical to a"):
            await made.process_item(copy)
        with pytest.raises(DropItem, match="identical to a"):
            await made.process_item(copy)
        assert await made.process_item(first) is first
        update = Index.update
        with monkeypatch.context() as crowded:

            def met_nothing(index: Index, *arguments: Any, **given: Any) -> Decision:
                decision = update(index, *arguments, **given)
                return replace(decision, matches=(), relation=None, score=None)

            crowded.setattr(Index, "update", met_nothing)
            with pytest.raises(DropItem, match="copy of a, as before"):
                await made.process_item(copy)
            tag = (await tags.process_item(copy))["dedup"]
        assert tag == {"duplicate_of": "a", "relation": None, "score": None, "matches": 0, "known": True}
        assert await made.process_item({"id": "b", "text": b"bytes"})  # known, but no text
        await made.close_spider()
        await tags.close_spider()

    asyncio.run(main())


def test_other_parameters_are_refused_while_it_is_open(tmp_path: Path) -> None:
    async def main() -> None:
        made, same = pipeline(tmp_path, DEDUP_LEVEL="near"), pipeline(tmp_path)
        other = pipeline(tmp_path, DEDUP_LEVEL="identical")
        await made.open_spider()
        await same.open_spider()
        with pytest.raises(StorageError, match="is open with other parameters"):
            await other.open_spider()
        for one in (made, same, other):
            await one.close_spider()

    asyncio.run(main())
    Index.open(tmp_path / "news.index").close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"DEDUP_ACTION": "delete"}, "DEDUP_ACTION 'delete'; expected 'drop' or 'tag'"),
        ({"DEDUP_KNOWN": "keep"}, "DEDUP_KNOWN 'keep'; expected 'skip' or 'update'"),
        ({"DEDUP_LEVEL": "far"}, "level 'far'; expected one of identical, near"),
        ({"DEDUP_THRESHOLD": "7"}, "threshold 7.0; expected a number from 0.05 to 1"),
        ({"DEDUP_PARAMS": {"levle": "near"}}, "did you mean 'level'?"),
        ({"DEDUP_PARAMS": "near"}, "DEDUP_PARAMS 'near'; expected fields of dedup.Params, as a dict or as JSON"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    with pytest.raises(ParamsError) as raised:
        pipeline(tmp_path, **settings)
    assert message in str(raised.value)
    with pytest.raises(NotConfigured, match="DEDUP_INDEX is not set"):
        pipeline(tmp_path, DEDUP_INDEX="")
    assert not (tmp_path / "news.index").exists()


def test_items_are_read_by_the_fields_of_a_run(tmp_path: Path) -> None:
    def record(item: dict[str, Any], **settings: str) -> dict[str, Any] | None:
        crawler = get_crawler(settings_dict={"DEDUP_INDEX": str(tmp_path / "i"), **settings})
        return DedupPipeline(crawler)._record(ItemAdapter(item))

    post = {"link": ["l"], "content": {"rendered": "words"}, "title": "T", "seen": "05/03/2024", "url": "u"}
    assert record(post) == {"id": "u", "text": "words", "published": None, "source": None, "url": "u"}
    named = {
        "DEDUP_TEXT_FIELD": "title,content.rendered",
        "DEDUP_ID_FIELD": "link",
        "DEDUP_DATE_FIELD": "seen",
        "DEDUP_DATE_FORMAT": "%d/%m/%Y",
    }
    found = record({**post, "publisher": {"name": ["Hill Press"]}}, **named)
    assert found is not None
    assert (found["id"], found["text"], found["source"]) == ("l", "T\n\nwords", "Hill Press")
    assert found["published"] == np.datetime64("2024-03-05", "us")
    assert record({"text": [" "], "body": ["one", "two"], "source": "https://hill.example/1"}) == {
        "id": None, "text": "one\ntwo", "published": None, "source": "hill.example", "url": None,
    }  # fmt: skip
    assert record({"text": "", "summary": "not this"}) is None
