"""What an index answers, and that the answers outlive it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from conftest import Place, article, edited

import dedup
from dedup import Index, Params
from dedup.errors import InputError, StorageError
from dedup.index.folder import maintenance, segments
from dedup.index.tuning import IndexTuning

SEEDS = {path.name[:3]: path.read_text("utf-8") for path in (Path(__file__).parents[2] / "seeds").glob("*.txt")}


SMALL = IndexTuning(run_documents=8, vocabulary_documents=20, table_articles=16)
"""Runs of a few documents, so that they are written and merged."""


def records(count: int, seed: int = 0) -> list[dict[str, object]]:
    """Articles, every fourth one an edited copy of the one before it."""
    found: list[dict[str, object]] = []
    for number in range(count):
        text = article(seed + number)
        if number % 4 == 3:
            text = edited(article(seed + number - 1), number, 0.02)
        found.append({"id": f"d{number}", "text": text})
    return found


def ids_and_relations(matches: Iterable[dedup.index.Match]) -> list[tuple[str, str]]:
    return [(match.id, match.relation) for match in matches]


def test_a_rewrite_is_found(place: Place) -> None:
    with Index.open(place("i")) as index:
        assert len(index.add("000", SEEDS["000"])) == 0
        (match,) = index.query(SEEDS["003"])
        assert (match.id, match.relation, match.is_copy, match.kept) == ("000", "rewritten", True, True)
        assert match.score == pytest.approx(dedup.compare(SEEDS["000"], SEEDS["003"]).score, abs=0.02)
        for other in ("001", "002", "004"):
            assert not any(match.is_copy for match in index.query(SEEDS[other]))
        assert len(index) == 1  # a query adds nothing


def copies(matches: Iterable[dedup.index.Match]) -> list[tuple[str, str]]:
    return [(match.id, match.relation) for match in matches if match.is_copy]


def test_one_by_one_in_a_batch_and_in_a_run_decide_alike(place: Place) -> None:
    given = records(60)
    with Index.open(place("one")) as index:
        one = [index.add(**record) for record in given]
    with Index.open(place("batch")) as index:
        batch = index.add_many(given)
    # What is partial hangs on what was rare at that moment.
    assert [copies(matches) for matches in one] == [copies(matches) for matches in batch]
    decisions = dedup.deduplicate(given, params=Params(keep="first")).decisions.to_pylist()
    for matches, decision in zip(batch, decisions, strict=True):
        kept_by = next((match for match in matches if match.is_copy and match.kept), None)
        assert (None if kept_by is None else kept_by.id) == decision["duplicate_of"]
        assert (None if kept_by is None else kept_by.relation) == decision["relation"]
    assert sum(not decision["kept"] for decision in decisions) == 15


def test_answers_outlive_the_index(place: Place) -> None:
    given = records(200)
    with Index.open(place("i"), tuning=SMALL) as index:
        added = []
        for first in range(0, 200, 7):
            added += index.add_many(given[first : first + 7])
            index.flush()
        here = [copies(matches) for matches in index.query_many(given)]
        assert len(index.info()["params"])
        assert index.info().get("runs", 0) < 8
    assert sum(bool(copies(matches)) for matches in added) == 50
    with Index.open(place("i"), mode="r", tuning=SMALL) as index:
        assert index.check() == []
        there = [copies(matches) for matches in index.query_many(given)]
    assert here == there
    for record, matches in zip(given, there, strict=True):
        assert matches[0] == (record["id"], "identical")
    for number in range(3, 200, 4):
        assert (f"d{number}", "near_duplicate") in there[number - 1]


def test_the_same_whatever_lies_in_runs(place: Place) -> None:
    """Sorted runs and their merging must not change what is found."""
    given = records(120)
    answers = []
    for step in (1, 5, 120):
        with Index.open(place(str(step)), tuning=SMALL) as index:
            for first in range(0, 120, step):
                index.add_many(given[first : first + step])
                index.flush()
            answers.append([copies(matches) for matches in index.query_many(given)])
            assert index.check() == []
    assert answers[0] == answers[1] == answers[2]


def test_matches_come_best_first_and_tell_what_is_known(place: Place) -> None:
    text = article(1)
    with Index.open(place("i")) as index:
        index.add("near", edited(text, 1, 0.02), source="Hill Press", published="2024-01-02T10:00:00Z")
        index.add("same", text, published="2024-01-01", url="https://hill.example/1", data={"section": ["a", 1]})
        first, second = index.query(text.upper(), published="2024-01-03")
        assert ids_and_relations([first, second]) == [("same", "identical"), ("near", "near_duplicate")]
        assert (first.published, first.source, first.derived) == ("2024-01-01T00:00:00Z", None, "new")
        assert (second.published, second.source) == ("2024-01-02T10:00:00Z", "Hill Press")
        assert second.measures["resemblance"] == second.score
        held = index.get("same")
        assert held is not None
        assert (held.url, held.data, held.copy_of) == ("https://hill.example/1", {"section": ["a", 1]}, "near")
        assert held.tokens == len(text.split())
        assert index.query(text, published="2023-01-01")[0].derived == "stored"


def test_an_excerpt_is_a_copy_of_what_contains_it_only(place: Place) -> None:
    whole = article(5, 30)
    part = " ".join(whole.split()[:120])
    with Index.open(place("a")) as index:
        index.add("whole", whole)
        (match,) = index.add("part", part)
        assert (match.relation, match.is_copy) == ("excerpt", True)
    with Index.open(place("b")) as index:
        index.add("part", part)
        (match,) = index.add("whole", whole)
        assert (match.relation, match.is_copy) == ("excerpt", False)


def test_what_is_removed_is_not_found(place: Place) -> None:
    text = article(1)
    with Index.open(place("i")) as index:
        index.add("a", text)
        index.add("b", text)
        assert index.get("b").copy_of == "a"  # type: ignore[union-attr]
        assert index.remove("a")
        assert not index.remove("a")
        assert "a" not in index
        assert "b" in index
        assert len(index) == 1
        assert index.get("a") is None
        assert index.get("b").copy_of is None
        assert ids_and_relations(index.query(text)) == [("b", "identical")]
        index.add("a", text)  # the id is free again
    with Index.open(place("i")) as index:
        assert ids_and_relations(index.query(text)) == [("b", "identical"), ("a", "identical")]
        assert index.check() == []


def test_an_update_takes_the_place(place: Place) -> None:
    with Index.open(place("i")) as index:
        index.add("a", article(1))
        index.add("b", article(2))
        assert ids_and_relations(index.update("a", article(2), source="Hill Press")) == [("b", "identical")]
        assert copies(index.query(article(1))) == []
        assert index.get("a").source == "Hill Press"  # type: ignore[union-attr]
        assert len(index) == 2


def test_expired_documents_go_and_compaction_leaves_nothing_of_them(place: Place) -> None:
    given = records(80)
    for number, record in enumerate(given):
        record["published"] = f"2024-01-{1 + number // 4:02d}"
    with Index.open(place("i"), tuning=SMALL) as index:
        for record in given:
            index.add(**record)
            index.flush()
        assert index.expire(before="2024-01-11") == 40
        before = [copies(matches) for matches in index.query_many(given)]
        assert index.info()["removed"] == 40
        assert all(int(id[1:]) >= 40 for matches in before for id, _ in matches)
        index.compact()
        assert (index.info()["removed"], index.info().get("runs", 1), len(index)) == (0, 1, 40)
        assert [copies(matches) for matches in index.query_many(given)] == before
        assert index.check() == []
    with Index.open(place("i"), tuning=SMALL) as index:
        assert [copies(matches) for matches in index.query_many(given)] == before
        assert copies(index.add("new", article(1000))) == []
        assert index.check() == []


def test_a_window_that_slides_stays_as_large_as_it_is(tmp_path: Path) -> None:
    days, width, a_day = 60, 10, 8
    with Index.open(tmp_path / "i", tuning=SMALL) as index:
        state = index.backend.state
        for day in range(days):
            date = np.datetime64("2024-01-01") + np.timedelta64(day, "D")
            texts = [article(a_day * day + number) for number in range(a_day)]
            texts[-1] = edited(article(a_day * max(0, day - width // 2)), day, 0.02)  # of one that is still there
            given = [
                {"id": f"{day}-{number}", "text": text, "published": str(date)} for number, text in enumerate(texts)
            ]
            found = index.add_many(given)
            assert not day or any(match.is_copy for match in found[-1])
            expired = index.expire(before=str(date - np.timedelta64(width - 1, "D")))
            assert expired == (a_day if day >= width else 0)
            index.flush()
            live = a_day * min(day + 1, width)
            posted = sum(run.file.documents for run in state.runs)
            assert len(index) == live
            assert posted <= 2 * live
            assert len(state.database.removed()) <= 2 * live
            assert state.finder.frequencies.articles <= 4 / 3 * live + a_day
        assert index.check() == []
        assert not any(match.is_copy for match in index.query(article(3)))  # of the first day
        assert index.query(article(a_day * (days - 1)))[0].id == f"{days - 1}-0"
        counted = state.finder.frequencies
        maintenance.count_again(state)
        exact = state.finder.frequencies
        assert (counted.counts() >= exact.counts()).all()
    with Index.open(tmp_path / "i", tuning=SMALL) as index:
        again = index.backend.state.finder.frequencies
        assert again.articles == exact.articles
        assert (again.counts() == exact.counts()).all()
        assert index.check() == []


def test_an_index_emptied_and_compacted_can_be_used(place: Place) -> None:
    with Index.open(place("i")) as index:
        index.compact()
        index.add("a", article(1))
        index.remove("a")
        index.compact()
        assert len(index.add("a", article(1))) == 0
        assert ids_and_relations(index.query(article(1))) == [("a", "identical")]
        assert index.check() == []


@pytest.mark.parametrize("level", ["identical", "near", "syndicated"])
def test_levels(place: Place, level: str) -> None:
    text = article(3)
    with Index.open(place("i"), Params(level=level)) as index:
        index.add("a", text)
        assert ids_and_relations(index.query(text.lower())) == [("a", "identical")]
        assert [name for _, name in ids_and_relations(index.query(edited(text, 1, 0.01)))] == ["near_duplicate"] * (
            level != "identical"
        )


def test_short_texts_and_texts_without_words(place: Place) -> None:
    with Index.open(place("i")) as index:
        assert index.add("empty", "").matches == ()
        assert index.add("signs", "!? …").matches == ()
        assert index.add("short", "Bridge closed.").matches == ()
        assert ids_and_relations(index.add("again", "bridge CLOSED")) == [("short", "identical")]
        assert index.query("").matches == ()
        assert index.query("Bridge closed again").matches == ()
        assert index.check() == []


def test_unspaced_scripts(place: Place) -> None:
    text = (
        "市議会は月曜日、老朽化した橋を来年の春の終わりまで修理のため閉鎖することを決めた。市長は予算の不足を理由に反対していた。"
        * 2
    )
    with Index.open(place("i")) as index:
        index.add("a", text)
        assert ids_and_relations(index.query(text.replace("。", "、"))) == [("a", "identical")]
        assert ids_and_relations(index.query(text.replace("月曜日", "火曜日", 1)))[0][0] == "a"


def test_damage_is_found(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i", tuning=SMALL) as index:
        for record in records(40):
            index.add(**record)
            index.flush()
    run = max((tmp_path / "i" / "runs").glob("*.run"), key=lambda path: path.stat().st_size)
    data = bytearray(run.read_bytes())
    data[100] ^= 255
    run.write_bytes(data)
    with Index.open(tmp_path / "i", mode="r", tuning=SMALL) as index:
        assert any(run.name in problem for problem in index.check())
    run.write_bytes(data[:-1])
    with pytest.raises(dedup.StorageError, match="bytes instead of"):
        Index.open(tmp_path / "i", tuning=SMALL)
    run.unlink()
    with pytest.raises(dedup.StorageError, match="is missing"):
        Index.open(tmp_path / "i", tuning=SMALL)


def test_leftovers_of_a_killed_process_are_deleted(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add("a", article(1))
    name, _ = segments.write(tmp_path / "i" / "runs", [], "run")
    with Index.open(tmp_path / "i") as index:
        assert not (tmp_path / "i" / "runs" / name).exists()
        assert "a" in index


def test_an_index_expires_by_its_window(place: Place) -> None:
    """Before the newest document, however old all are; one with a date to come does not empty it."""
    with Index.open(place("i"), Params(window=72.0)) as index:
        assert index.expire() == 0
        dates = ("2020-03-01", "2020-03-04T12:00:00Z", "2020-03-05", "2020-03-08", None)
        for number, date in enumerate(dates):
            index.add(f"d{number}", article(number), published=date)
        assert index.expire() == 2
        assert [f"d{number}" in index for number in range(5)] == [False, False, True, True, True]
        assert index.expire() == 0
        index.add("to come", article(9), published="2099-01-01")
        assert index.expire() == 2  # those before now
        assert ("d4" in index, "to come" in index) == (True, True)


def test_an_index_without_a_window_wants_a_date(place: Place) -> None:
    with Index.open(place("i")) as index, pytest.raises(InputError, match="no date"):
        index.expire()


@pytest.mark.parametrize(
    "change",
    ["name = '../../mine.run'", "name = '{}/mine.run'", "name = 'mine.run'", "first = 9, last = 2", "near = -8"],
)
def test_an_index_from_elsewhere_reads_and_removes_nothing_else(tmp_path: Path, change: str) -> None:
    mine = tmp_path / "mine.run"
    mine.write_bytes(bytes(4096))
    with Index.open(tmp_path / "i") as index:
        index.add_many(records(20))
        index.compact()
    database = sqlite3.connect(tmp_path / "i" / "index.sqlite")
    assert database.execute("SELECT count(*) FROM runs").fetchone()[0] == 1
    database.execute(f"UPDATE runs SET {change.format(tmp_path)}")
    database.commit()
    database.close()
    with pytest.raises(StorageError, match="is damaged"):
        Index.open(tmp_path / "i")
    assert mine.read_bytes() == bytes(4096)


def test_files_of_others_in_an_index_stay(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add_many(records(8))
    other = tmp_path / "i" / "runs" / "notes.txt"
    other.write_text("mine")
    begun = tmp_path / "i" / "runs" / f"{'0' * 16}.run"
    begun.write_text("of a process that was killed")
    with Index.open(tmp_path / "i") as index:
        index.compact()
    assert other.read_text() == "mine"
    assert not begun.exists()


def test_the_reason_is_that_of_a_run(tmp_path: Path) -> None:
    kept, other = article(0), article(1)
    texts = [kept, other, edited(kept, 1, 0.05), " ".join(other.split()[:90]), kept.upper(), "Storm closes port"]
    result = dedup.deduplicate([{"id": str(n), "text": text} for n, text in enumerate(texts)], level="syndicated")
    # In a run the kept record says how many copies it leads, which an index cannot know before they come.
    expected = [row["reason"] for row in result.decisions.to_pylist() if not row["kept"] or row["id"] == "5"]
    with Index(tmp_path / "i", level="syndicated") as index:
        decisions = [index.add(str(n), text) for n, text in enumerate(texts)]
    assert [decision.reason for decision in decisions[2:]] == expected
    assert len({decision.relation for decision in decisions[2:]}) == 4
