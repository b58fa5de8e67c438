"""What the tests of input and output share: a whole source as lists, and files made in one line."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import dedup.io as reading_and_writing
from dedup.attribution.agencies import Agencies
from dedup.dates import UnreadableDates
from dedup.io import Batch, Fields, ReadOptions, ReadTuning, Source, write_rejected
from dedup.io.fields.field_counts import FieldCounts
from dedup.io.fields.field_tree import FieldTree
from dedup.io.file_source import FileSource
from dedup.io.format_registry import format_named
from dedup.io.formats import FormatReader
from dedup.params import Params
from dedup.run.options import RunOptions
from dedup.run.pipeline import run
from dedup.run.result import Result
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


def open_files(inputs: Sequence[Path | str], fields: Fields | None = None, **options: Any) -> FileSource:
    """Open files with options as keywords."""
    return reading_and_writing.open_files(inputs, ReadOptions(fields or Fields(), **options))


def open_source(source: Any, fields: Fields | None = None, **options: Any) -> Source:
    """Open any input with options as keywords."""
    return reading_and_writing.open_source(source, ReadOptions(fields or Fields(), **options))


def reader_of(file_format: str, fields: Fields | None = None, **options: Any) -> FormatReader:
    """Return what reads a format, with options as keywords, sizes among them."""
    sizes = {name: options.pop(name) for name in [*options] if hasattr(ReadTuning, name)}
    chosen = ReadOptions(fields or Fields(), tuning=ReadTuning(**sizes), **options)
    one = format_named(file_format)
    reader: FormatReader = one.load()(one, FieldTree(chosen.fields), chosen)
    return reader


def deduplicated(records: Any, params: Params, threads: int, tuning: ReadTuning) -> Result:
    """Run all stages on records that are read in batches of other sizes than usual."""
    source = reading_and_writing.open_source(records, ReadOptions(tuning=tuning))
    return run(source, None, params, RunOptions(threads=threads), Agencies.read(None))


def rejected_lines(source: Source, path: Path) -> list[dict[str, Any]]:
    """Read a source to its end, write what is rejected, and return that as it is read again."""
    rejections = [
        (batch.file, int(batch.row[at]), one.reason, one.raw, -1 if one.size is None else one.size)
        for batch in batches(source)
        for at, one in batch.rejected.items()
    ]
    write_rejected(rejections, path)
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def read(*paths: Path | str, fields: Fields | None = None, **options: Any) -> Everything:
    """Read files to their end."""
    return everything(open_files(list(paths), fields or Fields(), **options))


def zstd(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


def lz4(data: bytes) -> bytes:
    return pa.compress(data, "lz4", asbytes=True)


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstd,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".lz4": lz4,
}


DECOMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.decompress,
    ".zst": lambda data: _unpacked(data, "zstd"),
    ".xz": lzma.decompress,
    ".bz2": bz2.decompress,
    ".lz4": lambda data: _unpacked(data, "lz4"),
}


def _unpacked(data: bytes, codec: str) -> bytes:
    unpacked: bytes = pa.CompressedInputStream(pa.py_buffer(data), codec).read()
    return unpacked


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
