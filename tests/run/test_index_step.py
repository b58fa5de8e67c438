"""A run against an index: what it knows is dropped and named, what is kept is added."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import article, edited
from indexed import NEW, chain, fates, ids_of, originals, record, timeless, written
from servers import RedisServer

import dedup
from dedup import Index, InputError, Params, ParamsError, StorageError
from dedup.cli.main import main
from dedup.run.options import RunOptions, RunTuning


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An index of six articles."""
    dedup.deduplicate(originals(), index=tmp_path / "news.index")
    return tmp_path / "news.index"


def test_what_the_index_knows_is_dropped_and_named(place: Path) -> None:
    result = dedup.deduplicate(NEW, index=place)
    assert fates(result) == {
        "near": (False, "a0", "near_duplicate", "a0"),
        "same": (False, "a1", "identical", "a1"),
        "own": (True, None, None, "own"),
        "copy of own": (False, "own", "near_duplicate", "own"),
        "no words": (True, None, None, "no words"),
    }
    reasons = dict(zip(*(result.decisions[name].to_pylist() for name in ("id", "reason")), strict=True))
    assert reasons["near"].endswith("; the kept text is in the index")
    assert reasons["same"].endswith("; the kept text is in the index")
    assert "index" not in reasons["copy of own"]
    assert reasons["own"] == "the first of 2 copies"
    counts = result.counts
    assert counts["records"] == counts["kept"] + counts["dropped"] + counts["rejected"] == 5
    counts = result.summary["index"]
    assert (counts["copies"], counts["added"], counts["replaced"], counts["documents"]) == (2, 1, 0, 7)
    assert counts["bytes"] > 0
    assert ids_of(place) == {f"a{n}" for n in range(6)} | {"own"}


def test_documents_of_the_index_have_the_urls_of_the_records(tmp_path: Path) -> None:
    pages = [record("b0", article(0), url="https://hill.example/0"), record("b1", article(1))]
    dedup.deduplicate(pages, index=tmp_path / "new.index")
    with Index(tmp_path / "new.index") as index:
        assert {document.id: document.url for document in index} == {"b0": "https://hill.example/0", "b1": None}


def test_matches_have_rows_for_pairs_with_documents_of_the_index(place: Path) -> None:
    new = [record("b0", edited(article(0), 1, 0.02), published="2024-03-02"), record("Z1", article(1))]
    matches = dedup.deduplicate(new, index=place).matches.to_pylist()
    pairs = {(row["left"], row["right"]): row for row in matches}
    assert all(left < right for left, right in pairs)
    assert pairs["a0", "b0"]["relation"] == "near_duplicate"
    assert pairs["a0", "b0"]["derived"] == "b0", "by the date that the index holds"
    assert pairs["Z1", "a1"]["relation"] == "identical"
    left, right = (pairs["a0", "b0"][f"containment_{side}"] for side in ("left", "right"))
    assert dedup.compare(article(0), new[0]["text"]).measures["containment_left"] == pytest.approx(left)
    assert dedup.compare(article(0), new[0]["text"]).measures["containment_right"] == pytest.approx(right)


def test_derived_by_the_credit_that_the_index_holds(tmp_path: Path) -> None:
    wire = f"LONDON (Reuters) - {article(7)}"
    dedup.deduplicate([record("wire", wire, source="Reuters")], index=tmp_path / "i")
    result = dedup.deduplicate([record("paper", f"{article(7)} - Reuters", source="Daily")], index=tmp_path / "i")
    assert result.matches.to_pylist()[0]["derived"] == "paper"
    result = dedup.deduplicate([record("other", f"{article(7)} More.", source="Reuters")], index=tmp_path / "i")
    assert result.decisions["duplicate_of"].to_pylist() == ["wire"]
    with Index.open(tmp_path / "i", mode="r") as index:
        assert index.get("wire").credit == "Reuters"  # type: ignore[union-attr]
        assert index.get("wire").source == "Reuters"  # type: ignore[union-attr]


def test_what_is_added_is_what_index_add_would_have_added(tmp_path: Path) -> None:
    """Whoever asks the index afterwards gets the same answers."""
    many = [record(f"a{n}", article(n), source="Hill Press", published="2024-03-01") for n in range(30)]
    dedup.deduplicate([*many, record("empty", "")], index=tmp_path / "run")
    with Index.open(tmp_path / "run") as run, Index.open(tmp_path / "calls") as calls:
        calls.add_many(many)
        for one in many:
            assert timeless(run.get(one["id"])) == timeless(calls.get(one["id"]))
            text = edited(one["text"], 3, 0.2)
            assert run.query(text) == calls.query(text)
        assert len(run) == len(calls)
        assert run.check() == []


