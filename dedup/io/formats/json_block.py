"""Parse a block of JSON lines to a batch, with the kernel, and in Python for lines that the kernel leaves.

The kernel takes the lines that are plainly good. The others go through orjson, which takes only strict JSON in valid
UTF-8. What it refuses is read again by the standard library with undecodable bytes kept, and only what that refuses too
is rejected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dedup.dates import UnreadableDates, read_date_column, read_dates
from dedup.io.fields.field_counts import FieldCounts, add_to
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.role_columns import RoleColumns
from dedup.io.fields.roles import DATE, ID, LABELS, ROLES, TEXT, clean_labels
from dedup.io.formats.batch_builder import BatchBuilder, joined_texts, kind, names_of_rows
from dedup.io.source import Batch, Rejection
from dedup.kernels import json_fields as kernel
from dedup.kernels.simd import BLOCK

if TYPE_CHECKING:
    import numpy.typing as npt

_LARGEST_BLOCK = 2**31 - 1
"""Bytes of ids that Arrow's strings can hold."""

_LONGEST_KEY = 100


class BlockReader:
    """A parser of blocks of one file's lines, for any number of threads.

    Parameters
    ----------
    file : str
        The file's name.
    tree : FieldTree
        The fields to read.
    are_texts : bool
        Whether strings are records, with nothing but a text.
    """

    def __init__(self, file: str, tree: FieldTree, are_texts: bool = False) -> None:
        self._file = file
        self._tree = tree
        self._are_texts = are_texts
        self._arrays = None if are_texts else arrays_of(tree)

    def batch(self, block: bytes, lines: int, first_row: int) -> Batch:
        """Parse whole lines.

        Parameters
        ----------
        block : bytes
            The last line may lack its line feed.
        lines : int
            How many there are.
        first_row : int
            Row number of the first.
        """
        if self._arrays is None or len(block) > _LARGEST_BLOCK:
            every = block.removesuffix(b"\n").split(b"\n")
            return parsed_batch(self._file, every, range(first_row, first_row + lines), self._tree, self._are_texts)
        if not block.endswith(b"\n"):
            block += b"\n"
        buffers = FieldBuffers.of(self._tree, len(block), lines)
        line, left = np.empty(lines, np.int64), np.empty((lines, 3), np.int64)
        room = np.empty((kernel.ROOM, kernel.WIDTH), np.int64)
        n, n_left = kernel.read_lines(np.frombuffer(block, np.uint8), *self._arrays, *buffers, room, line, left)
        block_fields = _BlockFields(self._tree, buffers, n)
        row = first_row + line[:n]
        ids = block_fields.strings(ID)
        if ids.null_count:
            ids = pc.coalesce(ids, names_of_rows(self._file, row))
        published, unread = block_fields.dates()
        labels = clean_labels({role.name: block_fields.strings(place) for place, role in LABELS})
        counts = block_fields.counts
        batch = Batch(self._file, row, ids, block_fields.texts(), published, labels, {}, unread, counts)
        return batch if not n_left else self._with_rest(batch, block, left[:n_left])

    def _with_rest(self, batch: Batch, block: bytes, left: npt.NDArray[np.int64]) -> Batch:
        """Read the lines that the kernel has left, and insert them in their places."""
        places, starts, ends = left.T
        lines = [block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        rest = parsed_batch(self._file, lines, batch.row[places].tolist(), self._tree)
        of_kernel = np.delete(np.arange(len(batch.row)), places)
        row = np.concatenate([batch.row[of_kernel], rest.row])
        order = np.argsort(row)
        chosen = np.concatenate([of_kernel, len(batch.row) + np.arange(len(rest.row))])[order]
        place_of_rest = np.argsort(order)[len(of_kernel) :].tolist()
        counts = FieldCounts()
        counts.add(batch.fields)
        counts.add(rest.fields)

        def merged(ours: pa.Array, theirs: pa.Array) -> pa.Array:
            return pa.concat_arrays([ours, theirs]).take(pa.array(chosen))

        return Batch(
            batch.file,
            row[order],
            merged(batch.id, rest.id),
            merged(batch.text, rest.text),
            np.concatenate([batch.published, rest.published])[chosen],
            {name: merged(labels, rest.labels[name]) for name, labels in batch.labels.items()},
            {place_of_rest[position]: rejection for position, rejection in rest.rejected.items()},
            batch.unread.and_then(rest.unread),
            counts,
        )


class _BlockFields:
    """The fields of the first ``n`` records that the kernel has written, as Arrow arrays."""

    def __init__(self, tree: FieldTree, buffers: FieldBuffers, n: int) -> None:
        self._tree = tree
        self._data, self._counts = buffers.data, buffers.counts
        self._kinds, self._ends, self._ranks = buffers.kinds[:, :n], buffers.ends[:, : n + 1], buffers.ranks[:, :n]

    def strings(self, role: int, even_empty: bool = False) -> pa.StringArray:
        """Return the values of a role, null if missing or empty."""
        # Copies: ids are held to the end of the run, the buffers must not be.
        is_known = self._kinds[role] != kernel.MISSING
        if not even_empty:
            is_known &= self._ends[role, 1:] > self._ends[role, :-1]
        offsets = self._ends[role].astype(np.int32)
        return _strings(pa.string(), offsets, self._data[role, : offsets[-1]].copy(), is_known)

    def texts(self) -> pa.LargeBinaryArray:
        """Return the texts, joined if there are several fields."""
        parts = [self._text(role) for role in range(len(ROLES), len(self._tree.roles))]
        return (
            joined_texts(self._text(TEXT), self._ranks[TEXT] != kernel.MISSING_RANK, parts)
            if parts
            else self._text(TEXT)
        )

    def dates(self) -> tuple[npt.NDArray[np.int64], UnreadableDates]:
        """Return the dates as microseconds, and a count of those that cannot be read."""
        values, kinds = self.strings(DATE, even_empty=True), self._kinds[DATE]
        form = self._tree.fields.date_format
        if form is None and not (kinds == kernel.INTEGER).any():
            return read_date_column(values)
        found = values.to_pylist()
        for place in np.flatnonzero(kinds == kernel.INTEGER).tolist():
            found[place] = int(found[place])
        return read_dates(found, form)

    @property
    def counts(self) -> FieldCounts:
        """The counts of the fields that were present and used; shared by blocks of alike lines."""
        width = kernel.MISSING_RANK + 1
        places = np.arange(len(self._ranks))[:, np.newaxis] * width
        used = np.bincount((self._ranks + places).ravel(), minlength=len(self._ranks) * width)
        return _field_counts(self._tree, used.tobytes(), self._counts.tobytes())

    def _text(self, role: int) -> pa.LargeBinaryArray:
        ends = self._ends[role]
        return _strings(pa.large_binary(), ends, self._data[role], self._kinds[role] != kernel.MISSING)


@lru_cache(64)  # many small files have the same fields
def _field_counts(tree: FieldTree, used_bytes: bytes, present_bytes: bytes) -> FieldCounts:
    """Count fields, given in how many records each was used, and in how many present and filled."""
    counts = FieldCounts()
    used = np.frombuffer(used_bytes, np.int64).reshape(len(tree.roles), kernel.MISSING_RANK + 1)
    for place, rank in zip(*(found.tolist() for found in np.nonzero(used[:, : kernel.MISSING_RANK])), strict=True):
        add_to(counts.used, tree.roles[place].name, tree.names[place][rank], int(used[place, rank]))
    found = np.frombuffer(present_bytes, np.int64).reshape(len(tree.nodes), 2)
    for node in np.flatnonzero(found[:, kernel.PRESENT]).tolist():
        for place, rank, _ in tree.nodes[node].uses:
            called = tree.roles[place].name, tree.names[place][rank]
            add_to(counts.present, *called, int(found[node, kernel.PRESENT]))
            add_to(counts.filled, *called, int(found[node, kernel.FILLED]))
    return counts


class FieldBuffers(NamedTuple):
    """The arrays that the kernel writes fields to: the parameters of `kernels.json_fields.read_lines`."""

    data: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]
    ranks: npt.NDArray[np.uint8]
    counts: npt.NDArray[np.int64]

    @staticmethod
    def of(tree: FieldTree, size: int, lines: int) -> FieldBuffers:
        """Return arrays large enough for the fields of a block of this many bytes and lines."""
        roles = len(tree.roles)
        return FieldBuffers(
            np.empty((roles, size + BLOCK), np.uint8),
            np.empty((roles, lines + 1), np.int64),
            np.empty((roles, lines), np.uint8),
            np.empty((roles, lines), np.uint8),
            np.zeros((len(tree.nodes), 2), np.int64),
        )


