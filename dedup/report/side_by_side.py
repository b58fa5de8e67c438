"""Show two texts side by side in a terminal."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dedup.report.escaping import harmless, shown
from dedup.report.text_columns import columns_of, cut_to

DIM, OFF = "\033[2m", "\033[0m"
GAP = " | "

_WORD = re.compile(r"\S+")


class Cell(NamedTuple):
    """A piece of one of the two texts.

    Parameters
    ----------
    text : str
        Safe to print: `dedup.report.escaping.harmless`.
    styles : sequence of (start, stop, code)
        Which characters have a style, in order and apart; the code is what a terminal needs.
    """

    text: str
    styles: Sequence[tuple[int, int, str]] = ()


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

    passages: Sequence[list[tuple[int, int]]] = shared_passages(*texts) if color else ([], [])
    left, right = (
        Cell(harmless(text), [(start, stop, DIM) for start, stop in shared])
        for text, shared in zip(texts, passages, strict=True)
    )
    return rows_beside([(left, right)], heads, columns, limit)


def rows_beside(rows: Iterable[tuple[Cell, Cell]], heads: Sequence[str], columns: int, limit: int | None = None) -> str:
    """Return two texts in two columns, piece by piece: both pieces of a row begin in the same line.

    Parameters
    ----------
    rows : iterable of (Cell, Cell)
    heads, columns, limit
        As for `beside`.
    """
    width = max(10, (columns - len(GAP)) // 2)
    # An id that is cut cannot be copied.
    whole = [f"{side:<7}{shown(head)}" for side, head in zip(("left", "right"), heads, strict=True)]
    above = [*whole, ""] if any(columns_of(shown(head)) > width for head in heads) else []
    sides: tuple[list[str], list[str]] = ([], [])
    for row in rows:
        for cells, cell in zip(sides, row, strict=True):
            cells += [_styled(cell, start, stop) for start, stop in _lines(cell.text, width)]
        longest = max(map(len, sides))
        for cells in sides:
            cells += [""] * (longest - len(cells))
    shown_sides = []
    for head, cells in zip(heads, sides, strict=True):
        more = sum(bool(line) for line in cells[limit:]) if limit else 0
        left_out = [f"... {more:,} more lines"] if more else []
        shown_sides.append([cut_to(shown(head), width), "-" * width, *cells[:limit], *left_out])
    pairs = itertools.zip_longest(*shown_sides, fillvalue="")
    return "\n".join([*above, *(f"{_padded(one, width)}{GAP}{other}".rstrip() for one, other in pairs)])


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


def _styled(cell: Cell, start: int, stop: int) -> str:
    pieces = []
    at = start
    for begin, end, code in cell.styles:
        begin, end = max(begin, start), min(end, stop)
        if begin < end:
            pieces += [cell.text[at:begin], code, cell.text[begin:end], OFF]
            at = end
    return "".join([*pieces, cell.text[at:stop]])


def _padded(line: str, width: int) -> str:
    return line + " " * max(0, width - columns_of(_CODE.sub("", line)))


_CODE = re.compile(r"\033\[[0-9;]*m")
