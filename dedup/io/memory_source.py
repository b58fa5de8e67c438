"""Read input that is in memory: Arrow tables and DataFrames, and iterables of dicts or strings."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError, ParamsError
from dedup.io.bytes.compressed_file import ByteStream
from dedup.io.bytes.encodings import UTF_8
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_survey import SAMPLE_RECORDS, FieldSurvey, names_of
from dedup.io.fields.field_tree import FieldTree, FieldValue
from dedup.io.fields.role_columns import RoleColumns
from dedup.io.fields.roles import ID, TEXT
from dedup.io.format_registry import format_named
from dedup.io.formats.arrow_columns import arrow_batch, filtered, find_columns, names_in, records_of, sizes_of, slices
from dedup.io.formats.batch_builder import BatchBuilder, kind, without_long_texts
from dedup.io.formats.dict_tables import json_bytes, table_of_dicts
from dedup.io.kept_files import KeptFiles
from dedup.io.kept_form import KeptForm
from dedup.io.notes.field_notes import field_notes, require_fields, summary_of_fields
from dedup.io.notes.input_counts import InputCounts, limit_notes
from dedup.io.notes.text_defects import defect_notes, inspected_batch
from dedup.io.places.local_file import LocalFile
from dedup.io.read_options import ReadOptions
from dedup.io.source import Batch, FilePiece, Piece, Rejection, Rows, pieces_with
from dedup.store.meter import NO_METER, Meter

if TYPE_CHECKING:
    import numpy.typing as npt


_WRITTEN = 1_000
"""Records that are written at a time."""


class _InMemory:
    """The common part of sources in memory."""

    name: str
    nothing: str
    kept_format: str
    inputs: Sequence[Path] = ()
    can_resume = False
    total_bytes: int | None = None

    @property
    def unpacked_bytes(self) -> int | None:
        """Bytes of the table, None for an iterable."""
        return self.total_bytes

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._tree = FieldTree(options.fields)
        self._counts = InputCounts()
        self._survey = FieldSurvey()
        self._format = format_named(self.kept_format)
        self._file = InputFile(LocalFile(Path(self.name)), self.name, self.name, self._format)

    def require_form(self, form: KeptForm) -> None:
        """Refuse a form that the kept records cannot have."""
        form.require([self._format])
        if form.is_same:
            raise ParamsError("layout 'same' with records in memory", "files")

    @property
    def notes(self) -> list[str]:
        """Notes on fields and texts, or that there are no records."""
        if not self._counts.records:
            return [self.nothing]
        defects = defect_notes([(self.name, self._counts.charset, self._counts.defects)])
        limit = limit_notes(self._options.limit, self._counts.records)
        return [*limit, *field_notes(self._options.fields, [(self.name, self._counts, self._survey)]), *defects]

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that were used."""
        read = [(self.name, self._counts.fields)] if self._counts.fields.present else []
        return summary_of_fields(self._options.fields, read)

    @property
    def files_read(self) -> list[dict[str, Any]]:
        """Nothing, because no file is read."""
        return []

    @property
    def settings(self) -> dict[str, Any]:
        """An empty value, because no other process can resume."""
        return {}

    def accept(self, batch: Batch) -> None:
        """Count a batch; errors as in ``Source``."""
        self._counts.add(batch, self._options.strict)

    def finish(self) -> None:
        """Refuse an input without a usable record, or without a named field."""
        self._counts.close(self.name)
        if self._options.fail_on_empty and not self._counts.records:
            raise InputError(self.nothing)
        if self._counts.records:
            require_fields(self._tree, [(self.name, self._counts, self._survey)], self.name, self._names)

    def _names(self) -> Iterable[str]:
        """Return the fields of all records."""
        return self._survey.names

    def _inspected(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        return (partial(inspected_batch, piece, UTF_8, self._options.tuning.raw_bytes) for piece in pieces)

    def state(self) -> dict[str, Any]:
        """Return nothing, because no other process can resume."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Refuse, because the memory of another process is gone."""
        raise InputError(f"{self.name} in memory cannot be resumed", "files", "run without --resume")


class TableSource(_InMemory):
    """An Arrow table.

    Parameters
    ----------
    table : pa.Table
        Shared, not copied.
    options : ReadOptions
    """

    name = "table"
    nothing = "no records in the table"
    kept_format = "parquet"

    def __init__(self, table: pa.Table, options: ReadOptions) -> None:
        super().__init__(options)
        table = table if options.limit is None else table.slice(0, options.limit)
        self._table = table
        if table.num_rows:  # of none the types may be anything
            find_columns(self._tree, table.schema, self.name)
        self._survey = FieldSurvey(tuple(map(printable, names_in(table.schema))))
        self.total_bytes = int(table.nbytes)
        self.bytes_read = 0

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Yield the table in pieces; a row is a record number."""
        self.bytes_read = 0
        self._counts = InputCounts()
        sample = FieldSurvey.of(records_of(self._table.slice(0, SAMPLE_RECORDS)))
        self._survey = FieldSurvey(self._survey.names, sample.dates, sample.texts)
        return itertools.islice(self._inspected(self._pieces()), skip, None)

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        """Write the kept records to ``kept.parquet``."""
        files = KeptFiles(place, form, meter)
        table, codec = self.kept_table(kept), files.form.codec(self._format) or "zstd"
        with files.writer(self._format, table.num_rows, partial(_TableFile, table.schema, codec)) as output:
            output.begin(self._file)
            for records in slices(table, self._options.tuning):
                for sink, part in output.cut(sizes_of(records)):
                    sink.write(records[part])
        return files.names

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept rows of the table."""
        position = 0
        batches = []
        for records in slices(self._table, self._options.tuning):
            batches.append(filtered(records, kept[position : position + records.num_rows]))
            position += records.num_rows
        return pa.Table.from_batches(batches, self._table.schema)

    def read_again(self, rows: Rows) -> Iterator[Batch]:
        """Parse the slices of the table again that hold these rows."""
        if self.name in rows:
            for piece in pieces_with(self._pieces(), rows[self.name]):
                yield piece()

    def _pieces(self) -> Iterator[FilePiece]:
        row = 1
        for records in slices(self._table, self._options.tuning):
            parse = partial(arrow_batch, self.name, row, records, self._tree, self._options)
            yield FilePiece(parse, row, records.num_rows)
            row += records.num_rows
            self.bytes_read = self.total_bytes * (row - 1) // self._table.num_rows


class _TableFile:
    """A Parquet file that is written, all of it at its end: what it is made of is in memory anyway.

    Parameters
    ----------
    schema : pa.Schema
    codec : str
    stream : ByteStream
    file : InputFile
        Nothing is read of it.
    """

    def __init__(self, schema: pa.Schema, codec: str, stream: ByteStream, file: InputFile) -> None:
        self._schema, self._codec, self._stream = schema, codec, stream
        self._records: list[pa.RecordBatch] = []

    def write(self, records: pa.RecordBatch) -> None:
        """Take records."""
        self._records.append(records)

    def close(self) -> None:
        """Write the file."""
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_batches(self._records, self._schema), self._stream, compression=self._codec)


