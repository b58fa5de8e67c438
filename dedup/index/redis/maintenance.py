"""Keep an index on a server in order: sweep the postings of removed documents, store the table of frequencies.

Each step is a turn of its own and may be repeated: a writer that is killed in the middle leaves nothing that is wrong,
only work that is still to be done.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.index.redis import snapshots
from dedup.index.redis.buckets import fields, in_buckets, names_from, sorted_run
from dedup.index.redis.state import State
from dedup.index.redis.turn import Turns
from dedup.index.search.frequencies import Frequencies, table_bits
from dedup.index.search.postings import Postings
from dedup.index.search.query import Finder
from dedup.index.stored import MOST_DOCUMENTS
from dedup.params import Level
from dedup.store.meter import NO_METER, Meter

REMOVED_SHARE = 4
"""Postings are swept when one in this many documents is removed; see `IndexTuning.removed_documents`."""

TABLE_SHARE = 8
"""The table is stored when one in this many articles is new in it; see `IndexTuning.table_articles`."""

_END = 1 << 32  # of the names of buckets
_PART_BITS = 22  # of the names of a part, as a meter counts them
_NUMBER = np.uint64(MOST_DOCUMENTS - 1)


def keep_up(state: State, turns: Turns) -> None:
    """Do the housekeeping that is due."""
    removed, tuning = state.removed, state.tuning
    if removed >= tuning.removed_documents and REMOVED_SHARE * removed >= removed + state.server.count():
        sweep(state, turns)
        return
    articles = state.finder.frequencies.articles
    new = articles - int(state.committed.table.get("articles", 0))
    if state.params.level >= Level.syndicated and new >= tuning.table_articles and TABLE_SHARE * new >= articles:
        generation = state.committed.generation
        table = _written(state, state.finder.frequencies, state.committed.next - 1)
        for turn in turns.attempts():
            with turn:
                _name_table(state, turns, table, generation)


def _written(state: State, frequencies: Frequencies, last: int) -> dict[str, Any]:
    return snapshots.write(state.server.client, state.server.key, frequencies, last)


def _name_table(state: State, turns: Turns, table: dict[str, Any], generation: int) -> None:
    """Make the committed state name a table, unless another client has stored a later one."""
    key, committed = state.server.key, state.committed
    if committed.generation != generation or committed.table.get("to", 0) >= table["to"]:
        state.server.client.unlink(key(snapshots.key_of(table)))
        return
    _change_table(state, turns, table)


def _change_table(state: State, turns: Turns, table: dict[str, Any], **committed: Any) -> None:
    key, old = state.server.key, state.committed.table
    if table:
        turns.change(("PERSIST", key(snapshots.key_of(table))))
    if old:
        turns.change(("UNLINK", key(snapshots.key_of(old))))
    turns.change(table=table, **committed)


def sweep(state: State, turns: Turns, meter: Meter = NO_METER) -> None:
    """Drop the postings of removed documents, and count the word pairs of the others."""
    state.refresh()
    generation, removed = state.committed.generation, state.removed
    with meter.bar("count", state.server.count(), "documents"):
        table = _count_again(state)
    position = 0
    with meter.bar("sweep", _END >> _PART_BITS, "parts"):
        while position < _END:
            for turn in turns.attempts():
                with turn:
                    following = _sweep_block(state, turns, position)
            meter.advance((following >> _PART_BITS) - (position >> _PART_BITS))
            position = following
    for turn in turns.attempts():
        with turn:
            _finish(state, turns, table, generation, removed)
    state.refresh()


def _count_again(state: State) -> dict[str, Any]:
    """Count the remaining documents, and store the table if they are many; return the facts about it."""
    if state.params.level < Level.syndicated:
        return {}
    end, most = state.committed.next, state.tuning.most_table_bits
    numbers = state.there(1, end)
    tokens = state.finder.frequencies.tokens * len(numbers) // max(1, len(numbers) + state.removed)
    counts = np.zeros(1 << table_bits(tokens, most), np.uint8)
    counter = Finder(state.params, Frequencies(counts, most_bits=most), Postings(), Postings())
    state.count(counter, numbers)
    if counter.frequencies.articles < state.tuning.table_articles:
        return {}
    return _written(state, counter.frequencies, end - 1)


def _sweep_block(state: State, turns: Turns, position: int) -> int:
    """Sweep the next buckets; return where the following ones begin."""
    committed, most = state.committed, state.tuning.sweep_buckets
    names = names_from(position, committed.buckets, most + 1)
    following = int(names[most]) if len(names) > most else _END
    names = names[:most]
    count, values = state.read_buckets(fields(names))
    run = sorted_run(values)
    if count != committed.buckets or (run & _NUMBER >= committed.next).any():
        return position  # our turn is over: these buckets are swept in the next one
    left = run[~state.finder.is_removed[run & _NUMBER]]
    if len(left) < len(run):
        before = dict(zip(names.tolist(), values, strict=True))
        there, contents = in_buckets(left, committed.buckets)
        changed = [at for at, name in enumerate(there.tolist()) if before[name] != contents[at]]
        emptied = np.setdiff1d(names[[bool(value) for value in values]], there, assume_unique=True)
        commands = state.server.set_buckets(there[changed], [contents[at] for at in changed], emptied)
        turns.change(*commands, postings=committed.postings - len(run) + len(left))
    return following


def _finish(state: State, turns: Turns, table: dict[str, Any], generation: int, removed: int) -> None:
    """Forget the documents that were removed before the sweep began."""
    key, committed, blocks = state.server.key, state.committed, state.server.blocks
    if committed.generation != generation:
        return  # somebody else has swept meanwhile
    later = state.server.removed(removed)
    turns.change(("SET", key("removed"), later.astype("<u4").tobytes()))
    is_removed = state.finder.is_removed[: committed.next >> blocks.bits << blocks.bits]
    is_removed = is_removed.reshape(-1, blocks.size).copy()
    is_removed[:1, 0] = True  # there is no document 0
    empty = [key(f"columns:{block}") for block in np.flatnonzero(is_removed.all(axis=1)).tolist()]
    if empty:
        turns.change(("UNLINK", *empty))
    _change_table(state, turns, table, generation=generation + 1)
    turns.load_again()
