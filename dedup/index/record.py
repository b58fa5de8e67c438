"""Check a record that a caller adds to an index or queries with, before anything is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from dedup.dates import read_date
from dedup.errors import InputError
from dedup.schema import NO_DATE
from dedup.text.tokens import encode

ID_BYTES = 4_096
FIELD_BYTES = 65_536
TEXT_BYTES = 200_000_000
SHOWN = 40  # characters of a value in a message

BATCH_DOCUMENTS, BATCH_BYTES = 1_000, 16 << 20
"""Documents, and bytes of text, that are worked on at a time."""

UPDATE_HINT = "update() replaces the text of a document"

FIELDS = ("id", "text", "source", "published", "url", "data")


class Record(NamedTuple):
    """A checked record, to be added or to query with.

    Parameters
    ----------
    id : str or None
        None for a text that is only asked about.
    text : bytes
        UTF-8.
    source, url : str or None
    published : int or None
        Microseconds since 1970 UTC.
    data : str or None
        JSON.
    """

    id: str | None
    text: bytes
    source: str | None
    published: int | None
    url: str | None
    data: str | None


def checked_record(
    id: Any, text: Any, source: Any = None, published: Any = None, url: Any = None, data: Any = None
) -> Record:
    """Return the fields of a record, checked and in their stored form.

    Raises
    ------
    InputError
        When a field cannot be used.
    """
    of = "" if id is None else f" of {_shown(id)}"
    if not isinstance(text, str):
        raise InputError(f"a text{of} of type {type(text).__name__}", "a string")
    encoded = encode(text)
    if len(encoded) > TEXT_BYTES:
        raise InputError(f"a text{of} of {len(encoded):,} bytes", f"at most {TEXT_BYTES:,}")
    for name, value in (("source", source), ("url", url)):
        if value is not None:
            _check_string(f"{name}{of}", value, FIELD_BYTES)
    return Record(id, encoded, source, _date(published, of), url, _json(data, of))


def checked_id(id: Any) -> str:
    """Return an id, if it can be one.

    Raises
    ------
    InputError
        When it is not.
    """
    _check_string("id", id, ID_BYTES)
    if not id:
        raise InputError("an empty id", "a string that names the document")
    return str(id)


def is_id(value: object) -> bool:
    """Return whether a value could be the id of a document."""
    try:
        return bool(checked_id(value))
    except InputError:
        return False


def read_record(value: Any, with_id: bool) -> Record:
    """Check a record that is a mapping or, if no id is needed, a plain text.

    Raises
    ------
    InputError
    """
    if isinstance(value, str) and not with_id:
        return checked_record(None, value)
    if not isinstance(value, Mapping):
        raise InputError(f"a record of type {type(value).__name__}", "a dict with id and text")
    unknown = [str(name) for name in value if name not in FIELDS]
    if unknown:
        hint = "put all else that belongs to it in data"
        raise InputError(f"a record with {', '.join(map(_shown, unknown))}", f"only {', '.join(FIELDS)}", hint)
    lacking = [name for name in (("id", "text") if with_id else ("text",)) if name not in value]
    if lacking:
        raise InputError(f"a record without {' and '.join(lacking)}", "a dict with id and text")
    if with_id:
        checked_id(value["id"])
    return checked_record(**{name: value.get(name) for name in FIELDS})


def read_records(values: Any, with_id: bool) -> list[Record]:
    """Check records, no two of which may have the same id.

    Raises
    ------
    InputError
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise InputError(f"records of type {type(values).__name__}", "a list of dicts")
    checked = [read_record(value, with_id) for value in values]
    if with_id:
        ids = [one.id for one in checked]
        if len({*ids}) < len(ids):
            twice = next(id for at, id in enumerate(ids) if id in ids[:at])
            raise InputError(f"two records with the id {_shown(twice)}", "ids that differ")
    return checked


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield records in batches of the size that is processed at a time."""
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and (len(batch) == BATCH_DOCUMENTS or size + len(record.text) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record.text)
    if batch:
        yield batch


def checked_date(value: Any) -> int:
    """Return a date in microseconds since 1970 UTC.

    Raises
    ------
    InputError
        When there is none, or it cannot be read.
    """
    read = _date(value, "")
    if read is None:
        raise InputError("no date", "a date such as 2024-01-31", "an index with a window needs none")
    return read


def id_taken(id: str) -> InputError:
    """Return the error for an id that is in the index already."""
    return InputError(f"id {_shown(id)} is in the index already", "a new id", UPDATE_HINT)


def _shown(value: Any) -> str:
    shown = repr(value[:SHOWN] if isinstance(value, str) else value)
    return shown if len(shown) <= SHOWN + 2 else f"{shown[:SHOWN]}…"


def _check_string(name: str, value: Any, most: int) -> None:
    if not isinstance(value, str):
        raise InputError(f"{name} of type {type(value).__name__}", "a string")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InputError(f"{name} {_shown(value)} with a lone surrogate", "valid Unicode text") from None
    if size > most:
        raise InputError(f"{name} of {size:,} bytes", f"at most {most:,}")


def _date(value: Any, of: str) -> int | None:
    if value is None:
        return None
    read = read_date(value)
    if read is None or not -(2**63) <= read < 2**63:
        raise InputError(f"a date{of} {_shown(value)}", "one such as 2024-01-31 or 2024-01-31T10:30:00Z")
    return None if read == NO_DATE else read


def _json(value: Any, of: str) -> str | None:
    if value is None:
        return None
    try:
        return orjson.dumps(value).decode()
    except (TypeError, RecursionError) as error:
        raise InputError(
            f"data{of} that cannot be written as JSON ({error})", "dicts, lists, strings, numbers, True, False, None"
        ) from None