class RecordSource(_InMemory):
    """An iterable of dicts, or of strings that are texts; it is read once, and its items are kept.

    Parameters
    ----------
    records : iterable of dict or str
        Of a list or tuple the items are shared, not copied.
    options : ReadOptions
    """

    name = "records"
    nothing = "no records: there is nothing in the list"
    kept_format = "jsonl"
    total_bytes = None
    bytes_read = 0

    def __init__(self, records: Iterable[Any], options: ReadOptions) -> None:
        super().__init__(options)
        self._incoming: Iterator[Any] = itertools.islice(records, options.limit)
        self._records: list[Any] = []

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Yield the records in pieces; a row is a record number, and the id of a string."""
        return itertools.islice(self._inspected(self._pieces()), skip, None)

    def _names(self) -> Iterable[str]:
        return names_of(record for record in self._records if isinstance(record, Mapping))

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        """Write the kept records to ``kept.jsonl``, a string as an object of ``id`` and ``text``."""
        files = KeptFiles(place, form, meter)
        lines = (json_bytes(record) + b"\n" for record in self._kept(kept))
        with files.writer(self._format, int(kept.sum()), lambda stream, _: stream) as output:
            output.begin(self._file)
            while some := list(itertools.islice(lines, _WRITTEN)):
                for stream, part in output.cut([*map(len, some)]):
                    stream.writelines(some[part])
        return files.names

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records with every key that any of them has."""
        return table_of_dicts(list(self._kept(kept)))

    def read_again(self, rows: Rows) -> Iterator[Batch]:
        """Parse these records again."""
        for row in rows[self.name].tolist() if self.name in rows else ():
            yield _batch(self.name, self._records[row - 1 : row], row - 1, self._tree, self._options)

    def _kept(self, kept: npt.NDArray[np.bool_]) -> Iterator[Mapping[str, Any]]:
        for number, (record, keep) in enumerate(zip(self._records, kept.tolist(), strict=True), 1):
            if keep:
                yield {"id": str(number), "text": str(record)} if isinstance(record, str) else record

    def _pieces(self) -> Iterator[Piece]:
        beginning = list(itertools.islice(self._incoming, SAMPLE_RECORDS))
        self._incoming = itertools.chain(beginning, self._incoming)
        self._survey = FieldSurvey.of([record for record in beginning if isinstance(record, Mapping)])
        done = 0
        for batch in self._cut():
            yield partial(_batch, self.name, batch, done, self._tree, self._options)
            done += len(batch)

    def _cut(self) -> Iterator[list[Any]]:
        """Cut the iterable into batches, remembering every item."""
        tuning = self._options.tuning
        batch: list[Any] = []
        size = 0
        for record in self._incoming:
            self._records.append(record)
            batch.append(record)
            texts = record.values() if isinstance(record, Mapping) else (record,)
            size += sum(len(value) for value in texts if isinstance(value, str))
            if len(batch) >= tuning.batch_records or size >= tuning.batch_bytes:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


def _batch(file: str, records: list[Any], done: int, tree: FieldTree, options: ReadOptions) -> Batch:
    rejected: dict[int, Rejection] = {}
    mappings: dict[int, Mapping[Any, Any]] = {}
    texts: dict[int, str] = {}
    for position, record in enumerate(records):
        if isinstance(record, str):
            texts[position] = record
        elif isinstance(record, Mapping):
            mappings[position] = record
        else:
            rejected[position] = Rejection.of(f"{kind(record)}, expected a dict or a string", json_bytes(record))
    row = np.arange(done + 1, done + 1 + len(records), dtype=np.int64)
    columns = RoleColumns.of_records(tree, mappings, len(records))
    for position, text in texts.items():  # whose id is the number of the row
        columns.by_role[TEXT].put(position, FieldValue(text, 0, ""))
        columns.by_role[ID].put(position, FieldValue(str(row[position]), 0, ""))
    builder = BatchBuilder(file, row, tree, rejected, lambda position: json_bytes(records[position]))
    batch = without_long_texts(builder.batch(columns), options.longest, options.tuning.raw_bytes)
    return replace(batch, numbered=bool(texts))


IN_MEMORY = (TableSource.name, RecordSource.name)
"""What decisions call the inputs that no later process can read."""
