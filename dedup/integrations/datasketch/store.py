"""Store signatures in a folder: a database of them, and run files of their band keys. Only committed changes count.

It is made of the parts of an index in a folder: its SQLite files, segments, lock. A run is written and synced before
the transaction that names it, and never changed. Removed signatures leave postings, which are passed over, until all
runs are merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.errors import StorageError
from dedup.index.folder import segments, sqlite_file
from dedup.index.folder.lock import LOCK, WriterLock
from dedup.index.folder.segments import RUNS
from dedup.index.folder.sqlite_file import SqliteFile
from dedup.index.search.postings import Postings, Run, StoredRun, packed
from dedup.index.stored import MOST_DOCUMENTS
from dedup.store import private

DATABASE = "signatures.sqlite"
FORMAT = 1
TRIES = 10  # to open files that a writer may just have replaced

_SCHEMA = """
CREATE TABLE signatures (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT, published INTEGER, url TEXT, data TEXT,
    hashes BLOB NOT NULL
);
CREATE INDEX dates ON signatures (published) WHERE published IS NOT NULL;
CREATE TABLE removed (number INTEGER PRIMARY KEY);
CREATE TABLE runs (name TEXT PRIMARY KEY, first INTEGER NOT NULL, postings INTEGER NOT NULL) WITHOUT ROWID;
"""


class SignatureRow(NamedTuple):
    """A stored signature.

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


_COLUMNS = ", ".join(SignatureRow._fields)


