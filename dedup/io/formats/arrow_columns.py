"""Read batches from the columns of Arrow tables, both of Parquet files and in memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.dates import UnreadableDates, read_date_column
from dedup.errors import ColumnError
from dedup.io.bytes.file_changes import changed_error
from dedup.io.bytes.lines import runs
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import Reading
from dedup.io.bytes.surrogates import printable, to_bytes
from dedup.io.fields.field_counts import FieldCounts, add_to
from dedup.io.fields.field_survey import FieldSurvey
from dedup.io.fields.field_tree import FieldTree, Node, RankedValues
from dedup.io.fields.roles import DATE, ID, LABELS, ROLES, TEXT, Kind, clean_labels, is_usable, named_by
from dedup.io.formats.arrow_values import (
    STRINGS,
    as_binary,
    decoded,
    hexadecimal,
    holds_text,
    is_binary,
    is_list_of_texts,
    is_text,
    joined_lists,
    label_array,
    plain,
    plain_type,
    strings,
)
from dedup.io.formats.batch_builder import is_blank, joined_texts, name_records, without_long_texts
from dedup.io.read_options import ReadOptions, ReadTuning
from dedup.io.source import Batch, FilePiece
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column, or a field within one, that a role may be read from.

    Parameters
    ----------
    rank : int
    path : tuple of str
        The names of the column and of the fields within it.
    type : pa.DataType
    node : Node or None
        Of a list of objects the node of the tree below which its fields are looked for.
    is_other : bool
        Whether its path has names in other case.
    """

    rank: int
    path: tuple[str, ...]
    type: pa.DataType
    node: Node | None = None
    is_other: bool = False


Candidates = list[list[Candidate]]
"""For each role, the best first."""


def find_columns(tree: FieldTree, schema: pa.Schema, where: str, names: Sequence[str] | None = None) -> Candidates:
    """Find the columns to read, and refuse types that cannot be used.

    Parameters
    ----------
    tree : FieldTree
    schema : pa.Schema
    where : str
        The input, for messages.
    names : sequence of str, optional
        All columns of the input, for messages, if the schema has only some of them.

    Raises
    ------
    ColumnError
        When there is no column for the text, or none of strings or bytes; or an id is nested or boolean.
    """
    found: Candidates = [[] for _ in tree.roles]
    _walk(tree, list(schema), tree.nodes[0], (), False, found)
    texts = [one for role, some in enumerate(found) if tree.roles[role].kind is Kind.TEXT for one in some]
    if not texts:
        raise tree.missing(where, names_in(schema) if names is None else names)
    if not any(one.node is not None or is_text(one.type) for one in texts):
        hint = f"name another with {named_by('text')}"
        raise ColumnError(
            f"{where}: column {'.'.join(texts[0].path)!r} is {texts[0].type}", "strings or lists of them", hint
        )
    for one in found[ID][:1]:
        if tree.names[ID][one.rank] == tree.names[ID][0] and not _names_records(one):
            hint = f"name another with {named_by('id')}"
            raise ColumnError(f"{where}: column {'.'.join(one.path)!r} is {one.type}", "strings or numbers", hint)
    return [_fitting(tree, role, sorted(some, key=lambda one: one.rank)) for role, some in enumerate(found)]


def _fitting(tree: FieldTree, role: int, candidates: list[Candidate]) -> list[Candidate]:
    """Leave out columns whose type cannot be used."""
    kind = tree.roles[role].kind
    if kind is Kind.DATE:
        return candidates
    fits = is_text if kind is Kind.TEXT else _is_scalar
    candidates = [one for one in candidates if one.node is not None or fits(one.type)]
    if role == TEXT and candidates and candidates[0].rank < tree.first_abstract:
        return [one for one in candidates if one.rank < tree.first_abstract]
    return candidates


def _names_records(candidate: Candidate) -> bool:
    return candidate.node is not None or _is_scalar(candidate.type)


def _is_scalar(kind: pa.DataType) -> bool:
    kind = plain_type(kind)
    return not (pa.types.is_nested(kind) or pa.types.is_boolean(kind))


