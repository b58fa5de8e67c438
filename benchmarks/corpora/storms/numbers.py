"""Write the numbers of a text in the style of a house, without changing their values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.corpora.storms.phrases import MONTHS

_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_VALUES = {word: number for number, word in enumerate(_NUMBERS, 2)}
_SHARE = re.compile(rf"(?<![\w.,-])(?:({'|'.join(_NUMBERS)})|(\d+(?:[.,]\d+)*)) ?(?:%|per ?cent\b)(?!age)")
_MONEY = re.compile(r"([£$€]\d+(?:[.,]\d+)*) ?(m|bn|million|billion)\b")
_LONG = {"m": "million", "bn": "billion", "million": "million", "billion": "billion"}
_SHORT = {"million": "m", "billion": "bn"}
_GROUPED = re.compile(r"(?<![\w.,/-])[1-9]\d{0,2}(?:[, \u00a0]\d{3})+(?![\w/-]|[.,]\d)")
_PLAIN = re.compile(r"(?<![\w.,/-])[1-9]\d{3,8}(?![\w/-]|[.,]\d)")
_YEARS = range(1500, 2100)
"""What stands without a separator and may be a year is left alone."""

_SMALL = re.compile(
    rf"(?<=[a-z,] )(?:({'|'.join(_NUMBERS)})|([2-9]|1[0-2]))"
    rf"(?![\w%:/’'-]|[., \u00a0]\d| ?(?:[ap]m|per ?cent|hundred|thousand|million|billion|{'|'.join(MONTHS)})\b)"
)


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a house writes numbers.

    Parameters
    ----------
    thousands : str
        Between groups of three digits.
    words_to : int
        From two to this, numbers are words.
    percent : str
        Behind the digits of a share.
    is_short : bool
        "£5m" rather than "£5 million".
    """

    thousands: str = ","
    words_to: int = 9
    percent: str = " per cent"
    is_short: bool = True

    def write(self, text: str) -> str:
        """Return a text with its numbers in this style; their values stay."""
        text = _SHARE.sub(lambda found: f"{_VALUES.get(found[1], found[2])}{self.percent}", text)
        text = _MONEY.sub(self._money, text)
        text = _GROUPED.sub(lambda found: self._grouped(re.sub(r"\D", "", found[0])), text)
        text = _PLAIN.sub(lambda found: found[0] if int(found[0]) in _YEARS else self._grouped(found[0]), text)
        return _SMALL.sub(self._small, text)

    def _money(self, found: re.Match[str]) -> str:
        unit = _LONG[found[2]]
        return f"{found[1]}{_SHORT[unit]}" if self.is_short else f"{found[1]} {unit}"

    def _grouped(self, digits: str) -> str:
        return f"{int(digits):,}".replace(",", self.thousands)

    def _small(self, found: re.Match[str]) -> str:
        before = found.string[: found.start()].rsplit(None, 1)[-1]
        if found[2] and not before.islower():  # "Act 2", "March 4"
            return found[0]
        value = _VALUES[found[1]] if found[1] else int(found[2])
        return _NUMBERS[value - 2] if value <= self.words_to else str(value)


DIGITS = NumberStyle("", 1, "%", True)
"""The style in which equal values are equal words."""
