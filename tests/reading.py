"""What the tests of input and output share: a whole source as lists, and files made in one line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.dates import UnreadableDates
from dedup.io import Batch, Fields, open_files
from dedup.io.fields.field_counts import FieldCounts
from dedup.schema import NO_DATE


@dataclass
class Everything:
    """All records of a source, field by field."""

    file: list[str] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    id: list[str] = field(default_factory=list)
    text: list[bytes | None] = field(default_factory=list)
    published: list[int | None] = field(default_factory=list)
    source: list[str | None] = field(default_factory=list)
    rejected: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    unread: UnreadableDates = field(default_factory=UnreadableDates)
    fields: FieldCounts = field(default_factory=FieldCounts)
    batches: int = 0

    def __len__(self) -> int:
        return len(self.row)


def has_dates(source: Any) -> bool:
    """Whether any date was read."""
    return bool(source.fields["used"].get("date"))


def batches(source: Any) -> Iterator[Batch]:
    """Read a source to its end, piece by piece."""
    for piece in source.pieces():
        batch = piece()
        source.accept(batch)
        yield batch
    source.finish()


def everything(source: Any) -> Everything:
    """Read a source to its end; checks what holds of every batch."""
    result = Everything()
    for batch in batches(source):
        count = len(batch.row)
        assert batch.row.dtype == batch.published.dtype == np.int64
        assert batch.text.type == pa.large_binary()
        assert count == len(batch.id) == len(batch.text) == len(batch.published) == len(batch.source)
        assert batch.id.type == batch.source.type == pa.string()
        assert all(batch.id.to_pylist())
        batch.id.validate(full=True)
        batch.source.validate(full=True)
        batch.text.validate(full=True)
        for position, rejection in batch.rejected.items():
            assert batch.text[position].as_py() is None
            result.rejected[len(result) + position] = rejection.reason, rejection.raw
        result.file += [batch.file] * count
        result.row += batch.row.tolist()
        result.id += batch.id.to_pylist()
        result.text += batch.text.to_pylist()
        result.published += [None if value == NO_DATE else value for value in batch.published.tolist()]
        result.source += batch.source.to_pylist()
        result.unread = result.unread.and_then(batch.unread)
        result.fields.add(batch.fields)
        result.batches += 1
    return result


def read(*paths: Path | str, fields: Fields | None = None, **options: Any) -> Everything:
    """Read files to their end."""
    return everything(open_files(list(paths), fields or Fields(), **options))


def zstd(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}


def json_lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def make(folder: Path, name: str, data: bytes) -> Path:
    """Write a file, with the folders it needs, and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def out_in(folder: Path) -> Path:
    """Make a folder for the output and return it."""
    out = folder / "out"
    out.mkdir()
    return out
