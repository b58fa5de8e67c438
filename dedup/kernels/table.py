"""Sizes of open-addressing hash tables."""

from __future__ import annotations

from dedup.kernels.compiled import kernel


@kernel
def table_bits(count: int) -> int:
    """Return the base-2 logarithm of a hash table for ``count`` keys that stays at least half empty."""
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    return bits
