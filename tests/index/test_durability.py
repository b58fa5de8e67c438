"""Killed at any moment, a full disk, readers beside a writer: what was acknowledged is there, all else is whole."""

from __future__ import annotations

import functools
import itertools
import mmap
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from conftest import article

from dedup import Index, StorageError
from dedup.index.folder.backend import FolderBackend
from dedup.index.folder.database import DATABASE, Database
from dedup.index.folder.state import State
from dedup.index.tuning import IndexTuning

KILLS = int(os.environ.get("DEDUP_KILLS", "4"))
"""More in the long run: ``DEDUP_KILLS=100 pytest tests/index/test_durability.py``."""


SMALL = IndexTuning(run_documents=16)


def state_of(index: Index) -> State:
    assert isinstance(index.backend, FolderBackend)
    return index.backend.state


def write(place: Path, first: int, durability: str, acknowledged: Connection) -> None:
    """Add documents until killed, and tell of each whose call has returned, and of each that was flushed."""
    draw = random.Random(first)
    with Index(place, durability=durability, tuning=replace(SMALL, vocabulary_documents=30)) as index:
        acknowledged.send([])
        waiting: list[tuple[str, str]] = []
        number = first
        while True:
            count = draw.choice((1, 1, 1, 5))
            ids = [f"d{number + at}" for at in range(count)]
            index.add_many([{"id": id, "text": article(int(id[1:]), 6)} for id in ids])
            waiting += [("+", id) for id in ids]
            number += count
            if draw.random() < 0.1:
                index.remove(ids[0])
                waiting.append(("-", ids[0]))
            if durability == "each" or draw.random() < 0.3:
                index.flush()
                acknowledged.send(waiting)
                waiting = []
            if draw.random() < 0.01:
                index.compact()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("durability", ["flush", "each"])
def test_what_was_acknowledged_survives_kills(tmp_path: Path, durability: str) -> None:
    place = tmp_path / "i"
    with Index(place, tuning=SMALL) as index:  # kernels are loaded before the fork
        index.add_many([{"id": f"x{number}", "text": article(number, 6)} for number in range(40)])
        index.compact()
    draw = random.Random(7)
    fork = multiprocessing.get_context("fork")
    there, gone = {f"x{number}" for number in range(40)}, set()
    for turn in range(KILLS):
        receiver, sender = fork.Pipe(duplex=False)
        process = fork.Process(target=write, args=(place, 10_000 * (turn + 1), durability, sender))
        process.start()
        sender.close()
        assert receiver.poll(60)
        time.sleep(draw.uniform(0, 0.5))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        while receiver.poll():
            try:
                events = receiver.recv()
            except EOFError:
                break
            for sign, id in events:
                (there.add if sign == "+" else gone.add)(id)
        with Index(place, tuning=SMALL) as index:
            assert index.check() == []
            assert all(id in index for id in there - gone)
            assert not any(id in index for id in gone)
            for id in draw.sample(sorted(there - gone), 5):
                assert index.query(article(int(id[1:]), 6))[0].relation == "identical"
    assert len(there) > 40


