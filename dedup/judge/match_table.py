"""Hold verified pairs as a table; documents are numbered by their place in keep order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from dedup.schema import MEASURES, NEITHER, UPDATE


@dataclass(frozen=True, slots=True)
class Matches:
    """Verified pairs, with their relation, score and measures.

    Parameters
    ----------
    left, right : int64 array, shape (n_matches,)
    relation : int8 array
        Codes of `dedup.schema`.
    score : float64 array
        In [0, 1], comparable within a relation.
    container : int8 array
        The side that has much besides what it shares, and does not go for the other: LEFT or RIGHT; else NEITHER. Of
        updates the later side, where the earlier may go for it.
    measures : float64 array, shape (len(MEASURES), n_matches)
        NaN where a level does not need a measure.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    relation: npt.NDArray[np.int8]
    score: npt.NDArray[np.float64]
    container: npt.NDArray[np.int8]
    measures: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    def are_copies(self, last_copy: int) -> npt.NDArray[np.bool_]:
        """Return for which matches one side may be dropped, given the farthest relation that counts as a copy."""
        return np.asarray((self.relation <= last_copy) | ((self.relation == UPDATE) & (self.container != NEITHER)))

    def take(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Matches:
        """Return the matches at these places, or where a mask is true."""
        return Matches(*(getattr(self, field.name)[..., which] for field in fields(self)))

    @staticmethod
    def concatenate(parts: Sequence[Matches]) -> Matches:
        """Return one table with the rows of all parts."""
        return Matches(
            *(np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(Matches))
        )

    @staticmethod
    def none() -> Matches:
        """Return a table without rows."""
        return Matches(
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(0, np.int8),
            np.empty(0, np.float64),
            np.empty(0, np.int8),
            np.empty((len(MEASURES), 0), np.float64),
        )
