"""Define the answers of an index: matches, decisions, and stored documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from dedup.judge.reasons import KEPT_TEXT, OTHER_VERSION, reason
from dedup.judge.relation import Models
from dedup.params import Params
from dedup.schema import NEITHER, NO_DATE, RELATIONS, RIGHT


@dataclass(frozen=True, slots=True)
class Match:
    """A stored document that a text matches, with the relation and its evidence.

    Parameters
    ----------
    id : str
        Of the stored document.
    relation : str
        One of `dedup.schema.RELATIONS`.
    score : float
        In [0, 1]: the resemblance of near duplicates, otherwise how certain it is that one is a copy.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`, only those that were measured; ``left`` is the stored document,
        ``right`` the new text.
    derived : str or None
        Which of the two seems to be derived from the other, ``"new"`` (the new text) or ``"stored"``; None if that is
        not known.
    published : str or None
        Of the stored document: ISO 8601, UTC.
    source, url : str or None
        Of the stored document.
    credit : str or None
        The agency that the stored document credits.
    is_copy : bool
        Whether this match makes the text a copy of the stored document, at the level of the index; for an excerpt, only
        if the text is the contained one.
    kept : bool
        Whether the stored document was kept, that is, not a copy of another one in the index, when the text came.
    model : str or None
        `Params.model` of the index, by which `reason` is worded.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index(tempfile.mkdtemp() + "/news.index") as index:
    ...     decision = index.add("a", report)
    ...     (match,) = index.query(report.upper())
    >>> match.id, match.relation, match.score, match.is_copy
    ('a', 'identical', 1.0, True)
    >>> match.reason
    'the same words in the same order'
    """

    id: str
    relation: str
    score: float
    measures: dict[str, float]
    derived: str | None
    published: str | None
    source: str | None
    url: str | None
    credit: str | None
    is_copy: bool
    kept: bool
    model: str | None = field(default=None, repr=False, kw_only=True)

    @property
    def reason(self) -> str:
        """Why the two texts have their relation, as a phrase to read, in the words of the decisions of a run."""
        dropped, other = (RIGHT, KEPT_TEXT if self.kept else OTHER_VERSION) if self.is_copy else (NEITHER, KEPT_TEXT)
        models = Models.of(Params(model=self.model))
        return reason(RELATIONS.index(self.relation), self.measures, models, dropped=dropped, other=other)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, with `reason`.

        Returns
        -------
        dict
        """
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "model"}
        return {**values, "measures": dict(self.measures), "reason": self.reason}

    def __repr__(self) -> str:
        derived = f", {self.derived} seems derived" if self.derived else ""
        copy = "copy" if self.is_copy else "no copy"
        kept = "kept" if self.kept else "dropped"
        return (
            f"<{type(self).__name__}: {self.relation} of {self.id!r} ({kept}), score {self.score:.2f}, {copy}{derived}>"
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of an index on a text: whether it is kept, for which document it is dropped, and its matches.

    Iterating over a decision gives its matches, as do its length and its items.

    Parameters
    ----------
    kept : bool
        Whether the text is kept.
    duplicate_of : str or None
        Id of the kept document for which the text is dropped, as in a run. None if it is kept.
    relation : str or None
        The relation to that document or, if the text does not match it, to a version of it that the text copies. None
        if the text is kept, and if an earlier decision stays that would not be made today.
    score : float or None
        Of that relation, in [0, 1].
    matches : tuple of Match
        The closest relation first, then the highest score.
    reason : str
        Why the text is kept or dropped, as a phrase to read.
    replaced : bool
        Whether the text or its date replaced that of a document with the same id.
    released : tuple of str
        Ids of documents that were copies of the replaced text and are not copies of this one: the index keeps them from
        now on, and so should you if you dropped them.
    story : int or None
        Id of the story to which the text belongs; None if it was only asked about and belongs to none.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index(tempfile.mkdtemp() + "/news.index") as index:
    ...     first, second = index.add("a", report), index.add("b", report.upper())
    >>> first.kept, second.kept, second.duplicate_of, second.reason
    (True, False, 'a', 'the same words in the same order')
    >>> [match.relation for match in second]
    ['identical']
    """

    kept: bool
    duplicate_of: str | None
    relation: str | None
    score: float | None
    matches: tuple[Match, ...]
    reason: str
    replaced: bool = False
    released: tuple[str, ...] = ()
    story: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, those of the matches included.

        Returns
        -------
        dict
        """
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**values, "matches": [match.as_dict() for match in self], "released": list(self.released)}

    def __iter__(self) -> Iterator[Match]:
        return iter(self.matches)

    def __len__(self) -> int:
        return len(self.matches)

    def __getitem__(self, place: int) -> Match:
        return self.matches[place]

    def __repr__(self) -> str:
        found = "1 match" if len(self) == 1 else f"{len(self):,} matches"
        verdict = "kept" if self.kept else f"{self.relation or 'copy'} of {self.duplicate_of!r}"
        score = "" if self.score is None else f", score {self.score:.2f}"
        released = f", released {', '.join(map(repr, self.released))}" if self.released else ""
        return f"<Decision: {verdict}{score}, {found}: {self.reason}{released}>"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as an index returns it, without its text.

    Parameters
    ----------
    id : str
    source, published, url : str or None
        The values that were added; the date as ISO 8601, UTC.
    data : object
        As it was added.
    credit : str or None
        The agency that the text credits.
    copy_of : str or None
        Id of the kept document that it is a copy of.
    text_bytes : int
        Of the text in UTF-8.
    tokens : int
        Tokens of the text.
    story : int
        Id of the story to which it belongs: see `dedup.Index.story`.
    added : str
        When its id was added: ISO 8601, UTC.

    Examples
    --------
    >>> import dedup, tempfile
    >>> with dedup.Index(tempfile.mkdtemp() + "/news.index") as index:
    ...     decision = index.add("a", "The old bridge is closed for repairs.", published="2024-03-04", data={"page": 3})
    ...     document = index.get("a")
    >>> document.published, document.data, document.tokens
    ('2024-03-04T00:00:00Z', {'page': 3}, 7)
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
    story: int
    added: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
        """
        return {one.name: getattr(self, one.name) for one in fields(self)}


def written(published: int | None) -> str | None:
    """Return microseconds since 1970 as ISO 8601 in UTC, with a fraction only if it is not zero."""
    if published is None or published == NO_DATE:
        return None
    return f"{str(np.datetime64(published, 'us')).removesuffix('.000000')}Z"
