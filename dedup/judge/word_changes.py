"""Name what changed inside a passage that two texts share: words added and lost, facts that contradict each other."""

from __future__ import annotations

import bisect
import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.judge.differences import NUMBERS_IN_LETTERS
from dedup.judge.verbatim import Range
from dedup.kernels import contradicted_slots as kernel
from dedup.text.token_places import Words
from dedup.text.tokens import NUMBER_FLAG, token_hash, tokens

LONGEST_SLOT = 10
"""Words of the longest slot: of more it cannot be said which stands for which."""

FRAME = 2
"""Words on each side of a slot that must be the same: of fewer, two different things are easily said."""

AROUND = 40
"""Words on each side of a slot among which the same number is one that moved; and names of its statement count."""

SAME_START = 3
"""Letters at the beginning of two names by which they are one name: in another case, spelled otherwise."""

MOST_NAMES = 0.25
"""Share of words inside sentences that begin with a capital, up to which a capital makes a name: not so in German."""

GROUP, MOST_GROUPS = 3, 4
"""Digits of each group of a long number but the first; groups on either side of a word that belong to its number."""

_DIGITS = re.compile(r"(\D*)(\d*(?:\.\d+)*)(.*)", re.DOTALL)
_ORDINALS = ("st", "nd", "rd", "th")
_SEPARATORS = ".,:'\u2019 \u00a0\u202f"

Stretch = tuple[int, int]
"""The first of some words, and the one after the last."""

