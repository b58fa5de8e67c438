"""Parsed values side by side to a batch: which records are rejected, what an id, a source, a text becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.io.dates import read_dates
from dedup.io.encoding import printable, to_bytes
from dedup.io.fields import DATE, ID, NO_RANK, SOURCE, TEXT, FieldTree, Found, Taken
from dedup.io.shapes import ROLES
from dedup.io.source import Batch, Rejection
from dedup.io.usage import FieldCounts, add_to, is_filled

if TYPE_CHECKING:
    import numpy.typing as npt

JOINT = "\n\n"
"""Between the fields of which a text is."""

_URL = r"^[Hh][Tt][Tt][Pp][Ss]?://(?:[^/@?#]*@)?([^/?#:]+).*$"


@dataclass(slots=True)
class Assembly:
    """Records of a file that become a batch.

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
        Gives the bytes of the record at a position.
    """

    file: str
    row: npt.NDArray[np.int64]
    tree: FieldTree
    rejected: dict[int, Rejection]
    raw: Callable[[int], bytes]
    counts: FieldCounts = field(default_factory=FieldCounts)

    def batch(
        self,
        found: Sequence[Found],
        exact: Callable[[int], Mapping[Any, Any]] | None = None,
        plain: Mapping[int, str] = MappingProxyType({}),
    ) -> Batch:
        """Build a batch from what records have for each role; rejected ones have nothing.

        Parameters
        ----------
        found : sequence of Found
            As `FieldTree.match` gives it.
        exact : callable, optional
            Gives the record at a position with numbers as they stand, where those that were found may be rounded.
        plain : mapping of int to str
            By position the records that are but a text; their id is the number of the row.
        """
        ids, dates, sources = (self._taken(role, found) for role in (ID, DATE, SOURCE))
        if exact is not None:
            for position, one in enumerate(ids):
                if isinstance(one.value, float):
                    ids[position] = self.tree.take(ID, self.tree.match(exact(position))[ID])
        texts = self._taken(TEXT, found)
        if len(self.tree.roles) > len(ROLES):
            parts = [self._taken(role, found) for role in range(len(ROLES), len(self.tree.roles))]
            texts = [join_texts(one, some) for one, *some in zip(texts, *parts, strict=True)]
        for position, text in plain.items():
            texts[position] = Taken(text, 0, "")
            ids[position] = Taken(str(self.row[position]), 0, "")
        return self.finish(texts, ids, [one.value for one in dates], [one.value for one in sources])

    def finish(self, texts: list[Taken], ids: list[Taken], dates: list[Any], sources: list[Any]) -> Batch:
        """Build the batch from what was taken for each role; rejects what is no text, and no id."""
        for position, one in enumerate(texts):
            if one.value is not None and not isinstance(one.value, str):
                self._reject(position, f"{one.name} is {kind(one.value)}, expected a string")
        for position, one in enumerate(ids):
            # A field that is only guessed to hold ids may as well hold something else.
            is_id = one.name == self.tree.names[ID][0]
            if is_id and one.rank == NO_RANK and one.value is not None and not _is_nothing(one.value):
                self._reject(position, f"{one.name} is {kind(one.value)}, expected a string or a number")
        values = [None if position in self.rejected else one.value for position, one in enumerate(texts)]
        names = name_records(self.file, self.row, [one.value for one in ids])
        published, unread = read_dates(dates, self.tree.fields.date_format)
        named = sites_of_urls(pa.array(map(_source, sources), pa.string()))
        return Batch(
            self.file, self.row, names, text_array(values), published, named, self.rejected, unread, self.counts
        )

    def _reject(self, position: int, reason: str) -> None:
        if position not in self.rejected:
            self.rejected[position] = Rejection.of(reason, self.raw(position))

    def _taken(self, role: int, found: Sequence[Found]) -> list[Taken]:
        """Take the values of a role, and count its fields."""
        taken = [self.tree.take(role, one[role]) for one in found]
        name, names = self.tree.roles[role], self.tree.names[role]
        for one in taken:
            if one.rank != NO_RANK:
                add_to(self.counts.used, name, one.name)
        for some in found:
            for rank, value in some[role]:
                add_to(self.counts.present, name, names[rank])
                if is_filled(value):
                    add_to(self.counts.filled, name, names[rank])
        return taken


def join_texts(whole: Taken, parts: list[Taken]) -> Taken:
    """Return the text of several fields: that of a field of their name in one, or they themselves, joined."""
    usable = [part for part in parts if part.rank != NO_RANK]
    if whole.rank != NO_RANK or not usable:
        others = (one for one in (whole, *parts) if one.value is not None)
        return whole if whole.rank != NO_RANK else next(others, whole)
    return Taken(JOINT.join(part.value for part in usable), 0, ", ".join(part.name for part in usable))


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
    """Return where there is nothing, or nothing but white space and control characters."""
    return pc.invert(pc.fill_null(pc.match_substring_regex(array, r"[^\x00-\x20]"), False))


def name_records(file: str, row: npt.NDArray[np.int64], values: Sequence[Any]) -> pa.StringArray:
    """Return the ids, ``file:row`` where there is none that can be used."""
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
    """Return ``file:row`` for each row: what records without an id are called."""
    return pc.binary_join_element_wise(pa.scalar(f"{file}:"), pa.array(row).cast(pa.string()), "")


def text_array(text: list[str | None]) -> pa.LargeBinaryArray:
    """Return the texts as UTF-8 in Arrow's layout; surrogates survive as bytes."""
    try:
        return pa.array(text, pa.large_binary())
    except UnicodeEncodeError:
        return pa.array([None if value is None else to_bytes(value) for value in text], pa.large_binary())


def sites_of_urls(sources: pa.StringArray) -> pa.StringArray:
    """Return sources, of the URL of a page or a site the host: two pages of one site are of one source."""
    if not pc.any(pc.starts_with(sources, "http", ignore_case=True)).as_py():
        return sources
    return pc.replace_substring_regex(sources, _URL, r"\1")


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


def _is_nothing(value: Any) -> bool:
    """Whether a value is but another way to write that there is none: an empty string, NaN."""
    return isinstance(value, str) or bool(value != value)


def _source(value: Any) -> str | None:
    if isinstance(value, str):
        return (value if value.isascii() else printable(value)) or None
    return str(value) if isinstance(value, Real) and not isinstance(value, bool) and value == value else None
