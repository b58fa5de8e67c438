"""A backup is one committed state, complete or not there, whoever writes meanwhile; restored, it is the index."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import servers
from conftest import Place, article, edited

from dedup import Document, Index, ParamsError, StorageError, Story
from dedup.cli.main import main
from dedup.index.folder.backup import BEGUN
from dedup.index.tuning import IndexTuning

SMALL = IndexTuning(run_documents=16, block_documents=10)
KILLS = int(os.environ.get("DEDUP_KILLS", "4"))
"""More in the long run: ``DEDUP_KILLS=100 pytest tests/index/test_backups.py``."""

FORKS = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
NO_WARNING = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def fill(index: Index) -> None:
    """Add articles, copies of some, and remove some of both."""
    index.add_many(
        {"id": f"d{n}", "text": article(n, 6), "source": f"paper {n % 3}", "data": {"page": n}} for n in range(40)
    )
    index.add_many({"id": f"c{n}", "text": edited(article(n, 6), n, 0.02)} for n in range(0, 40, 5))
    for id in ("d0", "d7", "c20", "d39"):
        index.remove(id)


def content(index: Index) -> tuple[list[Document], list[Story | None], list[object]]:
    documents = [*index]
    stories = [index.story(document.id) for document in documents]
    answers = index.query_many([article(n, 6) for n in range(0, 40, 3)])
    return documents, stories, [(answer.duplicate_of, answer.story, answer.score) for answer in answers]


def test_a_restored_backup_is_the_index(place: Place, tmp_path: Path) -> None:
    with Index(place("i"), tuning=SMALL) as index:
        fill(index)
        index.backup(tmp_path / "backup")
        expected = content(index)
        index.add("later", article(99, 6))
    shutil.copytree(tmp_path / "backup", tmp_path / "restored")
    for folder in ("backup", "restored"):
        with Index(tmp_path / folder, mode="r", tuning=SMALL) as index:
            assert index.check() == []
            assert content(index) == expected
    with Index(tmp_path / "restored", tuning=SMALL) as index:
        assert index.add("later", article(99, 6)).kept
        assert index.add("again", article(5, 6).upper()).duplicate_of == "d5"
        index.compact()
        assert index.check() == []


def test_a_backup_is_of_what_was_flushed_and_by_a_reader_too(tmp_path: Path) -> None:
    with Index(tmp_path / "i") as index, Index(tmp_path / "i", mode="r") as reader:
        index.add("a", article(1))
        index.flush()
        index.add("b", article(2))
        reader.backup(tmp_path / "by reader")
        index.backup(tmp_path / "by writer")
    for name, ids in (("by reader", ["a"]), ("by writer", ["a", "b"])):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        with Index(tmp_path / name, mode="r") as backup:
            assert [document.id for document in backup] == ids


def test_what_is_there_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("something else")
    with Index(tmp_path / "i") as index:
        index.add("a", article(1))
        with pytest.raises(StorageError, match="there exists; expected a place where nothing is"):
            index.backup(tmp_path / "there")
        with pytest.raises(ParamsError, match="in itself"):
            index.backup(tmp_path / "i" / "backup")
        assert index.check() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["i", "there"]


def test_a_damaged_index_is_not_backed_up(tmp_path: Path) -> None:
    with Index(tmp_path / "i", tuning=SMALL) as index:
        fill(index)
        index.compact()
    (run,) = (tmp_path / "i" / "runs").glob("*.run")
    data = bytearray(run.read_bytes())
    data[100] ^= 1
    run.write_bytes(bytes(data))
    with (
        Index(tmp_path / "i", mode="r", tuning=SMALL) as index,
        pytest.raises(StorageError, match=r"run differs from what was written"),
    ):
        index.backup(tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["i"]


def back_up(place: Path, targets: Path, made: Connection) -> None:
    """Make backups until killed, and tell of each that is complete."""
    with Index(place, mode="r", tuning=SMALL) as index:
        made.send(-1)
        number = 0
        while True:
            index.backup(targets / f"b{number}")
            made.send(number)
            number += 1


@FORKS
@NO_WARNING
def test_backups_beside_a_writer_survive_kills(tmp_path: Path) -> None:
    with Index(tmp_path / "i", tuning=SMALL) as index:  # kernels are loaded before the fork
        index.add("d0", article(0, 6))
        index.compact()
    draw, fork = random.Random(3), multiprocessing.get_context("fork")
    whole, number = 0, 1
    for turn in range(KILLS):
        targets = tmp_path / f"t{turn}"
        targets.mkdir()
        receiver, sender = fork.Pipe(duplex=False)
        process = fork.Process(target=back_up, args=(tmp_path / "i", targets, sender))
        process.start()
        sender.close()
        assert receiver.poll(60)
        end = time.monotonic() + draw.uniform(0.02, 0.6)
        with Index(tmp_path / "i", tuning=SMALL) as index:
            while time.monotonic() < end:
                index.add(f"d{number}", article(number, 6))
                index.flush()
                number += 1
                if number % 20 == 0:
                    index.compact()
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        for target in sorted(targets.iterdir()):
            if not target.name.endswith(BEGUN):
                whole += 1
                with Index(target, tuning=SMALL) as backup:
                    assert backup.check() == []
                    assert [document.id for document in backup] == [f"d{n}" for n in range(len(backup))]
                    assert len(backup) <= number
        begun = [path for path in targets.iterdir() if path.name.endswith(BEGUN)]
        for path in begun:  # what was cut off does not stand in the way
            with Index(tmp_path / "i", mode="r", tuning=SMALL) as index:
                index.backup(path.with_name(path.name.removesuffix(BEGUN)))
        assert not [path for path in targets.iterdir() if path.name.endswith(BEGUN)]
    assert whole


@FORKS
@NO_WARNING
def test_two_backups_to_one_place(tmp_path: Path) -> None:
    """The second is refused while the first is under way."""
    from dedup.index.folder.backup import place_of_backup

    with (
        Index(tmp_path / "i") as index,
        place_of_backup(tmp_path / "b"),
        pytest.raises(StorageError, match="is open for writing"),
    ):
        index.backup(tmp_path / "b")
    assert [*(tmp_path / "b").iterdir()]


@pytest.mark.skipif(servers.BINARY is None, reason="there is no redis-server")
def test_a_server_is_restored_from_a_snapshot_of_it() -> None:
    with closing(servers.RedisServer()) as lost, closing(servers.RedisServer()) as restored:
        with Index(lost.url("i"), tuning=SMALL) as index:
            fill(index)
            lost.client().bgsave()
            until = time.monotonic() + 60
            while lost.client().info("persistence")["rdb_bgsave_in_progress"] and time.monotonic() < until:
                time.sleep(0.01)
            expected = content(index)
            index.add("later", article(99, 6))
        restored.kill()
        shutil.copy(lost.folder / "dump.rdb", restored.folder)
        lost.kill()
        restored.start()
        with Index(restored.url("i"), tuning=SMALL) as index:
            assert index.check() == []
            assert content(index) == expected
            assert index.add("later", article(99, 6)).kept


@pytest.mark.parametrize("rest", [(), ("d5", "d6", "c35", "d38"), tuple(f"d{n}" for n in range(40))])
def test_a_backup_is_restored_to_a_server(
    rest: tuple[str, ...], redis_server: servers.RedisServer, tmp_path: Path
) -> None:
    url = redis_server.url(f"restored-{len(rest)}")
    with Index(tmp_path / "i", tuning=replace(SMALL, vocabulary_documents=30)) as index:
        fill(index)
        for id in rest:
            index.remove(id)
        expected = content(index)
        end = index.backend.next
    assert main(["index", "restore", str(tmp_path / "i"), url, "--json"]) == 0
    with Index(url) as index:
        assert index.check() == []
        assert content(index) == expected
        assert index.add("later", article(99, 6)).story == end  # never an id that an earlier story had
        assert index.add("again", article(99, 6).upper()).duplicate_of == "later"
        index.compact()
        assert index.check() == []
    with pytest.raises(StorageError, match="holds an index; expected a name that no index has"):
        Index.restore(tmp_path / "i", url)
    with pytest.raises(ParamsError, match="restored by copying its folder"):
        Index.restore(tmp_path / "i", str(tmp_path / "j"))
    assert not [key for key in redis_server.client().scan_iter() if b"restoring" in key]


def test_a_restore_that_was_cut_off_begins_anew(redis_server: servers.RedisServer, tmp_path: Path) -> None:
    url = redis_server.url("cut")
    with Index(tmp_path / "i", tuning=SMALL) as index:
        fill(index)
        expected = content(index)
    with Index(f"{url}.restoring") as begun:  # as if it had been killed
        begun.add("d1", article(1, 6))
    with pytest.raises(StorageError, match="holds no index"):
        Index(url, mode="r")
    assert Index.restore(tmp_path / "i", url) == len(expected[0])
    with Index(url, mode="r") as index:
        assert content(index) == expected
        assert index.check() == []
