"""Decide which documents are kept, and which kept document each dropped one belongs to.

Leader clusters: documents are visited in keep order; one is kept unless a kept one matches it, else it joins the best
matching kept one. So every dropped document has a match with the kept one of its cluster, no two kept ones match, and
nothing chains. Containers are visited before their excerpts: an excerpt goes for its container, never the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.candidates.pairs import Pairs, joined
from dedup.judge.match_table import Matches
from dedup.kernels import leader_clusters as kernel
from dedup.params import Params
from dedup.schema import LEFT, NO_DATE, RIGHT


@dataclass(frozen=True, slots=True)
class Clusters:
    """The kept document that each document belongs to, and the match that links the two.

    Parameters
    ----------
    leader : int64 array, shape (n_documents,)
        The kept document of its cluster; itself where it is kept.
    match : int64 array, shape (n_documents,)
        The match by which it joins, -1 where it is kept.
    """

    leader: npt.NDArray[np.int64]
    match: npt.NDArray[np.int64]

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """Whether each document is kept."""
        return self.match < 0


def keep_policy(params: Params, has_dates: bool) -> str:
    """Return the keep policy in effect: the one asked for, else ``earliest`` if there are dates, else ``first``."""
    return params.keep or ("earliest" if has_dates else "first")


def keep_order(
    policy: str,
    ids: pa.ChunkedArray,
    published: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    sources: pa.ChunkedArray,
    text_hashes: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint64]],
    prefer: tuple[str, ...] = (),
    agencies: Agencies | None = None,
    origin: npt.NDArray[np.int8] | None = None,
) -> npt.NDArray[np.int64]:
    """Order records by the keep policy, the one to keep first.

    Parameters
    ----------
    policy : {"first", "earliest", "latest", "longest", "source", "original"}
        ``first``: order of input. ``earliest``, ``latest``: by date, missing ones last. ``longest``: most tokens.
        ``source``: place in ``prefer``, whatever its case or by which name of an agency, all others last, then date.
        ``original``: by ``origin``, then date. Ties by id, then by text, then by order of input.
    ids, sources : pyarrow string arrays
    published : int64 array, microseconds since 1970 UTC or NO_DATE
    lengths : int64 array, tokens
    text_hashes : callable
        Returns hashes of the texts of some records, which no key changes; asked for those that share their id.
    prefer : tuple of str
    agencies : Agencies, optional
    origin : int8 array, optional
        From `dedup.attribution.direction.origins`; ``original`` needs it.

    Raises
    ------
    ValueError
        When there is no such policy.
    """
    n = len(lengths)
    if policy == "first":
        return np.arange(n)
    rank = _rank_of_ids(ids)
    (twice,) = np.nonzero(np.bincount(rank)[rank] > 1)
    text = np.zeros(n, np.uint64)
    text[twice] = text_hashes(twice)
    ties = text, rank
    if policy == "longest":
        return np.lexsort((*ties, -lengths))
    if policy == "earliest":
        return np.lexsort((*ties, published))
    if policy == "latest":
        return np.lexsort((*ties, np.where(published == NO_DATE, NO_DATE, -published)))
    if policy == "original" and origin is not None:
        return np.lexsort((*ties, published, origin))
    if policy == "source":
        return np.lexsort((*ties, published, _places(sources, prefer, agencies)))
    raise ValueError(f"keep policy {policy!r}")


def _places(sources: pa.ChunkedArray, prefer: tuple[str, ...], agencies: Agencies | None) -> npt.NDArray[np.int64]:
    """Return the position of each source in the preferred ones, or their number for other sources."""
    coded = pc.dictionary_encode(sources)
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    wanted = {same_source(name, agencies): place for place, name in reversed(list(enumerate(prefer)))}
    by_code = [wanted.get(same_source(name, agencies), len(prefer)) for name in coded.dictionary.to_pylist()]
    codes = np.asarray(pc.fill_null(coded.indices, len(by_code)))
    return np.asarray(np.array([*by_code, len(prefer)])[codes])


def same_source(source: str | None, agencies: Agencies | None) -> str | int:
    """Return a key that is equal for all names and sites of one agency, and for one source in upper or lower case."""
    code = UNKNOWN if agencies is None else agencies.code(source)
    return (source or "").strip().casefold() if code == UNKNOWN else code


def _rank_of_ids(ids: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Return the rank of each id among all in code point order, equal for equal ids."""
    return np.asarray(pc.rank(ids, tiebreaker="dense")).astype(np.int64)


