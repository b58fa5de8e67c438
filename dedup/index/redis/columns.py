"""Store a few bytes of each document in columns, to answer questions about all documents at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.index.stored import Row
from dedup.schema import NO_DATE

RECORD = np.dtype([("published", "<i8"), ("size", "<u4"), ("copy_of", "<u4"), ("sketch", "u1"), ("gone", "u1")])
"""Date, bytes of the text, the document it is a copy of or 0, rare pairs in its sketch, whether it is removed."""

Records = npt.NDArray[np.void]


def records_of(rows: list[Row], sketches: npt.NDArray[np.uint8]) -> Records:
    """Return the records of documents."""
    records = np.zeros(len(rows), RECORD)
    records["published"] = [NO_DATE if row.published is None else row.published for row in rows]
    records["size"] = [row.size for row in rows]
    records["copy_of"] = [row.copy_of or 0 for row in rows]
    records["sketch"] = sketches
    return records


def with_gaps(records: Records, numbers: npt.NDArray[np.int64], end: int) -> Records:
    """Return the records of documents among those of removed ones, up to a number; the first is the first of them."""
    every = np.frombuffer(gone() * end, RECORD).copy()
    every[numbers] = records
    return every


def statistics(records: Records) -> dict[str, Any]:
    """Return the counts of the documents from a number on, with their first and last date."""
    is_gone = np.concatenate([[True], records["gone"] > 0])
    there = records[~is_gone[1:]]
    dates = there["published"][there["published"] != NO_DATE]
    return {
        "documents": len(there),
        "text_bytes": int(there["size"].sum()),
        "copies": int((~is_gone[there["copy_of"]]).sum()),
        "first": int(dates.min()) if len(dates) else None,
        "last": int(dates.max()) if len(dates) else None,
    }


def gone() -> bytes:
    """Return the record of a removed document."""
    record = np.zeros(1, RECORD)
    record["published"], record["gone"] = NO_DATE, True
    return record.tobytes()


class Blocks:
    """The blocks in which the columns are stored: the records of ``size`` successive documents in one value.

    Parameters
    ----------
    bits : int
        Base-2 logarithm of the documents in a block.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.size = 1 << bits

    def place(self, number: int) -> tuple[int, int]:
        """Return the block of a document, and the position of its record in the block."""
        return number >> self.bits, number % self.size * RECORD.itemsize

    def pieces(self, first: int, records: Records) -> Iterator[tuple[int, int, bytes]]:
        """Yield the writes for the records of successive documents: block, position in it, bytes.

        A block of which all documents are removed is not written.
        """
        at = 0
        while at < len(records):
            block, place = self.place(first + at)
            count = self.size - (first + at) % self.size
            part = records[at : at + count]
            if len(part) < self.size or not part["gone"].all():
                yield block, place, part.tobytes()
            at += count

    def joined(self, values: list[bytes | None]) -> Records:
        """Return the records of successive blocks; a missing block means that all its documents are removed.

        Raises
        ------
        ValueError
            When they are damaged.
        """
        lost = gone() * self.size
        blocks = [lost if value is None else value for value in values]
        padded = [block.ljust(len(lost), b"\0") for block in blocks]
        return np.frombuffer(b"".join(padded), RECORD)
