"""Turn a real article into a copy of it: one text, a kind and a random generator in, the copy out.

The kinds are what newsrooms and scrapers do to each other's articles. All of them work on words between white space, so
the sources should be texts of a script with spaces. `plant` decides which articles are copied, and writes the copies.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

WORD_SHARES = {"words_0.5": 0.005, "words_1": 0.01, "words_2": 0.02, "words_3": 0.03, "words_4": 0.04, "words_5": 0.05}
"""Share of the words that each of these kinds edits."""

_SPACES = (" ", "  ", "\n", "\n\n", "\t", "\u00a0")
_PUNCTUATION = re.compile(r"""[,.;:!?()"'-]""")
_CASES: tuple[Callable[[str], str], ...] = (str.upper, str.lower, str.title, str.swapcase)
_PLACES = ("LONDON", "PARIS", "NEW YORK", "BEIJING", "NAIROBI", "BRUSSELS", "SAO PAULO", "SYDNEY")
_AGENCIES = ("Reuters", "AP", "AFP", "dpa", "PA Media")
_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
_FOOTERS = (
    "Copyright {year} {agency}. All rights reserved. This material may not be published, broadcast or rewritten.",
    "Reporting by our staff and {agency}; editing by the newsroom. Follow us for more stories like this one.",
    "This story was first published by {agency} in {year}. Sign up to our daily newsletter.",
)


def edit(text: str, kind: str, rng: random.Random, words: Sequence[str]) -> str:
    """Return a copy of a text, edited as its kind says.

    Parameters
    ----------
    text : str
        The article.
    kind : str
        One of `KINDS`.
    rng : random.Random
        The same state gives the same copy.
    words : sequence of str
        Words of other articles: what replacements, insertions and headlines are made of.

    Returns
    -------
    str
    """
    return KINDS[kind](text, rng, words)


def exact(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Return the text itself."""
    return text


def case_space(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Change case, white space and the spacing of punctuation, so that the folded tokens stay equal.

    Only ASCII words change case: "ı" and "I" are one letter to `str.upper`, but not to case folding.
    """
    pieces = []
    for piece in re.split(r"(\s+)", text):
        if piece.isspace():
            pieces.append(rng.choice(_SPACES) if rng.random() < 0.3 else piece)
            continue
        if piece.isascii() and rng.random() < 0.3:
            piece = rng.choice(_CASES)(piece)
        pieces.append(_PUNCTUATION.sub(r" \g<0> ", piece) if rng.random() < 0.3 else piece)
    return "".join(pieces)


def word_edits(share: float) -> Callable[[str, random.Random, Sequence[str]], str]:
    """Return the edit that replaces, deletes or inserts at this share of the words, one at least, white space kept."""

    def edited(text: str, rng: random.Random, words: Sequence[str]) -> str:
        pieces = re.split(r"(\s+)", text)
        places = [i for i, piece in enumerate(pieces) if piece and not piece.isspace()]
        count = min(len(places), max(1, round(share * len(places))))
        for place in rng.sample(places, count):
            action = rng.choice(("replace", "delete", "insert"))
            if action == "replace":
                pieces[place] = rng.choice(words)
            elif action == "delete":
                pieces[place] = ""
            else:
                pieces[place] += " " + rng.choice(words)
        return "".join(pieces)

    return edited


def wire(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Return the text as a client of a wire service prints it: own headline, new dateline, tail cut, footer behind."""
    starts = _word_starts(text)
    cut = rng.uniform(0.05, 0.30)
    stop = starts[max(1, round(len(starts) * (1 - cut))) - 1]
    body = text[: _word_end(text, stop)]
    headline = " ".join(rng.choices(words, k=rng.randint(6, 12))).capitalize()
    agency = rng.choice(_AGENCIES)
    dateline = f"{rng.choice(_PLACES)}, {rng.choice(_MONTHS)} {rng.randint(1, 28)} ({agency})"
    footer = rng.choice(_FOOTERS).format(agency=agency, year=rng.randint(2010, 2024))
    return f"{headline}\n\n{dateline} - {body}\n\n{footer}"


def excerpt(text: str, rng: random.Random, words: Sequence[str]) -> str:
    """Return 15 to 50 % of the words, in one piece."""
    starts = _word_starts(text)
    length = max(1, round(len(starts) * rng.uniform(0.15, 0.50)))
    first = rng.randint(0, len(starts) - length)
    return text[starts[first] : _word_end(text, starts[first + length - 1])]


def _word_starts(text: str) -> list[int]:
    return [match.start() for match in re.finditer(r"\S+", text)]


def _word_end(text: str, start: int) -> int:
    match = re.compile(r"\S+").match(text, start)
    return match.end() if match else start


KINDS: dict[str, Callable[[str, random.Random, Sequence[str]], str]] = {
    "exact": exact,
    "case_space": case_space,
    **{kind: word_edits(share) for kind, share in WORD_SHARES.items()},
    "wire": wire,
    "excerpt": excerpt,
}
"""Every kind of copy, by name."""
