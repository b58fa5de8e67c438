"""What an index answers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dedup.schema import NO_DATE


@dataclass(frozen=True, slots=True)
class Match:
    """A stored document that a text matches.

    Parameters
    ----------
    id : str
        Of the stored document.
    relation : str
        One of `dedup.schema.RELATIONS`.
    score : float
        In [0, 1]: resemblance of near duplicates, else how surely one is a copy.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`, those that were measured; ``left`` is the stored document, ``right``
        the text asked about.
    derived : str or None
        Which seems to be the copy, ``"new"`` (the text asked about) or ``"stored"``; None where that is not known.
    published : str or None
        Of the stored document: ISO 8601, UTC.
    source : str or None
    is_copy : bool
        Whether by this match the text is a copy of the stored document, at the level of the index: of an excerpt only
        where the text is the contained one.
    kept : bool
        Whether the stored document is no copy of another one in the index. A text that is a copy of a kept document is
        what `dedup.deduplicate` drops.
    """

    id: str
    relation: str
    score: float
    measures: dict[str, float]
    derived: str | None
    published: str | None
    source: str | None
    is_copy: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class Document:
    """What an index holds of a document; its text is not among it.

    Parameters
    ----------
    id : str
    source, published, url : str or None
        As they were given; the date as ISO 8601, UTC.
    data : object
        As it was given.
    credit : str or None
        The agency that the text credits.
    copy_of : str or None
        Id of the kept document that it is a copy of.
    text_bytes : int
        Of the text in UTF-8.
    tokens : int
        Tokens of the text.
    """

    id: str
    source: str | None
    published: str | None
    url: str | None
    data: Any
    credit: str | None
    copy_of: str | None
    text_bytes: int
    tokens: int


def original(matches: Iterable[Match]) -> Match | None:
    """Return the kept document that a text is a copy of, the closest one: the text is what a run would drop."""
    return next((match for match in matches if match.is_copy and match.kept), None)


def written(published: int | None) -> str | None:
    """Return microseconds since 1970 as ISO 8601, UTC, without a fraction that is zero."""
    if published is None or published == NO_DATE:
        return None
    return f"{str(np.datetime64(published, 'us')).removesuffix('.000000')}Z"
