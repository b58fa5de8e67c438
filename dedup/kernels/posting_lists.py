"""Build posting lists of sketch values, and find the documents that share enough of them."""

from __future__ import annotations

import numpy as np
from numba import i8, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.simd import prefetch

AHEAD = 16  # posting lists that are fetched before they are read: each is a cache miss
FIRST = 1 << 31  # marks the first document of a posting list
DOCUMENT = FIRST - 1


@kernel
def pack_part(
    hashes: Array,
    sizes: Array,
    rows: Array,
    first: int,
    bits: int,
    part: int,
    part_bits: int,
    packed: Array,
    count: int,
) -> int:
    """Append the postings of documents that belong to one part; return the new count, even if there is no room.

    Parameters
    ----------
    hashes : uint64 array, shape (n_rows, sketch size)
    sizes : uint16 array, shape (n_documents,)
    rows : int64 array, shape (n_documents,)
        The row of each of the documents in ``hashes``.
    first : int
        Number of the first of the documents.
    bits : int
        Of a document's number.
    part, part_bits : int
        The upper bits of a key that belongs to the part, and how many these are.
    packed : uint64 array
        Receives key above ``bits``, document below.
    count : int
        Postings there before.
    """
    low = (u8(1) << u8(bits)) - u8(1)
    wanted = u8(part)
    for k in range(rows.size):
        for at in range(sizes[k]):
            # The smallest hashes begin with zeros: multiplied they differ in the upper bits, which the packing leaves.
            key = hashes[rows[k], at] * u8(0x9E3779B97F4A7C15)
            if part_bits > 0 and key >> u8(64 - part_bits) != wanted:
                continue
            if count < packed.size:
                packed[count] = key & ~low | u8(first + k)
            count += 1
    return count


@kernel
def list_members(packed: Array, bits: int, members: Array, limit: int, crowded: Array) -> tuple[int, int, int]:
    """Write the documents of every posting list with more than one of them.

    Parameters
    ----------
    packed : uint64 array, sorted, shape (n_postings,)
        Key of the rare pair above ``bits``, document below: a posting list is a run of equal keys.
    bits : int
        31 at most.
    members : uint32 array, shape (n_postings,)
        Receives the documents, in the order of ``packed``; the first one of each list is marked.
    limit : int
    crowded : bool array
        Set for the documents of lists of more than ``limit + 1``.

    Returns
    -------
    count, longest, first : int
        Members written; documents in the longest list, be it of one, and the first of them.
    """
    mask = (u8(1) << u8(bits)) - u8(1)
    count = i8(0)
    longest = i8(0)
    first = i8(0)
    start = i8(0)
    for at in range(1, packed.size + 1):
        if at < packed.size and packed[at] >> u8(bits) == packed[start] >> u8(bits):
            continue
        if at - start > longest:
            longest = at - start
            first = i8(packed[start] & mask)
        if at - start > 1:
            members[count] = u4(packed[start] & mask) | u4(FIRST)
            for posting in range(start + 1, at):
                members[count + posting - start] = u4(packed[posting] & mask)
            count += at - start
        if at - start > limit + 1:
            for posting in range(start, at):
                crowded[packed[posting] & mask] = True
        start = at
    return count, longest, first


@kernel
def lists_of(members: Array, begin: int, places: Array, begins: Array, stops: Array) -> None:
    """Find the posting lists that contain documents.

    Parameters
    ----------
    members : uint32 array
        From `list_members`.
    begin : int
        The first of the documents.
    places : int64 array, shape (n_documents,)
        Where the lists of each document go in the arrays below; moved to their ends. So they are read in one pass
        later.
    begins, stops : uint32 array
        Receive where in ``members`` a list begins, and where the document itself is in it.
    """
    list_begin = i8(0)
    for at in range(members.size):
        if members[at] & u4(FIRST):
            list_begin = at
        row = i8(members[at] & u4(DOCUMENT)) - begin
        if 0 <= row < places.size:
            begins[places[row]] = list_begin
            stops[places[row]] = at
            places[row] += 1


@kernel
def sharing_pairs(
    members: Array,
    begin: int,
    firsts: Array,
    lasts: Array,
    begins: Array,
    stops: Array,
    sizes: Array,
    shared: Array,
    overlap: int,
    least_overlap: int,
    full: int,
    limit: int,
    pairs: Array,
) -> int:
    """Find the pairs of a document and an earlier one that share enough postings.

    Parameters
    ----------
    members, begin, begins, stops
        As for `lists_of`.
    firsts, lasts : int64 array
        Where the lists of each of the documents are.
    sizes : uint16 array
        Postings of every document, be they in a list or alone.
    shared : unsigned integer array, shape (n_documents,)
        Zero; room to count in, up to ``full``.
    overlap, least_overlap, full : int
        Documents with ``full`` postings must share ``overlap``; where one has fewer, fewer in proportion, but no fewer
        than ``least_overlap``.
    limit : int
        In a posting list a document meets the first ``limit`` before it.
    pairs : uint64 array
        Receives earlier document in the upper half, later in the lower, while there is room.

    Returns
    -------
    int
        Pairs found, whether there is room for them or not.
    """
    met = np.empty(sizes.size + 1, np.uint32)
    count = i8(0)
    for row in range(firsts.size):
        later = begin + row
        met_count = 0
        for k in range(firsts[row], min(firsts[row] + AHEAD, lasts[row])):
            prefetch(members, i8(begins[k]))
        for k in range(firsts[row], lasts[row]):
            if k + AHEAD < lasts[row]:
                prefetch(members, i8(begins[k + AHEAD]))
            for member in members[begins[k] : min(i8(stops[k]), i8(begins[k]) + limit)]:
                earlier = member & u4(DOCUMENT)
                met[met_count] = earlier
                met_count += i8(shared[earlier] == 0)  # no branch: which are met again cannot be predicted
                shared[earlier] += u1(1)
        mine = i8(sizes[later])
        for k in range(met_count):
            earlier = met[k]
            if shared[earlier] >= max(least_overlap, overlap * min(mine, i8(sizes[earlier])) // full):
                if count < pairs.size:
                    pairs[count] = u8(earlier) << u8(32) | u8(later)
                count += 1
            shared[earlier] = 0
    return count
