"""Read dates as news data writes them, and return microseconds since 1970 UTC.

Read are ISO 8601 (also with slashes, or without separators), RFC 2822 as in feeds and mail, English dates with the
month's name (January 31, 2024), days before months between dots (31.01.2024), numbers since 1970 in seconds,
milliseconds, microseconds or nanoseconds, the date types of Python, NumPy and Arrow, and what MongoDB makes of one
({"$date": ...}); also as the only element of a list. A date without a zone counts as UTC. A year alone (2024, also as
a number) is not read, nor is 12/05/2024, which is of May or of December: if the caller names a form of dates, as for
``strptime``, it is tried before all others.

Placeholders count as missing and are reported like dates that cannot be read: the first instant of 1970, and what lies
before 1600 or from 2100 on.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import ParamsError
from dedup.schema import NO_DATE

if TYPE_CHECKING:
    import numpy.typing as npt

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_ISO = re.compile(
    r"(\d{4})([-/])(\d\d)\2(\d\d)"  # 2024-01-31
    r"(?:[T ]\s*(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,6})\d*)?)?)?"  # T10:30:00.123456
    r"\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",  # +01:00
    re.ASCII | re.IGNORECASE,
)
_COMMON = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
_WITH_ZONE = rf"{_COMMON}{_TIME}(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
_WITHOUT_ZONE = rf"{_COMMON}({_TIME})?$"
_COMMON_FORMS = ((_WITH_ZONE, "UTC"), (_WITHOUT_ZONE, None))
"""The form that nearly all dates have, with the time zone that Arrow's type needs for it."""

_DIGITS = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_COMPACT = re.compile(
    r"((?:19|20)\d\d)(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?|(\d\d)(\d\d)(\d\d))?(Z|[+-]\d{4})?", re.ASCII
)
_CLOCK = r"(?:,?\s*(?:at\s+)?(\d\d?):(\d\d)(?::(\d\d))?(?:\s*([ap])\.?m\.?)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_NAMED = re.compile(
    rf"(?:[A-Za-z]{{3,9}}\.?,?\s+)?(?:{_MONTH}\.?\s+(\d\d?)(?:st|nd|rd|th)?,?|(\d\d?)(?:st|nd|rd|th)?\.?\s+{_MONTH}\.?,?)"
    r"\s+(\d{4})" + _CLOCK,
    re.ASCII | re.IGNORECASE,
)
_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})" + _CLOCK, re.ASCII | re.IGNORECASE)
_MICROSECONDS_A_DAY = 86_400_000_000
_FIRST, _LAST = (_days * _MICROSECONDS_A_DAY for _days in (-135_140, 47_482))  # 1600-01-01, 2100-01-01
_RFC2822 = re.compile(r"(?:[A-Za-z]{3,9},?\s+)?\d{1,2}[\s-][A-Za-z]{3}", re.ASCII)


_AMBIGUOUS = r"\s*(\d\d?)([/-])(\d\d?)\2(\d{4}|\d\d)(?:(\s+\d\d?:\d\d)(:\d\d)?)?\s*"
"""Compiled where it is needed: seldom."""


