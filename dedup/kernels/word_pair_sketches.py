"""Count word pairs over documents, list the rare ones of each, and sketch documents by them."""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u2, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel, kernel
from dedup.kernels.simd import BLOCK, above_space, trailing_zeros
from dedup.kernels.xxh import fmix64

FLAG = u1(255)  # any byte above a space would do
BUCKETS = 64  # in which a sketch is sorted
EXACT = 128  # counts up to here are exact
STEPS_UP = np.full(256, 2**32 - 1, np.uint32)
STEPS_UP[EXACT:255] = 2**32 / (EXACT * (2 ** (1 / 8) - 1) * 2 ** (np.arange(255 - EXACT) / 8))
STEPS_UP[255] = 0
"""How probably each count is raised by one more document, in units of 2 ** -32."""

CHARACTERS = 4  # of a script without spaces, where two words have about as many
LETTERS = 6  # of an alphabet without spaces: more than a word, for few sequences of four are rare
FULL_WEIGHT = 24  # of a pair that is as rare as can be
MARK_MULTIPLIER = 0x9E37  # odd
ALPHABETIC = 3  # bits of a token hash, as in dedup.text.tokens


@kernel
def word_pairs(tokens: Array, start: int, stop: int, pairs: Array) -> int:
    """Write the hash of each word pair of ``tokens[start:stop]`` to ``pairs``; return how many.

    A word pair is two adjacent tokens, or four from where two characters of an unspaced script meet, or six from where
    two of an alphabet do.
    """
    count = max(stop - start - 1, 0)
    text = tokens[start:stop]
    kinds = u4(0)
    for k in range(count):  # a loop of vectors: nearly all texts need no more
        pairs[k] = two(text[k], text[k + 1])
        kinds |= text[k] & text[k + 1]
    return unspaced_pairs(text, pairs) if kinds & u4(1) else count


@inlined_kernel
def two(first: int, second: int) -> int:
    """Hash two tokens."""
    return fmix64(u8(first) << u8(32) | u8(second))


@inner_kernel
def unspaced_pairs(text: Array, pairs: Array) -> int:
    """Write word pairs as `word_pairs` does, for a text with characters of scripts without spaces."""
    count = 0
    for k in range(text.size - 1):
        key = two(text[k], text[k + 1])
        kind = text[k] & text[k + 1] & u4(ALPHABETIC)
        if kind & u4(1):
            if k + (LETTERS if kind == u4(ALPHABETIC) else CHARACTERS) > text.size:
                break
            key = fmix64(key ^ (u8(text[k + 2]) << u8(32) | u8(text[k + 3])))
            if kind == u4(ALPHABETIC):
                key = fmix64(key ^ (u8(text[k + 4]) << u8(32) | u8(text[k + 5])))
        pairs[count] = key
        count += 1
    return count


@kernel
def count_pairs(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    longest: int,
    begin: int,
    size: int,
    frequencies: Array,
) -> None:
    """Add each document's word pairs to the frequency table, which saturates at 255.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which of them to count.
    longest : int
        Tokens of the longest document.
    begin, size : int
        Slots to be counted: ``size`` of them, from ``begin`` on.
    frequencies : uint8 array
        A power of two long, at most 2**31: how many documents have a pair of that slot. Exact up to EXACT; a higher
        number k means about EXACT * 2 ** ((k - EXACT) / 8) documents: it is reached by chance, which depends only on
        the document and the slot.
    """
    mask = u8(frequencies.size - 1)
    pairs = np.empty(longest, np.uint64)
    slots = np.empty(longest, np.uint32)
    before = np.empty(longest, np.uint8)
    for document in documents:
        count = i8(0)
        for k in range(word_pairs(tokens, starts[document], ends[document], pairs)):
            slot = u4(pairs[k] & mask)
            slots[count] = slot
            count += i8(u4(slot - u4(begin)) < u4(size))
        # First all are read, then all written: the cache misses of the reads overlap, and a slot that comes again is
        # raised once, for the same is written twice.
        for k in range(count):
            before[k] = frequencies[slots[k]]
        seed = u8(document) * u8(0x9E3779B97F4A7C15)
        for k in range(count):
            chance = (u8(slots[k]) ^ seed) * u8(0xFF51AFD7ED558CCD) >> u8(32)
            frequencies[slots[k]] = before[k] + u1(chance <= u8(STEPS_UP[before[k]]))


