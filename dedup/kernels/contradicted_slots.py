"""Find contradicted slots: places where two texts agree all around, and each has a fact of its own.

The next piece of a series keeps the frame and puts other facts in it; another version of one article keeps the facts.
Two texts are aligned by the words that each has once, in their longest common order, and between these by a longest
common subsequence. The words between two aligned places on both sides fill one slot.
"""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u4, u8

from dedup.kernels.agreement import longest_of, longest_rising
from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel, kernel
from dedup.kernels.hash_table import SLOT_SHIFT, table_bits
from dedup.kernels.new_numbers import KIND, NUMBER
from dedup.kernels.word_pair_sketches import FULL_WEIGHT, two, word_pairs
from dedup.kernels.xxh import xxh32

LONGEST_FILLER = 10  # words; anything longer is not a slot but a passage
FRAME, LEAST_FRAME = 5, 2  # words around a slot that must be the same, in all and on either side
LONG = 120  # words of texts that have pages around them
AROUND = 20  # words on either side of a slot, of which most are aligned on one
MOST_CELLS = 10_000  # of the table by which a gap is aligned
PRIOR = FULL_WEIGHT // 2  # added below the bar: one contradicted fact among few is little evidence
NUMBERS_ALONE = 0.22  # where only numbers are compared, this much more must contradict each other
CORRECTED = 0.8  # of the shorter text aligned: a single contradicted fact is a correction
MOST_SLOTS = 512  # contradictions that are counted as different ones
GROUPS = 4  # most groups of digits in a number: billions


@kernel
def facts(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    list_firsts: Array,
    list_lasts: Array,
    pairs: Array,
    weights: Array,
    firsts: Array,
    out: Array,
) -> None:
    """Weigh each token of documents as a fact: numbers fully, other words by the commoner of their two pairs.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which documents to weigh.
    list_firsts, list_lasts, pairs, weights
        Rare word pairs as in `dedup.candidates.word_pairs.RarePairs`, of the same documents, in the order of their
        places.
    firsts : int64 array, shape (n_documents,)
        Where the weights of each document begin in ``out``.
    out : uint8 array
        Receives FULL_WEIGHT for a number; for another word the lower weight of the two pairs that contain it, so that a
        common word has none.
    """
    longest = longest_of(starts, ends, documents)
    hashes = np.empty(longest, np.uint64)
    rarity = np.empty(longest + 1, np.uint8)
    for document in documents:
        size = ends[document] - starts[document]
        text = tokens[starts[document] : ends[document]]
        count = word_pairs(tokens, starts[document], ends[document], hashes)
        rarity[:size] = 0
        listed = list_firsts[document]
        for k in range(count):
            if listed < list_lasts[document] and pairs[listed] == u4(hashes[k] >> u8(32)):
                rarity[k] = weights[listed]
                listed += 1
        weight_of = out[firsts[document] : firsts[document] + size]
        for k in range(size):
            if text[k] & u4(KIND) == u4(NUMBER):
                weight_of[k] = FULL_WEIGHT
            else:
                before = rarity[k - 1] if k > 0 else u1(FULL_WEIGHT)
                behind = rarity[k] if k + 1 < size else before
                weight_of[k] = min(before, behind)


@inlined_kernel
def slot_of(keys: Array, stamps: Array, stamp: int, mask: int, multiplier: int, token: int) -> int:
    """Return the slot of a token in a table with this stamp, or the free one where it belongs."""
    slot = i8(u8(token) * u8(multiplier) >> u8(SLOT_SHIFT)) & mask
    while stamps[slot] == stamp and keys[slot] != token:
        slot = (slot + 1) & mask
    return slot


@inlined_kernel
def in_table(table: Array, token: int) -> int:
    """Return the slot of a token in a table of pairs, or an empty one, whose second value is 0."""
    mask = table.shape[0] - 1
    slot = i8(token >> u4(2)) & mask
    while table[slot, 1] != u4(0) and table[slot, 0] != token:
        slot = (slot + 1) & mask
    return slot


