"""Whatever is done to an index, in whatever order: it holds what a dict would, and finds that and nothing else."""

from __future__ import annotations

import itertools
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis
import servers
from conftest import article
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from lives import LIVES, OFTEN, OFTEN_ON_A_SERVER, day

from dedup import Index, InputError, Params, StorageError
from dedup.index.folder import maintenance
from dedup.index.folder.backend import FolderBackend
from dedup.index.folder.state import State
from dedup.index.redis.backend import RedisBackend
from dedup.index.stored import MOST_DOCUMENTS

TEXTS = [*(article(seed, 6) for seed in range(12)), "A short one.", "?! …"]
MOST_FOUND = 16  # of identical texts, as `bucket_limit` has it

ids = some.integers(0, 24).map("d{}".format)
texts = some.integers(0, len(TEXTS) - 1)
days = some.integers(0, 9)

_COUNT = itertools.count()


class Life(RuleBasedStateMachine):
    """What is done to an index, and what a dict makes of it: the text and the day of each id."""

    index: Index
    there: dict[str, tuple[int, int]]

    @rule(id=ids, text=texts, date=days)
    def add(self, id: str, text: int, date: int) -> None:
        if id in self.there:
            with pytest.raises(InputError, match="in the index already"):
                self.index.add(id, TEXTS[text], published=day(date))
            return
        self.check_matches(self.index.add(id, TEXTS[text], published=day(date)), text)
        self.there[id] = text, date

    @rule(some=some.dictionaries(ids, some.tuples(texts, days), max_size=9))
    def add_many(self, some: dict[str, tuple[int, int]]) -> None:
        given = [{"id": id, "text": TEXTS[text], "published": day(date)} for id, (text, date) in some.items()]
        if self.there.keys() & some.keys():
            with pytest.raises(InputError, match="in the index already"):
                self.index.add_many(given)
            return
        for matches, (id, (text, date)) in zip(self.index.add_many(given), some.items(), strict=True):
            self.check_matches(matches, text)
            self.there[id] = text, date

    @rule(id=ids, text=texts, date=days)
    def update(self, id: str, text: int, date: int) -> None:
        self.there.pop(id, None)
        self.check_matches(self.index.update(id, TEXTS[text], published=day(date)), text)
        self.there[id] = text, date

    @rule(id=ids)
    def remove(self, id: str) -> None:
        assert self.index.remove(id) == (self.there.pop(id, None) is not None)

    @rule(before=days)
    def expire(self, before: int) -> None:
        gone = [id for id, (_, date) in self.there.items() if date < before]
        assert self.index.expire(day(before)) == len(gone)
        for id in gone:
            del self.there[id]

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule(text=texts)
    def query(self, text: int) -> None:
        self.check_matches(self.index.query(TEXTS[text]), text)

    def check_matches(self, matches: list[Any], text: int) -> None:
        """Check that documents with the same text are found, and that every match is in the index."""
        self.hold(matches, text, self.there)

    @staticmethod
    def hold(matches: list[Any], text: int, there: dict[str, tuple[int, int]]) -> None:
        found = [match.id for match in matches]
        assert len(found) == len({*found})
        assert {*found} <= there.keys()
        same = {match.id for match in matches if match.relation == "identical"}
        wanted = {id for id, (other, _) in there.items() if other == text and text < len(TEXTS) - 1}
        assert same == wanted or (len(wanted) > MOST_FOUND and same < wanted)

    def assert_whole(self, index: Index, there: dict[str, tuple[int, int]]) -> None:
        assert index.check() == []
        assert len(index) == len(there)
        for id in (f"d{number}" for number in range(25)):
            held = index.get(id)
            assert (held is None) == (id not in there)
            if held is not None and held.copy_of is not None:
                original = index.get(held.copy_of)
                assert original is not None
                assert original.copy_of is None
                assert held.copy_of in there
            assert held is None or (held.published or "")[:10] == day(there[id][1])
        for text, matches in enumerate(index.query_many(TEXTS)):
            self.hold(matches, text, there)


