"""What a reader gives: pieces that parse to batches of records, and a source that is asked for the records to keep.

Here stand the words; readers by format stand in their own modules, ``opening`` chooses among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from dedup.dates import UnreadableDates, require_date_format
from dedup.errors import ParamsError
from dedup.io.bytes.encodings import UTF_8, Charset
from dedup.io.fields.field_counts import FieldCounts
from dedup.schema import NO_DATE

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
        A field named here must exist somewhere in the input. With dots it is a path into objects, as
        ``content.rendered``; a text may be of several, as ``title,text``, joined by a blank line. A field of just that
        name comes first.
    date_format : str or None
        How dates are written, as for ``datetime.strptime``; tried before the forms that are known.

    Raises
    ------
    ParamsError
        When the format is none of a date.
    """

    id: str | None = None
    text: str | None = None
    date: str | None = None
    source: str | None = None
    date_format: str | None = None

    def __post_init__(self) -> None:
        if self.date_format is not None:
            require_date_format(self.date_format)


RAW_BYTES = 1 << 20
"""Of a rejected record no more than its first so many bytes are kept."""

LONGEST = 64_000_000
"""Bytes of the longest record that is read: a book has one million, a bomb of one megabyte a thousand."""

MOST_LONGEST = 2_000_000_000
"""Ids and names of a block have offsets of 32 bits."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot be used: why, and its bytes as they stood in the file, or the first `RAW_BYTES` of them.

    Parameters
    ----------
    reason : str
    raw : bytes
    size : int or None
        How many bytes there were; None where that is not known, for reading stopped.
    """

    reason: str
    raw: bytes
    size: int | None

    @staticmethod
    def of(reason: str, raw: bytes) -> Rejection:
        """Return the rejection of a record that was read as a whole."""
        return Rejection(reason, raw[:RAW_BYTES], len(raw))

    @staticmethod
    def too_long(raw: bytes, size: int | None, longest: int) -> Rejection:
        """Return the rejection of a record that is longer than ``longest`` bytes; of it the beginning suffices."""
        found = "more than" if size is None else f"{size:,} bytes, more than"
        return Rejection(f"too long: {found} {longest:,} bytes (--longest)", raw[:RAW_BYTES], size)


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one file, field by field, in input order, the rejected ones included.

    Parameters
    ----------
    file : str
        The file as a person would name it.
    row : int64 array, shape (n,)
        Counted from 1: the line number in JSON lines, the record number elsewhere, 1 in plain text. Increasing.
    id : pa.StringArray
        No nulls, never empty; a record without an id is called ``file:row``.
    text : pa.LargeBinaryArray
        UTF-8, but not surely valid. Null: no text, or rejected.
    published : int64 array, shape (n,)
        Microseconds since 1970 UTC, or ``schema.NO_DATE``.
    source : pa.StringArray
        Where the document was published; null when not known.
    rejected : dict of int to Rejection
        By position in the batch.
    unread : UnreadableDates
        Dates that are there but cannot be read.
    fields : FieldCounts
        In which fields there was something, and which were used.
    numbered : bool
        Whether any id is but the number of a record that has none: a bare string.
    charset : Charset
        The encoding of the file.
    doubts : uint8 array, shape (n,)
        What is wrong with each text, as the bits of `dedup.kernels.mojibake`; empty where nobody has looked.
    """

    file: str
    row: npt.NDArray[np.int64]
    id: pa.StringArray
    text: pa.LargeBinaryArray
    published: npt.NDArray[np.int64]
    source: pa.StringArray
    rejected: dict[int, Rejection]
    unread: UnreadableDates = field(default_factory=UnreadableDates)
    fields: FieldCounts = field(default_factory=FieldCounts)
    numbered: bool = False
    charset: Charset = UTF_8
    doubts: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    @staticmethod
    def empty(file: str) -> Batch:
        """Return a batch of no records."""
        nothing, none = np.empty(0, np.int64), pa.array([], pa.string())
        return Batch(file, nothing, none, pa.array([], pa.large_binary()), nothing, none, {})

    @staticmethod
    def of_rejected(file: str, row: int, rejection: Rejection) -> Batch:
        """Return a batch of one record, which is rejected."""
        name, date = pa.array([f"{file}:{row}"], pa.string()), np.full(1, NO_DATE)
        text, source = pa.nulls(1, pa.large_binary()), pa.nulls(1, pa.string())
        return Batch(file, np.full(1, row), name, text, date, source, {0: rejection})


def checked_longest(longest: int | None) -> int:
    """Return the bytes of the longest record to read; None stands for the default.

    Raises
    ------
    ParamsError
    """
    if longest is None:
        return LONGEST
    if isinstance(longest, bool) or not isinstance(longest, Integral) or not 1 <= longest <= MOST_LONGEST:
        raise ParamsError(f"longest {longest!r}", f"bytes, a whole number from 1 to {MOST_LONGEST:,}")
    return int(longest)


Piece = Callable[[], Batch]
"""A part of the input that was read but not parsed: calling it parses, on any thread, in any order."""


class Source(Protocol):
    """Something that can be read once, piece by piece, and afterwards give back the records to keep, unchanged.

    Reading is the sequential part alone, so that parsing can be done by many threads. What comes of it is brought back
    in input order.

    Examples
    --------
    >>> for piece in source.pieces():  # doctest: +SKIP
    ...     source.accept(piece())
    >>> source.finish()  # doctest: +SKIP
    """

    @property
    def can_resume(self) -> bool:
        """Whether another process can read the same input again from its start."""

    @property
    def notes(self) -> list[str]:
        """What a person should know of the input: what of it is not read, which fields are not used."""

    @property
    def fields(self) -> dict[str, Any]:
        """Which fields were used, as `dedup.io.usage.summary` tells it; known when all is accepted."""

    @property
    def settings(self) -> dict[str, Any]:
        """What decides, besides the input, how it is read: as JSON can hold it."""

    @property
    def total_bytes(self) -> int | None:
        """Bytes to read, as they lie on disk; None when not known."""

    @property
    def unpacked_bytes(self) -> int | None:
        """About how many bytes there are to read when decompressed; None when not known."""

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, of ``total_bytes``."""

    @property
    def inputs(self) -> Sequence[Path]:
        """Folders and files that are read and must not be written to."""

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Read the input and cut it into pieces, in input order.

        Unchanged input is cut at the same places each time. A piece may turn out to hold no record.

        Parameters
        ----------
        skip : int
            Leave out so many pieces at the beginning; they are read, but never parsed.
        ahead : bool
            Decompress in a thread of its own, a little ahead of what is asked for.

        Raises
        ------
        InputError
            When there is nothing to read from. What is found broken later is raised by the piece in its place.
        """

    def accept(self, batch: Batch) -> None:
        """Take note of a parsed piece. To be called for each, in input order, on one thread.

        Raises
        ------
        InputError
            When all records of a file before this one were rejected.
        RecordError
            Under ``strict``, at the first rejected record.
        """

    def finish(self) -> None:
        """Say that every piece was accepted.

        Raises
        ------
        InputError
            When the last file holds nothing but rejected records; when there was no record at all, and that is an
            error.
        ColumnError
            When no record has a field that was asked for.
        """

    def state(self) -> dict[str, Any]:
        """Return what another process needs to go on behind the pieces accepted so far, as JSON can hold it."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state; to be followed by ``pieces`` with as many skipped as were accepted then.

        Raises
        ------
        InputError
            When the input is not what it was, or cannot be read again.
        """

    def write_kept(self, kept: npt.NDArray[np.bool_], directory: Path) -> list[str]:
        """Write the kept records unchanged and return the names written, relative to ``directory``.

        Parameters
        ----------
        kept : bool array, shape (n_records,)
            In the order of ``pieces``.
        directory : Path
            An existing folder.

        Raises
        ------
        OutputError
            When the input is not what it was when it was read.
        """

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records with all their fields, in input order."""
