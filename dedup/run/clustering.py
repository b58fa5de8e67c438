"""Decide which documents are kept from what a search found: judge, rank by the keep policy, and form clusters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import distinct, joined
from dedup.judge import relation
from dedup.judge.clusters import Clusters, form_clusters, merge_within_families
from dedup.judge.match_table import Matches
from dedup.params import Level, Params
from dedup.run.findings import Findings, Found, search_params
from dedup.run.ranking import Ranking, Units
from dedup.schema import EXCERPT, LEFT, MEASURES, NEITHER, REWRITTEN, RIGHT, UPDATE

Documents = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matching:
    """The matches between the documents of a run, and the clusters that their units form; both are in keep order.

    Parameters
    ----------
    matches : Matches
        Between documents.
    of_units : Matches
        Between units that can be copies of each other: `dedup.run.ranking`. Usually the same.
    at : int64 array
        Of each match of units that of the documents.
    clusters : Clusters
        Of units, at the level of the run; what is dropped for a document of an index stands as its own leader.
    spared : bool array, shape (n_units,)
        Which are kept because they are protected, though they have a copy.
    """

    matches: Matches
    of_units: Matches
    at: npt.NDArray[np.int64]
    clusters: Clusters
    spared: npt.NDArray[np.bool_]


def cluster(findings: Findings, ranking: Ranking, params: Params, dropped: npt.NDArray[np.bool_]) -> Matching:
    """Judge what a search found, and form the clusters.

    Parameters
    ----------
    findings : Findings
    ranking : Ranking
    params : Params
        Its level is no higher than that of the search.
    dropped : bool array, shape (n_documents,)
        In keep order: documents that are dropped for one of an index. Then each document is one unit.
    """
    rank, units = ranking.rank, ranking.units
    found = None
    if params.level >= Level.near:
        found = findings.near if params.level < Level.syndicated else findings.rare
    matches, met, root = Matches.none(), np.full(len(rank), -1), None
    if found is not None:
        matches = in_keep_order(judged(found, params), rank)
        met[rank] = np.where(found.met >= 0, rank[found.met], -1)
        if found is findings.rare and findings.root is not None:
            root = np.empty_like(rank)
            root[rank] = findings.root
    of_units, at, protected = matches, np.arange(len(matches)), np.zeros(len(rank), bool)
    if units is not None:
        of_units, at = _between_units(matches, units)
        met, root, protected = _met_in_group(met, units), _root_in_group(root, units), units.protected
        dropped = np.zeros(len(protected), bool)
    (copies,) = np.nonzero(are_dropped_for(of_units, params))
    clusters = _formed(of_units, copies, met, dropped, protected)
    if root is not None and len(copies):
        clusters = _gathered(clusters, of_units, copies, root, dropped | protected)
    return Matching(matches, of_units, at, clusters, _spared(of_units, copies, units))


def _between_units(matches: Matches, units: Units) -> tuple[Matches, npt.NDArray[np.int64]]:
    """Return the matches between units of one group, and the match of documents that each is."""
    at, left = units.all_of(matches.left)
    again, right = units.of(matches.right[at], units.group[left])
    at = at[again]
    return numbered(matches.take(at), left[again], right), at


def _met_in_group(met: Documents, units: Units) -> Documents:
    """Return for which unit of its group each one was set aside; -1 if none."""
    met_unit = np.full(len(units.document), -1)
    (aside,) = np.nonzero(met[units.document] >= 0)
    place, unit = units.of(met[units.document[aside]], units.group[aside])
    met_unit[aside[place[::-1]]] = unit[::-1]  # the first, where there are several
    return met_unit


def _root_in_group(root: Documents | None, units: Units) -> Documents | None:
    if root is None:
        return None
    n_groups = int(units.group.max(initial=0)) + 1
    return np.asarray(np.unique(root[units.document] * n_groups + units.group, return_inverse=True)[1])


def _spared(matches: Matches, copies: npt.NDArray[np.int64], units: Units | None) -> npt.NDArray[np.bool_]:
    if units is None:
        return np.zeros(0, bool)
    has_copy = np.zeros(len(units.document), bool)
    has_copy[matches.left[copies]] = has_copy[matches.right[copies]] = True
    place, _ = units.of(units.document, units.group)
    return units.protected & (has_copy | (np.bincount(place, minlength=len(has_copy)) > 1))


def judged(found: Found, params: Params) -> Matches:
    """Return what a pass found with the relations that it has by these parameters."""
    search = search_params(params)
    asked = replace(search, threshold=params.threshold, updates=params.updates, certainty=params.certainty)
    if asked == search and found.is_judged:
        return found.matches
    asked = replace(asked, level=params.level)  # how far an earlier text may be from the latest one
    judge = relation.near_duplicates if params.level < Level.syndicated else relation.judge
    return judge(found.evidence, asked)


def are_dropped_for(matches: Matches, params: Params) -> npt.NDArray[np.bool_]:
    """Return for which matches one side may be dropped."""
    is_far = (matches.relation >= EXCERPT) & (matches.relation <= REWRITTEN)
    return matches.are_copies(relation.LAST_COPY[params.level]) & ~(is_far & (matches.score < params.score))


def in_keep_order(matches: Matches, rank: Documents) -> Matches:
    """Return matches between documents that are numbered by their rank, the earlier one on the left."""
    return numbered(matches, rank[matches.left], rank[matches.right])


def numbered(matches: Matches, left: Documents, right: Documents) -> Matches:
    """Return the same matches between sides of other numbers, the lower one on the left."""
    swap = left > right
    if not swap.any():
        return replace(matches, left=left, right=right)
    measures = matches.measures.copy()
    a, b = MEASURES.index("containment_left"), MEASURES.index("containment_right")
    measures[a, swap], measures[b, swap] = matches.measures[b, swap], matches.measures[a, swap]
    measures[MEASURES.index("hours"), swap] *= -1.0
    container = np.where(swap, -matches.container, matches.container).astype(np.int8)
    sides = np.minimum(left, right), np.maximum(left, right)
    return Matches(*sides, matches.relation, matches.score, container, measures)


def _formed(
    matches: Matches,
    copies: npt.NDArray[np.int64],
    met: Documents,
    dropped: npt.NDArray[np.bool_],
    protected: npt.NDArray[np.bool_],
) -> Clusters:
    """Form clusters of the matches at these places, and of those that may be inferred."""
    inferred, hop = _inferred(matches, copies, met)
    formed = form_clusters(len(met), Matches.concatenate([matches.take(copies), inferred]), dropped, protected)
    by = formed.match.copy()
    (joining,) = np.nonzero(by >= 0)
    is_direct = by[joining] < len(copies)
    direct = copies[np.minimum(by[joining], len(copies) - 1)] if len(copies) else by[joining]
    by[joining] = np.where(is_direct, direct, hop[joining])
    return Clusters(formed.leader, by)


def _inferred(matches: Matches, copies: npt.NDArray[np.int64], met: Documents) -> tuple[Matches, npt.NDArray[np.int64]]:
    """Infer that documents that were set aside for one and the same text are copies of each other.

    Of a text that is carried a thousand times each copy has met the first few only. If the keep policy prefers another
    one of them, the others go for that one, although they were not compared with it; their decision names the text that
    both match.

    Returns
    -------
    inferred : Matches
        Between the preferred one of those that met a document, and the others; none that were found by the search.
    hop : int64 array, shape (n_documents,)
        The match of each document with the one that it met; -1 where it is no copy of that.
    """
    n = len(met)
    hop = np.full(n, -1)
    is_contained = np.zeros(n, bool)
    for side, other, itself in ((matches.left, matches.right, LEFT), (matches.right, matches.left, RIGHT)):
        at = copies[(met[side[copies]] == other[copies]) & (matches.container[copies] != itself)]
        hop[side[at]] = at
        is_contained[side[at]] = matches.container[at] != NEITHER
    first = np.arange(n)  # the preferred one of those that met each document
    (eligible,) = np.nonzero((hop >= 0) & ~is_contained & (np.arange(n) < met))
    np.minimum.at(first, met[eligible], eligible)
    (others,) = np.nonzero((hop >= 0) & (first[met] != met) & (met >= 0))
    others = others[first[met[others]] != others]
    preferred = first[met[others]]
    pairs = _packed(np.minimum(others, preferred), np.maximum(others, preferred))
    is_new = ~np.isin(pairs, _packed(matches.left, matches.right))
    others, preferred = others[is_new], preferred[is_new]
    relations = np.maximum(matches.relation[hop[others]], matches.relation[hop[preferred]])
    container = np.where(is_contained[others], np.where(preferred < others, LEFT, RIGHT), NEITHER).astype(np.int8)
    # A match that was measured comes first among those of one relation.
    values = relations, np.zeros(len(others)), container, np.full((len(MEASURES), len(others)), np.nan)
    return Matches(np.minimum(others, preferred), np.maximum(others, preferred), *values), hop


def _packed(left: Documents, right: Documents) -> npt.NDArray[np.uint64]:
    return left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)


def _gathered(
    clusters: Clusters,
    matches: Matches,
    copies: npt.NDArray[np.int64],
    root: Documents,
    stays: npt.NDArray[np.bool_],
) -> Clusters:
    """Let versions that copy a dropped one of their family go with it."""
    before = np.full(len(matches), -1)
    before[copies] = np.arange(len(copies))
    match = np.where(clusters.match >= 0, before[clusters.match], -1)
    is_update = matches.relation == UPDATE
    updates = distinct(joined(matches.left[is_update], matches.right[is_update]))
    led = merge_within_families(Clusters(clusters.leader, match), matches.take(copies), root, ~stays, updates)
    return Clusters(led.leader, np.where(led.match >= 0, copies[led.match], -1))
