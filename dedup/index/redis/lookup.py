"""Look up documents by id, and copies by their original, through postings in the same buckets as those of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.candidates.pairs import split
from dedup.index.redis.buckets import BucketPostings
from dedup.index.stored import MOST_DOCUMENTS, DocumentNumbers, Row

ID, ORIGINAL = 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3
"""Salts that tell these kinds of keys from those of texts."""


class Lookup:
    """Documents by their ids, and copies by the number of their original.

    A document that is found may have another id, or another original by now: whoever asks must look at it.

    Attributes
    ----------
    ids, copies : BucketPostings
    """

    def __init__(self) -> None:
        self.ids, self.copies = BucketPostings(ID), BucketPostings(ORIGINAL)

    def add(self, rows: Sequence[Row]) -> None:
        """Add postings of documents."""
        self.ids.add(_id_keys([row.id for row in rows]), np.array([row.number for row in rows], np.int64))
        self.add_copies(rows)

    def add_copies(self, rows: Sequence[Row]) -> None:
        """Add postings of the copies among some documents, by their originals."""
        pairs = [(row.copy_of, row.number) for row in rows if row.copy_of is not None]
        if pairs:
            originals, numbers = np.array(pairs, np.int64).T
            self.copies.add(originals.astype(np.uint64), numbers)

    def of_ids(self, ids: Sequence[str], is_removed: npt.NDArray[np.bool_]) -> tuple[DocumentNumbers, DocumentNumbers]:
        """Return positions in some ids, and the numbers of the documents that may have them."""
        return split(self.ids.search(_id_keys(ids), np.arange(len(ids)), MOST_DOCUMENTS, is_removed))

    def of_original(self, number: int, is_removed: npt.NDArray[np.bool_]) -> DocumentNumbers:
        """Return the numbers of documents that may be copies of one; of very many, only some have postings."""
        asked = np.array([number], np.uint64), np.zeros(1, np.int64)
        found: DocumentNumbers = np.unique(split(self.copies.search(*asked, MOST_DOCUMENTS, is_removed))[1])
        return found


def _id_keys(ids: Sequence[str]) -> npt.NDArray[np.uint64]:
    return np.array([xxhash.xxh3_64_intdigest(id.encode()) for id in ids], np.uint64)
