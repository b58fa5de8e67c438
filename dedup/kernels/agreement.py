"""Measure how two documents agree: rare word pairs, verbatim passages, words in the same order, and how evenly.

The data of each document is computed once: its rare word pairs are listed by `dedup.kernels.word_pair_sketches`, its
tokens that occur once by `once_words`. Pairs are then compared by small hash tables of the left document, kept while it
stays the same: they are best sorted by it. `rare_containment` is the cheap first stage, `agreement` for the pairs that
pass it. All memory is allocated once, outside the loop over pairs.

``a`` is the shorter document of a pair (the left one if both are equally long), ``b`` the longer. The definitions are
in `dedup.judge.evidence`, and in plain Python in ``tests/naive.py``.
"""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.hash_table import KEY_BITS, STAMPS, entry, find, next_stamp, table_bits, word
from dedup.kernels.word_pair_sketches import FULL_WEIGHT

RUN = 5  # tokens in a row that the other document must also have for a passage to be verbatim
WINDOW = 25  # tokens in a window, when the evenness of the agreement is looked at
LEAD = 60  # words in a row, near the beginning of both texts, that show whether they begin the same story
LEAD_FROM = 80  # words of page that may precede them
LEAST_TOP = 20  # words in the top of a short text; the top of a longer one is its first quarter
REACH = 24  # how near anchors must be in both documents to support one another
SPARSE = 8  # slots of a hash table for each key, and up to twice that: few collisions, which cannot be predicted
FEW_PAIRS = 4 * FULL_WEIGHT  # added below the bar of rare containment: a few rare pairs are little evidence
FEW_WORDS = 4  # the same for once-words

# Columns of `agreement`, those with a range each for a, then b.
VERBATIM, ANCHOR_ORDER, SUPPORTED_ANCHORS = range(0, 6, 2)
LEAST_COVERED_THIRD, ANCHORS_IN_ORDER, SHARED_LEAD, NEW_TOP = 6, 7, 8, 9
N_MEASURES = 10


@kernel
def once_words(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    firsts: Array,
    lasts: Array,
    places: Array,
    multiplier: int,
) -> None:
    """List the places of the tokens that occur once in their document.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which documents to look at.
    firsts : int64 array, shape (n_documents,)
        Where in ``places`` there is room for each document.
    lasts : int64 array, shape (n_documents,)
        Receives where the places of each document end.
    places : uint32 array
        Receives the places, in ascending order.
    multiplier : int
        That of `find`.
    """
    secret = u8(multiplier)
    longest = longest_of(starts, ends, documents)
    table = np.empty(1 << table_bits(2 * longest), np.uint64)
    waiting = np.empty(longest, np.uint32)
    once = np.empty(longest + 1, np.uint8)
    for document in documents:
        text = tokens[starts[document] : ends[document]]
        shift = u8(64 - table_bits(2 * text.size))
        by = secret
        n_waiting = text.size
        for i in range(n_waiting):
            waiting[i] = i
            once[i] = 1
        # Each round all write to their slots, and the last word written to a slot has it: its places see there whether
        # one of them is not the last. Words that found another one in their slot wait for the next round. No branches:
        # neither can be predicted.
        while n_waiting > 0:
            for i in waiting[:n_waiting]:
                table[u8(text[i]) * by >> shift] = u8(text[i]) << u8(32) | u8(i)
            others = 0
            for i in waiting[:n_waiting]:
                found = table[u8(text[i]) * by >> shift]
                last = u4(found)
                is_there = u4(found >> u8(32)) == text[i]
                is_again = is_there & (last != i)
                once[i] &= u1(not is_again)
                once[last if is_again else text.size] = 0
                waiting[others] = i
                others += i8(not is_there)
            n_waiting = others
            by *= secret
        listed = places[firsts[document] : firsts[document] + text.size]
        count = 0
        for i in range(text.size):
            listed[count] = i
            count += i8(once[i])
        lasts[document] = firsts[document] + count


@inner_kernel
def longest_of(starts: Array, ends: Array, documents: Array) -> int:
    """Return the number of tokens of the longest of these documents, at least 1."""
    longest = 1
    for document in documents:
        longest = max(longest, ends[document] - starts[document])
    return longest


