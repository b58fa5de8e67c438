"""What was accepted of an input: counted, and refused where nothing of it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dedup.errors import InputError, RecordError
from dedup.io.bytes.encodings import UTF_8, Charset
from dedup.io.fields.field_counts import FieldCounts, Survey, notes
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.producers import ROLES
from dedup.io.notes import text_defects as doubts
from dedup.io.source import Batch, Fields


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
    charset : Charset
        The encoding it is in.
    doubts : dict of str to Doubt
        What is wrong with how many texts.
    fields : FieldCounts
        The fields of all of them.
    """

    records: int = 0
    rejections: int = 0
    first_row: int = 0
    reason: str = ""
    charset: Charset = UTF_8
    doubts: dict[str, doubts.Doubt] = field(default_factory=dict)
    fields: FieldCounts = field(default_factory=FieldCounts)

    @staticmethod
    def of(state: dict[str, Any]) -> Tally:
        """Return what `state` and the fields told."""
        told = {kind: doubts.Doubt(**doubt) for kind, doubt in state["doubts"].items()}
        charset, fields = Charset(**state["charset"]), FieldCounts(**state["fields"])
        return Tally(**{**state, "charset": charset, "doubts": told, "fields": fields})

    def state(self) -> dict[str, Any]:
        """Return what there is but the fields, which many files have in common, as JSON can hold it."""
        told = {kind: asdict(doubt) for kind, doubt in self.doubts.items()}
        counts = {name: getattr(self, name) for name in ("records", "rejections", "first_row", "reason")}
        return {**counts, "charset": asdict(self.charset), "doubts": told}

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
        if not batch.charset.is_utf8:
            self.charset = batch.charset
        doubts.count(batch, self.doubts)
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
