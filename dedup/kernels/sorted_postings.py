"""Search runs of postings, which are sorted arrays, by key, and check them for damage."""

from __future__ import annotations

from numba import i8, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel

NEAR_GUESS = 64  # entries within which a guess is taken as it is
SUMMED = 512  # postings that have a checksum together: a page of memory
MULTIPLIER = 0x9E3779B97F4A7C15


@inner_kernel
def checksum(postings: Array, block: int) -> int:
    """Return the checksum of a block of postings; a change of any single posting changes it."""
    found = u8(SUMMED)
    for posting in postings[block * SUMMED : (block + 1) * SUMMED]:
        found = (found ^ posting) * u8(MULTIPLIER)
        found ^= found >> u8(29)
    return found


@kernel
def checksums(postings: Array, out: Array) -> None:
    """Write the checksum of each block."""
    for block in range(out.size):
        out[block] = checksum(postings, block)


@inner_kernel
def verify(postings: Array, sums: Array, seen: Array, block: int) -> bool:
    """Return whether a block is unchanged since it was written, and note that it is."""
    if checksum(postings, block) != sums[block]:
        return False
    seen[block] = 1
    return True


@inner_kernel
def is_right(postings: Array, sums: Array, seen: Array, at: int, wanted: int) -> bool:
    """Return whether a place is that of the first posting not below the wanted one, in a run with known sums.

    Whatever was read on the way to it: if the postings on either side of it are what was written it is the right one.
    """
    if at > 0:
        block = (at - 1) // SUMMED
        if not (seen[block] or verify(postings, sums, seen, block)) or postings[at - 1] >= wanted:
            return False
    if at < postings.size:
        block = at // SUMMED
        if not (seen[block] or verify(postings, sums, seen, block)) or postings[at] < wanted:
            return False
    return True


@kernel
def place_of(postings: Array, wanted: int) -> int:
    """Return the place of the first posting that is not below the wanted one.

    Keys are spread evenly, so that the place is guessed from the value, and guessed again from the key found there;
    then it is enclosed by steps that double, and halved. A binary search alone would miss the cache at every step.
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
    postings: Array,
    sums: Array,
    seen: Array,
    bits: int,
    keys: Array,
    owners: Array,
    limit: int,
    is_removed: Array,
    found: Array,
    count: int,
) -> int:
    """Look keys up in a run.

    Parameters
    ----------
    postings : uint64 array, sorted
        Key above ``bits``, number of the document below.
    sums : uint64 array
        The checksum of each block of SUMMED postings; empty: not known.
    seen : uint8 array, one of each block
        Whether it was held against its checksum.
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
        Found in all, be there room or not; -1 where the run is damaged.
    """
    mask = (u8(1) << u8(bits)) - u8(1)
    is_summed = sums.size > 0
    for k in range(keys.size):
        wanted = keys[k] & ~mask
        at = place_of(postings, wanted)
        if is_summed and not is_right(postings, sums, seen, at, wanted):
            return -1
        taken = 0
        while at < postings.size and taken < limit and postings[at] & ~mask == wanted:
            if is_summed and not seen[at // SUMMED] and not verify(postings, sums, seen, at // SUMMED):
                return -1
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
