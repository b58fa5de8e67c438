"""Hold the credits of records: which agency each one names, and whether it says that it draws on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import Agencies
from dedup.attribution.credits import credits_at_ends
from dedup.run.records import Records


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits of some records.

    Parameters
    ----------
    records : int64 array, ascending, shape (n,)
    agency : int64 array, shape (n,)
        UNKNOWN for none.
    drawn_on : bool array, shape (n,)
        As in `dedup.attribution.direction.Sides`.
    """

    records: npt.NDArray[np.int64]
    agency: npt.NDArray[np.int64]
    drawn_on: npt.NDArray[np.bool_]

    @staticmethod
    def read(records: Records, which: npt.NDArray[np.int64], agencies: Agencies) -> Credits:
        """Search the ends of the texts of these records."""
        return Credits(which, *credits_at_ends(records.text_ends, records.sizes, which, agencies))

    def of(self, which: npt.NDArray[np.int64]) -> Credits:
        """Return those of these records, all of which must be there."""
        at = np.searchsorted(self.records, which)
        return Credits(which, self.agency[at], self.drawn_on[at])