@dataclass(frozen=True)
class UnreadableDates:
    """The count, with examples, of dates that cannot be read or are placeholders.

    Parameters
    ----------
    count : int
    example : str
        The first of them.
    ambiguous : int
        How many are numbers of which day or month comes first.
    ambiguous_example : str
        The first of those that tell which by a day above 12; else the first.
    """

    count: int = 0
    example: str = ""
    ambiguous: int = 0
    ambiguous_example: str = ""

    @staticmethod
    def of(values: Sequence[Any]) -> UnreadableDates:
        """Return the count and examples of values that cannot be read."""
        if not values:
            return UnreadableDates()
        ambiguous = [value for value in values if isinstance(value, str) and re.fullmatch(_AMBIGUOUS, value, re.ASCII)]
        first = next((value for value in ambiguous if len(_forms(value)) == 1), ambiguous[0] if ambiguous else "")
        return UnreadableDates(len(values), _cut(values[0]), len(ambiguous), _cut(first))

    def and_then(self, later: UnreadableDates) -> UnreadableDates:
        """Return the sum of this count and a later one."""
        examples = [one.ambiguous_example for one in (self, later) if one.ambiguous]
        telling = [example for example in examples if len(_forms(example)) == 1]
        example = (telling or examples or [""])[0]
        ambiguous = self.ambiguous + later.ambiguous
        return UnreadableDates(self.count + later.count, self.example or later.example, ambiguous, example)

    @property
    def note(self) -> str:
        """The note for the summary of a run."""
        is_one = self.count == 1
        note = "1 date" if is_one else f"{self.count:,} dates"
        note += (
            " cannot be read, or stands for no date, and counts"
            if is_one
            else (" cannot be read, or stand for no date, and count")
        )
        note += f" as missing, such as {self.example!r}"
        if not self.ambiguous:
            return note
        forms = " or ".join(f"--date-format {form!r}" for form in _forms(self.ambiguous_example))
        how_many = (
            "it"
            if self.count == self.ambiguous == 1
            else f"{self.ambiguous:,} of them, such as {self.ambiguous_example!r}"
        )
        return f"{note}; it is unclear whether the day or the month comes first in {how_many}: set {forms}"


def _forms(text: str) -> list[str]:
    """Return the ``strptime`` formats that may fit a numeric date: only one if a number is above 12."""
    match = re.fullmatch(_AMBIGUOUS, text, re.ASCII)
    if not match:
        return []
    first, mark, second, year, clock, seconds = match.groups()
    tail = ("%Y" if len(year) == 4 else "%y") + (" %H:%M" if clock else "") + (":%S" if seconds else "")
    day_first, month_first = f"%d{mark}%m{mark}{tail}", f"%m{mark}%d{mark}{tail}"
    return [day_first] if int(first) > 12 else [month_first] if int(second) > 12 else [day_first, month_first]


def _cut(value: Any, most: int = 40) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= most else f"{text[:most]}…"


def require_date_format(form: str) -> None:
    """Refuse a format that does not give day, month and year.

    Raises
    ------
    ParamsError
    """
    day = datetime(2024, 1, 31, tzinfo=timezone.utc)
    try:
        with warnings.catch_warnings():  # Python warns of a form without a year, which is refused here
            warnings.simplefilter("ignore", DeprecationWarning)
            is_one = isinstance(form, str) and datetime.strptime(day.strftime(form), form).date() == day.date()
    except (ValueError, re.error, UnicodeError):
        is_one = False
    if not is_one:
        raise ParamsError(
            f"date format {form!r}",
            "a format with day, month and year, such as %d/%m/%Y",
            "it is written as for strptime",
        )


def read_dates(values: Sequence[Any], form: str | None = None) -> tuple[npt.NDArray[np.int64], UnreadableDates]:
    """Read the dates of a batch.

    Parameters
    ----------
    values : sequence
        Strings, numbers, ``datetime``, ``date``, ``numpy.datetime64``; None, NaN and blank strings are missing.
    form : str, optional
        As for ``datetime.strptime``: strings are tried as this first.

    Returns
    -------
    published : int64 array, shape (n,)
        Microseconds since 1970 UTC; ``NO_DATE`` when missing or unreadable.
    unread : UnreadableDates
        Those that were there but are unreadable.
    """
    read = [NO_DATE if value is None else _read(value, form) for value in values]
    has_unreadable = None in read
    published = np.array([NO_DATE if value is None else value for value in read] if has_unreadable else read, np.int64)
    is_none = _drop_placeholders(published)
    if has_unreadable:
        is_none |= np.array([value is None for value in read], bool)
    return published, UnreadableDates.of([values[place] for place in np.flatnonzero(is_none).tolist()])


