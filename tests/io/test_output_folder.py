from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import make

from dedup.errors import OutputError
from dedup.io import Output, write_parquet, write_rejected
from dedup.io.output import LISTED_UNDER


def everything_below(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def write(output, **files):
    for name, content in files.items():
        path = output.folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)


def summary(*names):
    return json.dumps({LISTED_UNDER: [*names, "summary.json"]})


@pytest.fixture
def target(tmp_path):
    return tmp_path / "new" / "out"


def test_new_folder_appears_whole(target, tmp_path):
    with Output(target, []) as output:
        output.path("kept.jsonl").write_text("x")
        assert not target.exists()
        output.commit()
        assert everything_below(tmp_path) == {"new/out/kept.jsonl": "x"}
        with pytest.raises(RuntimeError):
            _ = output.folder
    assert everything_below(tmp_path) == {"new/out/kept.jsonl": "x"}


def test_without_commit_nothing_is_there(target, tmp_path):
    with Output(target, []) as output:
        output.path("kept.jsonl").write_text("x")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("exists", [False, True])
def test_error_leaves_no_trace(target, tmp_path, error, exists):
    if exists:
        target.mkdir(parents=True)
        (target / "own").write_text("mine")
    before = sorted(tmp_path.rglob("*"))

    def run():
        with Output(target, []) as output:
            write(output, **{"kept.jsonl": "x", "kept__a.txt": "y"})
            raise error

    with pytest.raises(error):
        run()
    assert sorted(tmp_path.rglob("*")) == before


def test_earlier_run_is_replaced_and_other_files_stay(target):
    with Output(target, []) as output:
        write(output, **{"kept.csv": "1", "kept__a.txt": "1", "decisions.parquet": "1"})
        write(output, **{"summary.json": summary("kept.csv", "kept", "decisions.parquet", "../own")})
        output.commit()
    (target / "own").write_text("mine")
    with Output(target, []) as output:
        new = {"kept.jsonl": "2", "kept__b.txt": "2", "decisions.parquet": "2", "summary.json": summary("kept.jsonl")}
        write(output, **new)
        output.commit()
    assert everything_below(target) == {
        "decisions.parquet": "2",
        "kept.jsonl": "2",
        "kept/b.txt": "2",
        "own": "mine",
        "summary.json": summary("kept.jsonl"),
    }
    assert len(list(target.iterdir())) == 5


@pytest.mark.parametrize("failing", ["kept", "kept.jsonl", "summary.json"])
def test_failing_commit_is_undone(target, monkeypatch, failing):
    first = {"kept.csv": "1", "kept__a.txt": "1", "kept.jsonl": "1", "summary.json": summary("kept.csv")}
    with Output(target, []) as output:
        write(output, **first)
        output.commit()
    before = everything_below(target)
    replace = os.replace

    def refuse(source, destination):
        if str(destination) == str(target / failing) and "replaced" not in str(source):
            raise OSError(errno.EACCES, "Permission denied", str(destination))
        replace(source, destination)

    with Output(target, []) as output:
        write(output, **{"kept__b.txt": "2", "kept.jsonl": "2", "summary.json": "2"})
        monkeypatch.setattr(os, "replace", refuse)
        with pytest.raises(OutputError, match=r"no permission to write: .*; nothing was written"):
            output.commit()
    assert everything_below(target) == before
    assert not list(target.glob(".dedup*"))


FIRST = {"kept.csv": "1", "kept.jsonl": "1", "summary.json": summary("kept.csv", "kept.jsonl")}


def test_there_is_a_summary_only_where_all_is_of_one_run(target, monkeypatch):
    """Killed at any move there is no summary, or the files are all those that it was written with."""
    with Output(target, []) as output:
        write(output, **FIRST)
        output.commit()
    before, states = everything_below(target), []
    replace = os.replace

    def watched(source, destination):
        states.append({name: data for name, data in everything_below(target).items() if ".dedup" not in name})
        replace(source, destination)

    new = {"kept.jsonl": "2", "matches.parquet": "2", "summary.json": summary("kept.jsonl", "matches.parquet")}
    with Output(target, []) as output:
        write(output, **new)
        monkeypatch.setattr(os, "replace", watched)
        output.commit()
    assert len(states) > 4
    assert all("summary.json" not in state or state in (before, new) for state in states)
    assert everything_below(target) == new


def test_what_cannot_be_moved_back_is_kept(target, monkeypatch):
    with Output(target, []) as output:
        write(output, **FIRST)
        output.commit()
    replace, moves = os.replace, []

    def fails(source, destination):
        moves.append(source)
        if len(moves) > 2:
            raise OSError(errno.EIO, "Input/output error", str(destination))
        replace(source, destination)

    with Output(target, []) as output:
        write(output, **{"kept.jsonl": "2", "summary.json": summary("kept.jsonl")})
        monkeypatch.setattr(os, "replace", fails)
        with pytest.raises(OutputError, match=r"is incomplete, and its missing files are in .*replaced") as raised:
            output.commit()
    aside = Path(str(raised.value).split("missing files are in ")[1].split(". Hint")[0])
    there = {path.name: path.read_text() for folder in (target, aside) for path in folder.iterdir() if path.is_file()}
    assert there == FIRST
    monkeypatch.undo()
    with Output(target, []) as output:
        write(output, **{"kept.jsonl": "2", "summary.json": summary("kept.jsonl")})
        output.commit()
    assert everything_below(target) == {"kept.jsonl": "2", "summary.json": summary("kept.jsonl")}


