"""Collect the matches that a pass has found so far, and the clusters that they form by the judgement of the search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Pairs, distinct, joined
from dedup.judge.clusters import Clusters, form_clusters
from dedup.judge.families import Families
from dedup.judge.match_table import Matches


class PassResult:
    """The matches of a pass, in the order in which they were found, and their clusters.

    Parameters
    ----------
    dropped : bool array, shape (n_documents,)
        Documents that are dropped for one of an index: they lead no cluster.
    last_copy : int
        The farthest relation that counts as a copy.

    Attributes
    ----------
    matches : Matches
    clusters : Clusters
    steps : int
        Steps in which the pairs were judged.
    """

    def __init__(self, dropped: npt.NDArray[np.bool_], last_copy: int) -> None:
        self._dropped = dropped
        self._last_copy = last_copy
        self.steps = 0
        self.matches = Matches.none()
        self.clusters = form_clusters(len(dropped), self.matches)

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """Which documents are kept so far."""
        return self.clusters.kept & ~self._dropped

    def add(self, parts: Sequence[Matches]) -> None:
        """Add the matches of some steps."""
        self.steps += len(parts)
        self.matches = Matches.concatenate([self.matches, *parts])
        (copies,) = np.nonzero(self.matches.are_copies(self._last_copy))
        led = form_clusters(len(self._dropped), self.matches.take(copies), self._dropped)
        match = led.match.copy()
        match[led.match >= 0] = copies[led.match[led.match >= 0]]
        self.clusters = Clusters(led.leader, match)

    def met(self, partly: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return for which document each was dropped, if it is one of those that met only a part of the others.

        Parameters
        ----------
        partly : int64 array

        Returns
        -------
        int64 array, shape (n_documents,)
            -1 for all others.
        """
        met = np.full(len(self._dropped), -1)
        set_aside = partly[self.clusters.match[partly] >= 0]
        met[set_aside] = self.clusters.leader[set_aside]
        return met

    def copies_of_copies(self) -> Pairs:
        """Return the pairs of a kept document and the one for which a copy of it was dropped."""
        matches, leader, kept = self.matches, self.clusters.leader, self.kept
        pairs = []
        for side, other in ((matches.left, matches.right), (matches.right, matches.left)):
            is_relevant = matches.are_copies(self._last_copy) & kept[side] & ~kept[other] & ~self._dropped[other]
            document, other_leader = side[is_relevant], leader[other[is_relevant]]
            apart = document != other_leader
            pairs.append(joined(np.minimum(document, other_leader)[apart], np.maximum(document, other_leader)[apart]))
        return distinct(*pairs)

    def late_versions(self, versions: Families, turn: int) -> Pairs:
        """Return the pairs of versions that have met nobody, and are kept so far, with a kept one of their family.

        That is the first one with a large cluster, in the next turn the next.
        """
        kept = self.kept
        (leaders,) = np.nonzero(kept & versions.delegates)
        sizes = np.bincount(self.clusters.leader, minlength=len(kept))
        # The first of those with large clusters: a later one would go for a version that comes before it.
        most = np.zeros(len(kept), np.int64)
        np.maximum.at(most, versions.root[leaders], sizes[leaders])
        is_small = 2 * sizes[leaders] < most[versions.root[leaders]]
        leaders = leaders[np.lexsort((leaders, is_small, versions.root[leaders]))]
        roots = versions.root[leaders]
        leader_of_root = np.full(len(kept), -1)
        (begins,) = np.nonzero(np.diff(roots, prepend=-1))
        has_more = begins + turn < np.append(begins[1:], len(leaders))
        leader_of_root[roots[begins[has_more]]] = leaders[begins[has_more] + turn]
        (late,) = np.nonzero(kept & ~versions.delegates)
        late = late[leader_of_root[versions.root[late]] >= 0]
        leader = leader_of_root[versions.root[late]]
        return joined(np.minimum(late, leader), np.maximum(late, leader))
