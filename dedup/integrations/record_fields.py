"""Read text, date and source from the records of other tools, and describe copies to their users."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from dedup.dates import read_date
from dedup.io.bytes.surrogates import printable
from dedup.io.fields.field_tree import MISSING_RANK, FieldValue
from dedup.io.fields.roles import sites_of_urls
from dedup.report.run_table import AS_COPY
from dedup.schema import NO_DATE


def copy_notice(of: str, relation: str | None, score: float | None) -> str:
    """Return a notice of what a text copies, and how; without a relation, that it was a copy when it was added.

    Examples
    --------
    >>> copy_notice("a-1", "rewritten", 0.912), copy_notice("a-1", None, None)
    ('rewritten from a-1, score 0.91', 'copy of a-1, as before')
    """
    return f"copy of {of}, as before" if relation is None else f"{AS_COPY[relation]} {of}, score {score:.2f}"


def plain(value: Any, joint: str | None = None) -> Any:
    """Return a value, or the first of a list of values; with a separator, all strings of the list joined by it."""
    if not isinstance(value, (list, tuple)):
        return value
    if joint is not None and all(isinstance(one, str) for one in value):
        return joint.join(value)
    return value[0] if value else None


def readable_date(value: Any, form: str | None = None) -> Any:
    """Return a date if it can be read, otherwise None, so that no article is refused for its date."""
    read = None if value is None else read_date(value, form)
    if read is None or form is None:
        return None if read is None else value
    return None if read == NO_DATE else np.datetime64(read, "us")


def source_name(value: FieldValue) -> str | None:
    """Return the name of a source; for the URL of a page, its host."""
    if value.rank == MISSING_RANK:
        return None
    name: str = sites_of_urls(pa.array([printable(str(value.value))], pa.string()))[0].as_py()
    return name
