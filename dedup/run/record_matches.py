"""Turn the matches between documents into the table of matches between records, with their ids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.direction import derived
from dedup.judge.match_table import Matches
from dedup.run.clustering import Matching
from dedup.run.outcome import Outcome, other_sides
from dedup.run.ranking import Numbering
from dedup.run.record_origins import Origins
from dedup.schema import ALL_OF_IDENTICAL, IDENTICAL, LEFT, MATCHES, MEASURES, NEITHER, RELATIONS

Ints = npt.NDArray[np.int64]


def record_pairs(texts: Numbering, units: Numbering, matching: Matching, outcome: Outcome) -> tuple[Ints, Ints, Ints]:
    """Return the matches as pairs of records: left, right, and the match of their texts (-1: identical).

    Identical records are not expanded into all their pairs: each has a match with the one that stands for their text,
    and the one by which it is dropped.
    """
    matches, n = matching.matches, len(texts.document)
    stands = np.arange(n)
    worded = texts.document >= 0
    stands[worded] = texts.record[texts.document[worded]]
    (twins,) = np.nonzero(stands != np.arange(n))
    (dropped,) = np.nonzero(outcome.match >= 0)
    by = outcome.match[dropped]
    other = units.record[other_sides(matching.of_units, by, units.document[dropped])]
    match = matching.at[by]
    is_left = matches.left[match] == texts.document[dropped]
    left, right = np.where(is_left, dropped, other), np.where(is_left, other, dropped)
    is_new = (left != texts.record[matches.left[match]]) | (right != texts.record[matches.right[match]])
    return (
        np.concatenate([texts.record[matches.left], stands[twins], left[is_new]]),
        np.concatenate([texts.record[matches.right], twins, right[is_new]]),
        np.concatenate([np.arange(len(matches)), np.full(len(twins), -1), match[is_new]]),
    )


def match_rows(
    ids: pa.LargeStringArray,
    matches: Matches,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    match: npt.NDArray[np.int64],
    origins: Origins,
    n_records: int,
    same_url: npt.NDArray[np.bool_],
) -> pa.Table:
    """Return the table of matches, left id before right id, in order of both, then of the records.

    Records from ``n_records`` on are documents of an index; ``same_url`` has a value for each pair.
    """
    identical = match < 0
    match = np.maximum(match, 0)
    if len(matches) == 0:
        matches = _one_identical()
    relation = np.where(identical, IDENTICAL, matches.relation[match])
    score = np.where(identical, 1.0, matches.score[match])
    of_identical = np.where(np.isin(MEASURES, ALL_OF_IDENTICAL), 1.0, np.nan)[:, None]
    measures = np.where(identical, of_identical, matches.measures[:, match])
    names = list(MEASURES)
    a, b = names.index("containment_left"), names.index("containment_right")
    copy = derived(origins.of(left), origins.of(right), relation, measures[a], measures[b])

    left_ids, right_ids = (ids.take(pa.array(side)).cast(pa.string()) for side in (left, right))
    swap = np.asarray(pc.greater(left_ids, right_ids))
    measures[a], measures[b] = np.where(swap, measures[b], measures[a]), np.where(swap, measures[a], measures[b])
    measures[names.index("hours"), swap] *= -1.0
    left_ids, right_ids = pc.if_else(swap, right_ids, left_ids), pc.if_else(swap, left_ids, right_ids)
    left, right = np.where(swap, right, left), np.where(swap, left, right)
    copy = np.where(swap, -copy, copy)
    table = pa.table(
        [
            left_ids,
            right_ids,
            pa.array(RELATIONS, pa.string()).take(pa.array(relation)),
            pa.array(score),
            *(pa.array(values, from_pandas=True) for values in measures),  # NaN becomes null
            pc.if_else(
                pa.array(copy == NEITHER),
                pa.scalar(None, pa.string()),
                pc.if_else(pa.array(copy == LEFT), left_ids, right_ids),
            ),
            pa.array(left, mask=left >= n_records),
            pa.array(right, mask=right >= n_records),
            pa.array(same_url),
        ],
        schema=MATCHES,
    )
    keys = ("left", "right", "left_record", "right_record")
    return table.take(pc.sort_indices(table, sort_keys=[(key, "ascending") for key in keys]))


def _one_identical() -> Matches:
    """Return a placeholder match for identical pairs if there is no other; none of its values is used."""
    empty = Matches.none()
    one = np.zeros(1, np.int64)
    return Matches(one, one, one.astype(np.int8), np.ones(1), one.astype(np.int8), np.ones((len(empty.measures), 1)))
