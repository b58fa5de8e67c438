"""Measure how many numbers of a document another lacks: a rewrite keeps them, the next piece of a series does not."""

from __future__ import annotations

import numpy as np
from numba import i8, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.hash_table import SLOT_SHIFT, table_bits

KIND = 3  # the bits of a token hash that hold its kind, as in dedup.text.tokens
NUMBER = 2
FEW_NUMBERS = 2  # added below the bar: one or two new numbers are little evidence


@kernel
def new_numbers(
    tokens: Array, starts: Array, ends: Array, left: Array, right: Array, multiplier: int, out: Array
) -> None:
    """Measure the share of the shorter document's distinct numbers that the longer one lacks.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    multiplier : int
        That of `dedup.kernels.agreement.find`.
    out : float64 array, shape (n_pairs,)
        New numbers over all numbers of the shorter document and FEW_NUMBERS.
    """
    longest = 1
    for q in range(left.size):
        longest = max(longest, ends[left[q]] - starts[left[q]], ends[right[q]] - starts[right[q]])
    mask = (1 << table_bits(longest)) - 1
    keys = np.zeros(mask + 1, np.uint32)
    stamps = np.zeros(mask + 1, np.int64)  # 1 + the pair at which the left document was entered
    others = np.zeros(mask + 1, np.uint32)
    other_stamps = np.full(mask + 1, -1)
    first = i8(0)  # pair at which the left document was entered
    n_left = 0
    for q in range(left.size):
        if q == 0 or left[q] != left[q - 1]:
            first = q
            n_left = 0
            for token in tokens[starts[left[q]] : ends[left[q]]]:
                if token & u4(KIND) == u4(NUMBER):
                    slot = i8(u8(token) * u8(multiplier) >> u8(SLOT_SHIFT)) & mask
                    while stamps[slot] == first + 1 and keys[slot] != token:
                        slot = (slot + 1) & mask
                    n_left += stamps[slot] != first + 1
                    stamps[slot] = first + 1
                    keys[slot] = token
        n_right = 0
        shared = 0
        for token in tokens[starts[right[q]] : ends[right[q]]]:
            if token & u4(KIND) == u4(NUMBER):
                slot = i8(u8(token) * u8(multiplier) >> u8(SLOT_SHIFT)) & mask
                while other_stamps[slot] == q and others[slot] != token:
                    slot = (slot + 1) & mask
                if other_stamps[slot] == q:
                    continue
                other_stamps[slot] = q
                others[slot] = token
                n_right += 1
                slot = i8(u8(token) * u8(multiplier) >> u8(SLOT_SHIFT)) & mask
                while stamps[slot] == first + 1 and keys[slot] != token:
                    slot = (slot + 1) & mask
                shared += stamps[slot] == first + 1
        right_is_shorter = ends[right[q]] - starts[right[q]] < ends[left[q]] - starts[left[q]]
        count = n_right if right_is_shorter else n_left
        out[q] = (count - shared) / (count + FEW_NUMBERS)
