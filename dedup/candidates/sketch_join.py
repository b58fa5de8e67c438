"""Find the pairs of documents whose sketches have enough in common, by posting lists of sketch values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Bucket, Candidates, Pairs, joined, split
from dedup.candidates.word_pairs import Sketches
from dedup.kernels import posting_lists as kernel
from dedup.params import Params
from dedup.store.meter import NO_METER, Meter
from dedup.store.scratch import Scratch, release
from dedup.store.slices import in_slices

LEAST_OVERLAP = 2  # rare pairs that any candidate pair shares
BLOCK_DOCUMENTS = 1 << 16  # whose sketches are resident
POSTING_BYTES = 12  # that one takes while posting lists are made, and while pairs are looked for
ROOM = 4  # candidate pairs a document; more are found in a second pass


def pairs_in_postings(
    sketches: Sketches,
    documents: npt.NDArray[np.int64],
    overlap: int,
    least_overlap: int,
    limit: int,
    scratch: Scratch,
    threads: int = 1,
    meter: Meter = NO_METER,
) -> Candidates:
    """Find the pairs of documents whose sketches have enough in common.

    Parameters
    ----------
    sketches : Sketches
    documents : int64 array, ascending, shape (n,)
        The document of each sketch.
    overlap, least_overlap : int
        Full sketches must have ``overlap`` hashes in common; where the smaller one is not full, fewer in proportion,
        but no fewer than ``least_overlap``: a short document has few to share.
    limit : int
        In a posting list each document meets the first ``limit`` before it.
    scratch : Scratch
        Postings are sorted a part at a time, and looked up for some documents at a time, as its memory allows.
    threads : int
    meter : Meter
    """
    if len(documents) == 0:
        return Candidates(np.empty(0, np.uint64), Bucket(0, 0), documents)
    members, longest, crowded = _posting_lists(sketches, limit, scratch)
    sizes, full = sketches.sizes, sketches.hashes.shape[1]
    place = np.uint32 if len(members) < 2**32 else np.uint64
    found_pairs: list[Pairs] = []

    def share(first: int, last: int) -> None:
        ends = np.cumsum(sizes[first:last], dtype=np.int64)
        firsts = ends - sizes[first:last]
        lasts = firsts.copy()
        begins, stops = (np.empty(int(ends[-1]), place) for _ in range(2))
        kernel.lists_of(members, first, lasts, begins, stops)
        shared = np.zeros(len(sizes), np.uint8 if full < 256 else np.uint16)  # small: it should stay in the cache
        lists = members, first, firsts, lasts, begins, stops, sizes, shared, overlap, least_overlap, full, limit
        room = np.empty(ROOM * (last - first), np.uint64)
        while (count := kernel.sharing_pairs(*lists, room)) > len(room):
            room = np.empty(count, np.uint64)
        found_pairs.append(room[:count])
        release(members)

    with meter.bar("posting lists", len(documents), "documents"):
        most = 1 + scratch.memory // (8 * POSTING_BYTES * full * threads)
        in_slices(share, len(documents), threads, most, meter=meter)
    scratch.drop("posting lists")
    left, right = (documents[side] for side in split(np.concatenate(found_pairs)))
    return Candidates(joined(left, right), Bucket(longest.size, int(documents[longest.document])), documents[crowded])


def _posting_lists(
    sketches: Sketches, limit: int, scratch: Scratch
) -> tuple[npt.NDArray[np.uint32], Bucket, npt.NDArray[np.bool_]]:
    """Return the members of each posting list of two or more, the longest list, and who is in one over the limit."""
    bits = max(1, (len(sketches) - 1).bit_length())
    total = int(sketches.sizes.sum(dtype=np.int64))
    most = max(1 << 20, scratch.memory // (4 * POSTING_BYTES))
    part_bits = max(0, (-(-total // most) - 1).bit_length())
    rows = np.arange(len(sketches)) if sketches.rows is None else sketches.rows
    room = np.empty(total if part_bits == 0 else total + total // 4 >> part_bits, np.uint64)
    members = scratch.array("posting lists", np.uint32)
    longest = Bucket(0, 0)
    crowded = np.zeros(len(sketches), bool)
    for part in range(1 << part_bits):
        while (count := _pack(sketches, rows, bits, part, part_bits, room)) > len(room):
            room = np.empty(count, np.uint64)
        packed = room[:count]
        packed.sort()
        listed = np.empty(count, np.uint32)
        n_members, size, first = kernel.list_members(packed, bits, listed, limit, crowded)
        members.append(listed[:n_members])
        if size > longest.size:
            longest = Bucket(size, first)
    del room, packed, listed  # before there is more
    return members.load() if members.total_bytes <= scratch.memory // 4 else members.view(), longest, crowded


def _pack(
    sketches: Sketches, rows: npt.NDArray[np.int64], bits: int, part: int, part_bits: int, room: npt.NDArray[np.uint64]
) -> int:
    count = 0
    for first in range(0, len(rows), BLOCK_DOCUMENTS):
        block = slice(first, first + BLOCK_DOCUMENTS)
        here = sketches.hashes, sketches.sizes[block], rows[block], first
        count = kernel.pack_part(*here, bits, part, part_bits, room, count)
        release(sketches.hashes)
    return count


def posting_limit(params: Params) -> int:
    """Return with how many earlier documents of a posting list each is compared: all while the pair is rare.

    Near copies are not counted in the frequency of a pair, but they are in its list, hence twice ``rare_df``.
    """
    return max(params.bucket_limit, 2 * params.rare_df)
