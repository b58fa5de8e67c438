"""Recognise how a CSV file is written: what separates its cells, and how quotes stand in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import Kind

if TYPE_CHECKING:
    from _csv import Reader

SAMPLE_BYTES = 1 << 20
"""Bytes at the beginning of a file that show its dialect."""

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class CsvDialect:
    r"""How a file is written.

    Parameters
    ----------
    delimiter : str
        What separates cells.
    has_escapes : bool
        Whether a backslash makes the next character part of a cell: ``"he said \"no\""``. A doubled quote does so
        in any file.
    """

    delimiter: str
    has_escapes: bool = False

    @property
    def shown(self) -> str:
        """The dialect in words."""
        return f"cells separated by {_SEPARATORS[self.delimiter]}{' and backslashes' * self.has_escapes}"

    def reader(self, lines: Iterable[str], strict: bool = False) -> Reader:
        """Return the standard library's reader for lines of it."""
        escape = "\\" if self.has_escapes else None
        return csv.reader(lines, delimiter=self.delimiter, escapechar=escape, strict=strict)


def dialect_of(sample: str, is_whole: bool, usual: str, tree: FieldTree) -> CsvDialect:
    """Return the dialect of a file.

    Another delimiter than the usual one is taken if only that finds a text among the names in the first line;
    backslashes count as escapes if some records are malformed without them, and more are well-formed with them.

    Parameters
    ----------
    sample : str
        The beginning of the file.
    is_whole : bool
        Whether that is all of it.
    usual : str
        The delimiter by the suffix of its name.
    tree : FieldTree
        The names that are looked for.
    """
    names = {one: _rows(sample, CsvDialect(one), 1) for one in (usual, *_SEPARATORS)}
    fitting = [one for one, rows in names.items() if rows and _has_text(tree, rows[0])]
    usual = fitting[0] if fitting else usual
    if '\\"' not in sample:
        return CsvDialect(usual)
    plain, escaped = CsvDialect(usual), CsvDialect(usual, True)
    found = _well_formed(sample, is_whole, plain)
    return escaped if found[1] < 0 and _well_formed(sample, is_whole, escaped) > found else plain


def _has_text(tree: FieldTree, names: list[str]) -> bool:
    found = tree.match(dict.fromkeys(names))
    return any(some for some, role in zip(found, tree.roles, strict=True) if role.kind is Kind.TEXT)


def _well_formed(sample: str, is_whole: bool, dialect: CsvDialect) -> tuple[int, int]:
    """Return how many records are well-formed, and less than none for each that is not."""
    rows = _rows(sample, dialect)
    if not is_whole and rows:
        rows.pop()  # it may be cut off
    good = sum(len(row) == len(rows[0]) for row in rows) if rows else 0
    return good, good - len(rows)


def _rows(sample: str, dialect: CsvDialect, most: int | None = None) -> list[list[str]]:
    """Return the first records that are not blank, those that are malformed as empty ones."""
    reader = dialect.reader(io.StringIO(sample, newline="\n"), strict=True)
    rows: list[list[str]] = []
    while most is None or len(rows) < most:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            rows.append([])
        else:
            if row:
                rows.append(row)
    return rows
