"""Store postings on the server in buckets, whose number grows with the postings, one bucket at a time.

A bucket holds the postings of a range of keys, sorted. There are between 2 ** k and 2 ** (k + 1) buckets: ranges of
the upper k bits of which the first ones have been halved (linear hashing, Litwin 1980, by the upper bits instead of
the lower). So a client knows from the number of buckets alone where each key is; few buckets change when it grows;
and buckets read in the order of their ranges are one sorted run, as `dedup.index.search.postings` searches it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.errors import StorageError
from dedup.index.search.postings import Postings, Run, StoredRun, pruned, spread
from dedup.index.stored import MOST_DOCUMENTS

FEWEST = 16
"""Buckets of an empty index."""

LONGEST = 256
"""Documents held of a key, at least; or twice as many as are ever met, so that some may be removed."""

TRIES = 50

_NUMBER = np.uint64(MOST_DOCUMENTS - 1)

Names = npt.NDArray[np.uint32]
"""Buckets: the upper 32 bits of where the range of each begins."""

Read = Callable[[Sequence[bytes]], "tuple[int, list[bytes | None]]"]
"""Returns the number of buckets, and what is in those of these names, both at one moment.

If the number changed meanwhile: the new one, below zero, and nothing.
"""


def names_of(postings: Run, buckets: int) -> Names:
    """Return the bucket of each posting.

    Parameters
    ----------
    postings : uint64 array
    buckets : int
        How many there are.
    """
    level = buckets.bit_length() - 1
    halved = buckets - (1 << level)
    top = postings >> np.uint64(63 - level)
    top[top >> np.uint64(1) >= halved] &= ~np.uint64(1)
    return (top << np.uint64(31 - level)).astype(np.uint32)


def names_from(name: int, buckets: int, limit: int) -> Names:
    """Return the next buckets, ascending, beginning with one; at most ``limit``.

    Parameters
    ----------
    name : int
        Where the range of a bucket begins, or 2 ** 32.
    buckets, limit : int
    """
    level = buckets.bit_length() - 1
    halved = buckets - (1 << level)
    border = halved << (32 - level)
    first = name >> (31 - level)
    fine = np.arange(first, min(2 * halved, first + limit), dtype=np.uint64) << np.uint64(31 - level)
    first = max(name, border) >> (32 - level)
    coarse = np.arange(first, min(1 << level, first + limit), dtype=np.uint64) << np.uint64(32 - level)
    return np.concatenate([fine, coarse])[:limit].astype(np.uint32)


def halved_between(before: int, after: int) -> Names:
    """Return the buckets, of ``before``, that are halved when their number grows to ``after``, ascending."""
    found = [np.empty(0, np.uint64)]
    at = before
    while at < after:
        level = at.bit_length() - 1
        stop = min(after, 2 << level)
        found.append(np.arange(at - (1 << level), stop - (1 << level), dtype=np.uint64) << np.uint64(64 - level))
        at = stop
    return distinct(names_of(np.concatenate(found), before))


def fields(names: Names) -> list[bytes]:
    """Return the names of buckets on the server: four bytes each."""
    listed: list[bytes] = names.astype(">u4").view("V4").tolist()
    return listed


class BucketUpdate(NamedTuple):
    """The changes to buckets that a commit writes.

    Parameters
    ----------
    buckets, postings : int
        How many buckets there come to be, and postings in all of them.
    names, values
        What is to be written.
    emptied : Names
        Buckets in which there is nothing any more.
    """

    buckets: int
    postings: int
    names: Names
    values: list[bytes]
    emptied: Names


class Buckets:
    """The buckets that a client has read in one call.

    Parameters
    ----------
    read : Read
    count : int
        Buckets that there are.
    end : int
        Number of the next document: postings of it, and of later ones, are not seen.
    longest : int
        Documents held of a key.
    load : int
        Postings of a bucket on average, from which there come to be more of them.
    """

    def __init__(self, read: Read, count: int, end: int, longest: int = LONGEST, load: int = 24) -> None:
        self.count = count
        self._load = load
        self._longest = longest
        self._read = read
        self._end = end
        self._forget()

    def _forget(self) -> None:
        self._names: Names = np.empty(0, np.uint32)
        self._run: Run = np.empty(0, np.uint64)

    def run(self, wanted: Run) -> Run:
        """Return a sorted run that has all postings of some keys, and others."""
        self._require(wanted)
        return self._run

    def _require(self, wanted: Run, also: Callable[[], Names] | None = None) -> Names:
        """Read the buckets of some postings, and further ones; return the names of all these, ascending."""
        for _ in range(TRIES):
            names = names_of(wanted, self.count)
            names = distinct(names if also is None else np.concatenate([names, also()]))
            lacking = names[~_among(names, self._names)]
            if len(lacking) == 0:
                return names
            count, values = self._read(fields(lacking))
            if count == self.count:
                self._take(lacking, values)
                return names
            self.count = abs(count)  # somebody has halved buckets meanwhile
            self._forget()
        raise StorageError("the index changes faster than it can be read", hint="try again")

    def _take(self, names: Names, values: list[bytes | None]) -> None:
        run = sorted_run(values)
        if len(run) and self._end < MOST_DOCUMENTS:
            run = run[(run & _NUMBER) < np.uint64(self._end)]
        self._run = np.concatenate([self._run, run])
        self._run.sort(kind="stable")  # two sorted ones: it merges them
        self._names = np.sort(np.concatenate([self._names, names]))

    def with_more(self, fresh: Run, postings: int, is_removed: npt.NDArray[np.bool_]) -> BucketUpdate:
        """Compute the buckets with new postings added, and those of removed documents deleted.

        Parameters
        ----------
        fresh : uint64 array, sorted
        postings : int
            How many there are.
        is_removed : bool array
            By the number of a document.
        """
        after = max(self.count, (postings + len(fresh)) // self._load)
        changed = self._require(fresh, lambda: halved_between(self.count, after))
        old = _of(self._run, self.count, changed)
        merged = np.concatenate([old, fresh])
        merged.sort(kind="stable")
        merged = merged[~is_removed[merged & _NUMBER]]
        merged = pruned(merged, self._longest)
        names, values = in_buckets(merged, after)
        emptied = changed[~_among(changed, names)]
        return BucketUpdate(after, postings + len(merged) - len(old), names, values, emptied)


def distinct(names: Names) -> Names:
    """Return the distinct names, ascending."""
    names = np.sort(names)
    return names[_first(names)]


def _first(names: Names) -> npt.NDArray[np.bool_]:
    """Return whether each of some sorted names differs from the one before it."""
    is_first = np.ones(len(names), bool)
    np.not_equal(names[1:], names[:-1], out=is_first[1:])
    return is_first


def _among(names: Names, others: Names) -> npt.NDArray[np.bool_]:
    """Return whether each of some names is among others; both are ascending."""
    if len(others) == 0:
        return np.zeros(len(names), bool)
    is_among: npt.NDArray[np.bool_] = others[np.minimum(np.searchsorted(others, names), len(others) - 1)] == names
    return is_among


def _of(run: Run, buckets: int, names: Names) -> Run:
    """Return the postings of some buckets in a sorted run."""
    buckets_of_postings = names_of(run, buckets)
    (begins,) = np.nonzero(_first(buckets_of_postings))
    wanted = _among(buckets_of_postings[begins], names)
    return run[np.repeat(wanted, np.diff(begins, append=len(run)))]


def sorted_run(values: list[bytes | None]) -> Run:
    """Return the postings of buckets, which were read in the order of their ranges.

    Raises
    ------
    ValueError
        When they are damaged.
    """
    together = b"".join(value for value in values if value)
    if len(together) % 8:
        raise ValueError("a bucket is damaged")
    return np.frombuffer(together, "<u8").astype(np.uint64)


def in_buckets(run: Run, buckets: int) -> tuple[Names, list[bytes]]:
    """Return the buckets of a sorted run, and the content of each."""
    if len(run) == 0:
        return np.empty(0, np.uint32), []
    names = names_of(run, buckets)
    (begins,) = np.nonzero(_first(names))
    data = run.astype("<u8").tobytes()
    bounds = (8 * np.append(begins, len(run))).tolist()
    values = [data[begin:end] for begin, end in pairwise(bounds)]
    return names[begins], values


class BucketPostings:
    """Postings of one kind of key, in memory and in the buckets that all kinds share.

    Parameters
    ----------
    salt : int
        A number that distinguishes the kind.
    """

    def __init__(self, salt: int) -> None:
        self._salt = np.uint64(salt)
        self._postings = Postings()
        self._buckets: Buckets | None = None

    def read_from(self, buckets: Buckets) -> None:
        """Search these buckets from now on; forget the uncommitted postings."""
        self._buckets = buckets
        self._postings = Postings()

    def add(self, keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> None:
        """Add postings, which stay in memory until they are committed."""
        self._postings.add(keys ^ self._salt, numbers)

    def merged(self) -> Run:
        """Return the uncommitted postings as one run."""
        return self._postings.merged()

    def search(
        self,
        keys: npt.NDArray[np.uint64],
        owners: npt.NDArray[np.int64],
        limit: int,
        is_removed: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.uint64]:
        """Find the documents that have keys, on the server and among uncommitted postings; as `Postings.search`."""
        assert self._buckets is not None
        salted = keys ^ self._salt
        self._postings.stored = [StoredRun.of(self._buckets.run(spread(salted)))]
        return self._postings.search(salted, owners, limit, is_removed)
