"""Polars frames without copies, or with columns that tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.errors import InputError
from dedup.integrations import extra
from dedup.integrations.frame_rows import Decided, decided, mixed, tag_names
from dedup.io import Fields
from dedup.params import Params

with extra("polars"):
    import polars as pl

if TYPE_CHECKING:
    from dedup.index import Index


def drop_copies(
    frame: pl.DataFrame,
    *,
    text_field: str | None = None,
    id_field: str | None = None,
    date_field: str | None = None,
    source_field: str | None = None,
    date_format: str | None = None,
    params: Params | None = None,
    against: Index | None = None,
    **options: Any,
) -> pl.DataFrame:
    """Return the rows that are no copies.

    Parameters
    ----------
    frame : polars.DataFrame
        Only the columns of text, id, date and source are looked at. A row without text is kept.
    text_field, id_field, date_field, source_field : str, optional
        Names of the columns, or of fields within them; guessed where not given, as `dedup.deduplicate` does.
    date_format : str, optional
        As for `dedup.deduplicate`.
    params : Params, optional
    against : Index, optional
        Compare the rows with those before them, in an index and in the frame, and add them to the index. They need ids
        that the index does not know.
    **options
        Further ones of `dedup.deduplicate`: agencies, threads, memory, scratch, progress.

    Returns
    -------
    polars.DataFrame
        The kept rows in their order, with all columns.

    Raises
    ------
    DedupError

    Examples
    --------
    >>> import polars as pl
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> frame = pl.DataFrame({"id": ["a", "b", "c"], "text": [report, report.upper(), "Something else."]})
    >>> drop_copies(frame)["id"].to_list()
    ['a', 'c']
    """
    rows = _decided(
        frame, Fields(id_field, text_field, date_field, source_field, date_format), params, against, options
    )
    return frame.filter(pl.Series(rows.kept, dtype=pl.Boolean))


def tag_copies(
    frame: pl.DataFrame,
    *,
    text_field: str | None = None,
    id_field: str | None = None,
    date_field: str | None = None,
    source_field: str | None = None,
    date_format: str | None = None,
    params: Params | None = None,
    against: Index | None = None,
    prefix: str = "",
    **options: Any,
) -> pl.DataFrame:
    """Return the frame with columns that tell which rows are copies, and of what.

    Parameters
    ----------
    frame, text_field, id_field, date_field, source_field, date_format, params, against, **options
        As for `drop_copies`.
    prefix : str
        Put before the names of the new columns.

    Returns
    -------
    polars.DataFrame
        A new frame of the same rows with the columns ``kept`` (bool), ``duplicate_of``, ``relation``, ``score`` and
        ``cluster``. ``duplicate_of`` names the row that is kept in its place, and ``cluster`` the same, or the row
        itself: by its id, or by its number, from 0, where there are no ids.

    Raises
    ------
    DedupError
        Also when the frame has a column of such a name.
    """
    names = tag_names(_checked(frame).columns, prefix)
    rows = _decided(
        frame, Fields(id_field, text_field, date_field, source_field, date_format), params, against, options
    )
    if rows.leader is None:
        duplicate_of, cluster = pl.Series(rows.duplicate_of, dtype=pl.String), pl.Series(rows.cluster, dtype=pl.String)
    else:
        ids = pl.Series(np.arange(frame.height)) if rows.id is None else frame[rows.id]
        cluster = _taken(ids, rows.leader)
        kept = pl.Series(rows.kept, dtype=pl.Boolean)
        duplicate_of = pl.select(pl.when(~kept).then(cluster)).to_series()
    columns = [
        pl.Series(rows.kept, dtype=pl.Boolean),
        duplicate_of,
        pl.Series(rows.relation, dtype=pl.String),
        pl.Series(rows.score, dtype=pl.Float64),
        cluster,
    ]
    return frame.with_columns(column.alias(name) for column, name in zip(columns, names, strict=True))


def _decided(
    frame: pl.DataFrame, fields: Fields, params: Params | None, against: Index | None, options: dict[str, Any]
) -> Decided:
    if params is not None:
        options = {"params": params, **options}

    def column(name: str, is_text: bool) -> pa.Array | pa.ChunkedArray:
        series = frame[name]
        return mixed(name, series.to_list(), is_text) if series.dtype == pl.Object else series.to_arrow()

    return decided(_checked(frame).columns, column, fields, against, options)


def _checked(frame: Any) -> pl.DataFrame:
    if isinstance(frame, pl.LazyFrame):
        raise InputError("a LazyFrame", "a DataFrame", "collect() it: every row is compared with all others")
    if not isinstance(frame, pl.DataFrame):
        raise InputError(f"a frame of type {type(frame).__name__}", "a Polars DataFrame")
    return frame


def _taken(values: pl.Series, places: npt.NDArray[np.int64]) -> pl.Series:
    return values.gather(pl.Series(places, dtype=pl.Int64))
