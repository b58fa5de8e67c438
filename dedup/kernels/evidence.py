"""How two documents agree: rare pairs, verbatim passages, anchors in order, and how evenly it all lies.

Two steps. `mark` looks up each token once in the big frequency table, a cache miss a token, and leaves one byte. `measure`
then compares pairs with three small hash tables of the left document (words, word pairs, runs), kept while it stays the
same: pairs are best sorted by left document. All room is allocated once, outside the loop over pairs.

``a`` is the shorter document of a pair (the left one of two of equal length), ``b`` the longer. The definitions stand in
`dedup.evidence`, the same in plain Python in ``tests/naive.py``.
"""

from __future__ import annotations

import numpy as np
from numba import i8, njit, u1, u8

from dedup.kernels.arrays import Array
from dedup.kernels.rare import word_pairs
from dedup.kernels.table import table_bits
from dedup.kernels.xxh import fmix64

RUN = 5  # a passage is verbatim where so many tokens in a row stand in the other document
WINDOW = 25  # tokens in a window, when the evenness of the agreement is looked at
REACH = 16  # how near, in both documents, anchors must be to support one another
ONCE = 0x80  # bit of a mark: this token occurs once in its document
WEIGHT = 0x7F  # bits of a mark: rarity weight of the word pair that begins here
FULL_WEIGHT = 24
COMMON_RUN = 4 * FULL_WEIGHT  # added below the bar of rare containment: a few rare pairs are little evidence
FEW_WORDS = 4  # the same for once-words

# Columns of the result.
VERBATIM, RARE, ORDER, NEAR, LOW, EVEN = 0, 2, 4, 6, 8, 10  # each for a, then b
IN_ORDER = 12
N_MEASURES = 13