@kernel
def rare_containment(
    firsts: Array,
    lasts: Array,
    pairs: Array,
    marks: Array,
    weights: Array,
    right_pairs: Array,
    right_marks: Array,
    right_weights: Array,
    right_from: int,
    sizes: Array,
    left: Array,
    right: Array,
    multiplier: int,
    out: Array,
) -> None:
    """Measure the share of the rare word pairs of each side that the other one has.

    Parameters
    ----------
    firsts, lasts, pairs, marks, weights
        The rare word pairs of documents, as `dedup.kernels.word_pair_sketches.sketch` lists them, and where those of
        each are.
    right_pairs, right_marks, right_weights : arrays
        The same for the right documents, from ``right_from`` on.
    right_from : int
    sizes : int64 array, shape (n_documents,)
        Tokens of each document.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    multiplier : int
        That of `find`.
    out : float64 array, shape (n_pairs, 2)
        Rare containment of the shorter document, of the longer.
    """
    longest = longest_of(firsts, lasts, left)
    entries = np.zeros(1 << table_bits(SPARSE * longest), np.uint64)
    seen = np.zeros(entries.size + 1, np.int32)
    slots = np.zeros(longest, np.uint32)
    left_weight = i8(0)
    stamp = 0
    mask = u8(0)
    for q in range(left.size):
        x, x_weights = pairs[firsts[left[q]] : lasts[left[q]]], weights[firsts[left[q]] : lasts[left[q]]]
        y_first, y_last = firsts[right[q]] - right_from, lasts[right[q]] - right_from
        x_marks, y_marks = marks[firsts[left[q]] : lasts[left[q]]], right_marks[y_first:y_last]
        y, y_weights = right_pairs[y_first:y_last], right_weights[y_first:y_last]
        if q == 0 or left[q] != left[q - 1]:
            stamp = next_stamp(stamp, entries)
            left_weight = i8(FEW_PAIRS)
            mask = u8((1 << table_bits(SPARSE * x.size)) - 1)  # no larger than it must be, to stay in the cache
            for i in range(x.size):
                wanted = entry(word(x[i], x_marks[i]), stamp)
                slot = find(entries, wanted, mask, u8(multiplier))
                entries[slot] = wanted
                seen[slot] = -1
                slots[i] = slot
                left_weight += x_weights[i]
        right_weight = i8(FEW_PAIRS)
        right_shared = i8(0)
        for j in range(y.size):
            weight = i8(y_weights[j])
            right_weight += weight
            wanted = entry(word(y[j], y_marks[j]), stamp)
            slot = find(entries, wanted, mask, u8(multiplier))
            # No branch: which are shared cannot be predicted.
            is_shared = entries[slot] == wanted
            seen[slot if is_shared else u8(entries.size)] = q
            right_shared += weight if is_shared else 0
        left_shared = i8(0)
        if right_shared > 0:
            for i in range(x.size):
                left_shared += i8(x_weights[i]) if seen[slots[i]] == q else 0
        right_is_shorter = sizes[right[q]] < sizes[left[q]]
        out[q, 1 if right_is_shorter else 0] = left_shared / left_weight
        out[q, 0 if right_is_shorter else 1] = right_shared / right_weight


@inner_kernel
def runs(tokens: Array, fingerprints: Array, hashes: Array, multiplier: int) -> int:
    """Hash each run of RUN words to KEY_BITS (all words as one run, if there are fewer); return how many runs.

    The multiplier is that of `find`: nobody can make runs of other words with the hash of one.
    """
    by = u8(multiplier)
    if tokens.size < RUN:
        key = u8(tokens.size)
        for k in range(tokens.size):
            key = (key ^ word(tokens[k], fingerprints[k])) * by
        hashes[0] = key >> u8(64 - KEY_BITS)
        return min(tokens.size, 1)
    count = tokens.size - RUN + 1
    for i in range(count):  # becomes a loop of vectors
        key = u8(RUN)
        for k in range(RUN):
            key = (key ^ word(tokens[i + k], fingerprints[i + k])) * by
        hashes[i] = key >> u8(64 - KEY_BITS)
    return count


