"""Count word pairs over a corpus, list the rare ones of each document, and sketch documents by them.

This is the second way to candidate pairs. It finds excerpts and rewrites, which have hardly a shingle in common. A word
pair is two words in a row. A sketch is the bottom-k MinHash (Broder 1997) of the document's word pairs that are rare in
the corpus at hand.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.kernels import unspaced_words as words_kernel
from dedup.kernels import word_pair_sketches as kernel
from dedup.params import Params
from dedup.store.corpus import Corpus
from dedup.store.meter import NO_METER, Meter
from dedup.store.scratch import Scratch, read_only, release
from dedup.store.slices import in_slices, in_turn

SLOTS_PER_TOKEN = 0.4  # to be rounded up to a power of two; a rare pair that shares its slot is counted too high
FEW_SLOTS_PER_TOKEN = 0.25  # loses 1 % of 1,230 copies in 44,807 articles; half as many slots 4 %, an eighth 9 %
LEAST_BITS = 20
USUAL_BITS = 24  # of small corpora: room for the background
CROWD_SKETCH = 16
CROWD_LEAST_DF, CROWD_MOST_DF = 25, 152  # the latter stands for a thousand
SCRATCH = (
    ("sketches", np.uint64),
    ("rare pairs", np.uint32),
    ("marks of rare pairs", np.uint16),
    ("weights of rare pairs", np.uint8),
)
"""What `sketches` leaves in scratch files."""

FULL_WEIGHT_DF = 12
NO_WEIGHT_DF = 36

RARITY_WEIGHTS = np.clip(
    kernel.FULL_WEIGHT * (NO_WEIGHT_DF - np.arange(256)) // (NO_WEIGHT_DF - FULL_WEIGHT_DF),
    0,
    kernel.FULL_WEIGHT,
).astype(np.uint8)
"""Weight of a word pair by the number of articles that have it."""

BLOCK_TOKENS = 1 << 20  # that are looked up at a time


def frequency_bits(n_tokens: int, memory: int) -> int:
    """Return the base-2 logarithm of the length of a frequency table: at least `SLOTS_PER_TOKEN`.

    The table takes at most half of the memory, but never less than 1 MB.
    """
    return min(_wanted_bits(n_tokens), max(LEAST_BITS, int(memory // 2).bit_length() - 1))


def is_crowded(n_tokens: int, memory: int) -> bool:
    """Return whether the memory is too small for `FEW_SLOTS_PER_TOKEN`, so that copies are missed."""
    bits = frequency_bits(n_tokens, memory)
    return bits < _wanted_bits(n_tokens) and 1 << bits < FEW_SLOTS_PER_TOKEN * n_tokens


def _wanted_bits(n_tokens: int) -> int:
    return max(USUAL_BITS, int(SLOTS_PER_TOKEN * n_tokens - 1).bit_length())


def pair_frequencies(
    corpus: Corpus, documents: npt.NDArray[np.int64], bits: int, threads: int = 1, meter: Meter = NO_METER
) -> npt.NDArray[np.uint8]:
    """Count in how many of the documents each word pair occurs.

    Parameters
    ----------
    corpus : Corpus
    documents : int64 array
        Distinct articles: near copies left out, so that a story does not make its own words frequent by being carried.
    bits : int
        The table has ``2 ** bits`` slots of one byte.
    threads : int
        Each counts a part of the table.
    meter : Meter

    Returns
    -------
    uint8 array, shape (2 ** bits,)
        By the lowest bits of a pair's hash: in how many documents some pair of that slot stands; over 128 an estimate,
        as `dedup.kernels.word_pair_sketches.count_pairs` defines it. Too high where pairs share a slot.
    """
    frequencies = np.zeros(1 << bits, np.uint8)
    part_bits = min(bits, threads.bit_length() - 1)
    shift = bits - part_bits
    parts = blocks(corpus.lengths[documents])
    texts = corpus.tokens, corpus.starts, corpus.ends

    def count(first: int, last: int) -> None:
        for block in parts:
            for part in range(first, last):
                kernel.count_pairs(*texts, documents[block], corpus.longest, part << shift, 1 << shift, frequencies)
            release(corpus.tokens)
            if first == 0:  # of the threads, which are about equally far, one reports
                meter.advance(block.stop - block.start)

    with meter.bar("counted", len(documents), "documents"):
        in_slices(count, 1 << part_bits, threads)
    return frequencies


@dataclass(frozen=True, slots=True)
class RarePairs:
    """The rare word pairs of documents, at every position, with the number of words of each document.

    Parameters
    ----------
    hashes : uint32 array
        The upper halves of the pairs' hashes. May be a view of a scratch file, like the next two.
    marks : uint16 array
        What follows from the fingerprints of the words of each: pairs of other words with the same hash have others.
    weights : uint8 array
        From `RARITY_WEIGHTS`, of each.
    firsts, lasts : int64 array, shape (n_documents,)
        Document ``i`` has those at ``firsts[i]:lasts[i]``.
    words : int64 array, shape (n_documents,)
        Its tokens, or its words, which differ where an alphabet is written without spaces:
        `dedup.kernels.unspaced_words`.
    is_unspaced : bool array, shape (n_documents,)
        Whether it is in a script without spaces: `has_unspaced`.
    """

    hashes: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.uint8]
    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    is_unspaced: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashes", read_only(self.hashes))
        object.__setattr__(self, "marks", read_only(self.marks))
        object.__setattr__(self, "weights", read_only(self.weights))


@dataclass(frozen=True, slots=True)
class Sketches:
    """Sketches of documents: the smallest hashes of their rare word pairs, or of their passages.

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

    def __getitem__(self, places: npt.NDArray[np.int64]) -> Sketches:
        """Return the sketches of the documents at these places."""
        return Sketches(self.hashes, self.sizes[places], places if self.rows is None else self.rows[places])


