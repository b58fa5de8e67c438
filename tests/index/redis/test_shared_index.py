"""An index on a server: several writers, none of which undoes what another did; servers that fail; errors in words."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
import servers
from conftest import article, edited
from indexed import timeless

from dedup import Index, InputError, Params, ParamsError, StorageError
from dedup.cli.main import main
from dedup.index import Match
from dedup.index.place import is_url
from dedup.index.redis import snapshots
from dedup.index.redis.backend import RedisBackend
from dedup.index.redis.url import Address
from dedup.index.tuning import IndexTuning

KILLS = int(os.environ.get("DEDUP_KILLS", "4"))
"""More in the long run: ``DEDUP_KILLS=100 pytest tests/index/redis/test_shared_index.py -k kills``."""

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
FORK = multiprocessing.get_context("fork") if sys.platform != "win32" else None


@pytest.fixture
def url(redis_server: servers.RedisServer) -> Iterator[str]:
    name = f"shared-{time.monotonic_ns()}"
    yield redis_server.url(name)
    with redis_server.client() as client:
        for key in client.scan_iter(f"dedup:{{{name}}}:*"):
            client.delete(key)


@pytest.fixture
def own_server(request: pytest.FixtureRequest, redis_server: servers.RedisServer) -> Iterator[servers.RedisServer]:
    """A server that a test may fill, stop and start."""
    server = servers.RedisServer(*getattr(request, "param", ()))
    yield server
    server.close()


def backend_of(index: Index) -> RedisBackend:
    assert isinstance(index.backend, RedisBackend)
    return index.backend


def key(url: str, what: str) -> str:
    return Address.of(url).key(what)


def ids(matches: Iterable[Match]) -> list[str]:
    """Return the ids of those that are copies: the made-up articles share passages, too."""
    return [match.id for match in matches if match.is_copy]


# ---- several writers


def add_all(url: str, mine: list[dict[str, str]], pipe: Connection) -> None:
    try:
        with Index(url, tuning=IndexTuning(vocabulary_documents=50, table_articles=20)) as index:
            for first in range(0, len(mine), 5):
                some = mine[first : first + 5]
                matches = index.add_many(some)
                pipe.send(
                    [(one["id"], [match.id for match in found]) for one, found in zip(some, matches, strict=True)]
                )
    except BaseException as error:
        pipe.send(repr(error))
        raise
    finally:
        pipe.close()


def received(pipe: Connection) -> Iterator[Any]:
    while True:
        try:
            yield pipe.recv()
        except EOFError:
            return


@pytest.mark.parametrize("writers", [4])
def test_of_two_copies_the_one_that_comes_second_meets_the_first(url: str, writers: int) -> None:
    """Each writer adds a version of each of a hundred texts: whoever comes later meets all that came before."""
    assert FORK is not None
    Index.open(url).close()
    pipes, processes = [], []
    for writer in range(writers):
        mine = [{"id": f"{writer}-{text}", "text": edited(article(text), writer, 0.01)} for text in range(100)]
        random.Random(writer).shuffle(mine)
        receiver, sender = FORK.Pipe(duplex=False)
        processes.append(FORK.Process(target=add_all, args=(url, mine, sender)))
        processes[-1].start()
        sender.close()
        pipes.append(receiver)
    met: dict[str, list[str]] = {}
    for pipe in pipes:
        for answer in received(pipe):
            assert not isinstance(answer, str), answer
            met.update(answer)
    for process in processes:
        process.join()
    with Index.open(url, mode="r") as index:
        assert index.check() == []
        assert len(index) == 100 * writers == len(met)
        numbers = {id: backend_of(index).by_id(id).number for id in met}
    assert sorted(numbers.values()) == list(range(1, 100 * writers + 1))
    for text in range(100):
        family = sorted((f"{writer}-{text}" for writer in range(writers)), key=numbers.__getitem__)
        for at, id in enumerate(family):
            assert {*family[:at]} <= {*met[id]}, "a copy that was there was not met"
            assert not {*family[at:]} & {*met[id]}


BRIEF = IndexTuning(lease_seconds=0.5, vocabulary_documents=50)


def write(url: str, first: int, acknowledged: Connection) -> None:
    """Add, remove, update and compact until killed, and tell what was done."""
    draw = random.Random(first)
    with Index(url, tuning=replace(BRIEF, removed_documents=5, table_articles=20)) as index:
        acknowledged.send([])
        number = first
        while True:
            count = draw.choice((1, 1, 1, 5, 20))
            ids = [f"d{number + at}" for at in range(count)]
            index.add_many([{"id": id, "text": article(int(id[1:]), 6)} for id in ids])
            acknowledged.send([("+", id) for id in ids])
            number += count
            if draw.random() < 0.2:
                index.remove(ids[0])
                acknowledged.send([("-", ids[0])])
            if draw.random() < 0.1:
                index.compact()


def test_what_was_acknowledged_survives_kills(url: str) -> None:
    assert FORK is not None
    with Index(url, tuning=BRIEF) as index:  # kernels are loaded before the fork
        index.add_many([{"id": f"x{number}", "text": article(number, 6)} for number in range(40)])
        index.compact()
    draw = random.Random(7)
    there, gone, doubtful = {f"x{number}" for number in range(40)}, set(), set()
    for turn in range(KILLS):
        pipes, processes = [], []
        for writer in range(2):
            receiver, sender = FORK.Pipe(duplex=False)
            processes.append(FORK.Process(target=write, args=(url, 10_000 * (2 * turn + writer + 1), sender)))
            processes[-1].start()
            sender.close()
            pipes.append(receiver)
        assert all(pipe.poll(60) for pipe in pipes)
        time.sleep(draw.uniform(0.1, 0.6))
        for process in processes:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        for pipe in pipes:
            last: list[str] = []
            for events in received(pipe):
                for sign, id in events:
                    (there if sign == "+" else gone).add(id)
                last = [id for _, id in events]
            doubtful |= {*last}  # may be removed, and the answer on its way
        begun = time.monotonic()
        with Index(url, tuning=BRIEF) as index:
            index.add(f"after-{turn}", article(900_000 + turn, 6))
            assert time.monotonic() - begun < 5  # the turn of the dead has ended
            assert index.check() == []
            assert all(id in index for id in there - gone - doubtful)
            assert not any(id in index for id in gone)
            for id in draw.sample(sorted(there - gone - doubtful), 5):
                assert index.query(article(int(id[1:]), 6))[0].relation == "identical"
    assert len(there) > 40


def read(url: str, problems: Connection) -> None:
    """Ask again and again: what was found once stays."""
    try:
        with Index.open(url, mode="r") as index:
            seen = 0
            begun = time.monotonic()
            # Longer on a machine that is busy with other things.
            while time.monotonic() < begun + 1.5 or (seen <= 15 and time.monotonic() < begun + 30):
                count = len(index)
                assert count >= seen
                seen = count
                for number in {0, count // 2, count - 1}:
                    assert index.query(article(number, 6))[0].id == f"d{number}"
            problems.send(None if seen > 15 else f"only {seen} documents seen")
    except BaseException as error:
        problems.send(repr(error))


def test_readers_find_all_that_is_there_while_there_is_writing(url: str) -> None:
    assert FORK is not None
    with Index(url, tuning=IndexTuning(table_articles=20)) as index:
        index.add("d0", article(0, 6))
        pipes = [FORK.Pipe(duplex=False) for _ in range(2)]
        readers = [FORK.Process(target=read, args=(url, sender)) for _, sender in pipes]
        for reader in readers:
            reader.start()
        number = 1
        while any(reader.is_alive() for reader in readers):
            count = 1 + number % 7
            index.add_many([{"id": f"d{at}", "text": article(at, 6)} for at in range(number, number + count)])
            number += count
            if number % 40 == 0:
                index.compact()
        assert [receiver.recv() for receiver, _ in pipes] == [None, None]
        assert index.check() == []


def test_a_writer_whose_turn_was_taken_from_it_starts_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause longer than the lease: somebody else commits meanwhile, and what was begun is done again, on top."""
    with Index.open(url) as slow, Index.open(url) as quick:
        slow.add("a", article(1))
        find = slow.backend.find
        seen = []

        def paused(*arguments: Any, **more: Any) -> Any:
            found = find(*arguments, **more)
            seen.append(1)
            if len(seen) == 1:
                backend_of(quick).server.client.delete(key(url, "lease"))  # as if it had ended
                assert ids(quick.add("b", article(2))) == []
            return found

        monkeypatch.setattr(slow.backend, "find", paused)
        assert ids(slow.add("c", article(2))) == ["b"]
        assert len(seen) == 2
        assert ids(quick.query(article(2))) == ["b", "c"]
        assert slow.check() == quick.check() == []


