"""Rare word pairs: their document frequencies, each document's sketch of them, and the candidate pairs sharing some.

The second road to a candidate: it finds excerpts and rewrites, whose shingles hardly meet. A sketch is the bottom-k
MinHash (Broder 1997) of the document's word pairs that are rare in the corpus at hand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates import Bucket, Pairs, joined, split
from dedup.kernels import rare as kernel
from dedup.kernels.table import table_bits
from dedup.params import Params
from dedup.store import Corpus

SLOTS_PER_TOKEN = 1  # about one in six rare pairs then shares its slot with another and is counted too high
LEAST_BITS = 20
ROOM = 4  # candidate pairs a document; more are found in a second pass


def frequency_bits(n_tokens: int, memory: int) -> int:
    """Return the base-2 logarithm of the frequency table's length: a slot a token, at most a quarter of the memory.

    But never less than 1 MB.
    """
    return min(_wanted_bits(n_tokens), max(LEAST_BITS, int(memory // 4).bit_length() - 1))


def is_crowded(n_tokens: int, memory: int) -> bool:
    """Whether the memory does not allow for the table that so many tokens should have."""
    return frequency_bits(n_tokens, memory) < _wanted_bits(n_tokens)


def _wanted_bits(n_tokens: int) -> int:
    return max(LEAST_BITS, int(SLOTS_PER_TOKEN * n_tokens - 1).bit_length())


def pair_frequencies(corpus: Corpus, documents: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.uint8]:
    """Count in how many of the documents each word pair stands.

    Parameters
    ----------
    corpus : Corpus
    documents : int64 array
        Distinct articles: near copies left out, so that a story does not make its own words frequent by being carried.
    bits : int
        The table has ``2 ** bits`` slots of one byte.

    Returns
    -------
    uint8 array, shape (2 ** bits,)
        By the lowest bits of a pair's hash; saturates at 255. Never too low; too high where pairs share a slot.
    """
    frequencies = np.zeros(1 << bits, np.uint8)
    pairs = np.empty(corpus.longest, np.uint64)
    table = np.zeros(1 << table_bits(corpus.longest), np.uint64)
    kernel.count_pairs(corpus.tokens, corpus.starts, corpus.ends, documents, pairs, table, frequencies)
    return frequencies


def sketches(
    corpus: Corpus, documents: npt.NDArray[np.int64], frequencies: npt.NDArray[np.uint8], params: Params
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Return the sketch of each document, shape (n, sketch_size), ascending, and how many hashes each has."""
    out = np.empty((len(documents), params.sketch_size), np.uint64)
    sizes = np.empty(len(documents), np.int64)
    pairs = np.empty(corpus.longest, np.uint64)
    kernel.sketch(corpus.tokens, corpus.starts, corpus.ends, documents, frequencies, params.rare_df, pairs, out, sizes)
    return out, sizes


def pairs_in_postings(
    sketches: npt.NDArray[np.uint64],
    sizes: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int64],
    params: Params,
    limit: int,
) -> tuple[Pairs, Bucket]:
    """Return the candidate pairs among documents whose sketches share at least ``sketch_overlap`` rare pairs.

    One fewer is enough where one of the sketches is not full: a short document has few to share.

    Parameters
    ----------
    sketches : uint64 array, shape (n, sketch_size)
    sizes : int64 array, shape (n,)
    documents : int64 array, ascending, shape (n,)
        Whose they are.
    params : Params
    limit : int
        In a posting list each document meets the first ``limit`` before it.

    Returns
    -------
    pairs : uint64 array, sorted, distinct
        Earlier document in the upper half, later in the lower.
    longest : Bucket
        The longest posting list; where its size is over ``limit + 1``, pairs may have been left out.
    """
    if len(documents) == 0:
        return np.empty(0, np.uint64), Bucket(0, 0)
    filled = np.arange(sketches.shape[1]) < sizes[:, None]
    bits = max(1, int(len(documents) - 1).bit_length())
    low = np.uint64((1 << bits) - 1)
    # The smallest hashes begin with zeros: multiplied they differ in the upper bits, which the packing leaves.
    keys = sketches[filled] * np.uint64(0x9E3779B97F4A7C15)
    packed = keys & ~low | np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    packed.sort()
    lists = packed, bits, np.cumsum(sizes) - sizes, *(np.empty(len(packed), np.int64) for _ in range(2))
    size, first = kernel.posting_lists(*lists)
    room = np.empty(ROOM * len(documents), np.uint64)
    while (count := kernel.sharing_pairs(*lists, params.sketch_overlap, sketches.shape[1], limit, room)) > len(room):
        room = np.empty(count, np.uint64)
    left, right = (documents[side] for side in split(room[:count]))
    return joined(left, right), Bucket(size, int(documents[first]))


def posting_limit(params: Params) -> int:
    """Return how many earlier documents of a posting list each is compared with: all, while the pair is rare.

    Near copies are not counted in the frequency of a pair, but they stand in its list: hence twice that.
    """
    return max(params.bucket_limit, 2 * params.rare_df)