def is_placeholder(published: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which dates are placeholders: the first instant of 1970, and dates before newspapers were printed."""
    is_none = (published == 0) | (published < _FIRST) | (published >= _LAST)
    return np.asarray(is_none & (published != NO_DATE))


def _drop_placeholders(published: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Mark placeholders as missing; return which they are."""
    is_none = is_placeholder(published)
    published[is_none] = NO_DATE
    return is_none


def read_date(value: Any, form: str | None = None) -> int | None:
    """Read one date: None if it cannot be read, ``NO_DATE`` if it is missing; parameters as for ``read_dates``.

    Examples
    --------
    >>> read_date("1970-01-01T01:00:00.5+01:00")
    500000
    >>> read_date("Thu, 01 Jan 1970 00:00:01 GMT") == read_date(1) == read_date("19700101000001")
    True
    """
    micros = _read(value, form)
    return NO_DATE if micros is not None and is_placeholder(np.array([micros]))[0] else micros


_WORDS_FOR_NONE = {"none", "null", "nan", "nat", "n/a"}
"""What Python, pandas and others make of a missing date where they write it as a string."""

_IN_JSON = {"$date", "$numberLong"}
"""How MongoDB writes a date, and the number in it."""


def _read(value: Any, form: str | None = None) -> int | None:
    """Read one date, placeholders at face value."""
    while isinstance(value, list) and len(value) < 2:
        value = value[0] if value else None
    while isinstance(value, dict) and len(value) == 1 and _IN_JSON & set(value):
        value = next(iter(value.values()))
    if value is None:
        return NO_DATE
    if isinstance(value, str):
        return _of_text(value) if form is None else _of_form(value, form)
    if isinstance(value, bool):
        return None
    if isinstance(value, np.datetime64):
        return NO_DATE if np.isnat(value) else int(value.astype("datetime64[us]").astype(np.int64))
    if isinstance(value, (datetime, date, Real)):
        if value != value:  # NaN, and the NaT of pandas, which calls itself a datetime
            return NO_DATE
        return _of_number(value) if isinstance(value, Real) else _of_datetime(value)
    return None


def read_date_column(array: pa.Array, form: str | None = None) -> tuple[npt.NDArray[np.int64], UnreadableDates]:
    """Read the dates of an Arrow column; parameters and returns as for ``read_dates``."""
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        zone = array.type.tz if pa.types.is_timestamp(array.type) else None
        # Not safe: nanoseconds below a microsecond are cut off.
        instants = array.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
        published = np.array(pc.fill_null(instants, NO_DATE))
        return published, _unreadable(array, _drop_placeholders(published))
    if form is None and pa.types.is_string(array.type):
        return _read_strings(array)
    return read_dates(array.to_pylist(), form)


def _unreadable(array: pa.Array, is_unreadable: npt.NDArray[np.bool_]) -> UnreadableDates:
    if not is_unreadable.any():
        return UnreadableDates()
    values = array.take(pa.array(np.flatnonzero(is_unreadable)))
    return UnreadableDates.of(
        values.to_pylist() if pa.types.is_string(array.type) else values.cast(pa.string()).to_pylist()
    )


def _read_strings(array: pa.StringArray) -> tuple[npt.NDArray[np.int64], UnreadableDates]:
    """Read strings, by Arrow's cast if they have the common form, the others one by one.

    The cast needs dates that all have a zone or all have none, and is slow where it fails (2 microseconds a date): so
    an expression picks them. Together they take 140 ns a date, 220 ns where both kinds are mixed; a kernel of our own
    took 105 ns. Of a run over records of 150 bytes, with mixed dates, the difference is 1.5 %. Whatever the cast
    accepts it reads as `_read` does.
    """
    published = np.full(len(array), NO_DATE)
    if array.null_count == len(array):
        return published, UnreadableDates()
    is_left = array.is_valid().to_numpy(zero_copy_only=False)
    first = array[int(np.argmax(is_left))].as_py()
    for form, zone in _COMMON_FORMS if re.match(_WITH_ZONE, first) else reversed(_COMMON_FORMS):
        if is_left.any():
            is_of_form = pc.fill_null(pc.match_substring_regex(array, form), False)
            try:
                instants = array.filter(is_of_form).cast(pa.timestamp("us", zone)).cast(pa.int64())
            except pa.ArrowInvalid:  # a 30th of February
                continue
            places = is_of_form.to_numpy(zero_copy_only=False)
            published[places] = instants
            is_left &= ~places
    (others,) = np.nonzero(is_left)
    read = [_read(value) for value in array.take(pa.array(others)).to_pylist()]
    published[others] = [NO_DATE if value is None else value for value in read]
    is_unreadable = _drop_placeholders(published)
    is_unreadable[others] |= np.array([value is None for value in read], bool)
    return published, _unreadable(array, is_unreadable)


@lru_cache(maxsize=4096)
def _of_form(text: str, form: str) -> int | None:
    """Read a date by this format, or by any other known form."""
    try:
        return _of_datetime(datetime.strptime(text.strip(), form))
    except ValueError:
        return _of_text(text)


@lru_cache(maxsize=4096)
def _of_text(text: str) -> int | None:
    # By far the most common form, five times as fast as the expression below. What else fromisoformat accepts differs
    # between Python versions, hence the look at the separators.
    if text[4:5] == "-" and text[7:8] == "-":
        try:
            return _of_datetime(datetime.fromisoformat(text))
        except ValueError:
            pass
    text = text.strip()
    if not text or text.lower() in _WORDS_FOR_NONE:
        return NO_DATE
    try:
        if iso := _ISO.fullmatch(text):
            year, _, month, day, hour, minute, second, fraction, zone = iso.groups()
            micros = int((fraction or "0").ljust(6, "0"))
            whole = int(hour or 0), int(minute or 0), int(second or 0)
            return _of_datetime(datetime(int(year), int(month), int(day), *whole, micros, _zone(zone)))
        if compact := _COMPACT.fullmatch(text):
            return _of_compact(compact)
        if named := _NAMED.fullmatch(text):
            before, first, second_day, behind, year, *clock = named.groups()
            return _of_parts(int(year), _month(before or behind or ""), int(first or second_day or 0), *clock)
        if dotted := _DOTTED.fullmatch(text):
            day, month, year, *clock = dotted.groups()
            return _of_parts(int(year), int(month), int(day), *clock)
        if _DIGITS.fullmatch(text):
            return _of_number(float(text) if "." in text else int(text))
        if _RFC2822.match(text):
            return _of_datetime(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):  # month 13; the email package raises TypeError in old versions
        pass
    return None


def _of_parts(
    year: int,
    month: int,
    day: int,
    hour: str | None,
    minute: str | None,
    second: str | None,
    half: str | None,
    zone: str | None,
) -> int:
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(f"{hours} {half}m")
        hours = hours % 12 + 12 * (half.lower() == "p")
    return _of_datetime(datetime(year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=_zone(zone)))


def _month(name: str) -> int:
    """Return the number of a month by its English name, or by the first letters of that name."""
    return 1 + _MONTHS.index(name[:3].lower())


def _of_datetime(value: date) -> int:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _of_compact(match: re.Match[str]) -> int:
    year, month, day, hour, minute, second, *bare, zone = match.groups()
    if bare[0] is not None:
        hour, minute, second = bare
    return _of_parts(int(year), int(month), int(day), hour, minute, second, None, zone)


def _of_number(value: Any) -> int | None:
    number = int(value) if isinstance(value, Integral) else float(value)
    if 1900 <= number < 2100 and number == int(number):  # a year alone; as seconds half an hour after the epoch
        return None
    # 20240131 and 20240131103000: as seconds a fortnight of August 1970, as milliseconds the 27th century.
    if isinstance(number, int) and (compact := _COMPACT.fullmatch(str(number))):
        try:
            return _of_compact(compact)
        except ValueError:
            pass
    size = abs(number)
    if size < 1e11:  # seconds until the year 5138
        return number * 1_000_000 if isinstance(number, int) else round(number * 1e6)
    if size < 1e14:
        return number * 1_000 if isinstance(number, int) else round(number * 1e3)
    if size < 1e17:
        return int(number)
    if size < 1e20:
        return int(number // 1_000)
    return None


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
