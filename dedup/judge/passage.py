"""Describe a passage that two texts share; `dedup.judge.passages` finds them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Literal

from dedup.errors import ParamsError

Kind = Literal["verbatim", "reworded", "moved"]
VERBATIM: Kind = "verbatim"
REWORDED: Kind = "reworded"
MOVED: Kind = "moved"

MIN_WORDS = 8
"""Words of a verbatim passage. Of 106 runs of 8 words that texts of PAN 2013 share, 95 lie in labelled passages."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of one text that stands in another, too: where it is in both, and what changed in it.

    Two texts are compared, a left one and a right one: ``a`` and ``b`` of `dedup.compare`. No two passages overlap in
    either text.

    Parameters
    ----------
    left_begin, left_end, right_begin, right_end : int
        The first character and the one after the last, in both texts, counted from 0 as Python does.
    kind : str
        ``verbatim``: the same words in the same order, but for gaps of up to three words. ``reworded``: statements that
        share many of their rarer words. ``moved``: either of them, where the two texts have it in another order than
        most of what they share.
    added, lost : tuple of str
        Stretches of words that the passage has only in the right text, and only in the left one.
    contradicted : tuple of str
        Numbers and names that stand in the place of others, as ``"12 → 14"``, from left to right; they are neither
        added nor lost.

    Examples
    --------
    >>> import dedup
    >>> a = "The council said on Monday that 12 people were hurt when the old bridge fell into the river."
    >>> b = "Officials: The council said on Monday that 14 people were hurt when the bridge fell into the river."
    >>> (passage,) = dedup.compare(a, b).passages
    >>> passage.kind, passage.lost, passage.contradicted
    ('verbatim', ('old',), ('12 → 14',))
    >>> b[passage.right_begin : passage.right_end]
    'The council said on Monday that 14 people were hurt when the bridge fell into the river'
    """

    left_begin: int
    left_end: int
    right_begin: int
    right_end: int
    kind: Kind
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()


def checked_min_words(min_words: int) -> int:
    """Return the number if it is one that `passages` takes; raises ParamsError otherwise."""
    if isinstance(min_words, bool) or not isinstance(min_words, Integral) or min_words < 1:
        raise ParamsError(f"min_words {min_words!r}", "a whole number of at least 1")
    return int(min_words)
