"""Determine the outcome for each record from the clusters of documents: kept or dropped, and for which record."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import distinct
from dedup.judge.clusters import Clusters
from dedup.judge.match_table import Matches
from dedup.kernels import leader_clusters as kernel
from dedup.run.ranking import Numbering
from dedup.run.records import Records
from dedup.schema import LEFT, NEITHER, RIGHT, UPDATE


class Outcome:
    """The outcome for each record of a run.

    Parameters
    ----------
    records : Records
    texts : Numbering
        Of units; documents of an index follow those of the run, also among the records.
    matches : Matches
        Of units, like the clusters.
    clusters : Clusters
    spared : bool array, shape (n_units,)
        Which are kept because they are protected, though they have a copy; empty where nothing is protected.

    Attributes
    ----------
    kept, rejected : bool array, shape (n_records,)
    twin : bool array, shape (n_records,)
        Dropped as identical to the record that stands for the same text.
    stands : int64 array, shape (n_records,)
        The record that stands for the text of each; itself where it has no words.
    leader : int64 array, shape (n_records,)
        The kept record of its cluster, or the document of an index; -1 for rejected ones.
    spared : bool array, shape (n_records,)
        Kept because its source is protected.
    in_index : bool array, shape (n_records,)
        Whether the leader is a document of an index.
    match : int64 array, shape (n_records,)
        The match by which it is dropped; -1 where there is none.
    side : int8 array, shape (n_records,)
        Which side of that match it is, LEFT or RIGHT; NEITHER where there is none.
    via : int64 array, shape (n_records,)
        The dropped version of the same story that it matches; -1 where it matches the kept record itself.
    outranked : int64 array
        The dropped records that the keep policy ranks before the kept one of their cluster.
    story : int64 array, shape (n_records,)
        The first kept record of its story, which may be a document of an index; -1 for rejected ones.
    story_size : int64 array
        Number of records in the story of each first kept record, with the documents of an index that belong to it.
    joined_stories : int
        Stories of more than one cluster.
    cluster_size : int64 array
        Number of records in the cluster that each one leads; documents of an index follow the records.
    """

    def __init__(
        self,
        records: Records,
        texts: Numbering,
        matches: Matches,
        clusters: Clusters,
        spared: npt.NDArray[np.bool_],
    ) -> None:
        n = len(records)
        here = np.arange(n)
        worded = texts.document >= 0
        document = np.maximum(texts.document, 0)
        self.rejected = np.zeros(n, bool)
        self.rejected[records.rejected.records] = True
        self.stands = here.copy()
        self.leader = here.copy()
        self.match = np.full(n, -1)
        if len(texts.record):
            self.stands = np.where(worded, texts.record[document], here)
            self.leader = np.where(worded, texts.record[clusters.leader[document]], here)
            self.match = np.where(worded, clusters.match[document], -1)
        self.via = np.full(n, -1)
        self.side = np.full(n, NEITHER, np.int8)
        (matched,) = np.nonzero(self.match >= 0)
        self.side[matched] = np.where(matches.left[self.match[matched]] == document[matched], LEFT, RIGHT)
        other = texts.record[other_sides(matches, self.match[matched], document[matched])]
        self.via[matched] = np.where(other == self.leader[matched], -1, other)
        self.leader[self.rejected] = -1
        self._join_stories(texts, matches, clusters)
        self.kept = (self.leader == here) & ~self.rejected
        self.spared = np.zeros(n, bool)
        if len(spared):
            self.spared = self.kept & worded & spared[document]
        self.twin = ~self.kept & ~self.rejected & (self.match < 0)
        self.in_index = self.leader >= n
        (ranked,) = np.nonzero(worded & ~self.rejected & (self.leader < n))
        self.outranked = ranked[document[ranked] < document[self.leader[ranked]]]
        self.cluster_size = np.bincount(self.leader[~self.rejected], minlength=n)
        self.cluster_size[n:] += self.cluster_size[n:] > 0

    def _join_stories(self, texts: Numbering, matches: Matches, clusters: Clusters) -> None:
        """Join clusters that updates link, and determine the story of each record."""
        n = len(self.leader)
        root = np.arange(max(n, int(texts.record.max(initial=-1)) + 1))  # of documents of an index, too
        is_update = matches.relation == UPDATE
        leader = np.arange(len(texts.record))
        leader[: len(clusters.leader)] = clusters.leader
        left, right = (texts.record[leader[side[is_update]]] for side in (matches.left, matches.right))
        kernel.connect(left, right, root)
        leaders = distinct(self.leader[~self.rejected], left, right)
        self.joined_stories = int((np.bincount(root[leaders], minlength=1) > 1).sum())
        self.story = np.where(self.rejected, -1, root[self.leader])
        members = np.concatenate([self.story[~self.rejected], root[leaders[leaders >= n]]])
        self.story_size = np.bincount(members, minlength=len(root))


def other_sides(
    matches: Matches, match: npt.NDArray[np.int64], document: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the other document of each match."""
    return np.where(matches.left[match] == document, matches.right[match], matches.left[match])