@inner_kernel
def write_digits(entry: int, room: Array, at: int) -> int:
    """Write the digits of an entry; return the place after them."""
    value, count = i8(entry & u4(1023)), i8(entry >> u4(10))
    for k in range(count - 1, -1, -1):
        room[at + k] = u1(48 + value % 10)
        value //= 10
    return at + count


@kernel
def common_subsequence(x: Array, y: Array, table: Array, at_x: Array, at_y: Array) -> int:
    """Write the places of a longest common subsequence of two short texts; return its length."""
    n, m = x.size, y.size
    width = m + 1
    for j in range(m + 1):
        table[n * width + j] = 0
    for i in range(n - 1, -1, -1):
        table[i * width + m] = 0
        for j in range(m - 1, -1, -1):
            if x[i] == y[j]:
                table[i * width + j] = table[(i + 1) * width + j + 1] + 1
            else:
                table[i * width + j] = max(table[(i + 1) * width + j], table[i * width + j + 1])
    count = i = j = 0
    while i < n and j < m:
        if x[i] == y[j]:
            at_x[count] = i
            at_y[count] = j
            count += 1
            i += 1
            j += 1
        elif table[(i + 1) * width + j] >= table[i * width + j + 1]:
            i += 1
        else:
            j += 1
    return count


@kernel
def in_digits(text: Array, place: int, digits: Array, letters: Array, room: Array) -> int:
    """Return the hash of the digits of a number written in groups ("5,000", "5 000") or in letters, else 0.

    Parameters
    ----------
    text : uint32 array
    place : int
        Of the word, or of any group of the number.
    digits : uint32 array, shape (n, 2)
        Hash table of the numbers of one to three digits: their token hash, and above ten bits for the value the count
        of their digits.
    letters : uint32 array, shape (n, 2)
        Hash table of the numbers in letters: their token hash, and that of their digits.
    room : uint8 array
        For the digits of a number.
    """
    if text[place] & u4(KIND) != u4(NUMBER):
        return letters[in_table(letters, text[place]), 1]
    first = place
    while first > 0 and place - first < GROUPS and digits[in_table(digits, text[first]), 1] >> u4(10) == u4(3):
        if digits[in_table(digits, text[first - 1]), 1] == u4(0):
            break
        first -= 1
    entry = digits[in_table(digits, text[first]), 1]
    if entry == u4(0):
        return u4(0)
    size = write_digits(entry, room, i8(0))
    last = first
    while last + 1 < text.size and last + 1 - first < GROUPS:
        following = digits[in_table(digits, text[last + 1]), 1]
        if following >> u4(10) != u4(3):
            break
        size = write_digits(following, room, size)
        last += 1
    if last == first or place > last:
        return u4(0)
    return u4(u4(xxh32(room, i8(0), size)) & u4(~u4(KIND))) | u4(NUMBER)


@inlined_kernel
def stands_in(text: Array, token: int) -> bool:
    """Return whether a word is anywhere in a text."""
    found = False
    for k in range(text.size):  # a loop of vectors
        found |= text[k] == token
    return found


@inner_kernel
def has_number(text: Array, place: int, other: Array, digits: Array, letters: Array, room: Array) -> bool:
    """Return whether another text has the number at a place of this one, in another form."""
    full = in_digits(text, place, digits, letters, room)
    wanted = full if full != u4(0) else text[place]
    if full != u4(0) and stands_in(other, full):
        return True
    for k in range(other.size):
        # A group but the first has three digits: only there is a number worth the look.
        if k > 0 and other[k] & other[k - 1] & u4(KIND) == u4(NUMBER):
            if in_digits(other, k, digits, letters, room) == wanted:
                return True
        elif letters[in_table(letters, other[k]), 1] == wanted:
            return True
    return False