@lru_cache(4)  # in a profile of 10,000 files of a line each, a third of the time was spent here
def arrays_of(
    tree: FieldTree,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int32]] | None:
    """Return the tree in the form of the kernel (keys, nodes and heads), or None if it does not fit that form."""
    objects = {number: place for place, number in enumerate(_objects(tree))}
    try:
        keys = [node.key.encode() for node in tree.nodes]
    except UnicodeEncodeError:  # the name has bytes that are not UTF-8
        return None
    longest = max(map(len, keys))
    fits = len(objects) <= kernel.WIDTH - 2 and len(tree.roles) <= kernel.WIDTH and longest <= _LONGEST_KEY
    if not (tree.is_plain and fits and all(keys[1:])):
        return None
    heads = np.full((len(objects), longest + 1), -1, np.int32)
    nodes = np.zeros((len(keys), kernel.NODE), np.int64)
    nodes[:, kernel.START] = np.cumsum([0, *map(len, keys[:-1])])
    nodes[:, kernel.FOLLOWING] = -1
    nodes[:, kernel.OBJECT] = [objects.get(number, -1) for number in range(len(keys))]
    nothing = (-1, 0, 0)
    uses = [(*node.uses, nothing, nothing)[:2] for node in tree.nodes]
    nodes[:, kernel.ROLE : kernel.SECOND_ROLE] = [first for first, _ in uses]
    nodes[:, kernel.SECOND_ROLE :] = [second for _, second in uses]
    nodes[0, kernel.RANK], nodes[0, kernel.OTHER_RANK] = tree.first_abstract, len(ROLES)
    for number, place in objects.items():
        nodes[list(tree.nodes[number].folded.values()), kernel.FOLDS] = 1
        for child in tree.nodes[number].children.values():
            size = len(keys[child])
            nodes[child, kernel.FOLLOWING], heads[place, size] = heads[place, size], child
    return np.frombuffer(b"".join(keys) or b" ", np.uint8), nodes, heads


