"""The documents of an index, and what it knows of itself, in SQLite: what is committed there is there.

Everything else can be made anew from it, or is named in it: run files and the table of frequencies are written and
synced before the transaction that names them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import xxhash

from dedup.errors import StorageError

FORMAT = 3
PAGE_BYTES = 16_384
CACHE_KIB = 64_000
JOURNAL_BYTES = 64 << 20  # that the log of a large transaction may keep
WAIT_SECONDS = 30.0
REBUILD = "dedup index rebuild makes it anew from the texts"
AT_A_TIME = 500  # numbers in one statement

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE documents (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, length INTEGER NOT NULL, source TEXT,
    published INTEGER, url TEXT, data TEXT, credit TEXT, drawn_on INTEGER NOT NULL, copy_of INTEGER,
    counted INTEGER NOT NULL, digest BLOB NOT NULL, tokens BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE INDEX copies ON documents (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX dates ON documents (published) WHERE published IS NOT NULL;
CREATE TABLE removed (number INTEGER PRIMARY KEY);
CREATE TABLE runs (
    name TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, documents INTEGER NOT NULL,
    near INTEGER NOT NULL, rare INTEGER NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID;
"""


class Row(NamedTuple):
    """A document as it is stored.

    Parameters
    ----------
    number : int
        Ascending in the order of adding.
    id : str
    size, length : int
        Of the text in UTF-8; tokens.
    source : str or None
    published : int or None
        Microseconds since 1970 UTC.
    url : str or None
    data : str or None
        JSON.
    credit : str or None
        The agency it credits.
    drawn_on : int
        Whether in words, as in `dedup.attribution.credits.Credit`.
    copy_of : int or None
        The kept document that it is a copy of.
    counted : int
        Whether its word pairs count: 0 of near duplicates and of documents too short.
    digest : bytes
        Of its words, under the key of the index: 16 bytes.
    tokens : bytes
        As `dedup.index.vocabulary` stores them.
    """

    number: int
    id: str
    size: int
    length: int
    source: str | None
    published: int | None
    url: str | None
    data: str | None
    credit: str | None
    drawn_on: int
    copy_of: int | None
    counted: int
    digest: bytes
    tokens: bytes


_SUM, _REMOVED = "checksum", "removed"
"""Names of the checksums among what the index knows of itself: of all that, and of the removed documents."""

AMENDED = ("size", "source", "url", "data", "credit", "drawn_on")
"""What may be new of a document whose words and date are as they were."""

_COLUMNS = ", ".join((*Row._fields, "checksum"))
_UNLINK = "UPDATE documents SET checksum = relinked(checksum, copy_of, NULL), copy_of = NULL WHERE copy_of"
_INSERT = f"INSERT INTO documents ({_COLUMNS}) VALUES ({', '.join('?' * (len(Row._fields) + 1))})"


def checksum(row: Row) -> int:
    """Return a checksum of a document: 64 bits, signed."""
    found = xxhash.xxh3_64(orjson.dumps([*row[:10], row.counted]))
    found.update(row.digest)
    found.update(row.tokens)
    return relinked(found.intdigest() - (1 << 63), None, row.copy_of)


def relinked(checksum: int, before: int | None, after: int | None) -> int:
    """Return the checksum of a document that is a copy of another one now, or of none."""
    for number in (before, after):
        checksum ^= 0 if number is None else _number_sum(number)
    return checksum


def _state_sum(about: dict[str, Any], runs: Sequence[RunFile]) -> int:
    """Return a checksum of what an index knows of itself, 64 bits, signed."""
    found = xxhash.xxh3_64(repr([tuple(run) for run in runs]).encode())
    for name, value in sorted(about.items()):
        if name != _SUM:
            found.update(f"\0{name}\0".encode())
            found.update(value if isinstance(value, bytes) else repr(value).encode())
    return found.intdigest() - (1 << 63)


def _numbers_sum(numbers: Sequence[int]) -> int:
    """Return a checksum of numbers in any order, 63 bits: that of some and others is the exclusive or of both."""
    found = 0
    for number in numbers:
        found ^= _number_sum(number)
    return found


def _number_sum(number: int) -> int:
    return xxhash.xxh3_64_intdigest(number.to_bytes(8, "little")) >> 1


def _row(values: Sequence[Any]) -> Row:
    """Return a document as it was read.

    Raises
    ------
    ValueError
        When it is damaged.
    """
    row = Row(*values[:-1])
    try:
        is_whole = checksum(row) == values[-1]
    except (
        TypeError,
        AttributeError,
        OverflowError,
        orjson.JSONEncodeError,
    ):  # values of other types than were written
        is_whole = False
    if not is_whole:
        raise ValueError(f"document {row.number} is not what was written")
    return row


