"""Find the copies among the rows of a data frame of pandas, Polars, PyArrow or another library that narwhals supports.

Rows are identified by their position, never by their id or label: the frame may have any index, and ids may be missing
or occur twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.errors import ColumnError, InputError
from dedup.io import Fields
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import ID, TEXT
from dedup.io.formats.arrow_columns import find_columns
from dedup.io.formats.dict_tables import as_strings
from dedup.params import Params, require_type
from dedup.run.deduplication import deduplicate

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.run.options import RunOptions

__all__ = ["drop_copies", "tag_copies"]

TAGS = ("kept", "duplicate_of", "relation", "score", "cluster")
"""Columns that `tag_copies` adds, by their names in the decisions of a run."""

NAME = "frame"
"""What error messages call the input."""

Frame = TypeVar("Frame")
Places = npt.NDArray[np.int64]


def drop_copies(
    frame: Frame,
    params: Params | None = None,
    *,
    fields: Fields | None = None,
    index: Index | str | os.PathLike[str] | None = None,
    agencies: str | os.PathLike[str] | None = None,
    run: RunOptions | None = None,
    **params_fields: Any,
) -> Frame:
    """Return a data frame without the rows that are copies of others.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame, pyarrow.Table, or another eager frame that narwhals knows
        Only the columns of text, id, date and source are read. A row without text is kept.
    params, fields, index, agencies, run, **params_fields
        As for `dedup.deduplicate`; the decisions are those of a run. With an ``index``, rows that copy its documents
        are dropped, too, and the kept rows are added to it; each row then needs an id.

    Returns
    -------
    frame of the same type
        The kept rows in their order, with all columns, types and labels.

    Raises
    ------
    InputError
        When it is not a data frame, or no column holds texts (`ColumnError`).
    ParamsError, StorageError

    Examples
    --------
    >>> import polars as pl
    >>> from dedup.integrations.dataframe import drop_copies
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> frame = pl.DataFrame({"id": ["a", "b", "c"], "text": [report, report.upper(), "Something else."]})
    >>> drop_copies(frame, level="near")["id"].to_list()
    ['a', 'c']
    """
    rows = _Rows.of(frame, fields)
    decisions = rows.decide(params, index, agencies, run, params_fields)
    kept: Frame = rows.frame.filter(rows.column(decisions.kept, nw.Boolean())).to_native()
    return kept


def tag_copies(
    frame: Frame,
    params: Params | None = None,
    *,
    prefix: str = "",
    fields: Fields | None = None,
    index: Index | str | os.PathLike[str] | None = None,
    agencies: str | os.PathLike[str] | None = None,
    run: RunOptions | None = None,
    **params_fields: Any,
) -> Frame:
    """Return a data frame with columns that say which rows are copies, and of which rows.

    Parameters
    ----------
    frame, params, fields, index, agencies, run, **params_fields
        As for `drop_copies`.
    prefix : str
        Put before the names of the new columns.

    Returns
    -------
    frame of the same type
        A new frame with the same rows and the further columns ``kept`` (bool), ``duplicate_of``, ``relation``,
        ``score`` (float) and ``cluster``. ``duplicate_of`` names the row that is kept instead of a copy, ``cluster``
        that row or, for a kept row, the row itself. Rows are named by their ids; if there is no column of ids, by their
        label in pandas, and otherwise by their number, from 0. With an ``index`` both are ids, as strings.

    Raises
    ------
    InputError
        As for `drop_copies`; also if the frame already has a column with one of these names.
    ParamsError, StorageError

    Examples
    --------
    >>> import pandas as pd
    >>> from dedup.integrations.dataframe import tag_copies
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> frame = pd.DataFrame({"text": [report, report.upper(), "Something else."]}, index=["a", "b", "c"])
    >>> tag_copies(frame).loc["b", ["duplicate_of", "relation"]].tolist()
    ['a', 'identical']
    """
    rows = _Rows.of(frame, fields)
    names = _new_names(rows.frame.columns, prefix)
    decisions = rows.decide(params, index, agencies, run, params_fields)
    if decisions.leader is None:
        duplicate_of, cluster = rows.column(decisions.duplicate_of), rows.column(decisions.cluster)
    else:
        duplicate_of = rows.names_at(np.where(decisions.kept, -1, decisions.leader))
        cluster = rows.names_at(decisions.leader)
    columns = (
        rows.column(decisions.kept, nw.Boolean()),
        duplicate_of,
        rows.column(decisions.relation),
        rows.column(decisions.score, nw.Float64()),
        cluster,
    )
    tagged = rows.frame.with_columns(column.alias(name) for column, name in zip(columns, names, strict=True))
    native: Frame = tagged.to_native()
    return native


@dataclass(frozen=True, slots=True)
class _Decisions:
    """The decisions on rows, in arrays and lists of length n_rows.

    Parameters
    ----------
    kept : bool array
    leader : int64 array or None
        The row that is kept instead of each: its own if it is kept, -1 if it was rejected. None with an index, whose
        documents may be leaders too.
    duplicate_of, cluster : list of str or None
        The same by ids, for an index.
    relation : list of str or None
    score : list of float or None
    """

    kept: npt.NDArray[np.bool_]
    leader: Places | None
    duplicate_of: list[str | None]
    cluster: list[str | None]
    relation: list[str | None]
    score: list[float | None]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a frame, and the columns to be read."""

    frame: nw.DataFrame[Any]
    fields: Fields

    @staticmethod
    def of(frame: Any, fields: Fields | None) -> _Rows:
        require_type("fields", fields, Fields, 'as in Fields(text="body")')
        try:
            known = nw.from_native(frame, eager_only=True)
        except TypeError:
            kind = type(frame).__name__
            is_lazy = isinstance(nw.from_native(frame, pass_through=True), nw.LazyFrame)
            hint = "collect() it: every row is compared with all others" if is_lazy else ""
            raise InputError(f"a frame of type {kind}", "a DataFrame of pandas or Polars, or a Table", hint) from None
        except nw.exceptions.DuplicateError as error:
            twice = next(name for name in frame.columns if list(frame.columns).count(name) > 1)
            raise ColumnError(f"{NAME}: several columns named {twice!r}", "one column of each name") from error
        return _Rows(known, fields or Fields())

    @property
    def columns(self) -> list[str]:
        """The names of columns; pandas may have names that are not strings."""
        return [name for name in self.frame.columns if isinstance(name, str)]

    def decide(
        self, params: Params | None, index: Any, agencies: Any, run: RunOptions | None, params_fields: dict[str, Any]
    ) -> _Decisions:
        """Run `deduplicate` on the columns to be read."""
        tree, names = FieldTree(self.fields), self.columns
        table = self._table(tree)
        find_columns(tree, table.schema, NAME, names)
        if not len(table):
            return _Decisions(np.empty(0, bool), np.empty(0, np.int64), [], [], [], [])
        result = deduplicate(
            table, None, params, fields=self.fields, index=index, agencies=agencies, run=run, **params_fields
        )
        columns = {name: result.decisions[name].to_pylist() for name in TAGS[1:]}
        return _Decisions(result.is_kept, result.leader if index is None else None, **columns)

    def _table(self, tree: FieldTree) -> pa.Table:
        """Return the columns that may be read; an additional text column is left out if it has other values."""
        names = self.columns
        best = _best(tree, names, TEXT)
        columns: dict[str, Any] = {}
        for name in names:
            met = tree.child(tree.nodes[0], name)
            if met is None:
                continue
            is_text = any(tree.roles[role].name == "text" for role, *_ in met[0].uses)
            try:
                columns[name] = _arrow(name, self.frame[name], is_text)
            except ColumnError:
                if name == best or best is None or not is_text:
                    raise
        return pa.table(columns)

    def column(self, values: Any, dtype: nw.dtypes.DType | None = None) -> nw.Series[Any]:
        """Return values as a column of the frame's library; strings by default."""
        return nw.new_series("", values, dtype or nw.String(), backend=self.frame.implementation)

    def names_at(self, places: Places) -> nw.Series[Any]:
        """Return the names of rows, missing where their number is -1; whole numbers stay whole."""
        id, labels = _best(FieldTree(self.fields), self.columns, ID), nw.maybe_get_index(self.frame)
        if id is not None:
            names = self.frame[id]
        elif labels is not None:
            names = nw.from_native(labels.to_flat_index().to_series(), series_only=True)
        else:
            names = self.column(np.arange(len(self.frame)), nw.Int64())
        is_missing = places < 0
        taken: nw.Series[Any] = names[np.maximum(places, 0).tolist()].alias("name")
        if not is_missing.any():
            return taken
        is_there = self.column(~is_missing, nw.Boolean()).alias("is there")
        both = nw.maybe_convert_dtypes(taken).to_frame().with_columns(is_there)
        there: nw.Series[Any] = both.select(nw.when(nw.col("is there")).then(nw.col("name")))["name"]
        return there


