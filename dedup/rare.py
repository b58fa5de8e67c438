"""Rare word pairs: their document frequencies, each document's sketch of them, and the candidate pairs sharing some.

The second road to a candidate: it finds excerpts and rewrites, whose shingles hardly meet. A sketch is the bottom-k
MinHash (Broder 1997) of the document's word pairs that are rare in the corpus at hand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.candidates import Bucket, Found, Pairs, joined, split
from dedup.kernels import postings as kernel_postings
from dedup.kernels import rare as kernel
from dedup.params import Params
from dedup.store import Corpus, Scratch, read_only, release
from dedup.threads import in_slices, in_turn

SLOTS_PER_TOKEN = 0.5  # to be rounded up to a power of two; a rare pair that shares its slot is counted too high
LEAST_BITS = 20
USUAL_BITS = 24  # of small corpora: room for the background
LEAST_OVERLAP = 2  # rare pairs that any candidate pair shares
CROWD_SKETCH = 16
CROWD_LEAST_DF, CROWD_MOST_DF = 25, 152  # the latter stands for a thousand
SCRATCH = ("sketches", np.uint64), ("pairs at tokens", np.uint8)
"""What `sketches` leaves in scratch files."""

BLOCK = 1 << 22  # tokens that are looked up at a time
AT_A_TIME = 1 << 16  # documents whose sketches are resident
POSTING_BYTES = 12  # that one takes while posting lists are made, and while pairs are looked for
ROOM = 4  # candidate pairs a document; more are found in a second pass


def frequency_bits(n_tokens: int, memory: int) -> int:
    """Return the base-2 logarithm of the frequency table's length: half a slot a token, or more.

    At most a quarter of the memory, but never less than 1 MB.
    """
    return min(_wanted_bits(n_tokens), max(LEAST_BITS, int(memory // 4).bit_length() - 1))


def is_crowded(n_tokens: int, memory: int) -> bool:
    """Whether the memory does not allow for the table that so many tokens should have."""
    return frequency_bits(n_tokens, memory) < _wanted_bits(n_tokens)


def _wanted_bits(n_tokens: int) -> int:
    return max(USUAL_BITS, int(SLOTS_PER_TOKEN * n_tokens - 1).bit_length())


def pair_frequencies(
    corpus: Corpus, documents: npt.NDArray[np.int64], bits: int, threads: int = 1
) -> npt.NDArray[np.uint8]:
    """Count in how many of the documents each word pair stands.

    Parameters
    ----------
    corpus : Corpus
    documents : int64 array
        Distinct articles: near copies left out, so that a story does not make its own words frequent by being carried.
    bits : int
        The table has ``2 ** bits`` slots of one byte.
    threads : int
        Each counts a part of the table.

    Returns
    -------
    uint8 array, shape (2 ** bits,)
        By the lowest bits of a pair's hash: in how many documents some pair of that slot stands; over 128 an estimate,
        as `dedup.kernels.rare.count_pairs` defines it. Too high where pairs share a slot.
    """
    frequencies = np.zeros(1 << bits, np.uint8)
    part_bits = min(bits, threads.bit_length() - 1)
    shift = bits - part_bits
    blocks = _blocks(corpus.lengths[documents])
    texts = corpus.tokens, corpus.starts, corpus.ends

    def count(first: int, last: int) -> None:
        for block in blocks:
            for part in range(first, last):
                kernel.count_pairs(*texts, documents[block], corpus.longest, part << shift, 1 << shift, frequencies)
            release(corpus.tokens)

    in_slices(count, 1 << part_bits, threads)
    return frequencies


@dataclass(frozen=True, slots=True)
class PairsAtTokens:
    """The frequency of the word pair that begins at each token of some documents.

    Parameters
    ----------
    frequencies : uint8 array
        Of one document after the other; unspecified where no word pair begins, at a document's end.
    firsts : int64 array, shape (n_documents,)
        Where those of each document of the corpus begin; -1 for documents that were not looked up.
    """

    frequencies: npt.NDArray[np.uint8]
    firsts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "frequencies", read_only(self.frequencies))


@dataclass(frozen=True, slots=True)
class Sketches:
    """The rare-pair sketches of some documents.

    Parameters
    ----------
    hashes : uint64 array, shape (n_rows, sketch_size)
        Ascending in each row. May be a view of a scratch file.
    sizes : uint16 array, shape (n_documents,)
        How many of a row there are.
    rows : int64 array, shape (n_documents,), or None
        The row of each document; None: they are in order, one each.
    """

    hashes: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.uint16]
    rows: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, some: npt.NDArray[np.int64]) -> Sketches:
        """Return the sketches of some documents."""
        return Sketches(self.hashes, self.sizes[some], some if self.rows is None else self.rows[some])


def sketches(
    corpus: Corpus,
    documents: npt.NDArray[np.int64],
    frequencies: npt.NDArray[np.uint8],
    params: Params,
    scratch: Scratch,
    threads: int = 1,
) -> tuple[Sketches, Sketches, PairsAtTokens]:
    """Look all word pairs of documents up, once: return their sketches, and the frequencies for the evidence.

    A sketch has the pairs of frequency 2 to ``rare_df`` with the smallest hashes: one of frequency 1 stands nowhere
    else and would take room without ever meeting another.

    Parameters
    ----------
    corpus : Corpus
    documents : int64 array
    frequencies : uint8 array
        From `pair_frequencies`.
    params : Params
    scratch : Scratch
        Holds what is returned.
    threads : int

    Returns
    -------
    sketches : Sketches
    crowd_sketches : Sketches
        Of the pairs of the frequencies that `dedup.crowds` looks at.
    at_tokens : PairsAtTokens
    """
    bounds = np.array([2, params.rare_df, CROWD_LEAST_DF, CROWD_MOST_DF])
    widths = params.sketch_size, CROWD_SKETCH
    arrays = [scratch.array(name, dtype) for name, dtype in (*SCRATCH, ("crowd sketches", np.uint64))]
    sizes = np.empty((2, len(documents)), np.uint16)

    def sketch(block: slice) -> tuple[npt.NDArray[Any], ...]:
        some = documents[block]
        own, crowd = (np.empty((len(some), width), np.uint64) for width in widths)
        found = np.zeros(int(corpus.lengths[some].sum()), np.uint8)
        texts = corpus.tokens, corpus.starts, corpus.ends, some
        kernel.sketch(*texts, frequencies, bounds, own, sizes[0, block], crowd, sizes[1, block], found)
        return own, found, crowd

    for made in in_turn(sketch, _blocks(corpus.lengths[documents]), threads):
        for array, values in zip(arrays, made, strict=True):
            array.append(values.ravel())
        release(corpus.tokens)
    crowd_sketches = Sketches(arrays[2].view().reshape(-1, CROWD_SKETCH), sizes[1])
    own, at_tokens = from_scratch(corpus, documents, sizes[0], params, scratch)
    return own, crowd_sketches, at_tokens


def _blocks(lengths: npt.NDArray[np.int64]) -> list[slice]:
    """Cut documents of these lengths into blocks of about `BLOCK` tokens."""
    ends = np.cumsum(lengths)
    steps = np.searchsorted(ends, np.arange(BLOCK, ends[-1] if len(ends) else 0, BLOCK))
    return [slice(first, last) for first, last in itertools.pairwise(sorted({0, *steps.tolist(), len(lengths)}))]


def from_scratch(
    corpus: Corpus,
    documents: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.uint16],
    params: Params,
    scratch: Scratch,
) -> tuple[Sketches, PairsAtTokens]:
    """Return sketches, of these sizes, and frequencies at tokens as `sketches` has left them in scratch files."""
    hashes, at_tokens = (scratch[name].view() for name, _ in SCRATCH)
    firsts = np.full(len(corpus), -1)
    lengths = corpus.lengths[documents]
    firsts[documents] = np.cumsum(lengths) - lengths
    return Sketches(hashes.reshape(-1, params.sketch_size), sizes), PairsAtTokens(at_tokens, firsts)


def look_up(corpus: Corpus, frequencies: npt.NDArray[np.uint8]) -> PairsAtTokens:
    """Look the word pairs of all documents up, without sketches; for a few documents."""
    firsts = np.cumsum(corpus.lengths) - corpus.lengths
    found = np.zeros(int(corpus.lengths.sum()), np.uint8)
    room = np.empty(corpus.longest, np.uint64)
    for first, start, end in zip(firsts, corpus.starts, corpus.ends, strict=True):
        kernel.look_up(corpus.tokens, start, end, frequencies, room, found[first : first + end - start])
    return PairsAtTokens(found, firsts)


def pairs_in_postings(
    found: Sketches,
    documents: npt.NDArray[np.int64],
    overlap: int,
    least_overlap: int,
    limit: int,
    scratch: Scratch,
    threads: int = 1,
) -> Found:
    """Find the candidate pairs among documents whose sketches share rare pairs enough.

    Parameters
    ----------
    found : Sketches
    documents : int64 array, ascending, shape (n,)
        Whose they are.
    overlap, least_overlap : int
        Full sketches must share so many; where the smaller is not full in proportion, but at least the least: a short
        document has few to share.
    limit : int
        In a posting list each document meets the first ``limit`` before it.
    scratch : Scratch
        Postings are sorted a part at a time, and looked up for some documents at a time, as its memory allows.
    threads : int
    """
    if len(documents) == 0:
        return Found(np.empty(0, np.uint64), Bucket(0, 0), documents)
    members, longest, crowded = _posting_lists(found, limit, scratch)
    sizes, full = found.sizes, found.hashes.shape[1]
    found_pairs: list[Pairs] = []

    def share(first: int, last: int) -> None:
        ends = np.cumsum(sizes[first:last], dtype=np.int64)
        firsts = ends - sizes[first:last]
        lasts = firsts.copy()
        begins, stops = (np.empty(int(ends[-1]), np.uint32) for _ in range(2))
        kernel_postings.lists_of(members, first, lasts, begins, stops)
        lists = members, first, firsts, lasts, begins, stops, sizes, overlap, least_overlap, full, limit
        room = np.empty(ROOM * (last - first), np.uint64)
        while (count := kernel_postings.sharing_pairs(*lists, room)) > len(room):
            room = np.empty(count, np.uint64)
        found_pairs.append(room[:count])
        release(members)

    in_slices(share, len(documents), threads, 1 + scratch.memory // (8 * POSTING_BYTES * full * threads))
    scratch.drop("posting lists")
    left, right = (documents[side] for side in split(np.concatenate(found_pairs)))
    return Found(joined(left, right), Bucket(longest.size, int(documents[longest.document])), documents[crowded])


def _posting_lists(
    found: Sketches, limit: int, scratch: Scratch
) -> tuple[npt.NDArray[np.uint32], Bucket, npt.NDArray[np.bool_]]:
    """Return the members of every posting list of more than one, the longest, and who is in one over the limit."""
    bits = max(1, (len(found) - 1).bit_length())
    total = int(found.sizes.sum(dtype=np.int64))
    most = max(1 << 20, scratch.memory // (4 * POSTING_BYTES))
    part_bits = max(0, (-(-total // most) - 1).bit_length())
    rows = np.arange(len(found)) if found.rows is None else found.rows
    room = np.empty(total if part_bits == 0 else total + total // 4 >> part_bits, np.uint64)
    members = scratch.array("posting lists", np.uint32)
    longest = Bucket(0, 0)
    crowded = np.zeros(len(found), bool)
    for part in range(1 << part_bits):
        while (count := _pack(found, rows, bits, part, part_bits, room)) > len(room):
            room = np.empty(count, np.uint64)
        packed = room[:count]
        packed.sort()
        listed = np.empty(count, np.uint32)
        n_members, size, first = kernel_postings.list_members(packed, bits, listed, limit, crowded)
        members.append(listed[:n_members])
        if size > longest.size:
            longest = Bucket(size, first)
    return members.view(), longest, crowded


def _pack(
    found: Sketches, rows: npt.NDArray[np.int64], bits: int, part: int, part_bits: int, room: npt.NDArray[np.uint64]
) -> int:
    count = 0
    for first in range(0, len(rows), AT_A_TIME):
        some = slice(first, first + AT_A_TIME)
        here = found.hashes, found.sizes[some], rows[some], first
        count = kernel_postings.pack_part(*here, bits, part, part_bits, room, count)
        release(found.hashes)
    return count


def posting_limit(params: Params) -> int:
    """Return how many earlier documents of a posting list each is compared with: all, while the pair is rare.

    Near copies are not counted in the frequency of a pair, but they stand in its list: hence twice that.
    """
    return max(params.bucket_limit, 2 * params.rare_df)