class RunFile(NamedTuple):
    """A file of postings, as the index names it.

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


class Documents:
    """The database of an index.

    Parameters
    ----------
    path : Path
    writable : bool

    Raises
    ------
    sqlite3.Error
        As do all methods.
    """

    def __init__(self, path: Path, writable: bool) -> None:
        # "rw": a database that is not there is not made; readers, too, write to the file of shared memory.
        uri = f"{path.absolute().as_uri()}?mode={'rw' if writable else 'ro'}"
        self._connection = sqlite3.connect(
            uri, WAIT_SECONDS, isolation_level=None, check_same_thread=False, uri=True, cached_statements=64
        )
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB if writable else 2000}")
        if writable:
            self._connection.create_function("relinked", 3, relinked, deterministic=True)
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(f"PRAGMA journal_size_limit = {JOURNAL_BYTES}")

    @staticmethod
    def create(path: Path, about: dict[str, Any]) -> None:
        """Make an empty database."""
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("BEGIN")
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            values = {"format": FORMAT, "change": 0, "next": 1, **about}
            values[_SUM] = _state_sum(values, [])
            connection.executemany("INSERT INTO about VALUES (?, ?)", values.items())
            connection.execute("COMMIT")
            # Not before: when the file is renamed nothing may be in a log, which closing moves, or fails to move.
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()

    def close(self) -> None:
        """Close it; what is not committed is lost."""
        self._connection.close()

    def begin(self, write: bool = True) -> None:
        """Begin a transaction, unless in one."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def commit(self) -> None:
        """Commit, so that it stays whatever happens; readers learn that something has changed."""
        if self._connection.in_transaction:
            self._connection.execute("UPDATE about SET value = value + 1 WHERE name = 'change'")
            self.set_about(**{_SUM: _state_sum(self.about(), self.runs())})
            self._connection.execute("COMMIT")

    def end(self) -> None:
        """Undo what is not committed, or end reading."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    @property
    def is_open(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def mark(self) -> None:
        """Mark a place in the transaction, to go back to."""
        self._connection.execute("SAVEPOINT mark")

    def go_back(self) -> None:
        """Undo what was done since the mark, if the transaction is still open."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO mark")

    def about(self) -> dict[str, Any]:
        """Return what the index knows of itself; what is not committed yet, too."""
        return dict(self._connection.execute("SELECT name, value FROM about"))

    def committed(self) -> dict[str, Any]:
        """Return what the index knows of itself; before anything is changed.

        Raises
        ------
        ValueError
            When it, or what is noted of runs and removed documents, is not what was written.
        """
        about = self.about()
        if about.get("format") == FORMAT:
            is_whole = about.get(_SUM) == _state_sum(about, self.runs())
            if not is_whole or about.get(_REMOVED, 0) != _numbers_sum(self.removed()):
                raise ValueError("what it knows of itself is not what was written")
        return about

    def change(self) -> int:
        """Return a number that rises with every commit; begins reading, if told to, one state of the database."""
        return int(self._connection.execute("SELECT value FROM about WHERE name = 'change'").fetchone()[0])

    def set_about(self, **values: Any) -> None:
        """Note something."""
        self._connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values.items())

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        self._connection.executemany(_INSERT, ((*row, checksum(row)) for row in rows))

    def by_id(self, id: str) -> Row | None:
        """Return the document of that id."""
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM documents WHERE id = ?", (id,)).fetchone()
        return None if row is None else _row(row)

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids there are."""
        return {row[0] for row in self._of("id", "id", ids)}

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of one."""
        statement = f"SELECT {_COLUMNS} FROM documents WHERE copy_of = ? ORDER BY number"
        return [_row(row) for row in self._connection.execute(statement, (number,))]

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; those that are gone are left out."""
        return {row[0]: _row(row) for row in self._of(_COLUMNS, "number", numbers)}

    def after(self, number: int, count: int) -> list[Row]:
        """Return the next documents after a number."""
        statement = f"SELECT {_COLUMNS} FROM documents WHERE number > ? ORDER BY number LIMIT ?"
        return [_row(row) for row in self._connection.execute(statement, (number, count))]

    def blocks(self, count: int, after: int = 0) -> Iterator[list[Row]]:
        """Yield all documents after a number, so many at a time."""
        while rows := self.after(after, count):
            yield rows
            after = rows[-1].number

    def remove(self, number: int) -> None:
        """Remove a document; its copies stand for themselves from now on."""
        self._connection.execute("DELETE FROM documents WHERE number = ?", (number,))
        self._connection.execute("INSERT INTO removed VALUES (?)", (number,))
        self._note_removed([number])
        self._connection.execute(f"{_UNLINK} = ?", (number,))

    def amend(self, row: Row) -> None:
        """Put what belongs to a document in the place of what did."""
        columns = ", ".join(f"{name} = ?" for name in (*AMENDED, "checksum"))
        values = [*(getattr(row, name) for name in AMENDED), checksum(row)]
        self._connection.execute(f"UPDATE documents SET {columns} WHERE number = ?", (*values, row.number))

    def follow(self, numbers: Iterable[int], leader: int) -> None:
        """Have documents be copies of another one."""
        link = "UPDATE documents SET checksum = relinked(checksum, copy_of, ?1), copy_of = ?1 WHERE number = ?2"
        self._connection.executemany(link, ((leader, number) for number in numbers))

    def older(self, before: int) -> list[tuple[int, int]]:
        """Return number and ``counted`` of the documents published before a date."""
        old = "SELECT number, counted FROM documents WHERE published < ?"
        return self._connection.execute(old, (before,)).fetchall()

    def expire(self, before: int) -> None:
        """Remove the documents published before a date."""
        old = "SELECT number FROM documents WHERE published < ?"
        self._connection.execute(f"{_UNLINK} IN ({old})", (before,))
        self._note_removed([row[0] for row in self._connection.execute(old, (before,))])
        self._connection.execute(f"INSERT INTO removed {old}", (before,))
        self._connection.execute("DELETE FROM documents WHERE published < ?", (before,))

    def newest(self) -> int | None:
        """Return the latest date of a document; None where none has one."""
        (newest,) = self._connection.execute("SELECT max(published) FROM documents").fetchone()
        return None if newest is None else int(newest)

    def removed(self) -> list[int]:
        """Return the numbers of documents that are removed and may still have postings."""
        return [row[0] for row in self._connection.execute("SELECT number FROM removed")]

    def forget_removed(self, first: int, last: int) -> None:
        """Note that no removed document among these numbers has postings any more."""
        among = "FROM removed WHERE number BETWEEN ? AND ?"
        self._note_removed([row[0] for row in self._connection.execute(f"SELECT number {among}", (first, last))])
        self._connection.execute(f"DELETE {among}", (first, last))

    def runs(self) -> list[RunFile]:
        """Return the run files, in the order of their documents."""
        return [RunFile(*row) for row in self._connection.execute("SELECT * FROM runs ORDER BY first")]

    def replace_runs(self, old: Sequence[RunFile], new: RunFile | None) -> None:
        """Put a run in the place of others."""
        self._connection.executemany("DELETE FROM runs WHERE name = ?", [(run.name,) for run in old])
        if new is not None:
            self._connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", new)

    def statistics(self) -> dict[str, int]:
        """Return counts of documents."""
        statement = "SELECT count(*), total(size), count(copy_of), min(published), max(published) FROM documents"
        count, total, copies, first, last = self._connection.execute(statement).fetchone()
        return {"documents": count, "text_bytes": int(total), "copies": copies, "first": first, "last": last}

    def count(self, first: int, last: int) -> int:
        """Return how many documents there are among these numbers."""
        statement = "SELECT count(*) FROM documents WHERE number BETWEEN ? AND ?"
        return int(self._connection.execute(statement, (first, last)).fetchone()[0])

    def total_tokens(self) -> int:
        """Return the tokens of all documents."""
        return int(self._connection.execute("SELECT coalesce(sum(length), 0) FROM documents").fetchone()[0])

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with its file."""
        found = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def vacuum(self) -> None:
        """Give room that is free back to the disk."""
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _note_removed(self, numbers: Sequence[int]) -> None:
        """Keep the checksum of removed documents: these are noted, or not any more."""
        (before,) = self._connection.execute("SELECT value FROM about WHERE name = ?", (_REMOVED,)).fetchone() or (0,)
        self.set_about(**{_REMOVED: before ^ _numbers_sum(numbers)})

    def _of(self, columns: str, key: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for first in range(0, len(values), AT_A_TIME):
            some = values[first : first + AT_A_TIME]
            marks = ", ".join("?" * len(some))
            yield from self._connection.execute(f"SELECT {columns} FROM documents WHERE {key} IN ({marks})", some)


def checked(about: dict[str, Any], place: object, params: dict[str, Any] | None, expected: int = FORMAT) -> None:
    """Refuse an index of another format, or made with other parameters than those asked for.

    Raises
    ------
    StorageError
    """
    if about.get("format") != expected:
        made_by = f", written by dedup {about['version']}" if "version" in about else ""
        raise StorageError(f"{place} has format {about.get('format')}{made_by}", f"format {expected}", REBUILD)
    stored = orjson.loads(about["params"])
    if params is None or params == stored:
        return
    names = [name for name in sorted({*stored, *params}) if stored.get(name) != params.get(name)]
    raise StorageError(
        f"{place} was made with {', '.join(f'{name} {stored.get(name)!r}' for name in names)}",
        ", ".join(f"{name} {params.get(name)!r}" for name in names),
        "open it without params, or make another",
    )
