"""Arrow columns to batches: what Parquet files and tables in memory have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dedup.errors import ColumnError
from dedup.io.assembly import name_records, without_long_texts
from dedup.io.columns import Columns, choose_columns
from dedup.io.dates import read_date_column
from dedup.io.encoding import readable
from dedup.io.lines import runs
from dedup.io.source import BATCH_BYTES, BATCH_RECORDS, LONGEST, Batch, Fields
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_BYTES = 4 * BATCH_BYTES
"""Bytes of a batch above which it is cut once more."""

_TEXT_TYPES = {"string", "large_string", "string_view", "binary", "large_binary", "binary_view", "null"}


def choose_arrow_columns(fields: Fields, schema: pa.Schema, where: str) -> Columns:
    """Choose the columns to read, and refuse types that cannot serve.

    Raises
    ------
    ColumnError
        As ``choose_columns``; also when the text is not a string or binary column, or the id is nested or boolean.
    """
    columns = choose_columns(fields, schema.names, where)
    text_type = schema.field(schema.names.index(columns.text)).type
    if not _holds_text(text_type):
        hint = "name another with --text-field (text_field=)"
        raise ColumnError(f"{where}: column {columns.text!r} is {text_type}", "strings", hint)
    if columns.id is not None:
        id_type = schema.field(schema.names.index(columns.id)).type
        if pa.types.is_nested(id_type) or pa.types.is_boolean(id_type):
            hint = "name another with --id-field (id_field=)"
            raise ColumnError(f"{where}: column {columns.id!r} is {id_type}", "strings or numbers", hint)
    return columns


def arrow_batch(file: str, first_row: int, records: pa.RecordBatch, columns: Columns, longest: int = LONGEST) -> Batch:
    """Build a batch from the chosen columns of a record batch.

    Parameters
    ----------
    file : str
        The input's name.
    first_row : int
        Row number of the first record.
    records : pa.RecordBatch
        May have further columns.
    columns : Columns
        From ``choose_arrow_columns``.
    longest : int
        Bytes of the longest text.

    Returns
    -------
    Batch
        Rejected are only texts that are too long: a column's type holds for all records.
    """
    count = records.num_rows
    row = np.arange(first_row, first_row + count, dtype=np.int64)

    def column(name: str) -> pa.Array:
        return _plain(records.column(records.schema.names.index(name)))

    ids = strings(column(columns.id)) if columns.id is not None else None
    sources = strings(column(columns.source)) if columns.source is not None else [None] * count
    published, unread = _dates(column(columns.date)) if columns.date is not None else (np.full(count, NO_DATE), 0)
    batch = Batch(
        file,
        row,
        name_records(file, row, ids, {}, lambda position: b""),
        column(columns.text).cast(pa.large_binary()),
        published,
        pa.array([source or None for source in sources], pa.string()),
        {},
        unread,
    )
    return without_long_texts(batch, longest)


def strings(array: pa.Array) -> list[str | None]:
    """Return the values of a column as strings; None for null, NaN and nested values."""
    if _holds_text(array.type):
        values = array.cast(pa.large_binary()).to_pylist()
        return [None if value is None else readable(value) for value in values]
    if pa.types.is_nested(array.type):
        return [None] * len(array)
    return [None if value is None or value != value else str(value) for value in array.to_pylist()]


def records_per_batch(records: int, size: int) -> int:
    """Return how many records make a batch, when so many take so many bytes."""
    return max(1, min(BATCH_RECORDS, BATCH_BYTES * records // max(size, 1)))


def slices(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """Cut a table into record batches of the size of a batch."""
    for records in table.to_batches(max_chunksize=records_per_batch(table.num_rows, table.nbytes)):
        yield from bounded(records)


def bounded(records: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a record batch that is much larger than most: where a few records are long those of the usual number are."""
    if records.num_rows < 2 or records.nbytes <= MOST_BYTES:
        yield records
        return
    half = records.num_rows // 2
    yield from bounded(records.slice(0, half))
    yield from bounded(records.slice(half))


def filtered(records: pa.RecordBatch, keep: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    """Return the records to keep, whatever their types."""
    try:
        return records.filter(pa.array(keep))
    except pa.ArrowNotImplementedError:
        # Arrow cannot filter its view types, which Polars uses, nor what nests them. It can slice and join them.
        (places,) = np.nonzero(keep)
        pieces = [records.slice(start, end - start) for start, end in runs(places, places + 1)]
        whole = pa.Table.from_batches(pieces, records.schema).combine_chunks()
        return next(iter(whole.to_batches()), records.slice(0, 0))


def _dates(array: pa.Array) -> tuple[npt.NDArray[np.int64], int]:
    return read_date_column(pa.array(strings(array), pa.string()) if _holds_text(array.type) else array)


def _plain(array: pa.Array) -> pa.Array:
    """Return the column without the wrapping of an extension type or a dictionary."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if not pa.types.is_dictionary(array.type):
        return array
    if _holds_text(array.type.value_type):  # decoded it may be larger than offsets of 32 bits can tell
        return array.dictionary.cast(pa.large_binary()).take(array.indices)
    return array.dictionary_decode()


def _holds_text(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):
        return _holds_text(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _holds_text(kind.value_type)
    return str(kind) in _TEXT_TYPES or pa.types.is_fixed_size_binary(kind)
