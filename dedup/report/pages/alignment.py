"""Lay two texts side by side by the passages that they share, and count what one made of the other."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.judge.passages import MOVED, REWORDED, VERBATIM, Passage, passages
from dedup.report.in_words import cut
from dedup.text.token_places import words_of

SHOWN = 30_000
"""Characters of a text that are aligned and shown; the beginning of news holds what matters."""

ROW = 240
"""Characters from which a row of the side-by-side view may end, at the next passage that both texts have in place."""

QUOTED, QUOTES, QUOTE = 25, 3, 220
"""Least length of a quotation in characters, how many are given, and where each is cut."""

AROUND = 8
"""Characters on each side by which one place of a word is told from another."""

_ARROW = " → "
"""Between both sides of a contradiction."""

_REST_OF_A_WORD = re.compile(r"^['’]?[^\W\d_]{1,3}(?=\s)")
"""What follows an apostrophe: the s of a genitive."""

_OPENING = "“‘«‹„\"'([{¿¡"
_EDGES = " \t\n.,;:!?…\"'“”‘’()[]«»–—-"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text.

    Parameters
    ----------
    text : str
    kind : str
        ``own`` where the other text lacks it, else the kind of its passage: ``verbatim``, ``reworded``, ``moved``.
    number : int
        Of its passage, from 1; 0 if it has none.
    words : tuple of (text, mark)
        The text in parts; the mark is ``contradicted``, ``changed`` or empty.
    """

    text: str
    kind: str = "own"
    number: int = 0
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Two pieces of text that stand beside each other."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a later text made of an earlier one, in words.

    Parameters
    ----------
    kept, moved, changed, added : int
        Words of the later text: word for word in the earlier one, the same in another place, in other words or another
        fact in the same place, and without counterpart.
    left_out : int
        Words of the earlier text without counterpart.
    contradicted : tuple of str
    additions, omissions : tuple of str
        The longest of them.
    """

    kept: int
    moved: int
    changed: int
    added: int
    left_out: int
    contradicted: tuple[str, ...]
    additions: tuple[str, ...]
    omissions: tuple[str, ...]

    @property
    def words(self) -> int:
        """Words of the later text."""
        return self.kept + self.moved + self.changed + self.added


class Alignment:
    """Two texts with the passages that they share.

    Parameters
    ----------
    left, right : str
        The earlier and the later text.

    Attributes
    ----------
    left, right : str
        As far as they are shown.
    cut_left, cut_right : int
        Characters that are not.
    passages : tuple of Passage
        In the order of the left text.
    """

    def __init__(self, left: str, right: str) -> None:
        self.left, self.right = left[:SHOWN], right[:SHOWN]
        self.cut_left, self.cut_right = len(left) - len(self.left), len(right) - len(self.right)
        self.passages = passages(self.left, self.right)

    def rows(self) -> list[Row]:
        """Return the texts in rows of pieces."""
        left = _numbered((one.left_begin, one.left_end, one) for one in self.passages)
        by_right = sorted(range(len(self.passages)), key=lambda at: self.passages[at].right_begin)
        right = [
            (self.passages[at].right_begin, self.passages[at].right_end, at + 1, self.passages[at]) for at in by_right
        ]
        rows = []
        texts = self.left, self.right
        at_left = at_right = 0
        for stop_left, stop_right in [*self._cuts(), (len(self.left), len(self.right))]:
            rows.append(
                Row(
                    _trimmed([*_pieces(texts, left, at_left, stop_left, is_left=True)]),
                    _trimmed([*_pieces(texts, right, at_right, stop_right, is_left=False)]),
                )
            )
            at_left, at_right = stop_left, stop_right
        return [row for row in rows if row.left or row.right]

    def tally(self) -> Tally:
        """Return what the right text made of the left one."""
        left, right = (words_of(text).begins for text in (self.left, self.right))
        counts = {VERBATIM: 0, MOVED: 0, REWORDED: 0}
        added, left_out = len(right), len(left)
        for one in self.passages:
            inside = _words_in(right, one.right_begin, one.right_end)
            added -= inside
            left_out -= _words_in(left, one.left_begin, one.left_end)
            if one.kind != REWORDED:
                places = [_found(self.right, one.right_begin, one.right_end, one.added)]
                places += [_found(self.right, one.right_begin, one.right_end, _side(one, is_left=False))]
                new, against = (sum(_words_in(right, *place) for place in found) for found in places)
                added += new
                counts[REWORDED] += against
                inside -= new + against
                lost = _found(self.left, one.left_begin, one.left_end, one.lost)
                left_out += sum(_words_in(left, *place) for place in lost)
            counts[one.kind] += inside
        return Tally(
            counts[VERBATIM],
            counts[MOVED],
            counts[REWORDED],
            added,
            left_out,
            tuple(dict.fromkeys(word for one in self.passages for word in one.contradicted)),
            _quotes(self.right, [(one.right_begin, one.right_end) for one in self.passages]),
            _quotes(self.left, [(one.left_begin, one.left_end) for one in self.passages]),
        )

    def _cuts(self) -> Iterator[tuple[int, int]]:
        """Yield where rows end: before passages that are in place in both texts."""
        at_left = at_right = 0
        seen_right = 0
        for one in self.passages:
            if one.kind == MOVED or one.right_begin < seen_right:
                continue
            seen_right = one.right_end
            if max(one.left_begin - at_left, one.right_begin - at_right) < ROW:
                continue
            if any(other.right_begin < one.right_begin < other.right_end for other in self.passages):
                continue
            at_left = _opening(self.left, one.left_begin, at_left)
            at_right = _opening(self.right, one.right_begin, at_right)
            yield at_left, at_right


_Numbered = tuple[int, int, int, Passage]


def _numbered(found: Iterator[tuple[int, int, Passage]]) -> list[_Numbered]:
    return [(begin, end, number, one) for number, (begin, end, one) in enumerate(found, 1)]


def _opening(text: str, at: int, least: int) -> int:
    """Return where what belongs to the words at a place begins: quotation marks and brackets that open before them."""
    while at > least and text[at - 1] in _OPENING:
        at -= 1
    return at


def _trimmed(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces of a row without empty lines at its ends."""
    kept = list(pieces)
    while kept and kept[0].kind == "own" and not kept[0].text.strip():
        kept.pop(0)
    while kept and kept[-1].kind == "own" and not kept[-1].text.strip():
        kept.pop()
    if kept and kept[0].kind == "own":
        kept[0] = Piece(kept[0].text.lstrip())
    if kept and kept[-1].kind == "own":
        kept[-1] = Piece(kept[-1].text.rstrip())
    return tuple(kept)


