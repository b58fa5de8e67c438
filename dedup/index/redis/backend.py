"""The back end on a Redis server: several writers that take turns, each committing whole calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import StorageError
from dedup.index.facts import FACTS, new_facts
from dedup.index.features import Features
from dedup.index.place import CREATE_HINT
from dedup.index.redis import columns, integrity, maintenance
from dedup.index.redis.commands import Server
from dedup.index.redis.committed import FORMAT, Committed
from dedup.index.redis.failures import storage_errors
from dedup.index.redis.lock import Lease
from dedup.index.redis.state import State
from dedup.index.redis.turn import Turns
from dedup.index.redis.url import Address
from dedup.index.search.query import QueryMatches
from dedup.index.stored import DocumentNumbers, Row
from dedup.index.story_book import StoryMember
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary
from dedup.params import Params
from dedup.schema import NO_DATE
from dedup.store.meter import NO_METER, Meter
from dedup.store.secret import Key


class RedisBackend:
    """A `dedup.index.protocol.Backend` on a Redis server.

    Parameters
    ----------
    address : Address
    params : Params or None
    mode : {"rw", "r"}
    tuning : IndexTuning
    facts : mapping, optional
        By which to make it, where it continues another one.

    Attributes
    ----------
    place : str
        The URL without its password.
    server : Server
    state : State
        What is in memory.
    turns : Turns
        By which it is changed.

    Raises
    ------
    StorageError, ParamsError
    """

    def __init__(
        self,
        address: Address,
        params: Params | None,
        mode: str,
        tuning: IndexTuning,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        self.place = address.place
        self.writable = mode == "rw"
        self.tuning = tuning
        self.server = Server(address, tuning.column_bits)
        self._next_try = 0
        with storage_errors(self.place):
            try:
                if self.writable:
                    self.server.assert_keeps()
                    self.server.create(facts or new_facts(params or Params()))
                about = self.server.about()
                if not about:
                    raise StorageError(f"{self.place} holds no index", "the URL of an index", CREATE_HINT)
                lease = Lease(self.server.client, address.key("lease"))
                self.state = State(self.server, lease, self.place, params, about, tuning)
                self.turns = Turns(self.state, lease, self.place, tuning)
            except BaseException:
                self.server.close()
                raise

    @property
    def params(self) -> Params:
        """The parameters with which the index was created."""
        return self.state.params

    @property
    def key(self) -> Key:
        """The key under which words are hashed a second time."""
        return self.state.key

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary by which tokens are packed."""
        return self.state.vocabulary

    @property
    def waited(self) -> float:
        """Seconds for which other writers were waited for."""
        return self.turns.waited

    @property
    def next(self) -> int:
        """Number of the next document."""
        return self.turns.next

    def close(self) -> None:
        """Close the connections; everything acknowledged is committed."""
        self.server.close()

    # ---- a call

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let the block see what was committed when it began; documents removed since may be missing."""
        with storage_errors(self.place):
            self.state.refresh()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Allow changes in the block, each in a turn."""
        if not self.writable:
            raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
        with self.reading():
            yield

    def attempts(self) -> Iterator[AbstractContextManager[None]]:
        """Yield turns until one is committed; then do the housekeeping that is due."""
        yield from self.turns.attempts()
        self._keep_up()

    def _keep_up(self) -> None:
        """Do the housekeeping that is due; an error in it does not fail the call, which is committed."""
        from redis import RedisError

        articles = self.state.finder.frequencies.articles
        if self.state.is_stale or articles < self._next_try:
            return
        try:
            maintenance.keep_up(self.state, self.turns)
        except (RedisError, StorageError):
            self._next_try = articles + self.tuning.retry_articles

    def flush(self) -> None:
        """Do nothing, because each call has committed its changes."""

    # ---- asking

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are in the index."""
        return {*self.state.by_ids(ids)}

    def by_id(self, id: str) -> Row | None:
        """Return the document of an id."""
        return self.state.by_ids([id]).get(id)

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return documents by id."""
        return self.state.by_ids(ids)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; removed ones are left out."""
        return self.state.fetch(numbers)

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of the one with a number."""
        return self.state.copies(number)

    def after(self, number: int, count: int) -> list[Row]:
        """Return the next documents after a number."""
        state = self.state
        later = number + 1 + np.flatnonzero(~state.finder.is_removed[number + 1 : state.committed.next])
        for first in range(0, len(later), count):
            rows = state.rows(later[first : first + count].tolist())
            if rows:  # else others have removed all of them
                return rows
        return []

    def members(self, numbers: Sequence[int]) -> list[StoryMember]:
        """Return documents by number as members of their stories; removed ones are left out."""
        rows = self.state.rows(numbers)
        return [StoryMember(row.number, row.id, row.story or row.number, row.added) for row in rows]

    def older(self, before: int) -> list[int]:
        """Return the numbers of the documents published before a date."""
        records = self.state.records()
        is_old = (records["published"] != NO_DATE) & (records["published"] < before) & (records["gone"] == 0)
        numbers: list[int] = (1 + np.flatnonzero(is_old)).tolist()
        return numbers

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names that have one."""
        return self.turns.story_values(names)

    def all_story_values(self) -> Iterator[dict[str, bytes]]:
        """Yield all that is noted of stories, by name, some at a time."""
        return self.server.all_story_values()

    def find(self, new: Features, numbers: DocumentNumbers, add: bool, kin: Sequence[int] = ()) -> QueryMatches:
        """Find and judge the pairs of new texts and stored documents."""
        state = self.state
        state.is_stale |= add  # until it is committed there is more in memory than on the server
        return state.finder.find(new, numbers, state.fetch, state.vocabulary, add, kin)

    def __len__(self) -> int:
        return self.server.count()

    def statistics(self) -> dict[str, Any]:
        """Return counts of documents."""
        return columns.statistics(self.state.records())

    def info(self) -> dict[str, Any]:
        """Return facts about the server; it estimates its memory from samples."""
        committed = self.state.committed
        memory = self.server.memory(committed.next, committed.table)
        return {
            "file_bytes": sum(memory.values()),
            "memory": memory,
            "persistence": self.server.persistence(),
            "buckets": committed.buckets,
            "postings": committed.postings,
            "removed": self.state.removed,
            "format": FORMAT,
            "version": self.state.version,
        }

    def facts(self) -> dict[str, str]:
        """Return the facts with which the index was made."""
        about = self.server.about()
        return {name: about[name.encode()].decode() for name in FACTS}

    def commits(self) -> int:
        """Return a number that rises with every commit, of whoever writes."""
        return Committed.of(self.server.about()).change

    def problems(self) -> list[str]:
        """Read everything and return what is damaged."""
        return integrity.problems(self.state)

    def file_bytes(self) -> None:
        """Return None, because the index is not in a folder."""

    # ---- changing

    def post(self, new: Features, numbers: DocumentNumbers, counted: npt.NDArray[np.bool_]) -> None:
        """Add postings of new texts that match nothing."""
        self.state.is_stale = True
        self.state.finder.post(new, numbers, counted)

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        self.turns.insert([*rows])

    def remove(self, row: Row) -> None:
        """Remove a document."""
        self.turns.remove([row.number])

    def remove_all(self, numbers: Sequence[int]) -> None:
        """Remove documents by number."""
        self.turns.remove(numbers)

    def amend(self, row: Row) -> None:
        """Replace the fields of a document."""
        self.turns.amend([row])

    def link(self, rows: Sequence[Row], original: int) -> None:
        """Mark documents as copies of the one with a number."""
        self.turns.link(rows, original)

    def set_story_values(self, values: Mapping[str, bytes | None]) -> None:
        """Store values by name; None removes one."""
        self.turns.changes.stories.update(values)

    def newest(self) -> int | None:
        """Return the latest date of any document."""
        newest: int | None = self.statistics()["last"]
        return newest

    def compact(self, meter: Meter = NO_METER) -> None:
        """Erase the remains of removed documents, and count word pairs again."""
        maintenance.sweep(self.state, self.turns, meter)