@inner_kernel
def own_fact(
    text: Array,
    weights: Array,
    first: int,
    last: int,
    other: Array,
    other_first: int,
    other_last: int,
    digits: Array,
    letters: Array,
    room: Array,
    is_framed: bool,
) -> tuple[int, int, int, int]:
    """Return the facts in a range of words that the other text lacks.

    Numbers that are framed need only be missing in the same place.

    Returns
    -------
    number, word : int
        The weight of the heaviest number, of the heaviest other word; 0 for none.
    one_number, one_word : int
        The first of each.
    """
    number = word = i8(0)
    one_number = one_word = u4(0)
    for k in range(first, last):
        is_number = text[k] & u4(KIND) == u4(NUMBER) or letters[in_table(letters, text[k]), 1] != u4(0)
        if weights[k] == u1(0) and not is_number:
            continue
        begin, stop = i8(0), i8(other.size)
        if is_number and is_framed:
            begin, stop = other_first, other_last
        if stands_in(other[begin:stop], text[k]):
            continue
        if is_number and has_number(text, k, other[begin:stop], digits, letters, room):
            continue
        if is_number:
            one_number = text[k] if number == 0 else one_number
            number = i8(FULL_WEIGHT)
        else:
            one_word = text[k] if word == 0 else one_word
            word = max(word, i8(weights[k]))
    return number, word, one_number, one_word


