"""Which field is the text, which the id, the date, the source: asked for, or guessed from the names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dedup.errors import ColumnError
from dedup.io.source import Fields

GUESSES = {
    "text": (
        *("text", "content", "body", "article"),
        *("maintext", "articleBody", "raw_content", "full_text", "fulltext", "summary"),
    ),
    "id": ("id", "url", "guid", "link"),
    "date": (
        *("published", "date", "publishedAt", "published_at", "datePublished"),
        *("date_publish", "publish_date", "pubDate"),
    ),
    "source": ("source", "publisher", "sitename", "source_domain", "hostname", "source_url"),
}
"""Names tried for each field, the best first: also those of news APIs, feeds and crawlers (newspaper4k, news-please,
trafilatura), schema.org and CCNet."""

SAMPLE_RECORDS = 100
"""Records whose keys are looked at in formats without a header."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The field names to read; None means: the input has no such field."""

    text: str
    id: str | None = None
    date: str | None = None
    source: str | None = None


def choose_columns(fields: Fields, found: Iterable[str], where: str) -> Columns:
    """Choose the fields to read.

    Parameters
    ----------
    fields : Fields
        What the caller asked for.
    found : iterable of str
        Names the input has, in its order.
    where : str
        The input, for messages.

    Returns
    -------
    Columns
        A guess takes the first name of ``GUESSES`` that is there, or else is there in other case.

    Raises
    ------
    ColumnError
        When a field that was asked for is missing, or no text field can be guessed.
    """
    names = list(dict.fromkeys(found))
    chosen = {}
    for role, guesses in GUESSES.items():
        asked = getattr(fields, role)
        if asked is not None and asked not in names:
            raise ColumnError(f"{where} has no field {asked!r}", f"one of its fields: {_listed(names)}", _hint(role))
        chosen[role] = asked if asked is not None else _guess(guesses, names)
    text = chosen.pop("text")
    if text is None:
        expected = f"a text field named {', '.join(GUESSES['text'][:-1])} or {GUESSES['text'][-1]}"
        raise ColumnError(f"{where} has the fields {_listed(names)}", expected, _hint("text"))
    return Columns(text, **chosen)


def _guess(guesses: tuple[str, ...], names: list[str]) -> str | None:
    folded = {name.casefold(): name for name in reversed(names)}
    exact = (guess for guess in guesses if guess in names)
    in_other_case = (folded[guess] for guess in guesses if guess in folded)
    return next(exact, None) or next(in_other_case, None)


def _hint(role: str) -> str:
    return f"name the right one with --{role}-field ({role}_field=)"


def _listed(names: list[str], most: int = 30) -> str:
    listed = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    return listed or "(none)"
