"""Pack candidate pairs of documents into one number each, and define the result of a search for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.schema import NO_DATE

Pairs = npt.NDArray[np.uint64]
"""Sorted distinct pairs: earlier document in the upper half, later one in the lower."""

MICROSECONDS_AN_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """The largest group of documents that share a key: its size and its first document."""

    size: int
    document: int


class Candidates(NamedTuple):
    """The result of a search for candidate pairs.

    Parameters
    ----------
    pairs : uint64 array
        Sorted, distinct.
    largest : Bucket
        The largest bucket or posting list.
    crowded : int64 array, ascending
        Documents in a bucket or list of more than ``limit + 1``: they may not have been compared with all others in it.
    """

    pairs: Pairs
    largest: Bucket
    crowded: npt.NDArray[np.int64]


def distinct(*parts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct values of all parts, ascending; unlike NumPy's ``unique``, by sorting and not by hashing."""
    values = np.concatenate(parts)
    values.sort()
    is_new = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=is_new[1:])
    return np.asarray(values[is_new])


def split(pairs: Pairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the earlier and the later document of each pair."""
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def joined(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Pairs:
    """Return pairs of earlier and later documents, sorted: the inverse of `split`."""
    return np.sort(left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64))


def within(pairs: Pairs, published: npt.NDArray[np.int64], window: float | None) -> Pairs:
    """Return the pairs whose dates are no further apart than the limit, and those without dates.

    Parameters
    ----------
    pairs : uint64 array, sorted
    published : int64 array, shape (n_documents,)
        Microseconds since 1970 UTC, or NO_DATE.
    window : float or None
        Hours; None: no limit.
    """
    if window is None:
        return pairs
    left, right = (published[side] for side in split(pairs))
    dated = (left != NO_DATE) & (right != NO_DATE)
    apart = np.where(dated, right - left, 0)
    return pairs[np.abs(apart) <= window * MICROSECONDS_AN_HOUR]