@kernel
def uncount_pairs(
    tokens: Array, starts: Array, ends: Array, documents: Array, longest: int, frequencies: Array
) -> None:
    """Subtract each document's word pairs from the frequency table, where its counts are exact.

    Parameters as for `count_pairs`. What was raised by chance, over EXACT, stays.
    """
    mask = u8(frequencies.size - 1)
    pairs = np.empty(longest, np.uint64)
    before = np.empty(longest, np.uint8)
    for document in documents:
        count = word_pairs(tokens, starts[document], ends[document], pairs)
        for k in range(count):
            before[k] = frequencies[pairs[k] & mask]
        for k in range(count):
            frequencies[pairs[k] & mask] = before[k] - u1(u1(0) < before[k] <= u1(EXACT))


@kernel
def look_up(tokens: Array, start: int, stop: int, frequencies: Array, pairs: Array, counts: Array) -> int:
    """Write the hashes of the word pairs of ``tokens[start:stop]`` and their frequencies; return how many."""
    count = word_pairs(tokens, start, stop, pairs)
    mask = u8(frequencies.size - 1)
    for k in range(count):
        counts[k] = frequencies[pairs[k] & mask]
    return count


@kernel
def list_rare(
    pairs: Array, counts: Array, fingerprints: Array, weight_of: Array, listed: Array, marks: Array, weights: Array
) -> int:
    """List the rare word pairs among these, at every position; return how many.

    Parameters
    ----------
    pairs : uint64 array
    counts : uint8 array
        Their frequencies.
    fingerprints : uint16 array
        Of the tokens of the document.
    weight_of : uint8 array, shape (256,)
        Rarity weight by frequency, at most FULL_WEIGHT. A pair of weight 0 is not rare and not listed.
    listed : uint32 array
        Receives the upper halves of their hashes.
    marks : uint16 array
        Receives what follows from the fingerprints of their first two tokens: the same for the same words alone.
    weights : uint8 array
        Receives their weights.
    """
    count = 0
    for k in range(pairs.size):
        weight = weight_of[counts[k]]
        listed[count] = u4(pairs[k] >> u8(32))
        marks[count] = u2(u4(fingerprints[k]) * u4(MARK_MULTIPLIER) + u4(fingerprints[k + 1]))
        weights[count] = weight
        count += i8(weight != 0)
    return count


@kernel
def sketch(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    frequencies: Array,
    bounds: Array,
    weight_of: Array,
    out: Array,
    sizes: Array,
    crowd_out: Array,
    crowd_sizes: Array,
    listed: Array,
    marks: Array,
    weights: Array,
    list_sizes: Array,
) -> int:
    """Look up the word pairs of documents: list the rare ones, and keep those with the smallest hashes.

    Parameters
    ----------
    tokens, starts, ends, documents, frequencies
        As in `count_pairs`.
    fingerprints : uint16 array
        Of the tokens.
    bounds : int64 array, shape (4,)
        Least and most frequency, 255 at most: of the sketch, and of the second one, by which crowds are found.
    weight_of, listed, marks, weights
        As in `list_rare`; the lists of all documents follow one another.
    out, crowd_out : uint64 array, shape (len(documents), sketch size)
        Receive hashes in ascending order.
    sizes, crowd_sizes, list_sizes : integer arrays, shape (len(documents),)
        Receive how many.

    Returns
    -------
    int
        Pairs listed in all.
    """
    longest = i8(1)
    for document in documents:
        longest = max(longest, ends[document] - starts[document])
    pairs = np.empty(longest, np.uint64)
    counts = np.empty(longest, np.uint8)
    flags = np.empty(longest + BLOCK, np.uint8)
    some = np.empty(longest, np.uint64)
    ordered = np.empty(longest, np.uint64)
    at = i8(0)
    for row in range(documents.size):
        count = look_up(tokens, starts[documents[row]], ends[documents[row]], frequencies, pairs, counts)
        hashes, here = pairs[:count], counts[:count]
        sizes[row] = bottom(hashes, here, u1(bounds[0]), u1(bounds[1]), flags, some, ordered, out[row])
        crowd_sizes[row] = bottom(hashes, here, u1(bounds[2]), u1(bounds[3]), flags, some, ordered, crowd_out[row])
        own = fingerprints[starts[documents[row]] : ends[documents[row]]]
        to = slice(at, at + count)
        list_sizes[row] = list_rare(hashes, here, own, weight_of, listed[to], marks[to], weights[to])
        at += list_sizes[row]
    return at