def _best(tree: FieldTree, names: Sequence[str], role: int) -> str | None:
    """Return the column that a role is first read from, None if it is a field within a column."""
    places = tree.match({name: place for place, name in reversed([*enumerate(names)])})[role]
    return names[places[0][1]] if places else None


def _arrow(name: str, series: nw.Series[Any], is_text: bool) -> Any:
    """Return a column in Arrow's form; if Arrow has no type for its values, as strings (other values as JSON).

    Raises
    ------
    ColumnError
        When it is to hold texts, and holds other values too.
    """
    with_python_values = series.dtype == nw.Object
    if not with_python_values:
        try:
            return series.to_arrow()
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            pass
    missing = series.is_null().to_list()
    values = [None if is_missing else value for value, is_missing in zip(series.to_list(), missing, strict=True)]
    try:
        return pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        others = {type(value).__name__ for value in values if value is not None and not isinstance(value, str)}
        if is_text and others:
            raise ColumnError(f"{NAME}: column {name!r} holds {', '.join(sorted(others))}", "strings") from None
        return as_strings(values)


def _new_names(present: Iterable[Any], prefix: str) -> list[str]:
    """Return the names of the columns to be added.

    Raises
    ------
    InputError
        When there is a column of that name.
    """
    names, there = [prefix + name for name in TAGS], set(present)
    for name in names:
        if name in there:
            raise InputError(f"the {NAME} has a column {name!r} already", hint='choose a prefix, as in prefix="dedup_"')
    return names
