"""Parsed values side by side to a batch: which records are rejected, what an id, a source, a text becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.io.dates import read_dates
from dedup.io.encoding import printable, to_bytes
from dedup.io.source import RAW_BYTES, Batch, Rejection
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    import numpy.typing as npt

_TEXT_OR_NOTHING = {str, type(None)}


def assemble(
    file: str,
    row: npt.NDArray[np.int64],
    text: list[Any],
    id: Sequence[Any] | None,
    date: Sequence[Any] | None,
    source: Sequence[Any] | None,
    rejected: dict[int, Rejection],
    raw: Callable[[int], bytes],
) -> Batch:
    """Build a batch from parsed values.

    Parameters
    ----------
    file : str
        The file's name.
    row : int64 array, shape (n,)
        Row numbers.
    text : list
        A string or None, else the record is rejected. Rejected records hold None here and in the other fields.
    id, date, source : sequence or None
        Values of these fields; None when the input has no such field. An id must be a string or a number.
    rejected : dict of int to Rejection
        Rejected so far, by position; extended in place.
    raw : callable
        Gives the bytes of the record at a position.

    Returns
    -------
    Batch
    """
    if not set(map(type, text)) <= _TEXT_OR_NOTHING:
        for position, value in enumerate(text):
            if value is not None and not isinstance(value, str):
                rejected[position] = Rejection.of(f"text is {kind(value)}, expected a string", raw(position))
                text[position] = None
    ids = name_records(file, row, id, rejected, raw)
    for position in rejected:
        text[position] = None
    published, unread = read_dates(date) if date is not None else (np.full(len(row), NO_DATE), 0)
    sources = pa.nulls(len(row), pa.string()) if source is None else pa.array(map(_source, source), pa.string())
    return Batch(file, row, ids, text_array(text), published, sources, rejected, unread)


def name_records(
    file: str,
    row: npt.NDArray[np.int64],
    values: Sequence[Any] | None,
    rejected: dict[int, Rejection],
    raw: Callable[[int], bytes],
) -> pa.StringArray:
    """Return the ids, ``file:row`` for those without; parameters as for ``assemble``."""
    if values is None:
        return names_of_rows(file, row)
    if set(map(type, values)) == {str} and all(values) and "".join(values).isascii():  # as ids mostly are
        return pa.array(values, pa.string())
    ids = []
    for position, value in enumerate(values):
        if isinstance(value, str) and value:
            ids.append(printable(value))
        elif isinstance(value, Real) and not isinstance(value, bool) and value == value:
            ids.append(str(value))
        else:
            ids.append(f"{file}:{row[position]}")
            if value is not None and value != "" and value == value and position not in rejected:
                rejected[position] = Rejection.of(f"id is {kind(value)}, expected a string or a number", raw(position))
    return pa.array(ids, pa.string())


def names_of_rows(file: str, row: npt.NDArray[np.int64]) -> pa.StringArray:
    """Return ``file:row`` for each row: what records without an id are called."""
    return pc.binary_join_element_wise(pa.scalar(f"{file}:"), pa.array(row).cast(pa.string()), "")


def text_array(text: list[str | None]) -> pa.LargeBinaryArray:
    """Return the texts as UTF-8 in Arrow's layout; surrogates survive as bytes."""
    try:
        return pa.array(text, pa.large_binary())
    except UnicodeEncodeError:
        return pa.array([None if value is None else to_bytes(value) for value in text], pa.large_binary())


def without_long_texts(batch: Batch, longest: int) -> Batch:
    """Return the batch, records rejected whose text has more than so many bytes."""
    sizes = np.diff(np.frombuffer(batch.text.buffers()[1], np.int64)[batch.text.offset :][: len(batch.text) + 1])
    too_long = np.flatnonzero(sizes > longest)
    if not len(too_long):
        return batch
    rejected = dict(batch.rejected)
    for position in too_long.tolist():
        text = batch.text[position].as_buffer()
        rejected[position] = Rejection.too_long(text[:RAW_BYTES].to_pybytes(), text.size, longest)
    is_short = np.ones(len(sizes), np.bool_)
    is_short[too_long] = False
    return replace(batch, text=pc.if_else(pa.array(is_short), batch.text, None), rejected=rejected)


def kind(value: Any) -> str:
    """Name the type of a value in the words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Real):
        return "a number"
    name = type(value).__name__
    return {"str": "a string", "list": "a list", "dict": "an object", "bytes": "bytes"}.get(name, f"a {name}")


def _source(value: Any) -> str | None:
    if isinstance(value, dict):  # as in NewsAPI and schema.org
        value = value.get("name")
    if isinstance(value, str):
        return (value if value.isascii() else printable(value)) or None
    return str(value) if isinstance(value, Real) and not isinstance(value, bool) and value == value else None
