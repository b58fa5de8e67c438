"""Turn tables into rows, and into the tables of the libraries that a notebook works with, if they are installed."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dedup.errors import extra
from dedup.report.in_words import moment_of


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return the rows of a table as dicts, with None for dates of years that Python does not have."""
    columns = {
        name: [moment_of(date) for date in column.cast(pa.int64()).to_pylist()]
        if pa.types.is_timestamp(column.type)
        else column.to_pylist()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def to_pandas(table: pa.Table) -> Any:
    """Return a table as a pandas DataFrame.

    Raises
    ------
    ImportError
        When pandas is missing.
    """
    with extra("pandas"):
        import pandas  # noqa: F401
    return table.to_pandas()


def to_polars(table: pa.Table) -> Any:
    """Return a table as a Polars DataFrame.

    Raises
    ------
    ImportError
        When Polars is missing.
    """
    with extra("polars"):
        import polars
    return polars.from_arrow(table)
