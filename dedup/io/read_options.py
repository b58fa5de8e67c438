"""Define what a caller asks of a reader: which fields to read, what to refuse, and the sizes of pieces."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from numbers import Integral
from pathlib import Path

from dedup.dates import require_date_format
from dedup.errors import ParamsError
from dedup.io.bytes.encodings import charset_named
from dedup.io.places.remote_tuning import RemoteTuning
from dedup.params import refuse_other_keywords

LONGEST = 64_000_000
"""Bytes of the longest record that is read by default: a book has one million, a bomb of one megabyte a thousand."""

LARGEST_LONGEST = 2_000_000_000
"""Ids and names of a block have offsets of 32 bits."""


@refuse_other_keywords
@dataclass(frozen=True, slots=True)
class Fields:
    """What the input looks like: which fields to read, and how dates and letters are written; None: recognise it.

    Parameters
    ----------
    id, text, date, source, title, url : str or None
        Names of fields; each must exist somewhere in the input. A name with dots is a path into objects, such as
        ``content.rendered``; a text may be joined from several fields, such as ``title,text``, with a blank line
        between. A field with exactly that name takes precedence.
    date_format : str or None
        How dates are written, as for ``datetime.strptime``; tried before the usual forms.
    encoding : str or None
        The encoding of files that are not UTF-8, such as ``"windows-1251"``.

    Raises
    ------
    ParamsError
        If one of them is not a string, the format is not one of a date, or Python does not know the encoding.

    Examples
    --------
    >>> from dedup import Fields
    >>> Fields(text="title,text", date="pubDate").text
    'title,text'
    """

    id: str | None = None
    text: str | None = None
    date: str | None = None
    source: str | None = None
    title: str | None = None
    url: str | None = None
    date_format: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not isinstance(value, str) and one.name != "date_format":
                hint = 'text="title,text" joins several fields' if one.name == "text" else ""
                raise ParamsError(f"{one.name} of type {type(value).__name__}", "a string", hint)
        if self.date_format is not None:
            require_date_format(self.date_format)
        if self.encoding is not None:
            charset_named(self.encoding)


@dataclass(frozen=True, slots=True)
class ReadTuning:
    """The sizes of pieces in reading. They affect no answer, only where batches end and how much of them is shown.

    Parameters
    ----------
    chunk_bytes : int
        Decompressed bytes read at a time: few enough to stay in the cache, and enough that threads seldom wait.
    batch_records : int
        Most records of a batch.
    batch_bytes : int
        Most bytes of a batch, unless a single record is larger.
    table_bytes : int
        Bytes above which a batch of an Arrow table is cut again, because a few of its records are long.
    raw_bytes : int
        Most bytes that are kept of a rejected record.
    row_group_bytes : int
        Bytes in memory after which kept records are written as a row group of Parquet. Those of the input are not
        copied one by one: a common default is a million rows, gigabytes of articles.
    remote : RemoteTuning
        The sizes and times of requests to remote files.
    """

    chunk_bytes: int = 1 << 22
    batch_records: int = 20_000
    batch_bytes: int = 16 << 20
    table_bytes: int = 64 << 20
    raw_bytes: int = 1 << 20
    row_group_bytes: int = 128 << 20
    remote: RemoteTuning = field(default_factory=RemoteTuning)

    @property
    def cut(self) -> list[int]:
        """The sizes that decide, besides the input, where it is cut into pieces."""
        return [self.chunk_bytes, self.batch_bytes, self.batch_records]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read an input.

    Parameters
    ----------
    fields : Fields
    strict : bool
        Raise an error at the first rejected record.
    longest : int
        Bytes of the longest record: line, record of CSV, text file, text of a table. Longer ones are rejected.
    fail_on_empty : bool
        Refuse an input without records.
    scratch : Path or None
        Folder for copies of what can be read only once, as standard input; None: the system's.
    limit : int or None
        Read only this many records, the first ones; None: all.
    tuning : ReadTuning

    Raises
    ------
    ParamsError
        When ``longest`` is none that can be.
    """

    fields: Fields = field(default_factory=Fields)
    strict: bool = False
    longest: int = LONGEST
    fail_on_empty: bool = False
    scratch: Path | None = None
    limit: int | None = None
    tuning: ReadTuning = field(default_factory=ReadTuning)

    def __post_init__(self) -> None:
        checked_longest(self.longest)


def checked_longest(longest: int | None) -> int:
    """Return the bytes of the longest record to read; None stands for the default.

    Raises
    ------
    ParamsError
    """
    if longest is None:
        return LONGEST
    if isinstance(longest, bool) or not isinstance(longest, Integral) or not 1 <= longest <= LARGEST_LONGEST:
        raise ParamsError(f"longest {longest!r}", f"bytes, a whole number from 1 to {LARGEST_LONGEST:,}")
    return int(longest)
