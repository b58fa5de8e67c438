"""Make pieces of HTML that a notebook displays, safe whatever the texts of articles hold.

Templates escape everything, and `page_text.clean` replaces the characters that would turn or end a text. No piece has
a script, and only web addresses become links. Colours are shares of the notebook's own, so that pieces are readable on
light and dark pages; where a viewer removes the style, plain tables and marked passages remain.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dedup.report.escaping import shown
from dedup.report.pages import page_text

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
    import jinja2  # takes 30 ms, and a run on the command line does without

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: page_text.clean(value) if type(value) is str else value,
    )
    environment.filters.update(
        count=page_text.count,
        date=page_text.date,
        duration=page_text.duration,
        other_credit=page_text.other_credit,
        link=page_text.web_address,
        cut=lambda text: page_text.cut(text, TITLE),
        words=lambda name: name.replace("_", " "),
        named=shown,
    )
    return environment


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