class RunFile(NamedTuple):
    """A file of postings, as the database lists it.

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


class SignatureStore:
    """A folder of signatures.

    Parameters
    ----------
    folder : Path
    about : dict
        Facts to be noted of a new one.
    writable : bool

    Attributes
    ----------
    about : dict
        The facts noted of it.
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
        self._lock: WriterLock | None = None
        self._file: SqliteFile | None = None
        is_new = not _is_whole(folder / DATABASE)
        if is_new and not writable:
            raise StorageError(f"{folder} holds no signatures", "the folder of signatures", 'mode="rw" creates one')
        try:
            if writable:
                private.make_folder(folder)
                private.make_folder_in(folder, RUNS)
                self._lock = WriterLock(folder / LOCK)
                if is_new:
                    sqlite_file.make(folder, DATABASE, _SCHEMA, {"format": FORMAT, "next": 1, **about})
            self._file = SqliteFile(folder / DATABASE, writable)
            self._load()
        except BaseException:
            self.close()
            raise
        if writable:
            segments.clean(self._runs, {run.name for run in self._files()})

    @property
    def _database(self) -> SqliteFile:
        assert self._file is not None
        return self._file

    def close(self) -> None:
        """Close it and release the lock."""
        if self._file is not None:
            self._file.close()
        if self._lock is not None:
            self._lock.close()

    # ---- reading

    def refresh(self) -> None:
        """Load what a writer has committed since."""
        if self._lock is None and self._version() != self._seen:
            self._load()

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    def _load(self) -> None:
        for left in reversed(range(TRIES)):
            self._database.execute("BEGIN")  # one state: numbers in runs are below the next one
            try:
                self._load_state()
                return
            except FileNotFoundError:  # a writer has merged it away
                if not left:
                    raise
            finally:
                self._database.roll_back()

    def _load_state(self) -> None:
        self._seen = self._version()
        self.about = {"html": "keep", **self._database.about()}  # as texts were signed before that was noted
        if self.about.get("format") != FORMAT:
            raise StorageError(f"{self.folder} has format {self.about.get('format')}", f"format {FORMAT}")
        self.postings = Postings()
        self.postings.stored = [StoredRun.of(self._mapped(file)) for file in self._files()]
        self.is_removed = np.zeros(int(self.about["next"]), bool)
        self.is_removed[[row[0] for row in self._database.execute("SELECT number FROM removed")]] = True

    def _mapped(self, file: RunFile) -> Run:
        view = segments.map_file(segments.place(self._runs, file.name), 8 * file.postings)
        return np.frombuffer(view, np.uint64)

    def _files(self) -> list[RunFile]:
        return [RunFile(*row) for row in self._database.execute("SELECT * FROM runs ORDER BY first")]

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM signatures").fetchone()[0])

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that have a signature."""
        return {row[0] for row in self._database.having("signatures", "id", "id", ids)}

    def fetch(self, key: str, values: Sequence[Any]) -> list[SignatureRow]:
        """Return signatures by ``number`` or ``id``; removed ones are left out."""
        return [SignatureRow(*row) for row in self._database.having("signatures", _COLUMNS, key, values)]

    def statistics(self) -> dict[str, Any]:
        """Return counts, dates and bytes."""
        first, last = self._database.execute("SELECT min(published), max(published) FROM signatures").fetchone()
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

    def _replace(self, old: Iterable[RunFile], new: RunFile | None) -> None:
        self._database.execute_all("DELETE FROM runs WHERE name = ?", [(run.name,) for run in old])
        if new is not None:
            self._database.execute("INSERT INTO runs VALUES (?, ?, ?)", new)

    def assert_writable(self) -> None:
        """Refuse a change if the store is open for reading only.

        Raises
        ------
        StorageError
        """
        if self._lock is None:
            raise StorageError("the signatures are open for reading", 'mode="rw"', "open them again")

    def add(
        self,
        rows: Sequence[SignatureRow],
        keys: npt.NDArray[np.uint64],
        numbers: npt.NDArray[np.int64],
        note: dict[str, Any],
    ) -> None:
        """Add signatures, and postings of their band keys."""
        first, following = self.next, rows[-1].number + 1
        if following > MOST_DOCUMENTS:
            raise StorageError(
                "no numbers are left for more signatures", f"at most {MOST_DOCUMENTS:,}", "make another folder"
            )
        name, _ = segments.write(self._runs, [packed(keys, numbers)], "run")
        with self._database.transaction():
            marks = ", ".join("?" * len(SignatureRow._fields))
            self._database.execute_all(f"INSERT INTO signatures ({_COLUMNS}) VALUES ({marks})", rows)
            self._replace([], RunFile(name, first, len(keys)))
            self._database.set_about({**note, "next": following})
        self._load()

    @property
    def n_runs(self) -> int:
        """Number of run files."""
        return len(self.postings.stored)

    @property
    def next(self) -> int:
        """Number of the next signature."""
        return int(self.about["next"])

    def remove(self, condition: str, value: Any) -> int:
        """Remove the signatures for which a condition is true; return how many."""
        with self._database.transaction():
            self._database.execute(f"INSERT INTO removed SELECT number FROM signatures WHERE {condition}", (value,))
            removed = self._database.execute(f"DELETE FROM signatures WHERE {condition}", (value,)).rowcount
        self._load()
        return removed

    def merge(self) -> None:
        """Merge all run files into one, without removed signatures."""
        old = self._files()
        if not old:
            return
        live = _Live(self.is_removed)
        pieces = segments.key_ranges([run.postings for run in self.postings.stored])
        name, _ = segments.write(self._runs, live.of(pieces), "run")
        new = RunFile(name, old[0].first, live.count) if live.count else None
        with self._database.transaction():
            self._replace(old, new)
            self._database.execute("DELETE FROM removed")
        self._load()
        segments.delete(self._runs, [*(run.name for run in old), *([] if live.count else [name])])

    def vacuum(self) -> None:
        """Return free space to the disk."""
        self._database.vacuum()


class _Live:
    """The postings of signatures that are not removed, counted as they are written."""

    def __init__(self, is_removed: npt.NDArray[np.bool_]) -> None:
        self.count = 0
        self._is_removed = is_removed

    def of(self, pieces: Iterable[Run]) -> Iterator[Run]:
        """Yield the postings of pieces whose signatures are not removed."""
        for piece in pieces:
            live = piece[~self._is_removed[piece & np.uint64(MOST_DOCUMENTS - 1)]]
            self.count += len(live)
            yield live


def _is_whole(path: Path) -> bool:
    """Return whether there is a database; a killed process may have left an empty file."""
    return path.is_file() and path.stat().st_size > 0