@kernel
def contradictions(
    tokens: Array,
    starts: Array,
    ends: Array,
    firsts: Array,
    lasts: Array,
    once: Array,
    weights: Array,
    digits: Array,
    letters: Array,
    left: Array,
    right: Array,
    multiplier: int,
    out: Array,
) -> None:
    """Measure how far the facts of each pair contradict each other in slots.

    Parameters
    ----------
    tokens, starts, ends, firsts, lasts, once, left, right, multiplier
        As for `dedup.kernels.agreement.agreement`.
    weights : uint8 array
        From `facts`, laid out like ``once``.
    digits, letters
        As for `in_digits`.
    out : float64 array, shape (n_pairs,)
        Weight of the contradicted slots over it, that of the facts that agree, and PRIOR; 0 where one slot is
        contradicted and all else is the same: a correction.
    """
    longest = max(longest_of(starts, ends, left), longest_of(starts, ends, right))
    room = 1 << table_bits(2 * longest)
    once_keys, once_stamps, place_of = np.zeros(room, np.uint32), np.zeros(room, np.int64), np.zeros(room, np.int64)
    agreed_keys, agreed_stamps = np.zeros(room, np.uint32), np.zeros(room, np.int64)
    number_room = np.zeros(3 * GROUPS + 16, np.uint8)
    opposite = np.full(longest, -1)
    at_x, at_y = np.zeros(longest + 1, np.int64), np.zeros(longest + 1, np.int64)
    tail, back = np.zeros(longest, np.int64), np.zeros(longest, np.int64)
    chosen = np.zeros(longest, np.uint8)
    table = np.zeros(MOST_CELLS, np.int16)
    in_x, in_y = np.zeros(longest + 1, np.int64), np.zeros(longest + 1, np.int64)
    slots, weight_of = np.zeros(MOST_SLOTS, np.uint64), np.zeros(MOST_SLOTS, np.int64)
    is_number_of = np.zeros(MOST_SLOTS, np.bool_)
    x_place, y_place = np.zeros(MOST_SLOTS, np.int64), np.zeros(MOST_SLOTS, np.int64)
    x_aligned, y_aligned = np.zeros(longest, np.int32), np.zeros(longest, np.int32)
    for q in range(left.size):
        stamp = q + 1
        # The shorter one is x, of two of equal length that with the lower word where they differ first: ties are broken
        # alike from both sides.
        one, other = left[q], right[q]
        size = ends[one] - starts[one]
        k = i8(0)
        if ends[other] - starts[other] == size:
            while k + 1 < size and tokens[starts[one] + k] == tokens[starts[other] + k]:
                k += 1
            is_other = tokens[starts[other] + k] < tokens[starts[one] + k]
        else:
            is_other = ends[other] - starts[other] < size
        if is_other:
            one, other = other, one
        x, y = tokens[starts[one] : ends[one]], tokens[starts[other] : ends[other]]
        x_first, y_first = firsts[one], firsts[other]
        x_weights, y_weights = weights[x_first : x_first + x.size], weights[y_first : y_first + y.size]
        mask = (1 << table_bits(2 * x.size)) - 1  # no larger than it must be, to stay in the cache
        # Anchors in order: words that each has once.
        for i in once[x_first : lasts[one]]:
            slot = slot_of(once_keys, once_stamps, stamp, mask, multiplier, x[i])
            once_keys[slot] = x[i]
            once_stamps[slot] = stamp
            place_of[slot] = i
        for j in once[y_first : lasts[other]]:
            slot = slot_of(once_keys, once_stamps, stamp, mask, multiplier, y[j])
            if once_stamps[slot] == stamp:
                opposite[place_of[slot]] = j
        anchors = i8(0)
        for i in once[x_first : lasts[one]]:
            at_x[anchors] = i
            at_y[anchors] = opposite[i]
            anchors += i8(opposite[i] >= 0)
            opposite[i] = -1
        longest_rising(at_y, anchors, tail, back, chosen)
        # Blocks of equal words around them, and what lies between two blocks.
        against = agreed = against_numbers = agreed_numbers = i8(0)
        x_aligned[: x.size] = 0
        y_aligned[: y.size] = 0
        n_slots = aligned = i8(0)
        x_done = y_done = i8(0)
        for anchor in range(anchors + 1):
            if anchor < anchors:
                if not chosen[anchor] or at_x[anchor] < x_done or at_y[anchor] < y_done:
                    continue
                i, j = at_x[anchor], at_y[anchor]
                while i > x_done and j > y_done and x[i - 1] == y[j - 1]:
                    i -= 1
                    j -= 1
            else:
                i, j = i8(x.size), i8(y.size)
            n, m = i - x_done, j - y_done
            found = i8(0)
            if n > 0 and m > 0 and (n + 1) * (m + 1) <= MOST_CELLS:
                found = common_subsequence(x[x_done:i], y[y_done:j], table, in_x, in_y)
            # Between two aligned places, or before the first: a slot. The words after the last are not one.
            x_from, y_from = x_done, y_done
            for k in range(found + 1):
                x_to = x_done + in_x[k] if k < found else i
                y_to = y_done + in_y[k] if k < found else j
                is_slot = 0 < x_to - x_from <= LONGEST_FILLER and 0 < y_to - y_from <= LONGEST_FILLER
                if is_slot and not (k == found and anchor == anchors):
                    framed = is_framed(x, y, x_from, y_from, x_to, y_to)
                    x_number, x_word, x_one_number, x_one_word = own_fact(
                        x, x_weights, x_from, x_to, y, y_from, y_to, digits, letters, number_room, framed
                    )
                    y_number, y_word, y_one_number, y_one_word = own_fact(
                        y, y_weights, y_from, y_to, x, x_from, x_to, digits, letters, number_room, framed
                    )
                    weight = i8(0)
                    key = u8(0)
                    if x_number > 0 and y_number > 0:
                        weight = min(x_number, y_number)
                        key = two(x_one_number, y_one_number)
                    elif x_word > 0 and y_word > 0 and framed:
                        weight = min(x_word, y_word) // 4  # may be another word for the same
                        key = two(x_one_word, y_one_word)
                    if weight > 0 and n_slots < MOST_SLOTS:
                        is_new = True
                        for s in range(n_slots):
                            is_new &= slots[s] != key
                        if is_new:
                            slots[n_slots] = key
                            weight_of[n_slots] = weight
                            is_number_of[n_slots] = x_number > 0 and y_number > 0
                            x_place[n_slots], y_place[n_slots] = x_from, y_from
                            n_slots += 1
                if k < found:
                    weight = min(x_weights[x_to], y_weights[y_to])
                    weight = agree(x, x_to, weight, agreed_keys, agreed_stamps, stamp, mask, multiplier)
                    agreed += weight
                    agreed_numbers += weight if x[x_to] & u4(KIND) == u4(NUMBER) else 0
                    aligned += 1
                    x_aligned[x_to] = y_aligned[y_to] = aligned
                x_from, y_from = x_to + 1, y_to + 1
            # The block itself.
            while i < x.size and j < y.size and x[i] == y[j]:
                least = min(x_weights[i], y_weights[j])
                weight = agree(x, i, least, agreed_keys, agreed_stamps, stamp, mask, multiplier)
                agreed += weight
                agreed_numbers += weight if x[i] & u4(KIND) == u4(NUMBER) else 0
                aligned += 1
                x_aligned[i] = y_aligned[j] = aligned
                i += 1
                j += 1
            x_done, y_done = i, j
        # A slot counts where the texts agree around it, not where pages have a line in common.
        count = i8(0)
        for s in range(n_slots):
            is_long = min(x.size, y.size) >= LONG
            if not is_long or (is_dense(x_aligned[: x.size], x_place[s]) and is_dense(y_aligned[: y.size], y_place[s])):
                against += weight_of[s]
                against_numbers += weight_of[s] if is_number_of[s] else 0
                count += 1
        n_slots = count
        if n_slots == 1 and aligned >= CORRECTED * min(x.size, y.size):
            against = against_numbers = i8(0)
        # Where nothing is known of the language all words are rare, and drown the numbers: these count alone, too.
        of_numbers = against_numbers / (against_numbers + agreed_numbers + PRIOR)
        out[q] = max(against / (against + agreed + PRIOR), NUMBERS_ALONE * of_numbers)


