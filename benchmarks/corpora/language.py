"""Make up a language whose texts grow like news: its distributions, and the loop that writes documents with them.

What decides the work of a deduplicator is not what words mean but how many there are, how often they come again, and in
how many documents two of them stand side by side. So:

- Words are ranks of Zipf's law with two slopes (Ferrer i Cancho and Sole 2001), without end, and spelled in syllables.
- Each word has an endless list of successors, made by a hash and never stored: the successor of ``word`` at place
  ``place`` is the word at the quantile ``hash(word, place)``. Places follow a Lomax law, wider for frequent words: some
  pairs are everywhere, and new ones never end (Heaps' law for pairs).
- Each document has phrases: its own, those of its story (documents near it report the same) and those of its beat
  (documents anywhere). They are what related articles share.

The constants below are fitted to 44,000 news articles with `corpora.calibrate`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

WORD_BITS, PLACE_BITS, SPELLED_BITS = 14, 10, 16
TABLE_RANKS = 1 << 22
RECORD = 16
"""Bytes in which a word is spelled, the last of them its length; copied whole, as that needs no branch."""

ONSETS, NUCLEI, CODAS = "bdfghjklmnprstvwz", ("a", "e", "i", "o", "u", "ai", "ea", "ou"), ("", *"dklmnprst")
SYLLABLES = [onset + nucleus + coda for onset in ONSETS for nucleus in NUCLEI for coda in CODAS]
ONE_SYLLABLE, TWO_SYLLABLES = 200, 40_000
"""Ranks under which words have one and two syllables."""

MEDIAN_TOKENS, SIGMA_TOKENS, MOST_TOKENS = 596, 0.63, 20_000
"""Documents are of lognormal length."""

BYTES_A_TOKEN, BYTES_A_DOCUMENT = 40, 80
"""Room that suffices in any case."""

BLOCK = 1024
"""Documents made at a time; part of what a seed means."""

SHORTEST_PASSAGE = 30
"""Words and phrases; the longest has 63 more."""

MARKS, COMMAS, PARAGRAPHS, QUOTES, NUMBERS, YEARS = 1024, 50, 300, 103, 16, 8
"""Places with a comma, a new paragraph and a quote (where a sentence ends), a number, a year, out of `MARKS`."""

SPACE, COMMA, STOP = 32, 44, 46

SHORTEST_SENTENCE = 6
"""Words; the longest has 31 more."""

WINDOW = 4096
"""Documents among which stories are shared."""


class Constants(NamedTuple):
    """The fitted constants of a language.

    Parameters
    ----------
    knee : float
        Rank at which the slope of Zipf's law changes.
    head, tail : float
        Its slopes.
    shift : float
        Mandelbrot's shift of the ranks.
    place_power : float
        Tail of the law of successors: a place e times as far is less likely by e to this power.
    spread, spread_power, least_spread : float
        Scale of that law for the most frequent word, how it falls with the rank, and its least.
    phrases : float
        Share of the places in a text where a phrase begins.
    own, story : float
        Shares of the phrases that are the document's own and of its story; the rest is of its beat.
    passages : float
        Share of the places where a passage begins that the story's documents share, nearly word for word.
    passage_places : float
        Scale of the law by which passages are chosen.
    own_places, story_places, beat_places : float
        Scale of the law by which phrases are chosen.
    stories, beats : float
        Scale of the law by which documents choose their story and beat.
    rareness : float
        Words of phrases come from this upper part of the law of words.
    """

    knee: float = 7800.0
    head: float = 1.148
    tail: float = 1.67
    shift: float = 2.7
    place_power: float = 0.74
    spread: float = 390.0
    spread_power: float = 0.346
    least_spread: float = 4.3
    phrases: float = 0.052
    own: float = 0.33
    story: float = 0.4
    passages: float = 0.0027
    passage_places: float = 1.5
    own_places: float = 8.0
    story_places: float = 5.0
    beat_places: float = 40.0
    stories: float = 18.0
    beats: float = 300.0
    rareness: float = 0.4


class Language(NamedTuple):
    """The distributions as tables, for the loop.

    Parameters
    ----------
    seed : uint64
    constants : Constants
    words : float64 array, shape (2 ** WORD_BITS + 1,)
        Ranks at even quantiles.
    places : float64 array, shape (2 ** PLACE_BITS + 1,)
        Places at even quantiles, for scale 1.
    scales : float32 array, shape (2 ** SPELLED_BITS,)
        Scale of the law of successors by rank.
    spelled : uint8 array, shape (2 ** SPELLED_BITS, RECORD)
        Letters by rank, and how many.
    letters : uint8 array, shape (n_syllables, 4)
    letter_counts : int64 array, shape (n_syllables,)
    """

    seed: np.uint64
    constants: Constants
    words: npt.NDArray[np.float64]
    places: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float32]
    spelled: npt.NDArray[np.uint8]
    letters: npt.NDArray[np.uint8]
    letter_counts: npt.NDArray[np.int64]


def language(seed: int, constants: Constants) -> Language:
    """Return the language of a seed."""
    ranks = np.arange(TABLE_RANKS, dtype=np.float64)
    knee = constants.knee + constants.shift
    shifted = ranks + constants.shift
    weights = np.where(
        shifted < knee, shifted**-constants.head, knee ** (constants.tail - constants.head) * shifted**-constants.tail
    )
    beyond = weights[-1] * shifted[-1] / (constants.tail - 1)
    cumulative = np.concatenate([[0.0], np.cumsum(weights)]) / (weights.sum() + beyond)
    quantiles = np.linspace(0, 1, (1 << WORD_BITS) + 1)
    words = np.interp(quantiles, cumulative, np.arange(TABLE_RANKS + 1, dtype=np.float64))
    shares = np.linspace(0, 1, (1 << PLACE_BITS) + 1)
    places = (1 - np.minimum(shares, 1 - 2.0**-30)) ** (-1 / constants.place_power) - 1
    some = np.arange(1 << SPELLED_BITS, dtype=np.float64)
    scales = np.maximum(constants.spread * (some + 1) ** -constants.spread_power, constants.least_spread)
    letters = np.zeros((len(SYLLABLES), 4), np.uint8)
    for row, syllable in zip(letters, SYLLABLES, strict=True):
        row[: len(syllable)] = list(syllable.encode())
    counts = np.array([len(syllable) for syllable in SYLLABLES], np.int64)
    spelled = np.zeros((1 << SPELLED_BITS, RECORD), np.uint8)
    spell_all(letters, counts, spelled)
    key = np.uint64(seed * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    return Language(key, constants, words, places, scales.astype(np.float32), spelled, letters, counts)


def block(of: Language, number: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return a block of documents as JSON lines.

    Parameters
    ----------
    of : Language
    number : int
        Which: it holds documents ``number * BLOCK`` on.

    Returns
    -------
    lines : uint8 array
    ends : int64 array, shape (BLOCK,)
        Where each line ends, its newline included.
    """
    draws = np.random.Generator(np.random.Philox(key=[int(of.seed), number])).standard_normal(BLOCK)
    tokens = np.minimum(MEDIAN_TOKENS * np.exp(SIGMA_TOKENS * draws), MOST_TOKENS).astype(np.int64)
    out = np.empty(int(tokens.sum()) * BYTES_A_TOKEN + BLOCK * BYTES_A_DOCUMENT, np.uint8)
    ends = np.empty(BLOCK, np.int64)
    write_documents(of, number * BLOCK, tokens, out, ends)
    return out[: ends[-1]], ends


