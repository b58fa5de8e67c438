"""Measure candidate pairs exactly: how much of two documents agrees, and how the agreement is distributed.

Of the shingles (Broder 1997, On the resemblance and containment of documents):

resemblance
    Distinct shingles in both documents over those in either.
containment
    Distinct shingles in both over those of one side.

Measures of the distribution of the agreement. Each is taken from the shorter document (the left one if both are equally
long) and, with ``_longer``, from the longer one; "the other" is the other document. Tokens and lengths are those of
words here, which differ in alphabets that are written without spaces: `dedup.kernels.unspaced_words`.

verbatim
    Share of the tokens that lie in a run of 5 tokens which is also in the other.
rare_containment
    Rarity weight of the word pairs (every position) that are in the other, over the weight of all pairs plus 96, which
    is four times the weight of a rare pair: little evidence gives a low value. The weight of a pair falls from 24, if
    it is in at most `FULL_WEIGHT_DF` articles, to 0 at `NO_WEIGHT_DF`.
anchor_order
    Anchors in order outside the verbatim passages, over the once-words outside them plus 4. A once-word occurs once in
    its document, an anchor once in both. Anchors in order: a longest sequence of them that rises in both.
supported_anchors
    The same of the supported anchors: those with two others within 24 tokens in both documents.
least_covered_third
    The mean share of tokens accounted for in the third of the windows of 25 tokens that have the lowest share; no
    ``_longer``. A token is accounted for if it is in a verbatim passage, an anchor in order, or a supported anchor.
anchors_in_order
    Anchors in order over all anchors plus 1; no ``_longer``, because it is the same from both sides.
shared_lead
    The highest share of tokens in verbatim passages, in 60 tokens in a row that begin within the first 80 tokens and
    the first quarter of a document; the lower value of the two documents. No ``_longer``.
new_top
    Share of the top of a document that is not accounted for; the top is the first quarter, or the first 20 words if
    that is more. The higher value of the two documents.
new_numbers
    Distinct numbers (tokens that begin with a digit) of the shorter document that are not in the longer, over all its
    distinct numbers plus 2.
contradicted
    The weight of the facts that contradict each other, in places where the two texts agree all around, over that
    weight, the weight of the facts that agree, and 12. A fact is a number, or a word whose two word pairs are both
    rare; its weight is the lower rarity of the two pairs, that of a number is 24. Two texts contradict each other in a
    slot, at most ten words between the same two aligned words, if each has facts there that are nowhere in the other,
    numbers against numbers or words against words. If five words around the slot are the same, two on either side,
    numbers need only differ; words count only there, and only a quarter, because they may be synonyms. In texts of 120
    tokens or more, three of five of the twenty tokens before a slot, or after it, must be aligned in both; otherwise it
    belongs to the pages and not to the articles. A single slot in texts that are otherwise the same is a correction and
    does not count. Measured only if it matters: `dedup.judge.relation.may_be_template`. No ``_longer``, because it is
    the same from both sides.
new_stages
    Stages of a story (`dedup.judge.story_stages`) that a word in only one of the openings shows, over their number plus
    3. The opening is the first 60 words.
new_weekdays
    Days of the week that only one of the documents names, over all that are named plus 1.
hours
    From the date of the left document to that of the right one; not in [0, 1]. These three are measured only for pairs
    that are carried on, the last only if both have a date. No ``_longer``.
furniture
    Share of the tokens that were removed before all this as page furniture: `dedup.judge.furniture`. In a run only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Pairs, distinct, joined, split
from dedup.candidates.word_pairs import RarePairs
from dedup.kernels import agreement as agreement_kernel
from dedup.kernels import new_numbers as numbers_kernel
from dedup.kernels import resemblance as kernel
from dedup.kernels import unspaced_words as words_kernel
from dedup.kernels.hash_table import table_bits
from dedup.params import Params
from dedup.schema import MEASURES
from dedup.store.corpus import Corpus
from dedup.store.scratch import DEFAULT_MEMORY, read_only, release
from dedup.store.secret import table_multiplier
from dedup.store.slices import in_slices

LEAST, LEAST_OF_SHORT, SHORT = 0.1, 0.05, 150
"""Least rare containment, on one side at least, of pairs that are measured further. The lower bound holds where the
shorter document has fewer than `SHORT` words, for there each reworded pair weighs much, and in scripts without spaces,
where a word pair is four characters and seldom survives."""

TOKEN_BYTES, DOCUMENT_BYTES = 11, 1 << 16
"""Memory that a token takes while pairs are measured, and a document, around which the system maps whole pages."""

LISTED_BYTES = 7
"""Memory of a rare pair in a list."""

SHARE = 8
"""One part in `SHARE` of the memory of a run may be used for this."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measures of pairs of documents.

    Parameters
    ----------
    left, right : int64 array, shape (n_pairs,)
        Earlier and later document.
    lengths_left, lengths_right : int64 array
        Their tokens, or their words, where the distribution of the agreement was measured.
    measures : float64 array, shape (len(MEASURES), n_pairs)
        In the order of `dedup.schema.MEASURES`; NaN where it was not measured.
    """

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    lengths_left: npt.NDArray[np.int64]
    lengths_right: npt.NDArray[np.int64]
    measures: npt.NDArray[np.float64]

    def take(self, at: npt.NDArray[np.int64]) -> Evidence:
        """Return the evidence at these places."""
        lengths = self.lengths_left[at], self.lengths_right[at]
        return Evidence(self.left[at], self.right[at], *lengths, self.measures[:, at])

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        """Return one measure by its name."""
        values: npt.NDArray[np.float64] = self.measures[MEASURES.index(name)]
        return values


def resemblance(
    shared: npt.NDArray[np.int64], size_left: npt.NDArray[np.int64], size_right: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the resemblance of each pair: shared shingles over all distinct shingles.

    Parameters
    ----------
    shared, size_left, size_right : int64 array, shape (n_pairs,)
        Shingle counts; ``shared <= min(size_left, size_right)``.

    Returns
    -------
    float64 array, shape (n_pairs,)
        In [0, 1]. Two empty documents have resemblance 0.0: they share no evidence.
    """
    return np.asarray(shared / np.maximum(size_left + size_right - shared, 1))


