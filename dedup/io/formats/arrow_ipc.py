"""Read and write Arrow files: IPC files, which Feather files are, and IPC streams, as Hugging Face saves datasets."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

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
)
from dedup.io.formats.common_schema import CommonSchema
from dedup.io.kept_files import KeptFiles, count_kept
from dedup.io.kept_form import KeptForm
from dedup.io.read_options import ReadOptions
from dedup.io.source import FilePiece

if TYPE_CHECKING:
    from dedup.io.formats import KeptRecords

_FILE_MAGIC, _FIRST_FEATHER = b"ARROW1", b"FEA1"

_FIRST_MESSAGE = 8
"""Byte of a file, which is no stream, at which the first message begins."""

_LOOKED_AT = 1 << 20
"""Bytes of the first record batch in which compressed buffers begin, if it has any."""

_FRAMES = {"lz4": 0x184D2204, "zstd": 0xFD2FB528}
"""By codec, how its frames begin."""


class ArrowIpc:
    """The reader of Arrow files with a common schema, which writes their kept records to one ``kept.arrow``.

    Files of this machine are mapped, not read: what is not compressed takes no memory. A compressed record batch is
    held as a whole. Parameters as for `dedup.io.formats.FormatReader`.
    """

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None:
        self._format = file_format
        self._tree = tree
        self._options = options
        self._common = CommonSchema("Arrow")
        self.surveys: dict[str, FieldSurvey] = {}

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield a file in pieces, reading only the columns needed; a row is a record number.

        Raises
        ------
        InputError
            When the file is not Arrow, is damaged, or has not the schema of the files before.
        ColumnError
            When a column is missing or of a type that cannot serve.
        """
        schema, _ = _schema_of(file, self._options.scratch)
        if next(self._record_batches(file, schema.names[:1]), None) is None:  # of no records the types may be anything
            self._common.take(file, schema)
            return
        candidates = find_columns(self._tree, schema, file.name)
        self._common.take(file, schema)  # what lies beside the records of a folder need not have their schema
        wanted = list(dict.fromkeys(one.path[0] for some in candidates for one in some))
        others = [] if candidates[DATE] else columns_of_dates(schema, wanted)
        first = next(self._record_batches(file, others), None) if others else None
        sample = None if first is None else first.slice(0, SAMPLE_RECORDS)
        self.surveys[file.name] = survey_of_table(schema, sample)
        whole = self._record_batches(file, wanted, reading)
        yield from table_pieces(file.name, whole, self._tree, self._options, reading)

    def names(self, file: InputFile) -> Sequence[str]:
        """Return the columns of a file."""
        return self.surveys[file.name].names

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Write the kept records, as a stream if the first file is one."""
        begin = partial(_opened, files.form, self._options.scratch)
        with files.writer(self._format, count_kept(kept), begin) as output:
            for file, mask in kept:
                output.begin(file)
                for records in self._kept_batches([(file, mask)]):
                    for writer, part in output.cut(sizes_of(records)):
                        writer.write_batch(records[part])

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept records with all their columns."""
        batches = list(self._kept_batches(kept))
        return pa.Table.from_batches(batches, self._common.schema)

    def _kept_batches(self, kept: Sequence[KeptRecords]) -> Iterator[pa.RecordBatch]:
        for file, mask in kept:
            self._common.take(
                file, _schema_of(file, self._options.scratch)[0]
            )  # a run that is resumed has not read the files itself
            batches = self._record_batches(file, None)
            yield from kept_batches(file, mask, batches, self._common.schema, self._options.limit is not None)

    def _record_batches(
        self, file: InputFile, columns: list[str] | None, reading: Reading | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the records of a file in batches of bounded size; None: with all columns."""
        before = reading.bytes_read if reading is not None else 0
        with closing(_batches(file, columns, self._options.scratch)) as batches:
            for records, done in batches:
                most = records_per_batch(records.num_rows, records.nbytes, self._options.tuning)
                for start in range(0, records.num_rows, most):
                    yield records.slice(start, most)
                if reading is not None:
                    reading.bytes_read = before + done
        if reading is not None:
            reading.bytes_read = before + file.size()


@contextmanager
def _mapped(file: InputFile, scratch: Path | None) -> Iterator[pa.NativeFile]:
    """Map a file of this machine into memory; another one is read at the places that are wanted."""
    with in_any_order(file, scratch) as source:
        native = pa.memory_map(str(source)) if isinstance(source, Path) else pa.PythonFile(source, mode="r")
        with native:
            yield native


def _opened(form: KeptForm, scratch: Path | None, stream: ByteStream, file: InputFile) -> pa.RecordBatchWriter:
    """Begin a file with the schema of an input file, as a stream if that is one."""
    schema, is_stream = _schema_of(file, scratch)
    compression = _codec_of(file, scratch) if form.is_same else form.codec(file.format)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    return (pa.ipc.new_stream if is_stream else pa.ipc.new_file)(stream, schema, options=options)


def _codec_of(file: InputFile, scratch: Path | None) -> str | None:
    """Return what compresses the buffers of a file, by how the first ones of them begin: Arrow does not tell."""
    with _failures_of(file), _mapped(file, scratch) as mapped:
        _, is_stream = _reader(mapped)
        mapped.seek(0 if is_stream else _FIRST_MESSAGE)
        messages = pa.ipc.MessageReader.open_stream(mapped)
        message = next((one for one in messages if one.type == "record batch"), None)
        if message is None or message.body is None:
            return None
        # Buffers begin at multiples of eight bytes, compressed ones with eight bytes for their size.
        words = np.frombuffer(message.body[: min(len(message.body) // 8 * 8, _LOOKED_AT)], "<u4")[2::2]
        return next((name for name, magic in _FRAMES.items() if (words == magic).any()), None)


def _schema_of(file: InputFile, scratch: Path | None) -> tuple[pa.Schema, bool]:
    """Return the schema of a file, and whether it is a stream."""
    with _failures_of(file), _mapped(file, scratch) as mapped:
        reader, is_stream = _reader(mapped)
        return reader.schema, is_stream


def _batches(file: InputFile, columns: list[str] | None, scratch: Path | None) -> Generator[tuple[pa.RecordBatch, int]]:
    """Yield the record batches of a file as they are stored, each with the bytes of the file up to its end."""
    with _failures_of(file), _mapped(file, scratch) as mapped:
        reader, is_stream = _reader(mapped)
        if columns is not None:
            fields = [reader.schema.names.index(name) for name in columns]
            reader, _ = _reader(mapped, fields)
        if is_stream:
            for records in reader:
                yield records, mapped.tell()
            return
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number), mapped.size() * (number + 1) // reader.num_record_batches


def _reader(mapped: pa.NativeFile, fields: list[int] | None = None) -> tuple[Any, bool]:
    """Return Arrow's reader of a file from its beginning, and whether it is a stream."""
    mapped.seek(0)
    head = mapped.read(len(_FILE_MAGIC))
    if head.startswith(_FIRST_FEATHER):
        raise _FirstFeatherError
    is_stream = head != _FILE_MAGIC
    mapped.seek(0)
    options = pa.ipc.IpcReadOptions(included_fields=fields)
    return (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(mapped, options=options), is_stream


class _FirstFeatherError(Exception):
    """A file of Feather version 1, which is no Arrow file; Arrow is about to stop reading it."""


@contextmanager
def _failures_of(file: InputFile) -> Iterator[None]:
    """Report what goes wrong in the block as an error of the file."""
    try:
        yield
    except (FileNotFoundError, PermissionError) as error:
        raise unreadable(file, error) from error
    except _FirstFeatherError as error:
        hint = "convert it with pandas: read_feather(name).to_parquet(new_name)"
        raise InputError(f"{file.name} is a Feather file of version 1", "version 2, which is Arrow", hint) from error
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from error


def _damaged(file: InputFile, error: Exception) -> InputError:
    lines = str(error).splitlines() or [type(error).__name__]
    why = lines[0].rstrip(".")
    return InputError(f"{file.name} is not an Arrow file, or is damaged: {why}", hint="is the download complete?")
