"""Take some of the records of a source, and write back only those of them that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.io.kept_form import KeptForm
from dedup.io.source import Source
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    import numpy.typing as npt


class SourcePart:
    """Some records of a source that was read to its end; all else is as of the source.

    Parameters
    ----------
    source : Source
    places : int64 array, ascending
        Where the records are among all of the source.
    size : int
        Records of the source.
    """

    def __init__(self, source: Source, places: npt.NDArray[np.int64], size: int) -> None:
        self._source = source
        self._places = places
        self._size = size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        """Write the kept ones of these records."""
        return self._source.write_kept(self._of_all(kept), place, form, meter)

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept ones of these records."""
        return self._source.kept_table(self._of_all(kept))

    def _of_all(self, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        of_all = np.zeros(self._size, bool)
        of_all[self._places] = kept
        return of_all
