"""Files of any of the formats as one source: read in order, and the kept records of each written back unchanged."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.delimited import DELIMITERS, Delimited
from dedup.io.inferred import as_strings
from dedup.io.jsonl import JsonLines
from dedup.io.paths import InputFile
from dedup.io.plaintext import PlainText
from dedup.io.source import Batch, Fields, Rejection, checked
from dedup.io.stream import Meter, unreadable
from dedup.io.unchanged import Stamp, require_unchanged, stamp

if TYPE_CHECKING:
    import numpy.typing as npt


class Format(Protocol):
    """Reads and writes all files of one format."""

    has_dates: bool

    def read(self, file: InputFile, meter: Meter) -> Iterator[Batch]:
        """Yield the records of one file."""

    def write_kept(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]], directory: Path) -> list[str]:
        """Write the kept records of the files, in order, and return the names written."""

    def kept_table(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]]) -> pa.Table:
        """Return the kept records of the files, in order."""


class FileSource:
    """Files, read one after the other.

    Parameters
    ----------
    files : list of InputFile
        As ``expand`` gives them.
    fields : Fields
        What the caller asked for.
    strict : bool
        Refuse the first rejected record.
    scratch : Path or None
        Folder for the copy of standard input, which lives as long as this source; None: the system's.
    """

    def __init__(
        self, files: list[InputFile], fields: Fields, strict: bool = False, scratch: Path | None = None
    ) -> None:
        self._files = files
        self._fields = fields
        self._strict = strict
        self._scratch = scratch
        self._formats: dict[str, Format] = {}
        self._read: list[tuple[InputFile, Stamp, int]] = []
        self._meter = Meter()

    @property
    def has_dates(self) -> bool:
        """Whether any file has a date field; known once ``batches`` is exhausted."""
        return any(one.has_dates for one in self._formats.values())

    @property
    def total_bytes(self) -> int | None:
        """Size of all files on disk; None while standard input is among them and not read."""
        if any(file.is_stdin and file.path == Path(file.name) for file in self._files):
            return None
        return sum(file.path.stat().st_size for file in self._files if file.path.exists())

    @property
    def bytes_read(self) -> int:
        """Bytes read from disk so far."""
        return self._meter.bytes_read

    @property
    def inputs(self) -> Sequence[Path]:
        """The files, and the folders that were given as inputs."""
        folders = dict.fromkeys(file.folder for file in self._files if file.folder is not None)
        return [*folders, *(file.path for file in self._files if not file.is_stdin)]

    def batches(self) -> Iterator[Batch]:
        """Yield the records of all files, in order; errors as in ``Source``."""
        self._meter.bytes_read = 0
        self._formats = {}
        self._read = []
        self._files = [self._spooled(file) for file in self._files]
        usable = 0
        rejected: Rejection | None = None
        for file in self._files:
            reader = self._formats.setdefault(file.format, _format(file.format, self._fields, len(self._files) > 1))
            records = 0
            try:
                before = stamp(file)
            except OSError as error:
                raise unreadable(file, error) from error
            for batch in checked(reader.read(file, self._meter), self._strict, file.format == "txt"):
                records += len(batch.row)
                rejected = rejected or next(iter(batch.rejected.values()), None)
                usable += len(batch.row) - len(batch.rejected)
                yield batch
            self._read.append((file, before, records))
        names = ", ".join(file.name for file in self._files[:5])
        if not any(records for _, _, records in self._read):
            raise InputError(f"no records in {names}" + (" ..." if len(self._files) > 5 else ""))
        if not usable and rejected is not None:
            raise InputError(f"not one usable record in {names}; the first: {rejected.reason}")

    def write_kept(self, kept: npt.NDArray[np.bool_], directory: Path) -> list[str]:
        """Write the kept records, one file or folder for each input format."""
        by_format = self._by_format(kept)
        return [name for one in by_format for name in self._formats[one].write_kept(by_format[one], directory)]

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records; of inputs in several formats those of a format stand together."""
        by_format = self._by_format(kept)
        tables = [self._formats[one].kept_table(by_format[one]) for one in by_format]
        return tables[0] if len(tables) == 1 else _united(tables)

    def _by_format(self, kept: npt.NDArray[np.bool_]) -> dict[str, list[tuple[InputFile, npt.NDArray[np.bool_]]]]:
        """Cut the mask into those of the files, after a look whether they still are what they were."""
        cut: dict[str, list[tuple[InputFile, npt.NDArray[np.bool_]]]] = {}
        position = 0
        for file, before, records in self._read:
            require_unchanged(file, before)
            cut.setdefault(file.format, []).append((file, kept[position : position + records]))
            position += records
        if position != len(kept):
            raise ValueError(f"kept has {len(kept)} values for {position} records")
        return cut

    def _spooled(self, file: InputFile) -> InputFile:
        """Copy standard input to a file, since its kept lines are read again; other files stay as they are."""
        if not file.is_stdin or file.path != Path(file.name):
            return file
        handle, name = tempfile.mkstemp(prefix="dedup-stdin-", suffix=".jsonl", dir=self._scratch)
        weakref.finalize(self, _remove, name)
        with os.fdopen(handle, "wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool, 1 << 20)
        return replace(file, path=Path(name))


def _format(name: str, fields: Fields, tolerant: bool) -> Format:
    if name in DELIMITERS:
        return Delimited(fields, name)
    if name == "parquet":
        from dedup.io.parquet import Parquet

        return Parquet(fields)
    return PlainText(tolerant) if name == "txt" else JsonLines(fields)


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)


def _united(tables: list[pa.Table]) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:  # a column is a number here and a string there
        plain = [
            pa.table([as_strings(column.to_pylist()) for column in table.columns], table.column_names)
            for table in tables
        ]
        return pa.concat_tables(plain, promote_options="default")
