"""How two documents agree: rare pairs, verbatim passages, anchors in order, and how evenly it all lies.

What is needed of each document is computed once: `rare_pairs` looks its word pairs up in the big frequency table, a
cache miss each, and `flag_once_words` says which of its tokens occur once. Pairs are then compared by small hash tables
of the left document, kept while it stays the same: they are best sorted by it. `rare_containment` is the cheap first
stage, `agreement` for those that pass it. All room is allocated once, outside the loop over pairs.

``a`` is the shorter document of a pair (the left one of two of equal length), ``b`` the longer. The definitions stand
in `dedup.evidence`, the same in plain Python in ``tests/naive.py``.
"""

from __future__ import annotations

import numpy as np
from numba import i8, njit, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.rare import word_pairs
from dedup.kernels.table import table_bits
from dedup.kernels.xxh import fmix64

RUN = 5  # a passage is verbatim where so many tokens in a row stand in the other document
WINDOW = 25  # tokens in a window, when the evenness of the agreement is looked at
REACH = 24  # how near, in both documents, anchors must be to support one another
SPARSE = 8  # slots of a hash table for each key, and up to twice that: few collisions, which cannot be predicted
FULL_WEIGHT = 24
ELSEWHERE = 128  # bit of a weight: the pair stands in more articles than a few
WEIGHT = 127  # its other bits
HALF_PAIR = FULL_WEIGHT // 2  # added below the bar of what stands elsewhere
FEW_PAIRS = 4 * FULL_WEIGHT  # added below the bar of rare containment: a few rare pairs are little evidence
FEW_WORDS = 4  # the same for once-words

# Columns of `agreement`, those with a range each for a, then b.
VERBATIM, ORDER, NEAR, LOW, EVEN = range(0, 10, 2)
IN_ORDER = 10
N_MEASURES = 11


@njit(inline="always")
def find(keys: Array, stamps: Array, stamp: int, key: int, mask: int) -> int:
    """Return the slot that holds the key, or the free one where it belongs."""
    slot = i8(fmix64(key) & u8(mask))
    while stamps[slot] == stamp and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def rare_pairs(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    frequencies: Array,
    weight_of: Array,
    firsts: Array,
    lasts: Array,
    pairs: Array,
    weights: Array,
) -> None:
    """List the rare word pairs of each document, with their weights.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which of them to list.
    frequencies : uint8 array
        A power of two long: in how many articles a pair stands, by the lowest bits of its hash.
    weight_of : uint8 array, shape (256,)
        Rarity weight by frequency, at most FULL_WEIGHT, and ELSEWHERE. A pair of weight 0 is not rare and not listed.
    firsts, lasts : int64 array, shape (n_documents,)
        Where the pairs of a document may begin; receives where they end.
    pairs : uint32 array
        Receives the upper halves of their hashes, one for each position.
    weights : uint8 array
        Receives their weights.
    """
    room = np.empty(longest_of(starts, ends, documents), np.uint64)
    mask = u8(frequencies.size - 1)
    for document in documents:
        at = firsts[document]
        for k in range(word_pairs(tokens, starts[document], ends[document], room)):
            pairs[at] = u4(room[k] >> u8(32))
            weights[at] = weight_of[frequencies[room[k] & mask]]
            at += 1 if weights[at] & WEIGHT else 0
        lasts[document] = at


@njit(cache=True, nogil=True)
def flag_once_words(tokens: Array, starts: Array, ends: Array, documents: Array, once: Array) -> None:
    """Write 1 for each token that occurs once in its document, 0 for the others; parameters as for `rare_pairs`."""
    room = 1 << table_bits(SPARSE * longest_of(starts, ends, documents))
    keys = np.zeros(room, np.uint32)
    stamps = np.zeros(room, np.int32)
    where = np.zeros(room, np.int64)
    first = i8(0)
    for stamp, document in enumerate(documents, 1):
        size = ends[document] - starts[document]
        mask = (1 << table_bits(SPARSE * size)) - 1
        for i in range(size):
            token = tokens[starts[document] + i]
            slot = find(keys, stamps, stamp, token, mask)
            once[first + i] = stamps[slot] != stamp
            if stamps[slot] == stamp:
                once[where[slot]] = 0
            else:
                stamps[slot] = stamp
                keys[slot] = token
                where[slot] = first + i
        first += size


