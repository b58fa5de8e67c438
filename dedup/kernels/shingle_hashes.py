"""Hash the shingles of tokenised documents, and compute their MinHash signatures."""

from __future__ import annotations

from numba import u4

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.xxh import fmix32, xxh32_five, xxh32_words

TILE = 4  # permutations taken together, so that each shingle is loaded once for all of them
EMPTY = 0xFFFFFFFF  # signature value of a document without shingles


@kernel
def shingle(tokens: Array, start: int, stop: int, size: int, hashes: Array) -> int:
    """Write the shingle hashes of ``tokens[start:stop]`` to ``hashes``; return how many.

    A shingle is ``size`` tokens in a row; a shorter document is one shingle, an empty one has none.
    """
    if stop <= start:
        return 0
    if stop - start < size:
        hashes[0] = xxh32_words(tokens, start, stop - start)
        return 1
    count = stop - start - size + 1
    if size == 5:
        text = tokens[start:stop]  # its places are not negative: a loop of vectors
        for k in range(count):
            hashes[k] = xxh32_five(text, k)
    else:
        for k in range(count):
            hashes[k] = xxh32_words(tokens, start + k, size)
    return count


@inner_kernel
def sign(hashes: Array, count: int, a: Array, b: Array, signature: Array) -> None:
    """Write, for each permutation, the least ``a * fmix32(hash) + b`` modulo 2^32 over the shingle hashes.

    ``hashes`` is overwritten. The length of ``a``, ``b`` and ``signature`` is a multiple of ``TILE``.
    """
    for k in range(count):
        hashes[k] = fmix32(hashes[k])
    for p in range(0, signature.size, TILE):
        a0, a1, a2, a3 = a[p], a[p + 1], a[p + 2], a[p + 3]
        b0, b1, b2, b3 = b[p], b[p + 1], b[p + 2], b[p + 3]
        low0 = low1 = low2 = low3 = u4(EMPTY)
        for k in range(count):
            value = hashes[k]
            low0 = min(low0, u4(u4(a0 * value) + b0))
            low1 = min(low1, u4(u4(a1 * value) + b1))
            low2 = min(low2, u4(u4(a2 * value) + b2))
            low3 = min(low3, u4(u4(a3 * value) + b3))
        signature[p], signature[p + 1], signature[p + 2], signature[p + 3] = low0, low1, low2, low3


@kernel
def signatures(tokens: Array, offsets: Array, size: int, a: Array, b: Array, hashes: Array, out: Array) -> None:
    """Sign every document.

    Parameters
    ----------
    tokens : uint32 array
    offsets : int64 array, shape (n_documents + 1,)
    size : int
        Tokens in a shingle.
    a, b : uint32 array, shape (n_perm,)
    hashes : uint32 array
        Room for the shingles of the longest document.
    out : uint32 array, shape (n_documents, n_perm)
    """
    for document in range(offsets.size - 1):
        count = shingle(tokens, offsets[document], offsets[document + 1], size, hashes)
        sign(hashes, count, a, b, out[document])
