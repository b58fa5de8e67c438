"""Find the statements that two texts make in other words."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.judge.verbatim import Range, Verbatim
from dedup.kernels import statements as kernel
from dedup.text.token_places import Words
from dedup.text.tokens import CHARACTER_FLAG


@dataclass(frozen=True, slots=True)
class RewordingTuning:
    """Bounds of what counts as reworded, tuned on one half of the pairs of PAN 2013 (``benchmarks/quality/pan13.py``).

    plagdet changes by less than a hundredth if one of them is a fifth more or less.

    Parameters
    ----------
    alike : float
        Likeness of two statements from which they are one in other words.
    alike_beside : float
        The same where they stand beside another passage.
    beside : int
        Words in both texts up to which passages are beside one another.
    least, longest : int
        Words of a statement.
    """

    alike: float = 0.3
    alike_beside: float = 0.2
    beside: int = 25
    least: int = 4
    longest: int = 60


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    """Two statements that are alike: their words, their numbers, their likeness, and how many words they share."""

    left_first: int
    left_last: int
    right_first: int
    right_last: int
    left: int
    right: int
    likeness: float
    n_shared: int


def reworded(
    left: Words, right: Words, found: Verbatim, min_words: int, tuning: RewordingTuning | None = None
) -> list[Range]:
    """Find statements of two texts that say the same in other words.

    A statement is a sentence, or the part of it that is not in a verbatim passage. The likeness of two is the cosine of
    their words, weighed by how few statements of both texts have them. Each statement is paired once, with the most
    similar one. Two statements alone in their place are easily alike by chance: they count if they share ``min_words``
    different words, or stand beside another passage in both texts.

    Parameters
    ----------
    left, right : Words
    found : Verbatim
        Whose words take no part.
    min_words : int
    tuning : RewordingTuning, optional
    """
    bounds = tuning or RewordingTuning()
    candidates = _candidates(left, right, found, bounds)
    strong = _paired(one for one in candidates if one.likeness >= bounds.alike)
    verbatim = [(one.left_first, one.left_last, one.right_first, one.right_last) for one in found.ranges]
    others = sorted([*verbatim, *map(_words_of, strong)])
    alone = [one.n_shared >= min_words for one in strong]
    kept = [one for one, enough in zip(strong, alone, strict=True) if enough or _is_beside(one, others, bounds.beside)]
    places = sorted([*verbatim, *map(_words_of, kept)])
    lefts, rights = {one.left for one in kept}, {one.right for one in kept}
    # Once in either direction: a statement beside one that was taken just before is taken, too.
    for order in (1, -1):
        for one in sorted(candidates, key=lambda one: (order * one.left_first, -one.likeness, one.right_first)):
            if one.left not in lefts and one.right not in rights and _is_beside(one, places, bounds.beside):
                kept.append(one)
                bisect.insort(places, _words_of(one))
                lefts.add(one.left)
                rights.add(one.right)
    return [Range(*_words_of(one)) for one in kept]


Places = tuple[int, int, int, int]


def _words_of(one: _Candidate) -> Places:
    return one.left_first, one.left_last, one.right_first, one.right_last


def _paired(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Return candidates, the most similar first, of which no two have a statement in common."""
    lefts: set[int] = set()
    rights: set[int] = set()
    chosen = []
    for one in sorted(candidates, key=lambda one: (-one.likeness, one)):
        if one.left not in lefts and one.right not in rights:
            chosen.append(one)
            lefts.add(one.left)
            rights.add(one.right)
    return chosen


def _is_beside(one: _Candidate, others: Sequence[Places], reach: int) -> bool:
    """Return whether another passage is near in both texts; these are in order, and apart in the left text."""
    mine = _words_of(one)
    at = bisect.bisect_left(others, mine)
    before = itertools.takewhile(lambda other: mine[0] - other[1] <= reach, (others[k] for k in range(at - 1, -1, -1)))
    behind = itertools.takewhile(lambda other: other[0] - mine[1] <= reach, (others[k] for k in range(at, len(others))))
    return any(
        other[2] - mine[3] <= reach and mine[2] - other[3] <= reach
        for other in itertools.chain(before, behind)
        if other != mine
    )


def _candidates(left: Words, right: Words, found: Verbatim, bounds: RewordingTuning) -> list[_Candidate]:
    ours = _statements(left, found.left_used, bounds)
    theirs = _statements(right, found.right_used, bounds)
    if len(ours) == 0 or len(theirs) == 0:
        return []
    numbers = np.unique(np.concatenate([_features(left), _features(right)]), return_inverse=True)[1].astype(np.int64)
    x, y = numbers[: len(left)], numbers[len(left) :]
    counts = np.zeros(int(numbers.max()) + 1, np.int64)
    n_statements = 0
    for words, text in ((x, left), (y, right)):
        everything = _statements(text, np.zeros(len(text), np.uint8), bounds)
        kernel.count_statements(words, everything, counts)
        n_statements += len(everything)
    weights = np.log(1 + n_statements / np.maximum(counts, 1))
    out = np.empty((kernel.BEST * len(ours), 4))
    out = out[: kernel.likeness(x, y, ours, theirs, weights, out)]
    out = out[out[:, 2] >= bounds.alike_beside]
    pairs = out[:, :2].astype(np.int64)
    places = np.concatenate([ours[pairs[:, 0]], theirs[pairs[:, 1]], pairs], axis=1).tolist()
    likeness = out[:, 2].round(9).tolist()  # so that what is alike by as much is so on every machine
    shared = out[:, 3].astype(np.int64).tolist()
    rows = zip(places, likeness, shared, strict=True)
    return [_Candidate(a, b, c, d, one, other, like, n) for (a, b, c, d, one, other), like, n in rows]


def _statements(text: Words, used: npt.NDArray[np.uint8], bounds: RewordingTuning) -> npt.NDArray[np.int64]:
    out = np.empty((len(text) + 1, 2), np.int64)
    longest, least = bounds.longest * text.A_WORD, bounds.least * text.A_WORD
    return out[: kernel.cut(text.breaks, used, text.weights, longest, least, out)]


def _features(text: Words) -> npt.NDArray[np.uint64]:
    """Return the words of a text; of characters of a script without spaces each with the one after it."""
    features = text.hashes.copy()
    is_character = (text.hashes & np.uint64(CHARACTER_FLAG)).astype(bool)
    if is_character.any():
        (at,) = np.nonzero(is_character[:-1] & is_character[1:])
        features[at] ^= text.hashes[at + 1] * np.uint64(0x9E3779B97F4A7C15)
    return features
