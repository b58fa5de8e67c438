"""Few bytes of every document, by number: what is asked of all of them at once, or before they are fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.index.folder.database import Row
from dedup.schema import NO_DATE

BLOCK_BITS = 10
BLOCK = 1 << BLOCK_BITS
"""Documents in one value on the server."""

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


def statistics(records: Records) -> dict[str, Any]:
    """Return counts of the documents from the first one on, and their first and last date."""
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
    """Return the record of a document that is removed."""
    record = np.zeros(1, RECORD)
    record["published"], record["gone"] = NO_DATE, True
    return record.tobytes()


def pieces(first: int, records: Records) -> Iterator[tuple[int, int, bytes]]:
    """Yield what to write of the records of successive documents: block, place in it, bytes."""
    at = 0
    while at < len(records):
        number = first + at
        count = BLOCK - number % BLOCK
        yield number >> BLOCK_BITS, number % BLOCK * RECORD.itemsize, records[at : at + count].tobytes()
        at += count


def place(number: int) -> tuple[int, int]:
    """Return the block of a document, and the place of its record in it."""
    return number >> BLOCK_BITS, number % BLOCK * RECORD.itemsize


def joined(values: list[bytes | None]) -> Records:
    """Return the records of successive blocks; the documents of one that is not there are all removed.

    Raises
    ------
    ValueError
        When they are damaged.
    """
    lost = gone() * BLOCK
    blocks = [lost if value is None else value for value in values]
    padded = [block.ljust(len(lost), b"\0") for block in blocks]
    return np.frombuffer(b"".join(padded), RECORD)