def test_the_same_file_again_drops_all(place: Path, tmp_path: Path) -> None:
    news = written(tmp_path / "new.jsonl", NEW[:4])
    dedup.deduplicate(news, tmp_path / "out", index=place)
    before = ids_of(place)
    result = dedup.deduplicate(news, tmp_path / "out", index=place)
    assert result.counts["kept"] == 0
    assert fates(result)["own"] == (False, "own", "identical", "own")
    assert fates(result)["copy of own"] == (False, "own", "near_duplicate", "own")
    assert result.summary["index"]["added"] == 0
    (note,) = result.summary["notes"]
    assert note == "records dropped because an earlier run had added them to the index: 1"
    assert ids_of(place) == before
    assert (tmp_path / "out" / "kept.jsonl").read_text() == ""


def test_chains_go_to_the_kept_one_or_nowhere(tmp_path: Path) -> None:
    """Of a row of texts each of which is much like the one before, all are traced to kept ones by direct matches."""
    texts = [article(3, 30)]
    for turn in range(4):
        texts.append(edited(texts[-1], turn, 0.02))
    params = Params(level="near")
    each = [
        dedup.deduplicate([record(f"t{n}", text)], index=tmp_path / "i", params=params) for n, text in enumerate(texts)
    ]
    found = {id: fate for result in each for id, fate in fates(result).items()}
    at_once = fates(dedup.deduplicate([record(f"t{n}", text) for n, text in enumerate(texts)], params=params))
    assert found == at_once
    assert found["t1"][1] == "t0"
    assert any(fate[0] for id, fate in found.items() if id != "t0"), "the last are no copies of the first any more"
    assert ids_of(tmp_path / "i") == {id for id, fate in found.items() if fate[0]}


def test_nobody_is_dropped_for_a_copy_of_what_the_index_knows(tmp_path: Path) -> None:
    """The middle one copies the old one, the last one only the middle one: it stays."""
    old, middle, last = chain()
    params = Params(level="near")
    dedup.deduplicate([record("old", old)], index=tmp_path / "i", params=params)
    result = dedup.deduplicate([record("middle", middle), record("last", last)], index=tmp_path / "i", params=params)
    found = fates(result)
    assert found["middle"][1] == "old"
    assert found["last"][0]
    assert {("last", "middle"), ("middle", "old")} <= {
        (row["left"], row["right"]) for row in result.matches.to_pylist()
    }, "their match is reported nevertheless"


@pytest.mark.parametrize("keep", ["first", "earliest", "latest", "longest", "source"])
def test_old_documents_come_first_whatever_is_preferred(place: Path, keep: str) -> None:
    """The new one is earlier, longer, of a preferred source: the old one was kept before."""
    prefer = ("Best",) if keep == "source" else ()
    new = record("new", f"{article(0)} One more sentence.", published="2000-01-01", source="Best")
    late = {**new, "id": "late", "published": "2030-01-01"}
    result = dedup.deduplicate([new, late], index=place, params=Params(keep=keep, prefer=prefer))
    assert [fate[1] for fate in fates(result).values()] == ["a0", "a0"]
    assert result.summary["keep"] == keep


def test_the_policy_holds_among_the_new(place: Path) -> None:
    pair = [record("short", article(60)), record("long", f"{article(60)} One more sentence.")]
    assert fates(dedup.deduplicate(pair, index=place, params=Params(keep="longest")))["short"][1] == "long"
    assert "long" in ids_of(place)


def test_a_container_of_an_old_excerpt_is_kept(place: Path) -> None:
    long = article(80, 30)
    excerpt = " ".join(long.split(". ")[3:9])
    dedup.deduplicate([record("excerpt", excerpt)], index=place)
    result = dedup.deduplicate([record("whole", long)], index=place)
    assert fates(result)["whole"][0]
    assert result.matches.to_pylist()[-1]["relation"] == "excerpt"
    result = dedup.deduplicate([record("again", excerpt.lower())], index=place)
    assert fates(result)["again"][1] == "excerpt"
    other = " ".join(long.split(". ")[14:20])
    assert fates(dedup.deduplicate([record("other", other)], index=place))["other"] == (
        False, "whole", "excerpt", "whole"
    )  # fmt: skip


