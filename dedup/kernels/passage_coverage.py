"""Sketch documents by their passages, and measure the share of two texts that lies in shared passages."""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u8

from dedup.kernels.agreement import LEAD_FROM, SPARSE, cover, lead, longest_of, runs
from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, kernel
from dedup.kernels.hash_table import entry, find, next_stamp, table_bits
from dedup.kernels.simd import BLOCK
from dedup.kernels.word_pair_sketches import bottom, word_pairs


@inlined_kernel
def turned(value: int, bits: int) -> int:
    """Rotate a 64-bit value to the left."""
    return u8(u8(value) << u8(bits) | u8(value) >> u8(64 - bits))


@kernel
def sketch(tokens: Array, starts: Array, ends: Array, documents: Array, out: Array, sizes: Array) -> None:
    """Sketch documents by the smallest hashes of their runs of six words.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which documents to sketch.
    out : uint64 array, shape (len(documents), sketch size)
        Receives distinct hashes in ascending order.
    sizes : uint16 array, shape (len(documents),)
        Receives how many.
    """
    longest = longest_of(starts, ends, documents)
    pairs = np.empty(longest + 4, np.uint64)
    hashes = np.empty(longest, np.uint64)
    counts = np.ones(longest, np.uint8)
    flags = np.empty(longest + BLOCK, np.uint8)
    some = np.empty(longest, np.uint64)
    ordered = np.empty(longest, np.uint64)
    for row in range(documents.size):
        count = word_pairs(tokens, starts[documents[row]], ends[documents[row]], pairs)
        # Three pairs side by side are six words; the pairs' hashes are mixed already.
        count = max(count - 4, 0)
        for k in range(count):
            hashes[k] = turned(pairs[k], 21) ^ turned(pairs[k + 2], 42) ^ pairs[k + 4]
        sizes[row] = bottom(hashes[:count], counts[:count], u1(1), u1(1), flags, some, ordered, out[row])


@kernel
def coverage(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    left: Array,
    right: Array,
    multiplier: int,
    out: Array,
) -> None:
    """Measure the share of each document of a pair that lies in runs of five words that both have.

    Parameters
    ----------
    tokens, fingerprints, starts, ends
        As for `dedup.kernels.agreement.agreement`.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    multiplier : int
        That of `dedup.kernels.agreement.find`.
    out : float64 array, shape (n_pairs, 3)
        Covered share of the shorter text, of the longer; and the lower `lead` of both.
    """
    longest = max(longest_of(starts, ends, left), longest_of(starts, ends, right))
    passages = np.zeros(1 << table_bits(SPARSE * longest), np.uint64)
    seen = np.zeros(passages.size, np.int32)
    left_slots = np.zeros(longest, np.uint32)
    hashes = np.zeros(longest, np.uint64)
    hits = np.zeros(longest, np.uint8)
    covered = np.zeros(longest, np.uint8)
    n_left = 0
    stamp = 0
    mask = u8(0)
    for q in range(left.size):
        x = tokens[starts[left[q]] : ends[left[q]]]
        y = tokens[starts[right[q]] : ends[right[q]]]
        x_marks = fingerprints[starts[left[q]] : ends[left[q]]]
        y_marks = fingerprints[starts[right[q]] : ends[right[q]]]
        if q == 0 or left[q] != left[q - 1]:
            stamp = next_stamp(stamp, passages)
            mask = u8((1 << table_bits(SPARSE * x.size)) - 1)
            n_left = runs(x, x_marks, hashes, multiplier)
            for i in range(n_left):
                wanted = entry(hashes[i], stamp)
                slot = find(passages, wanted, mask, u8(multiplier))
                passages[slot] = wanted
                seen[slot] = -1
                left_slots[i] = slot
        n_right = runs(y, y_marks, hashes, multiplier)
        for j in range(n_right):
            wanted = entry(hashes[j], stamp)
            slot = find(passages, wanted, mask, u8(multiplier))
            is_hit = passages[slot] == wanted
            hits[j] = is_hit
            if is_hit:
                seen[slot] = q
        y_share = cover(hits, n_right, covered[: y.size]) / y.size
        y_lead = lead(covered[: y.size], i8(LEAD_FROM))
        for i in range(n_left):
            hits[i] = seen[left_slots[i]] == q
        x_share = cover(hits, n_left, covered[: x.size]) / x.size
        x_lead = lead(covered[: x.size], i8(LEAD_FROM))
        flip = 1 if y.size < x.size else 0
        out[q, flip] = x_share
        out[q, 1 - flip] = y_share
        out[q, 2] = min(x_lead, y_lead)
