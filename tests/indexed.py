"""What the tests of runs against an index share: records, indexes of them, what became of them."""

from __future__ import annotations

import dataclasses
import functools
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited

import dedup
from dedup import Document, Index


def record(id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "text": text, **more}


def originals(count: int = 6) -> list[dict[str, Any]]:
    return [record(f"a{n}", article(n), source="Hill Press", published="2024-03-01") for n in range(count)]


def timeless(document: Document | None) -> Document | None:
    """Return a document without the time when it was added, for indexes that were written one after the other."""
    return None if document is None else dataclasses.replace(document, added="")


def chain() -> tuple[str, str, str]:
    """Three texts, of which the first and the last are no near duplicates, and the middle one is of both."""
    middle = edited(article(3, 30), 1, 0.02)
    return article(3, 30), middle, edited(middle, 11, 0.02)


def fates(result: dedup.Result) -> dict[str, tuple[Any, ...]]:
    rows = result.decisions.to_pylist()
    return {row["id"]: (row["kept"], row["duplicate_of"], row["relation"], row["cluster"]) for row in rows}


def written(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def ids_of(place: Path) -> set[str]:
    with Index.open(place, mode="r") as index:
        assert index.check() == []
        return {row.id for rows in index.backend.state.database.blocks(100) for row in rows}


def before_each_statement(patched: pytest.MonkeyPatch, act: Callable[[str], None]) -> None:
    """Call a function with each statement before SQLite executes it, of the connections that are made from now on."""

    class Connection(sqlite3.Connection):
        """One that says what it is about to do."""

        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            act(statement)
            return super().execute(statement, *values)

        def executemany(self, statement: str, *rows: Any) -> sqlite3.Cursor:
            act(statement)
            return super().executemany(statement, *rows)

    patched.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Connection))


NEW = [
    record("near", edited(article(0), 1, 0.02)),
    record("same", article(1).upper()),
    record("own", article(50)),
    record("copy of own", edited(article(50), 2, 0.02)),
    record("no words", "..."),
]
