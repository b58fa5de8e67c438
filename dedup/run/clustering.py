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
from dedup.schema import EXCERPT, LEFT, MEASURES, NEITHER, REWRITTEN, RIGHT, UPDATE

Documents = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matching:
    """The matches between the documents of a run, and the clusters that they form; documents are in keep order.

    Parameters
    ----------
    matches : Matches
    clusters : Clusters
        At the level of the run; documents that are dropped for one of an index stand as their own leaders.
    """

    matches: Matches
    clusters: Clusters


def cluster(findings: Findings, rank: Documents, params: Params, dropped: npt.NDArray[np.bool_]) -> Matching:
    """Judge what a search found, and form the clusters.

    Parameters
    ----------
    findings : Findings
    rank : int64 array, shape (n_documents,)
        The place in keep order of each document of the search.
    params : Params
        Its level is no higher than that of the search.
    dropped : bool array, shape (n_documents,)
        In keep order: documents that are dropped for one of an index.
    """
    n = len(rank)
    found = findings.near if params.level < Level.syndicated else findings.rare
    if params.level < Level.near or found is None:
        return Matching(Matches.none(), form_clusters(n, Matches.none()))
    matches = in_keep_order(judged(found, params), rank)
    (copies,) = np.nonzero(are_dropped_for(matches, params))
    met = np.full(n, -1)
    met[rank] = np.where(found.met >= 0, rank[found.met], -1)
    clusters = _formed(matches, copies, met, dropped)
    if found is findings.rare and findings.root is not None and len(copies):
        root = np.empty(n, np.int64)
        root[rank] = findings.root
        clusters = _gathered(clusters, matches, copies, root, dropped)
    return Matching(matches, clusters)


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
    left, right = rank[matches.left], rank[matches.right]
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
    matches: Matches, copies: npt.NDArray[np.int64], met: Documents, dropped: npt.NDArray[np.bool_]
) -> Clusters:
    """Form clusters of the matches at these places, and of those that may be inferred."""
    inferred, hop = _inferred(matches, copies, met)
    formed = form_clusters(len(met), Matches.concatenate([matches.take(copies), inferred]), dropped)
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
    dropped: npt.NDArray[np.bool_],
) -> Clusters:
    """Let versions that copy a dropped one of their family go with it."""
    before = np.full(len(matches), -1)
    before[copies] = np.arange(len(copies))
    match = np.where(clusters.match >= 0, before[clusters.match], -1)
    is_update = matches.relation == UPDATE
    updates = distinct(joined(matches.left[is_update], matches.right[is_update]))
    led = merge_within_families(Clusters(clusters.leader, match), matches.take(copies), root, ~dropped, updates)
    return Clusters(led.leader, np.where(led.match >= 0, copies[led.match], -1))
