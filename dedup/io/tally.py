"""What was accepted of an input: counted, and refused where nothing of it can be used."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from dedup.errors import InputError, RecordError
from dedup.io import doubts
from dedup.io.charset import UTF_8, Charset
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
    charset : Charset
        The encoding it is in.
    doubts : dict of str to Doubt
        What is wrong with how many texts.
    """

    records: int = 0
    rejections: int = 0
    first_row: int = 0
    reason: str = ""
    charset: Charset = UTF_8
    doubts: dict[str, doubts.Doubt] = field(default_factory=dict)

    @staticmethod
    def of(state: dict[str, Any]) -> Tally:
        """Return the tally that `state` has given."""
        told = {kind: doubts.Doubt(**doubt) for kind, doubt in state["doubts"].items()}
        return Tally(**{**state, "charset": Charset(**state["charset"]), "doubts": told})

    def state(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

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
