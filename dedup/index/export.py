"""Write the documents of an index to a file, in JSON lines or Parquet, a block at a time."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import orjson
import pyarrow as pa

from dedup.errors import OutputError, ParamsError
from dedup.index.match import Document
from dedup.store.durable import sync_folder

EXPORTED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string()),
        pa.field("published", pa.timestamp("us", "UTC")),
        pa.field("url", pa.string()),
        pa.field("data", pa.string()),
        pa.field("credit", pa.string()),
        pa.field("copy_of", pa.string()),
        pa.field("text_bytes", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("story", pa.int64(), nullable=False),
        pa.field("added", pa.timestamp("us", "UTC"), nullable=False),
    ]
)
"""Columns of an export in Parquet; ``data`` is JSON."""

LINES, PARQUET = (".jsonl", ".ndjson", ".jl"), (".parquet",)
ROWS_AT_A_TIME = 10_000


def export(documents: Iterable[Document], path: str | os.PathLike[str]) -> int:
    """Write documents to a file, which replaces an earlier one when it is complete; return how many.

    Parameters
    ----------
    documents : iterable of Document
    path : path
        Its ending says how: .jsonl (.ndjson, .jl) or .parquet.

    Raises
    ------
    ParamsError
        When it has another ending.
    OutputError
        When it cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (*LINES, *PARQUET):
        raise ParamsError(f"an export to {target.name!r}", "a name that ends in .jsonl or .parquet")
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    write = _write_parquet if suffix in PARQUET else _write_lines
    try:
        try:
            with open(new, "xb") as file:
                count = write(documents, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        sync_folder(target.absolute().parent)
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise OutputError(f"{target}: {problem}", "a file that can be written") from error
    return count


def _write_lines(documents: Iterable[Document], file: IO[bytes]) -> int:
    count = 0
    for document in documents:
        file.write(orjson.dumps(document.as_dict()) + b"\n")
        count += 1
    return count


def _write_parquet(documents: Iterable[Document], file: IO[bytes]) -> int:
    import pyarrow.parquet as pq

    count = 0
    with pq.ParquetWriter(file, EXPORTED, compression="zstd") as writer:
        for block in _blocks(documents):
            writer.write_table(_table(block))
            count += len(block)
    return count


def _blocks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    them = iter(documents)
    while block := [*islice(them, ROWS_AT_A_TIME)]:
        yield block


def _table(documents: list[Document]) -> pa.Table:
    columns = {name: [getattr(document, name) for document in documents] for name in EXPORTED.names}
    columns["data"] = [None if value is None else orjson.dumps(value).decode() for value in columns["data"]]
    for name in ("published", "added"):
        moments = [np.datetime64("NaT" if value is None else value.removesuffix("Z"), "us") for value in columns[name]]
        columns[name] = pa.array(np.array(moments, "datetime64[us]")).cast(EXPORTED.field(name).type)
    return pa.table(columns, schema=EXPORTED)