@njit(cache=True, nogil=True, inline="always")
def mix(value: int) -> int:
    """Return a hash of 64 bits (the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, nogil=True, inline="always")
def both(left: int, right: int) -> int:
    """Return a hash of two values."""
    return mix(left * np.uint64(0x9E3779B97F4A7C15) ^ mix(right + np.uint64(0xD1B54A32D192ED03)))


@njit(cache=True, nogil=True, inline="always")
def share(value: int) -> float:
    """Return a hash as a number from 0, below 1."""
    return np.float64(value >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True, inline="always")
def place(of: Language, at: float, scale: float) -> int:
    """Return the place at a quantile of the law of successors."""
    quantile = at * (of.places.size - 1)
    slot = int(quantile)
    if slot == of.places.size - 2:  # the last slot has no upper end
        value = (1.0 - at) ** (-1.0 / of.constants.place_power) - 1.0
    else:
        value = of.places[slot] + (of.places[slot + 1] - of.places[slot]) * (quantile - slot)
    return int(min(value * scale, 1e15))


@njit(cache=True, nogil=True, inline="always")
def word(of: Language, at: float) -> int:
    """Return the rank at a quantile of the law of words."""
    quantile = at * (of.words.size - 1)
    slot = int(quantile)
    if slot == of.words.size - 2:
        rest = max(1.0 - (quantile - slot), 1e-12)
        return int(min(of.words[slot] * rest ** (-1.0 / (of.constants.tail - 1.0)), 2e9))
    return int(of.words[slot] + (of.words[slot + 1] - of.words[slot]) * (quantile - slot))


@njit(cache=True, nogil=True)
def spell(rank: int, letters: np.ndarray, counts: np.ndarray, out: np.ndarray) -> int:
    """Write the letters of a word; return how many. No two ranks are spelled alike: syllables part in one way only."""
    n = np.int64(counts.size)
    syllables = 1
    number = rank
    if rank >= TWO_SYLLABLES:
        syllables = 3
        number = (rank - TWO_SYLLABLES) * 1_000_003 % (n * n * n)
    elif rank >= ONE_SYLLABLE:
        syllables = 2
        number = (rank - ONE_SYLLABLE) * 10_007 % (n * n)
    else:
        number = rank * 337 % n
    length = 0
    is_accented = rank % 50 == 49
    for _ in range(syllables):
        syllable = number % n
        number //= n
        for k in range(counts[syllable]):
            letter = letters[syllable, k]
            if is_accented and letter == 101:  # one e in some words is an e acute
                out[length] = 0xC3
                out[length + 1] = 0xA9
                length += 2
                is_accented = False
            else:
                out[length] = letter
                length += 1
    return length


@njit(cache=True, nogil=True)
def spell_all(letters: np.ndarray, counts: np.ndarray, out: np.ndarray) -> None:
    """Write the words of the first ranks, a row each, and at its end how many letters they have."""
    for rank in range(out.shape[0]):
        out[rank, RECORD - 1] = spell(rank, letters, counts, out[rank])


@njit(cache=True, nogil=True, inline="always")  # a call costs two thirds of the speed of everything
def put(of: Language, rank: int, is_capital: bool, out: np.ndarray, at: int) -> int:
    """Write a word; return where it ends."""
    if rank < of.spelled.shape[0]:
        for k in range(RECORD):
            out[at + k] = of.spelled[rank, k]
        length = np.int64(of.spelled[rank, RECORD - 1])
    else:
        length = spell(rank, of.letters, of.letter_counts, out[at:])
    if is_capital:
        out[at] -= np.uint8(32)  # every word begins with an ASCII letter
    return at + length


@njit(cache=True, nogil=True)
def put_number(value: int, out: np.ndarray, at: int) -> int:
    """Write a number; return where it ends."""
    divisor = 1
    while value // divisor >= 10:
        divisor *= 10
    while divisor > 0:
        out[at] = 48 + value // divisor % 10
        at += 1
        divisor //= 10
    return at


@njit(cache=True, nogil=True, inline="always")
def put_byte(value: int, out: np.ndarray, at: int) -> int:
    """Write one byte; return where it ends."""
    out[at] = value
    return at + 1


@njit(cache=True, nogil=True)
def put_text(text: bytes, out: np.ndarray, at: int) -> int:
    """Write bytes; return where they end."""
    for letter in text:
        out[at] = letter
        at += 1
    return at


@njit(cache=True, nogil=True)
def end_sentence(is_quoted: bool, out: np.ndarray, at: int) -> int:
    """Write what ends a sentence; return where it ends."""
    at = put_byte(STOP, out, at)
    return put_text(b"\xe2\x80\x9d", out, at) if is_quoted else at


@njit(cache=True, nogil=True)
def write_documents(of: Language, first: int, tokens: np.ndarray, out: np.ndarray, ends: np.ndarray) -> None:
    """Write documents as JSON lines.

    Parameters
    ----------
    of : Language
    first : int
        Number of the first.
    tokens : int64 array, shape (n,)
        How many each has.
    out : uint8 array
        Receives the lines.
    ends : int64 array, shape (n,)
        Receives where each ends.
    """
    at = 0
    for k in range(tokens.size):
        number = first + k
        at = put_text(b'{"id": "made/', out, at)
        at = put_number(number, out, at)
        at = put_text(b'", "text": "', out, at)
        at = write_text(of, number, tokens[k], out, at)
        at = put_text(b'"}\n', out, at)
        ends[k] = at


@njit(cache=True, nogil=True)
def write_text(of: Language, number: int, tokens: int, out: np.ndarray, at: int) -> int:
    """Write the text of one document, with JSON escapes; return where it ends."""
    c = of.constants
    own = both(of.seed, np.uint64(number))
    window = both(of.seed + np.uint64(1), np.uint64(number // WINDOW))
    story = both(window, np.uint64(place(of, share(mix(own + np.uint64(1))), c.stories)))
    beat = both(of.seed + np.uint64(2), np.uint64(place(of, share(mix(own + np.uint64(2))), c.beats)))
    state = mix(own + np.uint64(3))
    before = word(of, share(state))
    left_in_sentence = 0
    left_in_passage = 0
    state_behind = state
    is_first = True
    is_quoted = False
    count = 0
    while count < tokens:
        state += np.uint64(0x9E3779B97F4A7C15)
        draw = mix(state)
        kind = np.float64(draw & np.uint64(0xFFFFFFFF)) * 2.0**-32
        mark = int((draw >> np.uint64(32)) & np.uint64(MARKS - 1))
        size = 1
        phrase = np.uint64(0)
        if left_in_passage > 0:
            left_in_passage -= 1
            if left_in_passage == 0:
                state = state_behind
        elif c.phrases <= kind < c.phrases + c.passages:
            # The state decides all but the document's own phrases: the same state, the same text.
            passage = both(story + np.uint64(1), np.uint64(place(of, share(mix(draw)), c.passage_places)))
            state_behind, state = state, passage
            before = word(of, share(passage))
            left_in_passage = SHORTEST_PASSAGE + int(passage >> np.uint64(58))
            left_in_sentence = 0
            continue
        if kind < c.phrases:
            within = kind / c.phrases
            topic, scale = beat, c.beat_places
            if within < c.own:
                topic, scale = own, c.own_places
            elif within < c.own + c.story:
                topic, scale = story, c.story_places
            state += np.uint64(0x9E3779B97F4A7C15)
            phrase = both(topic, np.uint64(place(of, share(mix(state)), scale)))
            size = 2 + int(phrase & np.uint64(1))
        for nth in range(size):
            if left_in_sentence == 0:
                left_in_sentence = SHORTEST_SENTENCE + int(mix(state ^ np.uint64(77)) >> np.uint64(59))
                if not is_first:
                    at = end_sentence(is_quoted, out, at)
                    if mark < PARAGRAPHS:
                        at = put_text(b"\\n\\n", out, at)
                    else:
                        at = put_byte(SPACE, out, at)
                    is_quoted = mark >= MARKS - QUOTES
                    if is_quoted:
                        at = put_text(b"\xe2\x80\x9c", out, at)
                is_capital = True
            else:
                if mark < COMMAS and nth == 0:
                    at = put_byte(COMMA, out, at)
                at = put_byte(SPACE, out, at)
                is_capital = False
            is_first = False
            left_in_sentence -= 1
            if size > 1:
                before = word(of, 1.0 - c.rareness * share(mix(phrase + np.uint64(nth))))
                at = put(of, before, True, out, at)
            elif mark >= MARKS - NUMBERS and not is_capital:
                value = int(mix(draw) >> np.uint64(40))
                at = put_number(1990 + value % 36 if mark >= MARKS - YEARS else value % 1000, out, at)
            else:
                state += np.uint64(0x9E3779B97F4A7C15)
                scale = of.scales[min(before, of.scales.size - 1)]
                nearby = place(of, share(mix(state)), scale)
                before = word(of, share(both(np.uint64(before) ^ of.seed, np.uint64(nearby))))
                at = put(of, before, is_capital, out, at)
        count += size
    return end_sentence(is_quoted, out, at)