def form_clusters(
    n_documents: int,
    matches: Matches,
    decided: npt.NDArray[np.bool_] | None = None,
    protected: npt.NDArray[np.bool_] | None = None,
) -> Clusters:
    """Form leader clusters from verified matches.

    Parameters
    ----------
    n_documents : int
        Documents, numbered in keep order.
    matches : Matches
        Those that count as copies at the level of the run, each pair once.
    decided : bool array, shape (n_documents,), optional
        Documents that are dropped for another reason: they lead none, join none, and stand as their own leaders.
    protected : bool array, shape (n_documents,), optional
        Documents that are kept, whatever they match; others join them.
    """
    n = len(matches)
    sides = np.concatenate([matches.left, matches.right])
    others = np.concatenate([matches.right, matches.left])
    order = np.lexsort((others, sides))  # the order in which containers are visited is that of documents
    starts = np.searchsorted(sides[order], np.arange(n_documents + 1))
    others = others[order]
    contains = np.concatenate([matches.container == LEFT, matches.container == RIGHT])[order]
    is_contained = np.concatenate([matches.container == RIGHT, matches.container == LEFT])[order]
    match = order % max(n, 1)
    joined = np.full(n_documents, -1, np.int64)
    state = np.zeros(n_documents, np.int8)
    if decided is not None:
        state[decided] = kernel.DROPPED
    if protected is not None:
        state[protected] = kernel.KEPT
    kernel.lead(
        starts,
        others,
        matches.relation[match],
        matches.score[match],
        contains,
        is_contained,
        state,
        joined,
        np.empty(n_documents, np.int64),
        np.empty(n_documents, np.int64),
    )
    dropped = joined >= 0
    leader = np.arange(n_documents)
    leader[dropped] = others[joined[dropped]]
    by = np.full(n_documents, -1, np.int64)
    by[dropped] = match[joined[dropped]]
    return Clusters(leader, by)


def merge_within_families(
    formed: Clusters,
    matches: Matches,
    root: npt.NDArray[np.int64],
    free: npt.NDArray[np.bool_],
    updates: Pairs,
) -> Clusters:
    """Merge clusters of one family whose kept versions are linked by a dropped version.

    A kept version matches no other kept one, but may copy a dropped version of its family. Then it is dropped as well,
    with all that were dropped for it, and joins the cluster of that version. Its content is in the kept version, or in
    the dropped one, which its decision names. This is done within a family only: its members are versions of one text,
    so that nothing drifts.

    Parameters
    ----------
    formed : Clusters
        From `form_clusters`.
    matches : Matches
        Those that count as copies at the level of the run.
    root : int64 array, shape (n_documents,)
        As in `dedup.judge.families.Families`.
    free : bool array, shape (n_documents,)
        Documents that are not dropped for another reason.
    updates : uint64 array, sorted
        Pairs of which one has news: their clusters are not merged.
    """
    leader, match = formed.leader.copy(), formed.match.copy()
    sizes = np.bincount(leader, minlength=len(leader))
    # Who leads documents of another family stays: they would go for a text that they do not match.
    foreign = np.zeros(len(leader), bool)
    foreign[leader[root[leader] != root]] = True
    sides = np.concatenate([matches.left, matches.right]), np.concatenate([matches.right, matches.left])
    container = np.concatenate([matches.container == LEFT, matches.container == RIGHT])
    at = np.tile(np.arange(len(matches)), 2)
    can_join = (root[sides[0]] == root[sides[1]]) & ~container & free[sides[0]] & free[sides[1]]
    can_join &= (match[sides[0]] < 0) & (match[sides[1]] >= 0) & ~foreign[sides[0]]
    one, other, at = sides[0][can_join], sides[1][can_join], at[can_join]
    best = np.lexsort((one, other, -matches.score[at], matches.relation[at]))
    # The smaller cluster goes to the larger one; of two as large the later to the earlier.
    for place in best[np.argsort(sizes[one[best]], kind="stable")].tolist():
        version, other_leader = int(one[place]), int(leader[other[place]])
        if match[version] >= 0 or other_leader == version or root[other_leader] != root[version]:
            continue
        if (sizes[other_leader], -other_leader) < (sizes[version], -version):
            continue
        pair = joined(np.array([min(version, other_leader)]), np.array([max(version, other_leader)]))
        if np.isin(pair, updates).any():
            continue
        moved = leader == version
        leader[moved] = other_leader
        match[version] = at[place]
        sizes[other_leader] += sizes[version]
        sizes[version] = 0
    return Clusters(leader, match)