class Folder(Life):
    """An index in a folder, with a reader beside it; closed, killed, interrupted, and out of room now and then."""

    level = "rewritten"

    @initialize(durability=some.sampled_from(["flush", "each"]))
    def begin(self, durability: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dedup-"))
        self.durability = durability
        self.there, self.flushed = {}, {}
        self.params: Params | None = Params(level=self.level)
        self.open()
        self.reader = Index(self.folder / "i", mode="r", tuning=OFTEN)

    def open(self) -> None:
        self.index = Index(self.folder / "i", self.params, durability=self.durability, tuning=OFTEN)

    @property
    def backend(self) -> FolderBackend:
        backend = self.index.backend
        assert isinstance(backend, FolderBackend)
        return backend

    @property
    def state(self) -> State:
        return self.backend.state

    @rule()
    def flush(self) -> None:
        self.index.flush()

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.flushed = dict(self.there)
        self.open()

    @rule()
    def kill(self) -> None:
        """As if the process had ended: what is not committed is lost."""
        self.backend.abandon()
        self.there = dict(self.flushed)
        self.open()

    @rule(
        what=some.sampled_from(["add", "update", "remove", "expire", "add_many"]),
        where=some.sampled_from(["insert", "remove", "amend", "link", "expire", "set_about", "count"]),
        id=ids,
        text=texts,
        late=some.booleans(),
    )
    def interrupt(self, what: str, where: str, id: str, text: int, late: bool) -> None:
        """Ctrl-C within a call, before or behind a statement: it is undone, and all is as it was."""
        if (what == "add" and id in self.there) or self.durability == "each":
            return
        calls: dict[str, Callable[[], Any]] = {
            "add": lambda: self.index.add(id, TEXTS[text], published=day(3)),
            "update": lambda: self.index.update(id, TEXTS[text], published=day(3)),
            "remove": lambda: self.index.remove(id),
            "expire": lambda: self.index.expire(day(3)),
            "add_many": lambda: self.index.add_many([{"id": f"e{n}", "text": TEXTS[text]} for n in range(3)]),
        }
        with pytest.MonkeyPatch.context() as patched:
            interrupted = interrupts(patched, self.state.database, where, late)
            try:
                calls[what]()
            except KeyboardInterrupt:
                assert interrupted
                return
        # Nothing of the kind was done.
        if what == "add":
            self.there[id] = text, 3
        elif what == "update":
            self.there.pop(id, None)
            self.there[id] = text, 3
        elif what == "remove":
            self.there.pop(id, None)
        elif what == "expire":
            self.there = {id: at for id, at in self.there.items() if at[1] >= 3}
        else:
            for n in range(3):
                assert self.index.remove(f"e{n}")
            self.index.flush()

    @rule(
        what=some.sampled_from(["flush", "compact", "close"]),
        where=some.sampled_from(["commit", "replace_runs", "runs", "begin", "set_about"]),
        nth=some.integers(0, 3),
        late=some.booleans(),
    )
    def interrupt_keeping(self, what: str, where: str, nth: int, late: bool) -> None:
        """Ctrl-C, or a failing disk, while postings are written: nothing that was stored is lost."""
        self.index.flush()
        self.flushed = dict(self.there)
        with pytest.MonkeyPatch.context() as patched:
            interrupts(patched, self.state.database, where, late, nth)
            with suppress(KeyboardInterrupt):
                getattr(self.index, what)()
        if what == "close":
            self.backend.abandon()
            self.open()

    @rule(count=some.integers(0, 2), what=some.sampled_from([(os, "fsync"), (mmap, "mmap")]))
    def no_room(self, count: int, what: tuple[Any, str]) -> None:
        """Files cannot be written, or mapped: calls succeed, and what is due is done later."""
        given = [{"id": f"f{n}", "text": TEXTS[n % 9], "published": day(0)} for n in range(14)]
        with pytest.MonkeyPatch.context() as patched:
            broken(patched, *what, count)
            self.index.add_many(given)
            assert self.backend.unflushed == 0
        self.there.update({f"f{n}": (n % 9, 0) for n in range(14)})
        self.flushed = dict(self.there)
        for n in range(14):
            assert self.index.remove(f"f{n}")
            del self.there[f"f{n}"]
        self.index.flush()

    @rule(text=texts)
    def read(self, text: int) -> None:
        self.hold(self.reader.query(TEXTS[text]), text, self.flushed)
        assert len(self.reader) == len(self.flushed)

    @rule()
    def read_all(self) -> None:
        self.assert_whole(self.reader, self.flushed)

    @invariant()
    def is_whole(self) -> None:
        state = self.state
        if self.backend.unflushed == 0:
            self.flushed = dict(self.there)
        if self.backend.is_stale:
            len(self.index)
        assert state.next == 1 + max(self.numbers(), default=0) or state.next > max(self.numbers(), default=0)
        both = state.finder.near, state.finder.rare
        posted = [run for one in both for run in (*(stored.postings for stored in one.stored), *one.recent)]
        numbers = np.unique(np.concatenate([np.empty(0, np.uint64), *posted]) & np.uint64(MOST_DOCUMENTS - 1))
        assert not ({*numbers[~state.finder.is_removed[numbers]].tolist()} - self.numbers())
        assert not state.finder.is_removed[sorted(self.numbers())].any()
        assert {*np.flatnonzero(state.finder.is_removed).tolist()} == {*state.database.removed()}
        named = {run.name for run in state.database.runs()} | {state.table.get("name")} - {None}
        assert named == {path.name for path in (self.folder / "i" / "runs").iterdir()}
        assert [run.file for run in state.runs] == state.database.runs()
        counted = sum(row.counted for rows in state.database.blocks(100) for row in rows)
        if self.level == "rewritten":
            assert (
                state.finder.frequencies.articles - state.counted_removed
                <= counted
                <= state.finder.frequencies.articles
            )

    def numbers(self) -> set[int]:
        rows = self.state.database.file.execute("SELECT number FROM documents").fetchall()
        return {number for (number,) in rows}

    @rule()
    def look(self) -> None:
        self.assert_whole(self.index, self.there)

    @rule()
    def compact_to_what_is_there(self) -> None:
        self.index.compact()
        state = self.state
        assert state.finder.frequencies.articles == self.counted()
        assert not state.database.removed()
        stored = [*state.finder.near.stored, *state.finder.rare.stored]
        posted = np.concatenate([np.empty(0, np.uint64), *(run.postings for run in stored)])
        assert {*(posted & np.uint64(MOST_DOCUMENTS - 1)).tolist()} <= self.numbers()
        table = state.finder.frequencies.counts()
        maintenance.count_again(state)
        assert (state.finder.frequencies.counts() == table).all()

    def counted(self) -> int:
        if self.level != "rewritten":
            return 0
        return sum(row.counted for rows in self.state.database.blocks(100) for row in rows)

    def teardown(self) -> None:
        if hasattr(self, "index"):
            self.assert_whole(self.index, self.there)
            self.assert_whole(self.reader, self.flushed)
            self.index.close()
            self.open()
            self.assert_whole(self.index, self.there)
            self.index.close()
            self.reader.close()
            shutil.rmtree(self.folder)


def interrupts(
    patched: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    late: bool,
    nth: int = 0,
    error: type[BaseException] = KeyboardInterrupt,
) -> list[str]:
    """Have the so manyth call of a method be interrupted, before or behind its work; return what was."""
    work = getattr(owner, name)
    calls, done = itertools.count(), []

    def interrupted(*arguments: Any, **more: Any) -> Any:
        if next(calls) != nth:
            return work(*arguments, **more)
        done.append(name)
        if late:
            work(*arguments, **more)
        raise error

    patched.setattr(owner, name, interrupted)
    return done


def broken(patched: pytest.MonkeyPatch, owner: Any, name: str, after: int) -> None:
    """Have a function, or the making of a type's instances, fail after a number of calls."""
    work, calls = getattr(owner, name), itertools.count()
    is_type = isinstance(work, type)
    make = work.__new__ if is_type else work

    def fails(*arguments: Any, **more: Any) -> Any:
        if next(calls) < after:
            return make(*arguments, **more)
        raise OSError(28, "No space left on device")

    patched.setattr(owner, name, type(name, (work,), {"__new__": fails}) if is_type else fails)


class FolderNear(Folder):
    """The same at a level without frequencies."""

    level = "near"


@pytest.mark.parametrize("life", [Folder, FolderNear])
def test_a_folder(life: type[Folder]) -> None:
    run_state_machine_as_test(life, settings=LIVES)


class Clients(Life):
    """An index on a server, and two clients; now one is asked, now the other."""

    url: str  # of the server, with the beginning of a name
    level = "rewritten"

    @initialize()
    def begin(self) -> None:
        self.there = {}
        self.place = f"{self.url}-{next(_COUNT)}"
        self.clients = [Index(self.place, level=self.level, tuning=OFTEN_ON_A_SERVER) for _ in range(2)]
        self.reader = Index(self.place, mode="r", tuning=OFTEN_ON_A_SERVER)
        self.index = self.clients[0]

    @property
    def backend(self) -> RedisBackend:
        backend = self.index.backend
        assert isinstance(backend, RedisBackend)
        return backend

    @rule(which=some.integers(0, 1))
    def turn_to(self, which: int) -> None:
        self.index = self.clients[which]

    @rule(which=some.integers(0, 1))
    def reopen(self, which: int) -> None:
        is_asked = self.index is self.clients[which]
        self.clients[which].close()
        self.clients[which] = Index(self.place, tuning=OFTEN_ON_A_SERVER)
        if is_asked:
            self.index = self.clients[which]

    @rule(text=texts)
    def read(self, text: int) -> None:
        self.hold(self.reader.query(TEXTS[text]), text, self.there)

    @rule(
        what=some.sampled_from(["add", "update", "remove", "expire", "compact"]),
        where=some.sampled_from(
            ["commit", "insert", "remove", "amend", "link", "read_buckets", "fetch", "count", "refresh"]
        ),
        id=ids,
        text=texts,
        late=some.booleans(),
        nth=some.integers(0, 2),
        error=some.sampled_from([KeyboardInterrupt, redis.ConnectionError]),
    )
    def interrupt(
        self, what: str, where: str, id: str, text: int, late: bool, nth: int, error: type[BaseException]
    ) -> None:
        """Ctrl-C, or a connection that breaks, anywhere in a call: what it is for is done or not, and no more."""
        if what == "add" and id in self.there:
            return
        calls: dict[str, Callable[[], Any]] = {
            "add": lambda: self.index.add(id, TEXTS[text], published=day(3)),
            "update": lambda: self.index.update(id, TEXTS[text], published=day(3)),
            "remove": lambda: self.index.remove(id),
            "expire": lambda: self.index.expire(day(3)),
            "compact": self.index.compact,
        }
        with pytest.MonkeyPatch.context() as patched:
            owner = self.backend.turns if hasattr(self.backend.turns, where) else self.backend.state
            interrupts(patched, owner, where, late, nth, error)
            with suppress(KeyboardInterrupt, StorageError):
                calls[what]()
        done = {
            "add": {**self.there, id: (text, 3)},
            "update": {**self.there, id: (text, 3)},
            "remove": {other: at for other, at in self.there.items() if other != id},
            "expire": {other: at for other, at in self.there.items() if at[1] >= 3},
            "compact": self.there,
        }[what]
        for there in (self.there, done):  # one of them it is
            with suppress(AssertionError):
                self.assert_whole(self.reader, there)
                self.there = there
                return
        raise AssertionError(f"neither before nor behind {what}")

    @rule()
    def compact_to_what_is_there(self) -> None:
        self.index.compact()
        state = self.backend.state
        state.refresh()
        assert (state.removed, state.committed.next - 1) >= (0, len(self.there))
        counted = [row.counted for row in state.rows(state.there(1, state.committed.next))]
        assert state.finder.frequencies.articles == sum(counted)
        values = state.server.client.hvals(state.server.key("postings"))
        numbers = np.frombuffer(b"".join(values), "<u8") & np.uint64(MOST_DOCUMENTS - 1)
        assert {*numbers.tolist()} == {*state.there(1, state.committed.next)}

    @rule()
    def look(self) -> None:
        self.assert_whole(self.index, self.there)

    def teardown(self) -> None:
        if hasattr(self, "index"):
            for client in (*self.clients, self.reader):
                self.assert_whole(client, self.there)
            # Until then some may have counted what was removed before others saw it.
            self.index.compact()
            assert len({len(client) for client in (*self.clients, self.reader)}) == 1
            tables = [client.backend.state.finder.frequencies for client in (*self.clients, self.reader)]  # type: ignore[attr-defined]
            assert len({found.articles for found in tables}) == 1
            assert all((found.table == tables[0].table).all() for found in tables)
            for client in (*self.clients, self.reader):
                client.close()


def test_clients_of_a_server(redis_server: servers.RedisServer) -> None:
    Clients.url = redis_server.url("histories")
    run_state_machine_as_test(Clients, settings=LIVES)
