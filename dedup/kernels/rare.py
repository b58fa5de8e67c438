"""Document frequencies of word pairs, rare-pair sketches, and the candidate pairs they give."""

from __future__ import annotations

from numba import i8, njit, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.table import table_bits
from dedup.kernels.xxh import fmix64

CHARACTERS = 4  # of a script without spaces, where two words have about as many


@njit(cache=True, nogil=True)
def word_pairs(tokens: Array, start: int, stop: int, pairs: Array) -> int:
    """Write the hash of each word pair of ``tokens[start:stop]`` to ``pairs``; return how many.

    A word pair is two adjacent tokens, or four adjacent ones from where two characters of an unspaced script meet.
    """
    count = 0
    for at in range(start, stop - 1):
        key = fmix64(u8(tokens[at]) << u8(32) | u8(tokens[at + 1]))
        if tokens[at] & tokens[at + 1] & u4(1):
            if at + CHARACTERS > stop:
                break
            key = fmix64(key ^ (u8(tokens[at + 2]) << u8(32) | u8(tokens[at + 3])))
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
    for row in range(documents.size):
        document = documents[row]
        count = word_pairs(tokens, starts[document], ends[document], pairs)
        kept = 0
        for k in range(count):
            key = pairs[k]
            if kept == room and key >= out[row, room - 1]:
                continue
            frequency = frequencies[key & mask]
            if frequency < 2 or frequency > most:
                continue
            at = kept
            while at > 0 and out[row, at - 1] > key:
                at -= 1
            if at > 0 and out[row, at - 1] == key:
                continue
            for shift in range(min(kept, room - 1), at, -1):
                out[row, shift] = out[row, shift - 1]
            out[row, at] = key
            kept = min(kept + 1, room)
        sizes[row] = kept


@njit(cache=True, nogil=True)
def run_starts(keys: Array, starts: Array) -> int:
    """Write for each element of a sorted array where its run of equal values starts; return the longest run."""
    longest = 0
    start = 0
    for at in range(keys.size):
        if keys[at] != keys[start]:
            start = at
        starts[at] = start
        longest = max(longest, at - start + 1)
    return longest


@njit(cache=True, nogil=True)
def sharing_pairs(
    owners: Array,
    starts: Array,
    places: Array,
    firsts: Array,
    overlap: int,
    limit: int,
    shared: Array,
    met: Array,
    pairs: Array,
) -> int:
    """Find the documents that share at least ``overlap`` postings with an earlier one.

    Parameters
    ----------
    owners : int64 array, shape (n_postings,)
        Document of each posting; postings of one rare pair stand together, in the order of documents.
    starts : int64 array, shape (n_postings,)
        Where the posting list of each begins.
    places : int64 array, shape (n_postings,)
        Positions of the postings of document 0, then 1, and so on; ``firsts`` says where each begins.
    firsts : int64 array, shape (n_documents + 1,)
    overlap, limit : int
        In a posting list a document meets the first ``limit`` before it.
    shared : uint8 array, shape (n_documents,)
        Zero, and is again.
    met : int64 array, shape (n_documents,)
        Room.
    pairs : uint64 array
        Receives earlier document in the upper half, later in the lower; empty: only counted.

    Returns
    -------
    int
        Pairs found.
    """
    count = i8(0)
    for later in range(firsts.size - 1):
        met_count = 0
        for k in range(firsts[later], firsts[later + 1]):
            at = places[k]
            for other in range(starts[at], min(at, starts[at] + limit)):
                earlier = owners[other]
                if shared[earlier] == 0:
                    met[met_count] = earlier
                    met_count += 1
                if shared[earlier] < u1(255):
                    shared[earlier] += u1(1)
        for k in range(met_count):
            if shared[met[k]] >= overlap:
                if pairs.size:
                    pairs[count] = u8(met[k]) << u8(32) | u8(later)
                count += 1
            shared[met[k]] = 0
    return count