def sketches(
    corpus: Corpus,
    documents: npt.NDArray[np.int64],
    frequencies: npt.NDArray[np.uint8],
    params: Params,
    scratch: Scratch,
    threads: int = 1,
    block_tokens: int = BLOCK_TOKENS,
    meter: Meter = NO_METER,
) -> tuple[Sketches, Sketches, RarePairs]:
    """Sketch documents by their rare word pairs, and list these pairs for the evidence.

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
    block_tokens : int
        How many tokens each thread looks up at a time.
    meter : Meter

    Returns
    -------
    sketches : Sketches
    crowd_sketches : Sketches
        Of the pairs of middling frequency by which `dedup.judge.rewrite_crowds` finds crowds.
    rare_pairs : RarePairs
    """
    bounds = np.array([2, params.rare_df, CROWD_LEAST_DF, CROWD_MOST_DF])
    widths = params.sketch_size, CROWD_SKETCH
    arrays = [scratch.array(name, dtype) for name, dtype in (*SCRATCH, ("crowd sketches", np.uint64))]
    sizes = np.empty((2, len(documents)), np.uint16)
    list_sizes = np.empty(len(documents), np.int64)
    words = np.zeros(len(corpus), np.int64)
    is_unspaced = np.zeros(len(corpus), bool)
    texts = corpus.tokens, corpus.starts, corpus.ends
    words_of = corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends

    def sketch(block: slice) -> tuple[npt.NDArray[Any], ...]:
        members = documents[block]
        own, crowd = (np.empty((len(members), width), np.uint64) for width in widths)
        room = int(corpus.lengths[members].sum())
        listed, marks, weights = np.empty(room, np.uint32), np.empty(room, np.uint16), np.empty(room, np.uint8)
        lists = listed, marks, weights, list_sizes[block]
        outs = own, sizes[0, block], crowd, sizes[1, block], *lists
        count = kernel.sketch(*words_of, members, frequencies, bounds, RARITY_WEIGHTS, *outs)
        words_kernel.count_words(*texts, members, np.empty(0, np.uint32), words)
        is_unspaced[members] = has_unspaced(corpus, members)
        return own, listed[:count], marks[:count], weights[:count], crowd

    with meter.bar("sketches", len(documents), "documents"):
        for made in in_turn(sketch, blocks(corpus.lengths[documents], block_tokens), threads):
            for array, values in zip(arrays, made, strict=True):
                array.append(values.ravel())
            release(corpus.tokens, corpus.fingerprints)
            meter.advance(len(made[0]))
    firsts, lasts = np.zeros((2, len(corpus)), np.int64)
    lasts[documents] = np.cumsum(list_sizes)
    firsts[documents] = lasts[documents] - list_sizes
    crowd_sketches = Sketches(arrays[-1].view().reshape(-1, CROWD_SKETCH), sizes[1])
    own, rare_pairs = from_scratch(params, scratch, sizes[0], firsts, lasts, words, is_unspaced)
    return own, crowd_sketches, rare_pairs


