"""CSV and TSV: the standard library's reader over lines whose bytes are kept, so that kept records are written as they
stood.
"""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.bytes.file_changes import changed
from dedup.io.bytes.lines import line_blocks
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import CHUNK_BYTES, DamagedError, Reading, raw_chunks
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_counts import Survey
from dedup.io.fields.field_tree import SAMPLE_RECORDS, FieldTree, Found
from dedup.io.fields.role_columns import Columns
from dedup.io.formats.batch_builder import Assembly
from dedup.io.source import BATCH_BYTES, BATCH_RECORDS, LONGEST, RAW_BYTES, Batch, Fields, Piece, Rejection
from dedup.kernels import csv_records as kernel

if TYPE_CHECKING:
    import numpy.typing as npt

DELIMITERS = {"csv": ",", "tsv": "\t"}

_MANY = 10_000  # lines of one record


@dataclass(frozen=True, slots=True)
class _Record:
    raw: bytes
    cells: list[str]
    problem: str = ""
    size: int | None = None


class Delimited:
    """Reads CSV or TSV files with one header in common and writes their kept records into one file.

    Parameters
    ----------
    fields : Fields
        What the caller asked for.
    file_format : str
        A key of ``DELIMITERS``.
    chunk_bytes : int
        Decompressed bytes read at a time; changes nothing.
    longest : int
        Bytes of the longest record that is read, its line end among them.
    """

    def __init__(
        self, fields: Fields, file_format: str, chunk_bytes: int = CHUNK_BYTES, longest: int = LONGEST
    ) -> None:
        self._tree = FieldTree(fields)
        self._format = file_format
        self._chunk_bytes = chunk_bytes
        self._longest = longest
        self._header: _Record | None = None
        self._header_file = ""
        self.surveys: dict[str, Survey] = {}
        # Holds for the whole process, so it is only ever raised. The default is 128 KiB, less than a long article.
        csv.field_size_limit(max(csv.field_size_limit(), min(sys.maxsize, 2**31 - 1)))

    def read(self, file: InputFile, reading: Reading) -> Iterator[Piece]:
        """Yield a file in pieces; a row is a record number, the header and blank lines not counted.

        Raises
        ------
        InputError
            When there is no header, or it is not that of the files before.
        """
        records = self._records(file, reading)
        header = next(records, None)
        if header is None:
            return
        _require_header(file, header)
        places = self._places(file, header.cells)  # what lies beside the records of a folder need not have their header
        self._take_header(file, header)
        self.surveys[file.name] = Survey(tuple(map(printable, header.cells)))
        pending: list[_Record] = []
        size = done = 0
        damage = None

        def piece() -> Piece:
            if not done:
                self.surveys[file.name] = _survey(header.cells, pending[:SAMPLE_RECORDS])
            return partial(self._batch, file.name, pending, done, len(header.cells), places)

        try:
            for record in records:
                pending.append(record)
                size += len(record.raw)
                if len(pending) >= BATCH_RECORDS or size >= BATCH_BYTES:
                    yield piece()
                    done += len(pending)
                    pending, size = [], 0
        except DamagedError as error:
            damage = error
        if pending:
            yield piece()
        if damage is not None:
            raise damage.after(done + len(pending)) from damage

    def names(self, file: InputFile) -> Sequence[str]:
        """Return the columns of a file."""
        return self.surveys[file.name].names

    def write_kept(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]], directory: Path) -> list[str]:
        """Write the header once and the kept records of all files as they stood."""
        name = f"kept.{self._format}"
        header = self._first_header(kept).raw
        newline = b"\r\n" if header.endswith(b"\r\n") else b"\n"
        with open(directory / name, "wb") as output:
            output.write(header if header.endswith(b"\n") or not header else header + newline)
            for file, mask in kept:
                for record in self._kept_records(file, mask):
                    output.write(record.raw)
                    if not record.raw.endswith(b"\n"):
                        output.write(newline)
        return [name]

    def kept_table(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]]) -> pa.Table:
        """Return the kept records; all columns are strings."""
        rows = [record.cells for file, mask in kept for record in self._kept_records(file, mask)]
        names = self._first_header(kept).cells
        columns = [pa.array([printable(row[place]) for row in rows], pa.large_string()) for place in range(len(names))]
        return pa.table(columns, names=[printable(name) for name in names])

    def _first_header(self, kept: Sequence[tuple[InputFile, npt.NDArray[np.bool_]]]) -> _Record:
        # A run that is resumed has not read the files itself.
        headers = (next(self._records(file, Reading()), None) for file, _ in kept)
        return self._header or next((header for header in headers if header), _Record(b"", []))

    def _kept_records(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> Iterator[_Record]:
        records = self._records(file, Reading())
        next(records, None)
        flags = iter(mask.tolist())
        for record in records:
            keep = next(flags, None)
            if keep is None:
                raise changed(file)
            if keep:
                yield record
        if next(flags, None) is not None:
            raise changed(file)

    def _records(self, file: InputFile, reading: Reading) -> Iterator[_Record]:
        """Yield header and records, malformed ones with their problem."""
        chunks = raw_chunks(file, self._chunk_bytes, reading)
        feed = _Feed(line_blocks(chunks, longest=self._longest), self._longest, reading)
        reader = csv.reader(feed, delimiter=DELIMITERS[self._format])
        while True:
            feed.begin()
            try:
                cells, problem = next(reader), ""
            except StopIteration:
                return
            except _TooLongError:
                head, size = feed.skip(ord(DELIMITERS[self._format]))
                yield _Record(head, [], Rejection.too_long(head, size, self._longest).reason, size)
                continue
            except csv.Error as error:
                cells, problem = [], f"not {self._format.upper()}: {error}"
            if feed.exhausted and feed.lines:
                problem = f"a quote is never closed: {feed.lines} lines, up to the end of the file"
            if cells or problem:
                yield _Record(feed.taken, cells, problem)

    def _places(self, file: InputFile, header: list[str]) -> Found:
        """Return for each role the columns that it may be read from."""
        places = self._tree.match({name: place for place, name in reversed([*enumerate(header)])})
        if not any(some for some, role in zip(places, self._tree.roles, strict=True) if role == "text"):
            raise self._tree.missing(file.name, list(map(printable, header)))
        return places

    def _batch(self, file: str, records: list[_Record], done: int, width: int, places: Found) -> Batch:
        rejected: dict[int, Rejection] = {}
        rows: dict[int, list[str]] = {}
        for position, record in enumerate(records):
            problem, cells = record.problem, record.cells
            if not problem and len(cells) != width:
                problem = f"{len(cells)} cells, expected {width}"
            if problem:
                raw = record.raw.rstrip(b"\r\n")
                size = len(raw) if record.size is None else record.size
                rejected[position] = Rejection(problem, raw[:RAW_BYTES], size)
            else:
                rows[position] = cells
        row = np.arange(done + 1, done + 1 + len(records), dtype=np.int64)
        columns = Columns.of_cells(self._tree, places, rows, len(records))
        return Assembly(file, row, self._tree, rejected, lambda position: records[position].raw).batch(columns)

    def _take_header(self, file: InputFile, header: _Record) -> None:
        if self._header is None:
            self._header, self._header_file = header, file.name
        elif header.cells != self._header.cells:
            raise InputError(
                f"{file.name} has another header than {self._header_file}",
                f"the same columns: {printable(', '.join(self._header.cells))}",
                "run them one by one, or bring them into one form first",
            )


def _require_header(file: InputFile, header: _Record) -> None:
    if header.problem or not any(cell.strip() for cell in header.cells):
        raise InputError(
            f"{file.name} has no header" + (f": {header.problem}" if header.problem else ""),
            "the names of the columns in the first line",
        )


class _TooLongError(Exception):
    """A record is longer than it may be."""


class _Feed:
    """Gives decoded lines to ``csv.reader`` and remembers the bytes that it took, but no more than ``most``."""

    def __init__(self, blocks: Iterator[bytes], most: int, reading: Reading) -> None:
        self._reading = reading
        self._blocks = blocks
        self._lines = io.BytesIO()  # iterating over it splits at line feeds only, and keeps them
        self._most = most
        self.exhausted = False
        self.begin()

    def begin(self) -> None:
        """Forget what was taken: another record begins."""
        self._taken: list[bytes] = []
        self._joined: list[bytes] = []
        self.size = self.lines = 0

    @property
    def taken(self) -> bytes:
        """The bytes of the record so far."""
        return b"".join([*self._joined, *self._taken])

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines, b"")
        while not line:
            block = next(self._blocks, None)
            if block is None:
                self.exhausted = True
                raise StopIteration
            self._lines = io.BytesIO(block)
            line = next(self._lines, b"")
        self._taken.append(line)
        self.lines += 1
        self.size += len(line)
        if len(self._taken) > _MANY:  # short lines take less room together
            self._joined.append(b"".join(self._taken))
            self._taken = []
        if self.size > self._most:
            raise _TooLongError
        return self._reading.charset.decode(line)

    def skip(self, delimiter: int) -> tuple[bytes, int]:
        """Go behind the record that is too long; return its first bytes, and how many it has, its line end included."""
        taken = self.taken
        head, size = taken[:RAW_BYTES], len(taken)
        end, state = kernel.record_end(np.frombuffer(taken, np.uint8), delimiter, kernel.START)
        if end == size:
            return head, size
        del taken
        self.begin()
        for block in filter(None, itertools.chain([self._lines.read()], self._blocks)):
            end, state = kernel.record_end(np.frombuffer(block, np.uint8), delimiter, state)
            taken = block if end < 0 else block[:end]
            head += taken[: RAW_BYTES - len(head)]
            size += len(taken)
            if end >= 0:
                self._lines = io.BytesIO(block[end:])
                break
        return head, size


def _survey(header: list[str], records: list[_Record]) -> Survey:
    survey = Survey.of([dict(zip(header, record.cells, strict=False)) for record in records])
    return Survey(tuple(map(printable, header)), survey.dates, survey.texts)
