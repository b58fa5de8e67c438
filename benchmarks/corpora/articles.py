"""Read articles from JSON lines, which may be compressed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a file of JSON lines; it may be compressed (.gz, .zst)."""
    with io.BufferedReader(pa.input_stream(str(path), compression="detect"), 1 << 20) as lines:
        yield from map(orjson.loads, lines)


def read_articles(path: Path) -> dict[str, str]:
    """Return id to text of every record with both, the first where an id comes again."""
    articles: dict[str, str] = {}
    for record in read_lines(path):
        if record.get("id") is not None and record.get("text"):
            articles.setdefault(str(record["id"]), record["text"])
    return articles
