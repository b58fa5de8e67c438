"""Create, open and query an SQLite file: created completely or not at all, always with the same settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dedup.store import private
from dedup.store.durable import sync_folder

PAGE_BYTES = 16_384
WAIT_SECONDS = 30.0
VALUES_AT_A_TIME = 500  # in one statement

ABOUT = "CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
"""The table of facts that each of our files has."""


def make(folder: Path, name: str, schema: str, about: Mapping[str, Any]) -> None:
    """Create a file in a folder, under another name until it is complete and on the disk.

    Parameters
    ----------
    folder : Path
    name : str
    schema : str
        Statements, with a semicolon between them.
    about : mapping
        Facts to be noted in it.
    """
    begun = folder / f"{name}.begun"
    for path in folder.glob(f"{name}.begun*"):
        path.unlink()
    open(begun, "xb", opener=private.opener_in(folder)).close()  # SQLite gives its other files the same mode
    fill(begun, schema, about)
    begun.rename(folder / name)
    sync_folder(folder)


def fill(path: Path, schema: str, about: Mapping[str, Any]) -> None:
    """Create the tables of a new file."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("BEGIN")
        for statement in (ABOUT, *schema.split(";")):
            connection.execute(statement)
        connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        connection.execute("COMMIT")
        # Not before: when the file is renamed nothing may be in a log, which closing moves, or fails to move.
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


class SqliteFile:
    """An open file.

    Parameters
    ----------
    path : Path
    writable : bool

    Attributes
    ----------
    connection : sqlite3.Connection
        Without transactions of its own accord.

    Raises
    ------
    sqlite3.Error
        As do all methods.
    """

    def __init__(self, path: Path, writable: bool) -> None:
        # "rw": a file that is not there is not made; readers, too, write to the file of shared memory.
        uri = f"{path.absolute().as_uri()}?mode={'rw' if writable else 'ro'}"
        self.connection = sqlite3.connect(
            uri, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False, uri=True, cached_statements=64
        )
        if writable:
            self.connection.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        """Close the file; uncommitted changes are lost."""
        self.connection.close()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement."""
        return self.connection.execute(statement, values)

    def execute_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute a statement once for each row of values."""
        self.connection.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the changes of the block, or undo them if it fails."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise

    def roll_back(self) -> None:
        """Undo uncommitted changes, or end reading."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def about(self) -> dict[str, Any]:
        """Return the facts in the file, uncommitted ones included."""
        return dict(self.connection.execute("SELECT name, value FROM about"))

    def set_about(self, values: Mapping[str, Any]) -> None:
        """Store facts."""
        self.connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values.items())

    def having(self, table: str, columns: str, key: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield columns of the rows whose key is one of some values."""
        for first in range(0, len(values), VALUES_AT_A_TIME):
            block = values[first : first + VALUES_AT_A_TIME]
            marks = ", ".join("?" * len(block))
            yield from self.connection.execute(f"SELECT {columns} FROM {table} WHERE {key} IN ({marks})", block)

    def vacuum(self) -> None:
        """Return free space to the disk."""
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
