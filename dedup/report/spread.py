"""Count how copies spread in a run: who copies whom, how long after, and which agencies are credited."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.report.stories import RunTables, Stories
from dedup.schema import NO_DATE

MICROSECONDS_AN_HOUR = 3_600_000_000


class Lags(NamedTuple):
    """How long after the first version of their cluster copies were published.

    Parameters
    ----------
    record : int64 array, shape (n,)
        The dated records of clusters of which at least two are dated, but for the first of each.
    hours : float64 array, shape (n,)
    """

    record: npt.NDArray[np.int64]
    hours: npt.NDArray[np.float64]


class Copies(NamedTuple):
    """Dropped records and the kept ones of their clusters, by which of the two is the copy.

    Parameters
    ----------
    dropped : int64 array, shape (n,)
        Records.
    original, copy : int64 array, shape (n,)
        Records: of each pair the one that was there first, and its copy.
    is_evident : bool array, shape (n,)
        Whether the match of both says which is the copy.
    """

    dropped: npt.NDArray[np.int64]
    original: npt.NDArray[np.int64]
    copy: npt.NDArray[np.int64]
    is_evident: npt.NDArray[np.bool_]


def copies_of(run: RunTables, stories: Stories) -> Copies:
    """Tell the copy from the original, of each dropped record and the kept one of its cluster.

    Which of the two is the copy is what the match of both says in its column ``derived``; where it does not, the
    dropped one is.
    """
    n = run.decisions.num_rows
    (dropped,) = np.nonzero((stories.leader >= 0) & (stories.leader < n) & (stories.leader != np.arange(n)))
    kept = stories.leader[dropped]
    side = _derived(run.matches, dropped, kept, n)
    original, copy = np.where(side == kept, dropped, kept), np.where(side == kept, kept, dropped)
    return Copies(dropped, original, copy, side >= 0)


def who_copies_whom(run: RunTables, stories: Stories) -> pa.Table:
    """Count the copies that each source took from each other, by `copies_of`.

    Parameters
    ----------
    run : RunTables
    stories : Stories
        Of this run.

    Returns
    -------
    pyarrow.Table
        With the columns ``original`` and ``copy`` (sources; null if unknown), ``copies`` (int64), and ``derived``
        (int64): for how many of these a match says so. Most copies first, then by the names.
    """
    copies = copies_of(run, stories)
    names = pa.array([*stories.source_names, None], pa.string())
    width = len(names)
    of = np.where(stories.source < 0, width - 1, stories.source)
    ways = of[copies.original] * width + of[copies.copy]
    pairs, at, counts = np.unique(ways, return_inverse=True, return_counts=True)
    table = pa.table(
        {
            "original": names.take(pa.array(pairs // width)),
            "copy": names.take(pa.array(pairs % width)),
            "copies": pa.array(counts, pa.int64()),
            "derived": pa.array(np.bincount(at[copies.is_evident], minlength=len(pairs)), pa.int64()),
        }
    )
    return table.sort_by([("copies", "descending"), ("original", "ascending"), ("copy", "ascending")])


def lags_of_copies(stories: Stories) -> Lags:
    """Return how long after the first dated record of its cluster each other one was published."""
    (dated,) = np.nonzero((stories.leader >= 0) & (stories.published != NO_DATE))
    leader = stories.leader[dated]
    order = np.lexsort((stories.published[dated], leader))
    dated, leader = dated[order], leader[order]
    begins = np.flatnonzero(np.diff(leader, prepend=-1))
    first = np.repeat(dated[begins], np.diff(begins, append=len(dated)))
    later = np.ones(len(dated), bool)
    later[begins] = False
    hours = (stories.published[dated] - stories.published[first]) / MICROSECONDS_AN_HOUR
    records = np.argsort(dated[later])
    return Lags(dated[later][records], hours[later][records])


def credited_agencies(run: RunTables) -> pa.Table:
    """Count the records of each source that credit an agency.

    Returns
    -------
    pyarrow.Table
        With the columns ``agency``, ``source`` (null if unknown) and ``records`` (int64); most records first, then by
        the names.
    """
    credits = run.decisions.select(["credit", "source"]).filter(pc.is_valid(run.decisions["credit"]))
    table = credits.group_by(["credit", "source"], use_threads=False).aggregate([([], "count_all")])
    table = table.select(["credit", "source", "count_all"]).rename_columns(["agency", "source", "records"])
    return table.sort_by([("records", "descending"), ("agency", "ascending"), ("source", "ascending")])


def _derived(
    matches: pa.Table, dropped: npt.NDArray[np.int64], kept: npt.NDArray[np.int64], n: int
) -> npt.NDArray[np.int64]:
    """Return the record of each pair that seems to be the copy by the match of the two, -1 where that is not known."""
    sides = matches.select(["left", "right", "derived", "left_record", "right_record"])
    here = pc.and_(pc.is_valid(sides["left_record"]), pc.is_valid(sides["right_record"]))
    sides = sides.filter(pc.and_(here, pc.is_valid(sides["derived"])))
    left, right = (np.asarray(sides[f"{side}_record"]) for side in ("left", "right"))
    copy = np.where(np.asarray(pc.equal(sides["derived"], sides["left"])), left, right)
    copy[np.asarray(pc.equal(sides["left"], sides["right"]))] = -1  # two records of one id: it does not say which
    known = np.minimum(left, right) * n + np.maximum(left, right)
    order = np.argsort(known)
    asked = np.minimum(dropped, kept) * n + np.maximum(dropped, kept)
    place = np.searchsorted(known, asked, sorter=order)
    found = np.flatnonzero(place < len(known))
    found = found[known[order[place[found]]] == asked[found]]
    side = np.full(len(dropped), -1)
    side[found] = copy[order[place[found]]]
    return side
