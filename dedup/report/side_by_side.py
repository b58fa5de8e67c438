"""Show two texts side by side in a terminal."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from dedup.report.escaping import harmless, shown

DIM, OFF = "\033[2m", "\033[0m"
GAP = " | "

_WORD = re.compile(r"\S+")


def beside(
    texts: Sequence[str], heads: Sequence[str], columns: int, limit: int | None = None, color: bool = False
) -> str:
    """Return two texts in two columns, with a heading each.

    Parameters
    ----------
    texts, heads : sequence of str
        Two each. Characters that would steer a terminal are shown as dots.
    columns : int
        Width of the whole.
    limit : int, optional
        Show at most this many lines of each text, and how many are left out.
    color : bool
        Dim the passages that both share word for word.
    """
    from dedup.comparison import shared_passages

    width = max(10, (columns - len(GAP)) // 2)
    plain = [harmless(text) for text in texts]
    passages: Sequence[list[tuple[int, int]]] = shared_passages(*texts) if color else ([], [])
    rows = [list(_lines(text, width)) for text in plain]
    left = [max(0, len(lines) - limit) if limit else 0 for lines in rows]
    visible = [lines[:limit] for lines in rows]
    sides = []
    for text, head, lines, shared, more in zip(plain, heads, visible, passages, left, strict=True):
        cells = [shown(head)[:width], "-" * width]
        cells += [_styled(text, start, stop, shared) for start, stop in lines]
        cells += [f"... {more} more lines"] if more else []
        sides.append(cells)
    return "\n".join(
        f"{_padded(one, width)}{GAP}{other}".rstrip() for one, other in itertools.zip_longest(*sides, fillvalue="")
    )


def _lines(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield where each line of a text starts and stops when it is wrapped."""
    at = 0
    for paragraph in text.split("\n"):
        start = stop = None
        used = 0
        for word in _WORD.finditer(paragraph):
            for begin, end in _pieces(paragraph, *word.span(), width):
                needed = columns_of(paragraph[begin:end])
                gap = 0 if start is None else columns_of(paragraph[stop:begin])
                if start is not None and used + gap + needed > width:
                    yield at + start, at + (stop or 0)
                    start, used, gap = None, 0, 0
                if start is None:
                    start = begin
                stop = end
                used += gap + needed
        if start is not None and stop is not None:
            yield at + start, at + stop
        at += len(paragraph) + 1


def _pieces(text: str, start: int, stop: int, width: int) -> Iterator[tuple[int, int]]:
    """Cut a word that is longer than a line."""
    begin, used = start, 0
    for at in range(start, stop):
        wide = columns_of(text[at])
        if used + wide > width:
            yield begin, at
            begin, used = at, 0
        used += wide
    yield begin, stop


def _styled(text: str, start: int, stop: int, shared: Sequence[tuple[int, int]]) -> str:
    pieces = []
    at = start
    for begin, end in shared:
        begin, end = max(begin, start), min(end, stop)
        if begin < end:
            pieces += [text[at:begin], DIM, text[begin:end], OFF]
            at = end
    return "".join([*pieces, text[at:stop]])


def _padded(line: str, width: int) -> str:
    bare = line.replace(DIM, "").replace(OFF, "")
    return line + " " * max(0, width - columns_of(bare))


def columns_of(text: str) -> int:
    """Return the number of terminal columns that a line takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