@inner_kernel
def bottom(
    pairs: Array, counts: Array, least: int, most: int, flags: Array, some: Array, ordered: Array, out: Array
) -> int:
    """Write the smallest distinct hashes of pairs counted ``least`` to ``most`` times, ascending; return how many."""
    eligible = i8(0)
    for k in range(pairs.size):
        eligible += i8(u1(counts[k] - least) <= u1(most - least))
    # So few hashes are under the ceiling that hardly one too many is sorted; where pairs come again, too few.
    highest = u8(0xFFFFFFFFFFFFFFFF)
    ceiling = highest
    if eligible > 2 * out.size:
        ceiling = highest // u8(eligible) * u8(out.size + out.size // 4 + 4)
    kept = smallest(pairs, counts, ceiling, least, most, flags, some, ordered, out)
    while kept < out.size and ceiling < highest:
        ceiling = ceiling * u8(4) if ceiling < highest // u8(4) else highest
        kept = smallest(pairs, counts, ceiling, least, most, flags, some, ordered, out)
    return kept


@inner_kernel
def smallest(
    pairs: Array,
    counts: Array,
    ceiling: int,
    least: int,
    most: int,
    flags: Array,
    some: Array,
    ordered: Array,
    out: Array,
) -> int:
    """Write the smallest of these hashes up to the ceiling; return how many."""
    for k in range(pairs.size):
        flags[k] = FLAG * u1((pairs[k] <= ceiling) & (u1(counts[k] - least) <= u1(most - least)))
    flags[pairs.size : pairs.size + BLOCK] = 0
    count = 0
    for block in range(0, pairs.size, BLOCK):
        flagged = above_space(flags, block)
        while flagged != u8(0):
            some[count] = pairs[block + trailing_zeros(flagged)]
            count += 1
            flagged &= flagged - u8(1)
    sort_uniform(some[:count], ceiling, ordered)
    kept = 0
    for k in range(count):
        if kept == out.size:
            break
        if k == 0 or ordered[k] != ordered[k - 1]:
            out[kept] = ordered[k]
            kept += 1
    return kept


@inner_kernel
def heapsort(values: Array) -> None:
    """Sort in place, in at most n log n steps."""
    end = values.size
    start = end // 2
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            values[end], values[0] = values[0], values[end]
        parent = start
        while 2 * parent + 1 < end:
            child = 2 * parent + 1
            child += i8((child + 1 < end) and (values[child] < values[min(child + 1, end - 1)]))
            if values[parent] >= values[child]:
                break
            values[parent], values[child] = values[child], values[parent]
            parent = child


@kernel
def sort_uniform(values: Array, ceiling: int, out: Array) -> None:
    """Sort hashes, which are spread evenly up to the ceiling: each is put near its place, then moved to it.

    Texts can be made whose hashes are not spread evenly: then a heap sorts them, which takes as long whatever they are.
    """
    begins = np.zeros(BUCKETS + 2, np.int64)
    scale = BUCKETS / (np.float64(ceiling) + 1.0)
    for k in range(values.size):
        begins[u8(np.float64(values[k]) * scale) + u8(2)] += 1
    fullest = i8(0)
    for bucket in range(BUCKETS):
        fullest = max(fullest, begins[bucket + 2])
        begins[bucket + 2] += begins[bucket + 1]
    if fullest > 16 + 8 * values.size // BUCKETS:
        for k in range(values.size):
            out[k] = values[k]
        heapsort(out[: values.size])
        return
    for k in range(values.size):
        bucket = u8(np.float64(values[k]) * scale) + u8(1)
        out[begins[bucket]] = values[k]
        begins[bucket] += 1
    for k in range(1, values.size):
        value = out[k]
        at = k
        while at > 0 and out[at - 1] > value:
            out[at] = out[at - 1]
            at -= 1
        out[at] = value
