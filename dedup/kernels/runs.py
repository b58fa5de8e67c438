"""Runs of postings: sorted arrays that are searched by key."""

from __future__ import annotations

from numba import i8, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel

NEAR_GUESS = 64  # entries within which a guess is taken as it is


@kernel
def place_of(postings: Array, wanted: int) -> int:
    """Return the place of the first posting that is not below the wanted one.

    Keys are spread evenly, so that the place is guessed from the value, and guessed anew from what stands there; then
    it is enclosed by steps that double, and halved. A search by halves alone would miss the cache at every step.
    """
    size = i8(postings.size)
    if size == 0:
        return 0
    share = size / 18446744073709551616.0
    at = min(i8(wanted * share), size - 1)
    for _ in range(2):
        found = postings[at]
        if found <= wanted:
            step = i8((wanted - found) * share)
            at = min(at + step, size - 1)
        else:
            step = i8((found - wanted) * share)
            at = max(at - step, 0)
        if step < NEAR_GUESS:
            break
    step = i8(8)
    if postings[at] < wanted:
        low = at  # below the wanted one
        high = min(at + step, size)
        while high < size and postings[high] < wanted:
            low = high
            step *= 2
            high = min(high + step, size)
    else:
        high = at  # not below
        low = max(at - step, -1)
        while low >= 0 and postings[low] >= wanted:
            high = low
            step *= 2
            low = max(low - step, -1)
    while high - low > 1:
        middle = (low + high) >> 1
        if postings[middle] < wanted:
            low = middle
        else:
            high = middle
    return high


@kernel
def search(
    postings: Array, bits: int, keys: Array, owners: Array, limit: int, is_removed: Array, found: Array, count: int
) -> int:
    """Look keys up in a run.

    Parameters
    ----------
    postings : uint64 array, sorted
        Key above ``bits``, number of the document below.
    bits : int
    keys : uint64 array, shape (n_keys,)
        Best sorted: what one lookup brings into the cache serves the next.
    owners : uint64 array, shape (n_keys,)
        Who asks.
    limit : int
        Documents of a posting list that are taken, the first ones.
    is_removed : bool array
        By the number of a document.
    found : uint64 array
        Receives owner in the upper half, document in the lower, while there is room.
    count : int
        Found before.

    Returns
    -------
    int
        Found in all, be there room or not; -1 where a document is named that there is not: the run is damaged.
    """
    mask = (u8(1) << u8(bits)) - u8(1)
    for k in range(keys.size):
        wanted = keys[k] & ~mask
        at = place_of(postings, wanted)
        taken = 0
        while at < postings.size and taken < limit and postings[at] & ~mask == wanted:
            number = postings[at] & mask
            at += 1
            if number >= u8(is_removed.size):
                return -1
            if is_removed[number]:
                continue
            if count < found.size:
                found[count] = owners[k] << u8(32) | number
            count += 1
            taken += 1
    return count
