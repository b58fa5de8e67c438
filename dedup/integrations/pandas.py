"""pandas frames without copies, or with columns that tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.errors import ColumnError, InputError
from dedup.integrations import extra
from dedup.integrations.frame_rows import NAME, Decided, decided, mixed, tag_names
from dedup.io import Fields
from dedup.params import Params

with extra("pandas"):
    import pandas as pd

if TYPE_CHECKING:
    from dedup.index import Index


def drop_copies(
    frame: pd.DataFrame,
    *,
    text_field: str | None = None,
    id_field: str | None = None,
    date_field: str | None = None,
    source_field: str | None = None,
    date_format: str | None = None,
    params: Params | None = None,
    against: Index | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Return the rows that are no copies.

    Parameters
    ----------
    frame : pandas.DataFrame
        With any index. Only the columns of text, id, date and source are looked at. A row without text is kept.
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
    pandas.DataFrame
        The kept rows in their order, with all columns, types and labels.

    Raises
    ------
    DedupError

    Examples
    --------
    >>> import pandas as pd
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> frame = pd.DataFrame({"text": [report, report.upper(), "Something else."]}, index=["a", "b", "c"])
    >>> list(drop_copies(frame).index)
    ['a', 'c']
    """
    rows = _decided(
        frame, Fields(id_field, text_field, date_field, source_field, date_format), params, against, options
    )
    return frame[rows.kept]


def tag_copies(
    frame: pd.DataFrame,
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
) -> pd.DataFrame:
    """Return the frame with columns that tell which rows are copies, and of what.

    Parameters
    ----------
    frame, text_field, id_field, date_field, source_field, date_format, params, against, **options
        As for `drop_copies`.
    prefix : str
        Put before the names of the new columns.

    Returns
    -------
    pandas.DataFrame
        A new frame of the same rows with the columns ``kept`` (bool), ``duplicate_of``, ``relation``, ``score`` and
        ``cluster``. ``duplicate_of`` names the row that is kept in its place, and ``cluster`` the same, or the row
        itself: by its id, or by its label in the index of the frame where there are no ids.

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
        duplicate_of, cluster = pd.array(rows.duplicate_of, "string"), pd.array(rows.cluster, "string")
    else:
        labels = frame.index.to_flat_index().to_series() if rows.id is None else frame[rows.id]
        duplicate_of = _taken(labels, np.where(rows.kept, -1, rows.leader))
        cluster = _taken(labels, rows.leader)
    columns = [rows.kept, duplicate_of, pd.array(rows.relation, "string"), np.array(rows.score, float), cluster]
    return frame.assign(**dict(zip(names, columns, strict=True)))


def _decided(
    frame: pd.DataFrame, fields: Fields, params: Params | None, against: Index | None, options: dict[str, Any]
) -> Decided:
    if params is not None:
        options = {"params": params, **options}

    def column(name: str, is_text: bool) -> pa.Array | pa.ChunkedArray:
        series = frame[name]
        if not isinstance(series, pd.Series):
            raise ColumnError(f"{NAME}: several columns {name!r}", "one")
        try:
            return pa.array(series, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            values = series.astype(object)
            return mixed(name, values.where(values.notna(), None).tolist(), is_text)

    return decided(_checked(frame).columns, column, fields, against, options)


def _checked(frame: Any) -> pd.DataFrame:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"a frame of type {type(frame).__name__}", "a pandas DataFrame")
    return frame


def _taken(labels: pd.Series, places: npt.NDArray[np.int64]) -> Any:
    """Return labels by place, missing where it is -1; whole numbers stay whole."""
    if (places >= 0).all():
        return labels.array.take(places)
    return labels.convert_dtypes().array.take(places, allow_fill=True)
