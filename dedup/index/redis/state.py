"""Hold the part of an index on a server that a client has in memory, and keep it up to date with commits of others.

A client has in memory what a reader of a folder has: the frequencies of word pairs, one byte of each document's sketch,
and which documents are removed. It catches up with other writers at the beginning of each call, from the documents
themselves. Postings and documents are read when they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dedup.candidates.sketch_join import posting_limit
from dedup.errors import StorageError
from dedup.index import facts
from dedup.index.redis import columns, snapshots
from dedup.index.redis.buckets import LONGEST, BucketPostings, Buckets
from dedup.index.redis.codec import decoded
from dedup.index.redis.commands import Server
from dedup.index.redis.committed import FORMAT, REMEMBERED, Committed
from dedup.index.redis.lock import Lease
from dedup.index.redis.lookup import Lookup
from dedup.index.search.frequencies import Frequencies
from dedup.index.search.query import Finder
from dedup.index.stored import Row, tokens_of
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary
from dedup.params import Level, Params
from dedup.text.tokens import Tokens

TRIES = 20

NEAR, RARE = 0, 0xA0761D6478BD642F
"""Salts of the kinds of keys; those of `dedup.index.redis.lookup` are others."""


OLD_FORMAT_HINT = "add the texts to an index of another name"


class State:
    """The state of an index, as far as a client has seen it.

    Parameters
    ----------
    server : Server
    lease : Lease
        Extended during long reads.
    place : str
        The place as messages name it.
    params : Params or None
        None: those with which it was made.
    about : mapping
        The facts and the committed state, as the server has them.
    tuning : IndexTuning

    Attributes
    ----------
    params : Params
    key : uint64 array
        Under which words are hashed a second time.
    version : str
        Of the program that made the index.
    committed : Committed
        The last commit that was seen.
    finder : Finder
    lookup : Lookup
    buckets : Buckets
        Those that were read in this call.
    vocabulary : Vocabulary
    removed : int
        Documents that were removed since the last sweep.
    is_stale : bool
        Whether all must be loaded again, because more is in memory than was committed, or a part of it.

    Raises
    ------
    StorageError
    """

    def __init__(
        self,
        server: Server,
        lease: Lease,
        place: str,
        params: Params | None,
        about: Mapping[bytes, bytes],
        tuning: IndexTuning,
    ) -> None:
        self.server = server
        self.tuning = tuning
        self._lease = lease
        self._place = place
        stored = {name: about.get(name.encode(), b"").decode() for name in ("format", "version", "params", "secret")}
        if not stored["format"]:
            raise StorageError(
                f"{place} is something other than an index", "an index, or no key of that name", "choose another name"
            )
        facts.check_facts({**stored, "format": int(stored["format"])}, place, params, FORMAT, OLD_FORMAT_HINT)
        self.params = facts.params_of(stored)
        self.key = facts.key_of(stored)
        self.version = stored["version"]
        self.load(Committed.of(about))

    # ---- loading

    def load(self, committed: Committed) -> None:
        """Load everything that is held in memory."""
        frequencies, counted_to = self._stored_frequencies(committed)
        self.finder = Finder(self.params, frequencies, BucketPostings(NEAR), BucketPostings(RARE))
        self.lookup = Lookup()
        self.vocabulary = Vocabulary.stored(b"")
        self.removed = 0
        self._run = self.server.run()
        self._catch_up(committed, 1, counted_to + 1)

    def _stored_frequencies(self, committed: Committed) -> tuple[Frequencies, int]:
        """Return the stored table and the last document counted in it; if the table is lost, an empty one."""
        table, most = committed.table, self.tuning.most_table_bits
        for _ in range(TRIES):
            if not table:
                break
            read = snapshots.read(self.server.client, self.server.key, table, most)
            if read is not None:
                return read, min(table["to"], committed.next - 1)
            newest = Committed.of(self.server.about()).table  # a writer may just have put another in its place
            if newest == table or newest.get("to", 0) >= committed.next:
                break
            table = newest
        return Frequencies(most_bits=most), 0

    def _catch_up(self, committed: Committed, first: int, uncounted: int) -> None:
        """Read the documents from a number on, and count those from another number on."""
        self.is_stale = True  # a state that is caught up in part must not be used
        finder = self.finder
        if len(self.vocabulary) == 0:
            self.vocabulary = Vocabulary.stored(self.server.words())
        finder.make_room(committed.next)
        records = self.server.records(first, committed.next)
        finder.sketch_sizes[first : committed.next] = records["sketch"]
        finder.is_removed[first : committed.next] |= records["gone"] > 0
        removed = self.server.removed(self.removed)
        self.removed += len(removed)
        finder.is_removed[removed[removed < committed.next]] = True
        if self.params.level >= Level.syndicated:
            self.count(finder, self.there(uncounted, committed.next))
        self.committed = committed
        self.is_stale = False

    def count(self, finder: Finder[Any], numbers: list[int]) -> None:
        """Count the word pairs of stored documents."""
        step = self.tuning.block_documents
        for first in range(0, len(numbers), step):
            rows = self.rows(numbers[first : first + step])
            if rows:
                finder.count_again(self.tokens_of(rows), np.array([bool(row.counted) for row in rows]))
            self._lease.extend()

    def refresh(self, about: Mapping[bytes, bytes] | None = None) -> None:
        """Load what others have committed; forget the buckets that were read before."""
        about = self.server.about() if about is None else about
        if not about:
            raise StorageError(
                f"{self._place} no longer exists", hint="was the server restarted without its data, or emptied?"
            )
        committed = Committed.of(about)
        if committed.made != self.committed.made:
            raise StorageError(
                f"{self._place} has been replaced by another index", "the index that was opened", "open it again"
            )
        if self.is_stale or self._is_another(committed):
            self.load(committed)
        elif committed != self.committed:
            self._catch_up(committed, self.committed.next, self.committed.next)
        self.forget_buckets()

    def _is_another(self, committed: Committed) -> bool:
        """Return whether a committed state may not be a successor of the one in memory."""
        before = self.committed
        if not committed.follows(before) or committed.generation != before.generation:
            return True
        # Commits that long ago are not remembered: but a server is set back by being started, or by another one.
        return committed.change - before.change >= REMEMBERED and self.server.run() != self._run

    # ---- reading

    def forget_buckets(self) -> None:
        """Forget the buckets that were read, and the uncommitted postings."""
        longest = max(LONGEST, 2 * posting_limit(self.params), 2 * self.params.bucket_limit)
        load = self.tuning.bucket_postings
        self.buckets = Buckets(self.read_buckets, self.committed.buckets, self.committed.next, longest, load)
        for postings in self.all_postings():
            postings.read_from(self.buckets)

    def all_postings(self) -> list[BucketPostings]:
        """Return the postings of all kinds of keys."""
        return [self.finder.near, self.finder.rare, self.lookup.ids, self.lookup.copies]

    def read_buckets(self, names: Sequence[bytes]) -> tuple[int, list[bytes | None]]:
        """Return the number of buckets, and the contents of the named ones."""
        self._lease.extend()
        return self.server.buckets(names)

    def there(self, first: int, end: int) -> list[int]:
        """Return the numbers in a range whose documents are not removed."""
        numbers: list[int] = (first + np.flatnonzero(~self.finder.is_removed[first:end])).tolist()
        return numbers

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """Return documents, in the order of the numbers; removed ones are left out."""
        read = zip(numbers, self.server.documents(numbers), strict=True)
        rows = [decoded(number, data) for number, data in read if data is not None]
        is_removed = self.finder.is_removed
        return [
            # A copy whose original was removed was not changed then.
            row._replace(copy_of=None) if row.copy_of and is_removed[row.copy_of] else row
            for row in rows
            if not (row.number < len(is_removed) and is_removed[row.number])
        ]

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; removed ones are left out."""
        self._lease.extend()
        return {row.number: row for row in self.rows(numbers)}

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return documents by id."""
        asked, numbers = self.lookup.of_ids(ids, self.finder.is_removed)
        rows = self.fetch(np.unique(numbers).tolist())
        pairs = zip(asked.tolist(), numbers.tolist(), strict=True)
        return {ids[at]: rows[number] for at, number in pairs if number in rows and rows[number].id == ids[at]}

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of the one with a number."""
        numbers = self.lookup.of_original(number, self.finder.is_removed)
        if len(numbers) >= LONGEST:  # where they are many, not all are posted
            numbers = 1 + np.flatnonzero(self.records()["copy_of"] == number)
        return [row for row in self.rows(numbers.tolist()) if row.copy_of == number]

    def records(self) -> columns.Records:
        """Return the records of all documents, removed ones included."""
        return self.server.records(1, self.committed.next)

    def tokens_of(self, rows: list[Row]) -> Tokens:
        """Return the tokens of stored documents.

        Raises
        ------
        ValueError
            When they are damaged.
        """
        return tokens_of(rows, self.vocabulary)
