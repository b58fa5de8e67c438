"""What was accepted of an input: counted, and refused where nothing of it can be used."""

from __future__ import annotations

from dataclasses import dataclass

from dedup.errors import InputError, RecordError
from dedup.io.source import Batch


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
    """

    records: int = 0
    rejections: int = 0
    first_row: int = 0
    reason: str = ""

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
