"""Define a source: its pieces parse to batches of records, and it writes the kept records back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from dedup.dates import UnreadableDates
from dedup.errors import InputError
from dedup.io.bytes.encodings import UTF_8, Charset
from dedup.io.fields.field_counts import FieldCounts
from dedup.io.fields.roles import no_labels
from dedup.io.kept_form import KeptForm
from dedup.schema import NO_DATE
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    import numpy.typing as npt


class NoRecordsError(InputError):
    """A file that has no records of its format, as a folder may hold beside others.

    Parameters
    ----------
    found : str
        What it is.
    reason : str
        Why such files are not read, in the plural.
    hint : str
        What to do.
    """

    def __init__(self, found: str, reason: str, hint: str) -> None:
        super().__init__(found, hint=hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot be used: the reason, and its bytes in the file or the first of them.

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
        """Return the rejection of a record that was read completely."""
        return Rejection(reason, raw, len(raw))

    @staticmethod
    def too_long(raw: bytes, size: int | None, longest: int) -> Rejection:
        """Return the rejection of a record that is longer than ``longest`` bytes, with its beginning."""
        found = "more than" if size is None else f"{size:,} bytes, more than"
        return Rejection(f"too long: {found} {longest:,} bytes (--longest)", raw, size)

    def shortened(self, most: int) -> Rejection:
        """Return the same rejection with no more than the first ``most`` bytes of the record."""
        return self if len(self.raw) <= most else replace(self, raw=self.raw[:most])


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records of one file as columns, in input order, including rejected ones.

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
    labels : dict of str to pa.StringArray
        By the names of the roles in `dedup.io.fields.roles.LABELS`: where the document was published, ``source``; its
        ``title`` and ``url``; null when not known.
    rejected : dict of int to Rejection
        By position in the batch.
    unread : UnreadableDates
        Dates that are there but cannot be read, or stand for none.
    fields : FieldCounts
        In which fields there was something, and which were used.
    numbered : bool
        Whether any id is but the number of a record that has none: a bare string.
    charset : Charset
        The encoding of the file.
    defects : uint8 array, shape (n,)
        What is wrong with each text, as the bits of `dedup.kernels.mojibake`; empty before it is looked for.
    """

    file: str
    row: npt.NDArray[np.int64]
    id: pa.StringArray
    text: pa.LargeBinaryArray
    published: npt.NDArray[np.int64]
    labels: dict[str, pa.StringArray]
    rejected: dict[int, Rejection]
    unread: UnreadableDates = field(default_factory=UnreadableDates)
    fields: FieldCounts = field(default_factory=FieldCounts)
    numbered: bool = False
    charset: Charset = UTF_8
    defects: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    @property
    def source(self) -> pa.StringArray:
        """The column of sources."""
        return self.labels["source"]

    @staticmethod
    def empty(file: str) -> Batch:
        """Return a batch without records."""
        nothing, none = np.empty(0, np.int64), pa.array([], pa.string())
        return Batch(file, nothing, none, pa.array([], pa.large_binary()), nothing, no_labels(0), {})

    @staticmethod
    def of_rejected(file: str, row: int, rejection: Rejection) -> Batch:
        """Return a batch of one rejected record."""
        name, date, text = pa.array([f"{file}:{row}"], pa.string()), np.full(1, NO_DATE), pa.nulls(1, pa.large_binary())
        return Batch(file, np.full(1, row), name, text, date, no_labels(1), {0: rejection})


Piece = Callable[[], Batch]
"""A part of the input that was read but not parsed: a call parses it, on any thread, in any order."""


@dataclass(frozen=True, slots=True)
class SmallPiece:
    """A piece of a small file: several of them are best worked on together.

    Parameters
    ----------
    parse : Piece
    size : int
        Bytes of the file.
    """

    parse: Piece
    size: int

    def __call__(self) -> Batch:
        """Parse it."""
        return self.parse()


BUNDLE_BYTES, BUNDLE_FILE_BYTES = 256 << 10, 512
"""Bytes of small pieces that are worked on together, each counted with so many bytes more for what it costs besides."""


