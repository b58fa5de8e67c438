"""What was accepted of an input: counted, and refused where nothing of it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dedup.errors import InputError, RecordError
from dedup.io.fields import FieldTree
from dedup.io.shapes import ROLES
from dedup.io.source import Batch, Fields
from dedup.io.usage import FieldCounts, Survey, notes


@dataclass(slots=True)
class Tally:
    """Counts of one file, or of any other input that is one piece of work.

    Parameters
    ----------
    records, rejections : int
        Accepted so far; the rejected ones are among the records.
    first_row : int
        Row of the first rejected record, 0 when there is none.
    reason : str
        Why that one was rejected.
    fields : FieldCounts
        The fields of all of them.
    """

    records: int = 0
    rejections: int = 0
    first_row: int = 0
    reason: str = ""
    fields: FieldCounts = field(default_factory=FieldCounts)

    @staticmethod
    def of(state: dict[str, Any]) -> Tally:
        """Return what `state` and the fields told."""
        return Tally(**{**state, "fields": FieldCounts(**state["fields"])})

    @property
    def state(self) -> dict[str, Any]:
        """What there is but the fields, as JSON can hold it."""
        return {name: getattr(self, name) for name in ("records", "rejections", "first_row", "reason")}

    def add(self, batch: Batch, strict: bool) -> None:
        """Count a batch.

        Raises
        ------
        RecordError
            Under ``strict``, when a record is rejected.
        """
        if batch.rejected and not self.first_row:
            position = min(batch.rejected)
            self.first_row, self.reason = int(batch.row[position]), batch.rejected[position].reason
            if strict:
                name = batch.id[position].as_py()
                named = "" if name == f"{batch.file}:{self.first_row}" else f", id {name!r}"
                raise RecordError(f"{batch.file}, row {self.first_row}{named}: {self.reason}")
        self.records += len(batch.row)
        self.rejections += len(batch.rejected)
        self.fields.add(batch.fields)

    def close(self, name: str) -> None:
        """Refuse an input that has records, but none that can be used.

        Raises
        ------
        InputError
        """
        if self.records and self.records == self.rejections:
            raise InputError(
                f"{name}: not one usable record among {self.records}; row {self.first_row}: {self.reason}",
                hint="standard input is read as JSON lines" if name == "-" else "is the format what the name says?",
            )


Read = Sequence[tuple[str, Tally, Survey]]
"""What was read: names of files, what was counted of each, and what its first records have."""


def require_fields(tree: FieldTree, files: Read, where: str, names: Callable[[], Iterable[str]]) -> None:
    """Refuse an input in which no record has a field that was asked for; or, where texts are guessed, none of these.

    Parameters
    ----------
    tree : FieldTree
    files : Read
        Those with records that have fields.
    where : str
        The input, for messages.
    names : callable
        Returns the fields of all records.

    Raises
    ------
    ColumnError
    """
    if not any(survey.names for _, _, survey in files):
        return
    total = FieldCounts()
    for _, tally, _ in files:
        total.add(tally.fields)
    for role, name in lacking(tree, total):
        raise tree.missing(where, list(names()), role, name)


def lacking(tree: FieldTree, counts: FieldCounts) -> Iterator[tuple[str, str | None]]:
    """Yield what no record has: of the fields that were asked for role and name, and texts where they are guessed."""
    for role in ROLES:
        asked = getattr(tree.fields, role)
        if (role == "text" or asked is not None) and not counts.has(role):
            yield role, asked
    present = counts.present.get("text", {})
    if tree.fields.text not in present:
        yield from (("text", part) for part in tree.parts if part not in present)


def field_notes(fields: Fields, files: Read) -> list[str]:
    """Return what a person should know of the fields."""
    asked = {role: getattr(fields, role) for role in ROLES}
    counted = [(name, tally.fields, survey) for name, tally, survey in files if survey.names]
    return notes(asked, counted, sum(tally.records - tally.rejections for _, tally, _ in files))