def _walk(
    tree: FieldTree,
    columns: Iterable[pa.Field],
    node: Node,
    path: tuple[str, ...],
    is_other: bool,
    found: Candidates,
) -> None:
    seen: set[str] = set()
    for column in columns:
        met = tree.child(node, column.name)
        if met is None or column.name in seen:
            continue
        seen.add(column.name)
        child, in_other_case, place = met[0], met[1] or is_other, (*path, column.name)
        for role, rank in child.ranks(in_other_case):
            found[role].append(Candidate(rank, place, column.type))
        kind = plain_type(column.type)
        if not child.children:
            continue
        if pa.types.is_struct(kind):
            _walk(tree, [kind.field(number) for number in range(kind.num_fields)], child, place, in_other_case, found)
        elif _is_list_of_objects(kind):
            for role, rank in sorted(set(_uses_below(tree, child))):
                found[role].append(Candidate(rank, place, column.type, child, in_other_case))


def _is_list_of_objects(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(is_list and pa.types.is_struct(plain_type(kind.value_type)))


def _uses_below(tree: FieldTree, node: Node) -> Iterator[tuple[int, int]]:
    for number in node.children.values():
        for in_other_case in (False, True):
            yield from tree.nodes[number].ranks(in_other_case)
        yield from _uses_below(tree, tree.nodes[number])


def wanted_columns(candidates: Candidates) -> list[str]:
    """Return the names of the columns to read as Parquet writes them; of nested columns, those of the fields."""
    return list(dict.fromkeys(".".join(one.path) for some in candidates for one in some))


def names_in(schema: pa.Schema) -> list[str]:
    """Return the names of columns, those of nested fields with dots."""
    names: list[str] = []

    def add(column: pa.Field, before: str) -> None:
        kind = plain_type(column.type)
        if pa.types.is_struct(kind) and kind.num_fields:
            for place in range(kind.num_fields):
                add(kind.field(place), f"{before}{column.name}.")
        else:
            names.append(f"{before}{column.name}")

    for column in schema:
        add(column, "")
    return names


def arrow_batch(
    file: str, first_row: int, records: pa.RecordBatch, tree: FieldTree, options: ReadOptions | None = None
) -> Batch:
    """Build a batch from the columns of a record batch.

    Parameters
    ----------
    file : str
        The input's name.
    first_row : int
        Row number of the first record.
    records : pa.RecordBatch
        May have further columns.
    tree : FieldTree
        The fields to read.
    options : ReadOptions, optional

    Returns
    -------
    Batch
        Rejected are only texts that are too long: a column's type holds for all records.
    """
    options = options or ReadOptions()
    batch = ArrowReader(file, first_row, records, tree).batch()
    return without_long_texts(batch, options.longest, options.tuning.raw_bytes)


class ArrowReader:
    """A reader of the fields of a record batch; parameters as for `arrow_batch`."""

    def __init__(self, file: str, first_row: int, records: pa.RecordBatch, tree: FieldTree) -> None:
        self._file = file
        self._row = np.arange(first_row, first_row + records.num_rows, dtype=np.int64)
        self._records = records
        self._tree = tree
        self._candidates = find_columns(tree, records.schema, file)
        self._counts = FieldCounts()
        self._lists: dict[tuple[str, ...], list[RankedValues]] = {}
        """By the path of a list of objects the values in it, for each record."""

    def batch(self) -> Batch:
        """Return the batch."""
        texts = self._text(TEXT)
        if len(self._tree.roles) > len(ROLES):
            parts = [self._text(role) for role in range(len(ROLES), len(self._tree.roles))]
            texts = joined_texts(texts, ~is_blank(texts).to_numpy(zero_copy_only=False), parts)
        labels = {role.name: self._labels(place) for place, role in LABELS}
        published, unread = self._dates()
        names = name_records(self._file, self._row, self._ids())
        return Batch(self._file, self._row, names, texts, published, clean_labels(labels), {}, unread, self._counts)

    def _columns(self, role: int) -> Iterator[tuple[int, pa.Array, npt.NDArray[np.bool_]]]:
        """Yield the columns of a role, the best first: rank, values, and the records for which it is used."""
        left = np.ones(len(self._row), bool)
        name = self._tree.roles[role].name
        for one in self._candidates[role]:
            array = self._column(one, role)
            filled = _filled(array)
            called = name, self._tree.names[role][one.rank]
            add_to(self._counts.present, *called, len(array))
            if not (pa.types.is_nested(array.type)):
                add_to(self._counts.filled, *called, int(filled.sum()))
            add_to(self._counts.used, *called, int((left & filled).sum()))
            yield one.rank, array, left & filled
            left &= ~filled

    def _column(self, candidate: Candidate, role: int) -> pa.Array:
        array = plain(self._records.column(self._records.schema.names.index(candidate.path[0])))
        for name in candidate.path[1:]:
            fields = [array.type.field(place).name for place in range(array.type.num_fields)]
            array = plain(pc.struct_field(array, [fields.index(name)]))
        if candidate.node is not None:
            return self._in_lists(array, candidate, role)
        return (
            joined_lists(array) if self._tree.roles[role].kind is Kind.TEXT and is_list_of_texts(array.type) else array
        )

    def _in_lists(self, array: pa.Array, candidate: Candidate, role: int) -> pa.Array:
        """Return the first usable value from lists of objects."""
        if candidate.path not in self._lists:
            self._lists[candidate.path] = self._values_in_lists(array, candidate)
        ranked = (values[role] for values in self._lists[candidate.path])
        usable = (
            next((v for rank, v in values if rank == candidate.rank and is_usable(self._tree.roles[role], v)), None)
            for values in ranked
        )
        return pa.array([None if value is None else to_bytes(str(value)) for value in usable], pa.binary())

    def _values_in_lists(self, array: pa.Array, candidate: Candidate) -> list[RankedValues]:
        """Return the values of each role in the objects of a list, for each record."""
        assert candidate.node is not None
        found: list[RankedValues] = []
        for value in array.cast(as_binary(array.type)).to_pylist():
            values: RankedValues = [[] for _ in self._tree.roles]
            self._tree.walk_value(decoded(value), candidate.node, candidate.is_other, values)
            found.append(values)
        return found

    def _text(self, role: int) -> pa.LargeBinaryArray:
        """Return the texts; if all are blank, the first that is not null."""
        columns = [(array.cast(pa.large_binary()), used) for _, array, used in self._columns(role)]
        if not columns:
            return pa.nulls(len(self._row), pa.large_binary())
        texts = columns[0][0] if len(columns) == 1 else pc.coalesce(*(array for array, _ in columns))
        for array, used in columns[1:]:
            if used.any():
                texts = pc.if_else(pa.array(used), array, texts)
        return texts

    def _ids(self) -> list[str | None]:
        values: list[str | None] = [None] * len(self._row)
        for place, (_, array, used) in enumerate(self._columns(ID)):
            strings_of_column = hexadecimal(array) if is_binary(array.type) else strings(array)
            if not place:
                values = strings_of_column
            elif used.any():
                values = [
                    one if is_used else old for one, old, is_used in zip(strings_of_column, values, used, strict=True)
                ]
        return values

    def _labels(self, role: int) -> pa.StringArray:
        labels = pa.nulls(len(self._row), pa.string())
        for place, (_, array, used) in enumerate(self._columns(role)):
            if not place:
                labels = label_array(array)
            elif used.any():
                labels = pc.if_else(pa.array(used), label_array(array), labels)
        return pc.if_else(pc.equal(pc.binary_length(labels), 0), pa.scalar(None, pa.string()), labels)

    def _dates(self) -> tuple[npt.NDArray[np.int64], UnreadableDates]:
        published, unread = np.full(len(self._row), NO_DATE), UnreadableDates()
        for _, array, used in self._columns(DATE):
            (rows,) = np.nonzero(used)
            if len(rows):
                published[rows], more = _dates(array.take(pa.array(rows)), self._tree.fields.date_format)
                unread = unread.and_then(more)
        return published, unread


def _filled(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Return where values are not empty: not null, not NaN, not a blank string."""
    if holds_text(array.type):
        filled = pc.invert(is_blank(array.cast(pa.large_binary())))
    elif pa.types.is_floating(array.type):
        filled = pc.fill_null(pc.invert(pc.is_nan(array)), False)
    else:
        filled = array.is_valid()
    return np.asarray(filled.to_numpy(zero_copy_only=False), bool)


def records_per_batch(records: int, size: int, tuning: ReadTuning) -> int:
    """Return the number of records in a batch, for an input of this many records and bytes."""
    return max(1, min(tuning.batch_records, tuning.batch_bytes * records // max(size, 1)))


def slices(table: pa.Table, tuning: ReadTuning | None = None) -> Iterator[pa.RecordBatch]:
    """Cut a table into record batches of the size of a batch."""
    tuning = tuning or ReadTuning()
    for records in table.to_batches(max_chunksize=records_per_batch(table.num_rows, table.nbytes, tuning)):
        yield from bounded(records, tuning)


def bounded(records: pa.RecordBatch, tuning: ReadTuning) -> Iterator[pa.RecordBatch]:
    """Cut a record batch in halves until none is larger than ``table_bytes``."""
    if records.num_rows < 2 or records.nbytes <= tuning.table_bytes:
        yield records
        return
    half = records.num_rows // 2
    yield from bounded(records.slice(0, half), tuning)
    yield from bounded(records.slice(half), tuning)


def table_pieces(
    file: str, batches: Iterable[pa.RecordBatch], tree: FieldTree, options: ReadOptions, reading: Reading
) -> Iterator[FilePiece]:
    """Yield the records of a file in pieces of bounded size, as many as are to be read; parameters as `arrow_batch`."""
    row = 1
    for records in itertools.chain.from_iterable(bounded(one, options.tuning) for one in batches):
        if reading.left == 0:
            return
        records = records.slice(0, reading.take(records.num_rows))
        yield FilePiece(partial(arrow_batch, file, row, records, tree, options), row, records.num_rows)
        row += records.num_rows


def kept_batches(
    file: InputFile,
    kept: npt.NDArray[np.bool_],
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema | None,
    is_limited: bool,
) -> Iterator[pa.RecordBatch]:
    """Yield the kept records of a file.

    Parameters
    ----------
    file : InputFile
    kept : bool array
        Of each record that was read.
    batches : iterable of pyarrow.RecordBatch
        The records of the file, read again.
    schema : pyarrow.Schema or None
        The one of all files: each file's own metadata gives way to it; the columns are the same.
    is_limited : bool
        Whether records may follow that were not read.

    Raises
    ------
    OutputError
        When the file has another number of records by now.
    """
    position = 0
    for records in batches:
        if position == len(kept) and is_limited:
            return
        keep = kept[position : position + records.num_rows]
        if len(keep) < records.num_rows and not is_limited:
            raise changed_error(file)
        position += len(keep)
        if keep.any():
            yield filtered(records.slice(0, len(keep)), keep).replace_schema_metadata(schema and schema.metadata)
    if position != len(kept):
        raise changed_error(file)


def sizes_of(records: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """Return the bytes of each record of a batch in memory, on average."""
    return np.full(records.num_rows, records.nbytes // max(records.num_rows, 1))


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


def _dates(array: pa.Array, form: str | None) -> tuple[npt.NDArray[np.int64], UnreadableDates]:
    return read_date_column(pa.array(strings(array), pa.string()) if holds_text(array.type) else array, form)


def records_of(sample: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    """Return records as dicts, without columns that Python cannot hold: far dates, bytes that are not UTF-8."""
    columns = {}
    for name in dict.fromkeys(sample.schema.names):
        with suppress(pa.ArrowException, ValueError, OverflowError, KeyError):
            columns[name] = sample.column(sample.schema.names.index(name)).to_pylist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def columns_of_dates(schema: pa.Schema, wanted: Sequence[str]) -> list[str]:
    """Return the columns that may hold dates and are not read."""
    return [
        column.name
        for column in schema
        if column.name not in wanted
        and (str(column.type) in STRINGS or pa.types.is_timestamp(column.type) or pa.types.is_date(column.type))
    ]


def survey_of_table(schema: pa.Schema, first: pa.RecordBatch | None) -> FieldSurvey:
    """Return the survey of a table: its columns, and which of the others hold dates.

    Parameters
    ----------
    schema : pa.Schema
    first : pa.RecordBatch or None
        The others, of the first records.
    """
    records = [] if first is None else records_of(first)
    return FieldSurvey(tuple(map(printable, names_in(schema))), FieldSurvey.of(records).dates)