@inner_kernel
def is_dense(aligned: Array, place: int) -> bool:
    """Return whether most of the words before a place, or most of those after it, are aligned."""
    first, last = max(0, place - AROUND), min(aligned.size, place + AROUND)
    before = behind = i8(0)
    for k in range(first, place):
        before += i8(aligned[k] > 0)
    for k in range(place, last):
        behind += i8(aligned[k] > 0)
    return (place > first and 5 * before >= 3 * (place - first)) or 5 * behind >= 3 * (last - place)


@kernel
def is_framed(x: Array, y: Array, x_from: int, y_from: int, x_to: int, y_to: int) -> bool:
    """Return whether the same words are around a gap: FRAME in all, LEAST_FRAME on each side, or the end of both."""
    before = behind = i8(0)
    while before < FRAME - LEAST_FRAME:
        x_at, y_at = x_from - 1 - before, y_from - 1 - before
        if x_at < 0 or y_at < 0 or x[x_at] != y[y_at]:
            break
        before += 1
    if x_from == before and y_from == before:
        before = i8(FRAME - LEAST_FRAME)
    while behind < FRAME - LEAST_FRAME:
        x_at, y_at = x_to + behind, y_to + behind
        if x_at >= x.size or y_at >= y.size or x[x_at] != y[y_at]:
            break
        behind += 1
    if x_to + behind == x.size and y_to + behind == y.size:
        behind = i8(FRAME - LEAST_FRAME)
    return min(before, behind) >= LEAST_FRAME and before + behind >= FRAME


@inlined_kernel
def agree(x: Array, place: int, weight: int, keys: Array, stamps: Array, stamp: int, mask: int, multiplier: int) -> int:
    """Return the weight of an aligned word as a fact, the first time that it is aligned; else 0."""
    if weight == u1(0):
        return i8(0)
    slot = slot_of(keys, stamps, stamp, mask, multiplier, x[place])
    if stamps[slot] == stamp:
        return i8(0)
    keys[slot] = x[place]
    stamps[slot] = stamp
    return i8(weight)
