"""The database of an index in a folder: its documents and facts in SQLite. The index is what is committed there.

Everything else can be made again from it, or is named in it: run files and the table of frequencies are written and
synced before the transaction that names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dedup.index.folder import sqlite_file
from dedup.index.folder.codec import FACTS_SUM, decoded, encoded, facts_sum, numbers_sum, relinked
from dedup.index.folder.sqlite_file import SqliteFile
from dedup.index.stored import Row
from dedup.index.story_book import StoryMember

DATABASE = "index.sqlite"
FORMAT = 4
CACHE_KIB = 64_000
VALUES_TOGETHER = 1_000
JOURNAL_BYTES = 64 << 20  # that the log of a large transaction may keep

_SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, length INTEGER NOT NULL, source TEXT,
    published INTEGER, url TEXT, data TEXT, credit TEXT, drawn_on INTEGER NOT NULL, copy_of INTEGER,
    counted INTEGER NOT NULL, story INTEGER, added INTEGER NOT NULL, digest BLOB NOT NULL, tokens BLOB NOT NULL,
    checksum INTEGER NOT NULL
);
CREATE INDEX copies ON documents (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX dates ON documents (published) WHERE published IS NOT NULL;
CREATE TABLE removed (number INTEGER PRIMARY KEY);
CREATE TABLE stories (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    name TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, documents INTEGER NOT NULL,
    near INTEGER NOT NULL, rare INTEGER NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID;
"""

_REMOVED = "removed"
"""Under which the checksum of the removed documents is noted."""

AMENDED = ("size", "source", "url", "data", "credit", "drawn_on")
"""Columns that may change of a document whose words and date are as they were."""

_COLUMNS = ", ".join((*Row._fields, "checksum"))
_UNLINK = "UPDATE documents SET checksum = relinked(checksum, copy_of, NULL), copy_of = NULL WHERE copy_of"
_INSERT = f"INSERT INTO documents ({_COLUMNS}) VALUES ({', '.join('?' * (len(Row._fields) + 1))})"


class RunFile(NamedTuple):
    """A file of postings, as the index lists it.

    Parameters
    ----------
    name : str
    first, last : int
        Its documents are among these numbers.
    documents : int
        How many they were when it was written.
    near, rare : int
        Postings of either kind.
    digest : str
    """

    name: str
    first: int
    last: int
    documents: int
    near: int
    rare: int
    digest: str