Slot = tuple[int, int, int, int]
"""The words between two aligned places: the first and the one after the last, on the left and on the right."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed inside a passage.

    Parameters
    ----------
    added, lost : tuple of str
        Stretches of words that only the right text has there, only the left one.
    contradicted : tuple of (str, str)
        Numbers and names of the left text, and those of the right one in their place.
    """

    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    contradicted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text.

    Parameters
    ----------
    before, digits, rest : str
        What is before its digits in its words, the digits without zeros behind a point, and what is behind them.
    place : tuple of int
        Its words: the first, and the one after the last.
    """

    before: str
    digits: str
    rest: str
    place: Stretch

    def is_in_unit_of(self, other: Number) -> bool:
        """Return whether the same stands around the digits of both; endings of ordinal numbers are all the same."""
        rest, other_rest = ("th" if one.rest in _ORDINALS else one.rest for one in (self, other))
        return self.before == other.before and rest == other_rest

    def may_be(self, other: Number) -> bool:
        """Return whether two numbers may be one: the same digits, and the same around them, or nothing: "5m", "5"."""
        around = (self.before, other.before), (self.rest, other.rest)
        return self.digits == other.digits and all(one == two or not one or not two for one, two in around)


class Text:
    """A text with its words, and what is known of it as a whole.

    Parameters
    ----------
    text : str
    words : Words
        Those of the text.
    """

    def __init__(self, text: str, words: Words) -> None:
        self.text = text
        self.words = words

    @functools.cached_property
    def vocabulary(self) -> frozenset[int]:
        """The hashes of its words."""
        return frozenset(self.words.hashes.tolist())

    @functools.cached_property
    def marks_names(self) -> bool:
        """Whether a capital inside a sentence makes a name: few words have one."""
        inside = np.flatnonzero(self.words.breaks[:-1] == 0) + 1
        capitals = sum(self.text[begin].isupper() for begin in self.words.begins[inside].tolist())
        return capitals <= MOST_NAMES * len(inside)

    @functools.cached_property
    def numbers(self) -> list[Number]:
        """Its numbers, in order."""
        return list(_all_numbers(self))

    def between(self, first: int, last: int) -> str:
        """Return the text from a word to before another."""
        return self.text[self.words.begins[first] : self.words.ends[last - 1]]

    def is_number(self, word: int) -> bool:
        """Return whether a word begins with a digit, or is a number in letters."""
        flags = int(self.words.hashes[word]) & (NUMBER_FLAG | 1)
        return flags == NUMBER_FLAG or self.between(word, word + 1).casefold() in _in_letters()

    def is_name(self, word: int) -> bool:
        """Return whether a word of several letters has a capital that no sentence gives it."""
        is_first = word == 0 or self.words.breaks[word - 1]
        return self.marks_names and not is_first and self.has_capital(word)

    def has_capital(self, word: int) -> bool:
        """Return whether a word of several letters begins with a capital; one letter is an initial."""
        begin, end = self.words.begins[word], self.words.ends[word]
        return end - begin > 1 and self.text[begin].isupper()


def changes(left: Text, right: Text, place: Range) -> Changes:
    """Name what changed inside a passage.

    The words that both texts have are aligned: in a verbatim passage by its runs, otherwise by a longest common
    subsequence. Of the others, those that both have there are moved, and not named. Where two aligned words have others
    between them in both texts, these fill one slot. Numbers in it contradict each other if they are in the same unit,
    neither text has the other's there or near it, and the statements are not about other names; names, if neither text
    has the other's anywhere.

    Parameters
    ----------
    left, right : Text
    place : Range
    """
    runs = place.runs or tuple(_aligned(left.words, right.words, place))
    spare_left: list[int] = []
    spare_right: list[int] = []
    contradicted = []
    for slot, before, behind in _slots(place, runs):
        first, last, other_first, other_last = slot
        own, others = list(range(first, last)), list(range(other_first, other_last))
        is_slot = own and others and max(len(own), len(others)) <= LONGEST_SLOT
        if is_slot and min(before, behind) >= FRAME:
            for one, other in _contradictions(left, right, slot):
                contradicted.append((left.between(*one), right.between(*other)))
                own = [word for word in own if not one[0] <= word < one[1]]
                others = [word for word in others if not other[0] <= word < other[1]]
        spare_left += own
        spare_right += others
    in_left = Counter(left.words.hashes[spare_left].tolist())
    in_right = Counter(right.words.hashes[spare_right].tolist())
    moved = in_left & in_right
    return Changes(
        tuple(_stretches(right, spare_right, moved.copy())),
        tuple(_stretches(left, spare_left, moved.copy())),
        tuple(contradicted),
    )


def _aligned(left: Words, right: Words, place: Range) -> Iterator[tuple[int, int, int]]:
    """Yield the runs of a longest common subsequence; none if the table for it would be too large."""
    x = left.hashes[place.left_first : place.left_last]
    y = right.hashes[place.right_first : place.right_last]
    if (len(x) + 1) * (len(y) + 1) > kernel.MOST_CELLS:
        return
    at_x, at_y = np.empty((2, min(len(x), len(y)) + 1), np.int64)
    count = kernel.common_subsequence(x, y, np.empty(kernel.MOST_CELLS, np.int16), at_x, at_y)
    starts = np.flatnonzero(np.diff(at_x[:count], prepend=-2) + np.diff(at_y[:count], prepend=-2) != 2)
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), count], strict=True):
        yield place.left_first + int(at_x[start]), place.right_first + int(at_y[start]), stop - start


def _slots(place: Range, runs: Sequence[tuple[int, int, int]]) -> Iterator[tuple[Slot, int, int]]:
    """Yield each slot, and how many aligned words are right before and behind it."""
    before = (place.left_first, place.right_first, 0)
    for run in (*runs, (place.left_last, place.right_last, 0)):
        slot = (before[0] + before[2], run[0], before[1] + before[2], run[1])
        if slot[0] < slot[1] or slot[2] < slot[3]:
            yield slot, before[2], run[2]
        before = run


def _contradictions(left: Text, right: Text, slot: Slot) -> Iterator[tuple[Stretch, Stretch]]:
    """Yield the words of each two facts of a slot that contradict each other."""
    first, last, other_first, other_last = slot
    numbers, others = _numbers(left, first, last), _numbers(right, other_first, other_last)
    own = _without(numbers, right, other_first, other_last)
    theirs = _without(others, left, first, last)
    if own and theirs and not _is_about_others(left, right, slot):
        for number, other_number in zip(own, theirs, strict=False):
            if number.is_in_unit_of(other_number):
                yield number.place, other_number.place
    names = _names(left, right, first, last, numbers)
    other_names = _names(right, left, other_first, other_last, others)
    if len(names) == len(other_names):
        for one, other in zip(names, other_names, strict=True):
            if not _is_one_name(left.between(*one), right.between(*other)):
                yield one, other


def _without(numbers: list[Number], other: Text, first: int, last: int) -> list[Number]:
    """Return the numbers that the other text has neither in the slot nor around it."""
    if not numbers:
        return []
    around = _numbers(other, max(0, first - AROUND), min(len(other.words), last + AROUND))
    return [one for one in numbers if not any(one.may_be(two) for two in around)]


def _is_about_others(left: Text, right: Text, slot: Slot) -> bool:
    """Return whether both statements of a slot have a name that the other text lacks: of two shares, of two games."""
    first, last, other_first, other_last = slot
    names, other_names = _names_around(left, right, first, last), _names_around(right, left, other_first, other_last)
    return any(all(not _is_one_name(one, other) for other in other_names) for one in names) and any(
        all(not _is_one_name(one, other) for one in names) for other in other_names
    )


def _names_around(text: Text, other: Text, first: int, last: int) -> list[str]:
    """Return the names in the statement of a slot that the other text has nowhere.

    In a text where capitals mark none, a list of articles or one in German, all words with a capital.
    """
    begin, end = first, last
    while begin > max(0, first - AROUND) and not text.words.breaks[begin - 1]:
        begin -= 1
    while end < min(len(text.words), last + AROUND) and not text.words.breaks[end - 1]:
        end += 1
    is_name = text.is_name if text.marks_names else text.has_capital
    hashes = text.words.hashes[begin:end].tolist()
    own = (begin + k for k, one in enumerate(hashes) if one not in other.vocabulary)
    return [text.between(word, word + 1) for word in own if is_name(word)]


def _is_one_name(name: str, other: str) -> bool:
    """Return whether two names may be one: they begin alike, or one has the letters of the other, or is in capitals."""
    one, two = (re.sub(r"[\W\d_]", "", text.casefold()) for text in (name, other))
    size = min(SAME_START, len(one), len(two))
    if one[:size] == two[:size]:
        return True
    short, long = sorted((one, two), key=len)
    letters = iter(long)
    is_spelled = all(letter in letters for letter in short)
    return one[0] == two[0] and (is_spelled or name.isupper() != other.isupper())


def _numbers(text: Text, first: int, last: int) -> list[Number]:
    """Return the numbers with a word among these; words of theirs may be outside."""
    if not any(map(text.is_number, range(first, last))):  # as mostly: those of the whole text are not needed
        return []
    begin = bisect.bisect_right(text.numbers, first, key=lambda one: one.place[1])
    end = bisect.bisect_left(text.numbers, last, key=lambda one: one.place[0])
    return text.numbers[begin:end]


def _all_numbers(text: Text) -> Iterator[Number]:
    """Yield the numbers of a text."""
    hashes = text.words.hashes.astype(np.uint32)
    done = 0
    for word in np.flatnonzero(hashes & NUMBER_FLAG | np.isin(hashes, _hashes_of_letters())).tolist():
        if word < done or not text.is_number(word):
            continue
        begin, end = word, word + 1
        while begin > max(done, word - MOST_GROUPS) and _is_one_number(text, begin):
            begin -= 1
        while end < min(len(text.words), word + MOST_GROUPS) and _is_one_number(text, end):
            end += 1
        done = end
        before, digits, rest = _DIGITS.match(_value(text, begin, end)).groups()  # type: ignore[union-attr]  # any matches
        yield Number(before, digits.rstrip("0").rstrip(".") if "." in digits else digits, rest, (begin, end))


def _is_one_number(text: Text, word: int) -> bool:
    """Return whether a word continues the number before it: "000" in "5,000" or "5 000", "3" in "5.3"."""
    gap = text.text[text.words.ends[word - 1] : text.words.begins[word]]
    if len(gap) != 1 or gap not in _SEPARATORS:
        return False
    before, here = text.between(word - 1, word), text.between(word, word + 1)
    if not before[-1].isdecimal() or not here[0].isdecimal():
        return False
    in_groups = before.isdecimal() and here.isdecimal() and len(before) <= GROUP and len(here) == GROUP
    return not gap.isspace() or in_groups


def _value(text: Text, first: int, last: int) -> str:
    """Return the digits of a number, without the points between groups of three, and what follows them in its word."""
    words = [text.between(word, word + 1).casefold() for word in range(first, last)]
    words = [_in_letters().get(word, word) for word in words]
    value = words[0]
    for word in words[1:]:
        value += word if len(word) == GROUP and word.isdecimal() else f".{word}"
    return value


def _names(text: Text, other: Text, first: int, last: int, numbers: list[Number]) -> list[Stretch]:
    """Return the names among these words that the other text has nowhere; none if a longer name goes on after them."""
    if last < len(text.words) and not text.words.breaks[last - 1] and text.is_name(last):
        return []
    of_numbers = {word for one in numbers for word in range(*one.place)}
    found: list[Stretch] = []
    for word in range(first, last):
        if word in of_numbers or not text.is_name(word) or int(text.words.hashes[word]) in other.vocabulary:
            continue
        if found and found[-1][1] == word:
            found[-1] = found[-1][0], word + 1
        else:
            found.append((word, word + 1))
    return found


def _stretches(text: Text, spare: list[int], moved: Counter[int]) -> Iterator[str]:
    """Yield the words that are not among the moved ones, in stretches as they stand in the text."""
    first = last = -1
    for word in spare:
        if moved[one := int(text.words.hashes[word])]:
            moved[one] -= 1
            continue
        if word != last:
            if last >= 0:
                yield text.between(first, last)
            first = word
        last = word + 1
    if last >= 0:
        yield text.between(first, last)


@functools.cache
def _in_letters() -> dict[str, str]:
    return {word: str(value) for value, words in NUMBERS_IN_LETTERS.items() for word in words.split()}


@functools.cache
def _hashes_of_letters() -> npt.NDArray[np.uint32]:
    return np.array([token_hash(token) for word in _in_letters() for token in tokens(word)], np.uint32)