@inner_kernel
def cover(hits: Array, n_runs: int, covered: Array) -> int:
    """Flag the tokens that lie in a shared run; return how many."""
    total = 0
    end = 0
    length = min(RUN, covered.size)
    for i in range(n_runs):
        end = i + length if hits[i] else end
        covered[i] = i < end
        total += i8(i < end)
    for i in range(n_runs, covered.size):
        covered[i] = i < end
        total += i8(i < end)
    return total


@kernel
def lead(covered: Array, most_before: int) -> float:
    """Return the highest covered share of LEAD words in a row that begin within the first words.

    They begin after at most LEAD_FROM words, and at most ``most_before``.
    """
    size = min(LEAD, covered.size)
    total = i8(0)
    for k in range(size):
        total += i8(covered[k])
    most = total
    for k in range(1, min(LEAD_FROM, most_before, covered.size - size) + 1):
        total += i8(covered[k + size - 1]) - i8(covered[k - 1])
        most = max(most, total)
    return most / size


@inner_kernel
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


@inner_kernel
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


@inner_kernel
def one_side(
    once: Array,
    covered: Array,
    where: Array,
    chosen: Array,
    supported: Array,
    anchors: int,
    account: Array,
    row: Array,
    side: int,
) -> None:
    """Measure order and support as seen from one document, and flag the tokens accounted for.

    ``where`` holds the places of the anchors in it.
    """
    size = covered.size
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
    free = i8(FEW_WORDS + once.size)
    for i in once:
        free -= i8(covered[i])
    row[ANCHOR_ORDER + side] = ordered / free
    row[SUPPORTED_ANCHORS + side] = near / free


