"""The back end on a Redis server: several writers that take turns, each committing whole calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import StorageError
from dedup.index.features import Features
from dedup.index.place import CREATE_HINT
from dedup.index.redis import columns, integrity, maintenance
from dedup.index.redis.commands import Server
from dedup.index.redis.committed import FORMAT
from dedup.index.redis.failures import storage_errors
from dedup.index.redis.lock import Lease
from dedup.index.redis.state import State
from dedup.index.redis.turn import Turns
from dedup.index.redis.url import Address
from dedup.index.search.query import QueryMatches
from dedup.index.stored import DocumentNumbers, Row
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
    url : str
    params : Params or None
    mode : {"rw", "r"}
    tuning : IndexTuning

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

    def __init__(self, url: str, params: Params | None, mode: str, tuning: IndexTuning) -> None:
        address = Address.of(url)
        self.place = address.place
        self.writable = mode == "rw"
        self.tuning = tuning
        self.server = Server(address, tuning.column_bits)
        self._next_try = 0
        with storage_errors(self.place):
            try:
                if self.writable:
                    self.server.assert_keeps()
                    self.server.create(params or Params())
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

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; removed ones are left out."""
        return self.state.fetch(numbers)

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of the one with a number."""
        return self.state.copies(number)

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

    def amend(self, row: Row) -> None:
        """Replace the fields of a document."""
        self.turns.amend([row])

    def link(self, rows: Sequence[Row], original: int) -> None:
        """Mark documents as copies of the one with a number."""
        self.turns.link(rows, original)

    def expire(self, before: int) -> int:
        """Remove the documents published before a date, a block in each turn; return how many."""
        records = self.state.records()
        is_old = (records["published"] != NO_DATE) & (records["published"] < before) & (records["gone"] == 0)
        numbers = (1 + np.flatnonzero(is_old)).tolist()
        count, step = 0, self.tuning.block_documents
        for first in range(0, len(numbers), step):
            for turn in self.turns.attempts():
                with turn:
                    removed = self.turns.remove(numbers[first : first + step])
            count += removed
        self._keep_up()
        return count

    def newest(self) -> int | None:
        """Return the latest date of any document."""
        newest: int | None = self.statistics()["last"]
        return newest

    def compact(self, meter: Meter = NO_METER) -> None:
        """Erase the remains of removed documents, and count word pairs again."""
        maintenance.sweep(self.state, self.turns, meter)
