"""Show two texts of a run in a terminal: side by side, with the passages that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedup.report.escaping import harmless
from dedup.report.pages.alignment import Alignment, Piece
from dedup.report.side_by_side import Cell, rows_beside

OFF = "\033[0m"
COLORS = {"verbatim": "32", "reworded": "33", "moved": "36"}
UNDERLINED, CONTRADICTED = "4", "1;31"

BRACKETS = {"verbatim": ("[[", "]]"), "reworded": ("{{", "}}"), "moved": ("<<", ">>"), "own": ("", "")}
MARKS = {"changed": "~", "contradicted": "!", "": ""}


def legend(color: bool) -> str:
    """Return a line that says how passages are marked."""
    if color:
        kinds = [f"{_code(kind)}{words}{OFF}" for kind, words in _KINDS.items()]
        words = f"{_code('', 'changed')}changed{OFF} and {_code('', 'contradicted')}contradicted{OFF} words"
    else:
        kinds = [words.join(BRACKETS[kind]) for kind, words in _KINDS.items()]
        words = "~changed~ and !contradicted! words"
    return f"marked: {', '.join(kinds)}, {words}"


_KINDS = {"verbatim": "word for word", "reworded": "reworded", "moved": "elsewhere in the other text"}


def side_lines(
    texts: Sequence[str], heads: Sequence[str], columns: int, limit: int | None = None, color: bool = False
) -> Iterator[str]:
    """Yield the lines that show two texts side by side.

    Parameters
    ----------
    texts, heads : sequence of str
        Two each.
    columns : int
    limit : int, optional
        Lines of each text that are shown at most.
    color : bool
        Mark passages by colors; otherwise by brackets.
    """
    alignment = Alignment(*texts)
    rows = [(_cell(row.left, color), _cell(row.right, color)) for row in alignment.rows()]
    yield rows_beside(rows, heads, columns, limit)
    for side, cut in (("left", alignment.cut_left), ("right", alignment.cut_right)):
        if cut:
            yield f"({cut:,} more characters of the text on the {side} are not shown)"


def _cell(pieces: Sequence[Piece], color: bool) -> Cell:
    """Return the pieces of one side of a row as one text."""
    text: list[str] = []
    styles: list[tuple[int, int, str]] = []
    at = 0
    for piece in pieces:
        opening, closing = ("", "") if color else BRACKETS[piece.kind]
        number = f"{piece.number}: " if piece.kind == "moved" else ""  # the same in both texts
        parts = piece.words or [(piece.text, "")]
        for words, mark in [(opening + number, ""), *parts, (closing, "")]:
            words = harmless(words) if color else f"{MARKS[mark]}{harmless(words)}{MARKS[mark]}"
            if color and (code := _code(piece.kind, mark)):
                styles.append((at, at + len(words), code))
            text.append(words)
            at += len(words)
    return Cell("".join(text), styles)


def _code(kind: str, mark: str = "") -> str:
    """Return what switches a terminal to the color of a kind of passage, and of a mark in it."""
    color = COLORS.get(kind, "")
    codes = {"changed": ";".join(filter(None, (UNDERLINED, color))), "contradicted": CONTRADICTED}.get(mark, color)
    return f"\033[{codes}m" if codes else ""
