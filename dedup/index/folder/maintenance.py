"""Keep an index in a folder in order: write postings to run files, merge these, erase removed documents.

All of it goes through `State.replace_runs`, which names new files in the place of old ones in one transaction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.candidates.sketch_join import posting_limit
from dedup.index.folder import segments
from dedup.index.folder.segments import MappedRun
from dedup.index.folder.state import SMALL_BITS, State
from dedup.index.search.frequencies import Frequencies, table_bits
from dedup.params import Level
from dedup.store.meter import NO_METER, Meter

REMOVED_SHARE = 0.25
"""Share of the counted articles that are removed from which word pairs are counted again."""

LEAST_LIVE = 0.5
"""A run is written again, without its removed documents, when at most this share is left."""


def publish(state: State, least: int | None = None) -> None:
    """Write the postings in memory to a run file, if they are of at least ``least`` documents; then tidy up."""
    first = state.last_run + 1
    if state.next - first >= max(1, state.tuning.run_documents if least is None else least):
        _write_run(state, first)
        _tidy(state)
    elif state.has_removed:
        _tidy(state)


def compact(state: State, meter: Meter = NO_METER) -> None:
    """Write all postings to one run file, without removed documents; count word pairs again; free the space."""
    publish(state, least=1)
    old = list(state.runs)
    if old:
        with meter.bar("merge", sum(run.file.documents for run in old), "documents"):
            _merge(state, old)
        state.delete([run.file.name for run in old])
    count_again(state, meter)
    state.load()
    with meter.bar("free", len(state.database), "documents"):
        state.database.vacuum()


def count_again(state: State, meter: Meter = NO_METER) -> None:
    """Count the word pairs of the remaining documents."""
    finder, old, counted = state.finder, state.table.get("name", ""), state.counted_removed
    before = finder.frequencies
    try:
        if state.params.level >= Level.syndicated:
            most = state.tuning.most_table_bits
            slots = 1 << table_bits(state.database.total_tokens(), most)
            finder.frequencies = Frequencies(np.zeros(slots, np.uint8), most_bits=most)
            with meter.bar("count", len(state.database), "documents"):
                for rows in state.database.blocks(state.tuning.block_documents):
                    finder.count_again(state.tokens_of(rows), np.array([bool(row.counted) for row in rows]))
                    meter.advance(len(rows))
        state.counted_removed = 0
        state.replace_runs([], None, _write_table(state, always=True))
    except BaseException:
        finder.frequencies, state.counted_removed = before, counted
        raise
    state.delete([old])


def _write_run(state: State, first: int) -> None:
    """Write the postings in memory, of the documents from a number on, to a run file."""
    finder = state.finder
    sizes = finder.sketch_sizes[first : state.next]
    count = state.database.count(first, state.next - 1)
    near, rare = [finder.near.merged()], [finder.rare.merged()]
    limit = posting_limit(state.params)
    file = segments.write_run(state.runs_folder, near, rare, sizes, first, count, finder.is_removed, limit)
    old_table = state.table
    with state.unless_named(file.name):
        run = segments.map_run(state.runs_folder, file)
        state.replace_runs([], run, _write_table(state))
    finder.near.recent, finder.rare.recent = [], []
    state.take(run)
    if old_table.get("name") not in (None, state.table.get("name")):
        state.delete([old_table["name"]])


def _write_table(state: State, always: bool = False) -> dict[str, Any]:
    """Write the table of frequencies, if it is due; return the facts to be stored about it."""
    counted = state.finder.frequencies
    is_small = len(counted.table) <= 1 << SMALL_BITS
    if not always and not is_small and 8 * state.table.get("articles", 0) > 7 * counted.articles:
        return dict(state.table)
    name, digest = segments.write_table(state.runs_folder, counted.counts(), is_small)
    bits = len(counted.table).bit_length() - 1
    noted = {"name": name, "bits": bits, "packed": is_small, "articles": counted.articles, "tokens": counted.tokens}
    return {**noted, "to": state.next - 1, "digest": digest}


def _merge(state: State, runs: list[MappedRun]) -> list[MappedRun]:
    """Write one run file in place of others; return it, or None if none of their documents remain."""
    is_removed = state.finder.is_removed
    if sum(run.file.documents for run in runs) == segments.gone_of(runs, is_removed):
        state.replace_runs(runs, None, state.table)
        return []
    file = segments.merge_runs(state.runs_folder, runs, is_removed, posting_limit(state.params))
    with state.unless_named(file.name):
        new = segments.map_run(state.runs_folder, file)
        state.replace_runs(runs, new, state.table)
    return [new]


def _tidy(state: State) -> None:
    """Merge run files of similar size, rewrite those that have lost many documents, and count word pairs again."""
    finder = state.finder
    while due := _to_merge(state):
        first, count = state.runs.index(due[0]), len(due)
        new = _merge(state, due)
        state.runs[first : first + count] = new
        finder.near.stored[first : first + count] = [run.near for run in new]
        finder.rare.stored[first : first + count] = [run.rare for run in new]
        state.delete([run.file.name for run in due])
    if state.counted_removed > REMOVED_SHARE * finder.frequencies.articles:
        count_again(state)
    state.has_removed = False


def _to_merge(state: State) -> list[MappedRun]:
    """Return the run files to be merged next: one that has lost many documents, or the last few of similar size."""
    live = []
    for run in state.runs:
        gone = segments.gone_of([run], state.finder.is_removed)
        if gone and run.file.documents - gone <= LEAST_LIVE * run.file.documents:
            return [run]
        live.append(run.file.documents - gone)
    last: list[MappedRun] = []
    for run, documents in zip(reversed(state.runs), reversed(live), strict=True):
        if _tier(state, documents) > _tier(state, live[-1]):
            break
        last.insert(0, run)
    return last if len(last) >= state.tuning.fan else []


def _tier(state: State, documents: int) -> int:
    """Return the size class of a run file with this many documents."""
    fan, tier = state.tuning.fan, 0
    while documents >= fan * state.tuning.run_documents:
        tier, documents = tier + 1, documents // fan
    return tier
