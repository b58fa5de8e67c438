"""Hold the matches of a run's documents with those of an index, and find the documents that are dropped by them.

Documents of the index are kept, whatever the keep policy: a document of the run that copies one of them, which is
itself no copy of another, is dropped for it before the documents of the run are compared with each other. So it leads
no cluster, and a document is dropped only for a direct match with one that is kept. In the clusters and matches of a
run, and among its records, the documents of the index come after those of the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.judge.clusters import Clusters
from dedup.judge.match_table import Matches
from dedup.run.ranking import Numbering
from dedup.schema import RIGHT


@dataclass(frozen=True, slots=True)
class IndexMatches:
    """Documents of an index that match those of a run, in the order in which they were added, and the matches.

    Parameters
    ----------
    ids, sources, credits : pyarrow.LargeStringArray, shape (n_stored,)
        Null where there is no source, and where no agency is credited.
    published : int64 array, shape (n_stored,)
        Microseconds since 1970 UTC or NO_DATE.
    drawn_on : bool array, shape (n_stored,)
        As in `dedup.attribution.direction.Sides`.
    matches : Matches
        ``left`` is a place among these documents, ``right`` a document of the run.
    joins : int64 array, shape (n_documents,)
        The match by which a document of the run is dropped for one of these; -1 where there is none.
    """

    ids: pa.LargeStringArray
    sources: pa.LargeStringArray
    credits: pa.LargeStringArray
    published: npt.NDArray[np.int64]
    drawn_on: npt.NDArray[np.bool_]
    matches: Matches
    joins: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    @staticmethod
    def none(n_documents: int) -> IndexMatches:
        """Return the empty matches of a run without an index."""
        names = pa.array([], pa.large_string())
        none = np.empty(0, np.int64), np.empty(0, bool)
        return IndexMatches(names, names, names, *none, Matches.none(), np.full(n_documents, -1))

    @property
    def decided(self) -> npt.NDArray[np.bool_]:
        """Whether each document of the run is dropped for one of these."""
        return self.joins >= 0

    def in_keep_order(self, rank: npt.NDArray[np.int64]) -> IndexMatches:
        """Return the same with the documents of the run numbered by their rank."""
        joins = np.empty_like(self.joins)
        joins[rank] = self.joins
        return replace(self, matches=replace(self.matches, right=rank[self.matches.right]), joins=joins)

    def copies(self, texts: Numbering) -> int:
        """Return how many records of the run are dropped for a document of the index."""
        return int(self.decided[texts.document[texts.document >= 0]].sum())

    def again(self, texts: Numbering, ids: pa.LargeStringArray) -> int:
        """Return how many records of the run are dropped for a document of the same id, from an earlier run."""
        (records,) = np.nonzero(texts.document >= 0)
        joins = self.joins[texts.document[records]]
        records, joins = records[joins >= 0], joins[joins >= 0]
        of = self.ids.take(pa.array(self.matches.left[joins]))
        return pc.sum(pc.equal(ids.take(pa.array(records)), of)).as_py() or 0

    def behind(self, texts: Numbering, n_records: int) -> Numbering:
        """Return the documents of the run followed by these, each with a record of its own."""
        return replace(texts, record=np.concatenate([texts.record, n_records + np.arange(len(self))]))

    def merged(self, matches: Matches, found: Clusters) -> tuple[Matches, Clusters]:
        """Return the matches and clusters of a run, with these matches and the documents dropped by them."""
        if len(self) == 0:
            return matches, found
        n = len(self.joins)
        (dropped,) = np.nonzero(self.decided)
        leader, match = found.leader.copy(), found.match.copy()
        leader[dropped] = n + self.matches.left[self.joins[dropped]]
        match[dropped] = len(matches) + self.joins[dropped]
        here = replace(self.matches, left=n + self.matches.left)
        return Matches.concatenate([matches, here]), Clusters(leader, match)


def best_matches(
    matches: Matches, original: npt.NDArray[np.bool_], last_copy: int, n_documents: int
) -> npt.NDArray[np.int64]:
    """Return the match by which each document of a run is dropped for one of the index, or -1.

    The closest relation, then the highest score, then the document that was added first; as in `dedup.judge.clusters`,
    a text that contains an excerpt is not dropped for it.

    Parameters
    ----------
    matches : Matches
        As in `IndexMatches`.
    original : bool array, shape (n_stored,)
        Whether each document of the index is no copy of another one.
    last_copy : int
        The farthest relation that counts as a copy.
    n_documents : int
    """
    is_copy = matches.are_copies(last_copy) & original[matches.left]
    is_copy &= matches.container != RIGHT
    (copies,) = np.nonzero(is_copy)
    copied = matches.take(copies)
    # The worst first, so that of each document the best is what stays.
    order = np.lexsort((copied.left, -copied.score, copied.relation))[::-1]
    joins = np.full(n_documents, -1)
    joins[copied.right[order]] = copies[order]
    return joins