def _objects(tree: FieldTree) -> list[int]:
    return [number for number, node in enumerate(tree.nodes) if node.children or not number]


def _strings(
    type: pa.DataType, offsets: npt.NDArray[np.integer], data: npt.NDArray[np.uint8], is_known: npt.NDArray[np.bool_]
) -> pa.Array:
    """Return an Arrow array over these buffers, null where there is no value."""
    bits = None if is_known.all() else pa.py_buffer(np.packbits(is_known, bitorder="little"))
    return pa.Array.from_buffers(type, len(is_known), [bits, pa.py_buffer(offsets), pa.py_buffer(data)])


def parsed_batch(
    file: str, lines: list[bytes], numbers: Iterable[int], tree: FieldTree, are_texts: bool = False
) -> Batch:
    """Build a batch from lines through a Python object for each.

    Parameters
    ----------
    file : str
    lines : list of bytes
        Without their line feeds; blank ones are no records.
    numbers : iterable of int
        Their row numbers.
    tree : FieldTree
    are_texts : bool
        As for `BlockReader`.
    """
    rows: list[int] = []
    kept: list[bytes] = []
    records: list[Mapping[str, Any]] = []
    rejected: dict[int, Rejection] = {}
    for row, line in zip(numbers, lines, strict=True):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            if not line.strip():
                continue
            record = parse(line, are_texts)
        if record.__class__ is not dict:
            record = record if isinstance(record, Rejection) else parse(line, are_texts)
            if isinstance(record, Rejection):
                rejected[len(rows)], record = record, {}
        rows.append(row)
        kept.append(line)
        records.append(record)

    def exact(position: int) -> Mapping[str, Any]:
        # orjson rounds integers of more than 64 bits; an id must not be rounded.
        record = _parse_leniently(kept[position])
        return record if isinstance(record, dict) else records[position]

    builder = BatchBuilder(file, np.array(rows, np.int64), tree, rejected, kept.__getitem__)
    return builder.batch(RoleColumns.of_records(tree, dict(enumerate(records)), len(records)), exact)


def parse(line: bytes, are_texts: bool = False) -> dict[str, Any] | Rejection:
    """Read one line as an object, or return the reason why it is none; ``are_texts``: a string is a text."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = _parse_leniently(line)
    if isinstance(record, (dict, Rejection)):
        return record
    if are_texts and isinstance(record, str):
        return {"text": record}
    return Rejection.of(f"{kind(record)}, expected an object", line)


def _parse_leniently(line: bytes) -> Any:
    """Read a line that orjson refuses (invalid UTF-8, lone surrogates, NaN, control characters), or say why not."""
    text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff")  # as where files were concatenated
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        problem = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
        return Rejection.of(f"not JSON: {problem} at column {error.colno}", line)
    except RecursionError:
        return Rejection.of("not readable JSON: nested too deeply", line)
    except ValueError as error:  # an integer of thousands of digits
        return Rejection.of(f"not readable JSON: {error}", line)
