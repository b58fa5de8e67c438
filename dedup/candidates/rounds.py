"""Compare documents in rounds, so that a text carried a thousand times is not compared a million times.

A hot bucket (boilerplate, a text carried a thousand times) is not expanded: in a round each document meets only the
first few of its bucket. Those that match are then dropped, and the next round is held among the kept documents of such
buckets only, with twice the limit. So a bucket of m costs O(m) a round; what is left uncompared at the end is reported.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Pairs, distinct

ROUNDS = 3


class Rounds:
    """The documents that are compared in the current round, and the pairs compared so far.

    Parameters
    ----------
    documents : int64 array, ascending
        All that take part.
    limit : int
        How many documents of its bucket each one meets in the first round.

    Attributes
    ----------
    documents : int64 array, ascending
        Those that meet in this round; after the last one those that may not have met all others.
    limit : int
        Of this round.
    compared : uint64 array, sorted
        Pairs that were compared.
    crowded : int64 array, ascending
        Documents that stood in a crowded bucket in the first round; of those that were dropped since it is not known
        whether they match all that they would match.
    is_complete : bool
        Whether no bucket hides a pair of kept documents.

    Examples
    --------
    >>> rounds = Rounds(documents, limit=16)  # doctest: +SKIP
    >>> while rounds.is_open:  # doctest: +SKIP
    ...     found = search(rounds.documents, rounds.limit)
    ...     new = rounds.new(found.pairs)
    ...     rounds.close(found.crowded, judge(new))
    """

    def __init__(self, documents: npt.NDArray[np.int64], limit: int) -> None:
        self.documents = self.crowded = documents
        self.limit = limit
        self.compared: Pairs = np.empty(0, np.uint64)
        self.is_complete = False
        self._closed = 0

    @property
    def is_open(self) -> bool:
        """Whether another round is needed."""
        return not self.is_complete and self._closed < ROUNDS

    def new(self, pairs: Pairs) -> Pairs:
        """Return the pairs that have not been compared yet, and mark them as compared."""
        left = np.setdiff1d(pairs, self.compared, assume_unique=True)
        self.compared = distinct(self.compared, left)
        return left

    def close(self, crowded: npt.NDArray[np.int64], is_kept: npt.NDArray[np.bool_]) -> None:
        """End a round.

        Parameters
        ----------
        crowded : int64 array, ascending
            Documents that may not have met all others of a bucket in this round.
        is_kept : bool array, shape (n_documents,)
            Which documents of the whole corpus are kept by all matches so far.
        """
        # Who stood in no crowded bucket in the first round has met everyone.
        self.crowded = self.crowded if self._closed else crowded
        survivors = self.crowded[is_kept[self.crowded]]
        # A match may bring a document back that an earlier one had dropped: it has not met the others yet.
        came_back = not np.isin(survivors, self.documents, assume_unique=True).all()
        self.is_complete = len(crowded) == 0 and not came_back
        self.documents = survivors if came_back else crowded[is_kept[crowded]]
        self.limit *= 2
        self._closed += 1
