"""Find where lines end, 64 bytes at a time."""

from __future__ import annotations

from numba import i8, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.simd import BLOCK, line_feeds, set_bits, trailing_zeros

FEED = 10


@kernel
def count_lines(data: Array) -> int:
    """Return the number of line feeds."""
    count = i8(0)
    at = i8(0)
    while at + BLOCK <= data.size:
        count += set_bits(line_feeds(data, at))
        at += BLOCK
    while at < data.size:
        count += i8(data[at] == FEED)
        at += 1
    return count


@kernel
def line_ends(data: Array, ends: Array) -> None:
    """Write the position after each line feed.

    Parameters
    ----------
    data : uint8 array
    ends : int64 array, shape (count_lines(data),)
    """
    count = i8(0)
    at = i8(0)
    while at + BLOCK <= data.size:
        feeds = line_feeds(data, at)
        while feeds != u8(0):
            ends[count] = at + trailing_zeros(feeds) + 1
            count += 1
            feeds &= feeds - u8(1)
        at += BLOCK
    while at < data.size:
        at += 1
        if data[at - 1] == FEED:
            ends[count] = at
            count += 1


@kernel
def line_end(data: Array, at: int) -> int:
    """Return the position of the first line feed at or after ``at``."""
    while at + BLOCK <= data.size:
        feeds = line_feeds(data, at)
        if feeds != u8(0):
            return at + trailing_zeros(feeds)
        at += BLOCK
    while data[at] != FEED:
        at += 1
    return at
