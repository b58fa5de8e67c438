"""A run against an index that fails, is killed, or is resumed: nothing is half done."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import article, edited
from indexed import NEW, before_each_statement, fates, ids_of, originals, record, written
from stopping import eager, killed_at

import dedup
from dedup import Index, InputError, ParamsError, StorageError
from dedup.cli.main import parser
from dedup.index.tuning import IndexTuning, tuned
from dedup.run.options import RunOptions, RunTuning


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An index of six articles."""
    dedup.deduplicate(originals(), index=tmp_path / "news.index")
    return tmp_path / "news.index"


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "i").mkdir()
    with pytest.raises(InputError):
        dedup.deduplicate([article(1)], index=tmp_path / "i")
    assert list((tmp_path / "i").iterdir()) == []


def test_a_failed_run_leaves_the_index_as_it_was(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids_of(place)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(dedup.OutputError, match="no space left"):
            dedup.deduplicate(NEW, tmp_path / "out", index=place)
    assert ids_of(place) == before
    assert not (tmp_path / "out").exists()


def test_killed_between_the_output_and_the_index(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Killed(BaseException):
        """Stands for the end of the process."""

    def killed(statement: str) -> None:
        if statement.startswith("INSERT INTO documents"):
            raise Killed

    before = ids_of(place)
    with monkeypatch.context() as patched:
        before_each_statement(patched, killed)
        with pytest.raises(Killed):
            dedup.deduplicate(NEW, tmp_path / "out", index=place, run=RunOptions(progress=True))
    assert "out is complete; run the same command again" in capsys.readouterr().err
    first = pq.read_table(tmp_path / "out" / "decisions.parquet")
    assert ids_of(place) == before
    result = dedup.deduplicate(NEW, tmp_path / "out", index=place)
    assert result.decisions == first
    assert ids_of(place) == before | {"own"}


@pytest.mark.parametrize("step", ["INSERT INTO documents", "COMMIT"])
def test_a_full_disk_while_adding(place: Path, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = RunOptions(tuning=RunTuning(index_documents=10))
    before = ids_of(place)
    calls = []

    def full(statement: str) -> None:
        if statement.startswith(step):
            calls.append(step)
            if len(calls) == (1 if step == "COMMIT" else 3):
                raise sqlite3.OperationalError("database or disk is full")

    many = [record(f"m{n}", article(100 + n)) for n in range(40)] + [record("a2", article(99))]
    with monkeypatch.context() as patched:
        before_each_statement(patched, full)
        with pytest.raises(
            StorageError, match=r"nothing was added.*out is complete: .*disk is full.*same command again"
        ):
            dedup.deduplicate(many, tmp_path / "out", index=place, run=options)
    assert (tmp_path / "out" / "summary.json").exists()
    assert ids_of(place) == before
    with Index.open(place, mode="r") as index:
        assert index.query(article(2))[0].id == "a2", "what was to be replaced is there"
    result = dedup.deduplicate(many, tmp_path / "out", index=place, run=options)
    assert result.summary["index"]["added"] == 41
    assert ids_of(place) == before | {f"m{n}" for n in range(40)}


@pytest.mark.parametrize("is_open", [False, True])
def test_a_full_disk_when_postings_are_written(place: Path, is_open: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents are committed: only their postings must be made again."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with ExitStack() as stack:
        stack.enter_context(tuned(IndexTuning(run_documents=1, closing_documents=1)))
        index = stack.enter_context(Index.open(place, durability="each")) if is_open else place
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(StorageError, match=r"run is complete, do not repeat it.*all documents are stored"):
                dedup.deduplicate(NEW, index=index)
    assert "own" in ids_of(place)
    assert dedup.deduplicate(NEW[:4], index=place).counts["kept"] == 0


@pytest.mark.parametrize("is_stored", [False, True])
def test_an_index_that_cannot_be_asked_is_not_called_unchanged(
    place: Path, tmp_path: Path, is_stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To repeat a run whose records are in the index would put an empty output in the place of the full one."""

    inserted, broken = [], []
    sync = os.fsync

    def fails(statement: str) -> None:
        if statement.startswith("INSERT INTO documents"):
            inserted.append(statement)
        if broken or (inserted and not is_stored):
            broken.append(statement)
            raise sqlite3.OperationalError("disk I/O error")

    def full(handle: int) -> None:
        if inserted:
            broken.append("fsync")
            raise OSError(28, "No space left on device")
        sync(handle)

    message = "run is complete, do not repeat it" if is_stored else r"not known whether .*, though .*out is complete"
    monkeypatch.setattr(os, "fsync", full)
    before_each_statement(monkeypatch, fails)
    with tuned(IndexTuning(run_documents=1)), pytest.raises(StorageError, match=message) as error:
        dedup.deduplicate(NEW, tmp_path / "out", index=place)
    assert ("another -o" in str(error.value)) is not is_stored


def test_an_answer_that_cannot_be_printed_does_not_call_for_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: str) -> int:
        raise OSError(28, "No space left on device")

    news = written(tmp_path / "new.jsonl", NEW)
    monkeypatch.setattr("sys.stdout.write", full)
    options = parser().parse_args(["run", str(news), "--index", str(tmp_path / "i"), "-o", str(tmp_path / "out")])
    with pytest.raises(dedup.OutputError, match=r"no space left.*the run is complete, do not repeat it"):
        options.command(options)


def test_resumed_after_every_step(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [*NEW, *(record(f"m{n}", article(100 + n)) for n in range(15)), record("c4", edited(article(4), 1, 0.03))]
    news = written(tmp_path / "new.jsonl", many)
    expected = fates(dedup.deduplicate(news, index=_copied(place, tmp_path / "undisturbed")))
    stops = 0
    while True:
        here = _copied(place, tmp_path / f"i{stops}")
        if not killed_at(stops, monkeypatch, news, tmp_path / "out", index=here):
            break
        result = dedup.deduplicate(news, tmp_path / "out", index=here, run=eager(resume=True))
        assert fates(result) == expected
        assert ids_of(here) == ids_of(tmp_path / "undisturbed")
        stops += 1
    assert stops > 6


def test_an_index_that_has_changed_is_not_resumed_with(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = written(tmp_path / "new.jsonl", NEW)
    assert killed_at(3, monkeypatch, news, tmp_path / "out", index=place)
    with pytest.raises(ParamsError, match="index was"):
        dedup.deduplicate(news, tmp_path / "out", run=eager(resume=True))
    with Index.open(place) as index:
        index.add("between", article(90))
    with pytest.raises(ParamsError, match=r"index was .*change.*without --resume"):
        dedup.deduplicate(news, tmp_path / "out", index=place, run=eager(resume=True))
    assert dedup.deduplicate(news, tmp_path / "out", index=place).counts["records"] == len(NEW)


def _copied(place: Path, to: Path) -> Path:
    shutil.copytree(place, to)
    return to
