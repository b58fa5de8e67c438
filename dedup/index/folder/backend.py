"""The back end in a folder: one writer, any number of readers, and calls that are undone completely if they fail."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import InputError, PostingsError, StorageError
from dedup.index.facts import FACTS
from dedup.index.features import Features
from dedup.index.folder import backup, integrity, maintenance
from dedup.index.folder.create import created, is_index
from dedup.index.folder.database import FORMAT
from dedup.index.folder.failures import FREE_SPACE_HINT, no_index, problem_of, storage_errors
from dedup.index.folder.lock import WriterLock
from dedup.index.folder.state import State
from dedup.index.search.query import QueryMatches
from dedup.index.stored import DocumentNumbers, Row
from dedup.index.story_book import StoryMember
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary
from dedup.params import Params
from dedup.store.meter import NO_METER, Meter
from dedup.store.secret import Key


class FolderBackend:
    """A `dedup.index.protocol.Backend` in a folder.

    Parameters
    ----------
    folder : Path
        Made, with mode ``rw``, if it is not there.
    params : Params or None
    mode : {"rw", "r"}
    durability : {"flush", "each"}
    tuning : IndexTuning
    wait : float
        Seconds to wait for another writer to end.

    Attributes
    ----------
    state : State
        What is in memory, and the database.
    unflushed : int
        Changes since the last flush.
    is_stale : bool
        Whether the state must be loaded again, because a call failed in its middle.

    Raises
    ------
    StorageError
    """

    def __init__(
        self,
        folder: Path,
        params: Params | None,
        mode: str,
        durability: str,
        tuning: IndexTuning,
        wait: float = 0.0,
    ) -> None:
        self.folder = folder
        self.tuning = tuning
        self.unflushed = 0
        self.is_stale = False
        self._durability = durability
        self._process = os.getpid()
        self._lock: WriterLock | None = None
        with storage_errors(folder):
            try:
                if mode == "rw":
                    self._lock = created(folder, params or Params(), wait)
                elif not is_index(folder):
                    raise no_index(folder)
                self.state = State(folder, params, mode == "rw", tuning)
            except BaseException:
                self._unlock()
                raise

    @property
    def waited(self) -> float:
        """Seconds for which another writer was waited for."""
        return 0.0 if self._lock is None else self._lock.waited

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def params(self) -> Params:
        """The parameters with which the index was created."""
        return self.state.params

    @property
    def key(self) -> Key:
        """The key under which words are hashed a second time."""
        return self.state.key

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary by which tokens are packed."""
        return self.state.vocabulary

    @property
    def next(self) -> int:
        """Number of the next document."""
        return self.state.next

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self.state.writable

    def close(self) -> None:
        """Flush, and release everything; in a forked copy of the process do nothing."""
        if self._process != os.getpid():
            return
        try:
            if self.writable and not self.is_stale:
                with storage_errors(self.folder):
                    self._commit()
                    self._publish(self.tuning.closing_documents)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Release everything without a flush, as at the end of the process."""
        with suppress(sqlite3.Error):
            self.state.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()

    # ---- a call

    def _assert_fresh(self) -> None:
        if self._process != os.getpid():  # SQLite does not survive a fork
            found = f"this process is a fork of process {self._process}, which opened {self.folder}"
            raise StorageError(found, "an index opened in the process that uses it", "open it after the fork")
        if self.is_stale:
            self.state.load()
            self.is_stale = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Give the block one committed state; a writer also sees its own uncommitted changes."""
        with storage_errors(self.folder):
            self._assert_fresh()
            if self.writable:
                yield
                return
            self.state.database.begin(write=False)
            try:
                self.is_stale = True  # until the whole state is seen: a part of it must not be used
                self.state.refresh()
                self.is_stale = False
                yield
            finally:
                self.state.database.roll_back()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Undo the whole call if it fails; the changes of earlier calls stay."""
        if not self.writable:
            raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
        with storage_errors(self.folder):
            self._assert_fresh()
            state, unflushed = self.state, self.unflushed
            before = state.next, state.counted_removed
            try:
                state.database.begin()
                state.database.mark()
                yield
                if self._durability == "each" or self.unflushed >= self.tuning.flush_documents:
                    self._commit()
                    # The call itself has succeeded: what fails here is tried again at the next flush.
                    with suppress(OSError, sqlite3.Error):
                        maintenance.publish(state)
            except InputError:
                raise  # refused before anything was done
            except BaseException as error:
                self._undo(error, before, unflushed)
                raise

    def _undo(self, error: BaseException, before: tuple[int, int], unflushed: int) -> None:
        """Undo the changes of a call, and keep those of earlier calls.

        Raises
        ------
        StorageError
            When that is lost, too.
        """
        state, database = self.state, self.state.database
        self.is_stale = True
        # Without a transaction it was either committed, or SQLite has undone all that was not.
        is_lost = not database.is_open and self.unflushed > 0
        if database.is_open:
            state.next, state.counted_removed = before
            try:
                database.go_back()
                state.commit()
            except sqlite3.Error:
                database.roll_back()
                is_lost = True
        self.unflushed = 0
        if is_lost and unflushed and isinstance(error, sqlite3.Error):
            lost = f"the changes since the last flush ({unflushed:,}) are lost"
            raise StorageError(f"{self.folder}: {problem_of(error)}; {lost}", hint=FREE_SPACE_HINT) from error

    def attempts(self) -> Iterator[AbstractContextManager[None]]:
        """Yield one transaction: there is no other writer, and `writing` undoes it if it fails."""
        yield nullcontext()

    def flush(self) -> None:
        """Commit, and write the postings in memory as a run if there are enough."""
        self._commit()
        self._publish()

    def _commit(self) -> None:
        self.state.commit()
        self.unflushed = 0

    def _publish(self, least: int | None = None) -> None:
        """Write postings.

        Raises
        ------
        PostingsError
        """
        try:
            maintenance.publish(self.state, least)
        except (OSError, sqlite3.Error) as error:
            raise PostingsError(
                f"{self.folder}: {problem_of(error)}; all documents are stored, but not yet their postings",
                hint="free some disk space and flush again, or reopen the index, which writes the postings",
            ) from error

    # ---- asking

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are in the index."""
        return self.state.database.known_ids(ids)

    def by_id(self, id: str) -> Row | None:
        """Return the document of an id."""
        return self.state.database.by_id(id)

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return documents by id."""
        return self.state.database.by_ids(ids)

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; removed ones are left out."""
        return self.state.database.fetch(numbers)

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of the one with a number."""
        return self.state.database.copies(number)

    def after(self, number: int, count: int) -> list[Row]:
        """Return the next documents after a number."""
        return self.state.database.after(number, count)

    def members(self, numbers: Sequence[int]) -> list[StoryMember]:
        """Return documents by number as members of their stories; removed ones are left out."""
        return self.state.database.members(numbers)

    def older(self, before: int) -> list[int]:
        """Return the numbers of the documents published before a date."""
        return self.state.database.older(before)

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names that have one."""
        return self.state.database.story_values(names)

    def all_story_values(self) -> Iterator[dict[str, bytes]]:
        """Yield all that is noted of stories, by name, some at a time."""
        return self.state.database.all_story_values()

    def find(self, new: Features, numbers: DocumentNumbers, add: bool, kin: Sequence[int] = ()) -> QueryMatches:
        """Find and judge the pairs of new texts and stored documents."""
        return self.state.finder.find(new, numbers, self._fetch_all, self.vocabulary, add, kin)

    def _fetch_all(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; all that are not removed must be present.

        Raises
        ------
        ValueError
        """
        found = self.fetch(numbers)
        lost = [number for number in numbers if number not in found and not self.state.finder.is_removed[number]]
        if lost:
            raise ValueError(f"document {lost[0]} is missing")
        return found

    def __len__(self) -> int:
        return len(self.state.database)

    def statistics(self) -> dict[str, Any]:
        """Return counts of documents."""
        return self.state.database.statistics()

    def info(self) -> dict[str, Any]:
        """Return facts about the folder."""
        return {
            "file_bytes": self.file_bytes(),
            "runs": len(self.state.runs),
            "removed": len(self.state.database.removed()),
            "format": FORMAT,
            "version": self.state.database.about()["version"],
        }

    def facts(self) -> dict[str, str]:
        """Return the facts with which the index was made."""
        about = self.state.database.about()
        return {name: str(about[name]) for name in FACTS}

    def commits(self) -> int:
        """Return a number that rises with every commit."""
        return self.state.database.change()

    def problems(self) -> list[str]:
        """Read everything and return what is damaged."""
        return integrity.problems(self.state)

    def back_up(self, target: Path) -> None:
        """Copy the committed state to a new folder, which is an index, too; a writer need not wait for it."""
        if self._process != os.getpid():
            self._assert_fresh()
        with storage_errors(self.folder):
            backup.back_up(self.folder, target)

    def file_bytes(self) -> int:
        """Return the bytes of the index on disk, even when it is closed."""
        return self.state.file_bytes()

    # ---- changing

    def post(self, new: Features, numbers: DocumentNumbers, counted: npt.NDArray[np.bool_]) -> None:
        """Add postings of new texts that match nothing."""
        self.state.finder.post(new, numbers, counted)

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        self.unflushed += self.state.insert(rows)

    def remove(self, row: Row) -> None:
        """Remove a document."""
        self.state.remove(row)
        self.unflushed += 1

    def remove_all(self, numbers: Sequence[int]) -> None:
        """Remove documents by number."""
        self.state.expire(numbers)
        self.unflushed += len(numbers)

    def amend(self, row: Row) -> None:
        """Replace the fields of a document."""
        self.state.database.amend(row)
        self.unflushed += 1

    def link(self, rows: Sequence[Row], original: int) -> None:
        """Mark documents as copies of the one with a number."""
        self.state.database.link([row.number for row in rows], original)

    def set_story_values(self, values: Mapping[str, bytes | None]) -> None:
        """Store values by name; None removes one."""
        self.state.database.set_story_values(values)

    def newest(self) -> int | None:
        """Return the latest date of any document."""
        return self.state.database.newest()

    def compact(self, meter: Meter = NO_METER) -> None:
        """Commit, and rewrite everything without removed documents."""
        self.flush()
        maintenance.compact(self.state, meter)