def test_clients_in_turns_answer_as_a_folder_does(url: str, tmp_path: Path) -> None:
    small = IndexTuning(vocabulary_documents=60, removed_documents=15, table_articles=30)
    draw = random.Random(11)
    there: dict[str, int] = {}
    with Index(tmp_path / "i") as folder, Index(url, tuning=small) as one, Index(url, tuning=small) as two:
        for step in range(160):
            client = draw.choice((one, two))
            seed = draw.randrange(120)
            text = edited(article(seed, 8), step, 0.03)
            known = draw.choice(sorted(there)) if there else ""
            match draw.choice("aaaaaabburqqxc" if step > 20 else "a"):
                case "a":
                    given: list[tuple[Any, ...]] = [("add", f"d{step}", text)]
                    there[f"d{step}"] = step
                case "b":
                    some = [
                        {"id": f"{step}-{at}", "text": article(seed + at % 3, 8), "published": step} for at in range(5)
                    ]
                    given = [("add_many", some)]
                    there.update((one["id"], step) for one in some)
                case "u":
                    given = [("update", known, text)]
                case "r":
                    given = [("remove", known), ("get", known)]
                    there.pop(known, None)
                case "x":
                    given = [("expire", step // 3)]
                case "c":
                    given = [("compact",)] if draw.random() < 0.5 else [("check",)]
                case _:
                    given = [("query", text), ("get", known)]
            for name, *arguments in given:
                answers = [getattr(index, name)(*arguments) for index in (client, folder)]
                if name in ("add", "query", "update"):
                    answers = [ids(answer) for answer in answers]
                elif name == "add_many":
                    answers = [[*map(ids, answer)] for answer in answers]
                elif name == "get":
                    answers = [*map(timeless, answers)]
                assert answers[0] == answers[1], (step, name)
            there = {id: at for id, at in there.items() if id in folder}
        for index in (folder, one, two):
            assert index.check() == []
            assert len(index) == len(there) > 30
        answers = [
            {name: index.info()[name] for name in ("documents", "copies", "text_bytes", "latest")}
            for index in (folder, two)
        ]
        assert answers[0] == answers[1]
        assert backend_of(one).state.committed.generation > 2


def test_an_id_that_another_writer_has_taken_meanwhile(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index.open(url) as index, Index.open(url) as other:
        known_ids = index.backend.known_ids

        def late(wanted: Any) -> Any:
            other.add("a", "b")
            return known_ids(wanted)

        monkeypatch.setattr(index.backend, "known_ids", late)
        with pytest.raises(InputError, match="'a' is in the index already"):
            index.add("a", article(1))
        monkeypatch.undo()
        assert len(index) == 1
        assert ids(index.add("b", article(1))) == []
        assert index.check() == []


def test_clients_learn_what_others_removed_swept_and_counted(url: str) -> None:
    small = IndexTuning(removed_documents=10, sweep_buckets=7, table_articles=10)
    with Index(url, tuning=small) as index, Index(url, mode="r", tuning=small) as reader:
        index.add_many(
            {"id": f"d{number}", "text": article(number // 2), "published": 1 + number} for number in range(60)
        )
        assert ids(reader.query(article(5))) == ["d10", "d11"]
        assert reader.get("d11").copy_of == "d10"  # type: ignore[union-attr]
        index.remove("d10")
        assert reader.query(article(5))[0].kept
        assert reader.get("d11").copy_of is None  # type: ignore[union-attr]
        assert reader.info()["copies"] == 29
        before = reader.info()
        assert index.expire(21) == 19
        after = reader.info()
        assert (after["removed"], after["documents"], after["copies"]) == (0, 40, 20)  # swept
        assert after["postings"] < 0.8 * before["postings"]
        assert ids(reader.query(article(5))) == []
        assert ids(reader.query(article(15))) == ["d30", "d31"]
        assert index.check() == reader.check() == []
        mine, theirs = (backend_of(one).state.finder.frequencies for one in (index, reader))
        assert mine.articles == theirs.articles == 20  # those of the removed do not count any more
        assert (mine.table == theirs.table).all()


def test_a_window_that_slides_stays_as_large_as_it_is(url: str) -> None:
    small = IndexTuning(removed_documents=10, table_articles=10, column_bits=5)
    days, width, a_day = 60, 10, 8
    with Index(url, tuning=small) as index:
        state = backend_of(index).state
        for day in range(days):
            date = 86_400 * (1_000 + day)
            texts = [article(a_day * day + number) for number in range(a_day)]
            index.add_many({"id": f"{day}-{at}", "text": text, "published": date} for at, text in enumerate(texts))
            assert index.expire(before=date - 86_400 * (width - 1)) == (a_day if day >= width else 0)
            live = a_day * min(day + 1, width)
            assert len(index) == live
            assert state.committed.postings <= 1.5 * 100 * live
            assert state.removed <= live / 2
            assert state.finder.frequencies.articles <= 4 / 3 * live + a_day
        assert index.check() == []
        blocks = list(state.server.client.scan_iter(key(url, "columns:*")))
        assert len(blocks) <= 2 * a_day * width / 32
        assert ids(index.query(article(3))) == []  # of the first day
        assert ids(index.query(article(a_day * (days - 1)))) == [f"{days - 1}-0"]
        answers = [ids(index.query(article(number))) for number in range(400, 480)]
    with Index(url, tuning=small) as index:
        assert [ids(index.query(article(number))) for number in range(400, 480)] == answers
        assert index.check() == []


def test_a_client_that_opens_reads_the_stored_table(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = IndexTuning(table_articles=10)
    read: list[int] = []
    execute = redis.Redis.execute_command

    def seen(self: redis.Redis, *command: Any, **more: Any) -> Any:
        if command[0] == "HMGET":  # documents
            read.append(len(command) - 2)
        return execute(self, *command, **more)

    with Index(url, tuning=small) as index:
        index.add_many({"id": f"d{number}", "text": article(number)} for number in range(40))
        index.add("later", article(100))
        table = backend_of(index).state.finder.frequencies.table.copy()
    monkeypatch.setattr(redis.Redis, "execute_command", seen)
    with Index(url, mode="r", tuning=small) as index:
        assert read == [1]
        state = backend_of(index).state
        assert (state.finder.frequencies.table == table).all()
        state.server.client.delete(key(url, snapshots.key_of(state.committed.table)))
        assert any("frequencies" in problem for problem in index.check())
    read.clear()
    with Index(url, mode="r", tuning=small) as index:  # made again from the documents
        assert read == [41]
        assert (backend_of(index).state.finder.frequencies.table == table).all()


# ---- a server that fails


@pytest.mark.parametrize("own_server", [("--appendonly", "no")], indirect=True)
def test_a_full_server(own_server: servers.RedisServer) -> None:
    url = own_server.url("full")
    with Index.open(url) as index, own_server.client() as client:
        index.add("a", article(1))
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 100_000)

        def fill() -> None:
            for number in range(1000):
                index.add(f"n{number}", article(number, 200))

        with pytest.raises(StorageError, match=r"the server is full.*Hint: nothing was changed"):
            fill()
        with pytest.raises(StorageError, match="the server is full"):
            index.remove("a")  # so there is no point in advising it
        count = len(index)
        assert 0 < count < 1000
        assert f"n{count - 1}" not in index
        assert ids(index.query(article(count - 1, 200))) == []
        client.config_set("maxmemory", 0)
        assert ids(index.add("later", article(2000))) == []
        assert index.check() == []
        client.config_set("maxmemory", 10**9)
        client.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(StorageError, match="evicts keys when it is full"):
            Index.open(url)


def test_no_room_for_the_table_does_not_fail_the_call(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hset = redis.Redis.hset

    def full(self: redis.Redis, name: str, *rest: Any, **more: Any) -> Any:
        if "frequencies" not in str(name):
            return hset(self, name, *rest, **more)
        tried.append(1)
        raise redis.OutOfMemoryError("OOM command not allowed")

    tried: list[int] = []
    with Index(url, tuning=IndexTuning(table_articles=10)) as index:
        with monkeypatch.context() as patched:
            patched.setattr(redis.Redis, "hset", full)
            index.add_many({"id": f"d{number}", "text": article(number)} for number in range(20))
            index.add("e", article(20))
        assert len(tried) == 1  # and not with each call from then on
        assert len(index) == 21
        assert index.check() == []


@pytest.mark.parametrize("own_server", [("--appendonly", "yes", "--appendfsync", "always")], indirect=True)
def test_a_server_that_is_killed_and_started_again(own_server: servers.RedisServer) -> None:
    url = own_server.url("i")
    with Index.open(url) as index:
        assert index.info()["persistence"].startswith("append-only file (fsync always)")
        for number in range(20):
            index.add(f"d{number}", article(number))
        index.flush()
        own_server.kill()
        with pytest.raises(StorageError, match="is the server running"):
            index.add("e", article(30))
        with pytest.raises(StorageError, match="is the server running"):
            index.query(article(3))
        own_server.start()
        assert all(f"d{number}" in index for number in range(20))
        assert "e" not in index
        assert ids(index.add("e", article(30))) == []
        assert index.query(article(3))[0].id == "d3"
        assert index.check() == []


def test_a_server_that_is_set_back_or_emptied(own_server: servers.RedisServer) -> None:
    url = own_server.url("i")
    with Index.open(url) as index, own_server.client() as client:
        index.add("a", article(1))
        client.config_set("save", "3600 1")
        client.save()
        index.add("b", article(2))
        client.config_set("save", "")
        own_server.kill()
        own_server.start()
        assert "b" not in index
        assert ids(index.add("c", article(1))) == ["a"]
        assert ids(index.query(article(2))) == []
        assert index.check() == []
        client.flushall()
        with pytest.raises(StorageError, match="no longer exists"):
            index.query("text")
        Index.open(url, Params(level="near")).close()
        with pytest.raises(StorageError, match="has been replaced by another index"):
            index.add("a", "text")


def test_a_connection_that_breaks_while_catching_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = IndexTuning(block_documents=5)
    with Index(url, tuning=small) as index, Index(url, mode="r", tuning=small) as reader:
        mine, theirs = backend_of(reader), backend_of(index)
        index.add_many({"id": f"d{number}", "text": article(number)} for number in range(20))
        documents = mine.server.documents
        calls: list[int] = []

        def breaks(numbers: Any) -> Any:
            calls.append(1)
            if len(calls) == 3:
                raise redis.ConnectionError("Connection reset by peer")
            return documents(numbers)

        monkeypatch.setattr(mine.server, "documents", breaks)
        with pytest.raises(StorageError, match="connection reset by peer"):
            reader.query("text")
        assert ids(reader.query(article(3))) == ["d3"]
        assert mine.state.finder.frequencies.articles == 20
        assert (mine.state.finder.frequencies.table == theirs.state.finder.frequencies.table).all()


def test_a_catching_up_that_was_cut_off_is_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small = IndexTuning(block_documents=4)
    with Index(url, tuning=small) as index, Index(url, mode="r", tuning=small) as reader:
        index.add_many({"id": f"d{number}", "text": article(number)} for number in range(12))
        state = backend_of(reader).state
        tokens_of, seen = state.tokens_of, []

        def breaks(rows: Any) -> Any:
            seen.append(1)
            if len(seen) == 3:
                raise redis.TimeoutError
            return tokens_of(rows)

        monkeypatch.setattr(state, "tokens_of", breaks)
        with pytest.raises(StorageError, match="does not answer"):
            reader.query(article(1))
        monkeypatch.undo()
        assert ids(reader.query(article(11))) == ["d11"]
        mine, theirs = (backend_of(one).state.finder.frequencies for one in (reader, index))
        assert mine.articles == 12
        assert (mine.table == theirs.table).all()


def test_a_sweep_whose_turn_is_over_continues_in_the_next(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it reads then has documents for which it has no room."""
    never = IndexTuning(bucket_postings=1_000_000)  # that the buckets are as many as before says nothing then
    with Index(url, tuning=never) as index, Index(url, tuning=never) as other:
        index.add_many({"id": f"d{number}", "text": article(number, 3)} for number in range(6))
        index.remove("d2")
        read_buckets, begun = backend_of(index).state.read_buckets, []

        def late(names: Any) -> Any:
            if not begun:
                begun.append(1)
                backend_of(other).server.client.delete(key(url, "lease"))  # as if it had ended
                other.add_many({"id": f"e{number}", "text": "One more."} for number in range(1_100))
            return read_buckets(names)

        monkeypatch.setattr(backend_of(index).state, "read_buckets", late)
        index.compact()
        assert len(index) == 1_105
        assert index.check() == other.check() == []
        assert index.info()["removed"] == 0


def test_a_server_that_was_set_back_and_has_gone_far_since(own_server: servers.RedisServer) -> None:
    """More commits than are remembered: numbers have come to name other documents."""
    url = own_server.url("i")
    with Index.open(url) as idle, own_server.client() as client:
        idle.add("a", article(1))
        client.config_set("save", "3600 1")
        client.save()
        idle.add_many([{"id": f"b{number}", "text": article(10 + number)} for number in range(5)])
        for number in range(5):
            idle.remove(f"b{number}")
        client.config_set("save", "")
        own_server.kill()
        own_server.start()
        with Index.open(url) as busy:
            for number in range(50):
                busy.add(f"c{number}", article(100 + number))
            assert all(ids(idle.query(article(100 + number))) == [f"c{number}"] for number in range(50))
            idle.add_many([{"id": f"e{number}", "text": article(200 + number)} for number in range(20)])
            assert idle.check() == busy.check() == []


def test_a_commit_of_which_no_answer_came_is_not_done_twice(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index.open(url) as index:
        index.add("a", article(1))
        execute = redis.client.Pipeline.execute
        broken = []

        def breaks(self: Any, *arguments: Any, **more: Any) -> Any:
            is_commit = any(command[0][:1] == ("EVAL",) for command in self.command_stack)
            answer = execute(self, *arguments, **more)
            if is_commit and not broken:
                broken.append(1)
                raise redis.WatchError("A ConnectionError occurred")
            return answer

        monkeypatch.setattr(redis.client.Pipeline, "execute", breaks)
        assert ids(index.add("b", article(1))) == ["a"]
        assert broken
        assert len(index) == 2
        assert ids(index.query(article(1))) == ["a", "b"]
        assert index.check() == []


def test_an_interrupt_in_the_middle_leaves_all_or_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with Index.open(url) as index:
        index.add("a", article(1))
        for where in ("insert", "commit"):
            with monkeypatch.context() as patched:
                patched.setattr(backend_of(index).turns, where, interrupt)
                with pytest.raises(KeyboardInterrupt):
                    index.add("b", article(2))
            assert "b" not in index
            assert ids(index.query(article(2))) == []
        assert backend_of(index).state.finder.frequencies.articles == 1
        assert ids(index.add("b", article(2))) == []
        assert index.check() == []


def test_damage_is_found(url: str) -> None:
    with Index.open(url) as index:
        index.add_many({"id": f"d{number}", "text": article(number)} for number in range(30))
        client = backend_of(index).server.client
        documents, postings = key(url, "documents"), key(url, "postings")

        def problems() -> str:
            return "; ".join(index.check())

        whole = client.hget(documents, "3")
        client.hset(documents, "3", whole[:-4] + b"abcd")
        assert "document 3 differs from what was written" in problems()
        client.hset(documents, "3", whole[:10])
        assert "document 3 differs from what was written" in problems()
        client.hdel(documents, "3")
        assert "document 3 is missing" in problems()
        client.hset(documents, "3", whole)
        assert problems() == ""
        buckets = client.hgetall(postings)
        client.delete(postings)
        assert "not found by its id" in problems()
        client.hset(postings, mapping=buckets)
        some, other = sorted(buckets)[:2]
        client.hset(postings, mapping={some: buckets[other], other: buckets[some]})
        assert "where they are not looked for" in problems()
        client.hset(postings, mapping={some: buckets[some], other: buckets[other] + b"x"})
        assert "bucket is damaged" in problems()
        client.hset(postings, other, buckets[other])
        client.setrange(key(url, "columns:0"), 18 * 5, np.array([77], "<i8").tobytes())
        assert "'d4': other date" in problems()


# ---- what cannot be used


def test_addresses() -> None:
    address = Address.of("rediss://user:secret@host.example:6380/2?name=news&ssl_cert_reqs=none")
    assert address.place == "rediss://host.example:6380/2?name=news"
    assert address.url == "rediss://user:secret@host.example:6380/2?ssl_cert_reqs=none"
    assert address.key("state") == "dedup:{news}:state"
    assert Address.of("redis://[::1]:6379").place == "redis://[::1]:6379?name=index"
    assert [is_url(path) for path in ("redis:/x", "unix://x", Path("redis://x"), 3)] == [
        False,
        True,
        False,
        False,
    ]
    for wrong in (
        "redis://h?name=",
        "redis://h?name=a{b",
        "redis://h?name=a%20b",
        "redis://h:port",
        "redis://h/x?db=y",
        "redis://h?nmae=news",
        "unix:///run/redis.sock?nmae=news",
    ):
        with pytest.raises(ParamsError):
            Address.of(wrong).client().close()
    with pytest.raises(ParamsError, match="decode_responses"):
        Address.of("redis://h?decode_responses=true")


def test_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StorageError, match=r"unix:///.*/nobody\?name=i: no connection .*is the server running"):
        Index.open(f"unix://user:secret@{tmp_path}/nobody?name=i")
    assert main(["index", "info", f"unix://user:secret@{tmp_path}/nobody?name=i"]) == 1
    assert "secret" not in capsys.readouterr().err


@pytest.mark.parametrize("own_server", [("--requirepass", "right")], indirect=True)
def test_a_wrong_password(own_server: servers.RedisServer) -> None:
    url = own_server.url("i").replace("unix://", "unix://:{}@")
    for wrong in (own_server.url("i"), url.format("wrong-one")):
        with pytest.raises(StorageError, match="refuses user or password") as refused:
            Index.open(wrong)
        assert "wrong-one" not in str(refused.value)
    with Index.open(url.format("right")) as index:
        index.add("a", "b")
        assert "right" not in str(index.info())


def test_a_replica(own_server: servers.RedisServer) -> None:
    url = own_server.url("i")
    with Index.open(url) as index, own_server.client() as client:
        index.add("a", article(1))
        client.replicaof("127.0.0.1", "1")
        with pytest.raises(StorageError, match=r"the server is a replica.*Hint: use the address of the primary"):
            index.add("b", article(2))
        with Index.open(url, mode="r") as reader:
            assert reader.query(article(1))[0].id == "a"


def test_what_is_no_index(url: str, redis_server: servers.RedisServer) -> None:
    with pytest.raises(StorageError, match="holds no index"):
        Index.open(url, mode="r")
    with redis_server.client() as client:
        client.set(key(url, "words"), "of somebody else")
        with pytest.raises(StorageError, match=r"words' but no index"):
            Index.open(url)
        client.set(key(url, "state"), "of somebody else")
        for mode in ("r", "rw"):
            with pytest.raises(StorageError, match="another program has keys of that name"):
                Index.open(url, mode=mode)
        client.delete(key(url, "state"))
        client.hset(key(url, "state"), "a", "b")
        with pytest.raises(StorageError, match="something other than an index"):
            Index.open(url)
        client.delete(key(url, "state"), key(url, "words"))
        Index.open(url, Params(threshold=0.8)).close()
        with pytest.raises(StorageError, match=r"threshold 0.8; expected threshold 0.7"):
            Index.open(url, Params())
        client.hset(key(url, "state"), "format", 9)
        with pytest.raises(StorageError, match=r"has format 9, written by dedup .*; expected format 3"):
            Index.open(url)


def test_without_redis_py_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['redis'] = None\n"
        "import dedup\n"
        "try: dedup.Index.open('redis://localhost/0')\n"
        "except dedup.ParamsError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'newsdedup[redis]'" in done.stdout


def test_redis_py_is_imported_late(tmp_path: Path) -> None:
    code = (
        "import sys, dedup\n"
        f"with dedup.Index.open({str(tmp_path / 'i')!r}) as index: index.add('a', 'b')\n"
        "sys.exit('redis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_on_the_command_line(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = tmp_path / "new.jsonl"
    records.write_text(f'{{"id": "a", "text": "{article(1)}"}}\n{{"id": "b", "text": "{article(1)}"}}\n')
    assert main(["index", "info", url]) == 1
    assert "holds no index" in capsys.readouterr().err
    assert main(["index", "add", url, str(records)]) == 0
    assert main(["index", "query", url, str(records)]) == 0
    assert main(["index", "remove", url, "a"]) == 0
    assert main(["index", "compact", url]) == 0
    assert main(["index", "check", url]) == 0
    assert main(["index", "info", url]) == 0
    out = capsys.readouterr().out
    assert '"duplicate_of": "a"' in out
    assert "problems      none" in out


@pytest.mark.parametrize(
    "url",
    [
        "redis://:s3cr/et@host",
        "redis://:s3cr#et@host",
        "redis://:s3cr?et@host",
        "redis://:33/et@host",  # which is a port
        "redis://:33?et@host",
        "redis://:33#et@host",
        "redis://user:s3cr/et@host:6379/0?name=news",
        "rediss://:s3[cr@host",
        "unix://:33/et@/run/redis.sock",
        " redis://:s3cret@host",
        "redis:/:s3cret@host",
        "redis//:s3cret@host",
        "REDIS:s3cret@host",
    ],
)
def test_no_part_of_a_password_is_shown(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["index", "info", url], ["index", "create", url], ["run", "x.jsonl", "--index", url]):
        (tmp_path / "x.jsonl").write_text('{"id": "a", "text": "b"}\n')
        assert main(command) == 2
        printed = capsys.readouterr()
        assert not any(part in printed.out + printed.err for part in ("s3", "et@", "33", "cret"))
        assert "Traceback" not in printed.err
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    with pytest.raises(ParamsError) as refused:
        Index.open(url)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_password_is_not_in_the_representation() -> None:
    assert "secret" not in repr(Address.of("redis://user:secret@host?name=news"))


@pytest.mark.parametrize("own_server", [("--requirepass", "right/one")], indirect=True)
def test_passwords_that_do_not_stand_in_the_url(
    own_server: servers.RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, file = own_server.url("i"), tmp_path / "password"
    monkeypatch.setenv("REDISCLI_AUTH", "right/one")
    with Index.open(url) as index:
        index.add("a", "b")
    with Index.open(url.replace("unix://", "unix://:right%2Fone@")) as index:
        assert len(index) == 1
    with pytest.raises(StorageError, match="REDISCLI_AUTH is set: is it meant for another server"):
        Index.open(url.replace("unix://", "unix://:wrong@"))
    monkeypatch.delenv("REDISCLI_AUTH")
    for content in ("right/one", "right/one\n", "right/one\r\nand a second line\n"):
        file.write_text(content)
        with Index.open(f"{url}&password_file={file}") as index:
            assert len(index) == 1
            assert str(file) not in str(index.info())
    file.write_text("")
    with pytest.raises(ParamsError, match="is empty"):
        Index.open(f"{url}&password_file={file}")
    with pytest.raises(ParamsError, match="cannot be read: No such file"):
        Index.open(f"{url}&password_file={file}.txt")
    with pytest.raises(ParamsError, match="both a password and a password file"):
        Index.open(f"{url.replace('unix://', 'unix://:x@')}&password_file={file}")


def test_a_server_without_tls_is_refused_in_seconds() -> None:
    """One that waits for the rest of what it takes for a command, as Redis does."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(StorageError, match=r"does not speak TLS.*redis:// for one without TLS"):
            Address.of(f"rediss://127.0.0.1:{silent.getsockname()[1]}?name=i").check_tls(seconds=0.2)
        assert time.monotonic() - began < 5
