"""Read and write Parquet a bounded piece at a time, with its schema and metadata kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from dedup.errors import InputError
from dedup.io.bytes.any_order import in_any_order
from dedup.io.bytes.compressed_file import ByteStream
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import Reading, unreadable
from dedup.io.fields.field_survey import SAMPLE_RECORDS, FieldSurvey
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import DATE
from dedup.io.format_registry import FileFormat
from dedup.io.formats.arrow_columns import (
    columns_of_dates,
    find_columns,
    kept_batches,
    records_per_batch,
    sizes_of,
    survey_of_table,
    table_pieces,
    wanted_columns,
)
from dedup.io.formats.common_schema import CommonSchema
from dedup.io.kept_files import KeptFiles, count_kept
from dedup.io.read_options import ReadOptions
from dedup.io.source import FilePiece

if TYPE_CHECKING:
    from dedup.io.formats import KeptRecords


class Parquet:
    """The reader of Parquet files with a common schema, which writes their kept records to one ``kept.parquet``.

    Parameters as for `dedup.io.formats.FormatReader`.
    """

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None:
        self._format = file_format
        self._tree = tree
        self._options = options
        self._common = CommonSchema("Parquet")
        self.surveys: dict[str, FieldSurvey] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield a file in pieces, reading only the columns needed; a row is a record number.

        Raises
        ------
        InputError
            When the file is not Parquet, is damaged, or has not the schema of the files before.
        ColumnError
            When a column is missing or of a type that cannot serve.
        """
        before = reading.bytes_read
        with _opened(file, self._options.scratch) as parquet:
            size = file.size()
            if not parquet.metadata.num_rows:
                self._common.take(file, parquet.schema_arrow)
                return
            # What lies beside the records of a folder need not have their schema.
            candidates = find_columns(self._tree, parquet.schema_arrow, file.name)
            self._common.take(file, parquet.schema_arrow)
            wanted = wanted_columns(candidates)
            self.surveys[file.name] = _survey(parquet, [] if candidates[DATE] else wanted)
            whole = self._record_batches(file, parquet, wanted)
            for piece in table_pieces(file.name, whole, self._tree, self._options, reading):
                yield piece
                done = piece.first + piece.rows - 1
                reading.bytes_read = before + size * done // parquet.metadata.num_rows

    def names(self, file: InputFile) -> Sequence[str]:
        """Return the columns of a file."""
        return self.surveys[file.name].names

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Write the kept records, with the compression of the first file, unless there is another one asked for."""
        opened = partial(_RowGroups, self._options, files.form.codec(self._format))
        with files.writer(self._format, count_kept(kept), opened) as output:
            for file, mask in kept:
                output.begin(file)
                for records in self._kept_batches([(file, mask)]):
                    for sink, part in output.cut(sizes_of(records)):
                        sink.write(records[part])

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept records with all their columns."""
        batches = list(self._kept_batches(kept))
        return pa.Table.from_batches(batches, self._common.schema)

    def _kept_batches(self, kept: Sequence[KeptRecords]) -> Iterator[pa.RecordBatch]:
        for file, mask in kept:
            with _opened(file, self._options.scratch) as parquet:
                self._common.take(file, parquet.schema_arrow)  # a run that is resumed has not read the files itself
                batches = self._record_batches(file, parquet, None)
                yield from kept_batches(file, mask, batches, self._common.schema, self._options.limit is not None)

    def _record_batches(
        self, file: InputFile, parquet: pq.ParquetFile, columns: list[str] | None
    ) -> Iterator[pa.RecordBatch]:
        groups = [parquet.metadata.row_group(index) for index in range(parquet.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        batches = parquet.iter_batches(
            records_per_batch(parquet.metadata.num_rows, size, self._options.tuning), columns=columns
        )
        while True:
            try:
                records = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise _damaged(file, error) from error
            if records is None:
                return
            if records.num_rows:
                yield records


class _RowGroups:
    """A Parquet file that is written, with the schema and the compression of an input file.

    Parameters
    ----------
    options : ReadOptions
    codec : str or None
        Replaces that compression.
    stream : ByteStream
    file : InputFile
    """

    def __init__(self, options: ReadOptions, codec: str | None, stream: ByteStream, file: InputFile) -> None:
        with _opened(file, options.scratch) as first:
            self._schema, found = first.schema_arrow, _compression(first.metadata)
        self._writer = pq.ParquetWriter(stream, self._schema, compression=codec or found)
        self._most = options.tuning.row_group_bytes
        self._pending: list[pa.RecordBatch] = []
        self._size = 0

    def write(self, records: pa.RecordBatch) -> None:
        """Write records, or hold them until there are enough for a row group."""
        self._pending.append(records)
        self._size += records.nbytes
        if self._size >= self._most:
            self._write_group()

    def close(self) -> None:
        """Write the rest, and the end of the file."""
        try:
            if self._pending:
                self._write_group()
        finally:
            self._writer.close()

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._pending, self._schema))
        self._pending, self._size = [], 0


@contextmanager
def _opened(file: InputFile, scratch: Path | None) -> Iterator[pq.ParquetFile]:
    """Open a file; what is not one of this machine is read at the places that are wanted."""
    with ExitStack() as open_files:
        try:
            source = open_files.enter_context(in_any_order(file, scratch))
            parquet = open_files.enter_context(pq.ParquetFile(source))
        except (FileNotFoundError, PermissionError) as error:
            raise unreadable(file, error) from error
        except (pa.ArrowException, OSError) as error:
            raise _damaged(file, error) from error
        yield parquet


def _survey(parquet: pq.ParquetFile, wanted: list[str]) -> FieldSurvey:
    """Survey the first records, if any columns are wanted: find the others that hold dates."""
    others = columns_of_dates(parquet.schema_arrow, wanted)
    try:
        first = next(parquet.iter_batches(SAMPLE_RECORDS, columns=others), None) if wanted and others else None
    except (pa.ArrowException, OSError, ValueError):  # met again, and reported, when the records are read
        first = None
    return survey_of_table(parquet.schema_arrow, first)


def _damaged(file: InputFile, error: Exception) -> InputError:
    lines = str(error).splitlines() or [type(error).__name__]
    why = lines[0].rstrip(".")
    return InputError(f"{file.name} is not a Parquet file, or is damaged: {why}", hint="is the download complete?")


def _compression(metadata: pq.FileMetaData) -> dict[str, str] | str:
    if not metadata.num_row_groups:
        return "zstd"
    group = metadata.row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    names = {"UNCOMPRESSED": "none"}
    return {column.path_in_schema: names.get(column.compression, column.compression.lower()) for column in columns}
