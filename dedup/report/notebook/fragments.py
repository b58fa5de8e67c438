"""Make pieces of HTML that a notebook displays, safe whatever the texts of articles hold.

Templates escape everything, as those of a report do: `dedup.report.pages.page_writer`. No piece has a script, and only
web addresses become links. Colours are shares of the notebook's own, so that pieces are readable on light and dark
pages; where a viewer removes the style, plain tables and marked passages remain.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dedup.report.escaping import shown
from dedup.report.in_words import cut

ROWS = 20
"""Rows of a table that are shown."""

_NUMBER = re.compile(r"[\d,.]+")

TITLE = 90
"""Characters of a title that are shown in a table."""


@dataclass(frozen=True, slots=True, repr=False)
class Fragment:
    """A piece of HTML, which a notebook displays.

    Parameters
    ----------
    html : str
        ``str`` returns it.
    title : str
        What it shows; where no HTML is displayed, this is.
    """

    html: str
    title: str

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{self.title}: display it in a notebook, or write str() of it to a file>"

    def _repr_html_(self) -> str:
        return self.html


def rendered(name: str, **values: Any) -> str:
    """Return the piece of HTML that a template makes of values."""
    return str(_templates().get_template(f"{name}.html").render(values))


@functools.cache
def _templates() -> Any:
    from dedup.report.pages.page_writer import environment

    made = environment(__package__)
    made.filters.update(cut=lambda text: cut(text, TITLE), named=shown)
    return made


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as lines of text, safe to print; columns that hold numbers only are aligned to the right.

    Examples
    --------
    >>> print(text_table(["story", "size"], [["a", "12"], ["bc", "3"]]))
    story  size
    a        12
    bc        3
    """
    cells = [list(heads), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(heads))]
    is_number = [all(_NUMBER.fullmatch(row[at]) for row in cells[1:]) for at in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in cells
    )