@inner_kernel
def new_top(account: Array, size: int) -> float:
    """Return the share of the top of a text that is not accounted for."""
    top = min(size, max(LEAST_TOP, size // 4))
    found = i8(0)
    for k in range(top):
        found += i8(account[k])
    return 1.0 - found / top


@inner_kernel
def least_covered_third(account: Array, size: int, windows: Array) -> float:
    """Return the mean share of tokens accounted for in the third of the windows with the lowest share."""
    count = max(1, size // WINDOW)
    for v in range(count):
        window = account[v * WINDOW : v * WINDOW + WINDOW if v + 1 < count else size]
        total = i8(0)
        for accounted in window:
            total += i8(accounted)
        share = total / window.size
        k = v
        while k > 0 and windows[k - 1] > share:
            windows[k] = windows[k - 1]
            k -= 1
        windows[k] = share
    third = max(1, (count + 1) // 3)
    low = 0.0
    for k in range(third):
        low += windows[k]
    return low / third


@kernel
def agreement(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    firsts: Array,
    lasts: Array,
    once: Array,
    left: Array,
    right: Array,
    multiplier: int,
    out: Array,
) -> None:
    """Measure how the agreement of each pair is distributed over its documents.

    Parameters
    ----------
    tokens : uint32 array
    fingerprints : uint16 array
        Of the tokens, as in `dedup.text.tokens.Tokens`.
    starts, ends : int64 array, shape (n_documents,)
        No document of a pair is empty.
    firsts, lasts, once
        From `once_words`.
    left, right : int64 array, shape (n_pairs,)
        Best sorted by ``left``.
    multiplier : int
        That of `find`.
    out : float64 array, shape (n_pairs, N_MEASURES)
    """
    longest = max(longest_of(starts, ends, left), longest_of(starts, ends, right))
    room = 1 << table_bits(SPARSE * longest)
    words = np.zeros(room, np.uint64)
    word_places = np.zeros(room, np.uint32)
    passages = np.zeros(room, np.uint64)
    passage_seen = np.zeros(room, np.int32)
    left_passages = np.zeros(longest, np.uint32)
    hashes = np.zeros(longest, np.uint64)
    hits = np.zeros(longest, np.uint8)
    left_room = np.zeros(longest, np.uint8)
    right_room = np.zeros(longest, np.uint8)
    left_account = np.zeros(longest, np.uint8)
    right_account = np.zeros(longest, np.uint8)
    at_left = np.zeros(longest, np.int64)
    at_right = np.zeros(longest, np.int64)
    opposite = np.full(longest, -1)
    tail = np.zeros(longest, np.int64)
    back = np.zeros(longest, np.int64)
    chosen = np.zeros(longest, np.uint8)
    supported = np.zeros(longest, np.uint8)
    windows = np.zeros(longest // WINDOW + 2)
    n_left_passages = 0
    stamp = 0
    mask = u8(0)
    for q in range(left.size):
        x = tokens[starts[left[q]] : ends[left[q]]]
        y = tokens[starts[right[q]] : ends[right[q]]]
        x_marks = fingerprints[starts[left[q]] : ends[left[q]]]
        y_marks = fingerprints[starts[right[q]] : ends[right[q]]]
        x_once = once[firsts[left[q]] : lasts[left[q]]]
        y_once = once[firsts[right[q]] : lasts[right[q]]]
        left_covered, right_covered = left_room[: x.size], right_room[: y.size]
        row = out[q]
        flip = 1 if y.size < x.size else 0  # 1: the right document is a
        if q == 0 or left[q] != left[q - 1]:
            if stamp + 1 == STAMPS:
                words[:] = u8(0)
            stamp = next_stamp(stamp, passages)
            mask = u8((1 << table_bits(SPARSE * x.size)) - 1)  # no larger than it must be, to stay in the cache
            n_left_passages = runs(x, x_marks, hashes, multiplier)
            for i in range(n_left_passages):
                wanted = entry(hashes[i], stamp)
                slot = find(passages, wanted, mask, u8(multiplier))
                passages[slot] = wanted
                passage_seen[slot] = -1
                left_passages[i] = slot
            for i in x_once:
                wanted = entry(word(x[i], x_marks[i]), stamp)
                slot = find(words, wanted, mask, u8(multiplier))
                words[slot] = wanted
                word_places[slot] = i
        # Verbatim passages.
        n_right_passages = runs(y, y_marks, hashes, multiplier)
        for j in range(n_right_passages):
            wanted = entry(hashes[j], stamp)
            slot = find(passages, wanted, mask, u8(multiplier))
            is_hit = passages[slot] == wanted
            hits[j] = is_hit
            if is_hit:
                passage_seen[slot] = q
        row[VERBATIM + 1 - flip] = cover(hits, n_right_passages, right_covered) / y.size
        for i in range(n_left_passages):
            hits[i] = passage_seen[left_passages[i]] == q
        row[VERBATIM + flip] = cover(hits, n_left_passages, left_covered) / x.size
        row[SHARED_LEAD] = min(lead(left_covered, x.size // 4), lead(right_covered, y.size // 4))
        # Anchors, in the order of a.
        anchors = i8(0)
        for j in y_once:
            wanted = entry(word(y[j], y_marks[j]), stamp)
            slot = find(words, wanted, mask, u8(multiplier))
            at_right[anchors] = j
            at_left[anchors] = word_places[slot]
            anchors += i8(words[slot] == wanted)
        if flip:
            ordered = longest_rising(at_left, anchors, tail, back, chosen)
            support(at_right, at_left, anchors, supported)
        else:
            for k in range(anchors):
                opposite[at_left[k]] = at_right[k]
            anchors = i8(0)
            for i in x_once:
                at_left[anchors] = i
                at_right[anchors] = opposite[i]
                anchors += i8(opposite[i] >= 0)
                opposite[i] = -1
            ordered = longest_rising(at_right, anchors, tail, back, chosen)
            support(at_left, at_right, anchors, supported)
        one_side(x_once, left_covered, at_left, chosen, supported, anchors, left_account, row, flip)
        one_side(y_once, right_covered, at_right, chosen, supported, anchors, right_account, row, 1 - flip)
        row[NEW_TOP] = max(new_top(left_account, x.size), new_top(right_account, y.size))
        if flip:
            row[LEAST_COVERED_THIRD] = least_covered_third(right_account, y.size, windows)
        else:
            row[LEAST_COVERED_THIRD] = least_covered_third(left_account, x.size, windows)
        row[ANCHORS_IN_ORDER] = ordered / (anchors + 1)
