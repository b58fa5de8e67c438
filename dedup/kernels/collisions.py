"""Words of one token hash that are not the same word, by their fingerprints."""

from __future__ import annotations

import numpy as np
from numba import i8, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.evidence import SLOT_SHIFT, longest_of
from dedup.kernels.rare import word_pairs
from dedup.kernels.table import table_bits

SPARSE = 4  # slots of a hash table for each key, and up to twice that


@kernel
def collide(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    left: Array,
    right: Array,
    multiplier: int,
    out: Array,
) -> None:
    """Tell in which pairs two words have one token hash: one in each document, or both in the left one.

    Parameters
    ----------
    tokens : uint32 array
    fingerprints : uint16 array
        Of the same tokens.
    starts, ends : int64 array, shape (n_documents,)
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    multiplier : int
        That of `dedup.kernels.evidence.find`.
    out : bool array, shape (n_pairs,)
    """
    size = 1 << table_bits(SPARSE * longest_of(starts, ends, left))
    keys, stamps, marks = np.zeros(size, np.uint32), np.zeros(size, np.uint32), np.zeros(size, np.uint16)
    stamp = u4(0)
    mask = i8(0)
    in_left = False
    by = u8(multiplier)
    for q in range(left.size):
        if q == 0 or left[q] != left[q - 1]:
            stamp += u4(1)
            first, last = starts[left[q]], ends[left[q]]
            mask = i8((1 << table_bits(SPARSE * (last - first))) - 1)
            in_left = False
            for at in range(first, last):
                token = tokens[at]
                slot = i8(u8(token) * by >> u8(SLOT_SHIFT)) & mask
                while stamps[slot] == stamp and keys[slot] != token:
                    slot = (slot + 1) & mask
                if stamps[slot] == stamp:
                    in_left |= marks[slot] != fingerprints[at]
                else:
                    keys[slot], stamps[slot], marks[slot] = token, stamp, fingerprints[at]
        found = i8(in_left)
        for at in range(starts[right[q]], ends[right[q]]):
            token = tokens[at]
            slot = i8(u8(token) * by >> u8(SLOT_SHIFT)) & mask
            while stamps[slot] == stamp and keys[slot] != token:
                slot = (slot + 1) & mask
            found += i8((stamps[slot] == stamp) & (marks[slot] != fingerprints[at]))
        out[q] = found > 0


@kernel
def relist(before: Array, after: Array, listed: Array, pairs: Array, pairs_after: Array, out: Array) -> None:
    """List the rare word pairs of a document some of whose tokens were renamed: those listed before, by new hashes.

    Parameters
    ----------
    before, after : uint32 array, shape (n,)
        The tokens of the document.
    listed : uint32 array
        As `dedup.kernels.rare.list_rare` lists them.
    pairs, pairs_after : uint64 array, shape (n,)
        Room.
    out : uint32 array, as long as ``listed``
    """
    at = i8(0)
    count = word_pairs(before, at, i8(before.size), pairs)
    word_pairs(after, at, i8(after.size), pairs_after)
    for k in range(count):
        if at < listed.size and u4(pairs[k] >> u8(32)) == listed[at]:
            out[at] = u4(pairs_after[k] >> u8(32))
            at += 1
