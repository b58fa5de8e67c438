"""Document frequencies of word pairs, rare-pair sketches, and the candidate pairs they give."""

from __future__ import annotations

import numpy as np
from numba import i8, njit, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.table import table_bits
from dedup.kernels.xxh import fmix64

LOOKED_UP = 4  # times the size of a sketch: so many word pairs are looked up at first
CHARACTERS = 4  # of a script without spaces, where two words have about as many
LETTERS = 6  # of an alphabet without spaces: more than a word, for few sequences of four are rare
ALPHABETIC = 3  # bits of a token hash, as in dedup.text


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def distinct(pairs: Array, count: int, table: Array, bits: int) -> int:
    """Leave each of ``pairs[:count]`` once, in order; return how many. ``table`` is zero, and is again."""
    mask = (1 << bits) - 1
    kept = 0
    for k in range(count):
        key = pairs[k] | u8(1)  # zero marks an empty slot
        slot = i8(key >> u8(20)) & mask
        while table[slot] != u8(0) and table[slot] != key:
            slot = (slot + 1) & mask
        if table[slot] == u8(0):
            table[slot] = key
            pairs[kept] = pairs[k]
            kept += 1
    for slot in range(mask + 1):
        table[slot] = u8(0)
    return kept


@njit(cache=True, nogil=True)
def count_pairs(
    tokens: Array, starts: Array, ends: Array, documents: Array, pairs: Array, table: Array, frequencies: Array
) -> None:
    """Add each document's distinct word pairs to the frequency table, which saturates at 255.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    documents : int64 array
        Which of them to count.
    pairs : uint64 array
        Room for the pairs of the longest document.
    table : uint64 array
        Zero; room for twice as many, a power of two.
    frequencies : uint8 array
        A power of two long; pairs that share a slot are counted together, never too low.
    """
    mask = u8(frequencies.size - 1)
    for document in documents:
        count = word_pairs(tokens, starts[document], ends[document], pairs)
        count = distinct(pairs, count, table, table_bits(count))
        for k in range(count):
            slot = pairs[k] & mask
            if frequencies[slot] < u1(255):
                frequencies[slot] += u1(1)


@njit(cache=True, nogil=True)
def sketch(
    tokens: Array,
    starts: Array,
    ends: Array,
    documents: Array,
    frequencies: Array,
    most: int,
    pairs: Array,
    out: Array,
    sizes: Array,
) -> None:
    """Keep of each document the word pairs of frequency 2 to ``most`` with the smallest hashes.

    A pair of frequency 1 stands nowhere else and would take room without ever meeting another.

    Parameters
    ----------
    tokens, starts, ends, documents, frequencies
        As in `count_pairs`.
    most : int
    pairs : uint64 array
        Room for the pairs of the longest document.
    out : uint64 array, shape (len(documents), sketch_size)
        Receives hashes in ascending order.
    sizes : int64 array, shape (len(documents),)
        Receives how many.
    """
    mask = u8(frequencies.size - 1)
    room = out.shape[1]
    highest = u8(0xFFFFFFFFFFFFFFFF)
    for row in range(documents.size):
        document = documents[row]
        count = word_pairs(tokens, starts[document], ends[document], pairs)
        # Hashes over the ceiling are not looked up, each a cache miss, unless those under it do not fill the sketch.
        share = max(1, count // (LOOKED_UP * room))
        kept = smallest(pairs, count, highest // u8(share), frequencies, mask, most, out[row])
        if kept < room and share > 1:
            kept = smallest(pairs, count, highest, frequencies, mask, most, out[row])
        sizes[row] = kept


@njit(cache=True, nogil=True)
def smallest(pairs: Array, count: int, ceiling: int, frequencies: Array, mask: int, most: int, out: Array) -> int:
    """Write the smallest distinct hashes up to the ceiling of frequency 2 to ``most``, ascending; return how many."""
    kept = 0
    last = out.size - 1
    for k in range(count):
        key = pairs[k]
        if key > ceiling or (kept > last and key >= out[last]):
            continue
        frequency = frequencies[key & mask]
        if frequency < 2 or frequency > most:
            continue
        at = kept
        while at > 0 and out[at - 1] > key:
            at -= 1
        if at > 0 and out[at - 1] == key:
            continue
        for shift in range(min(kept, last), at, -1):
            out[shift] = out[shift - 1]
        out[at] = key
        kept = min(kept + 1, last + 1)
    return kept


@njit(cache=True, nogil=True)
def posting_lists(packed: Array, bits: int, places: Array, begins: Array, stops: Array) -> tuple[int, int]:
    """Find the posting list of each posting.

    Parameters
    ----------
    packed : uint64 array, sorted, shape (n_postings,)
        Key of the rare pair above ``bits``, document below: a posting list is a run of equal keys.
    bits : int
    places : int64 array, shape (n_documents,)
        Where the postings of each document begin in the arrays below, which are in the order of documents, so that they
        are read in one go later. Moved to where they end.
    begins, stops : int64 array, shape (n_postings,)
        Receive where in ``packed`` the list of a posting begins, and where the posting itself stands.

    Returns
    -------
    longest, first : int
        Documents in the longest posting list, and the first of them.
    """
    mask = (u8(1) << u8(bits)) - u8(1)
    longest = i8(0)
    first = i8(0)
    start = i8(0)
    for at in range(1, packed.size + 1):
        if at < packed.size and packed[at] >> u8(bits) == packed[start] >> u8(bits):
            continue
        if at - start > longest:
            longest = at - start
            first = i8(packed[start] & mask)
        for posting in range(start, at):
            document = i8(packed[posting] & mask)
            begins[places[document]] = start
            stops[places[document]] = posting
            places[document] += 1
        start = at
    return longest, first


@njit(cache=True, nogil=True)
def sharing_pairs(
    packed: Array,
    bits: int,
    places: Array,
    begins: Array,
    stops: Array,
    overlap: int,
    full: int,
    limit: int,
    pairs: Array,
) -> int:
    """Find the documents that share postings enough with an earlier one.

    Parameters
    ----------
    packed, bits, places, begins, stops
        As `posting_lists` takes and leaves them.
    overlap, full : int
        So many postings must be shared; one fewer if either document has fewer than ``full``.
    limit : int
        In a posting list a document meets the first ``limit`` before it.
    pairs : uint64 array
        Receives earlier document in the upper half, later in the lower, while there is room.

    Returns
    -------
    int
        Pairs found, be there room for them or not.
    """
    mask = (u8(1) << u8(bits)) - u8(1)
    shared = np.zeros(places.size, np.int32)
    met = np.empty(places.size, np.int64)
    count = i8(0)
    first = i8(0)
    for later in range(places.size):
        met_count = 0
        for k in range(first, places[later]):
            for other in range(begins[k], min(stops[k], begins[k] + limit)):
                earlier = i8(packed[other] & mask)
                if shared[earlier] == 0:
                    met[met_count] = earlier
                    met_count += 1
                shared[earlier] += 1
        is_full = places[later] - first >= full
        first = places[later]
        for k in range(met_count):
            earlier = met[k]
            size = places[earlier] - (places[earlier - 1] if earlier > 0 else 0)
            if shared[earlier] >= overlap - (0 if is_full and size >= full else 1):
                if count < pairs.size:
                    pairs[count] = u8(earlier) << u8(32) | u8(later)
                count += 1
            shared[earlier] = 0
    return count
