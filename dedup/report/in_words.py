"""Say relations, numbers, sizes, dates and times in words, for pages, notebooks and terminals alike."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

from dedup.schema import NO_DATE

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def relation_words(relation: str) -> str:
    """Return the name of a relation in words.

    Examples
    --------
    >>> relation_words("near_duplicate")
    'near duplicate'
    """
    return relation.replace("_", " ")


def cut(text: str | None, length: int = 120) -> str:
    """Return a text in one line of at most so many characters.

    Examples
    --------
    >>> cut("one  two\\nthree", 9)
    'one two…'
    """
    line = " ".join((text or "")[: 4 * length].split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def count(number: int, word: str, plural: str | None = None) -> str:
    """Return a number with its word.

    Examples
    --------
    >>> count(1, "copy", "copies"), count(1200, "source")
    ('1 copy', '1,200 sources')
    """
    return f"{number:,} {word}" if number == 1 else f"{number:,} {plural or word + 's'}"


def share(part: float, whole: float = 1.0) -> str:
    """Return a share as a percentage that does not round something to nothing, nor a part to all.

    Examples
    --------
    >>> share(1, 3), share(1, 10_000), share(9_999, 10_000), share(0, 5)
    ('33%', '< 1%', '> 99%', '0%')
    """
    if not whole or not part:
        return "0%"
    value = part / whole
    if value < 0.01:
        return "< 1%"
    return "> 99%" if 0.99 < value < 1.0 else f"{value:.0%}"


def date(moment: datetime | None) -> str:
    """Return date and time in words, in UTC.

    Examples
    --------
    >>> date(datetime(2019, 11, 1, 9, 5, tzinfo=timezone.utc)), date(None)
    ('1 Nov 2019, 09:05', 'no date')
    """
    return "no date" if moment is None else f"{day(moment)}, {moment:%H:%M}"


def day(moment: datetime | None) -> str:
    """Return a date in words."""
    return "no date" if moment is None else f"{moment.day} {moment:%b} {moment.year}"


def duration(time: timedelta | float | None) -> str:
    """Return a time in its largest unit and the next one, rounded to the latter.

    Parameters
    ----------
    time : timedelta, or float in seconds, or None

    Examples
    --------
    >>> duration(timedelta(hours=26)), duration(59), duration(90), duration(86_400 * 40), duration(47_822)
    ('1 d 2 h', '59 s', '1 min 30 s', '40 d', '13 h 17 min')
    """
    if time is None:
        return "unknown"
    seconds = round(abs(time.total_seconds() if isinstance(time, timedelta) else time))
    smallest = next((after for (_, size), (_, after) in pairwise(_UNITS) if seconds >= size), 1)
    seconds = (seconds + smallest // 2) // smallest * smallest
    parts = []
    for name, size in _UNITS:
        whole, seconds = divmod(seconds, size)
        if whole:
            parts.append(f"{whole:,} {name}")
    return " ".join(parts) or "no time"


def input_name(path: str) -> str:
    """Return what an input is called, by its path.

    Examples
    --------
    >>> input_name("news/2019.jsonl"), input_name("-")
    ('news/2019.jsonl', 'standard input')
    """
    return "standard input" if path == "-" else path


def other_credit(credit: str | None, source: str | None) -> str | None:
    """Return the agency that a text credits, but for an agency's own text.

    Examples
    --------
    >>> other_credit("Reuters", "The Daily"), other_credit("Reuters", "REUTERS"), other_credit(None, "The Daily")
    ('Reuters', None, None)
    """
    return None if credit and credit.casefold() == (source or "").casefold() else credit


def moment_of(microseconds: int | None) -> datetime | None:
    """Return the moment of a date of a table; None for none or `NO_DATE`, and for a year that Python does not have."""
    try:
        return None if microseconds in (None, NO_DATE) else EPOCH + timedelta(microseconds=int(microseconds))
    except OverflowError:
        return None
