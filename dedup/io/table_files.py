"""Write tables as Parquet, CSV or JSON lines, and read them back; write the list of rejected records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from dedup.errors import InputError

Tables = Iterable[pa.Table]


OF_FEW_VALUES = frozenset(
    ["file", "duplicate_of_file", "relation", "story_size", "copies", "source", "credit", "reason"]
)
"""Columns that hold the same values again and again. A dictionary of any others, as of ids, would double their size."""


def write_parquet(tables: Tables, schema: pa.Schema, path: Path) -> None:
    """Write tables as one Parquet file, a row group each, compressed with zstd."""
    import pyarrow.parquet as pq  # 7 ms that a run without output need not wait

    few = [name for name in schema.names if name in OF_FEW_VALUES]
    # Opened here, for pyarrow takes no names that are not UTF-8.
    with open(path, "wb") as file, pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=few) as writer:
        for table in tables:
            writer.write_table(table)


def write_csv(tables: Tables, schema: pa.Schema, path: Path) -> None:
    """Write tables as one CSV file with a header; strings are quoted, and null is an empty cell."""
    from pyarrow import csv

    with open(path, "wb") as file, csv.CSVWriter(file, schema) as writer:
        for table in tables:
            writer.write_table(table)


def write_json_lines(tables: Tables, schema: pa.Schema, path: Path) -> None:
    """Write tables as JSON lines, an object a row; dates as in RFC 3339."""
    with open(path, "wb") as file:
        for table in tables:
            file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in table.to_pylist())


WRITERS: dict[str, Callable[[Tables, pa.Schema, Path], None]] = {
    "parquet": write_parquet,
    "csv": write_csv,
    "jsonl": write_json_lines,
}
"""By the forms of `dedup.io.format_registry.TABLE_FORMS`."""


def read_table(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a table that was written with this schema.

    Parameters
    ----------
    path : Path
        Of a file that one of `WRITERS` has written; Parquet is mapped into memory.
    schema : pa.Schema

    Raises
    ------
    InputError
        When it cannot be read, or lacks a column, as one that an earlier version has written.
    """
    try:
        table = _READERS[path.suffix[1:]](path, schema)
        missing = [name for name in schema.names if name not in table.column_names]
        if not missing:
            return table.select(schema.names).cast(schema)
        found = f"{path}: no column {', '.join(missing)}"
    except FileNotFoundError:
        found = f"{path}: no such file"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
        # JSON lines may hold anything.
        found = f"{path}: {next(iter(str(error).splitlines()), 'damaged')}"
    raise InputError(found, "what this version of dedup run -o writes", "run it again")


def _read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    import pyarrow.parquet as pq

    with pa.memory_map(str(path)) as file:
        return pq.read_table(file)


def _read_csv(path: Path, schema: pa.Schema) -> pa.Table:
    from pyarrow import csv

    kinds = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    with open(path, "rb") as file:
        return csv.read_csv(file, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=kinds)


def _read_json_lines(path: Path, schema: pa.Schema) -> pa.Table:
    with open(path, "rb") as file:
        rows = [_revived(orjson.loads(line), schema) for line in file]
    names = [name for name in schema.names if not rows or name in rows[0]]
    return pa.Table.from_pylist(rows, pa.schema([schema.field(name) for name in names]))


def _revived(row: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """Return a row with its dates as such."""
    from datetime import datetime

    for name, value in row.items():
        if value is not None and name in schema.names and pa.types.is_timestamp(schema.field(name).type):
            row[name] = datetime.fromisoformat(value)
    return row


_READERS: dict[str, Callable[[Path, pa.Schema], pa.Table]] = {
    "parquet": _read_parquet,
    "csv": _read_csv,
    "jsonl": _read_json_lines,
}


def write_rejected(rejections: Iterable[tuple[str, int, str, bytes, int]], path: Path) -> None:
    """Write a JSON line with ``file``, ``row``, ``reason`` and ``raw`` for each rejected record.

    Where ``raw`` is only the beginning there is ``bytes``, too: how many there were, null where reading stopped.

    Parameters
    ----------
    rejections : iterable of (file, row, reason, raw, size)
        The size is -1 where it is not known.
    path : Path
        Written, if empty, even when no record is rejected.

    Notes
    -----
    Bytes that are not UTF-8 appear in ``raw`` as lone surrogates (Python's ``surrogateescape``), written as escapes:
    ``json.loads(line)["raw"].encode("utf-8", "surrogateescape")`` returns the original bytes of the record.
    """
    with open(path, "w", encoding="ascii", newline="\n") as output:
        for file, row, reason, raw, size in rejections:
            text = raw.decode("utf-8", "surrogateescape")
            line: dict[str, str | int | None] = {"file": file, "row": row, "reason": reason, "raw": text}
            if size != len(raw):
                line["bytes"] = None if size < 0 else size
            output.write(json.dumps(line) + "\n")
