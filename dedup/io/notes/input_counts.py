"""Count the accepted records of an input, and refuse it if none can be used."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from dedup.errors import InputError, RecordError
from dedup.io.bytes.encodings import UTF_8, Charset
from dedup.io.fields.field_counts import FieldCounts
from dedup.io.notes.text_defects import TextDefect, count_defects
from dedup.io.source import Batch


@dataclass(slots=True)
class InputCounts:
    """Counts of one file, or of an input in memory.

    Parameters
    ----------
    records, rejections : int
        Accepted so far; the rejected ones are among the records.
    first_row : int
        Row of the first rejected record, 0 when there is none.
    reason : str
        Why that one was rejected.
    charset : Charset
        The encoding of its text.
    defects : dict of str to TextDefect
        By kind of defect the texts that have it.
    fields : FieldCounts
        How many records have and use each field.
    """

    records: int = 0
    rejections: int = 0
    first_row: int = 0
    reason: str = ""
    charset: Charset = UTF_8
    defects: dict[str, TextDefect] = field(default_factory=dict)
    fields: FieldCounts = field(default_factory=FieldCounts)

    @staticmethod
    def of(state: dict[str, Any]) -> InputCounts:
        """Return the counts from a `state`, with the fields added to it."""
        defects = {kind: TextDefect(**defect) for kind, defect in state["defects"].items()}
        charset, fields = Charset(**state["charset"]), FieldCounts(**state["fields"])
        return InputCounts(**{**state, "charset": charset, "defects": defects, "fields": fields})

    def state(self) -> dict[str, Any]:
        """Return all but the fields, which many files share, in a form that JSON can hold."""
        defects = {kind: asdict(defect) for kind, defect in self.defects.items()}
        counts = {name: getattr(self, name) for name in ("records", "rejections", "first_row", "reason")}
        return {**counts, "charset": self.charset.state(), "defects": defects}

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
        count_defects(batch, self.defects)
        self.fields.add(batch.fields)

    def close(self, name: str, hint: str = "") -> None:
        """Refuse an input that has records, none of which can be used.

        Parameters
        ----------
        name : str
            The input, for messages.
        hint : str
            A guess at the cause.

        Raises
        ------
        InputError
        """
        if self.records and self.records == self.rejections:
            raise InputError(
                f"{name}: not one usable record among {self.records}; row {self.first_row}: {self.reason}", hint=hint
            )


def limit_notes(limit: int | None, records: int) -> list[str]:
    """Return a note if only so many records were read because no more were asked for."""
    return [f"only the first {records:,} records of the input were read (--limit)"] if records == limit else []