@njit(cache=True, nogil=True)
def longest_of(starts: Array, ends: Array, documents: Array) -> int:
    """Return the number of tokens of the longest of the documents, at least 1."""
    longest = 1
    for document in documents:
        longest = max(longest, ends[document] - starts[document])
    return longest


@njit(cache=True, nogil=True)
def rare_containment(
    firsts: Array, lasts: Array, pairs: Array, weights: Array, sizes: Array, left: Array, right: Array, out: Array
) -> None:
    """Measure which share of the rare word pairs of each side stands in the other, and of the shared ones elsewhere.

    Parameters
    ----------
    firsts, lasts, pairs, weights
        From `rare_pairs`.
    sizes : int64 array, shape (n_documents,)
        Tokens of each document.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    out : float64 array, shape (n_pairs, 3)
        Rare containment of the shorter document, of the longer; which share of the shorter one's shared weight has
        ELSEWHERE.
    """
    room = 1 << table_bits(SPARSE * longest_of(firsts, lasts, left))
    keys = np.zeros(room, np.uint32)
    stamps = np.zeros(room, np.int32)
    seen = np.zeros(room, np.int32)
    slots = np.zeros(room, np.int32)
    left_weight = i8(0)
    stamp = 0
    mask = 0
    for q in range(left.size):
        x, x_end = firsts[left[q]], lasts[left[q]]
        if q == 0 or left[q] != left[q - 1]:
            stamp += 1
            left_weight = i8(FEW_PAIRS)
            mask = (1 << table_bits(SPARSE * (x_end - x))) - 1  # no larger than it must be, to stay in the cache
            for i in range(x, x_end):
                slot = i8(pairs[i]) & mask
                while stamps[slot] == stamp and keys[slot] != pairs[i]:
                    slot = (slot + 1) & mask
                stamps[slot] = stamp
                keys[slot] = pairs[i]
                seen[slot] = -1
                slots[i - x] = slot
                left_weight += weights[i] & WEIGHT
        right_weight = i8(FEW_PAIRS)
        right_shared = i8(0)
        right_elsewhere = i8(0)
        for j in range(firsts[right[q]], lasts[right[q]]):
            weight = i8(weights[j] & WEIGHT)
            right_weight += weight
            slot = i8(pairs[j]) & mask
            while stamps[slot] == stamp and keys[slot] != pairs[j]:
                slot = (slot + 1) & mask
            if stamps[slot] == stamp:
                seen[slot] = q
                right_shared += weight
                right_elsewhere += weight if weights[j] & ELSEWHERE else 0
        left_shared = i8(0)
        left_elsewhere = i8(0)
        if right_shared > 0:
            for i in range(x, x_end):
                if seen[slots[i - x]] == q:
                    weight = i8(weights[i] & WEIGHT)
                    left_shared += weight
                    left_elsewhere += weight if weights[i] & ELSEWHERE else 0
        right_is_shorter = sizes[right[q]] < sizes[left[q]]
        out[q, 1 if right_is_shorter else 0] = left_shared / left_weight
        out[q, 0 if right_is_shorter else 1] = right_shared / right_weight
        if right_is_shorter:
            out[q, 2] = right_elsewhere / (right_shared + HALF_PAIR)
        else:
            out[q, 2] = left_elsewhere / (left_shared + HALF_PAIR)


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
    once: Array,
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
    size = once.size
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
    free = FEW_WORDS
    for i in range(size):
        if once[i] and not covered[i]:
            free += 1
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
    row[ORDER + side] = ordered / free
    row[NEAR + side] = near / free
    row[LOW + side] = low / third
    row[EVEN + side] = even / count


