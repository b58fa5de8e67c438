"""What an index answers with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        Whether the stored document was no copy of another one in the index when the text came.
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


class Decision(list[Match]):
    """What an index answers of a text: what it matches, best first, and whether the text stays.

    Parameters
    ----------
    matches : iterable of Match
    duplicate_of : str or None
        Id of the kept document for which the text goes, as in a run; None of a text that stays.
    relation : str or None
        To that document or, where it does not match that one itself, to a version of it that the text copies. None of a
        text that stays, and where an earlier decision stands that would not be found today.
    score : float or None
    replaced : bool
        Whether the text, or its date, took the place of another one of the same id.
    released : sequence of str
        Ids of documents that were copies of the text that was replaced and are no copies of this one: the index keeps
        them from now on, and so should whoever dropped them.

    Attributes
    ----------
    kept : bool
        Whether the text stays.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index.open(tempfile.mkdtemp() + "/news.index") as index:
    ...     first, second = index.add("a", report), index.add("b", report.upper())
    >>> first.kept, second.kept, second.duplicate_of, [match.relation for match in second]
    (True, False, 'a', ['identical'])
    """

    def __init__(
        self,
        matches: Iterable[Match] = (),
        duplicate_of: str | None = None,
        relation: str | None = None,
        score: float | None = None,
        replaced: bool = False,
        released: Sequence[str] = (),
    ) -> None:
        super().__init__(matches)
        self.duplicate_of = duplicate_of
        self.relation = relation
        self.score = score
        self.replaced = replaced
        self.released = tuple(released)

    @property
    def kept(self) -> bool:
        """Whether the text stays."""
        return self.duplicate_of is None

    def beside(self, matches: Iterable[Match]) -> Decision:
        """Return the same decision with other matches."""
        return Decision(matches, self.duplicate_of, self.relation, self.score, self.replaced, self.released)


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


def written(published: int | None) -> str | None:
    """Return microseconds since 1970 as ISO 8601, UTC, without a fraction that is zero."""
    if published is None or published == NO_DATE:
        return None
    return f"{str(np.datetime64(published, 'us')).removesuffix('.000000')}Z"
