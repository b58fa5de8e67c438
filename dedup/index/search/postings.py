"""Store and search postings, which say which documents have a key: sorted runs, in memory or in files.

A posting is one number: the upper bits of the key, below them the number of the document. The key bits that are given
up add a false candidate now and then, which is verified like any other. Runs are merged as they grow (O'Neil et al.
1996, The log-structured merge-tree): so there are few of them, and each posting is written few times.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dedup.index.stored import MOST_DOCUMENTS, NUMBER_BITS
from dedup.kernels import sorted_postings as kernel
from dedup.store.scratch import read_only

RATIO = 4
"""In memory a run is merged with the one before it until that one is more than this many times as large."""

_MASK = np.uint64(MOST_DOCUMENTS - 1)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Run = npt.NDArray[np.uint64]


class StoredRun(NamedTuple):
    """A run in a file.

    Parameters
    ----------
    postings : uint64 array, sorted
    sums : uint64 array
        The checksum of each block of postings; empty where whoever stores them has others.
    seen : uint8 array
        Which blocks were verified against their checksums.
    """

    postings: Run
    sums: Run
    seen: npt.NDArray[np.uint8]

    @staticmethod
    def of(postings: Run, sums: Run | None = None) -> StoredRun:
        """Return a run whose postings are not verified yet."""
        sums = np.empty(0, np.uint64) if sums is None else sums
        return StoredRun(read_only(postings), read_only(sums), np.zeros(len(sums), np.uint8))

    def verified(self) -> Run:
        """Return all postings, verified against their checksums.

        Raises
        ------
        ValueError
            When they are not what was written.
        """
        if len(self.sums) and (checksums(self.postings) != self.sums).any():
            raise ValueError("the postings of a run differ from what was written")
        return self.postings


def checksums(postings: Run) -> Run:
    """Return the checksum of each block of sorted postings."""
    sums = np.empty(-(-len(postings) // kernel.SUMMED), np.uint64)
    kernel.checksums(postings, sums)
    return sums


def packed(keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> Run:
    """Return the sorted postings for keys and the documents that have them, arrays of the same shape.

    The keys are multiplied, for the smallest hashes of sketches begin with zeros and a search goes by the upper bits.
    """
    postings = spread(keys) & ~_MASK | numbers.astype(np.uint64)
    postings.sort()
    return postings


def spread(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return keys in the form that postings use."""
    return keys * _MULTIPLIER


def pruned(postings: Run, limit: int) -> Run:
    """Return sorted postings, only the first ``limit`` for each key."""
    keys = postings >> np.uint64(NUMBER_BITS)
    is_beyond = keys[limit:] == keys[:-limit]
    return postings if not is_beyond.any() else postings[np.concatenate([np.ones(limit, bool), ~is_beyond])]


class SearchablePostings(Protocol):
    """Postings of one kind of key, wherever they are: `Postings`, or buckets on a server."""

    def add(self, keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> None:
        """Add postings of documents that come after all others."""

    def search(
        self,
        keys: npt.NDArray[np.uint64],
        owners: npt.NDArray[np.int64],
        limit: int,
        is_removed: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.uint64]:
        """Find the documents that have keys."""


class Postings:
    """All postings of one kind of key.

    Attributes
    ----------
    stored : list of StoredRun
        Runs in files, in the order of the documents in them.
    recent : list of uint64 array
        Runs in memory, of later documents.
    """

    def __init__(self) -> None:
        self.stored: list[StoredRun] = []
        self.recent: list[Run] = []

    def add(self, keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> None:
        """Add postings of documents that come after all others."""
        run = packed(keys, numbers)
        while self.recent and len(self.recent[-1]) <= RATIO * len(run):
            run = np.concatenate([self.recent.pop(), run])
            run.sort()
        self.recent.append(read_only(run))

    def merged(self) -> Run:
        """Return all recent postings as one run."""
        run = np.concatenate([np.empty(0, np.uint64), *self.recent])
        run.sort()
        return run

    def search(
        self,
        keys: npt.NDArray[np.uint64],
        owners: npt.NDArray[np.int64],
        limit: int,
        is_removed: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.uint64]:
        """Find the documents that have keys.

        Parameters
        ----------
        keys : uint64 array, shape (n,)
        owners : int64 array, shape (n,)
            Which text asks for each, a number below 2 ** 32.
        limit : int
            Documents taken of each key and run, the first ones.
        is_removed : bool array
            By document: those that do not count.

        Returns
        -------
        uint64 array, sorted
            Owner in the upper half, document in the lower; once for each key that they have in common.

        Raises
        ------
        ValueError
            When a run is damaged.
        """
        wanted = spread(keys)
        order = np.argsort(wanted) if len(keys) > 1 else np.zeros(len(keys), np.int64)
        wanted, asking = wanted[order], owners[order].astype(np.uint64)
        room = np.empty(1024 + 8 * len(keys), np.uint64)
        count = 0
        for run in (*self.stored, *map(StoredRun.of, self.recent)):
            before = count
            while (count := kernel.search(*run, NUMBER_BITS, wanted, asking, limit, is_removed, room, before)) > len(
                room
            ):
                room = np.concatenate([room[:before], np.empty(2 * (count - before) + before, np.uint64)])
            if count < 0:
                raise ValueError("the postings of a run differ from what was written")
        found = room[:count]
        found.sort()
        return found
