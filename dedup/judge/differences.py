"""Measure how two similar documents differ: facts that contradict each other, and signs of news in one of them.

The measures are defined in `dedup.judge.evidence`: ``contradicted``; ``new_stages``, ``new_weekdays`` and ``hours``.
They are costly, so that they are taken only of the pairs for which they matter, and filled into their evidence.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import MICROSECONDS_AN_HOUR
from dedup.candidates.word_pairs import RarePairs
from dedup.judge import story_stages
from dedup.judge.evidence import Evidence, in_words, known_rows, laid_out, once_words, room_of_pairs
from dedup.kernels import contradicted_slots as slots_kernel
from dedup.kernels import news_signs as news_kernel
from dedup.schema import MEASURES, NO_DATE
from dedup.store.corpus import Corpus
from dedup.store.scratch import DEFAULT_MEMORY, read_only, release
from dedup.store.secret import table_multiplier
from dedup.store.slices import in_slices
from dedup.text.tokens import token_hash, tokens

NUMBERS_IN_LETTERS = {
    1: "one eins uno один واحد",
    2: "two zwei deux dos dois duas два две двух اثنان",
    3: "three drei trois tres tre три трех ثلاثة ثلاث",
    4: "four vier quatre cuatro quattro quatro четыре четырех أربعة أربع",
    5: "five fünf cinq cinco cinque пять пяти خمسة خمس",
    6: "six sechs seis шесть шести ستة ست",
    7: "seven sieben siete sette sete семь семи سبعة سبع",
    8: "eight acht huit ocho otto oito восемь восьми ثمانية",
    9: "nine neun neuf nueve nove девять девяти تسعة تسع",
    10: "ten zehn dix diez dieci dez десять десяти عشرة عشر",
    11: "eleven onze undici",
    12: "twelve zwölf douze doce dodici doze",
    20: "twenty zwanzig vingt veinte venti vinte двадцать",
    30: "thirty dreißig trente treinta trenta trinta тридцать",
    40: "forty vierzig quarante cuarenta quaranta quarenta сорок",
    50: "fifty fünfzig cinquante cincuenta cinquanta пятьдесят",
}
"""Numbers that news writes in letters, in ten languages; none that is another word in one of them."""


def with_contradictions(
    corpus: Corpus,
    evidence: Evidence,
    rare_pairs: RarePairs | None,
    wanted: npt.NDArray[np.bool_],
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
) -> Evidence:
    """Fill in ``contradicted`` for the pairs where ``wanted`` is true; return the evidence. See `contradictions`."""
    (at,) = np.nonzero(wanted)
    sides = evidence.left[at], evidence.right[at]
    lengths = corpus.lengths if rare_pairs is None else rare_pairs.words
    measured = contradictions(corpus, lengths, *sides, rare_pairs, threads, memory)
    evidence["contradicted"][at] = measured
    return evidence


def with_news(
    corpus: Corpus,
    evidence: Evidence,
    lengths: npt.NDArray[np.int64],
    published: npt.NDArray[np.int64] | None,
    wanted: npt.NDArray[np.bool_],
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    known: Evidence | None = None,
) -> Evidence:
    """Fill in the signs of news for the pairs where ``wanted`` is true, and return the evidence.

    Parameters
    ----------
    corpus : Corpus
    evidence : Evidence
    lengths : int64 array, shape (n_documents,)
        Words of each.
    published : int64 array, shape (n_documents,), or None
        Microseconds since 1970 UTC, or NO_DATE.
    wanted : bool array, shape (n_pairs,)
    threads, memory : int
    known : Evidence, optional
        Pairs of which all this was measured before: `dedup.judge.evidence.known_rows`.
    """
    signs = slice(MEASURES.index("new_stages"), MEASURES.index("hours") + 1)
    if known is not None:
        rows, there = known_rows(evidence, known)
        rows, there = rows[wanted[rows]], there[wanted[rows]]
        evidence.measures[signs, rows] = known.measures[signs, there]
        wanted = wanted.copy()
        wanted[rows] = False
    (at,) = np.nonzero(wanted)
    left, right = evidence.left[at], evidence.right[at]
    measured = np.empty((len(at), news_kernel.N_NEWS))
    words_of_stages = story_stages.table()

    def measure(first: int, last: int) -> None:
        block = slice(first, last)
        documents, firsts, size = laid_out(lengths, left[block], right[block])
        words = in_words(corpus, documents, lengths, firsts, size)
        news_kernel.news(*words.texts, words_of_stages, left[block], right[block], measured[block])
        release(corpus.tokens)

    in_slices(measure, len(at), threads, *room_of_pairs(lengths, left, right, memory, threads))
    first = MEASURES.index("new_stages")
    evidence.measures[first : first + news_kernel.N_NEWS, at] = measured.T
    if published is not None:
        dated = (published[left] != NO_DATE) & (published[right] != NO_DATE)
        apart = (published[right] - published[left]) / MICROSECONDS_AN_HOUR
        evidence["hours"][at] = np.where(dated, apart, np.nan)
    return evidence


def contradictions(
    corpus: Corpus,
    lengths: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    rare_pairs: RarePairs | None,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
) -> npt.NDArray[np.float64]:
    """Measure how far the facts of each pair contradict each other; pairs are sorted by their left document.

    Parameters
    ----------
    corpus : Corpus
    lengths : int64 array, shape (n_documents,)
        Words of each.
    left, right : int64 array
    rare_pairs : RarePairs or None
        None: only numbers are facts.
    threads, memory : int
    """
    measured = np.empty(len(left))
    numbers = _numbers()

    def measure(first: int, last: int) -> None:
        block = slice(first, last)
        documents, firsts, size = laid_out(lengths, left[block], right[block])
        words = in_words(corpus, documents, lengths, firsts, size)
        once = once_words(words.texts, documents, firsts, size)
        weights = np.empty(size, np.uint8)
        lists = _NO_LISTS if rare_pairs is None else (rare_pairs.hashes, rare_pairs.weights)
        bounds = (np.zeros_like(firsts),) * 2 if rare_pairs is None else (rare_pairs.firsts, rare_pairs.lasts)
        slots_kernel.facts(*words.texts, documents, *bounds, *lists, firsts, weights)
        sides = left[block], right[block]
        slots_kernel.contradictions(*words.texts, *once, weights, *numbers, *sides, table_multiplier(), measured[block])
        release(corpus.tokens, *(() if rare_pairs is None else lists))

    in_slices(measure, len(left), threads, *room_of_pairs(lengths, left, right, memory, threads))
    return measured


_NO_LISTS = read_only(np.empty(0, np.uint32)), read_only(np.empty(0, np.uint8))


@functools.cache
def _numbers() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the numbers of one to three digits, and those in letters, in the form of `slots.in_digits`."""
    digits = {f"{value:0{count}}": count << 10 | value for count in (1, 2, 3) for value in range(10**count)}
    letters = {word: token_hash(str(value)) for value, words in NUMBERS_IN_LETTERS.items() for word in tokens(words)}
    return _table(digits, 12), _table(letters, 10)


def _table(values: dict[str, int], bits: int) -> npt.NDArray[np.uint32]:
    """Return a hash table of tokens and their values, none of which is 0."""
    table = np.zeros((1 << bits, 2), np.uint32)
    for word, value in values.items():
        token = token_hash(word)
        slot = token >> 2 & (len(table) - 1)
        while table[slot, 1]:
            slot = (slot + 1) % len(table)
        table[slot] = token, value
    table.flags.writeable = False
    return table
