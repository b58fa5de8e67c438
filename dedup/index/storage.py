"""An index on disk and what of it is in memory: loaded, refreshed, published, merged, compacted.

Documents are committed to the database as they come. Their postings stay in memory until there are enough for a run;
until then the documents themselves are the journal, from which the postings are made again when the index is opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from dedup.errors import StorageError
from dedup.index import runfiles
from dedup.index.documents import Documents, Row, RunFile, checked
from dedup.index.finder import Finder
from dedup.index.frequencies import MOST_BITS, NO_LIMIT, Frequencies
from dedup.index.packing import Vocabulary
from dedup.params import Params
from dedup.rare import frequency_bits
from dedup.text import Tokens, digests

DATABASE, LOCK, RUNS = "index.sqlite", "lock", "runs"

RUN_DOCUMENTS = 16_384
"""Documents whose postings are in memory before they become a run."""

CLOSING_DOCUMENTS = 1_000
"""From so many on they become a run when the index is closed: to make them again would take longer."""

FAN = 4
"""So many runs of like size become one."""

VOCABULARY_DOCUMENTS = 1_000
"""Documents from which the vocabulary is made."""

SMALL_BITS = 26
"""A table up to that size is written with every run, and counted on by readers; a larger one, when an eighth is new."""

BLOCK = 1_000  # documents that are made again at a time
TRIES = 10  # at files that a writer may just have replaced


class Storage:
    """The state of an index.

    Parameters
    ----------
    folder : Path
    params : Params or None
        None: those it was made with.
    writable : bool

    Attributes
    ----------
    documents : Documents
    params : Params
    finder : Finder
    vocabulary : Vocabulary
    next : int
        Number of the next document.

    Raises
    ------
    StorageError
    """

    def __init__(self, folder: Path, params: Params | None, writable: bool) -> None:
        self.folder = folder
        self._runs = folder / RUNS
        self._writable = writable
        self.documents = Documents(folder / DATABASE, writable)
        about = self.documents.about()
        checked(about, folder, None if params is None else params.as_dict())
        self.params = Params(**orjson.loads(about["params"]))
        self.load()
        if writable:
            runfiles.clean(self._runs, {run.name for run in self._files} | {self._table.get("name", "")})

    def close(self) -> None:
        """Let go of everything."""
        self.documents.close()

    # ---- from the disk to memory

    def load(self) -> None:
        """Read the state, all of it."""
        for _ in range(TRIES):
            self.documents.end()
            self.documents.begin(write=False)
            try:
                self._load()
            except FileNotFoundError as error:
                missing = error
                if self._writable:
                    break
            else:
                self.documents.end()
                return
        self.documents.end()
        raise StorageError(f"{missing.filename} is missing", "the files that the index names", "restore a copy")

    def _load(self) -> None:
        self._change = self.documents.change()
        about = self.documents.about()
        self._files = self.documents.runs()
        self._table = orjson.loads(about.get("table", "{}"))
        self.vocabulary = Vocabulary(np.frombuffer(about.get("vocabulary", b""), np.uint32))
        self.finder = Finder(self.params, self._frequencies())
        self._last_run = 0
        self._mapped: list[runfiles.Mapped] = []
        for file in self._files:
            self._take(runfiles.mapped(self._runs, file))
        self.next = 1 + min(self._last_run, self._table.get("to", 0) if self._counts() else self._last_run)
        self._catch_up(about)

    def _frequencies(self) -> Frequencies:
        if not self._table:
            return Frequencies()
        table = self._table
        counts = runfiles.table(self._runs, table["name"], table["bits"], private=self._writable)
        return Frequencies(counts, table["articles"], table["tokens"])

    def _counts(self) -> bool:
        """Whether documents behind the table are counted here: by readers only in a small one, which they copy."""
        return self._writable or self._table.get("bits", 0) <= SMALL_BITS

    def _take(self, run: runfiles.Mapped) -> None:
        """Add a run, behind the others."""
        self.finder.make_room(run.file.last)
        self.finder.near.stored.append(run.near)
        self.finder.rare.stored.append(run.rare)
        self.finder.sketch_sizes[run.file.first : run.file.last + 1] = run.sketch_sizes
        self._mapped.append(run)
        self._last_run = run.file.last

    def _catch_up(self, about: dict[str, Any]) -> None:
        """Take the documents that came after the ones known."""
        counted_to = self._table.get("to", 0)
        for rows in self.documents.blocks(BLOCK, self.next - 1):
            tokens = self.tokens_of(rows)
            numbers = np.array([row.number for row in rows])
            counted = np.array([bool(row.counted) for row in rows])
            if self._counts():
                self.finder.count_again(tokens, counted & (numbers > counted_to))
            first = int(np.searchsorted(numbers, self._last_run, "right"))
            if first < len(rows):
                self.finder.post_again(_from(tokens, first), numbers[first:])
        self.next = int(about["next"])
        self.finder.make_room(self.next)
        self.finder.is_removed[self.documents.removed()] = True

    def refresh(self) -> None:
        """See what a writer has committed meanwhile; within a transaction of reading."""
        change = self.documents.change()
        if change == self._change:
            return
        about = self.documents.about()
        if self.documents.runs() != self._files or orjson.loads(about.get("table", "{}")) != self._table:
            self.load()
            self.documents.begin(write=False)
            return self.refresh()
        self.vocabulary = Vocabulary(np.frombuffer(about.get("vocabulary", b""), np.uint32))
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
        lengths = np.array([row.length for row in rows], np.int64)
        hashes = self.vocabulary.unpack([row.tokens for row in rows], lengths)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return Tokens(hashes, offsets, digests(hashes, offsets))

    # ---- changes, in the transaction that is open

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents, with the next numbers."""
        some = list(rows)
        self.documents.insert(some)
        self.next += len(some)
        self.learn_words()

    def remove(self, row: Row) -> None:
        """Remove a document; its copies stand for themselves from now on."""
        self.documents.remove(row.number)
        self.finder.is_removed[row.number] = True

    def expire(self, before: int) -> int:
        """Remove the documents published before a date; return how many."""
        numbers = self.documents.expire(before)
        self.finder.is_removed[numbers] = True
        return len(numbers)

    # ---- from memory to the disk

    def learn_words(self) -> None:
        """Make the vocabulary, once there are documents enough; in the transaction that is open."""
        if len(self.vocabulary) == 0 and self.next > VOCABULARY_DOCUMENTS:
            first = self.documents.after(0, VOCABULARY_DOCUMENTS)
            self.vocabulary = Vocabulary.of(self.tokens_of(first).hashes)
            self.documents.set_about(vocabulary=self.vocabulary.words.tobytes())

    def commit(self) -> None:
        """Commit all that was added and removed."""
        self.documents.set_about(next=self.next)
        self.documents.commit()

    def publish(self, least: int | None = None) -> None:
        """Write the postings in memory as a run, if they are of so many documents; merge runs of like size."""
        first = self._last_run + 1
        if self.next - first < max(1, RUN_DOCUMENTS if least is None else least):
            return
        finder = self.finder
        sizes = finder.sketch_sizes[first : self.next]
        file = runfiles.written(self._runs, [finder.near.merged()], [finder.rare.merged()], sizes, first)
        old_table = self._table
        self._in_place_of([], file, self._write_table)
        finder.near.recent, finder.rare.recent = [], []
        self._take(runfiles.mapped(self._runs, file))
        if old_table.get("name") not in (None, self._table.get("name")):
            self._delete([old_table["name"]])
        self._merge()

    def _write_table(self, frequencies: Frequencies | None = None) -> dict[str, Any]:
        """Write the table of frequencies, if it is due; return what is to be noted about it."""
        found = frequencies or self.finder.frequencies
        is_small = len(found.table) <= 1 << SMALL_BITS
        if frequencies is None and not is_small and 8 * self._table.get("articles", 0) > 7 * found.articles:
            return dict(self._table)
        name, digest = runfiles.write(self._runs, [found.counts()], "frequencies")
        bits = len(found.table).bit_length() - 1
        noted = {"name": name, "bits": bits, "articles": found.articles, "tokens": found.tokens}
        return {**noted, "to": self.next - 1, "digest": digest}

    def _in_place_of(self, old: list[RunFile], new: RunFile | None, table: Callable[[], dict[str, Any]]) -> None:
        """Have the database name a new run in the place of others."""
        noted = table()
        self.documents.begin()
        self.documents.replace_runs(old, new)
        self.documents.set_about(table=orjson.dumps(noted).decode())
        self.documents.commit()
        self._files = self.documents.runs()
        self._table = noted

    def _merge(self) -> None:
        while True:
            size = _tier(self._mapped[-1].file)
            some: list[runfiles.Mapped] = []
            for run in reversed(self._mapped):
                if _tier(run.file) > size:
                    break
                some.insert(0, run)
            if len(some) < FAN:
                return
            file = runfiles.merged(self._runs, some, self.finder.is_removed)
            self._in_place_of([run.file for run in some], file, lambda: dict(self._table))
            count = len(self._mapped) - len(some)
            del self._mapped[count:], self.finder.near.stored[count:], self.finder.rare.stored[count:]
            if file is not None:
                self._take(runfiles.mapped(self._runs, file))
            self._delete([run.file.name for run in some])
            if not self._mapped:
                return

    def compact(self) -> None:
        """Write all as one run, without what was removed; count the word pairs of what is left; free the room."""
        self.publish(least=1)
        tokens = self.documents.total_tokens()
        bits = min(MOST_BITS, frequency_bits(max(1, tokens), NO_LIMIT))
        frequencies = Frequencies(np.zeros(1 << bits, np.uint8))
        finder, self.finder.frequencies = self.finder, frequencies
        for rows in self.documents.blocks(BLOCK):
            finder.count_again(self.tokens_of(rows), np.array([bool(row.counted) for row in rows]))
        old = [*self._files]
        names = [run.name for run in old] + [self._table.get("name", "")]
        new = runfiles.merged(self._runs, self._mapped, finder.is_removed) if self._mapped else None
        noted = self._write_table(frequencies)
        self.documents.begin()
        self.documents.forget_removed()
        self._in_place_of(old, new, lambda: noted)
        self.load()
        self._delete(names)
        self.documents.vacuum()

    def _delete(self, names: list[str]) -> None:
        """Delete files that the index does not name any more; readers that have them open go on reading."""
        runfiles.delete(self._runs, names)

    def file_bytes(self) -> int:
        """Return the bytes that the index takes on disk."""
        files = [*self.folder.iterdir(), *self._runs.iterdir()]
        return sum(os.stat(path).st_size for path in files if path.is_file())

    closing = CLOSING_DOCUMENTS

    @property
    def runs(self) -> list[runfiles.Mapped]:
        """The runs in files."""
        return self._mapped

    @property
    def table(self) -> dict[str, Any]:
        """What is noted of the table of frequencies in its file."""
        return dict(self._table)

    @property
    def runs_folder(self) -> Path:
        """Where the files are that the database names."""
        return self._runs


def _tier(file: RunFile) -> int:
    """Return the size class of a run."""
    tier, documents = 0, file.last - file.first + 1
    while documents >= FAN * RUN_DOCUMENTS:
        tier, documents = tier + 1, documents // FAN
    return tier


def _from(tokens: Tokens, first: int) -> Tokens:
    """Return the texts from one on."""
    start: npt.NDArray[np.int64] = tokens.offsets[first:]
    return Tokens(tokens.hashes[start[0] :], start - start[0], tokens.digests[first:])
