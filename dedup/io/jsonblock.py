"""A block of JSON lines to a batch: by the kernel, and what that leaves line by line in Python.

The kernel takes the lines that are plainly good. The others go through orjson, which takes only strict JSON in valid
UTF-8. What it refuses is read again by the standard library with undecodable bytes kept, and only what that refuses too
is rejected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dedup.io.assembly import assemble, kind, names_of_rows
from dedup.io.columns import Columns
from dedup.io.dates import read_date_column, read_dates
from dedup.io.source import Batch, Rejection
from dedup.kernels import json as kernel
from dedup.kernels.simd import BLOCK

if TYPE_CHECKING:
    import numpy.typing as npt

_LARGEST_BLOCK = 2**31 - 1
"""Bytes of ids that Arrow's strings can hold."""


class BlockReader:
    """Makes batches of the lines of one file, on any number of threads.

    Parameters
    ----------
    file : str
        The file's name.
    columns : Columns
        The fields to read.
    """

    def __init__(self, file: str, columns: Columns) -> None:
        self._file = file
        self._columns = columns
        names = [columns.text, columns.id, columns.date, columns.source]
        wanted = [name for name in names if name is not None]
        self._plain = all(wanted) and len(set(wanted)) == len(wanted)
        try:
            encoded = [(name or "").encode() for name in names]
        except UnicodeEncodeError:  # the name has bytes that are not UTF-8
            self._plain, encoded = False, []
        self._names = np.frombuffer(b"".join(encoded) or b" ", np.uint8)
        self._name_ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)

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
        if not self._plain or len(block) > _LARGEST_BLOCK:
            every = block.removesuffix(b"\n").split(b"\n")
            return parsed_batch(self._file, every, range(first_row, first_row + lines), self._columns)
        if not block.endswith(b"\n"):
            block += b"\n"
        size = len(block) + BLOCK
        text, sides = np.empty(size, np.uint8), np.empty((kernel.FIELDS - 1, size), np.uint8)
        ends = np.empty((kernel.FIELDS, lines + 1), np.int64)
        kinds = np.empty((kernel.FIELDS, lines), np.uint8)
        line, left = np.empty(lines, np.int64), np.empty((lines, 3), np.int64)
        data = np.frombuffer(block, np.uint8)
        n, n_left = kernel.read_lines(data, self._names, self._name_ends, text, sides, ends, kinds, line, left)
        row, kinds, ends = first_row + line[:n], kinds[:, :n], ends[:, : n + 1]

        def side(field: int, known: npt.NDArray[np.bool_]) -> pa.StringArray:
            # Copies: ids are held to the end of the run, the buffers must not be.
            offsets = ends[field].astype(np.int32)
            return _strings(pa.string(), offsets, sides[field - 1, : offsets[-1]].copy(), known)

        filled = (kinds != kernel.MISSING) & (ends[:, 1:] > ends[:, :-1])
        ids = side(kernel.ID, filled[kernel.ID])
        if ids.null_count:
            ids = pc.coalesce(ids, names_of_rows(self._file, row))
        published, unread = _dates(side(kernel.DATE, kinds[kernel.DATE] != kernel.MISSING), kinds[kernel.DATE])
        sources = side(kernel.SOURCE, filled[kernel.SOURCE])
        texts = _strings(pa.large_binary(), ends[kernel.TEXT], text, kinds[kernel.TEXT] != kernel.MISSING)
        batch = Batch(self._file, row, ids, texts, published, sources, {}, unread)
        return batch if not n_left else self._with_rest(batch, block, left[:n_left])

    def _with_rest(self, batch: Batch, block: bytes, left: npt.NDArray[np.int64]) -> Batch:
        """Read the lines that the kernel has left and put them in their places."""
        places, starts, ends = left.T
        lines = [block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        rest = parsed_batch(self._file, lines, batch.row[places].tolist(), self._columns)
        taken = np.delete(np.arange(len(batch.row)), places)
        row = np.concatenate([batch.row[taken], rest.row])
        order = np.argsort(row)
        chosen = np.concatenate([taken, len(batch.row) + np.arange(len(rest.row))])[order]
        place_of_rest = np.argsort(order)[len(taken) :].tolist()

        def merged(ours: pa.Array, theirs: pa.Array) -> pa.Array:
            return pa.concat_arrays([ours, theirs]).take(pa.array(chosen))

        return Batch(
            batch.file,
            row[order],
            merged(batch.id, rest.id),
            merged(batch.text, rest.text),
            np.concatenate([batch.published, rest.published])[chosen],
            merged(batch.source, rest.source),
            {place_of_rest[position]: rejection for position, rejection in rest.rejected.items()},
            batch.unread_dates + rest.unread_dates,
        )


def _strings(
    type: pa.DataType, offsets: npt.NDArray[np.integer], data: npt.NDArray[np.uint8], known: npt.NDArray[np.bool_]
) -> pa.Array:
    """Return an Arrow array over these buffers, null where not known."""
    bits = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(type, len(known), [bits, pa.py_buffer(offsets), pa.py_buffer(data)])


def _dates(values: pa.StringArray, kinds: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], int]:
    if not (kinds == kernel.INTEGER).any():
        return read_date_column(values)
    found = values.to_pylist()
    for place in np.flatnonzero(kinds == kernel.INTEGER).tolist():
        found[place] = int(found[place])
    return read_dates(found)


def parsed_batch(file: str, lines: list[bytes], numbers: Iterable[int], columns: Columns) -> Batch:
    """Build a batch from lines by a Python object for each.

    Parameters
    ----------
    file : str
    lines : list of bytes
        Without their line feeds; blank ones are no records.
    numbers : iterable of int
        Their row numbers.
    columns : Columns
    """
    rows: list[int] = []
    kept: list[bytes] = []
    records: list[dict[str, Any]] = []
    rejected: dict[int, Rejection] = {}
    for row, line in zip(numbers, lines, strict=True):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            if not line.strip():
                continue
            record = parse(line)
        if record.__class__ is not dict:
            rejected[len(rows)] = record if isinstance(record, Rejection) else parse(line)  # type: ignore[assignment]
            record = {}
        rows.append(row)
        kept.append(line)
        records.append(record)

    def raw(position: int) -> bytes:
        return kept[position]

    def values(name: str | None) -> list[Any] | None:
        return None if name is None else [record.get(name) for record in records]

    ids = values(columns.id)
    if ids and columns.id and float in set(map(type, ids)):
        # orjson rounds integers of more than 64 bits; an id must not be rounded.
        for position, value in enumerate(ids):
            if isinstance(value, float) and isinstance(exact := _parse_leniently(raw(position)), dict):
                ids[position] = exact[columns.id]
    text = [record.get(columns.text) for record in records]
    row_numbers = np.array(rows, np.int64)
    return assemble(file, row_numbers, text, ids, values(columns.date), values(columns.source), rejected, raw)


def parse(line: bytes) -> dict[str, Any] | Rejection:
    """Read one line as an object, or say why it is none."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = _parse_leniently(line)
    if isinstance(record, (dict, Rejection)):
        return record
    return Rejection.of(f"{kind(record)}, expected an object", line)


def _parse_leniently(line: bytes) -> Any:
    """Read a line that orjson refuses: invalid UTF-8, lone surrogates, NaN, control characters; or say why not."""
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
