"""What a reader gives: batches of records, and a source that can be read, then asked for the records to keep.

Here stand the words; readers by format stand in their own modules, ``opening`` chooses among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from dedup.errors import InputError, RecordError
from dedup.io.stream import DamagedError

if TYPE_CHECKING:
    import numpy.typing as npt

BATCH_RECORDS = 20_000
"""Most records of a batch."""

BATCH_BYTES = 16 << 20
"""Most bytes of a batch, unless a single record is larger."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The field names a caller asked for; None means: guess.

    Parameters
    ----------
    id, text, date, source : str or None
        A field named here must exist.
    """

    id: str | None = None
    text: str | None = None
    date: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot be used: why, and its bytes as they stood in the file."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one file, field by field, in input order, the rejected ones included.

    Parameters
    ----------
    file : str
        The file as a person would name it.
    row : int64 array, shape (n,)
        Counted from 1: the line number in JSON lines, the record number elsewhere, 1 in plain text. Increasing.
    id : list of str
        Never empty; a record without an id is called ``file:row``. Always encodable as UTF-8.
    text : pa.LargeBinaryArray
        UTF-8, but not surely valid. Null: no text, or rejected.
    published : int64 array, shape (n,)
        Microseconds since 1970 UTC, or ``schema.NO_DATE``.
    source : list of str or None
        Where the document was published. Always encodable as UTF-8.
    rejected : dict of int to Rejection
        By position in the batch.
    unread_dates : int
        Dates that are there but cannot be read.
    """

    file: str
    row: npt.NDArray[np.int64]
    id: list[str]
    text: pa.LargeBinaryArray
    published: npt.NDArray[np.int64]
    source: list[str | None]
    rejected: dict[int, Rejection]
    unread_dates: int = 0


class Source(Protocol):
    """Something that can be read once as batches and afterwards give back the records to keep, unchanged."""

    @property
    def has_dates(self) -> bool:
        """Whether any part of the input has a date field; known once ``batches`` is exhausted."""

    @property
    def total_bytes(self) -> int | None:
        """Bytes to read, as they lie on disk; None when not known."""

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, of ``total_bytes``."""

    @property
    def inputs(self) -> Sequence[Path]:
        """Folders and files that are read and must not be written to."""

    def batches(self) -> Iterator[Batch]:
        """Yield the records in input order.

        Raises
        ------
        InputError
            When an input cannot be read, holds nothing but rejected records, or there is no record at all.
        RecordError
            Under ``strict``, at the first rejected record.
        """

    def write_kept(self, kept: npt.NDArray[np.bool_], directory: Path) -> list[str]:
        """Write the kept records unchanged and return the names written, relative to ``directory``.

        Parameters
        ----------
        kept : bool array, shape (n_records,)
            In the order of ``batches``.
        directory : Path
            An existing folder.

        Raises
        ------
        OutputError
            When the input is not what it was when it was read.
        """

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records with all their fields, in input order."""


def checked(batches: Iterator[Batch], strict: bool, one_record: bool = False) -> Iterator[Batch]:
    """Pass on the batches of one file, and refuse a file that is damaged or has no usable record.

    Parameters
    ----------
    batches : iterator of Batch
        All of one file.
    strict : bool
        Refuse the first rejected record.
    one_record : bool
        The file is one record: it may be rejected, and the others go on.

    Raises
    ------
    InputError
        When the file's compression is damaged, or each of its records (one or more) was rejected.
    RecordError
        Under ``strict``.
    """
    records = rejections = last_row = 0
    first = ""
    try:
        for batch in batches:
            if batch.rejected and not first:
                position = min(batch.rejected)
                row, reason = int(batch.row[position]), batch.rejected[position].reason
                first = f"row {row}: {reason}"
                if strict:
                    named = "" if batch.id[position] == f"{batch.file}:{row}" else f", id {batch.id[position]!r}"
                    raise RecordError(f"{batch.file}, row {row}{named}: {reason}")
            records += len(batch.row)
            rejections += len(batch.rejected)
            last_row = int(batch.row[-1])
            yield batch
    except DamagedError as damage:
        where = f" after row {last_row}" if last_row else ""
        raise InputError(f"{damage.file} {damage.what}{where}", hint=damage.hint) from damage
    if records and records == rejections and not one_record:
        raise InputError(
            f"{batch.file}: not one usable record among {records}; {first}",
            hint="standard input is read as JSON lines" if batch.file == "-" else "is the format what the name says?",
        )