def in_bundles(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield pieces to be worked on together, in order: small ones by the dozen, each other one alone."""
    small: list[Piece] = []
    size = 0
    for piece in pieces:
        if isinstance(piece, SmallPiece):
            small.append(piece)
            size += piece.size + BUNDLE_FILE_BYTES
            if size < BUNDLE_BYTES:
                continue
        if small:
            yield small
            small, size = [], 0
        if not isinstance(piece, SmallPiece):
            yield [piece]
    if small:
        yield small


@dataclass(frozen=True, slots=True)
class FilePiece:
    """A piece of one file, and the rows that it may hold.

    Parameters
    ----------
    parse : Piece
    first, rows : int
        The first row, and how many there are.
    """

    parse: Piece
    first: int
    rows: int

    def __call__(self) -> Batch:
        """Parse it."""
        return self.parse()


Rows = Mapping[str, "npt.NDArray[np.int64]"]
"""By the names of files the rows that are wanted of each, in ascending order."""


def pieces_with(pieces: Iterable[FilePiece], rows: npt.NDArray[np.int64]) -> Iterator[FilePiece]:
    """Yield the pieces of a file that hold any of these rows, in ascending order; read no further than the last."""
    for piece in pieces:
        here, after = np.searchsorted(rows, [piece.first, piece.first + piece.rows])
        if here < after:
            yield piece
        if after == len(rows):
            return


class Source(Protocol):
    """An input that is read once, piece by piece, and then writes its kept records unchanged.

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
        """Notes on the input: what was not read, which fields were not used."""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that were used, for the summary of a run; complete when all is accepted."""

    @property
    def files_read(self) -> list[dict[str, Any]]:
        """Path, size and digest of the files that were read, for the summary; complete when all is accepted."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that decide, besides the input, how it is read, in a form that JSON can hold."""

    @property
    def total_bytes(self) -> int | None:
        """Bytes to read, as stored on disk; None if unknown."""

    @property
    def unpacked_bytes(self) -> int | None:
        """Approximate number of bytes to read when decompressed; None if unknown."""

    @property
    def bytes_read(self) -> int:
        """Bytes read so far, of ``total_bytes``."""

    @property
    def inputs(self) -> Sequence[Path | str]:
        """Folders and files that are read, and must not be written to: paths, and URLs."""

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Read the input and cut it into pieces, in input order.

        Unchanged input is cut at the same places each time. A piece may turn out to hold no record.

        Parameters
        ----------
        skip : int
            How many pieces at the beginning to leave out; they are read, but never parsed.
        ahead : bool
            Decompress in a separate thread, a few chunks ahead.

        Raises
        ------
        InputError
            When there is nothing to read from. What is found broken later is raised by the piece in its place.
        """

    def accept(self, batch: Batch) -> None:
        """Count a parsed piece. To be called for each piece, in input order, on one thread.

        Raises
        ------
        InputError
            When all records of a file before this one were rejected.
        RecordError
            Under ``strict``, at the first rejected record.
        """

    def finish(self) -> None:
        """Check the whole input, after every piece was accepted.

        Raises
        ------
        InputError
            When the last file holds nothing but rejected records; when there was no record at all, and that is an
            error.
        ColumnError
            When no record has a field that was asked for.
        """

    def read_again(self, rows: Rows) -> Iterator[Batch]:
        """Read the pieces again that hold these rows; other rows may come with them.

        Raises
        ------
        InputError
        """

    def state(self) -> dict[str, Any]:
        """Return what another process needs to resume after the accepted pieces, in a form that JSON can hold."""

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state; then skip as many of the ``pieces`` as had been accepted.

        Raises
        ------
        InputError
            When the input is not what it was, or cannot be read again.
        """

    def require_form(self, form: KeptForm) -> None:
        """Refuse a form in which the kept records of this input cannot be written, before it is read.

        Raises
        ------
        ParamsError
        """

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        """Write the kept records unchanged and return the names written, relative to the folder.

        Parameters
        ----------
        kept : bool array, shape (n_records,)
            In the order of ``pieces``.
        place : Path or int
            An existing folder; or, if the form is that of a stream, the number of an open file.
        form : KeptForm, optional
            How they are written.
        meter : Meter
            Counts the kept records.

        Raises
        ------
        OutputError
            When the input is not what it was when it was read.
        """

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records with all their fields, in input order."""
