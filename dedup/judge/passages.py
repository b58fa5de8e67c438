"""Find the passages that two texts share, word for word or in other words, and what changed in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedup.judge.passage import MIN_WORDS, MOVED, REWORDED, VERBATIM, Kind, Passage, checked_min_words
from dedup.judge.reworded import reworded
from dedup.judge.verbatim import Range, verbatim
from dedup.judge.word_changes import Changes, Text, changes
from dedup.text.token_places import Words, words_of

__all__ = ["MIN_WORDS", "MOVED", "REWORDED", "VERBATIM", "Passage", "passages"]


def passages(left: str, right: str, min_words: int = MIN_WORDS, *, with_changes: bool = True) -> tuple[Passage, ...]:
    """Find the passages that two texts share; see `Passage`.

    Parameters
    ----------
    left, right : str
        Plain texts.
    min_words : int
        Words that a verbatim passage has at least in common; and different words that a reworded statement shares if it
        stands alone. A character of a script without spaces counts half, of an alphabet without spaces a fifth.
    with_changes : bool
        Name what changed in each.

    Returns
    -------
    tuple of Passage
        In order of ``left_begin``. With the texts exchanged they are the same, the sides exchanged. Two texts of the
        same words are one passage, however short.

    Raises
    ------
    ParamsError
        When ``min_words`` is not a whole number of at least 1.
    """
    checked_min_words(min_words)
    texts = Text(left, words_of(left)), Text(right, words_of(right))
    # In one order, so that what depends on it is the same from both sides.
    is_swapped = _order(texts[0]) > _order(texts[1])
    first, second = reversed(texts) if is_swapped else texts
    found = [
        _passage(first, second, place, kind, is_swapped, with_changes)
        for place, kind in _places(first.words, second.words, min_words)
    ]
    return tuple(sorted(found, key=lambda one: one.left_begin))


def _order(text: Text) -> tuple[int, str]:
    return len(text.words), text.text


def _places(left: Words, right: Words, min_words: int) -> Iterator[tuple[Range, Kind]]:
    """Yield the place of each passage in the words of both texts, and its kind."""
    if np.array_equal(left.hashes, right.hashes):
        size = len(left)
        if size:
            yield Range(0, size, 0, size, ((0, 0, size),)), VERBATIM
        return
    found = verbatim(left, right, min_words)
    places = sorted([*found.ranges, *reworded(left, right, found, min_words)])
    is_in_order = _heaviest_order(places)
    for place, in_order in zip(places, is_in_order, strict=True):
        yield place, MOVED if not in_order else VERBATIM if place.runs else REWORDED


def _heaviest_order(places: Sequence[Range]) -> list[bool]:
    """Return, for places in order in the left text, which are in the heaviest sequence that is in order in both.

    A place weighs as many words as it has in both texts. Of several such sequences, the one whose last place comes
    first in the right text, and so on to its first.
    """
    rank = {first: k for k, first in enumerate(sorted(place.right_first for place in places), 1)}
    # A Fenwick tree: at each number the best sequence that ends at one of the ranks it stands for.
    best = [(0, -1)] * (len(places) + 1)
    before = [-1] * len(places)
    for k, place in enumerate(places):
        weight, at = 0, rank[place.right_first] - 1
        while at > 0:
            if best[at][0] > weight:
                weight, before[k] = best[at]
            at &= at - 1
        weight += place.left_last - place.left_first + place.right_last - place.right_first
        at = rank[place.right_first]
        while at < len(best):
            if weight > best[at][0]:
                best[at] = weight, k
            at += at & -at
    is_in_order = [False] * len(places)
    at = max(range(len(best)), key=lambda k: best[k][0])
    k = best[at][1]
    while k >= 0:
        is_in_order[k] = True
        k = before[k]
    return is_in_order


def _passage(left: Text, right: Text, place: Range, kind: Kind, is_swapped: bool, with_changes: bool) -> Passage:
    """Return a passage with its characters and changes; the sides are exchanged if they were before."""
    changed = changes(left, right, place) if with_changes else Changes()
    spans = (
        (int(left.words.begins[place.left_first]), int(left.words.ends[place.left_last - 1])),
        (int(right.words.begins[place.right_first]), int(right.words.ends[place.right_last - 1])),
    )
    own = changed.added, changed.lost
    step = -1 if is_swapped else 1
    (left_span, right_span), (added, lost) = spans[::step], own[::step]
    contradicted = tuple(" → ".join(pair[::step]) for pair in changed.contradicted)
    return Passage(*left_span, *right_span, kind, added, lost, contradicted)
