"""Read CSV and TSV with the standard library's reader, and write the kept records unchanged."""

from __future__ import annotations

import csv
import io
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dedup.errors import ColumnError, InputError
from dedup.io.bytes.compressed_file import ByteStream
from dedup.io.bytes.file_changes import changed_error
from dedup.io.bytes.lines import line_blocks
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import DamagedError, Reading, raw_chunks
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_survey import SAMPLE_RECORDS, FieldSurvey
from dedup.io.fields.field_tree import FieldTree, RankedValues
from dedup.io.fields.role_columns import RoleColumns
from dedup.io.fields.roles import Kind
from dedup.io.format_registry import FileFormat
from dedup.io.formats.batch_builder import BatchBuilder
from dedup.io.formats.csv_dialect import SAMPLE_BYTES, CsvDialect, dialect_of
from dedup.io.kept_files import KeptFiles, count_kept
from dedup.io.read_options import ReadOptions
from dedup.io.source import Batch, FilePiece, Rejection
from dedup.io.wording import counted
from dedup.kernels import csv_records as kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from dedup.io.formats import KeptRecords

DELIMITERS = {"csv": ",", "tsv": "\t"}

_MANY = 10_000  # lines of one record

_WRITTEN = 100
"""Records that are written at a time."""


@dataclass(frozen=True, slots=True)
class _Record:
    raw: bytes
    cells: list[str]
    problem: str = ""
    size: int | None = None