@njit(inline="always")
def find(keys: Array, stamps: Array, stamp: int, key: int, mask: int) -> int:
    """Return the slot that holds the key, or the free one where it belongs."""
    slot = i8(fmix64(key) & u8(mask))
    while stamps[slot] == stamp and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def mark(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    frequencies: Array,
    full: int,
    none: int,
    marks: Array,
    firsts: Array,
) -> None:
    """Write each token's mark: the rarity weight of the word pair it begins, and whether it occurs once.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which of them to mark.
    frequencies : uint8 array
        A power of two long: in how many articles a pair stands, by the lowest bits of its hash.
    full, none : int
        The weight falls from FULL_WEIGHT at frequency ``full`` to 0 at ``none``. A token that begins no pair has 0.
    marks : uint8 array
        Receives the marks of the documents, one after the other.
    firsts : int64 array, shape (n_documents,)
        Receives where those of each marked document begin.
    """
    longest = 1
    for document in documents:
        longest = max(longest, ends[document] - starts[document])
    mask = (1 << table_bits(longest)) - 1
    keys = np.zeros(mask + 1, np.uint32)
    stamps = np.zeros(mask + 1, np.int64)
    where = np.zeros(mask + 1, np.int64)
    pairs = np.empty(longest, np.uint64)
    slots = u8(frequencies.size - 1)
    stamp = 0
    first = i8(0)
    for document in documents:
        stamp += 1
        firsts[document] = first
        size = ends[document] - starts[document]
        count = word_pairs(tokens, starts[document], ends[document], pairs)
        for i in range(size):
            weight = 0
            if i < count:
                frequency = i8(frequencies[pairs[i] & slots])
                weight = min(FULL_WEIGHT, max(0, (FULL_WEIGHT * (none - frequency)) // (none - full)))
            token = tokens[starts[document] + i]
            slot = find(keys, stamps, stamp, token, mask)
            if stamps[slot] != stamp:
                stamps[slot] = stamp
                keys[slot] = token
                where[slot] = first + i
                marks[first + i] = u1(weight | ONCE)
            else:
                marks[first + i] = u1(weight)
                marks[where[slot]] &= u1(WEIGHT)
        first += size


@njit(cache=True, nogil=True)
def runs(tokens: Array, hashes: Array) -> int:
    """Write the hash of each run of RUN tokens (of all tokens, where there are fewer); return how many."""
    length = min(RUN, tokens.size)
    for i in range(tokens.size - length + 1):
        key = u8(length)
        for k in range(i, i + length):
            key = (key ^ u8(tokens[k])) * u8(0x9E3779B97F4A7C15)
            key ^= key >> u8(29)
        hashes[i] = key
    return tokens.size - length + 1


@njit(cache=True, nogil=True)
def cover(hits: Array, n_runs: int, size: int, covered: Array) -> int:
    """Flag the tokens that lie in a shared run; return how many."""
    total = 0
    end = 0
    length = min(RUN, size)
    for i in range(size):
        if i < n_runs and hits[i]:
            end = i + length
        covered[i] = 1 if i < end else 0
        total += covered[i]
    return total


@njit(cache=True, nogil=True)
def longest_rising(places: Array, count: int, tail: Array, back: Array, chosen: Array) -> int:
    """Flag one longest rising subsequence of ``places[:count]``; return its length.

    Patience sorting. Of several, the one that is read from its end as: the lowest last place, then each time the lowest
    place before it.
    """
    length = 0
    for q in range(count):
        low = 0
        high = length
        while low < high:
            middle = (low + high) >> 1
            if places[tail[middle]] < places[q]:
                low = middle + 1
            else:
                high = middle
        back[q] = tail[low - 1] if low else -1
        tail[low] = q
        if low == length:
            length += 1
        chosen[q] = 0
    q = tail[length - 1] if length else -1
    while q >= 0:
        chosen[q] = 1
        q = back[q]
    return length


@njit(cache=True, nogil=True)
def support(first: Array, second: Array, count: int, supported: Array) -> None:
    """Flag anchors that have two others within REACH in both documents; ``first`` ascends."""
    for q in range(count):
        others = 0
        k = q - 1
        while k >= 0 and first[q] - first[k] <= REACH and others < 2:
            if abs(second[q] - second[k]) <= REACH:
                others += 1
            k -= 1
        k = q + 1
        while k < count and first[k] - first[q] <= REACH and others < 2:
            if abs(second[k] - second[q]) <= REACH:
                others += 1
            k += 1
        supported[q] = 1 if others >= 2 else 0


@njit(cache=True, nogil=True)
def one_side(
    marks: Array,
    covered: Array,
    where: Array,
    chosen: Array,
    supported: Array,
    anchors: int,
    account: Array,
    windows: Array,
    row: Array,
    side: int,
) -> None:
    """Measure order, nearness and evenness as seen from one document; ``where`` holds the anchors' places in it."""
    size = marks.size
    for i in range(size):
        account[i] = covered[i]
    ordered = 0
    near = 0
    for q in range(anchors):
        i = where[q]
        if not covered[i]:
            ordered += chosen[q]
            near += supported[q]
        if chosen[q] or supported[q]:
            account[i] = 1
    once = FEW_WORDS
    for i in range(size):
        if marks[i] & ONCE and not covered[i]:
            once += 1
    count = max(1, size // WINDOW)
    even = 0
    for v in range(count):
        begin = v * WINDOW
        end = begin + WINDOW if v + 1 < count else size
        total = 0
        for i in range(begin, end):
            total += account[i]
        share = total / (end - begin)
        if 5 * total >= end - begin:
            even += 1
        k = v
        while k > 0 and windows[k - 1] > share:
            windows[k] = windows[k - 1]
            k -= 1
        windows[k] = share
    third = max(1, (count + 1) // 3)
    low = 0.0
    for k in range(third):
        low += windows[k]
    row[ORDER + side] = ordered / once
    row[NEAR + side] = near / once
    row[LOW + side] = low / third
    row[EVEN + side] = even / count


@njit(cache=True, nogil=True)
def measure(
    tokens: Array,
    starts: Array,
    ends: Array,
    marks: Array,
    firsts: Array,
    left: Array,
    right: Array,
    least: float,
    out: Array,
) -> None:
    """Measure every pair.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    marks, firsts
        From `mark`.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    least : float
        Pairs whose rare containment is under it on both sides get zeros but for that: the cheap first stage.
    out : float64 array, shape (n_pairs, N_MEASURES)
    """
    longest = 1
    for q in range(left.size):
        longest = max(longest, ends[left[q]] - starts[left[q]], ends[right[q]] - starts[right[q]])
    mask = (1 << table_bits(longest)) - 1
    word_keys = np.zeros(mask + 1, np.uint32)
    word_stamps = np.zeros(mask + 1, np.int64)
    word_places = np.zeros(mask + 1, np.int64)
    pair_keys = np.zeros(mask + 1, np.uint64)
    pair_stamps = np.zeros(mask + 1, np.int64)
    pair_seen = np.zeros(mask + 1, np.int64)
    run_keys = np.zeros(mask + 1, np.uint64)
    run_stamps = np.zeros(mask + 1, np.int64)
    run_seen = np.zeros(mask + 1, np.int64)
    left_pairs = np.zeros(longest, np.int64)
    left_runs = np.zeros(longest, np.int64)
    hashes = np.zeros(longest, np.uint64)
    left_hits = np.zeros(longest, np.uint8)
    right_hits = np.zeros(longest, np.uint8)
    left_covered = np.zeros(longest, np.uint8)
    right_covered = np.zeros(longest, np.uint8)
    account = np.zeros(longest, np.uint8)
    at_left = np.zeros(longest, np.int64)
    at_right = np.zeros(longest, np.int64)
    opposite = np.zeros(longest, np.int64)
    tail = np.zeros(longest, np.int64)
    back = np.zeros(longest, np.int64)
    chosen = np.zeros(longest, np.uint8)
    supported = np.zeros(longest, np.uint8)
    windows = np.zeros(longest // WINDOW + 2)
    before = i8(-1)
    pairs_of = i8(-1)  # whose pairs, and whose words and runs, are in the tables
    words_of = i8(-1)
    left_weight = 0
    left_count = 0
    n_left_runs = 0
    stamp = 0
    for q in range(left.size):
        x = tokens[starts[left[q]] : ends[left[q]]]
        y = tokens[starts[right[q]] : ends[right[q]]]
        x_marks = marks[firsts[left[q]] : firsts[left[q]] + x.size]
        y_marks = marks[firsts[right[q]] : firsts[right[q]] + y.size]
        row = out[q]
        row[:] = 0.0
        flip = 1 if y.size < x.size else 0  # 1: the right document is a
        if x.size == 0 or y.size == 0:
            continue
        if left[q] != before:
            before = left[q]
            stamp += 1
        # Rare pairs.
        if pairs_of != left[q]:
            pairs_of = left[q]
            left_weight = COMMON_RUN
            left_count = word_pairs(x, 0, x.size, hashes)
            for i in range(left_count):
                slot = find(pair_keys, pair_stamps, stamp, hashes[i], mask)
                pair_stamps[slot] = stamp
                pair_keys[slot] = hashes[i]
                pair_seen[slot] = -1
                left_pairs[i] = slot
                left_weight += x_marks[i] & WEIGHT
        right_weight = COMMON_RUN
        right_shared = 0
        for j in range(word_pairs(y, 0, y.size, hashes)):
            weight = y_marks[j] & WEIGHT
            right_weight += weight
            slot = find(pair_keys, pair_stamps, stamp, hashes[j], mask)
            if pair_stamps[slot] == stamp:
                pair_seen[slot] = q
                right_shared += weight
        left_shared = 0
        for i in range(left_count):
            if pair_seen[left_pairs[i]] == q:
                left_shared += x_marks[i] & WEIGHT
        row[RARE + flip] = left_shared / left_weight
        row[RARE + 1 - flip] = right_shared / right_weight
        if row[RARE] < least and row[RARE + 1] < least:
            continue
        # Verbatim passages.
        if words_of != left[q]:
            words_of = left[q]
            n_left_runs = runs(x, hashes)
            for i in range(n_left_runs):
                slot = find(run_keys, run_stamps, stamp, hashes[i], mask)
                run_stamps[slot] = stamp
                run_keys[slot] = hashes[i]
                run_seen[slot] = -1
                left_runs[i] = slot
            for i in range(x.size):
                if x_marks[i] & ONCE:
                    slot = find(word_keys, word_stamps, stamp, x[i], mask)
                    word_stamps[slot] = stamp
                    word_keys[slot] = x[i]
                    word_places[slot] = i
        n_right_runs = runs(y, hashes)
        for j in range(n_right_runs):
            slot = find(run_keys, run_stamps, stamp, hashes[j], mask)
            right_hits[j] = run_stamps[slot] == stamp
            if right_hits[j]:
                run_seen[slot] = q
        for i in range(n_left_runs):
            left_hits[i] = run_seen[left_runs[i]] == q
        row[VERBATIM + flip] = cover(left_hits, n_left_runs, x.size, left_covered) / x.size
        row[VERBATIM + 1 - flip] = cover(right_hits, n_right_runs, y.size, right_covered) / y.size
        # Anchors, in the order of a.
        for i in range(x.size):
            opposite[i] = -1
        anchors = 0
        for j in range(y.size):
            if y_marks[j] & ONCE:
                slot = find(word_keys, word_stamps, stamp, y[j], mask)
                if word_stamps[slot] == stamp:
                    if flip:
                        at_right[anchors] = j
                        at_left[anchors] = word_places[slot]
                        anchors += 1
                    else:
                        opposite[word_places[slot]] = j
        if flip:
            ordered = longest_rising(at_left, anchors, tail, back, chosen)
            support(at_right, at_left, anchors, supported)
        else:
            for i in range(x.size):
                if opposite[i] >= 0:
                    at_left[anchors] = i
                    at_right[anchors] = opposite[i]
                    anchors += 1
            ordered = longest_rising(at_right, anchors, tail, back, chosen)
            support(at_left, at_right, anchors, supported)
        one_side(x_marks, left_covered, at_left, chosen, supported, anchors, account, windows, row, flip)
        one_side(y_marks, right_covered, at_right, chosen, supported, anchors, account, windows, row, 1 - flip)
        row[IN_ORDER] = ordered / (anchors + 1)
