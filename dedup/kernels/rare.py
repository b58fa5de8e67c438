"""Document frequencies of word pairs, and rare-pair sketches."""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.table import table_bits
from dedup.kernels.xxh import fmix64

BUCKETS = 64  # a sketch is sorted in so many
EXACT = 128  # counts up to here are exact
STEPS_UP = np.full(256, 2**32 - 1, np.uint32)
STEPS_UP[EXACT:255] = 2**32 / (EXACT * (2 ** (1 / 8) - 1) * 2 ** (np.arange(255 - EXACT) / 8))
STEPS_UP[255] = 0
"""How probably each count is raised by one more document, in units of 2 ** -32."""

CHARACTERS = 4  # of a script without spaces, where two words have about as many
LETTERS = 6  # of an alphabet without spaces: more than a word, for few sequences of four are rare
ALPHABETIC = 3  # bits of a token hash, as in dedup.text


@kernel
def word_pairs(tokens: Array, start: int, stop: int, pairs: Array) -> int:
    """Write the hash of each word pair of ``tokens[start:stop]`` to ``pairs``; return how many.

    A word pair is two adjacent tokens, or four from where two characters of an unspaced script meet, or six from where
    two of an alphabet do.
    """
    count = 0
    for at in range(start, stop - 1):
        key = fmix64(u8(tokens[at]) << u8(32) | u8(tokens[at + 1]))
        kind = tokens[at] & tokens[at + 1] & u4(ALPHABETIC)
        if kind & u4(1):
            if at + (LETTERS if kind == u4(ALPHABETIC) else CHARACTERS) > stop:
                break
            key = fmix64(key ^ (u8(tokens[at + 2]) << u8(32) | u8(tokens[at + 3])))
            if kind == u4(ALPHABETIC):
                key = fmix64(key ^ (u8(tokens[at + 4]) << u8(32) | u8(tokens[at + 5])))
        pairs[count] = key
        count += 1
    return count


