"""Find the passages that the records of each match share, for ``passages.parquet``."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from dedup.judge.passages import passages
from dedup.run.run_output import RunView
from dedup.schema import PASSAGES
from dedup.store.meter import NO_METER, Meter

ROW_GROUP = 100_000
"""Passages of a row group, and up to as many more as one match has."""

COUNTED = 64
"""Matches that the meter learns of together."""


def passage_slices(view: RunView, records_at_a_time: int, meter: Meter = NO_METER) -> Iterator[pa.Table]:
    """Yield the passages of all matches of a run, in the order of the matches, slice by slice.

    Parameters
    ----------
    view : RunView
        Its inputs are read again, once for every ``records_at_a_time`` records that have a match.
    records_at_a_time : int
        Texts held in memory, and two more.
    meter : Meter

    Yields
    ------
    pyarrow.Table
        `dedup.schema.PASSAGES`. A match with a document of an index has none: an index keeps no texts.

    Raises
    ------
    InputError
        When an input cannot be read again.
    """
    rows: list[tuple[object, ...]] = []
    with meter.bar("matches", _between_records(view.matches), "matches"):
        for pairs in _pieces(view.matches, records_at_a_time):
            texts = view.plain_texts({record for _, _, *records in pairs for record in records})
            for number, (left, right, one, other) in enumerate(pairs, 1):
                for found in passages(texts[one], texts[other], with_changes=False):
                    left_span, right_span = (found.left_begin, found.left_end), (found.right_begin, found.right_end)
                    rows.append((left, right, one, other, *left_span, *right_span, found.kind))
                if len(rows) >= ROW_GROUP:
                    yield _table(rows)
                    rows = []
                if number % COUNTED == 0 or number == len(pairs):
                    meter.advance((number - 1) % COUNTED + 1)
    if rows:
        yield _table(rows)


def _between_records(matches: pa.Table) -> int:
    """Return how many matches are of two records of the run."""
    are = pc.and_(matches["left_record"].is_valid(), matches["right_record"].is_valid())
    return int(pc.sum(are).as_py() or 0)


Pair = tuple[str, str, int, int]
"""The ids of two records, and their places in the decisions."""


def _pieces(matches: pa.Table, records_at_a_time: int) -> Iterator[list[Pair]]:
    """Yield the matches of two records, as many at a time as have so many different records."""
    columns = matches.select(["left", "right", "left_record", "right_record"])
    records: set[int] = set()
    piece: list[Pair] = []
    for batch in columns.to_batches(max_chunksize=1 << 14):
        for left, right, one, other in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if one is None or other is None:
                continue
            if len(records) >= records_at_a_time and not {one, other} <= records:
                yield piece
                records, piece = set(), []
            records |= {one, other}
            piece.append((left, right, one, other))
    if piece:
        yield piece


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], schema=PASSAGES)
