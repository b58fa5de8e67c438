"""Find the verdict on two records of a run: their match, or else what a comparison of the two says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.comparison import compare
from dedup.judge.reasons import reason
from dedup.judge.relation import Models
from dedup.params import Params
from dedup.report.stories import RunTables
from dedup.schema import LEFT, MEASURES, NEITHER, RELATIONS, RIGHT

_MIRRORED = {"containment_left": "containment_right", "containment_right": "containment_left"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on two records, a and b.

    Parameters
    ----------
    relation : str or None
        One of `dedup.schema.RELATIONS`; None if they have nothing to do with each other.
    score : float
    reason : str
    derived : {"a", "b"} or None
        Which of the two seems to be the copy.
    measures : dict of str to float
        Those that were taken, by the names of `dedup.schema.MEASURES`, where ``left`` is a.
    is_match : bool
        Whether it is a match of the run; otherwise the two were compared now, without what the run knows of other
        texts.
    """

    relation: str | None
    score: float
    reason: str
    derived: str | None
    measures: dict[str, float]
    is_match: bool


def mirrored(measures: Mapping[str, float]) -> dict[str, float]:
    """Return the measures of a pair with its sides exchanged."""
    swapped = {_MIRRORED.get(name, name): value for name, value in measures.items()}
    return swapped | ({"hours": -swapped["hours"]} if "hours" in swapped else {})


def match_rows(matches: pa.Table, record: int) -> pa.Table:
    """Return the rows of matches that a record is a side of."""
    sides = (pc.fill_null(pc.equal(matches[f"{side}_record"], record), False) for side in ("left", "right"))
    return matches.filter(pc.or_(*sides))


def verdict_of_match(
    row: Mapping[str, Any], a: int | None, dropped: int = NEITHER, models: Models | None = None
) -> Verdict:
    """Return a match as the verdict on its two sides.

    Parameters
    ----------
    row : mapping
        Of the matches.
    a : int or None
        Which record of the two is a.
    dropped : {LEFT, NEITHER, RIGHT}
        LEFT if a is dropped for b, RIGHT if b is dropped for a.
    models : Models, optional
    """
    is_swapped = row["left_record"] != a
    measures = {name: row[name] for name in MEASURES if row[name] is not None}
    if is_swapped:
        measures = mirrored(measures)
    derived = None
    if row["derived"] is not None and row["left"] != row["right"]:
        derived = "a" if (row["derived"] == row["left"]) != is_swapped else "b"
    code = RELATIONS.index(row["relation"])
    why = reason(code, measures, models, dropped=dropped)
    return Verdict(row["relation"], row["score"], why, derived, measures, True)


def verdict(
    run: RunTables, a: int, b: int, params: Params, leader: npt.NDArray[np.int64], texts: Mapping[int, str]
) -> Verdict:
    """Return the verdict on two records.

    Parameters
    ----------
    run : RunTables
    a, b : int
        Their numbers.
    params : Params
        Of the run.
    leader : int64 array, shape (n_records,)
        As in `dedup.report.stories.Stories`.
    texts : mapping
        Both texts, by record, as they were compared; empty if they cannot be read. Then two records without a match
        have no relation.
    """
    rows = match_rows(match_rows(run.matches, a), b).to_pylist()
    if rows:
        dropped = LEFT if leader[a] == b else RIGHT if leader[b] == a else NEITHER
        return verdict_of_match(rows[0], a, dropped, Models.of(params))
    if not texts:
        return Verdict(None, 0.0, "the run has no match of the two", None, {}, False)
    now = compare(texts[a], texts[b], replace(params, html="keep"))
    return Verdict(now.relation, now.score, now.reason, now.derived, now.measures, False)
