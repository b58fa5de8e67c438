"""Compute band keys of signatures, and pair the documents that share one."""

from __future__ import annotations

from numba import i8, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.xxh import fmix64


@kernel
def band_keys(signatures: Array, rows: int, keys: Array) -> None:
    """Hash each run of ``rows`` signature values to a key.

    Parameters
    ----------
    signatures : uint32 array, shape (n_documents, at least n_bands * rows)
    rows : int
    keys : uint64 array, shape (n_documents, n_bands)
    """
    for document in range(keys.shape[0]):
        for band in range(keys.shape[1]):
            key = u8(band)
            for row in range(band * rows, (band + 1) * rows):
                key = fmix64(key ^ u8(signatures[document, row])) + u8(0x9E3779B97F4A7C15)
            keys[document, band] = key


@kernel
def bucket_pairs(packed: Array, bits: int, limit: int, pairs: Array, crowded: Array) -> tuple[int, int, int]:
    """Pair each document of a bucket with the first ``limit`` documents before it.

    Parameters
    ----------
    packed : uint64 array, sorted
        Key above ``bits``, document below: a bucket is a run of equal keys, in the order of documents.
    bits : int
    limit : int
    pairs : uint64 array
        Receives earlier document in the upper, later in the lower half; empty: nothing is written, only counted.
    crowded : bool array
        Set for the documents of buckets of more than ``limit + 1``.

    Returns
    -------
    count, largest, first : int
        Pairs found; documents in the largest bucket, and the first of them.
    """
    mask = (u8(1) << u8(bits)) - u8(1)
    count = i8(0)
    largest = i8(0)
    first = i8(0)
    start = i8(0)
    for at in range(1, packed.size + 1):
        if at < packed.size and packed[at] >> u8(bits) == packed[start] >> u8(bits):
            continue
        if at - start > largest:
            largest = at - start
            first = i8(packed[start] & mask)
        if at - start > limit + 1:
            for place in range(start, at):
                crowded[packed[place] & mask] = True
        for later in range(start + 1, at):
            for earlier in range(start, min(later, start + limit)):
                if pairs.size:
                    pairs[count] = (packed[earlier] & mask) << u8(32) | (packed[later] & mask)
                count += 1
        start = at
    return count, largest, first