def _pieces(
    texts: tuple[str, str], found: Sequence[_Numbered], start: int, stop: int, is_left: bool
) -> Iterator[Piece]:
    """Yield the pieces of a part of one of two texts; no passage crosses its ends."""
    text, other = texts if is_left else texts[::-1]
    at = start
    first = bisect.bisect_left(found, start, key=lambda one: one[0])
    for begin, end, number, one in found[first:]:
        if begin >= stop:
            break
        if at < begin:
            yield Piece(text[at:begin])
        yield Piece(text[begin:end], one.kind, number, tuple(_marks(text, other, one, is_left)))
        at = end
    if at < stop:
        yield Piece(text[at:stop])


def _marks(text: str, other: str, passage: Passage, is_left: bool) -> Iterator[tuple[str, str]]:
    """Yield a passage in parts, the words marked that the other text lacks or contradicts; nothing if it has none."""
    places = (passage.left_begin, passage.left_end), (passage.right_begin, passage.right_end)
    (begin, end), (other_begin, other_end) = places if is_left else places[::-1]
    other = other[other_begin:other_end]
    against = _found(text, begin, end, _side(passage, is_left), other)
    changed = _found(text, begin, end, passage.lost if is_left else passage.added, other)
    marked = sorted([(*place, "contradicted") for place in against] + [(*place, "changed") for place in changed])
    at = begin
    for start, stop, mark in marked:
        if start < at:
            continue
        if at < start:
            yield text[at:start], ""
        yield text[start:stop], mark
        at = stop
    if begin < at < end:
        yield text[at:end], ""


def _side(passage: Passage, is_left: bool) -> list[str]:
    """Return what one side says where the other contradicts it."""
    return [one.split(_ARROW)[0 if is_left else -1] for one in passage.contradicted]


def _found(text: str, begin: int, end: int, stretches: Sequence[str], other: str = "") -> list[tuple[int, int]]:
    """Return where stretches of words are in a passage; they come in its order, and the other text lacks them."""
    places = []
    at = begin
    for stretch in stretches:
        start = _place_of(stretch, text, at, end, other)
        if start >= 0:
            at = start + len(stretch)
            places.append((start, at))
    return places


def _place_of(stretch: str, text: str, begin: int, end: int, other: str) -> int:
    """Return where a stretch of words is, -1 if nowhere: first where the other text lacks it with what is around it.

    Else where it is in no other word, else anywhere: scripts without spaces do not tell where a word ends.
    """
    whole = -1
    first = start = text.find(stretch, begin, end)
    while start >= 0:
        stop = start + len(stretch)
        if not _is_inside(text, start) and not _is_inside(text, stop):
            if text[max(begin, start - AROUND) : min(end, stop + AROUND)] not in other:
                return start
            whole = start if whole < 0 else whole
        start = text.find(stretch, start + 1, end)
    return first if whole < 0 else whole


def _is_inside(text: str, at: int) -> bool:
    """Return whether a place is inside a word."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _words_in(begins: npt.NDArray[np.int64], start: int, stop: int) -> int:
    first, last = np.searchsorted(begins, (start, stop))
    return int(last - first)


def _quotes(text: str, found: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return the longest stretches of a text that are in no passage, in their order."""
    gaps = []
    at = 0
    for begin, end in [*sorted(found), (len(text), len(text))]:
        gap = _REST_OF_A_WORD.sub("", text[at:begin], count=1) if at else text[:begin]
        gap = gap.strip(_EDGES)
        if len(gap) >= QUOTED:
            gaps.append((at, gap))
        at = end
    longest = sorted(sorted(gaps, key=lambda gap: -len(gap[1]))[:QUOTES])
    return tuple(cut(gap, QUOTE) for _, gap in longest)
