"""Make pieces of one mould, corrected pieces, and the other texts of a corpus."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.corpora.moulds.arabic import ARABIC
from benchmarks.corpora.moulds.chinese import CHINESE
from benchmarks.corpora.moulds.english import ENGLISH
from benchmarks.corpora.moulds.german import GERMAN
from benchmarks.corpora.moulds.mould import Language, filled
from benchmarks.corpora.moulds.russian import RUSSIAN

MANY = 40
"""Pieces of the mould under test in a corpus with other texts."""

OTHERS = 200
"""Texts besides the pieces of the mould under test."""

OF_OTHER_MOULDS = 10
"""Other texts that are pieces of each other mould; the rest are made of drawn sentences."""

CORRECTED = 10
"""Pieces among `MANY` that have a corrected one beside them; of a few pieces all have one."""

SENTENCES = (8, 20)
"""Sentences of a text made of drawn ones, least and most."""

KINDS = ("weather", "obituary", "results", "football", "dividend", "tender", "court", "roadworks")

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


LANGUAGES = {"english": ENGLISH, "german": GERMAN, "russian": RUSSIAN, "arabic": ARABIC, "chinese": CHINESE}

_NAMED = ("name", "town", "road", "company", "team")
_POOLS: dict[str, Sequence[str]] = {
    name: of.pools[pool] for of in LANGUAGES.values() for pool in _NAMED for name in of.pools[pool]
}
"""Name to the names that may replace it."""


def _names() -> re.Pattern[str]:
    """Return what matches any name: the longest that can be, and whole words where words have ends."""
    spaced = {name for of in LANGUAGES.values() if of.gap for pool in _NAMED for name in of.pools[pool]}
    return re.compile(rf"\b(?:{_any_of(spaced)})\b|{_any_of(_POOLS.keys() - spaced)}")


def _any_of(names: Iterable[str]) -> str:
    """Return a pattern of names, by their first letter: with hundreds of them that is several times as fast."""
    ordered = sorted(names, key=lambda name: (name[0], -len(name), name))
    groups = itertools.groupby(ordered, key=lambda name: name[0])
    return "|".join(f"{first}(?:{'|'.join(name[1:] for name in group)})" for first, group in groups)


NAMES = _names()


@dataclass(frozen=True, slots=True)
class Record:
    """A text of a corpus, and the piece that it corrects, if any.

    Parameters
    ----------
    key : str
    text : str
    origin : str
        Key of the piece that it corrects, or its own.
    """

    key: str
    text: str
    origin: str


def mould_texts(language: str, kind: str, n: int, seed: int) -> list[str]:
    """Return pieces of one mould, each with names, numbers and dates of its own.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    kind : str
        One of `KINDS`.
    n : int
    seed : int

    Returns
    -------
    list of str
    """
    of = LANGUAGES[language]
    rng = random.Random(f"{language} {kind} {seed}")
    return [_in_digits(filled(of.moulds[kind], of, rng), of, kind) for _ in range(n)]


def corrected(text: str, seed: int) -> str:
    """Return a piece with one slot changed: a number, or a name, that occurs in it once.

    Parameters
    ----------
    text : str
        From `mould_texts`.
    seed : int
        Decides which and how.

    Returns
    -------
    str
    """
    rng = random.Random(f"{text} {seed}")
    numbers = [(found, "") for found in NUMBER.finditer(text)]
    names = [(found, _POOLS[found[0]]) for found in NAMES.finditer(text)]
    once = [
        [(found, pool) for found, pool in slots if sum(other[0] == found[0] for other, _ in slots) == 1]
        for slots in (numbers, names)
    ]
    found, pool = rng.choice(rng.choice([slots for slots in once if slots]))
    value = rng.choice([name for name in pool if name not in text]) if pool else other_number(found[0], rng)
    return text[: found.start()] + value + text[found.end() :]


def other_texts(language: str, n: int, seed: int) -> list[str]:
    """Return texts of no mould: sentences whose parts are drawn from what the language has of each."""
    of = LANGUAGES[language]
    rng = random.Random(f"{language} {seed}")
    texts = []
    for _ in range(n):
        sentences = [filled(of.sentence, of, rng) for _ in range(rng.randint(*SENTENCES))]
        texts.append(of.gap.join(sentence[0].upper() + sentence[1:] for sentence in sentences))
    return texts


def _in_digits(text: str, of: Language, kind: str) -> str:
    return text.translate(str.maketrans("0123456789", of.digits)) if kind in of.in_digits else text


def other_number(number: str, rng: random.Random) -> str:
    """Return a number of the same form: its last part a little lower, or higher by one where that cannot be."""
    start = max(place for place, char in enumerate(f" {number}") if not char.isdigit())
    last = number[start:]
    low = 10 ** (len(last) - 1) if start == 0 else 0
    value = int(last)
    other = rng.randrange(low, value) if value > low else value + 1
    zero = ord(last[0]) - int(last[0])
    return number[:start] + "".join(chr(zero + int(digit)) for digit in f"{other:0{len(last)}}")


def corpora(language: str, kind: str, n: int, seed: int) -> dict[str, tuple[list[Record], list[Record]]]:
    """Return the corpora of a mould: ``alone`` and ``among`` others, each as records and corrections to be added."""
    pieces = _records(f"{kind}", mould_texts(language, kind, max(n, MANY), seed))
    corrections = [Record(f"corrected/{one.key}", corrected(one.text, seed), one.key) for one in pieces]
    others = []
    for other in KINDS:
        if other != kind:
            others += _records(other, mould_texts(language, other, OF_OTHER_MOULDS, seed))
    others += _records("other", other_texts(language, OTHERS - len(others), seed))
    return {"alone": (pieces[:n], corrections[:n]), "among": (pieces[:MANY] + others, corrections[:CORRECTED])}


def _records(name: str, texts: Iterable[str]) -> list[Record]:
    return [Record(f"{name}/{number}", text, f"{name}/{number}") for number, text in enumerate(texts)]
