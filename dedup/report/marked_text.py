"""Mark the passages that a text shares with another, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from dedup.report.escaping import harmless

RED = "\033[1;31m", "\033[0m"
BRACKETS = "[[", "]]"


def marked(text: str, passages: Sequence[tuple[int, int]], color: bool, labels: Sequence[str] | None = None) -> str:
    """Return a text, safe to print, with its passages in red or in double brackets.

    Parameters
    ----------
    text : str
    passages : sequence of (start, stop)
        In order and apart, in characters.
    color : bool
    labels : sequence of str, optional
        What is put before each passage, within its marks.
    """
    opening, closing = RED if color else BRACKETS
    text = harmless(text)
    pieces = []
    at = 0
    for (start, stop), label in zip(passages, labels or [""] * len(passages), strict=True):
        pieces += [text[at:start], opening, label, text[start:stop], closing]
        at = stop
    return "".join([*pieces, text[at:]]).rstrip("\n")
