"""Survey the first records of a file: which fields they have, and which of these hold dates or texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dedup.dates import read_date
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_counts import is_filled
from dedup.schema import NO_DATE

SAMPLE_RECORDS = 100
"""Records of a file that are looked at."""

LONG_TEXT, ENOUGH = 20, 1_000
"""Spaces that a value must have among its first characters to count as a text, and how many characters these are."""

TEXT_SHARE, DATE_SHARE = 0.5, 0.9
"""Share of the records that must hold a text, and of the values that must be dates, for a field to count as one."""


@dataclass(frozen=True)
class FieldSurvey:
    """The fields of the first records of a file.

    Parameters
    ----------
    names : tuple of str
        Their fields; of objects those within, with dots.
    dates : dict of str to str
        Fields that hold dates in nearly all of them, with an example.
    texts : tuple of str
        Fields that hold texts in most of them.
    within : str
        Where in the file the records are, if it is one JSON object: the keys that lead to their list, with dots.
    is_document : bool
        Whether it is a JSON document, of which kept records are written in UTF-8 whatever its encoding is.
    skipped : dict of str to int
        What of the file is no record, by kind, and how often it is there.
    doubt : str
        What is wrong with the file, though it could be read.
    """

    names: tuple[str, ...] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    within: str = ""
    is_document: bool = False
    skipped: Mapping[str, int] = field(default_factory=dict)
    doubt: str = ""

    @staticmethod
    def from_state(state: Mapping[str, Any]) -> FieldSurvey:
        """Return a survey that was stored as JSON by `dataclasses.asdict`."""
        return FieldSurvey(**{**state, "names": tuple(state["names"]), "texts": tuple(state["texts"])})

    @staticmethod
    def of(records: Sequence[Mapping[Any, Any]]) -> FieldSurvey:
        """Return the survey of these records."""
        values: dict[str, list[Any]] = {}
        for record in records:
            for name, value in _flat(record, ""):
                values.setdefault(name, []).append(value)
        filled = {name: some for name, held in values.items() if (some := [one for one in held if is_filled(one)])}
        dates = {
            printable(name): printable(str(some[0]))
            for name, some in filled.items()
            if sum(map(_is_date, some)) >= DATE_SHARE * len(some)
        }
        texts = [
            printable(name)
            for name, some in filled.items()
            if sum(isinstance(one, str) and one.count(" ", 0, ENOUGH) >= LONG_TEXT for one in some)
            > TEXT_SHARE * len(records)
        ]
        return FieldSurvey(tuple(map(printable, values)), dates, tuple(texts))


def names_of(records: Iterable[Mapping[Any, Any]]) -> list[str]:
    """Return the names of the fields of records, in order of appearance, those within objects with dots."""
    names = dict.fromkeys(name for record in records for name, _ in _flat(record, ""))
    return [printable(name) for name in names]


def _flat(record: Mapping[Any, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping) and value and name.count(".") < 3:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _is_date(value: Any) -> bool:
    """Return whether a value is certainly a date; a number may be anything."""
    if isinstance(value, str):
        is_one = 8 <= len(value) <= 40 and any(map(str.isdigit, value)) and not value.strip().isdigit()
        return is_one and read_date(value) not in (None, NO_DATE)
    return isinstance(value, date) and value == value
