"""Build an Arrow table from dicts: a column for each key, its type inferred from the values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from dedup.io.bytes.surrogates import printable


def table_of_dicts(records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return a table with a column for each key of any record, in the order they first appear.

    Parameters
    ----------
    records : sequence of dict

    Returns
    -------
    pa.Table
        A column whose values have no type in common holds strings: strings as they are, other values as JSON.
    """
    keys = dict.fromkeys(key for record in records for key in record)
    columns = [_column([record.get(key) for record in records]) for key in keys]
    return pa.table(columns, names=[printable(str(key)) for key in keys])


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON on one line; a value that JSON cannot express is written as its ``str``."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:  # lone surrogates, integers of more than 64 bits
        return json.dumps(value, default=str).encode()


def as_strings(values: list[Any]) -> pa.LargeStringArray:
    """Return strings as they are, None as null, and other values as JSON."""
    strings = [value if value is None or isinstance(value, str) else json_bytes(value).decode() for value in values]
    return pa.array([None if value is None else printable(value) for value in strings], pa.large_string())


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError):
        return as_strings(values)
