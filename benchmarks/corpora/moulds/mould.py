"""Fill the slots of a mould with names, numbers and dates."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SLOT = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Language:
    """The moulds of a language and what their slots are filled with.

    Parameters
    ----------
    moulds : mapping of str to str
        Kind to mould. A slot is ``{pool}`` (the same name again where the same slot comes again, ``{pool2}`` is another
        one), ``{low-high}`` (a number with as many decimals as the low one) or ``{this|that}``.
    pools : mapping of str to sequence of str
        What slots are filled with.
    sentence : str
        A sentence of a text of no mould. What its slots are filled with may have slots itself.
    gap : str
        Between two sentences.
    point : str
        Before decimals.
    digits : str
        Other digits than 0 to 9, of the kinds that are written with them.
    in_digits : tuple of str
        These kinds.
    """

    moulds: Mapping[str, str]
    pools: Mapping[str, Sequence[str]]
    sentence: str
    gap: str = " "
    point: str = "."
    digits: str = ""
    in_digits: tuple[str, ...] = ()


def filled(pattern: str, of: Language, rng: random.Random) -> str:
    """Fill all slots of a mould, a sentence or a wording; see `Language` for what a slot is."""
    drawn: dict[str, str] = {}

    def value(slot: re.Match[str]) -> str:
        name = slot[1]
        if "|" in name:
            return rng.choice(name.split("|"))
        if limits := _RANGE.fullmatch(name):
            decimals = len(limits[1].partition(".")[2])
            number = rng.randint(*(round(float(limit) * 10**decimals) for limit in limits.groups()))
            return f"{number / 10**decimals:.{decimals}f}".replace(".", of.point)
        if name not in drawn:
            pool = name.rstrip("23456789")
            taken = {drawn[other] for other in drawn if other.rstrip("23456789") == pool}
            drawn[name] = filled(rng.choice([entry for entry in of.pools[pool] if entry not in taken]), of, rng)
        return drawn[name]

    return _SLOT.sub(value, pattern)


def pool(entries: str) -> list[str]:
    """Return the entries of a list between bars."""
    return [" ".join(entry.split()) for entry in entries.split("|")]


def joined(firsts: str, lasts: str, gap: str = " ") -> list[str]:
    """Return every first part with every last part."""
    return [first + gap + last for first, last in itertools.product(pool(firsts), pool(lasts))]