def test_a_copy_in_the_index_is_reported_and_drops_nothing(tmp_path: Path) -> None:
    """`Index.add` keeps copies, marked as such."""
    old, middle, last = chain()
    with Index.open(tmp_path / "i", Params(level="near")) as index:
        index.add("old", old)
        index.add("copy", middle)
        assert index.get("copy").copy_of == "old"  # type: ignore[union-attr]
    result = dedup.deduplicate([record("new", last)], index=tmp_path / "i")
    assert fates(result)["new"][0]
    assert [(row["left"], row["right"]) for row in result.matches.to_pylist()] == [("copy", "new")]


def test_the_best_of_several_is_named(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i", Params(level="near")) as index:
        old, middle, last = chain()
        index.add_many([record("old", old), record("last", last)])
        assert index.get("last").copy_of is None  # type: ignore[union-attr]
    result = dedup.deduplicate([record("new", middle)], index=tmp_path / "i")
    assert fates(result)["new"][1] == "last"
    assert [row["score"] > 0.8 for row in result.matches.to_pylist()] == [True, False]


# ---- ids


def test_an_id_with_another_text_takes_its_place(place: Path) -> None:
    result = dedup.deduplicate([record("a2", article(60)), record("copy", article(2))], index=place)
    assert fates(result)["a2"][0]
    assert fates(result)["copy"][1] == "a2", "the old one of that id"
    assert result.summary["index"]["replaced"] == 1
    notes = result.summary["notes"]
    assert any(note.startswith("documents of the index replaced by kept records of the same id") for note in notes)
    assert len(ids_of(place)) == 6
    result = dedup.deduplicate([record("x", article(60)), record("y", article(2))], index=place)
    assert fates(result) == {"x": (False, "a2", "identical", "a2"), "y": (True, None, None, "y")}


def test_made_up_ids_are_refused_at_once(tmp_path: Path) -> None:
    nameless = written(tmp_path / "n.jsonl", [{"text": article(n)} for n in range(3)])
    with pytest.raises(InputError, match=r"n\.jsonl, row 1: no id.*--id-field"):
        dedup.deduplicate(nameless, index=tmp_path / "i")
    some = written(tmp_path / "s.jsonl", [record("a", article(1)), {"id": None, "text": article(2)}])
    with pytest.raises(InputError, match=r"s\.jsonl, row 2: no id"):
        dedup.deduplicate(some, index=tmp_path / "i")
    with pytest.raises(InputError, match="records, row 1: no id"):
        dedup.deduplicate([article(1), article(2)], index=tmp_path / "i")
    with pytest.raises(InputError, match="an id of 5,000 bytes"):
        dedup.deduplicate([record("x" * 5_000, article(2))], index=tmp_path / "i")
    assert not (tmp_path / "i").exists(), "an index that was made for the run is removed"
    dedup.deduplicate([record("1", article(1)), record("2", article(2))], index=tmp_path / "i")  # numbers, but its own
    assert ids_of(tmp_path / "i") == {"1", "2"}


def test_rejected_records_need_no_id(tmp_path: Path) -> None:
    news = tmp_path / "n.jsonl"
    news.write_text(json.dumps(record("a", article(1))) + "\n{broken\n")
    assert dedup.deduplicate(news, index=tmp_path / "i").counts["rejected"] == 1
    assert ids_of(tmp_path / "i") == {"a"}


def test_names_of_text_files_are_ids(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(article(1))
    (tmp_path / "two.txt").write_text(article(1))
    result = dedup.deduplicate([tmp_path / "one.txt", tmp_path / "two.txt"], index=tmp_path / "i")
    assert result.counts["dropped"] == 1
    assert ids_of(tmp_path / "i") == {"one.txt"}


def test_two_kept_records_of_one_id_are_refused(place: Path, tmp_path: Path) -> None:
    before = ids_of(place)
    twice = [record("x", article(60)), record("y", article(61)), record("x", article(62))]
    with pytest.raises(InputError, match=r"id 'x' of two kept records \(records, row 1 and records, row 3\)"):
        dedup.deduplicate(twice, tmp_path / "out", index=place)
    assert ids_of(place) == before
    assert not (tmp_path / "out").exists()
    same = [record("x", article(60)), record("x", article(60))]
    assert dedup.deduplicate(same, index=place).counts["kept"] == 1


# ---- parameters, locks


def test_parameters_are_those_of_the_index(tmp_path: Path) -> None:
    dedup.deduplicate([record("a", article(1))], index=tmp_path / "i", params=Params(level="near", threshold=0.8))
    with pytest.raises(ParamsError, match=r"level 'rewritten', threshold 0\.7 with .*; expected level 'near', thr"):
        dedup.deduplicate([record("b", article(2))], index=tmp_path / "i", params=Params())
    result = dedup.deduplicate([record("b", article(2))], index=tmp_path / "i")
    assert result.summary["params"]["level"] == "near"
    assert result.summary["params"]["threshold"] == 0.8
    with Index.open(tmp_path / "i", Params(level="near", threshold=0.8)) as index:
        assert len(index) == 2, "whatever --keep said, it is an index like any other"


@pytest.mark.parametrize("level", ["identical", "near", "syndicated", "rewritten"])
def test_levels(tmp_path: Path, level: str) -> None:
    params = Params(level=level)
    dedup.deduplicate([record("a", article(1)), record("b", "Too short.")], index=tmp_path / "i", params=params)
    new = [record("c", article(1).upper()), record("d", "too short"), record("e", edited(article(1), 1, 0.02))]
    found = fates(dedup.deduplicate(new, index=tmp_path / "i", params=params))
    assert found["c"][1:3] == ("a", "identical")
    assert found["d"][1:3] == ("b", "identical")
    assert found["e"][0] == (level == "identical")
    assert ids_of(tmp_path / "i") == {"a", "b"} | ({"e"} if level == "identical" else set())


def test_a_second_writer_is_refused_before_anything_is_read(place: Path) -> None:
    records = iter(originals())
    with Index.open(place), pytest.raises(StorageError, match="one writer at a time"):
        dedup.deduplicate(records, index=place)
    assert len(list(records)) == len(originals())


def test_an_open_index_stays_open(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add("a", article(1))
        result = dedup.deduplicate([record("b", article(1)), record("c", article(2))], index=index)
        assert fates(result)["b"][1] == "a"
        assert result.summary["index"]["documents"] == 2
        assert "c" in index
        assert index.query(article(2))[0].id == "c"
    with pytest.raises(StorageError, match="closed"):
        dedup.deduplicate([record("d", article(1))], index=index)
    with Index.open(tmp_path / "i", mode="r") as index, pytest.raises(StorageError, match="open for reading"):
        dedup.deduplicate([record("b", article(1))], index=index)
    with pytest.raises(ParamsError, match="an index of type int"):
        dedup.deduplicate([record("b", article(1))], index=3)  # type: ignore[arg-type]


def test_an_empty_input(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(InputError) as alone:
        dedup.deduplicate(empty, run=RunOptions(fail_on_empty=True))
    with pytest.raises(InputError) as with_index:
        dedup.deduplicate(empty, index=tmp_path / "i", run=RunOptions(fail_on_empty=True))
    assert str(alone.value) == str(with_index.value)
    assert not (tmp_path / "i").exists()
    assert dedup.deduplicate(empty, index=tmp_path / "i").counts["records"] == 0
    assert ids_of(tmp_path / "i") == set()
    result = dedup.deduplicate([record("a", ""), record("b", None)], index=tmp_path / "i")  # type: ignore[arg-type]
    assert result.counts["kept"] == 2
    assert result.summary["index"]["added"] == 0
    assert ids_of(tmp_path / "i") == set()


# ---- many blocks, and the command line


def test_blocks_and_threads_change_nothing(tmp_path: Path) -> None:
    old = [record(f"o{n}", article(n)) for n in range(30)]
    new = [record(f"n{n}", edited(article(n), n, 0.004 * n)) for n in range(20, 50)]
    results = []
    for blocks, threads in ((1_000, 1), (4, 2), (1, 1)):
        options = RunOptions(threads=threads, tuning=RunTuning(index_documents=blocks, index_step=3 * blocks))
        where = tmp_path / f"{blocks}"
        dedup.deduplicate(old, index=where, run=options)
        results.append(dedup.deduplicate(new, index=where, run=options))
        kept = {id for id, fate in fates(results[-1]).items() if fate[0]}
        assert ids_of(where) == {f"o{n}" for n in range(30)} | kept
    assert results[0].counts["kept"] not in (0, 30)
    assert all(result.decisions == results[0].decisions for result in results)
    assert all(result.matches == results[0].matches for result in results)


def test_long_texts_are_cut_into_blocks_by_their_tokens(tmp_path: Path) -> None:
    options = RunOptions(tuning=RunTuning(index_tokens=300))
    texts = [record(f"t{n}", article(n, 1 + 9 * n)) for n in range(8)]
    dedup.deduplicate(texts, index=tmp_path / "i", run=options)
    again = [{**one, "id": one["id"].upper()} for one in texts]
    result = dedup.deduplicate(again, index=tmp_path / "i", run=options)
    assert result.decisions["duplicate_of"].to_pylist() == [one["id"] for one in texts]


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place, out = str(tmp_path / "news.index"), str(tmp_path / "out")
    old, new = written(tmp_path / "old.jsonl", originals()), written(tmp_path / "new.jsonl", NEW)
    assert main(["run", str(old), "--index", place, "--level", "near", "--quiet"]) == 0
    assert "index              6  in " in capsys.readouterr().out
    assert main(["run", str(new), "-o", out, "--index", place]) == 0
    printed = capsys.readouterr().out
    assert "1 added; 2 dropped as copies of earlier documents" in printed
    assert "near duplicate of a0: nearly the same text" in printed
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["index"] == {"path": place, "copies": 2, "added": 1, "replaced": 0, "documents": 7}
    assert summary["params"]["level"] == "near"
    assert main(["run", str(new), "--index", place, "--level", "syndicated"]) == 2
    assert "level 'syndicated' with" in capsys.readouterr().err
    assert main(["run", str(new), "--index", place, "--threshold", "0.7", "--level", "near", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["index"]["copies"] == 4
    assert "without -o the kept records are not written anywhere" in printed.err
    assert main(["run", str(new), "--threshold", "0"]) == 2
    assert main(["run", str(new), "--index", place, "-o", place]) == 1
    assert "choose another -o" in capsys.readouterr().err


def test_a_run_without_an_index_loads_none() -> None:
    code = (
        "import sys, dedup; from conftest import article\n"
        "sys.modules['coverage'] = None\n"  # where it is installed Numba loads it, and it loads SQLite
        "dedup.deduplicate([article(1), article(2)])\n"
        "sys.exit(', '.join({'sqlite3', 'dedup.index', 'dedup.run.index_step'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr


def test_a_shared_index(redis_server: RedisServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = redis_server.url("runs")
    dedup.deduplicate(originals(), index=url)
    expected = {**fates(dedup.deduplicate(NEW, index=_of_originals(tmp_path)))}
    file = written(tmp_path / "new.jsonl", NEW)
    assert main(["run", str(file), "-o", str(tmp_path / "out"), "--index", url, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["index"]
    assert (counts["copies"], counts["added"], counts["documents"]) == (2, 1, 7)
    rows = pq.read_table(tmp_path / "out" / "decisions.parquet").to_pylist()
    assert {row["id"]: (row["kept"], row["duplicate_of"], row["relation"], row["cluster"]) for row in rows} == expected
    with Index.open(url, mode="r") as index:
        assert "own" in index
        assert index.query(article(50))[0].id == "own"
        assert index.check() == []
    with pytest.raises(ParamsError, match="level 'near'"):
        dedup.deduplicate(NEW, index=url, params=Params(level="near"))


def _of_originals(tmp_path: Path) -> Path:
    dedup.deduplicate(originals(), index=tmp_path / "alike.index")
    return tmp_path / "alike.index"


def test_what_a_run_adds_is_in_stories_as_the_run_says(tmp_path: Path) -> None:
    """Updates of documents of the index, and of each other, are in their stories; others begin their own."""

    def update_of(seed: int, other: int) -> str:
        old, new = article(seed, 12).split(". "), article(seed + 500 * other, 12).split(". ")
        return ". ".join(new[:4] + old[4:])

    old = [record(f"old {n}", article(n, 12)) for n in range(3)]
    today = [
        record("update of old", update_of(0, 1)),
        record("copy of old", edited(article(1, 12), 1, 0.02)),
        record("new", article(5, 12)),
        record("update of new", update_of(5, 1)),
        record("old 2", article(9, 12)),
        record("alone", article(20, 12)),
    ]
    with Index(tmp_path / "i") as index:
        index.add_many(old)
        result = dedup.deduplicate(today, index=index)
        kept = [row["id"] for row in result.decisions.to_pylist() if row["kept"]]
        assert kept == ["update of old", "new", "update of new", "old 2", "alone"]
        stories = {document.id: document.story for document in index}
        assert index.check() == []
        assert stories["update of old"] == stories["old 0"] == 1
        assert stories["new"] == stories["update of new"]
        assert stories["old 2"] == 3
        assert len({*stories.values()}) == 5
        told = index.story("old 2")
        assert told is not None
        assert [event.event for event in told.log] == ["created", "updated"]
