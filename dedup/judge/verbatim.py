"""Find what two texts have in common word for word: runs of the same words, chained over small gaps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.kernels import common_runs as kernel
from dedup.store.secret import table_multiplier
from dedup.text.token_places import Words

SEED = 3
"""Words of the shortest run that a passage is made of; shorter ones are found everywhere."""

BRIDGED = 3
"""Words of the widest gap between two runs of one passage, on either side."""


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A range of the words of both texts; places count words from 0.

    Parameters
    ----------
    left_first, left_last, right_first, right_last : int
        The first word, and the one after the last.
    runs : tuple of (int, int, int)
        Runs of the same words in it, in order: where each begins in both texts, and how many words it has.
    """

    left_first: int
    left_last: int
    right_first: int
    right_last: int
    runs: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Verbatim:
    """The verbatim passages of two texts.

    Parameters
    ----------
    ranges : list of Range
    left_used, right_used : uint8 array
        1 for the words of either text that are in one of them.
    """

    ranges: list[Range]
    left_used: npt.NDArray[np.uint8]
    right_used: npt.NDArray[np.uint8]


def verbatim(left: Words, right: Words, min_words: int) -> Verbatim:
    """Find the passages that two texts have in common word for word.

    A run is a sequence of words that both texts have, and that no further word on either end would leave equal. Runs of
    at least `SEED` words are chained where at most `BRIDGED` words of either text lie between two; they may overlap by
    up to ``kernel.OVERLAP`` words, which then belong to the first. A chain weighs as much as the words of its runs,
    less half of the wider side of each gap. The heaviest chain becomes a passage, then the heaviest of the others, cut
    where they meet words of a heavier one. None begins or ends within a number.

    Parameters
    ----------
    left, right : Words
    min_words : int
        Words in the runs of a passage, at least; a character of a script without spaces counts half, of an alphabet
        without spaces a fifth.
    """
    used = np.zeros(len(left), np.uint8), np.zeros(len(right), np.uint8)
    runs = _runs(left, right, min(SEED, min_words))
    if len(runs) == 0:
        return Verbatim([], *used)
    scores, previous = np.empty((2, len(runs)), np.int64)
    kernel.chain(runs, left.weights, right.weights, BRIDGED * left.A_WORD, scores, previous)
    order = np.argsort(-scores, kind="stable")
    out, firsts = np.empty((len(left) + 1, 3), np.int64), np.empty(len(left) + 2, np.int64)
    least = min_words * left.A_WORD
    numbers = left.continued, right.continued
    count = kernel.choose_chains(runs, previous, order, left.weights, *numbers, least, *used, out, firsts)
    found = out[: firsts[count]].tolist()
    bounds = firsts[: count + 1].tolist()
    chains = [tuple(map(tuple, found[a:b])) for a, b in itertools.pairwise(bounds)]
    return Verbatim([_range(chain) for chain in chains], *used)


def _range(runs: tuple[tuple[int, int, int], ...]) -> Range:
    (left, right, _), (last_left, last_right, size) = runs[0], runs[-1]
    return Range(left, last_left + size, right, last_right + size, runs)


def _runs(left: Words, right: Words, seed: int) -> npt.NDArray[np.int64]:
    """Return the runs of at least ``seed`` words, in order of their places: where they begin, and their size."""
    n_left, n_right = len(left) - seed + 1, len(right) - seed + 1
    if n_left <= 0 or n_right <= 0:
        return np.empty((0, 3), np.int64)
    hashes = np.empty(n_left + n_right, np.uint64)
    kernel.seed_hashes(left.hashes, seed, table_multiplier(), hashes[:n_left])
    kernel.seed_hashes(right.hashes, seed, table_multiplier(), hashes[n_left:])
    order = np.argsort(hashes, kind="stable")
    places = np.empty(kernel.seed_places(hashes, order, n_left, np.empty(0, np.int64)), np.int64)
    if len(places):
        kernel.seed_places(hashes, order, n_left, places)
    places.sort()
    runs = np.empty((len(places), 3), np.int64)
    runs = runs[: kernel.longest_runs(left.hashes, right.hashes, places, n_left, runs)]
    return np.ascontiguousarray(runs[np.lexsort((runs[:, 1], runs[:, 0]))])