class Delimited:
    """The reader of CSV or TSV files with a common header, which writes their kept records to one file.

    Parameters as for `dedup.io.formats.FormatReader`.
    """

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None:
        self._tree = tree
        self._format = file_format.name
        self._file_format = file_format
        self._longest = options.longest
        self._is_limited = options.limit is not None
        self._tuning = options.tuning
        self._header: _Record | None = None
        self._header_file = ""
        self._dialects: dict[str, CsvDialect] = {}
        self.surveys: dict[str, FieldSurvey] = {}
        # Holds for the whole process, so it is only ever raised. The default is 128 KiB, less than a long article.
        csv.field_size_limit(max(csv.field_size_limit(), min(sys.maxsize, 2**31 - 1)))

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield a file in pieces; a row is a record number, without the header and blank lines.

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
        self.surveys[file.name] = FieldSurvey(tuple(map(printable, header.cells)))
        pending: list[_Record] = []
        size = done = 0
        damage = None

        def piece() -> FilePiece:
            if not done:
                self.surveys[file.name] = _survey(header.cells, pending[:SAMPLE_RECORDS])
            parse = partial(self._batch, file.name, pending, done, len(header.cells), places)
            return FilePiece(parse, done + 1, len(pending))

        try:
            for record in itertools.islice(records, reading.left):
                pending.append(record)
                size += len(record.raw)
                if len(pending) >= self._tuning.batch_records or size >= self._tuning.batch_bytes:
                    yield piece()
                    done += len(pending)
                    pending, size = [], 0
        except DamagedError as error:
            damage = error
        if pending:
            yield piece()
        reading.take(done + len(pending))
        if damage is not None:
            raise damage.after(done + len(pending)) from damage

    def names(self, file: InputFile) -> Sequence[str]:
        """Return the columns of a file."""
        return self.surveys[file.name].names

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Write the header once, and the kept records of all files unchanged."""
        common = None if files.form.is_same else self._first_header(kept).raw

        def header(file: InputFile) -> bytes:
            return self._first_header([(file, np.zeros(0, bool))]).raw if common is None else common

        def opened(stream: ByteStream, file: InputFile) -> ByteStream:
            first = header(file)
            stream.write(_ended(first, _newline(first)) if first else b"")
            return stream

        with files.writer(self._file_format, count_kept(kept), opened) as output:
            for file, mask in kept:
                output.begin(file)
                newline = _newline(header(file))
                records = (_ended(record.raw, newline) for record in self._kept_records(file, mask))
                while lines := list(itertools.islice(records, _WRITTEN)):
                    for stream, part in output.cut([*map(len, lines)]):
                        stream.writelines(lines[part])

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept records; all columns are strings."""
        rows = [record.cells for file, mask in kept for record in self._kept_records(file, mask)]
        names = self._first_header(kept).cells
        columns = [pa.array([printable(row[place]) for row in rows], pa.large_string()) for place in range(len(names))]
        return pa.table(columns, names=[printable(name) for name in names])

    def _first_header(self, kept: Sequence[KeptRecords]) -> _Record:
        headers = (next(self._records(file, Reading()), None) for file, _ in kept)
        return next((header for header in headers if header), _Record(b"", []))

    def _kept_records(self, file: InputFile, mask: npt.NDArray[np.bool_]) -> Iterator[_Record]:
        records = self._records(file, Reading())
        next(records, None)
        flags = iter(mask.tolist())
        for record in itertools.islice(records, len(mask) if self._is_limited else None):
            keep = next(flags, None)
            if keep is None:
                raise changed_error(file)
            if keep:
                yield record
        if next(flags, None) is not None:
            raise changed_error(file)

    def _records(self, file: InputFile, reading: Reading) -> Iterator[_Record]:
        """Yield header and records, malformed ones with their problem."""
        chunks = raw_chunks(file, self._tuning.chunk_bytes, reading)
        held, damage = _beginning(chunks)
        dialect = self._dialect(file, b"".join(held), reading)
        whole = line_blocks(_again(held, damage, chunks), self._longest)
        feed = _Feed(whole, self._longest, self._tuning.raw_bytes, reading)
        reader = dialect.reader(feed)
        while True:
            feed.begin()
            try:
                cells, problem = next(reader), ""
            except StopIteration:
                return
            except _TooLongError:
                head, size = feed.skip(dialect)
                yield _Record(head, [], Rejection.too_long(head, size, self._longest).reason, size)
                continue
            except csv.Error as error:
                cells, problem = [], f"not {self._format.upper()}: {error}"
            if feed.exhausted and feed.lines:
                problem = f"a quote is never closed: {counted(feed.lines, 'line')}, up to the end of the file"
            if cells or problem:
                yield _Record(feed.record, cells, problem)

    def _dialect(self, file: InputFile, beginning: bytes, reading: Reading) -> CsvDialect:
        if file.name not in self._dialects:
            sample, is_whole = reading.charset.decode(beginning[:SAMPLE_BYTES]), len(beginning) < SAMPLE_BYTES
            self._dialects[file.name] = dialect_of(sample, is_whole, DELIMITERS[self._format], self._tree)
        return self._dialects[file.name]

    def _places(self, file: InputFile, header: list[str]) -> RankedValues:
        """Return for each role the columns that it may be read from."""
        places = self._tree.match({name: place for place, name in reversed([*enumerate(header)])})
        if not any(columns for columns, role in zip(places, self._tree.roles, strict=True) if role.kind is Kind.TEXT):
            error = self._tree.missing(file.name, list(map(printable, header)))
            raise ColumnError(error.found, error.expected, f"{error.hint}; the first line must hold the names")
        return places

    def _batch(self, file: str, records: list[_Record], done: int, width: int, places: RankedValues) -> Batch:
        rejected: dict[int, Rejection] = {}
        rows: dict[int, list[str]] = {}
        for position, record in enumerate(records):
            problem, cells = record.problem, record.cells
            if not problem and len(cells) != width:
                problem = f"{counted(len(cells), 'cell')}, expected {width}"
            if problem:
                raw = record.raw.rstrip(b"\r\n")
                size = len(raw) if record.size is None else record.size
                rejected[position] = Rejection(problem, raw, size)
            else:
                rows[position] = cells
        row = np.arange(done + 1, done + 1 + len(records), dtype=np.int64)
        columns = RoleColumns.of_cells(self._tree, places, rows, len(records))
        return BatchBuilder(file, row, self._tree, rejected, lambda position: records[position].raw).batch(columns)

    def _take_header(self, file: InputFile, header: _Record) -> None:
        if self._header is None:
            self._header, self._header_file = header, file.name
            return
        ours, theirs = (self._dialects[name] for name in (file.name, self._header_file))
        if ours != theirs:
            raise InputError(
                f"{file.name} has {ours.shown}, {self._header_file} {theirs.shown}",
                "one way of writing, for kept records are written unchanged to one file",
                "run them separately, or convert them to one form first",
            )
        if header.cells != self._header.cells:
            raise InputError(
                f"{file.name} has a different header from {self._header_file}",
                f"the same columns: {printable(', '.join(self._header.cells))}",
                "run them separately, or convert them to one form first",
            )


