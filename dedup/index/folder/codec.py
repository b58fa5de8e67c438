"""Encode the rows of the database with checksums: of each document, of the facts, of the removed documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import orjson
import xxhash

from dedup.index.stored import Row

FACTS_SUM = "checksum"
"""Under which the checksum of the noted facts is itself noted."""


_summed = attrgetter(*(name for name in Row._fields if name not in ("copy_of", "digest", "tokens")))
"""Columns that go into the checksum as JSON; the other three go in as they are, ``copy_of`` last."""


def checksum(row: Row) -> int:
    """Return a checksum of a document: 64 bits, signed."""
    digest = xxhash.xxh3_64(orjson.dumps(_summed(row)))
    digest.update(row.digest)
    digest.update(row.tokens)
    return relinked(digest.intdigest() - (1 << 63), None, row.copy_of)


def relinked(checksum: int, before: int | None, after: int | None) -> int:
    """Return the checksum of a document that becomes a copy of another one, or of none."""
    for number in (before, after):
        checksum ^= 0 if number is None else _number_sum(number)
    return checksum


def encoded(row: Row) -> tuple[Any, ...]:
    """Return the columns of a document, followed by its checksum."""
    return (*row, checksum(row))


def decoded(columns: Sequence[Any]) -> Row:
    """Return a document from its columns and its checksum.

    Raises
    ------
    ValueError
        When it is damaged.
    """
    row = Row(*columns[:-1])
    try:
        is_whole = checksum(row) == columns[-1]
    except (
        TypeError,
        AttributeError,
        OverflowError,
        orjson.JSONEncodeError,
    ):  # values of other types than were written
        is_whole = False
    if not is_whole:
        raise ValueError(f"document {row.number} differs from what was written")
    return row


def facts_sum(about: Mapping[str, Any], runs: Sequence[tuple[Any, ...]]) -> int:
    """Return a checksum of the facts and of the named run files: 64 bits, signed."""
    digest = xxhash.xxh3_64(repr([tuple(run) for run in runs]).encode())
    for name, value in sorted(about.items()):
        if name != FACTS_SUM:
            digest.update(f"\0{name}\0".encode())
            digest.update(value if isinstance(value, bytes) else repr(value).encode())
    return digest.intdigest() - (1 << 63)


def numbers_sum(numbers: Sequence[int]) -> int:
    """Return a checksum of numbers in any order, 63 bits: for two sets together, the exclusive or of both."""
    total = 0
    for number in numbers:
        total ^= _number_sum(number)
    return total


def _number_sum(number: int) -> int:
    return xxhash.xxh3_64_intdigest(number.to_bytes(8, "little")) >> 1
