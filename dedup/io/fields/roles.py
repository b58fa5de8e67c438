"""The table of roles: the fields that are read from each record, and the kind of value of each.

A further label of documents (a language, a section) is a line in `ROLES`, an attribute of `Fields` and of `Producer`;
readers, batches, counts and notes follow the table.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_URL = r"^[Hh][Tt][Tt][Pp][Ss]?://(?:[^/@?#]*@)?([^/?#:]+).*$"

_BLANK = "".join(map(chr, range(33)))


class Kind(Enum):
    """The kind of a role's values: a long text; a name, string or number; a date in any form; a label like a name."""

    TEXT = auto()
    ID = auto()
    DATE = auto()
    LABEL = auto()


class Role(NamedTuple):
    """A role that a field of a record can have.

    Parameters
    ----------
    name : str
        As in `Fields`, in options (``--source-field``), and in the summary of a run.
    kind : Kind
    clean : callable, optional
        Normalises the labels of a batch, an Arrow array of strings.
    """

    name: str
    kind: Kind
    clean: Callable[[pa.StringArray], pa.StringArray] | None = None


def sites_of_urls(sources: pa.StringArray) -> pa.StringArray:
    """Return sources, with the URL of a page or site replaced by its host: pages of one site share a source."""
    if not pc.any(pc.starts_with(sources, "http", ignore_case=True)).as_py():
        return sources
    return pc.replace_substring_regex(sources, _URL, r"\1")


ROLES = (
    Role("text", Kind.TEXT),
    Role("id", Kind.ID),
    Role("date", Kind.DATE),
    Role("source", Kind.LABEL, sites_of_urls),
    Role("title", Kind.LABEL),
    Role("url", Kind.LABEL),
)
"""In the order of `dedup.kernels.json_fields`: labels last, however many there are."""

TEXT, ID, DATE, SOURCE = range(4)
"""Places in ``ROLES``."""

ROLE_NAMES = tuple(role.name for role in ROLES)

LABELS = tuple((place, role) for place, role in enumerate(ROLES) if role.kind is Kind.LABEL)
"""Places and roles of the labels."""


def named_by(role: str) -> str:
    """Return the option, and what it is in Python, that names the field of a role; for hints."""
    return f"--{role}-field, in Python with Fields({role}=...)"


def is_usable(role: Role, value: Any) -> bool:
    """Return whether a value can serve a role; otherwise another field is tried."""
    if isinstance(value, str):
        return value[:1] > " " or bool(value.strip(_BLANK))
    if role.kind is Kind.TEXT or is_missing(value):
        return False
    if role.kind is Kind.DATE:
        return not (isinstance(value, list) and not value)
    return isinstance(value, Real) and not isinstance(value, bool)


def is_missing(value: Any) -> bool:
    """Return whether a value stands for none: None, NaN, or the NaT and NA of pandas.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(0), is_missing(np.array([1, 2]))
    (True, False, False)
    """
    if value is None:
        return True
    is_equal = value == value
    # NA compares as itself, and an array as another array; neither has a truth value.
    return not is_equal if isinstance(is_equal, (bool, np.bool_)) else is_equal is value


def clean_labels(raw: dict[str, pa.StringArray]) -> dict[str, pa.StringArray]:
    """Clean the labels of a batch, by the names of their roles."""
    return {role.name: role.clean(raw[role.name]) if role.clean else raw[role.name] for _, role in LABELS}


def no_labels(size: int) -> dict[str, pa.StringArray]:
    """Return the labels of records that have none."""
    return {role.name: pa.nulls(size, pa.string()) for _, role in LABELS}
