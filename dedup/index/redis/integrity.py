"""Whether a shared index is whole: everything is read, while others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedup.candidates.pairs import split
from dedup.index.features import NearKeys
from dedup.index.folder.database import Row
from dedup.index.redis import snapshots
from dedup.index.redis.buckets import LONGEST, fields, names_from, names_of, sorted_run
from dedup.index.redis.codec import unpacked
from dedup.index.search.postings import MOST_DOCUMENTS
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    from dedup.index.redis.backend import Shared

MOST_TOLD = 20
BLOCK = 1_000
BUCKETS = 4_096


def problems(storage: Shared) -> list[str]:
    """Return what is wrong, at most `MOST_TOLD` things of a kind."""
    state = storage.state
    try:
        found, postings = _of_buckets(storage)
        found += _of_documents(storage)
    except ValueError as error:  # nothing can be looked for then
        return [str(error)]
    if state.table and snapshots.read(storage.server.client, storage.server.key, state.table) is None:
        storage.refresh()
        if storage.state.table == state.table:
            found.append("frequencies: not all of the table is there")
    storage.refresh()
    if storage.state == state:  # else others have written
        documents = len(storage.there(1, state.next))
        if len(storage) != documents:
            found.append(f"{len(storage):,} documents instead of {documents:,}")
        if postings != state.postings:
            found.append(f"{postings:,} postings instead of {state.postings:,}")
    return found


def _of_documents(storage: Shared) -> list[str]:
    """Hold all documents against their digests and records, and look whether each can be found."""
    found: list[str] = []
    numbers = storage.there(1, storage.state.next)
    lost: list[int] = []
    for first in range(0, len(numbers), BLOCK):
        some = numbers[first : first + BLOCK]
        storage.look_anew()
        rows = []
        for number, data in zip(some, storage.server.documents(some), strict=True):
            if data is None:
                lost.append(number)
                continue
            try:
                row = unpacked(number, data)
                storage.tokens_of([row])
            except ValueError as error:
                found.append(f"document {number}: {error}")
                continue
            rows.append(row)
        found += _unlike_records(storage, rows) + _not_found(storage, rows)
        if len(found) >= MOST_TOLD:
            break
    if lost:
        storage.refresh()  # others may have removed them
        found += [f"document {number} is missing" for number in lost if not storage.finder.is_removed[number]]
    return found[:MOST_TOLD]


def _unlike_records(storage: Shared, rows: list[Row]) -> list[str]:
    if not rows:
        return []
    first = rows[0].number
    records = storage.server.records(first, rows[-1].number + 1)
    found = []
    for row in rows:
        record = records[row.number - first]
        date = NO_DATE if row.published is None else row.published
        told = int(record["published"]), int(record["size"]), int(record["copy_of"])
        if not record["gone"] and told != (date, row.size, row.copy_of or 0):
            found.append(f"document {row.id!r}: other date, size or original in its record")
    return found


def _not_found(storage: Shared, rows: list[Row]) -> list[str]:
    """Look for documents by their ids and by the keys of their texts."""
    if not rows:
        return []
    by_id = storage.by_ids([row.id for row in rows])
    found = [
        f"document {row.id!r}: not found by its id"
        for row in rows
        if row.id not in by_id or by_id[row.id].number != row.number
    ]
    keys, places = NearKeys(storage.params)(storage.tokens_of(rows))
    numbers = np.array([row.number for row in rows])
    met = storage.finder.near.search(keys, numbers[places], MOST_DOCUMENTS, storage.finder.is_removed)
    owners, others = split(met)
    posted = set(owners[owners == others].tolist())
    common = set(np.flatnonzero(np.bincount(owners) >= LONGEST).tolist())  # not all that have a key are posted
    return found + [
        f"document {row.id!r}: no postings"
        for row in rows
        if row.length and row.number not in posted and row.number not in common
    ]


def _of_buckets(storage: Shared) -> tuple[list[str], int]:
    """Look whether each posting is in the bucket where it is looked for; return also how many there are."""
    found: list[str] = []
    position, postings = 0, 0
    buckets = storage.state.buckets
    while position < 1 << 32 and len(found) < MOST_TOLD:
        names = names_from(position, buckets, BUCKETS + 1)
        following = int(names[BUCKETS]) if len(names) > BUCKETS else 1 << 32
        names = names[:BUCKETS]
        count, values = storage.server.buckets(fields(names))
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
