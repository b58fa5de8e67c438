"""Rare word pairs: their document frequencies, each document's sketch of them, and the candidate pairs sharing some.

The second road to a candidate: it finds excerpts and rewrites, whose shingles hardly meet. A sketch is the bottom-k
MinHash (Broder 1997) of the document's word pairs that are rare in the corpus at hand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.candidates import Bucket, Pairs, joined, split
from dedup.kernels import rare as kernel
from dedup.params import Params
from dedup.store import Corpus, ScratchArray, read_only
from dedup.threads import in_slices

SLOTS_PER_TOKEN = 0.5  # to be rounded up to a power of two; a rare pair that shares its slot is counted too high
LEAST_BITS = 20
USUAL_BITS = 24  # of small corpora: room for the background
LEAST_OVERLAP = 2  # rare pairs that any candidate pair shares
CROWD_SKETCH = 16
CROWD_LEAST_DF, CROWD_MOST_DF = 25, 152  # the latter stands for a thousand
BLOCK = 1 << 22  # tokens that are looked up at a time
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
    texts = corpus.tokens, corpus.starts, corpus.ends, documents, corpus.longest

    def count(first: int, last: int) -> None:
        for part in range(first, last):
            kernel.count_pairs(*texts, part << (bits - part_bits), 1 << (bits - part_bits), frequencies)

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
    hashes : uint64 array, shape (n, sketch_size)
        Ascending in each row.
    sizes : int64 array, shape (n,)
        How many of a row there are.
    """

    hashes: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int64]

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> Sketches:
        """Return the sketches in some rows."""
        return Sketches(self.hashes[rows], self.sizes[rows])


def sketches(
    corpus: Corpus,
    documents: npt.NDArray[np.int64],
    frequencies: npt.NDArray[np.uint8],
    params: Params,
    scratch: ScratchArray,
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
    scratch : ScratchArray of uint8
        The frequencies at tokens are appended to it.

    Returns
    -------
    sketches : Sketches
    crowd_sketches : Sketches
        Of the pairs of the frequencies that `dedup.crowds` looks at.
    at_tokens : PairsAtTokens
    """
    bounds = np.array([2, params.rare_df, CROWD_LEAST_DF, CROWD_MOST_DF])
    before_all = len(scratch)
    hashes = np.empty((len(documents), params.sketch_size), np.uint64)
    crowd_hashes = np.empty((len(documents), CROWD_SKETCH), np.uint64)
    sizes, crowd_sizes = np.empty((2, len(documents)), np.int64)
    ends = np.cumsum(corpus.lengths[documents])
    steps = np.searchsorted(ends, np.arange(BLOCK, ends[-1] if len(ends) else 0, BLOCK))
    cuts = sorted({0, *steps.tolist(), len(documents)})
    blocks = [slice(first, last) for first, last in itertools.pairwise(cuts)]

    def look_up_blocks(some: list[slice]) -> list[npt.NDArray[np.uint8]]:
        found = [np.zeros(int(corpus.lengths[documents[block]].sum()), np.uint8) for block in some]

        def work(first: int, last: int) -> None:
            for place in range(first, last):
                block = some[place]
                out = hashes[block], sizes[block], crowd_hashes[block], crowd_sizes[block]
                texts = corpus.tokens, corpus.starts, corpus.ends, documents[block]
                kernel.sketch(*texts, frequencies, bounds, *out, found[place])

        in_slices(work, len(some), threads)
        return found

    for first in range(0, len(blocks), threads):
        for found in look_up_blocks(blocks[first : first + threads]):
            scratch.append(found)
    firsts = np.full(len(corpus), -1)
    firsts[documents] = ends - corpus.lengths[documents]
    at_tokens = PairsAtTokens(scratch.view()[before_all:], firsts)
    return Sketches(hashes, sizes), Sketches(crowd_hashes, crowd_sizes), at_tokens


def look_up(corpus: Corpus, frequencies: npt.NDArray[np.uint8]) -> PairsAtTokens:
    """Look the word pairs of all documents up, without sketches; for a few documents."""
    firsts = np.cumsum(corpus.lengths) - corpus.lengths
    found = np.zeros(int(corpus.lengths.sum()), np.uint8)
    room = np.empty(corpus.longest, np.uint64)
    for first, start, end in zip(firsts, corpus.starts, corpus.ends, strict=True):
        kernel.look_up(corpus.tokens, start, end, frequencies, room, found[first : first + end - start])
    return PairsAtTokens(found, firsts)


def pairs_in_postings(
    found: Sketches, documents: npt.NDArray[np.int64], overlap: int, least_overlap: int, limit: int, threads: int = 1
) -> tuple[Pairs, Bucket]:
    """Return the candidate pairs among documents whose sketches share rare pairs enough.

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
    threads : int

    Returns
    -------
    pairs : uint64 array, sorted, distinct
        Earlier document in the upper half, later in the lower.
    longest : Bucket
        The longest posting list; where its size is over ``limit + 1``, pairs may have been left out.
    """
    if len(documents) == 0:
        return np.empty(0, np.uint64), Bucket(0, 0)
    hashes, sizes = found.hashes, found.sizes
    filled = np.arange(hashes.shape[1]) < sizes[:, None]
    bits = max(1, int(len(documents) - 1).bit_length())
    low = np.uint64((1 << bits) - 1)
    # The smallest hashes begin with zeros: multiplied they differ in the upper bits, which the packing leaves.
    keys = hashes[filled] * np.uint64(0x9E3779B97F4A7C15)
    packed = keys & ~low | np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    packed.sort()
    lists = packed, bits, np.cumsum(sizes) - sizes, *(np.empty(len(packed), np.uint32) for _ in range(2))
    size, first = kernel.posting_lists(*lists)
    enough = overlap, least_overlap, hashes.shape[1]
    found_pairs: list[Pairs] = []

    def share(first: int, last: int) -> None:
        room = np.empty(ROOM * (last - first), np.uint64)
        while (count := kernel.sharing_pairs(*lists, *enough, limit, first, last, room)) > len(room):
            room = np.empty(count, np.uint64)
        found_pairs.append(room[:count])

    in_slices(share, len(documents), threads)
    left, right = (documents[side] for side in split(np.concatenate(found_pairs)))
    return joined(left, right), Bucket(size, int(documents[first]))


def posting_limit(params: Params) -> int:
    """Return how many earlier documents of a posting list each is compared with: all, while the pair is rare.

    Near copies are not counted in the frequency of a pair, but they stand in its list: hence twice that.
    """
    return max(params.bucket_limit, 2 * params.rare_df)