@njit(cache=True, nogil=True)
def agreement(
    tokens: Array, starts: Array, ends: Array, once: Array, firsts: Array, left: Array, right: Array, out: Array
) -> None:
    """Measure how the agreement of each pair lies in its documents.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
        No document of a pair is empty.
    once : uint8 array
        From `flag_once_words`.
    firsts : int64 array, shape (n_documents,)
        Where the flags of each document begin.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    out : float64 array, shape (n_pairs, N_MEASURES)
    """
    longest = max(longest_of(starts, ends, left), longest_of(starts, ends, right))
    room = 1 << table_bits(SPARSE * longest)
    word_keys = np.zeros(room, np.uint32)
    word_stamps = np.zeros(room, np.int32)
    word_places = np.zeros(room, np.int32)
    run_keys = np.zeros(room, np.uint64)
    run_stamps = np.zeros(room, np.int32)
    run_seen = np.zeros(room, np.int32)
    left_runs = np.zeros(longest, np.int64)
    hashes = np.zeros(longest, np.uint64)
    left_hits = np.zeros(longest, np.uint8)
    right_hits = np.zeros(longest, np.uint8)
    left_covered = np.zeros(longest, np.uint8)
    right_covered = np.zeros(longest, np.uint8)
    account = np.zeros(longest, np.uint8)
    at_left = np.zeros(longest, np.int64)
    at_right = np.zeros(longest, np.int64)
    opposite = np.full(longest, -1)
    tail = np.zeros(longest, np.int64)
    back = np.zeros(longest, np.int64)
    chosen = np.zeros(longest, np.uint8)
    supported = np.zeros(longest, np.uint8)
    windows = np.zeros(longest // WINDOW + 2)
    n_left_runs = 0
    stamp = 0
    mask = 0
    for q in range(left.size):
        x = tokens[starts[left[q]] : ends[left[q]]]
        y = tokens[starts[right[q]] : ends[right[q]]]
        x_once = once[firsts[left[q]] : firsts[left[q]] + x.size]
        y_once = once[firsts[right[q]] : firsts[right[q]] + y.size]
        row = out[q]
        flip = 1 if y.size < x.size else 0  # 1: the right document is a
        if q == 0 or left[q] != left[q - 1]:
            stamp += 1
            mask = (1 << table_bits(SPARSE * x.size)) - 1  # no larger than it must be, to stay in the cache
            n_left_runs = runs(x, hashes)
            for i in range(n_left_runs):
                slot = find(run_keys, run_stamps, stamp, hashes[i], mask)
                run_stamps[slot] = stamp
                run_keys[slot] = hashes[i]
                run_seen[slot] = -1
                left_runs[i] = slot
            for i in range(x.size):
                if x_once[i]:
                    slot = find(word_keys, word_stamps, stamp, x[i], mask)
                    word_stamps[slot] = stamp
                    word_keys[slot] = x[i]
                    word_places[slot] = i
        # Verbatim passages.
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
        anchors = 0
        for j in range(y.size):
            if y_once[j]:
                slot = find(word_keys, word_stamps, stamp, y[j], mask)
                if word_stamps[slot] == stamp:
                    at_right[anchors] = j
                    at_left[anchors] = word_places[slot]
                    anchors += 1
        if flip:
            ordered = longest_rising(at_left, anchors, tail, back, chosen)
            support(at_right, at_left, anchors, supported)
        else:
            for k in range(anchors):
                opposite[at_left[k]] = at_right[k]
            anchors = 0
            for i in range(x.size):
                if opposite[i] >= 0:
                    at_left[anchors] = i
                    at_right[anchors] = opposite[i]
                    opposite[i] = -1
                    anchors += 1
            ordered = longest_rising(at_right, anchors, tail, back, chosen)
            support(at_left, at_right, anchors, supported)
        one_side(x_once, left_covered, at_left, chosen, supported, anchors, account, windows, row, flip)
        one_side(y_once, right_covered, at_right, chosen, supported, anchors, account, windows, row, 1 - flip)
        row[IN_ORDER] = ordered / (anchors + 1)
