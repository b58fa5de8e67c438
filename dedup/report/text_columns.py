"""Measure, cut and pad texts by the columns that they take in a terminal."""

from __future__ import annotations

import unicodedata


def columns_of(text: str) -> int:
    """Return the number of terminal columns that a line takes.

    Examples
    --------
    >>> columns_of("news"), columns_of("新闻")
    (4, 4)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut_to(text: str, width: int) -> str:
    """Return a line that takes at most so many columns, with an ellipsis where it is cut.

    Examples
    --------
    >>> cut_to("The bridge is closed", 12), cut_to("新闻新闻", 6)
    ('The bridge…', '新闻…')
    """
    if columns_of(text) <= width:
        return text
    used = 1
    for place, char in enumerate(text):
        used += _columns(char)
        if used > width:
            return text[:place].rstrip() + "…"
    return text


def padded(text: str, width: int) -> str:
    """Return a line with blanks behind it, up to so many columns."""
    return text + " " * max(0, width - columns_of(text))


def _columns(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
