"""Provide open-addressing hash tables that reuse the same memory, distinguished by a stamp."""

from __future__ import annotations

from numba import u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, kernel

KEY_BITS = 48  # of an entry in a hash table, above them its stamp
STAMPS = 1 << (64 - KEY_BITS)  # hash tables that use the same room before it is emptied
SLOT_SHIFT = 20  # of a key times the secret multiplier, the bits from here on choose its slot


@kernel
def table_bits(count: int) -> int:
    """Return the base-2 logarithm of the size of a hash table for ``count`` keys, at least half of it empty."""
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    return bits


@inlined_kernel
def entry(key: int, stamp: int) -> int:
    """Return the entry of a hash table for a key of at most KEY_BITS: the key, and above it the stamp of the table."""
    return u8(stamp) << u8(KEY_BITS) | u8(key)


@inlined_kernel
def find(entries: Array, wanted: int, mask: int, multiplier: int) -> int:
    """Return the slot that holds the entry, or the one where it belongs: free, or left from an older stamp.

    The multiplier is odd and secret: no text can fill one end of a table.
    """
    slot = wanted * multiplier >> u8(SLOT_SHIFT) & mask
    # Another key of the same stamp: one comparison, for which of the two it is not cannot be predicted.
    while u8((entries[slot] ^ wanted) - u8(1)) < u8((1 << KEY_BITS) - 1):
        slot = (slot + u8(1)) & mask
    return slot


@inlined_kernel
def next_stamp(stamp: int, entries: Array) -> int:
    """Return the stamp of a new hash table in the memory of the last one, which is cleared when stamps run out."""
    if stamp + 1 < STAMPS:
        return stamp + 1
    entries[:] = u8(0)
    return 1


@inlined_kernel
def word(token: int, fingerprint: int) -> int:
    """Join a token hash and its fingerprint to one number of KEY_BITS, which identifies the word."""
    return u8(fingerprint) << u8(32) | u8(token)
