"""An index in a folder, as `Index` uses it: one writer, and calls that are undone as a whole when they fail."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import InputError, PostingsError, StorageError
from dedup.index.features import Prepared
from dedup.index.folder.create import made, no_index, problem_of, told
from dedup.index.folder.database import FORMAT, Row
from dedup.index.folder.integrity import problems
from dedup.index.folder.lock import WriterLock
from dedup.index.folder.state import DATABASE, Storage
from dedup.index.protocol import Result
from dedup.index.search.query import Found
from dedup.index.search.working_set import Numbers
from dedup.params import Params

FLUSH_DOCUMENTS = 2_000
"""Documents after which an index flushes by itself."""


class Embedded(Storage):
    """A `dedup.index.protocol.Backend` in a folder.

    Parameters
    ----------
    folder : Path
        Made, with mode ``rw``, if it is not there.
    params : Params or None
    mode : {"rw", "r"}
    durability : {"flush", "each"}

    Raises
    ------
    StorageError
    """

    def __init__(self, folder: Path, params: Params | None, mode: str, durability: str) -> None:
        self._durability = durability
        self._unflushed = 0
        self._stale = False
        self._lock: WriterLock | None = None
        self._process = os.getpid()
        with told(folder):
            try:
                if mode == "rw":
                    self._lock = made(folder, params or Params())
                elif not (folder / DATABASE).is_file():
                    raise no_index(folder)
                super().__init__(folder, params, mode == "rw")
            except BaseException:
                self._unlock()
                raise

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def close(self) -> None:
        """Flush, and let go of everything; in a copy of the process that opened it do nothing."""
        if self._process != os.getpid():
            return
        try:
            if self.writable and not self._stale:
                with told(self.folder):
                    self._commit_all()
                    self._publish_or_tell(self.closing)
        finally:
            with suppress(sqlite3.Error):
                super().close()
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()

    # ---- one call of a caller

    def _assert_fresh(self) -> None:
        if self._process != os.getpid():  # SQLite does not survive a fork
            found = f"{self.folder} was opened in process {self._process}, of which this one is a copy"
            raise StorageError(found, "an index opened in the process that uses it", "open it after the fork")
        if self._stale:  # something went wrong in the middle: what is in memory may not be what is on disk
            self.load()
            self._stale = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one committed state; a writer sees what it has not committed yet, too."""
        with told(self.folder):
            self._assert_fresh()
            if self.writable:
                yield
                return
            self.documents.begin(write=False)
            try:
                self._stale = True  # until all is seen: what is seen in part must not be gone on with
                self.refresh()
                self._stale = False
                yield
            finally:
                self.documents.end()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Undo all if something goes wrong; what earlier calls did stays."""
        if not self.writable:
            raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
        with told(self.folder):
            self._assert_fresh()
            before, gone, unflushed = self.next, self._gone, self._unflushed
            documents = self.documents
            try:
                documents.begin()
                documents.mark()
                yield
                if self._durability == "each" or self._unflushed >= FLUSH_DOCUMENTS:
                    self._commit_all()
                    with suppress(
                        OSError, sqlite3.Error
                    ):  # tried again at the next flush; the call itself has succeeded
                        self.publish()
            except InputError:
                raise  # refused before anything was done
            except BaseException as error:
                self._stale = True
                # Without a transaction it was either committed, or SQLite has undone all that was not.
                is_lost = not documents.is_open and self._unflushed > 0
                if documents.is_open:
                    self.next, self._gone = before, gone
                    try:  # keep what was added by earlier calls
                        documents.go_back()
                        self.commit()
                    except sqlite3.Error:
                        documents.end()
                        is_lost = True
                self._unflushed = 0
                if is_lost and unflushed and isinstance(error, sqlite3.Error):
                    lost = f"the changes since the last flush ({unflushed:,}) are lost"
                    raise StorageError(
                        f"{self.folder}: {problem_of(error)}; {lost}",
                        hint="free some room; what was flushed is there",
                    ) from error
                raise

    def turn(self, work: Callable[[], Result]) -> Result:
        """Do some work; there is no other writer."""
        return work()

    def flush(self) -> None:
        """Commit, and write the postings in memory as a run if there are enough."""
        self._commit_all()
        self._publish_or_tell()

    def _commit_all(self) -> None:
        self.commit()
        self._unflushed = 0

    def _publish_or_tell(self, least: int | None = None) -> None:
        try:
            self.publish(least)
        except (OSError, sqlite3.Error) as error:
            problem = problem_of(error) if isinstance(error, sqlite3.Error) else str(error.strerror or error).lower()
            raise PostingsError(
                f"{self.folder}: {problem}; all documents are stored, but not yet what they are found by",
                hint="free some room and flush again, or open it again: it is made anew",
            ) from error

    # ---- asking

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids there are."""
        return self.documents.known(ids)

    def by_id(self, id: str) -> Row | None:
        """Return the document of that id."""
        return self.documents.by_id(id)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; those that are gone are left out."""
        return self.documents.fetch(numbers)

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of one."""
        return self.documents.copies(number)

    def find(self, new: Prepared, numbers: Numbers, add: bool, kin: Sequence[int] = ()) -> Found:
        """Find and judge the pairs of new texts and stored ones."""
        return self.finder.find(new, numbers, self._fetch_all, self.vocabulary, add, kin)

    def _fetch_all(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; all that are not removed are there.

        Raises
        ------
        ValueError
        """
        found = self.documents.fetch(numbers)
        lost = [number for number in numbers if number not in found and not self.finder.is_removed[number]]
        if lost:
            raise ValueError(f"document {lost[0]} is missing")
        return found

    def __len__(self) -> int:
        return len(self.documents)

    def statistics(self) -> dict[str, Any]:
        """Return counts of documents."""
        return self.documents.statistics()

    def info(self) -> dict[str, Any]:
        """Return what else there is to tell."""
        return {
            "file_bytes": self.file_bytes(),
            "runs": len(self.runs),
            "removed": len(self.documents.removed()),
            "format": FORMAT,
            "version": self.documents.about()["version"],
        }

    def problems(self) -> list[str]:
        """Read everything; return what is wrong."""
        return problems(self)

    # ---- changing

    def post(self, new: Prepared, numbers: Numbers, counted: npt.NDArray[np.bool_]) -> None:
        """Take texts that are to be added and match nothing."""
        self.finder.post(new, numbers, counted)

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        before = self.next
        super().insert(rows)
        self._unflushed += self.next - before

    def remove(self, row: Row) -> None:
        """Remove a document."""
        super().remove(row)
        self._unflushed += 1

    def amend(self, row: Row) -> None:
        """Put what belongs to a document in the place of what did."""
        super().amend(row)
        self._unflushed += 1

    def expire(self, before: int) -> int:
        """Remove the documents published before a date; return how many."""
        count = super().expire(before)
        self._unflushed += count
        return count

    def compact(self) -> None:
        """Commit, and write everything anew without what was removed."""
        self.flush()
        super().compact()
