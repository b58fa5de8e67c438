"""Words of one token hash are told apart, by a second hash that is keyed: what looks alike must be alike.

A token hash has 30 bits. By chance one pair of articles in two thousand has two words of one hash, and whoever wants to
can find a word for any hash: a text of other words with all the token hashes of an article. So before a pair is
reported the fingerprints of its words are compared (`dedup.text.Tokens`); where those of one hash differ, one word is
renamed in the tokens of the pair, and the pair is measured again. Neither its name nor the key changes what is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.candidates import distinct
from dedup.kernels import collisions as kernel
from dedup.rare import RarePairs
from dedup.secret import table_multiplier
from dedup.store import DEFAULT_MEMORY, Corpus, read_only, release
from dedup.threads import in_slices

TOKEN_BYTES = 8
"""Bytes read, and of a table, for each token of a pair."""

KIND = np.uint32(3)
"""The bits of a token hash that tell what kind of token it is: they stay."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Some documents in which words of one token hash have different ones.

    Parameters
    ----------
    documents : int64 array, ascending
        Their numbers in the corpus that they are of.
    corpus : Corpus
        Their tokens; document ``i`` is ``documents[i]``.
    rare_pairs : RarePairs or None
        Of them.
    """

    documents: npt.NDArray[np.int64]
    corpus: Corpus
    rare_pairs: RarePairs | None


def collide(
    corpus: Corpus,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
) -> npt.NDArray[np.bool_]:
    """Return in which pairs, sorted by their left document, two words have one token hash.

    Parameters
    ----------
    corpus : Corpus
        Without fingerprints no pair is one.
    left, right : int64 array, shape (n_pairs,)
    threads, memory : int
    """
    found = np.zeros(len(left), bool)
    if len(corpus.fingerprints) == 0:
        return found
    texts = corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends

    def look(first: int, last: int) -> None:
        kernel.collide(*texts, left[first:last], right[first:last], table_multiplier(), found[first:last])
        release(corpus.tokens, corpus.fingerprints)

    weights = TOKEN_BYTES * (corpus.lengths[left] + corpus.lengths[right])
    in_slices(look, len(left), threads, memory / threads / TOKEN_BYTES, weights)
    return found


def renamed(
    corpus: Corpus, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], rare_pairs: RarePairs | None = None
) -> Renamed:
    """Return the documents of some pairs, all words of one token hash but the first with other hashes."""
    documents = distinct(left, right)
    some = corpus.part(documents)
    tokens = _told_apart(some)
    lists = None
    if rare_pairs is not None:
        lists = _relisted(some, tokens, documents, rare_pairs)
    return Renamed(documents, Corpus(tokens, some.starts, some.ends), lists)


def _told_apart(corpus: Corpus) -> npt.NDArray[np.uint32]:
    """Return the tokens of a corpus, words of one hash by their order of appearance renamed."""
    words = corpus.tokens.astype(np.uint64) << np.uint64(16) | corpus.fingerprints
    found, first, word = np.unique(words, return_index=True, return_inverse=True)
    token = (found >> np.uint64(16)).astype(np.uint32)
    order = np.lexsort((first, token))
    (begins,) = np.nonzero(np.diff(token[order].astype(np.int64), prepend=-1))
    sizes = np.diff(begins, append=len(order))
    ordinal = np.empty(len(order), np.uint32)
    ordinal[order] = np.arange(len(order)) - np.repeat(begins, sizes)
    other = (token ^ (ordinal * np.uint32(0x9E3779B1))) * np.uint32(0x85EBCA6B)
    name = np.where(ordinal == 0, token, other & ~KIND | token & KIND)
    return np.asarray(name[word.ravel()])


def _relisted(
    corpus: Corpus, tokens: npt.NDArray[np.uint32], documents: npt.NDArray[np.int64], rare_pairs: RarePairs
) -> RarePairs:
    """Return the rare pairs of some documents whose tokens were renamed."""
    sizes = (rare_pairs.lasts - rare_pairs.firsts)[documents]
    lasts = np.cumsum(sizes)
    firsts = lasts - sizes
    hashes, weights = np.empty(int(sizes.sum()), np.uint32), np.empty(int(sizes.sum()), np.uint8)
    room = np.empty(corpus.longest, np.uint64), np.empty(corpus.longest, np.uint64)
    tokens = read_only(tokens)
    for row, document in enumerate(documents.tolist()):
        here = slice(int(rare_pairs.firsts[document]), int(rare_pairs.lasts[document]))
        text, out = slice(int(corpus.starts[row]), int(corpus.ends[row])), slice(int(firsts[row]), int(lasts[row]))
        kernel.relist(corpus.tokens[text], tokens[text], rare_pairs.hashes[here], *room, hashes[out])
        weights[out] = rare_pairs.weights[here]
    of = rare_pairs.words[documents], rare_pairs.is_unspaced[documents]
    return RarePairs(hashes, weights, firsts, lasts, *of)
