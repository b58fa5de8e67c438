"""Count the shingles that the documents of candidate pairs share, exactly."""

from __future__ import annotations

from numba import i8, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.hash_table import table_bits, word

SPARSE = 4  # slots of a hash table for each key, and up to twice that: few collisions, which cannot be predicted
USUAL = 5  # tokens in a shingle, by default


@inner_kernel
def shingles(
    tokens: Array, fingerprints: Array, start: int, stop: int, size: int, multiplier: int, hashes: Array
) -> int:
    """Write 64 bits of each shingle of ``tokens[start:stop]`` to ``hashes``; return how many.

    They are the shingles of `dedup.kernels.shingle_hashes.shingle`, of words instead of token hashes. Its 32 bits are
    public, and other words can be made to have them; these are as secret as the multiplier.
    """
    by = u8(multiplier)
    text, marks = tokens[start:stop], fingerprints[start:stop]
    size = min(size, text.size)
    count = text.size - size + 1 if size > 0 else 0
    if size == USUAL:
        for k in range(count):  # a loop of vectors
            key = u8(USUAL)
            for at in range(USUAL):
                key = (key ^ word(text[k + at], marks[k + at])) * by
            hashes[k] = key
        return count
    for k in range(count):
        key = u8(size)
        for at in range(size):
            key = (key ^ word(text[k + at], marks[k + at])) * by
        hashes[k] = key
    return count


@inner_kernel
def insert(hashes: Array, count: int, keys: Array, used: Array, bits: int, stamp: int) -> int:
    """Insert hashes into the table with this stamp; return how many are distinct."""
    distinct = 0
    mask = (1 << bits) - 1
    for k in range(count):
        slot = i8(hashes[k] >> u8(32)) & mask
        while used[slot] == stamp and keys[slot] != hashes[k]:
            slot = (slot + 1) & mask
        distinct += i8(used[slot] != stamp)  # no branch: which are there already cannot be predicted
        used[slot] = stamp
        keys[slot] = hashes[k]
    return distinct


@kernel
def shared_shingles(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    left: Array,
    right: Array,
    size: int,
    multiplier: int,
    hashes: Array,
    keys: Array,
    used: Array,
    seen: Array,
    shared: Array,
    sizes: Array,
) -> None:
    """Count the distinct shingles that both documents of each pair hold.

    Parameters
    ----------
    tokens : uint32 array
    fingerprints : uint16 array
        Of the tokens, as in `dedup.text.tokens.Tokens`.
    starts, ends : int64 array, shape (n_documents,)
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``, whose table is then built once.
    size : int
        Tokens in a shingle.
    multiplier : int
        That of `dedup.kernels.agreement.find`.
    hashes : uint64 array
        Room for the shingles of the longest document.
    keys : uint64 array
    used, seen : uint32 array
        Room for its hash table, ``2 ** table_bits(SPARSE * n)`` each; ``used`` and ``seen`` zero.
    shared : int64 array, shape (n_pairs,)
    sizes : int64 array, shape (n_documents,)
        Distinct shingles of a document; filled in where it is negative and the document is in a pair.
    """
    stamp = u4(0)
    visit = u4(0)
    table_of = i8(-1)
    bits = 0
    for pair in range(left.size):
        a = left[pair]
        b = right[pair]
        if sizes[b] < 0:
            stamp += u4(1)
            table_of = i8(-1)
            count = shingles(tokens, fingerprints, starts[b], ends[b], size, multiplier, hashes)
            sizes[b] = insert(hashes, count, keys, used, table_bits(SPARSE * count), stamp)
        if table_of != a:
            stamp += u4(1)
            table_of = a
            count = shingles(tokens, fingerprints, starts[a], ends[a], size, multiplier, hashes)
            bits = table_bits(SPARSE * count)
            sizes[a] = insert(hashes, count, keys, used, bits, stamp)
        visit += u4(1)
        mask = (1 << bits) - 1
        both = 0
        count = shingles(tokens, fingerprints, starts[b], ends[b], size, multiplier, hashes)
        for k in range(count):
            slot = i8(hashes[k] >> u8(32)) & mask
            while used[slot] == stamp and keys[slot] != hashes[k]:
                slot = (slot + 1) & mask
            if used[slot] == stamp:
                both += i8(seen[slot] != visit)
                seen[slot] = visit
        shared[pair] = both