def from_scratch(
    params: Params, scratch: Scratch, sizes: npt.NDArray[np.uint16], *by_document: npt.NDArray[Any]
) -> tuple[Sketches, RarePairs]:
    """Return the sketches and rare pairs that `sketches` has left in scratch files."""
    hashes, *lists = (scratch[name].view() for name, _ in SCRATCH)
    return Sketches(hashes.reshape(-1, params.sketch_size), sizes), RarePairs(*lists, *by_document)


def rare_pairs(corpus: Corpus, frequencies: npt.NDArray[np.uint8]) -> RarePairs:
    """List the rare word pairs of a few documents, without sketches and scratch files."""
    documents = np.arange(len(corpus))
    lasts = np.cumsum(corpus.lengths)
    firsts = lasts - corpus.lengths
    words = np.zeros(len(corpus), np.int64)
    words_kernel.count_words(corpus.tokens, corpus.starts, corpus.ends, documents, np.empty(0, np.uint32), words)
    pairs, counts = np.empty(corpus.longest, np.uint64), np.empty(corpus.longest, np.uint8)
    size = lasts[-1]
    listed, marks, weights = np.empty(size, np.uint32), np.empty(size, np.uint16), np.empty(size, np.uint8)
    for document in documents.tolist():
        own_range = slice(firsts[document], lasts[document])
        start, end = corpus.starts[document], corpus.ends[document]
        count = kernel.look_up(corpus.tokens, start, end, frequencies, pairs, counts)
        out = listed[own_range], marks[own_range], weights[own_range]
        of = pairs[:count], counts[:count], corpus.fingerprints[start:end]
        lasts[document] = own_range.start + kernel.list_rare(*of, RARITY_WEIGHTS, *out)
    return RarePairs(listed, marks, weights, firsts, lasts, words, has_unspaced(corpus, documents))


def has_unspaced(corpus: Corpus, documents: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which documents are in a script without spaces, by checking three places of each."""
    if len(corpus.tokens) == 0:
        return np.zeros(len(documents), bool)
    starts, lengths = corpus.starts[documents], corpus.lengths[documents]
    places = (starts[:, None] + lengths[:, None] * np.array([1, 2, 3]) // 4).clip(0, len(corpus.tokens) - 1)
    return np.asarray((corpus.tokens[places] & 1).any(axis=1))


def blocks(lengths: npt.NDArray[np.int64], size: int = BLOCK_TOKENS) -> list[slice]:
    """Cut documents of these lengths into blocks of about ``size`` tokens."""
    ends = np.cumsum(lengths)
    steps = np.searchsorted(ends, np.arange(size, ends[-1] if len(ends) else 0, size))
    return [slice(first, last) for first, last in itertools.pairwise(sorted({0, *steps.tolist(), len(lengths)}))]
