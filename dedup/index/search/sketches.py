"""Sketch texts for an index: one sketch to store, a larger one to search with, and the rare pairs for the evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.candidates.word_pairs import RARITY_WEIGHTS, RarePairs, has_unspaced
from dedup.kernels import unspaced_words as words_kernel
from dedup.kernels import word_pair_sketches as kernel
from dedup.store.corpus import Corpus


@dataclass(frozen=True, slots=True)
class RarePairLists:
    """The rare pairs of documents, as in `dedup.candidates.word_pairs.RarePairs`."""

    hashes: npt.NDArray[np.uint32]
    marks: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sketches:
    """Sketches and rare pairs of documents of a corpus.

    Parameters
    ----------
    documents : int64 array, shape (n,)
        Their places in a corpus.
    stored : uint64 array, shape (n, width)
        The smallest hashes of the pairs that at most ``rare_df`` articles have, be it this one alone.
    sizes : uint16 array, shape (n,)
        How many pairs each stored sketch has.
    query : uint64 array, shape (n, query_width)
        The same of pairs that other documents have, too.
    query_sizes : uint16 array, shape (n,)
    lists : RarePairLists
    """

    documents: npt.NDArray[np.int64]
    stored: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.uint16]
    query: npt.NDArray[np.uint64]
    query_sizes: npt.NDArray[np.uint16]
    lists: RarePairLists

    def keys(self) -> npt.NDArray[np.uint64]:
        """Return the hashes of all stored sketches, one sketch after the other."""
        return _filled(self.stored, self.sizes)

    def query_keys(self) -> npt.NDArray[np.uint64]:
        """Return the hashes to search with."""
        return _filled(self.query, self.query_sizes)


def _filled(hashes: npt.NDArray[np.uint64], sizes: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint64]:
    return hashes[np.arange(hashes.shape[1]) < sizes[:, None]]


def sketches(
    corpus: Corpus,
    documents: npt.NDArray[np.int64],
    frequencies: npt.NDArray[np.uint8],
    rare_df: int,
    least: int,
    width: int,
    query_width: int,
) -> Sketches:
    """Sketch documents by their rare word pairs, which are looked up in the table of frequencies.

    Parameters
    ----------
    corpus : Corpus
    documents : int64 array
    frequencies : uint8 array
    rare_df : int
        Articles in which a rare pair stands at most.
    least : int
        Articles in which a pair stands at least that other documents have.
    width, query_width : int
        Of a stored sketch, and of one to look up by.
    """
    n = len(documents)
    stored, query = np.empty((n, width), np.uint64), np.empty((n, query_width), np.uint64)
    sizes, query_sizes = np.empty((2, n), np.uint16)
    list_sizes = np.empty(n, np.int64)
    room = int(corpus.lengths[documents].sum())
    listed, marks, weights = np.empty(room, np.uint32), np.empty(room, np.uint16), np.empty(room, np.uint8)
    words = corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends
    # An article that is not counted may have pairs that none has.
    bounds = np.array([0, rare_df, least, rare_df])
    outs = stored, sizes, query, query_sizes, listed, marks, weights, list_sizes
    count = kernel.sketch(*words, documents, frequencies, bounds, RARITY_WEIGHTS, *outs)
    lists = RarePairLists(listed[:count], marks[:count], weights[:count], list_sizes)
    return Sketches(documents, stored, sizes, query, query_sizes, lists)


def rare_pairs(corpus: Corpus, parts: list[Sketches]) -> RarePairs:
    """Return the rare pairs of a corpus, from parts that together have every compared document."""
    n = len(corpus)
    sizes = np.concatenate([part.lists.sizes for part in parts])
    documents = np.concatenate([part.documents for part in parts])
    firsts, lasts, words = np.zeros((3, n), np.int64)
    lasts[documents] = np.cumsum(sizes)
    firsts[documents] = lasts[documents] - sizes
    texts = corpus.tokens, corpus.starts, corpus.ends
    words_kernel.count_words(*texts, np.arange(n), np.empty(0, np.uint32), words)
    hashes = np.concatenate([part.lists.hashes for part in parts])
    marks = np.concatenate([part.lists.marks for part in parts])
    weights = np.concatenate([part.lists.weights for part in parts])
    return RarePairs(hashes, marks, weights, firsts, lasts, words, has_unspaced(corpus, np.arange(n)))