class Database:
    """The database of an index.

    Parameters
    ----------
    path : Path
    writable : bool

    Attributes
    ----------
    file : SqliteFile

    Raises
    ------
    sqlite3.Error
        As do all methods.
    """

    def __init__(self, path: Path, writable: bool) -> None:
        self.file = SqliteFile(path, writable)
        self.file.execute(f"PRAGMA cache_size = -{CACHE_KIB if writable else 2000}")
        if writable:
            self.file.connection.create_function("relinked", 3, relinked, deterministic=True)
            self.file.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")

    @staticmethod
    def create(folder: Path, about: dict[str, Any]) -> None:
        """Create an empty database in a folder."""
        facts = {"format": FORMAT, "change": 0, "next": 1, **about}
        facts[FACTS_SUM] = facts_sum(facts, [])
        sqlite_file.make(folder, DATABASE, _SCHEMA, facts)

    def close(self) -> None:
        """Close the database; uncommitted changes are lost."""
        self.file.close()

    def begin(self, write: bool = True) -> None:
        """Begin a transaction, unless one is open."""
        if not self.is_open:
            self.file.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def commit(self) -> None:
        """Commit, durably; readers see that something has changed."""
        if self.is_open:
            self.file.execute("UPDATE about SET value = value + 1 WHERE name = 'change'")
            self.set_about(**{FACTS_SUM: facts_sum(self.about(), self.runs())})
            self.file.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo uncommitted changes, or end reading."""
        self.file.roll_back()

    @property
    def is_open(self) -> bool:
        """Whether a transaction is open."""
        return self.file.connection.in_transaction

    def mark(self) -> None:
        """Mark a place in the transaction for `go_back`."""
        self.file.execute("SAVEPOINT mark")

    def go_back(self) -> None:
        """Undo the changes since the mark, if the transaction is still open."""
        if self.is_open:
            self.file.execute("ROLLBACK TO mark")

    def about(self) -> dict[str, Any]:
        """Return the facts about the index, uncommitted ones included."""
        return self.file.about()

    def committed(self) -> dict[str, Any]:
        """Return the verified facts about the index; call this before any change.

        Raises
        ------
        ValueError
            When they, or what is noted of runs and removed documents, are not what was written.
        """
        about = self.about()
        if about.get("format") == FORMAT:
            is_whole = about.get(FACTS_SUM) == facts_sum(about, self.runs())
            if not is_whole or about.get(_REMOVED, 0) != numbers_sum(self.removed()):
                raise ValueError("its parameters or counts differ from what was written")
        return about

    def change(self) -> int:
        """Return a number that rises with every commit."""
        return int(self.file.execute("SELECT value FROM about WHERE name = 'change'").fetchone()[0])

    def set_about(self, **values: Any) -> None:
        """Store facts about the index."""
        self.file.set_about(values)

    def __len__(self) -> int:
        return int(self.file.execute("SELECT count(*) FROM documents").fetchone()[0])

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        self.file.execute_all(_INSERT, map(encoded, rows))

    def by_id(self, id: str) -> Row | None:
        """Return the document of that id."""
        row = self.file.execute(f"SELECT {_COLUMNS} FROM documents WHERE id = ?", (id,)).fetchone()
        return None if row is None else decoded(row)

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return documents by id."""
        rows = [decoded(row) for row in self.file.having("documents", _COLUMNS, "id", ids)]
        return {row.id: row for row in rows}

    def members(self, numbers: Sequence[int]) -> list[StoryMember]:
        """Return documents by number as members of their stories; removed ones are left out."""
        columns = "number, id, coalesce(story, number), added"
        return [StoryMember(*row) for row in self.file.having("documents", columns, "number", numbers)]

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are in the database."""
        return {row[0] for row in self.file.having("documents", "id", "id", ids)}

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of the one with a number."""
        statement = f"SELECT {_COLUMNS} FROM documents WHERE copy_of = ? ORDER BY number"
        return [decoded(row) for row in self.file.execute(statement, (number,))]

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; removed ones are left out."""
        return {row[0]: decoded(row) for row in self.file.having("documents", _COLUMNS, "number", numbers)}

    def after(self, number: int, count: int) -> list[Row]:
        """Return the next documents after a number."""
        statement = f"SELECT {_COLUMNS} FROM documents WHERE number > ? ORDER BY number LIMIT ?"
        return [decoded(row) for row in self.file.execute(statement, (number, count))]

    def blocks(self, count: int, after: int = 0) -> Iterator[list[Row]]:
        """Yield all documents after a number, ``count`` at a time."""
        while rows := self.after(after, count):
            yield rows
            after = rows[-1].number

    def remove(self, number: int) -> None:
        """Remove a document; its copies become kept documents."""
        self.file.execute("DELETE FROM documents WHERE number = ?", (number,))
        self.file.execute("INSERT INTO removed VALUES (?)", (number,))
        self._note_removed([number])
        self.file.execute(f"{_UNLINK} = ?", (number,))

    def amend(self, row: Row) -> None:
        """Replace the fields of a document."""
        columns = ", ".join(f"{name} = ?" for name in (*AMENDED, "checksum"))
        values = [*(getattr(row, name) for name in AMENDED), encoded(row)[-1]]
        self.file.execute(f"UPDATE documents SET {columns} WHERE number = ?", (*values, row.number))

    def link(self, numbers: Iterable[int], original: int) -> None:
        """Mark documents as copies of another one."""
        link = "UPDATE documents SET checksum = relinked(checksum, copy_of, ?1), copy_of = ?1 WHERE number = ?2"
        self.file.execute_all(link, ((original, number) for number in numbers))

    def older(self, before: int) -> list[int]:
        """Return the numbers of the documents published before a date, in ascending order."""
        old = "SELECT number FROM documents WHERE published < ? ORDER BY number"
        return [row[0] for row in self.file.execute(old, (before,))]

    def expire(self, numbers: Sequence[int]) -> int:
        """Remove documents; their copies become kept documents. Return how many of them counted."""
        counted: int = sum(row[0] for row in self.file.having("documents", "counted", "number", numbers))
        each = [(number,) for number in numbers]
        self.file.execute_all(f"{_UNLINK} = ?", each)
        self._note_removed(numbers)
        self.file.execute_all("INSERT INTO removed VALUES (?)", each)
        self.file.execute_all("DELETE FROM documents WHERE number = ?", each)
        return counted

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names that have one."""
        return dict(self.file.having("stories", "name, value", "name", names))

    def all_story_values(self) -> Iterator[dict[str, bytes]]:
        """Yield all values, some at a time."""
        found = self.file.execute("SELECT name, value FROM stories")
        while rows := found.fetchmany(VALUES_TOGETHER):
            yield dict(rows)

    def set_story_values(self, values: Mapping[str, bytes | None]) -> None:
        """Store values by name; None removes one."""
        stored = [(name, value) for name, value in values.items() if value is not None]
        removed = [(name,) for name, value in values.items() if value is None]
        self.file.execute_all("INSERT OR REPLACE INTO stories VALUES (?, ?)", stored)
        self.file.execute_all("DELETE FROM stories WHERE name = ?", removed)

    def newest(self) -> int | None:
        """Return the latest date of any document, None if none has a date."""
        (newest,) = self.file.execute("SELECT max(published) FROM documents").fetchone()
        return None if newest is None else int(newest)

    def removed(self) -> list[int]:
        """Return the numbers of removed documents that may still have postings."""
        return [row[0] for row in self.file.execute("SELECT number FROM removed")]

    def forget_removed(self, first: int, last: int) -> None:
        """Note that no removed document among these numbers has postings any longer."""
        among = "FROM removed WHERE number BETWEEN ? AND ?"
        self._note_removed([row[0] for row in self.file.execute(f"SELECT number {among}", (first, last))])
        self.file.execute(f"DELETE {among}", (first, last))

    def runs(self) -> list[RunFile]:
        """Return the run files, in the order of their documents."""
        return [RunFile(*row) for row in self.file.execute("SELECT * FROM runs ORDER BY first")]

    def replace_runs(self, old: Sequence[RunFile], new: RunFile | None) -> None:
        """List a run file in place of others."""
        self.file.execute_all("DELETE FROM runs WHERE name = ?", [(run.name,) for run in old])
        if new is not None:
            self.file.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", new)

    def statistics(self) -> dict[str, int]:
        """Return counts of documents."""
        statement = "SELECT count(*), total(size), count(copy_of), min(published), max(published) FROM documents"
        count, total, copies, first, last = self.file.execute(statement).fetchone()
        return {"documents": count, "text_bytes": int(total), "copies": copies, "first": first, "last": last}

    def count(self, first: int, last: int) -> int:
        """Return how many documents have a number in this range."""
        statement = "SELECT count(*) FROM documents WHERE number BETWEEN ? AND ?"
        return int(self.file.execute(statement, (first, last)).fetchone()[0])

    def total_tokens(self) -> int:
        """Return the number of tokens of all documents."""
        return int(self.file.execute("SELECT coalesce(sum(length), 0) FROM documents").fetchone()[0])

    def problems(self) -> list[str]:
        """Return the damage that SQLite finds in its file."""
        found = [str(row[0]) for row in self.file.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def vacuum(self) -> None:
        """Return free space to the disk."""
        self.file.vacuum()

    def _note_removed(self, numbers: Sequence[int]) -> None:
        """Update the checksum of the removed documents for numbers that are added or dropped."""
        (before,) = self.file.execute("SELECT value FROM about WHERE name = ?", (_REMOVED,)).fetchone() or (0,)
        self.set_about(**{_REMOVED: before ^ numbers_sum(numbers)})
