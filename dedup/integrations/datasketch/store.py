"""Signatures in a folder: a database of them, and runs of the keys of their bands; what is committed is there.

A run is written and synced before the transaction that names it, and never changed. Removed signatures leave postings,
which are passed over, until all runs are merged.
"""

from __future__ import annotations

import mmap
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.errors import StorageError
from dedup.index.folder import segments
from dedup.index.folder.lock import WriterLock
from dedup.index.search.postings import MOST_DOCUMENTS, Postings, Run, StoredRun, packed
from dedup.store import private

DATABASE, LOCK, RUNS = "signatures.sqlite", "lock", "runs"
FORMAT = 1
PAGE_BYTES = 16_384
WAIT_SECONDS = 30.0
AT_A_TIME = 500  # numbers in one statement
PART_BITS = 4
"""Runs are merged a range of keys at a time (those with the same upper bits), so that only a part is in memory."""

TRIES = 10  # at files that a writer may just have replaced

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE signatures (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT, published INTEGER, url TEXT, data TEXT,
    hashes BLOB NOT NULL
);
CREATE INDEX dates ON signatures (published) WHERE published IS NOT NULL;
CREATE TABLE removed (number INTEGER PRIMARY KEY);
CREATE TABLE runs (name TEXT PRIMARY KEY, first INTEGER NOT NULL, postings INTEGER NOT NULL) WITHOUT ROWID;
"""


class Row(NamedTuple):
    """A signature as it is stored.

    Parameters
    ----------
    number : int
    id : str
    source : str or None
    published : int or None
        Microseconds since 1970 UTC.
    url, data : str or None
    hashes : bytes
        Its values, uint32, little-endian.
    """

    number: int
    id: str
    source: str | None
    published: int | None
    url: str | None
    data: str | None
    hashes: bytes


_COLUMNS = ", ".join(Row._fields)


class RunFile(NamedTuple):
    """A file of postings, as the database names it.

    Parameters
    ----------
    name : str
    first : int
        The least number among its signatures.
    postings : int
    """

    name: str
    first: int
    postings: int


class Stored:
    """A folder of signatures.

    Parameters
    ----------
    folder : Path
    about : dict
        What is to be noted of a new one.
    writable : bool

    Attributes
    ----------
    about : dict
        What is noted of it.
    postings : Postings
        Of the keys of their bands.
    is_removed : bool array
        By number.

    Raises
    ------
    StorageError, sqlite3.Error, OSError
    """

    def __init__(self, folder: Path, about: dict[str, Any], writable: bool) -> None:
        self.folder = folder
        self._runs = folder / RUNS
        self._lock = None
        is_new = not (folder / DATABASE).is_file()
        if is_new and not writable:
            raise StorageError(f"{folder} holds no signatures", "the folder of signatures", 'mode="rw" makes one')
        if writable:
            private.make_folder(folder)
            private.make_folder_in(folder, RUNS)
            self._lock = WriterLock(folder / LOCK)
            if is_new:
                open(folder / DATABASE, "xb", opener=private.opener_in(folder)).close()  # SQLite would ask the umask
        try:
            uri = f"{(folder / DATABASE).absolute().as_uri()}?mode={'rwc' if writable else 'ro'}"
            self._connection = sqlite3.connect(
                uri, WAIT_SECONDS, isolation_level=None, check_same_thread=False, uri=True
            )
            if writable:
                self._connection.execute("PRAGMA synchronous = FULL")
                self._create(about)
            self._load()
        except BaseException:
            self.close()
            raise
        if writable:
            segments.clean(self._runs, {run.name for run in self._files()})

    def _create(self, about: dict[str, Any]) -> None:
        if self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        self._connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            self._note({"format": FORMAT, "next": 1, **about})

    def close(self) -> None:
        """Close it and let go of the lock."""
        if hasattr(self, "_connection"):
            self._connection.close()
        if self._lock is not None:
            self._lock.close()

    # ---- reading

    def refresh(self) -> None:
        """See what a writer has committed meanwhile."""
        if self._lock is None and self._version() != self._seen:
            self._load()

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _load(self) -> None:
        for left in reversed(range(TRIES)):
            self._connection.execute("BEGIN")  # one state: numbers in runs are below the next one
            try:
                self._load_state()
                return
            except FileNotFoundError:  # a writer has merged it away
                if not left:
                    raise
            finally:
                self._connection.execute("ROLLBACK")

    def _load_state(self) -> None:
        self._seen = self._version()
        about = dict(self._connection.execute("SELECT name, value FROM about"))
        self.about = {"html": "keep", **about}  # as texts were signed before that was noted
        if self.about.get("format") != FORMAT:
            raise StorageError(f"{self.folder} has format {self.about.get('format')}", f"format {FORMAT}")
        self.postings = Postings()
        self.postings.stored = [StoredRun.of(_mapped(self._runs / file.name, file.postings)) for file in self._files()]
        self.is_removed = np.zeros(int(self.about["next"]), bool)
        self.is_removed[[row[0] for row in self._connection.execute("SELECT number FROM removed")]] = True

    def _files(self) -> list[RunFile]:
        return [RunFile(*row) for row in self._connection.execute("SELECT * FROM runs ORDER BY first")]

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM signatures").fetchone()[0])

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids there are."""
        return {row[0] for row in self._of("id", "id", ids)}

    def fetch(self, key: str, values: Sequence[Any]) -> list[Row]:
        """Return signatures by ``number`` or ``id``; those that are gone are left out."""
        return [Row(*row) for row in self._of(_COLUMNS, key, values)]

    def _of(self, columns: str, key: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for first in range(0, len(values), AT_A_TIME):
            some = values[first : first + AT_A_TIME]
            marks = ", ".join("?" * len(some))
            yield from self._connection.execute(f"SELECT {columns} FROM signatures WHERE {key} IN ({marks})", some)

    def statistics(self) -> dict[str, Any]:
        """Return counts, dates and bytes."""
        first, last = self._connection.execute("SELECT min(published), max(published) FROM signatures").fetchone()
        files = [path for path in (*self.folder.iterdir(), *self._runs.iterdir()) if path.is_file()]
        return {
            "signatures": len(self),
            "file_bytes": sum(path.stat().st_size for path in files),
            "first": first,
            "last": last,
            "runs": self.n_runs,
            "removed": int(self.is_removed.sum()),
        }

    # ---- writing

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _note(self, values: dict[str, Any]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values.items())

    def _replace(self, old: Iterable[RunFile], new: RunFile | None) -> None:
        self._connection.executemany("DELETE FROM runs WHERE name = ?", [(run.name,) for run in old])
        if new is not None:
            self._connection.execute("INSERT INTO runs VALUES (?, ?, ?)", new)

    def assert_writable(self) -> None:
        """Refuse a change where it is open for reading.

        Raises
        ------
        StorageError
        """
        if self._lock is None:
            raise StorageError("the signatures are open for reading", 'mode="rw"', "open them again")

    def add(
        self, rows: Sequence[Row], keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64], note: dict[str, Any]
    ) -> None:
        """Add signatures, and the keys of their bands with the number of the signature that has each."""
        first, following = self.next, rows[-1].number + 1
        if following > MOST_DOCUMENTS:
            raise StorageError("no numbers are left", f"at most {MOST_DOCUMENTS:,} signatures", "make another folder")
        name, _ = segments.write(self._runs, [packed(keys, numbers)], "run")
        with self._transaction():
            self._connection.executemany(f"INSERT INTO signatures ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._replace([], RunFile(name, first, len(keys)))
            self._note({**note, "next": following})
        self._load()

    @property
    def n_runs(self) -> int:
        """Run files there are."""
        return len(self.postings.stored)

    @property
    def next(self) -> int:
        """Number of the next signature."""
        return int(self.about["next"])

    def remove(self, condition: str, value: Any) -> int:
        """Remove the signatures of which a condition is true; return how many."""
        with self._transaction():
            self._connection.execute(f"INSERT INTO removed SELECT number FROM signatures WHERE {condition}", (value,))
            removed = self._connection.execute(f"DELETE FROM signatures WHERE {condition}", (value,)).rowcount
        self._load()
        return removed

    def merge(self) -> None:
        """Make one run of all, without what is removed."""
        old = self._files()
        if not old:
            return
        count = 0

        def pieces() -> Iterator[Run]:
            nonlocal count
            for piece in _merged([run.postings for run in self.postings.stored], self.is_removed):
                count += len(piece)
                yield piece

        name, _ = segments.write(self._runs, pieces(), "run")
        new = RunFile(name, old[0].first, count) if count else None
        with self._transaction():
            self._replace(old, new)
            self._connection.execute("DELETE FROM removed")
        self._load()
        segments.delete(self._runs, [*(run.name for run in old), *([] if count else [name])])

    def vacuum(self) -> None:
        """Give room that is free back to the disk."""
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _mapped(path: Path, postings: int) -> Run:
    """Map a run file.

    Raises
    ------
    OSError, ValueError
        If it is not there, or not as large as it must be.
    """
    found = path.stat().st_size
    if found != 8 * postings:
        raise ValueError(f"{path.name} has {found:,} bytes instead of {8 * postings:,}")
    with path.open("rb") as file:
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hasattr(view, "madvise"):
        view.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(view, np.uint64)


def _merged(runs: Sequence[Run], is_removed: npt.NDArray[np.bool_]) -> Iterator[Run]:
    """Yield the postings of all runs in order, but for removed signatures; a range of keys at a time."""
    borders = np.arange(1, 1 << PART_BITS, dtype=np.uint64) << np.uint64(64 - PART_BITS)
    cuts = [[0, *np.searchsorted(run, borders).tolist(), len(run)] for run in runs]
    for part in range(1 << PART_BITS):
        some = np.concatenate([run[cut[part] : cut[part + 1]] for run, cut in zip(runs, cuts, strict=True)])
        some = some[~is_removed[some & np.uint64(MOST_DOCUMENTS - 1)]]
        some.sort()
        yield some
