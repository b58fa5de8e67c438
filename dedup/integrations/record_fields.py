"""What is told of a copy, and what is looked for in the fields of records made elsewhere."""

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


def told(of: str, relation: str | None, score: float | None) -> str:
    """Say what kind of copy of what a text is; without a relation, that it was one when it was added.

    Examples
    --------
    >>> told("a-1", "rewritten", 0.912), told("a-1", None, None)
    ('rewritten from a-1, score 0.91', 'copy of a-1, as before')
    """
    return f"copy of {of}, as before" if relation is None else f"{AS_COPY[relation]} {of}, score {score:.2f}"


def plain(value: Any, joint: str | None = None) -> Any:
    """Return a value, or of a list the first; with a joint, all its strings as one."""
    if not isinstance(value, (list, tuple)):
        return value
    if joint is not None and all(isinstance(one, str) for one in value):
        return joint.join(value)
    return value[0] if value else None


def readable_date(value: Any, form: str | None = None) -> Any:
    """Return a date if it can be read, else None: an article is not to be refused for its date."""
    read = None if value is None else read_date(value, form)
    if read is None or form is None:
        return None if read is None else value
    return None if read == NO_DATE else np.datetime64(read, "us")


def source_name(taken: FieldValue) -> str | None:
    """Return the name of a source; of the URL of a page its host."""
    if taken.rank == MISSING_RANK:
        return None
    name: str = sites_of_urls(pa.array([printable(str(taken.value))], pa.string()))[0].as_py()
    return name
