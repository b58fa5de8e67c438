"""What is left of removed documents, and the stored table of frequencies: made anew now and then.

Each step is a turn of its own and may be done again: a writer that is killed in the middle leaves nothing that is
wrong, only something that is still to be done.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.candidates.word_pairs import frequency_bits
from dedup.index.redis import columns, snapshots
from dedup.index.redis.buckets import fields, in_buckets, names_from, sorted_run
from dedup.index.search.frequencies import MOST_BITS, NO_LIMIT, Frequencies
from dedup.index.search.postings import MOST_DOCUMENTS
from dedup.index.search.query import Finder
from dedup.params import Level

if TYPE_CHECKING:
    from dedup.index.redis.backend import Shared

REMOVED_LEAST = 1_000
REMOVED_SHARE = 4
"""Swept when so many documents are removed since the last time, and one in so many."""

TABLE_ARTICLES = 4_000
TABLE_SHARE = 8
"""The table is stored when so many articles are new in it, and one in so many."""

BUCKETS = 4_096
"""Swept in one turn."""

_END = 1 << 32  # of the names of buckets
_NUMBER = np.uint64(MOST_DOCUMENTS - 1)


def keep_up(storage: Shared) -> None:
    """Do what is due."""
    if storage.removed >= REMOVED_LEAST and REMOVED_SHARE * storage.removed >= storage.removed + len(storage):
        sweep(storage)
        return
    table = storage.state.table
    articles = storage.finder.frequencies.articles
    new = articles - int(table.get("articles", 0))
    if storage.params.level >= Level.syndicated and new >= TABLE_ARTICLES and TABLE_SHARE * new >= articles:
        last = storage.state.next - 1
        written = _written(storage, storage.finder.frequencies, last)
        storage.taken(partial(_name_table, storage, written, storage.state.generation))


def _written(storage: Shared, frequencies: Frequencies, last: int) -> dict[str, Any]:
    return snapshots.write(storage.server.client, storage.server.key, frequencies, last)


def _name_table(storage: Shared, table: dict[str, Any], generation: int) -> None:
    """Have the state name a table, unless somebody has stored a later one."""
    key, state = storage.server.key, storage.state
    if state.generation != generation or state.table.get("to", 0) >= table["to"]:
        storage.server.client.unlink(key(snapshots.key_of(table)))
        return
    _change_table(storage, table)


def _change_table(storage: Shared, table: dict[str, Any], **state: Any) -> None:
    key, old = storage.server.key, storage.state.table
    if table:
        storage.change(("PERSIST", key(snapshots.key_of(table))))
    if old:
        storage.change(("UNLINK", key(snapshots.key_of(old))))
    storage.change(table=table, **state)


def sweep(storage: Shared) -> None:
    """Drop the postings of removed documents, and count the word pairs of those that are left."""
    storage.refresh()
    generation, removed, end = storage.state.generation, storage.removed, storage.state.next
    table: dict[str, Any] = {}
    if storage.params.level >= Level.syndicated:
        numbers = storage.there(1, end)
        tokens = storage.finder.frequencies.tokens * len(numbers) // max(1, len(numbers) + removed)
        bits = min(MOST_BITS, frequency_bits(max(1, tokens), NO_LIMIT))
        counter = Finder(storage.params, Frequencies(np.zeros(1 << bits, np.uint8)))
        storage.count(counter, numbers)
        if counter.frequencies.articles >= TABLE_ARTICLES:
            table = _written(storage, counter.frequencies, end - 1)
    position = 0
    while position < _END:
        position = storage.taken(partial(_sweep_some, storage, position))
    storage.taken(partial(_finish, storage, table, generation, removed))
    storage.refresh()


def _sweep_some(storage: Shared, position: int) -> int:
    """Sweep the next buckets; return where to go on."""
    state = storage.state
    names = names_from(position, state.buckets, BUCKETS + 1)
    following = int(names[BUCKETS]) if len(names) > BUCKETS else _END
    names = names[:BUCKETS]
    count, values = storage.postings_of(fields(names))
    run = sorted_run(values)
    if count != state.buckets or (run & _NUMBER >= state.next).any():
        return position  # our turn is over; it is the next one's
    left = run[~storage.finder.is_removed[run & _NUMBER]]
    if len(left) < len(run):
        before = dict(zip(names.tolist(), values, strict=True))
        there, contents = in_buckets(left, state.buckets)
        changed = [at for at, name in enumerate(there.tolist()) if before[name] != contents[at]]
        emptied = np.setdiff1d(names[[bool(value) for value in values]], there, assume_unique=True)
        commands = storage.server.set_buckets(there[changed], [contents[at] for at in changed], emptied)
        storage.change(*commands, postings=state.postings - len(run) + len(left))
    return following


def _finish(storage: Shared, table: dict[str, Any], generation: int, removed: int) -> None:
    """Forget the documents that were removed before the sweep began."""
    key, state = storage.server.key, storage.state
    if state.generation != generation:
        return  # somebody else has swept meanwhile
    later = storage.server.removed(removed)
    storage.change(("SET", key("removed"), later.astype("<u4").tobytes()))
    is_removed = storage.finder.is_removed[: state.next >> columns.BLOCK_BITS << columns.BLOCK_BITS]
    is_removed = is_removed.reshape(-1, columns.BLOCK).copy()
    is_removed[:1, 0] = True  # there is no document 0
    blocks = [key(f"columns:{block}") for block in np.flatnonzero(is_removed.all(axis=1)).tolist()]
    if blocks:
        storage.change(("UNLINK", *blocks))
    _change_table(storage, table, generation=generation + 1)
    storage.set_stale()
