"""Build a batch from the values chosen for each role: reject records, name them, and join their texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.dates import read_dates
from dedup.io.bytes.surrogates import printable, to_bytes
from dedup.io.fields.field_tree import MISSING_RANK, FieldTree, FieldValue
from dedup.io.fields.role_columns import RoleColumn, RoleColumns
from dedup.io.fields.roles import DATE, ID, LABELS, ROLES, TEXT, clean_labels
from dedup.io.source import Batch, Rejection
from dedup.text.tokens import buffers

if TYPE_CHECKING:
    import numpy.typing as npt

JOINT = "\n\n"
"""Stands between the fields that are joined to a text."""


@dataclass
class BatchBuilder:
    """The records of a file that become a batch.

    Parameters
    ----------
    file : str
        The file's name.
    row : int64 array, shape (n,)
        Row numbers.
    tree : FieldTree
        The fields to read.
    rejected : dict of int to Rejection
        Rejected so far, by position; extended in place.
    raw : callable
        Returns the bytes of the record at a position.
    """

    file: str
    row: npt.NDArray[np.int64]
    tree: FieldTree
    rejected: dict[int, Rejection]
    raw: Callable[[int], bytes]

    def batch(self, columns: RoleColumns, exact: Callable[[int], Mapping[Any, Any]] | None = None) -> Batch:
        """Build a batch from the values chosen for each role, which lack rejected records.

        Parameters
        ----------
        columns : RoleColumns
        exact : callable, optional
            Returns the record at a position with numbers as they stand, where those that were chosen may be rounded.
        """
        texts, ids, parts = columns.by_role[TEXT], columns.by_role[ID], columns.by_role[len(ROLES) :]
        if exact is not None and float in set(map(type, ids.values)):
            for position, value in enumerate(ids.values):
                if isinstance(value, float):
                    ids.put(position, self.tree.choose(ID, self.tree.match(exact(position))[ID]))
        if parts:
            texts = _joined(texts, parts)
        for position, one in texts.refused.items():
            self._reject(position, f"{one.name} is {kind(one.value)}, expected a string")
        for position, one in ids.refused.items():
            # A field that is only guessed to hold ids may as well hold something else.
            if one.name == self.tree.names[ID][0]:
                self._reject(position, f"{one.name} is {kind(one.value)}, expected a string or a number")
        for position in self.rejected:
            texts.values[position] = None
        labels = {
            role.name: pa.array(map(_label, columns.by_role[place].values), pa.string()) for place, role in LABELS
        }
        published, unread = read_dates(columns.by_role[DATE].values, self.tree.fields.date_format)
        return Batch(
            self.file,
            self.row,
            name_records(self.file, self.row, ids.values),
            text_array(texts.values),
            published,
            clean_labels(labels),
            self.rejected,
            unread,
            columns.counts,
        )

    def _reject(self, position: int, reason: str) -> None:
        if position not in self.rejected:
            self.rejected[position] = Rejection.of(reason, self.raw(position))


def _joined(whole: RoleColumn, parts: Sequence[RoleColumn]) -> RoleColumn:
    """Return the joined texts of several fields, or those of one field with that whole name."""
    joined = RoleColumn.empty(len(whole.values))
    for position, rank in enumerate(whole.ranks):
        every = [part.values[position] for part in parts if part.ranks[position] != MISSING_RANK]
        if rank != MISSING_RANK:
            joined.put(position, FieldValue(whole.values[position], rank, ""))
        elif every:
            joined.put(position, FieldValue(JOINT.join(every), 0, ""))
        else:
            others = [one.refused.get(position) or one.values[position] for one in (whole, *parts)]
            other = next((value for value in others if value is not None), None)
            joined.put(position, other if isinstance(other, FieldValue) else FieldValue(other, MISSING_RANK, ""))
    return joined


def join_texts(whole: FieldValue, parts: list[FieldValue]) -> FieldValue:
    """Return the text of several fields of one record."""
    usable = [part for part in parts if part.rank != MISSING_RANK]
    if whole.rank != MISSING_RANK or not usable:
        others = (one for one in (whole, *parts) if one.value is not None)
        return whole if whole.rank != MISSING_RANK else next(others, whole)
    return FieldValue(JOINT.join(part.value for part in usable), 0, ", ".join(part.name for part in usable))


def joined_texts(
    whole: pa.LargeBinaryArray, is_whole: npt.NDArray[np.bool_], parts: Sequence[pa.LargeBinaryArray]
) -> pa.LargeBinaryArray:
    """Return texts of several fields, joined; a blank one counts as missing.

    Parameters
    ----------
    whole : pa.LargeBinaryArray
        A field that has the names of all as its name comes first.
    is_whole : bool array, shape (n,)
        Where it holds something.
    parts : sequence of pa.LargeBinaryArray
    """
    filled = [pc.if_else(is_blank(part), pa.scalar(None, pa.large_binary()), part) for part in parts]
    joint = pa.scalar(JOINT.encode(), pa.large_binary())
    joined = filled[0]
    for part in filled[1:]:  # in Arrow's join of several, null_handling="skip" leaves out rows that are null in all
        joined = pc.coalesce(pc.binary_join_element_wise(joined, part, joint), joined, part)
    return pc.if_else(pa.array(is_whole), whole, pc.coalesce(joined, whole, *parts))


def is_blank(array: pa.LargeBinaryArray) -> pa.BooleanArray:
    """Return where values are empty or have only white space and control characters."""
    return pc.invert(pc.fill_null(pc.match_substring_regex(array, r"[^\x00-\x20]"), False))


def name_records(file: str, row: npt.NDArray[np.int64], values: Sequence[Any]) -> pa.StringArray:
    """Return the ids of records, ``file:row`` for those without a usable one."""
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
    return pa.array(ids, pa.string())


def names_of_rows(file: str, row: npt.NDArray[np.int64]) -> pa.StringArray:
    """Return ``file:row`` for each row, the name of a record without an id."""
    return pc.binary_join_element_wise(pa.scalar(f"{file}:"), pa.array(row).cast(pa.string()), "")


def text_array(text: list[str | None]) -> pa.LargeBinaryArray:
    """Return texts as UTF-8 in Arrow's layout; surrogates survive as bytes."""
    try:
        return pa.array(text, pa.large_binary())
    except UnicodeEncodeError:
        return pa.array([None if value is None else to_bytes(value) for value in text], pa.large_binary())


def without_long_texts(batch: Batch, longest: int, most: int) -> Batch:
    """Reject the records of a batch whose text has more than ``longest`` bytes; keep the first ``most`` of each."""
    sizes = np.diff(buffers(batch.text)[1])
    too_long = np.flatnonzero(sizes > longest)
    if not len(too_long):
        return batch
    rejected = dict(batch.rejected)
    for position in too_long.tolist():
        text = batch.text[position].as_buffer()
        rejected[position] = Rejection.too_long(text[:most].to_pybytes(), text.size, longest)
    is_short = np.ones(len(sizes), np.bool_)
    is_short[too_long] = False
    return replace(batch, text=pc.if_else(pa.array(is_short), batch.text, None), rejected=rejected)


def kind(value: Any) -> str:
    """Return the type of a value in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Real):
        return "a number"
    name = type(value).__name__
    return {"str": "a string", "list": "a list", "dict": "an object", "bytes": "bytes"}.get(name, f"a {name}")


def _label(value: Any) -> str | None:
    if isinstance(value, str):
        return (value if value.isascii() else printable(value)) or None
    return str(value) if isinstance(value, Real) and not isinstance(value, bool) and value == value else None
