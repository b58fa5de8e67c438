"""Check an index on a server for damage: read everything, while other clients continue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from dedup.candidates.pairs import split
from dedup.index.features import NearKeys
from dedup.index.redis import snapshots
from dedup.index.redis.buckets import LONGEST, BucketPostings, fields, names_from, names_of, sorted_run
from dedup.index.redis.codec import decoded
from dedup.index.redis.commands import Server
from dedup.index.redis.committed import Committed
from dedup.index.search.query import Finder
from dedup.index.stored import MOST_DOCUMENTS, Row
from dedup.params import Params
from dedup.schema import NO_DATE
from dedup.text.tokens import Tokens

MOST_REPORTED = 20
BLOCK = 1_000
BUCKETS = 4_096


class Readable(Protocol):
    """The part of a `dedup.index.redis.state.State` that a check reads."""

    server: Server
    params: Params
    finder: Finder[BucketPostings]
    committed: Committed

    def refresh(self, about: Mapping[bytes, bytes] | None = None) -> None:
        """Load what others have committed."""

    def forget_buckets(self) -> None:
        """Forget the buckets that were read."""

    def there(self, first: int, end: int) -> list[int]:
        """Return the numbers in a range whose documents are not removed."""

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return documents by id."""

    def tokens_of(self, rows: list[Row]) -> Tokens:
        """Return the tokens of stored documents."""


def problems(state: Readable) -> list[str]:
    """Return what is damaged, at most `MOST_REPORTED` problems of a kind."""
    committed = state.committed
    try:
        found, postings = _of_buckets(state)
        found += _of_documents(state)
    except ValueError as error:  # nothing can be looked for then
        return [str(error)]
    table = committed.table
    if table and snapshots.read(state.server.client, state.server.key, table) is None:
        state.refresh()
        if state.committed.table == table:
            found.append("frequencies: not all of the table is there")
    state.refresh()
    if state.committed == committed:  # else others have written
        documents = len(state.there(1, committed.next))
        stored = state.server.count()
        if stored != documents:
            found.append(f"{stored:,} documents instead of {documents:,}")
        if postings != committed.postings:
            found.append(f"{postings:,} postings instead of {committed.postings:,}")
    return found


def _of_documents(state: Readable) -> list[str]:
    """Verify all documents against their checksums and records, and check that each can be found."""
    found: list[str] = []
    numbers = state.there(1, state.committed.next)
    lost: list[int] = []
    for first in range(0, len(numbers), BLOCK):
        block = numbers[first : first + BLOCK]
        state.forget_buckets()
        rows = []
        for number, data in zip(block, state.server.documents(block), strict=True):
            if data is None:
                lost.append(number)
                continue
            try:
                row = decoded(number, data)
                state.tokens_of([row])
            except ValueError as error:
                found.append(f"document {number}: {error}")
                continue
            rows.append(row)
        found += _unlike_records(state, rows) + _not_found(state, rows)
        if len(found) >= MOST_REPORTED:
            break
    if lost:
        state.refresh()  # others may have removed them
        found += [f"document {number} is missing" for number in lost if not state.finder.is_removed[number]]
    return found[:MOST_REPORTED]


def _unlike_records(state: Readable, rows: list[Row]) -> list[str]:
    if not rows:
        return []
    first = rows[0].number
    records = state.server.records(first, rows[-1].number + 1)
    found = []
    for row in rows:
        record = records[row.number - first]
        date = NO_DATE if row.published is None else row.published
        columns = int(record["published"]), int(record["size"]), int(record["copy_of"])
        if not record["gone"] and columns != (date, row.size, row.copy_of or 0):
            found.append(f"document {row.id!r}: other date, size or original in its record")
    return found


def _not_found(state: Readable, rows: list[Row]) -> list[str]:
    """Check that documents are found by their ids and by the keys of their texts."""
    if not rows:
        return []
    by_id = state.by_ids([row.id for row in rows])
    found = [
        f"document {row.id!r}: not found by its id"
        for row in rows
        if row.id not in by_id or by_id[row.id].number != row.number
    ]
    keys, places = NearKeys(state.params)(state.tokens_of(rows))
    numbers = np.array([row.number for row in rows])
    met = state.finder.near.search(keys, numbers[places], MOST_DOCUMENTS, state.finder.is_removed)
    owners, others = split(met)
    posted = set(owners[owners == others].tolist())
    common = set(np.flatnonzero(np.bincount(owners) >= LONGEST).tolist())  # not all that have a key are posted
    return found + [
        f"document {row.id!r}: no postings"
        for row in rows
        if row.length and row.number not in posted and row.number not in common
    ]


def _of_buckets(state: Readable) -> tuple[list[str], int]:
    """Check that each posting is in the bucket in which it is searched; also return how many there are."""
    found: list[str] = []
    position, postings = 0, 0
    buckets = state.committed.buckets
    while position < 1 << 32 and len(found) < MOST_REPORTED:
        names = names_from(position, buckets, BUCKETS + 1)
        following = int(names[BUCKETS]) if len(names) > BUCKETS else 1 << 32
        names = names[:BUCKETS]
        count, values = state.server.buckets(fields(names))
        if count != buckets:
            buckets = abs(count)  # others have halved some
            continue
        run = sorted_run(values)
        sizes = [len(value or b"") // 8 for value in values]
        if not np.array_equal(names_of(run, buckets), np.repeat(names, sizes)):
            found.append("postings are in buckets where they are not looked for")
        if (run[1:] < run[:-1]).any():
            found.append("postings are not in order")
        postings += len(run)
        position = following
    return found, postings
