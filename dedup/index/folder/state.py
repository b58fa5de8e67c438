"""Hold the part of an index in a folder that is in memory: loaded from disk, changed, and committed.

Documents are committed to the database as they come. Their postings stay in memory until there are enough for a run;
until then the documents themselves are the journal, from which the postings are made again when the index is opened.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from dedup.errors import StorageError
from dedup.index import facts
from dedup.index.folder import segments
from dedup.index.folder.database import DATABASE, FORMAT, Database, RunFile
from dedup.index.folder.segments import RUNS, MappedRun
from dedup.index.search.frequencies import Frequencies
from dedup.index.search.postings import Postings
from dedup.index.search.query import Finder
from dedup.index.stored import Row, tokens_of
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary
from dedup.params import Level, Params
from dedup.text.tokens import Tokens

SMALL_BITS = 26
"""A table up to that size is written with every run, packed, and counted on by readers; a larger one is written when an
eighth is new, and mapped by readers."""

TRIES = 10  # to open files that a writer may just have replaced


class State:
    """The state of an index.

    Parameters
    ----------
    folder : Path
    params : Params or None
        None: those with which it was made.
    writable : bool
    tuning : IndexTuning

    Attributes
    ----------
    database : Database
    params : Params
    key : uint64 array
        Under which words are hashed a second time.
    finder : Finder
    vocabulary : Vocabulary
    next : int
        Number of the next document.
    runs : list of MappedRun
        The run files, in the order of their documents.
    last_run : int
        The last document that is, or was, in a run file.
    table : dict
        The facts about the stored table of frequencies; empty if there is none.
    counted_removed : int
        Removed documents whose word pairs are still counted.
    has_removed : bool
        Whether documents were removed since the runs were tidied up.

    Raises
    ------
    StorageError
    """

    def __init__(self, folder: Path, params: Params | None, writable: bool, tuning: IndexTuning) -> None:
        self.folder = folder
        self.runs_folder = folder / RUNS
        self.writable = writable
        self.tuning = tuning
        self.database = Database(folder / DATABASE, writable)
        try:
            about = self.database.committed()
            facts.check_facts(about, folder, params, FORMAT, facts.REBUILD_HINT)
            self.params = facts.params_of(about)
            self.key = facts.key_of(about)
            self.load()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the database; uncommitted changes are lost."""
        self.database.close()

    # ---- from the disk to memory

    def load(self) -> None:
        """Load the whole state."""
        for _ in range(TRIES):
            self.database.roll_back()
            self.database.begin(write=False)
            try:
                self._load()
            except FileNotFoundError as error:
                missing = error
                if self.writable:
                    break
            else:
                self.database.roll_back()
                if self.writable:
                    segments.clean(self.runs_folder, {run.name for run in self._files} | {self.table.get("name", "")})
                return
        self.database.roll_back()
        raise StorageError(f"{missing.filename} is missing", "the files that the index names", "restore a copy")

    def _load(self) -> None:
        self._change = self.database.change()
        about = self.database.committed()
        self._files = self.database.runs()
        self.table: dict[str, Any] = orjson.loads(about.get("table", "{}"))
        self.counted_removed = int(about.get("gone", 0))
        self._posted = int(about.get("posted", 0))  # documents up to there are, or were, in run files
        self.has_removed = True
        self.vocabulary = Vocabulary.stored(about.get("vocabulary", b""))
        self.finder = Finder(self.params, self._stored_frequencies(), Postings(), Postings())
        self.last_run = 0
        self.runs: list[MappedRun] = []
        for file in self._files:
            self.take(segments.map_run(self.runs_folder, file))
        self.next = 1 + min(self.last_run, self.table.get("to", 0) if self._counts() else self.last_run)
        self._catch_up(about)

    def _stored_frequencies(self) -> Frequencies:
        table, most = self.table, self.tuning.most_table_bits
        if not table:
            return Frequencies(most_bits=most)
        how = table["bits"], table["packed"], self.writable, table["digest"]
        counts = segments.read_table(self.runs_folder, table["name"], *how)
        return Frequencies(counts, table["articles"], table["tokens"], most)

    def _counts(self) -> bool:
        """Return whether documents after those in the table are counted here; readers do so if the table is small."""
        return self.writable or self.table.get("bits", 0) <= SMALL_BITS

    def take(self, run: MappedRun) -> None:
        """Add a run, after the others, to those that are searched."""
        self.finder.make_room(run.file.last)
        self.finder.near.stored.append(run.near)
        self.finder.rare.stored.append(run.rare)
        self.finder.sketch_sizes[run.file.first : run.file.last + 1] = run.sketch_sizes
        self.runs.append(run)
        self.last_run = run.file.last

    def _catch_up(self, about: dict[str, Any]) -> None:
        """Read the documents that were added after those in memory."""
        counted_to, n_rows = self.table.get("to", 0), 0
        behind = max(self.next - 1, int(about.get("posted", 0)))
        for rows in self.database.blocks(self.tuning.block_documents, self.next - 1):
            tokens = self.tokens_of(rows)
            numbers = np.array([row.number for row in rows])
            n_rows += int(np.count_nonzero(numbers > behind))
            counted = np.array([bool(row.counted) for row in rows])
            if self._counts():
                self.finder.count_again(tokens, counted & (numbers > counted_to))
            first = int(np.searchsorted(numbers, self.last_run, "right"))
            if first < len(rows):
                self.finder.post_again(_from(tokens, first), numbers[first:])
        self.next = int(about["next"])
        self.finder.make_room(self.next)
        removed = np.array(self.database.removed(), np.int64)
        self.finder.is_removed[removed] = True
        if n_rows + np.count_nonzero(removed > behind) != self.next - 1 - behind:
            raise ValueError(f"documents after the first {behind:,} are missing")

    def refresh(self) -> None:
        """Load what a writer has committed since, within a reading transaction."""
        change = self.database.change()
        if change == self._change:
            return
        about = self.database.committed()
        if self.database.runs() != self._files or orjson.loads(about.get("table", "{}")) != self.table:
            self.load()
            self.database.begin(write=False)
            return self.refresh()
        self.vocabulary = Vocabulary.stored(about.get("vocabulary", b""))
        self._catch_up(about)
        self._change = change
        return None

    def tokens_of(self, rows: list[Row]) -> Tokens:
        """Return the tokens of stored documents.

        Raises
        ------
        ValueError
            When they are damaged.
        """
        return tokens_of(rows, self.vocabulary)

    # ---- changes, in the transaction that is open

    def insert(self, rows: Iterable[Row]) -> int:
        """Add documents, with the next numbers; return how many."""
        new = list(rows)
        self.database.insert(new)
        self.next += len(new)
        self._learn_words()
        return len(new)

    def _learn_words(self) -> None:
        """Create the vocabulary as soon as there are enough documents."""
        most = self.tuning.vocabulary_documents
        if len(self.vocabulary) == 0 and self.next > most:
            self.vocabulary = Vocabulary.of(self.tokens_of(self.database.after(0, most)))
            self.database.set_about(vocabulary=bytes(self.vocabulary))

    def remove(self, row: Row) -> None:
        """Remove a document; its copies become kept documents."""
        self.database.remove(row.number)
        self._forget([row.number], row.counted)

    def expire(self, numbers: Sequence[int]) -> None:
        """Remove documents; their copies become kept documents."""
        self._forget([*numbers], self.database.expire(numbers))

    def _forget(self, numbers: list[int], counted: int) -> None:
        self.finder.is_removed[numbers] = True
        if self.params.level >= Level.syndicated:
            self.counted_removed += counted
        self.has_removed |= bool(numbers)

    def commit(self) -> None:
        """Commit all additions and removals."""
        if self.database.is_open:
            self.database.set_about(next=self.next, gone=self.counted_removed)
            self.database.commit()

    # ---- files

    def replace_runs(self, old: Sequence[MappedRun], new: MappedRun | None, table: dict[str, Any]) -> None:
        """List a new run file in place of others, without postings of their removed documents, and commit."""
        replaced = [run.file for run in old]
        added = [] if new is None else [new.file]
        with self.unless_named(table["name"] if table["name"] != self.table.get("name") else ""):
            self.database.begin()
            self.database.replace_runs(replaced, None if new is None else new.file)
            for file in (*replaced, *added):
                self.database.forget_removed(file.first, file.last)
            if new is not None:
                self._posted = max(self._posted, new.file.last)
            self.database.set_about(table=orjson.dumps(table).decode(), gone=self.counted_removed, posted=self._posted)
            self.database.commit()
        # From here on nothing may fail after which a caller continues: memory would be behind the disk.
        self._files = sorted([*(file for file in self._files if file not in replaced), *added], key=_first)
        self.table = table
        for file in (*replaced, *added):
            self.finder.is_removed[file.first : file.last + 1] = False

    @contextmanager
    def unless_named(self, name: str) -> Iterator[None]:
        """Delete a new file if the block fails before the database lists it.

        An interrupt may come when the transaction is committed already.
        """
        try:
            yield
        except BaseException:
            self.database.roll_back()
            with suppress(sqlite3.Error):  # if it cannot be asked: files that are not named go when all is loaded again
                table = orjson.loads(self.database.about().get("table", "{}"))
                if name not in (table.get("name"), *(file.name for file in self.database.runs())):
                    self.delete([name])
            raise

    def delete(self, names: list[str]) -> None:
        """Delete files that the index no longer lists; readers that have them open can still read them."""
        segments.delete(self.runs_folder, names)

    def file_bytes(self) -> int:
        """Return the bytes of the index on disk."""
        total = 0
        for path in (*self.folder.iterdir(), *self.runs_folder.iterdir()):
            with suppress(FileNotFoundError):  # a writer has deleted it meanwhile
                total += os.stat(path).st_size if path.is_file() else 0
        return total


def _first(file: RunFile) -> int:
    return file.first


def _from(tokens: Tokens, first: int) -> Tokens:
    """Return the texts from one number on."""
    start: npt.NDArray[np.int64] = tokens.offsets[first:]
    hashes, fingerprints = tokens.hashes[start[0] :], tokens.fingerprints[start[0] :]
    return Tokens(hashes, start - start[0], fingerprints, tokens.digests[first:])