def read(place: Path, problems: Connection) -> None:
    """Ask again and again: what was found once stays, and each answer is of one state."""
    try:
        with Index.open(place, mode="r") as index:
            seen = 0
            begun = time.monotonic()
            # Longer on a machine that is busy with other things.
            while time.monotonic() < begun + 1 or (seen <= 15 and time.monotonic() < begun + 30):
                count = len(index)
                assert count >= seen
                seen = count
                for number in {0, count // 2, count - 1}:
                    assert index.query(article(number, 6))[0].id == f"d{number}"
            assert index.check() == []
            problems.send(None if seen > 15 else f"only {seen} documents seen")
    except BaseException as error:
        problems.send(repr(error))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_readers_see_one_state_while_there_is_writing(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    with Index(tmp_path / "i", tuning=SMALL) as index:
        index.add("d0", article(0, 6))
        index.flush()
        pipes = [fork.Pipe(duplex=False) for _ in range(4)]
        readers = [fork.Process(target=read, args=(tmp_path / "i", sender)) for _, sender in pipes]
        for reader in readers:
            reader.start()
        number = 1
        while any(reader.is_alive() for reader in readers):
            index.add(f"d{number}", article(number, 6))
            index.flush()
            number += 1
            if number % 40 == 0:
                index.compact()
        assert [receiver.recv() for receiver, _ in pipes] == [None] * 4


def test_a_full_disk_while_adding(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add("flushed", article(1))
        index.flush()
        index.add("earlier", article(2))
        connection = state_of(index).database.file.connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match=r"full; the changes since the last flush \(1\) are lost"):
            index.add_many([{"id": f"n{number}", "text": article(number, 200)} for number in range(20)])
        connection.execute("PRAGMA max_page_count = 1000000")
        assert "flushed" in index
        assert "earlier" not in index
        assert "n0" not in index
        assert not any(match.is_copy for match in index.query(article(5, 200)))
        index.add("later", article(3))
        assert index.check() == []
    with Index.open(tmp_path / "i") as index:
        assert "flushed" in index
        assert "later" in index
        assert index.query(article(1))[0].id == "flushed"
        assert index.check() == []


def test_a_full_disk_while_a_run_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with Index(tmp_path / "i", tuning=SMALL) as index:
        index.add_many([{"id": f"d{number}", "text": article(number)} for number in range(16)])
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(StorageError, match="no space left on device"):
                index.flush()
        assert len(index) == 16  # committed before the run was written
        assert index.query(article(3))[0].id == "d3"
        index.add("later", article(100))
        index.flush()
        assert index.info()["runs"] == 1
        assert index.check() == []


def test_a_full_disk_while_a_call_writes_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call has committed what it added: it has succeeded, and what is left to do is tried again."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with Index(tmp_path / "i", tuning=replace(SMALL, flush_documents=10)) as index:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            index.add_many([{"id": f"d{number}", "text": article(number)} for number in range(20)])
            with pytest.raises(StorageError, match="no space left on device; all documents are stored"):
                index.flush()
        assert len(index) == 20
        assert index.check() == []
        index.add("later", article(100))
        index.flush()
        assert (index.info()["runs"], len([*(tmp_path / "i" / "runs").iterdir()])) == (1, 2)
        assert index.query(article(7))[0].id == "d7"
        assert index.check() == []


def test_an_interrupt_in_the_middle_leaves_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add("a", article(1))
        with monkeypatch.context() as patched:

            def interrupt(*_: Any) -> None:
                raise KeyboardInterrupt

            patched.setattr(state_of(index).database, "insert", interrupt)
            with pytest.raises(KeyboardInterrupt):
                index.add("b", article(2))
        assert "a" in index
        assert "b" not in index
        assert [match.id for match in index.query(article(2)) if match.is_copy] == []
        index.add("b", article(2))
        assert "b" in index
        assert index.check() == []


@pytest.mark.parametrize("nth", range(6))
def test_an_interrupt_behind_a_commit_deletes_nothing_that_is_named(
    tmp_path: Path, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of the time of a commit is spent waiting for the disk: Ctrl-C takes effect when all is committed."""
    place = tmp_path / "i"
    with Index(place, tuning=SMALL) as index:
        index.add_many([{"id": f"d{number}", "text": article(number)} for number in range(16)])
        index.flush()
        index.add_many([{"id": f"e{number}", "text": article(20 + number)} for number in range(16)])
        database = state_of(index).database
        commit, count = database.commit, itertools.count()

        def interrupted() -> None:
            commit()
            if next(count) == nth:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(database, "commit", interrupted)
            try:
                index.compact()
            except KeyboardInterrupt:
                assert nth < 4
        assert index.check() == []
        assert [match.id for match in index.query(article(23)) if match.is_copy] == ["e3"]
    with Index(place, tuning=SMALL) as index:
        assert len(index) == 32
        assert index.check() == []
        assert {run.file.name for run in state_of(index).runs} < {path.name for path in (place / "runs").iterdir()}


def test_a_run_that_cannot_be_mapped_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call continues with the state in memory, so the disk must not be ahead of it."""
    count = itertools.count()

    class Fails(mmap.mmap):
        """A mapping that two times of three cannot be made."""

        def __new__(cls, *arguments: Any, **more: Any) -> Any:
            if next(count) % 3:
                raise OSError(24, "Too many open files")
            return super().__new__(cls, *arguments, **more)

    monkeypatch.setattr(mmap, "mmap", Fails)
    with Index(tmp_path / "i", tuning=replace(SMALL, flush_documents=10, fan=2)) as index:
        for first in range(0, 160, 16):
            index.add_many([{"id": f"d{n}", "text": article(n)} for n in range(first, first + 16)])
            assert index.check() == []
        monkeypatch.undo()
        assert all(index.query(article(n))[0].id == f"d{n}" for n in range(160))


def test_what_an_interrupted_call_removed_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with Index.open(tmp_path / "i") as index:
        index.add_many([{"id": f"d{number}", "text": article(number)} for number in range(8)])
        with monkeypatch.context() as patched:
            patched.setattr(state_of(index).database, "insert", interrupt)
            for _ in range(5):
                with pytest.raises(KeyboardInterrupt):
                    index.update("d3", article(20))
        assert len(index) == 8
        assert state_of(index).counted_removed == 0
        assert state_of(index).finder.frequencies.articles == 8


def test_a_reader_that_was_interrupted_while_it_caught_up_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = IndexTuning(block_documents=4)
    with Index(tmp_path / "i", tuning=small) as index, Index(tmp_path / "i", mode="r", tuning=small) as reader:
        index.add_many([{"id": f"d{number}", "text": article(number)} for number in range(12)])
        index.flush()
        finder = state_of(reader).finder
        count_again, count = finder.count_again, itertools.count()

        def interrupted(*arguments: Any) -> None:
            if next(count) == 2:
                raise KeyboardInterrupt
            count_again(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(finder, "count_again", interrupted)
            with pytest.raises(KeyboardInterrupt):
                reader.query(article(3))
        assert [match.id for match in reader.query(article(11)) if match.is_copy] == ["d11"]
        mine, theirs = state_of(reader).finder, state_of(index).finder
        assert mine.frequencies.articles == theirs.frequencies.articles
        assert (mine.frequencies.table == theirs.frequencies.table).all()
        assert sum(map(len, mine.near.recent)) == sum(map(len, theirs.near.recent))


def test_a_reader_checks_while_a_writer_puts_other_files_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index(tmp_path / "i", tuning=SMALL) as index, Index(tmp_path / "i", mode="r", tuning=SMALL) as reader:
        index.add_many([{"id": f"d{number}", "text": article(number)} for number in range(20)])
        index.flush()
        problems = state_of(reader).database.problems

        def meanwhile() -> list[str]:
            index.compact()
            return problems()

        monkeypatch.setattr(state_of(index).database, "vacuum", lambda: None)  # it would wait for the reader
        monkeypatch.setattr(state_of(reader).database, "problems", meanwhile)
        assert reader.check() == []
        monkeypatch.undo()

        def vanishes(path: Path) -> bool:
            if path.suffix == ".run":
                path.unlink()
            return True

        monkeypatch.setattr(Path, "is_file", vanishes)
        assert reader.info()["file_bytes"] > 0
        monkeypatch.undo()
        with pytest.raises(StorageError, match="no such file"):
            index.check()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_copy_of_the_process_neither_writes_nor_holds_the_lock(tmp_path: Path) -> None:
    index = Index.open(tmp_path / "i")
    index.add("a", article(1))
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe()

    def use() -> None:
        problems = []
        for call in (lambda: index.add("b", article(2)), lambda: index.query(article(1)), index.flush):
            try:
                call()
            except StorageError as error:
                problems.append(str(error))
        index.close()
        sender.send(problems)
        sender.poll(60)

    process = fork.Process(target=use)
    process.start()
    assert receiver.poll(60)
    problems = receiver.recv()
    assert len(problems) == 3
    assert all("open it after the fork" in problem for problem in problems)
    index.add("c", article(3))
    index.close()
    with Index.open(tmp_path / "i") as index:  # while the other lives
        assert process.is_alive()
        assert ("a" in index, "b" in index, "c" in index) == (True, False, True)
        assert index.check() == []
    receiver.send(None)
    process.join()


def test_a_new_database_is_in_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is renamed when it is made: what would be in a log beside it, for closing could not move it, would be lost."""

    class Unclosed(sqlite3.Connection):
        def close(self) -> None:
            """Do nothing, as where that fails."""

    with monkeypatch.context() as patched:
        connect = functools.partial(sqlite3.connect, factory=Unclosed)
        patched.setattr(sqlite3, "connect", connect)
        Database.create(tmp_path, {"version": "1"})
    alone = sqlite3.connect(f"{(tmp_path / DATABASE).as_uri()}?immutable=1", uri=True)
    assert ("version", "1") in alone.execute("SELECT name, value FROM about").fetchall()
    alone.close()
    assert (tmp_path / DATABASE).read_bytes()[18:20] == b"\2\2", "it has a log from then on"


def test_an_unreadable_commit_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add("a", article(1))
        with monkeypatch.context() as patched:

            def fail(*_: Any) -> None:
                raise sqlite3.OperationalError("disk I/O error")

            patched.setattr(state_of(index).database, "commit", fail)
            with pytest.raises(StorageError, match=r"disk i/o error; the changes since the last flush \(1\) are lost"):
                index.flush()
        assert "a" not in index
        index.add("a", article(1))
    with Index.open(tmp_path / "i", mode="r") as index:
        assert "a" in index