def _newline(header: bytes) -> bytes:
    """Return what lines end with, by the first."""
    return b"\r\n" if header.endswith(b"\r\n") else b"\n"


def _ended(raw: bytes, newline: bytes) -> bytes:
    """Return a record with a line feed at its end, which the last of a file may lack."""
    return raw if raw.endswith(b"\n") else raw + newline


def _beginning(chunks: Iterator[bytes]) -> tuple[list[bytes], DamagedError | None]:
    """Return chunks that show the dialect, and the damage that ended this early, if any."""
    held: list[bytes] = []
    try:
        while sum(map(len, held)) < SAMPLE_BYTES and (chunk := next(chunks, b"")):
            held.append(chunk)
    except DamagedError as error:
        return held, error
    return held, None


def _again(held: list[bytes], damage: DamagedError | None, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the beginning of a file, and then the rest."""
    while held:
        yield held.pop(0)
    if damage is not None:
        raise damage
    yield from chunks


def _require_header(file: InputFile, header: _Record) -> None:
    if header.problem or not any(cell.strip() for cell in header.cells):
        raise InputError(
            f"{file.name} has no header" + (f": {header.problem}" if header.problem else ""),
            "the names of the columns in the first line",
        )


class _TooLongError(Exception):
    """Raised for a record that is too long."""


class _Feed:
    """A feed of decoded lines for ``csv.reader``, which remembers the bytes of the current record.

    Parameters
    ----------
    blocks : iterator of bytes
    longest : int
        Bytes of the longest record.
    raw_bytes : int
        How many bytes of a longer one are kept.
    reading : Reading
        Its encoding is that of the lines.
    """

    def __init__(self, blocks: Iterator[bytes], longest: int, raw_bytes: int, reading: Reading) -> None:
        self._reading = reading
        self._blocks = blocks
        self._lines = io.BytesIO()  # iterating over it splits at line feeds only, and keeps them
        self._longest, self._raw_bytes = longest, raw_bytes
        self.exhausted = False
        self.begin()

    def begin(self) -> None:
        """Begin another record and forget the lines of the one before."""
        self._pieces: list[bytes] = []
        self._joined: list[bytes] = []
        self.size = self.lines = 0

    @property
    def record(self) -> bytes:
        """The bytes of the record so far."""
        return b"".join([*self._joined, *self._pieces])

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
        self._pieces.append(line)
        self.lines += 1
        self.size += len(line)
        if len(self._pieces) > _MANY:  # short lines take less room together
            self._joined.append(b"".join(self._pieces))
            self._pieces = []
        if self.size > self._longest:
            raise _TooLongError
        return self._reading.charset.decode(line)

    def skip(self, dialect: CsvDialect) -> tuple[bytes, int]:
        """Skip the rest of a record that is too long; return its first bytes and its size with the line end."""
        begun = self.record
        head, size = begun[: self._raw_bytes], len(begun)
        delimiter, escape = ord(dialect.delimiter), ord("\\") if dialect.has_escapes else -1
        end, state = kernel.record_end(np.frombuffer(begun, np.uint8), delimiter, escape, kernel.START)
        if end == size:
            return head, size
        del begun
        self.begin()
        for block in filter(None, itertools.chain([self._lines.read()], self._blocks)):
            end, state = kernel.record_end(np.frombuffer(block, np.uint8), delimiter, escape, state)
            more = block if end < 0 else block[:end]
            head += more[: self._raw_bytes - len(head)]
            size += len(more)
            if end >= 0:
                self._lines = io.BytesIO(block[end:])
                break
        return head, size


def _survey(header: list[str], records: list[_Record]) -> FieldSurvey:
    survey = FieldSurvey.of([dict(zip(header, record.cells, strict=False)) for record in records])
    return FieldSurvey(tuple(map(printable, header)), survey.dates, survey.texts)
