"""What an index has is listed, exported, counted and logged; a second writer may wait."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import Place, article, edited

from dedup import AsyncIndex, Index, OutputError, ParamsError, StorageError
from dedup.index.counters import COUNTERS
from dedup.index.tuning import IndexTuning

SMALL = IndexTuning(block_documents=3)


def fill(index: Index) -> None:
    for n in range(8):
        index.add(f"d{n}", article(n, 6), source=f"paper {n % 2}", published=f"2024-03-0{n + 1}", data={"page": n})
    index.add("copy", edited(article(3, 6), 1, 0.02), url="https://hill.example/3")
    index.add("copy 2", article(3, 6).upper())


def test_documents_in_the_order_in_which_they_came(place: Place) -> None:
    with Index(place("i"), tuning=SMALL) as index:
        assert [*index] == []
        fill(index)
        index.remove("d4")
        documents = [*index]
        assert [document.id for document in documents] == [*(f"d{n}" for n in (0, 1, 2, 3, 5, 6, 7)), "copy", "copy 2"]
        assert documents == [index.get(document.id) for document in documents]
        assert [(one.id, one.copy_of) for one in index.copies_of("d3")] == [("copy", "d3"), ("copy 2", "d3")]
        assert index.copies_of("copy") == index.copies_of("nobody") == []
        index.update("d0", article(50, 6))
        assert [document.id for document in index][-1] == "d0"


def test_documents_while_others_are_added_and_removed(place: Place) -> None:
    with Index(place("i"), tuning=SMALL) as index:
        fill(index)
        seen = []
        for document in index:
            seen.append(document.id)
            index.add(f"new {document.id}", article(len(seen) + 60, 6))
            if document.id == "d2":
                index.remove("d6")
        assert seen == [*(f"d{n}" for n in (0, 1, 2, 3, 4, 5, 7)), "copy", "copy 2"]


def test_exports_hold_every_document(place: Place, tmp_path: Path) -> None:
    with Index(place("i"), tuning=SMALL) as index:
        fill(index)
        documents = [*index]
        assert index.export(tmp_path / "all.jsonl") == index.export(tmp_path / "all.parquet") == len(documents)
        lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
        assert lines == [dataclasses.asdict(document) for document in documents]
        rows = pq.read_table(tmp_path / "all.parquet").to_pylist()
        for row, line in zip(rows, lines, strict=True):
            row["data"] = row["data"] and json.loads(row["data"])
            for name in ("published", "added"):
                moment = line[name] and datetime.fromisoformat(line[name].removesuffix("Z")).replace(
                    tzinfo=timezone.utc
                )
                assert row.pop(name) == moment
                del line[name]
            assert row == line
        assert lines[0]["data"] == {"page": 0}
        assert index.export(tmp_path / "all.jsonl") == len(documents)  # in place of the first
        with pytest.raises(
            ParamsError, match=r"an export to 'all.csv'; expected a name that ends in .jsonl or .parquet"
        ):
            index.export(tmp_path / "all.csv")
        with pytest.raises(OutputError, match="no such file or directory"):
            index.export(tmp_path / "nowhere" / "all.jsonl")
    assert sorted(path.name for path in tmp_path.glob("*all*")) == ["all.jsonl", "all.parquet"]


def test_an_export_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text("earlier")
    with Index(tmp_path / "i") as index:
        fill(index)
        index.close()
        with pytest.raises(StorageError, match="closed"):
            index.export(tmp_path / "all.jsonl")
    assert (tmp_path / "all.jsonl").read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.jsonl", "i"]


def test_a_match_says_why_and_what(place: Place) -> None:
    with Index(place("i")) as index:
        index.add("a", article(1) + " (Reuters)", url="https://hill.example/1")
        decision = index.query(article(1).upper() + " (REUTERS)")
        (match,) = decision
        assert (match.url, match.credit, match.reason) == ("https://hill.example/1", "Reuters", decision.reason)
        index.add("b", edited(article(1), 1, 0.1))
        far = index.query(article(1, 8))[0]
        assert far.reason.startswith(("an excerpt: ", "nearly the same text: "))
        values = far.as_dict()
        assert values["reason"] == far.reason
        assert {"id", "relation", "score", "url", "credit", "is_copy", "kept"} < values.keys()
        assert json.loads(json.dumps(decision.as_dict()))["matches"][0]["id"] == "a"


def test_a_second_writer_waits(tmp_path: Path) -> None:
    first = Index(tmp_path / "i")
    first.add("a", article(1))
    ends = threading.Timer(0.3, first.close)
    ends.start()
    begun = time.monotonic()
    with Index(tmp_path / "i", wait=30) as second:
        assert time.monotonic() - begun < 20
        assert "a" in second
        assert second.counters()["seconds_waiting"] > 0.1
        with pytest.raises(StorageError, match=r"is open for writing in process \d+, still after 0.1 s"):
            Index(tmp_path / "i", wait=0.1)
        with pytest.raises(StorageError, match=r"is open for writing in process \d+; .*wait=SECONDS, --wait TIME"):
            Index(tmp_path / "i")
    ends.join()
    for wait in (-1, float("nan"), float("inf"), "3", True):
        with pytest.raises(ParamsError, match="seconds, at least 0"):
            Index(tmp_path / "i", wait=wait)  # type: ignore[arg-type]


def test_a_writer_that_waits_writes_to_the_index_that_is_there_then(tmp_path: Path) -> None:
    """A rebuild puts another folder in place of the one whose lock is waited for."""
    first = Index(tmp_path / "i")
    first.add("old", article(1))
    with Index(tmp_path / "new") as other:
        other.add("new", article(2))

    def swap() -> None:
        (tmp_path / "i").rename(tmp_path / "before")
        (tmp_path / "new").rename(tmp_path / "i")
        first.close()

    swaps = threading.Timer(0.2, swap)
    swaps.start()
    with Index(tmp_path / "i", wait=30) as second:
        swaps.join()
        assert [document.id for document in second] in (["old"], ["new"])
        with pytest.raises(StorageError, match="is open for writing"):
            Index(tmp_path / "i")


def test_counters(place: Place) -> None:
    with Index(place("i")) as index:
        assert index.counters() == {
            **dict.fromkeys(COUNTERS, 0),
            "seconds_waiting": index.counters()["seconds_waiting"],
        }
        fill(index)
        index.query_many(["One.", "Two."])
        index.update("d1", article(60, 6))
        index.remove("d2")
        index.expire("2024-03-02")
        with pytest.raises(StorageError), index.reading():
            raise ValueError("damage")
        with pytest.raises(Exception, match="in the index already"):
            index.add("d3", "Three.")
        index.flush()
        found = index.counters()
        counted = {"documents": 8, "queries": 2, "added": 10, "updated": 1, "removed": 1, "expired": 1, "copies": 2}
        assert {name: found[name] for name in counted} == counted
        assert (found["errors"], found["flushes"]) == (1, 1)
        assert found["last_flush"] > 1e9
        assert found["text_bytes"] > 1_000
        assert found["seconds_changing"] > 0
        assert tuple(found) == COUNTERS


def test_counters_do_not_wait_for_another_thread(tmp_path: Path) -> None:
    with Index(tmp_path / "i") as index:
        fill(index)
        index.counters()
        found: list[dict[str, float]] = []
        with index.held():
            asks = threading.Thread(target=lambda: found.append(index.counters()))
            asks.start()
            asks.join(30)
        assert found[0]["documents"] == 10


def test_events_are_logged_and_nothing_is_printed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "dedup.index"), Index(tmp_path / "i") as index:
        fill(index)
        index.expire("2024-03-02")
        index.compact()
        index.backup(tmp_path / "b")
    words = [record.getMessage().removeprefix(f"{tmp_path / 'i'}: ") for record in caplog.records]
    assert words[0] == "opened for writing"
    assert "added 1, of which 1 are copies" in words
    assert words[-4:] == ["1 documents have expired", "compacted", f"backed up to {tmp_path / 'b'}", "closed"]


def test_an_event_loop_iterates_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncIndex(tmp_path / "i", wait=1) as index:
            await index.add_many({"id": f"d{n}", "text": article(n, 6)} for n in range(5))
            await index.add("copy", article(3, 6).upper())
            assert [document.id async for document in index] == ["d0", "d1", "d2", "d3", "d4", "copy"]
            assert [one.id for one in await index.copies_of("d3")] == ["copy"]
            story = await index.story("copy")
            assert story is not None
            assert story.documents == ("d3", "copy")
            assert (await index.counters())["added"] == 6
            assert await index.export(tmp_path / "all.jsonl") == 6
            await index.backup(tmp_path / "b")

    asyncio.run(main())
    with Index(tmp_path / "b", mode="r") as backup:
        assert len(backup) == 6