def containment(shared: npt.NDArray[np.int64], size: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the share of a document's distinct shingles that the other one has; 0.0 for an empty document."""
    return np.asarray(shared / np.maximum(size, 1))


def shingle_evidence(
    corpus: Corpus, pairs: Pairs, params: Params, threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Evidence:
    """Measure resemblance and containment of every pair; parameters as for `agreement_evidence`."""
    left, right = split(pairs)
    shared = np.empty(len(pairs), np.int64)
    sizes = np.full(len(corpus), -1, np.int64)
    weights = _weights(corpus.lengths, left, right)

    def measure(first: int, last: int) -> None:
        block = slice(first, last)
        longest = max(1, int(corpus.lengths[left[block]].max()), int(corpus.lengths[right[block]].max()))
        room = 1 << table_bits(kernel.SPARSE * longest)
        kernel.shared_shingles(
            corpus.tokens,
            corpus.fingerprints,
            corpus.starts,
            corpus.ends,
            left[block],
            right[block],
            params.shingle_size,
            table_multiplier(),
            np.empty(longest, np.uint64),
            np.empty(room, np.uint64),
            np.zeros(room, np.uint32),
            np.zeros(room, np.uint32),
            shared[block],
            sizes,  # filled by all threads, but each with the same value
        )
        release(corpus.tokens, corpus.fingerprints)

    in_slices(measure, len(pairs), threads, memory / threads / SHARE, weights)
    measures = np.full((len(MEASURES), len(pairs)), np.nan)
    evidence = Evidence(left, right, corpus.lengths[left], corpus.lengths[right], measures)
    evidence["resemblance"][:] = resemblance(shared, sizes[left], sizes[right])
    evidence["containment_left"][:] = containment(shared, sizes[left])
    evidence["containment_right"][:] = containment(shared, sizes[right])
    return evidence


def agreement_evidence(
    corpus: Corpus,
    pairs: Pairs,
    rare_pairs: RarePairs,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    always: Pairs | None = None,
    known: Evidence | None = None,
) -> Evidence:
    """Measure how pairs agree, except those that share hardly any rare word pair.

    Parameters
    ----------
    corpus : Corpus
    pairs : uint64 array, sorted
    rare_pairs : RarePairs
        From `dedup.candidates.word_pairs.sketches`; of all documents in the pairs.
    threads : int
    memory : int
        Bytes that the run may use: it limits how many pairs are measured at a time.
    always : uint64 array, optional
        Pairs that are measured even if they share no rare word pair.
    known : Evidence, optional
        Pairs that were measured before: `known_rows`.

    Returns
    -------
    Evidence
        Of those pairs whose rare containment is at least `LEAST` (`LEAST_OF_SHORT`) on one side; the others are no
        copies. The measures of the shingles are still to be taken: `with_shingles`.
    """
    left, right = split(pairs)
    lengths = rare_pairs.words
    rare = _rare_containment(rare_pairs, left, right, threads, memory)
    is_short = (np.minimum(lengths[left], lengths[right]) < SHORT) | rare_pairs.is_unspaced[left]
    worth = rare.max(axis=1, initial=0.0) >= np.where(is_short, LEAST_OF_SHORT, LEAST)
    if always is not None:
        worth |= np.isin(pairs, always, assume_unique=True)
    left, right, rare = left[worth], right[worth], rare[worth]
    measures = np.full((len(MEASURES), len(left)), np.nan)
    measures[MEASURES.index("rare_containment") : MEASURES.index("verbatim")] = rare.T
    pair_evidence = Evidence(left, right, lengths[left], lengths[right], measures)
    rows, at = known_rows(pair_evidence, known)
    new = np.ones(len(left), bool)
    new[rows] = False
    measures[_LIES, new] = _agreement(corpus, lengths, left[new], right[new], threads, memory)
    if known is not None:
        measures[_LIES, rows] = known.measures[_LIES, at]
    return pair_evidence


_LIES = slice(MEASURES.index("verbatim"), MEASURES.index("new_numbers") + 1)


def with_agreement(
    corpus: Corpus, evidence: Evidence, wanted: npt.NDArray[np.bool_], threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Evidence:
    """Fill in how agreement is distributed for the pairs where ``wanted`` is true; return the evidence."""
    (at,) = np.nonzero(wanted)
    sides = evidence.left[at], evidence.right[at]
    evidence.measures[_LIES, at] = _agreement(corpus, corpus.lengths, *sides, threads, memory)
    return evidence


def _agreement(
    corpus: Corpus,
    lengths: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    threads: int,
    memory: int,
) -> npt.NDArray[np.float64]:
    """Return how the agreement of each pair is distributed, and its new numbers: one row for each measure."""
    lies = np.empty((len(left), agreement_kernel.N_MEASURES))
    new_numbers = np.empty(len(left))

    def measure(first: int, last: int) -> None:
        block = slice(first, last)
        documents, firsts, size = laid_out(lengths, left[block], right[block])
        words = in_words(corpus, documents, lengths, firsts, size)
        once = once_words(words.texts, documents, firsts, size)
        sides = left[block], right[block], table_multiplier()
        agreement_kernel.agreement(*words, *once, *sides, lies[block])
        numbers_kernel.new_numbers(*words.texts, *sides, new_numbers[block])
        release(corpus.tokens, corpus.fingerprints)

    in_slices(measure, len(left), threads, memory / threads / SHARE, _weights(lengths, left, right))
    return np.concatenate([lies.T, new_numbers[None]])


def _rare_containment(
    rare_pairs: RarePairs,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    threads: int,
    memory: int,
) -> npt.NDArray[np.float64]:
    """Return the rare containment of the shorter and of the longer document, shape (n_pairs, 2).

    The right documents of pairs lie anywhere, and to read a list from a scratch file costs more than to compare it. So
    they are taken block by block, as many as find room; in each the left ones are met in the order of their lists.
    """
    firsts, lasts = rare_pairs.firsts, rare_pairs.lasts
    lists = rare_pairs.hashes, rare_pairs.marks, rare_pairs.weights
    measured = np.empty((len(left), 2))
    most = memory / SHARE / LISTED_BYTES
    sizes = lasts - firsts

    def compare_block(pairs: npt.NDArray[np.int64]) -> None:
        lefts, rights = left[pairs], right[pairs]
        some = slice(int(firsts[rights].min()), int(lasts[rights].max()))
        whole = some.stop - some.start > most  # of one document, or all there is
        right_lists = [values[some] if whole else read_only(values[some].copy()) for values in lists]
        all_lists = firsts, lasts, *lists, *right_lists, some.start, rare_pairs.words
        out = np.empty((len(pairs), 2))

        def compare(first: int, last: int) -> None:
            some = lefts[first:last], rights[first:last]
            agreement_kernel.rare_containment(*all_lists, *some, table_multiplier(), out[first:last])
            release(*lists)

        in_slices(compare, len(pairs), threads, most, sizes[lefts])
        measured[pairs] = out

    block = ((np.cumsum(sizes) - sizes) // most).astype(np.int64)[right]
    for number in distinct(block):
        compare_block(np.flatnonzero(block == number))
    return measured


def with_shingles(
    corpus: Corpus,
    evidence: Evidence,
    params: Params,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    known: Evidence | None = None,
) -> Evidence:
    """Fill in resemblance and containment, where they are known from before, and return the evidence."""
    rows, at = known_rows(evidence, known)
    new = np.ones(len(evidence.left), bool)
    new[rows] = False
    shingles = shingle_evidence(corpus, joined(evidence.left[new], evidence.right[new]), params, threads, memory)
    for name in ("resemblance", "containment_left", "containment_right"):
        evidence[name][new] = shingles[name]
        if known is not None:
            evidence[name][rows] = known[name][at]
    return evidence


def known_rows(evidence: Evidence, known: Evidence | None) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which pairs were measured before, and their places there.

    Parameters
    ----------
    evidence : Evidence
    known : Evidence or None
        In order of the pairs, as it is measured at level near; of documents whose words are their tokens.
    """
    if known is None or len(known.left) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    there, wanted = joined(known.left, known.right), joined(evidence.left, evidence.right)
    at = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
    (rows,) = np.nonzero(there[at] == wanted)
    return rows, at[rows]


ALIKE = 0.4
"""Least verbatim share, on one side at least, of pairs that are aligned although they are no copies by their score:
with less they cannot have a frame in common."""


def with_furniture(evidence: Evidence, whole: npt.NDArray[np.int64], left_over: npt.NDArray[np.int64]) -> Evidence:
    """Fill in ``furniture`` from the original and the remaining tokens of each document; return the evidence."""
    share = 1.0 - left_over / np.maximum(whole, 1)
    one, other = share[evidence.left], share[evidence.right]
    right_is_shorter = left_over[evidence.right] < left_over[evidence.left]
    evidence["furniture"][:] = np.where(right_is_shorter, other, one)
    evidence["furniture_longer"][:] = np.where(right_is_shorter, one, other)
    return evidence


def room_of_pairs(
    lengths: npt.NDArray[np.int64], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], memory: int, threads: int
) -> tuple[float, npt.NDArray[np.int64]]:
    """Return how many bytes a slice of pairs may take, and how many each pair adds, for `in_slices`."""
    return memory / threads / SHARE, _weights(lengths, left, right)


def _weights(
    lengths: npt.NDArray[np.int64], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the bytes that each pair adds to the room of a slice of pairs, which are sorted by their left document."""
    room = TOKEN_BYTES * lengths + DOCUMENT_BYTES
    return np.asarray(room[right] + np.where(np.diff(left, prepend=-1) != 0, room[left], 0))


class Words(NamedTuple):
    """The words of documents: document ``i`` has those from ``starts[i]`` to ``ends[i]``.

    Parameters
    ----------
    words : uint32 array
    fingerprints : uint16 array
    starts, ends : int64 array, shape (n_documents,)
    """

    words: npt.NDArray[np.uint32]
    fingerprints: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    @property
    def texts(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Words, starts and ends, without the fingerprints."""
        return self.words, self.starts, self.ends


def laid_out(
    lengths: npt.NDArray[np.int64], left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Assign each document of pairs a range of places: return the documents, where each begins, and the places."""
    documents = distinct(left, right)
    ends = np.cumsum(lengths[documents])
    firsts = np.empty(len(lengths), np.int64)
    firsts[documents] = ends - lengths[documents]
    return documents, firsts, int(ends[-1])


def in_words(
    corpus: Corpus,
    documents: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    firsts: npt.NDArray[np.int64],
    size: int,
) -> Words:
    """Return the words of documents: their tokens, except in alphabets that are written without spaces."""
    texts = Words(corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends)
    if (lengths[documents] == corpus.lengths[documents]).all():
        return texts
    words, marks = np.empty(size, np.uint32), np.empty(size, np.uint16)
    words_kernel.write_words(*texts, documents, lengths, firsts, words, marks)
    return Words(read_only(words), read_only(marks), firsts, firsts + lengths)


def once_words(
    words: tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    documents: npt.NDArray[np.int64],
    firsts: npt.NDArray[np.int64],
    size: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """List the words that occur once in each document, as `dedup.kernels.agreement.once_words` writes them."""
    once = firsts, np.empty_like(firsts), np.empty(size, np.uint32)
    agreement_kernel.once_words(*words, documents, *once, table_multiplier())
    return once
