"""Convert the values of Arrow columns to strings, and tell by their types what they can serve for."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.io.bytes.surrogates import readable
from dedup.io.formats.batch_builder import JOINT

STRINGS = {"string", "large_string", "string_view"}
_TEXT_TYPES = STRINGS | {"binary", "large_binary", "binary_view", "null"}


def strings(array: pa.Array) -> list[str | None]:
    """Return the values of a column as strings; None for null, NaN and nested values."""
    if holds_text(array.type):
        values = array.cast(pa.large_binary()).to_pylist()
        return [None if value is None else readable(value) for value in values]
    if pa.types.is_nested(array.type):
        return [None] * len(array)
    return [None if value is None or value != value else str(value) for value in array.to_pylist()]


def hexadecimal(array: pa.Array) -> list[str | None]:
    """Return bytes as strings: in hexadecimal digits what is no text; of one length, all unless all are text."""
    values = array.to_pylist()
    found = [None if value is None else _text_or_digits(value) for value in values]
    if pa.types.is_fixed_size_binary(array.type) and any(map(_is_other, values, found)):
        return [None if value is None else value.hex() for value in values]
    return found


def _is_other(value: bytes | None, shown: str | None) -> bool:
    return value is not None and shown == value.hex()


def _text_or_digits(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def joined_lists(array: pa.Array) -> pa.LargeBinaryArray:
    """Return the strings of each list as one text, with a blank line between them; nulls are left out."""
    values, parents = plain(array.flatten()).cast(pa.large_binary()), pc.list_parent_indices(array)
    is_there = values.is_valid()
    counts = np.bincount(parents.filter(is_there).to_numpy(), minlength=len(array))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int64())
    lists = pa.LargeListArray.from_arrays(offsets, values.filter(is_there))
    joined = pc.binary_join(lists, pa.scalar(JOINT.encode(), pa.large_binary()))
    return pc.if_else(array.is_valid(), joined, pa.scalar(None, pa.large_binary()))


def _uuids(array: pa.Array) -> pa.StringArray:
    values = array.to_pylist()
    return pa.array([None if value is None else str(UUID(bytes=value)) for value in values], pa.string())


def label_array(array: pa.Array) -> pa.StringArray:
    """Return the values of a column as `strings` does, as an Arrow array."""
    if holds_text(array.type):
        with suppress(pa.ArrowInvalid):  # bytes that are not UTF-8
            return array.cast(pa.large_binary()).cast(pa.string())
    return pa.array(strings(array), pa.string())


def plain(array: pa.Array) -> pa.Array:
    """Return the column without an extension type or a dictionary around it; UUIDs as they are usually written."""
    if isinstance(array.type, pa.BaseExtensionType):
        if array.type.extension_name == "arrow.uuid":
            return _uuids(array.storage)
        array = array.storage
    if not pa.types.is_dictionary(array.type):
        return array
    if holds_text(array.type.value_type):  # decoded it may be larger than offsets of 32 bits can tell
        return array.dictionary.cast(pa.large_binary()).take(array.indices)
    return array.dictionary_decode()


def as_binary(kind: pa.DataType) -> pa.DataType:
    """Return a type with bytes in place of strings, which Python may not be able to decode."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind
    kind = plain_type(kind)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(as_binary(field.type)) for field in map(kind.field, range(kind.num_fields))])
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        item = kind.value_field.with_type(as_binary(kind.value_type))
        if pa.types.is_fixed_size_list(kind):
            return pa.list_(item, kind.list_size)
        return pa.large_list(item) if pa.types.is_large_list(kind) else pa.list_(item)
    return pa.large_binary() if holds_text(kind) else kind


def decoded(value: Any) -> Any:
    """Return a Python value with its bytes as strings; bytes that are not UTF-8 are escaped."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if isinstance(value, dict):
        return {key: decoded(one) for key, one in value.items()}
    return value


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type without an extension type or a dictionary around it."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Return whether values can be texts: strings, bytes, or lists of them."""
    return holds_text(kind) or is_list_of_texts(plain_type(kind))


def is_list_of_texts(kind: pa.DataType) -> bool:
    """Return whether values are lists of strings."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(is_list and holds_text(kind.value_type) and not pa.types.is_null(kind.value_type))


def is_binary(kind: pa.DataType) -> bool:
    """Return whether values are bytes, which need not be text."""
    return str(kind) in ("binary", "large_binary", "binary_view") or pa.types.is_fixed_size_binary(kind)


def holds_text(kind: pa.DataType) -> bool:
    """Return whether values are strings or bytes."""
    if isinstance(kind, pa.BaseExtensionType):
        return holds_text(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return holds_text(kind.value_type)
    return str(kind) in _TEXT_TYPES or pa.types.is_fixed_size_binary(kind)
