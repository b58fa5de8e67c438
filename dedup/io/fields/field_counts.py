"""Which fields of an input were there, which held something, and which were used; and what a person is told of that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dedup.dates import read_date
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.producers import ROLES, VARIANTS
from dedup.schema import NO_DATE

Counts = dict[str, dict[str, int]]
"""Records, by role and by the name of a field."""

LONG_TEXT, ENOUGH = 20, 1_000
"""Words from which a field is taken to hold texts, among its first characters."""

MOST_SHARE = 0.5
"""Share of the records in which a field must hold something for its not being used to be told."""

NAMED = 5
"""Fields and files that a note names."""

MOST_GROUPS = 50
"""Groups of files, and files of a group, that the summary names."""


@dataclass
class FieldCounts:
    """Counts of records, by role and by the name of a field.

    Parameters
    ----------
    used : Counts
        In how many the value was taken from this field.
    filled : Counts
        In how many it holds something.
    present : Counts
        In how many it is there, be it empty.
    """

    used: Counts = field(default_factory=dict)
    filled: Counts = field(default_factory=dict)
    present: Counts = field(default_factory=dict)

    def add(self, other: FieldCounts) -> None:
        """Add the counts of further records."""
        for ours, theirs in ((self.used, other.used), (self.filled, other.filled), (self.present, other.present)):
            for role, names in theirs.items():
                for name, count in names.items():
                    add_to(ours, role, name, count)

    def has(self, role: str) -> bool:
        """Whether any record has a field of the role."""
        return any(self.present.get(role, {}).values())

    @property
    def used_names(self) -> tuple[tuple[str, ...], ...]:
        """The names that were used, for each role."""
        return tuple(tuple(sorted(self.used.get(role, {}))) for role in ROLES)


def add_to(counts: Counts, role: str, name: str, count: int = 1) -> None:
    """Add to one count; nothing where that is 0."""
    if count:
        names = counts.setdefault(role, {})
        names[name] = names.get(name, 0) + count


def is_filled(value: Any) -> bool:
    """Whether a value is more than a null, an empty string, or what only holds others."""
    return value is not None and not isinstance(value, (Mapping, list)) and not (isinstance(value, str) and not value)


@dataclass(frozen=True)
class Survey:
    """What the first records of a file have.

    Parameters
    ----------
    names : tuple of str
        Their fields; of objects those within, with dots.
    dates : dict of str to str
        Fields that hold dates in nearly all of them, with an example.
    texts : tuple of str
        Fields that hold texts in most of them.
    """

    names: tuple[str, ...] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    @staticmethod
    def from_state(state: Mapping[str, Any]) -> Survey:
        """Return what was told as JSON."""
        return Survey(tuple(state["names"]), state["dates"], tuple(state["texts"]))

    @staticmethod
    def of(records: Sequence[Mapping[Any, Any]]) -> Survey:
        """Look at some records."""
        values: dict[str, list[Any]] = {}
        for record in records:
            for name, value in _flat(record, ""):
                values.setdefault(name, []).append(value)
        filled = {name: some for name, held in values.items() if (some := [one for one in held if is_filled(one)])}
        dates = {
            printable(name): printable(str(some[0]))
            for name, some in filled.items()
            if sum(map(_is_date, some)) >= 0.9 * len(some)
        }
        texts = [
            printable(name)
            for name, some in filled.items()
            if sum(isinstance(one, str) and one.count(" ", 0, ENOUGH) >= LONG_TEXT for one in some)
            > MOST_SHARE * len(records)
        ]
        return Survey(tuple(map(printable, values)), dates, tuple(texts))


def names_of(records: Iterable[Mapping[Any, Any]]) -> list[str]:
    """Return the fields of records, in the order in which they first come; of objects those within, with dots."""
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
    """Whether a value surely is a date: a number may be anything."""
    if isinstance(value, str):
        is_one = 8 <= len(value) <= 40 and any(map(str.isdigit, value)) and not value.strip().isdigit()
        return is_one and read_date(value) not in (None, NO_DATE)
    return isinstance(value, date) and value == value


def summary(files: Sequence[tuple[str, FieldCounts]]) -> dict[str, Any]:
    """Return what ``summary.json`` tells of the fields.

    Parameters
    ----------
    files : sequence of (str, FieldCounts)
        By the names of the files; those without fields, as plain text, are left out.

    Returns
    -------
    dict
        ``used``: by role and name of a field the records it was used in. ``by_file``: where files differ in what was
        used of them the names, in groups.
    """
    total, groups = FieldCounts(), dict[tuple[tuple[str, ...], ...], list[str]]()
    for name, counts in files:
        total.add(counts)
        groups.setdefault(counts.used_names, []).append(name)
    used = {role: dict(sorted(total.used.get(role, {}).items(), key=lambda one: -one[1])) for role in ROLES}
    told: dict[str, Any] = {"used": used if files else {}}
    if len(groups) > 1:
        largest = sorted(groups.items(), key=lambda group: -len(group[1]))
        told["by_file"] = [
            {**dict(zip(ROLES, map(list, names), strict=True)), "files": some[:MOST_GROUPS], "count": len(some)}
            for names, some in largest[:MOST_GROUPS]
        ]
    return told


def notes(asked: Mapping[str, str | None], files: Sequence[tuple[str, FieldCounts, Survey]], records: int) -> list[str]:
    """Return what a person should know of the fields.

    Parameters
    ----------
    asked : mapping
        By role the name that was asked for.
    files : sequence of (str, FieldCounts, Survey)
    records : int
    """
    total = FieldCounts()
    for _, counts, _ in files:
        total.add(counts)
    told = [*_texts(asked, total, files, records), *_dates(asked, files)]
    for role, name in asked.items():
        without = [file for file, counts, _ in files if name is not None and not counts.has(role)]
        if without and len(without) < len(files):
            one = "1 file has" if len(without) == 1 else f"{len(without):,} files have"
            told.append(f"{one} no field {name!r}: {few(without)}")
    return told


def _texts(
    asked: Mapping[str, str | None], total: FieldCounts, files: Sequence[tuple[str, FieldCounts, Survey]], records: int
) -> Iterator[str]:
    used, filled, present = (counts.get("text", {}) for counts in (total.used, total.filled, total.present))
    if asked["text"] is None and len(used) > 1:
        most = sorted(used.items(), key=lambda one: -one[1])
        told = [f"{name} in {count:,} record{'s' if count > 1 else ''}" for name, count in most[:NAMED]]
        yield "the text is read from " + ", from ".join(told)
    empty = [name for name in present if not filled.get(name) and not _holds_others(name, present)]
    others = list(dict.fromkeys(name for _, _, survey in files for name in survey.texts if name not in used))
    for name in empty:
        if used and asked["text"] is None:
            yield f"{name} is empty in every record that has it; the text is read from {', '.join(used)}"
        elif not used and others:
            yield f"{name} is empty in every record; {others[0]} holds texts: read it with --text-field {others[0]}"
    if used and asked["text"] is None:
        best = max(used, key=lambda name: used[name])
        unused = [
            name
            for name, count in filled.items()
            if name not in used and name.removeprefix("_source.") not in VARIANTS and count > MOST_SHARE * records
        ]
        for name in unused[:NAMED]:
            yield (
                f"{name} holds something, too, and is not used: --text-field {name} reads it instead of {best}, "
                f"--text-field {best},{name} both"
            )


def _holds_others(name: str, present: Mapping[str, int]) -> bool:
    return any(other.startswith(f"{name}.") for other in present)


def _dates(asked: Mapping[str, str | None], files: Sequence[tuple[str, FieldCounts, Survey]]) -> Iterator[str]:
    if asked["date"] is not None:
        return
    undated = [(file, survey.dates) for file, counts, survey in files if survey.dates and not counts.used.get("date")]
    examples: dict[str, str] = {}
    for _, dates in undated:
        for name, example in dates.items():
            examples.setdefault(name, example)
    if examples:
        name, example = next(iter(examples.items()))
        others = f" (so do {', '.join(list(examples)[1:NAMED])})" if len(examples) > 1 else ""
        where = "" if len(undated) == len(files) else f" from {few([file for file, _ in undated])}"
        yield f"no date is read{where}, but {name} holds dates, as {example!r}{others}: --date-field {name}"


def few(names: Iterable[str]) -> str:
    """Return names with commas between them, the first of many."""
    every = list(names)
    return ", ".join(every[:NAMED]) + (f" and {len(every) - NAMED:,} more" if len(every) > NAMED else "")