@kernel
def distinct_slots(pairs: Array, mask: int, begin: int, size: int, table: Array, slots: Array) -> int:
    """Write each of ``size`` slots of the frequency table from ``begin`` on that the pairs have, once; return how many.

    ``table`` is zero, with room for four times as many, a power of two; and is zero again.
    """
    count = 0
    table_mask = u8((1 << table_bits(2 * pairs.size)) - 1)
    for k in range(pairs.size):
        slot = u4(pairs[k] & mask)
        key = slot + u4(1)  # zero marks an empty place
        at = pairs[k] >> u8(40) & table_mask
        while table[at] != u4(0) and table[at] != key:
            at = (at + u8(1)) & table_mask
        slots[count] = slot
        # No branch: whether a pair was there before cannot be predicted.
        count += i8((table[at] == u4(0)) & (u4(slot - begin) < size))
        table[at] = key
    table[: i8(table_mask) + 1] = u4(0)
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
        Slots to be counted: so many from there on.
    frequencies : uint8 array
        A power of two long, 2**31 at most: in how many documents some pair of that slot stands. Exact to EXACT; a
        number k over it stands for EXACT * 2 ** ((k - EXACT) / 8) documents, about: it is reached by chance, one that
        depends on the document and the slot alone.
    """
    mask = u8(frequencies.size - 1)
    pairs = np.empty(longest, np.uint64)
    slots = np.empty(longest, np.uint32)
    before = np.empty(longest, np.uint8)
    table = np.zeros(1 << table_bits(2 * longest), np.uint32)
    for document in documents:
        count = word_pairs(tokens, starts[document], ends[document], pairs)
        count = distinct_slots(pairs[:count], mask, u4(begin), u4(size), table, slots)
        # First all are read, then all written: the cache misses of the reads overlap.
        for k in range(count):
            before[k] = frequencies[slots[k]]
        seed = u8(document) * u8(0x9E3779B97F4A7C15)
        for k in range(count):
            chance = (u8(slots[k]) ^ seed) * u8(0xFF51AFD7ED558CCD) >> u8(32)
            frequencies[slots[k]] = before[k] + u1(chance <= u8(STEPS_UP[before[k]]))


@kernel
def look_up(tokens: Array, start: int, stop: int, frequencies: Array, pairs: Array, found: Array) -> int:
    """Write the hashes of the word pairs of ``tokens[start:stop]`` and their frequencies; return how many."""
    count = word_pairs(tokens, start, stop, pairs)
    mask = u8(frequencies.size - 1)
    for k in range(count):
        found[k] = frequencies[pairs[k] & mask]
    return count


@kernel
def sketch(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    frequencies: Array,
    bounds: Array,
    out: Array,
    sizes: Array,
    crowd_out: Array,
    crowd_sizes: Array,
    found: Array,
) -> None:
    """Keep of each document the word pairs of certain frequencies with the smallest hashes.

    Parameters
    ----------
    tokens, starts, ends, documents, frequencies
        As in `count_pairs`.
    bounds : int64 array, shape (4,)
        Least and most frequency, 255 at most: of the sketch, and of the second one that tells crowds.
    out, crowd_out : uint64 array, shape (len(documents), sketch size)
        Receive hashes in ascending order.
    sizes, crowd_sizes : int64 array, shape (len(documents),)
        Receive how many.
    found : uint8 array
        Receives the frequency of the word pair at each token of each document, one document after the other.
    """
    longest = i8(1)
    for document in documents:
        longest = max(longest, ends[document] - starts[document])
    pairs = np.empty(longest, np.uint64)
    some = np.empty(longest + 1, np.uint64)
    ordered = np.empty(longest, np.uint64)
    first = i8(0)
    for row in range(documents.size):
        start, stop = starts[documents[row]], ends[documents[row]]
        here = found[first : first + stop - start]
        count = look_up(tokens, start, stop, frequencies, pairs, here)
        hashes, counts = pairs[:count], here[:count]
        sizes[row] = bottom(hashes, counts, u1(bounds[0]), u1(bounds[1]), some, ordered, out[row])
        crowd_sizes[row] = bottom(hashes, counts, u1(bounds[2]), u1(bounds[3]), some, ordered, crowd_out[row])
        first += stop - start


@kernel
def bottom(pairs: Array, counts: Array, least: int, most: int, some: Array, ordered: Array, out: Array) -> int:
    """Write the smallest distinct hashes of pairs counted ``least`` to ``most`` times, ascending; return how many."""
    eligible = i8(0)
    for k in range(pairs.size):
        eligible += i8(u1(counts[k] - least) <= u1(most - least))
    # So few hashes are under the ceiling that hardly one too many is sorted; rarely, too few.
    highest = u8(0xFFFFFFFFFFFFFFFF)
    ceiling = highest
    if eligible > 2 * out.size:
        ceiling = highest // u8(eligible) * u8(out.size + out.size // 4 + 4)
    kept = smallest(pairs, counts, ceiling, least, most, some, ordered, out)
    if kept < out.size and ceiling < highest:
        kept = smallest(pairs, counts, highest, least, most, some, ordered, out)
    return kept


@kernel
def smallest(
    pairs: Array, counts: Array, ceiling: int, least: int, most: int, some: Array, ordered: Array, out: Array
) -> int:
    """Write the smallest such hashes up to the ceiling; return how many."""
    count = 0
    for k in range(pairs.size):
        some[count] = pairs[k]
        count += i8((pairs[k] <= ceiling) & (u1(counts[k] - least) <= u1(most - least)))
    sort_uniform(some[:count], ceiling, ordered)
    kept = 0
    for k in range(count):
        if kept < out.size and (kept == 0 or ordered[k] != out[kept - 1]):
            out[kept] = ordered[k]
            kept += 1
    return kept


@kernel
def sort_uniform(values: Array, ceiling: int, out: Array) -> None:
    """Sort hashes, which are spread evenly up to the ceiling: each is put near its place, then moved to it."""
    begins = np.zeros(BUCKETS + 2, np.int64)
    scale = BUCKETS / (np.float64(ceiling) + 1.0)
    for k in range(values.size):
        begins[u8(np.float64(values[k]) * scale) + u8(2)] += 1
    for bucket in range(BUCKETS):
        begins[bucket + 2] += begins[bucket + 1]
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