def test_an_output_that_may_not_be_on_the_disk_is_not_there(target, tmp_path, monkeypatch):
    sync = os.fsync

    def fails(handle):
        if os.path.samestat(os.fstat(handle), target.parent.stat()):
            raise OSError(errno.EIO, "Input/output error", str(target.parent))
        sync(handle)

    with Output(target, []) as output:
        write(output, **{"kept.jsonl": "2"})
        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(OutputError, match="nothing was written"):
            output.commit()
    assert not list(tmp_path.iterdir())


SHARDS = ["kept-00000-of-00002.jsonl", "kept-00001-of-00002.jsonl"]


def test_an_earlier_run_of_other_names_is_replaced_whole(target):
    with Output(target, []) as output:
        write(output, **dict.fromkeys(SHARDS, "1"), **{"summary.json": summary(*SHARDS)})
        output.commit()
    (target / "kept-mine.jsonl").write_text("mine")
    with Output(target, []) as output:
        new = {"kept-00000.csv.gz": "2", "summary.json": summary("kept-00000.csv.gz")}
        write(output, **new)
        output.commit()
    assert everything_below(target) == {**new, "kept-mine.jsonl": "mine"}


def test_shards_of_others_are_not_taken_for_those_of_the_earlier_run(target):
    with Output(target, []) as output:
        write(output, **{SHARDS[0]: "1", "summary.json": summary(SHARDS[0], 7, "kept-../x.jsonl")})
        output.commit()
    (target / SHARDS[1]).write_text("mine")
    with pytest.raises(OutputError, match=r"kept-00001-of-00002\.jsonl exists, and was not written by an earlier run"):
        Output(target, [])


def test_a_run_that_was_killed_while_it_moved_its_shards_is_replaced(target):
    with Output(target, []) as output:
        output.is_unfinished = True  # so that the hidden folder stays, as that of a killed run
        make(target, SHARDS[0], b"1")
    with Output(target, []) as output:
        write(output, **{"kept.jsonl": "2", "summary.json": summary("kept.jsonl")})
        output.commit()
    assert everything_below(target) == {"kept.jsonl": "2", "summary.json": summary("kept.jsonl")}


def test_failing_creation_is_undone(target, tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    with Output(target, []) as output:
        write(output, **{"kept.jsonl": "2"})
        monkeypatch.setattr(type(target), "rename", refuse)
        with pytest.raises(OutputError, match="no permission"):
            output.commit()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["kept.jsonl", "kept", "summary.json"])
def test_files_of_others_are_not_overwritten(tmp_path, target, name):
    make(tmp_path, f"new/out/{name}", b"{}")
    with pytest.raises(OutputError, match="exists, and was not written by an earlier run"):
        Output(target, [])


def test_folder_is_a_file(tmp_path):
    path = make(tmp_path, "file", b"")
    with pytest.raises(OutputError, match="is a file; expected a folder"):
        Output(path, [])
    with pytest.raises(OutputError, match="file is a file; expected a folder"):
        Output(path / "out", [])


def test_output_in_an_input_folder(tmp_path):
    news = tmp_path / "news"
    news.mkdir()
    with pytest.raises(OutputError, match="news is an input folder"):
        Output(tmp_path / "x" / ".." / "news", [news])
    with pytest.raises(OutputError, match="lies in the input folder"):
        Output(news / "a" / "b", [news])
    Output(tmp_path, [news])
    Output(tmp_path / "news-out", [news])


def test_input_that_would_be_overwritten(tmp_path):
    with pytest.raises(OutputError, match=r"kept\.jsonl is an input, and the output .* would overwrite it"):
        Output(tmp_path, [make(tmp_path, "kept.jsonl", b"")])
    with pytest.raises(OutputError, match=r"a\.txt is an input"):
        Output(tmp_path / "o", [make(tmp_path, "o/kept/sub/a.txt", b"")])
    with pytest.raises(OutputError, match=r"kept-00000\.jsonl\.gz is an input"):
        Output(tmp_path / "q", [make(tmp_path, "q/kept-00000.jsonl.gz", b"")])
    Output(tmp_path / "p", [make(tmp_path, "p/news.jsonl", b"")])


def test_no_permission(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match=r"no permission to write in .*\. Hint: choose another -o"):
        Output(tmp_path / "out", [])


def test_no_space(target, tmp_path):
    expected = "no space left for .* after writing 1,000 bytes; they were removed again. Hint: free some space"

    def run():
        with Output(target, []) as output:
            write(output, **{"kept.jsonl": "x" * 1000})
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match=expected):
        run()
    assert not list(tmp_path.iterdir())


def test_only_names_of_output_files(target):
    with Output(target, []) as output, pytest.raises(ValueError, match="not among"):
        output.path("news.jsonl")


def test_parquet(tmp_path):
    table = pa.table({"a": [1, 2]})
    write_parquet([table, table], table.schema, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(pa.concat_tables([table, table]))
    assert pq.read_metadata(tmp_path / "a.parquet").num_row_groups == 2
    assert pq.read_metadata(tmp_path / "a.parquet").row_group(0).column(0).compression == "ZSTD"


def test_rejected_records_lose_nothing(tmp_path):
    raw = bytes(range(256)) + "漢".encode()
    write_rejected([("f", 2, "bad \ud800", raw, len(raw)), ("g", 9, "late", b"", 0)], tmp_path / "r")
    first, second = (json.loads(line) for line in (tmp_path / "r").read_bytes().splitlines())
    assert (first["file"], first["row"], first["reason"]) == ("f", 2, "bad \ud800")
    assert first["raw"].encode("utf-8", "surrogateescape") == raw
    assert second == {"file": "g", "row": 9, "reason": "late", "raw": ""}
