"""Hold the records of a run as they were read: ids, dates, sources, titles, and the place of the tokens of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.dates import UnreadableDates
from dedup.store.corpus import Segments

SHOWN_BYTES = 96
"""Bytes of the beginning of a text that are shown to people."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The records that could not be used.

    Parameters
    ----------
    records : int64 array, ascending, shape (n_rejected,)
    reasons : pyarrow.LargeStringArray
    raw : pyarrow.LargeBinaryArray
        The bytes of each as they were in the input, or the first of them.
    sizes : int64 array, shape (n_rejected,)
        Bytes of each; -1 where reading stopped before its end.
    """

    records: npt.NDArray[np.int64]
    reasons: pa.LargeStringArray
    raw: pa.LargeBinaryArray
    sizes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a run, in input order, including rejected ones, which have no tokens.

    Parameters
    ----------
    ids, sources, titles, urls : pyarrow.LargeStringArray
        All but the ids null where there is none.
    files : list of str
    file, row : integer arrays, shape (n,)
        Index into ``files``, and the row in it.
    published : int64 array
        Microseconds since 1970 UTC or NO_DATE.
    sizes : int64 array, shape (n,)
        Bytes of each text; 0 where there is none.
    digests : uint64 array, shape (n, 2)
    starts, ends : int64 array
        Where the tokens lie in ``tokens``.
    tokens : uint32 array
    fingerprints : uint16 array
        Of the tokens.
    segments : Segments
        The sentences and lines of each record.
    keys : tuple of uint64 array, each of shape (n,)
        Band keys, an array for each band.
    text_ends : uint8 array, shape (n, HEAD_BYTES + TAIL_BYTES)
        First and last bytes of each text, as `dedup.attribution.credits.ends_of` gives them.
    rejected : Rejected
    text_bytes : int
    unread : UnreadableDates
        Dates that are there but cannot be read.
    has_dates : bool
        Whether any record has a date.
    """

    ids: pa.LargeStringArray
    sources: pa.LargeStringArray
    titles: pa.LargeStringArray
    urls: pa.LargeStringArray
    files: list[str]
    file: npt.NDArray[np.int32]
    row: npt.NDArray[np.int64]
    published: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    digests: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.uint32]
    fingerprints: npt.NDArray[np.uint16]
    segments: Segments
    keys: tuple[npt.NDArray[np.uint64], ...]
    text_ends: npt.NDArray[np.uint8]
    rejected: Rejected
    text_bytes: int
    unread: UnreadableDates
    has_dates: bool

    def __len__(self) -> int:
        return len(self.row)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Number of tokens of each record."""
        return self.ends - self.starts

    def take(self, places: npt.NDArray[np.int64]) -> Records:
        """Return the records at these ascending places, all rejected ones among them."""
        some = pa.array(places)
        names = ("file", "row", "published", "sizes", "digests", "starts", "ends", "text_ends")
        arrays = {name: getattr(self, name)[places] for name in names}
        return replace(
            self,
            **arrays,
            **{name: getattr(self, name).take(some) for name in ("ids", "sources", "titles", "urls")},
            segments=self.segments.take(places),
            keys=tuple(keys[places] for keys in self.keys),
            rejected=replace(self.rejected, records=np.searchsorted(places, self.rejected.records)),
            text_bytes=int(arrays["sizes"].sum()),
        )

    def head(self, record: int) -> str:
        """Return the first words of a record's text."""
        size = min(int(self.sizes[record]), SHOWN_BYTES)
        text = self.text_ends[record, :size].tobytes().decode("utf-8", "ignore")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())
