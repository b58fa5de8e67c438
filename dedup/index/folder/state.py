"""An index on disk and what of it is in memory: loaded, refreshed, published, merged, compacted.

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

from dedup.candidates.sketch_join import posting_limit
from dedup.candidates.word_pairs import frequency_bits
from dedup.errors import StorageError
from dedup.index.folder import segments
from dedup.index.folder.database import Documents, Row, RunFile, checked
from dedup.index.search.frequencies import MOST_BITS, NO_LIMIT, Frequencies
from dedup.index.search.query import Finder
from dedup.index.search.working_set import tokens_of
from dedup.index.vocabulary import Vocabulary
from dedup.params import Level, Params
from dedup.store.secret import key_of
from dedup.text.tokens import Tokens

DATABASE, LOCK, RUNS = "index.sqlite", "lock", "runs"

RUN_DOCUMENTS = 16_384
"""Documents whose postings are in memory before they become a run."""

CLOSING_DOCUMENTS = 1_000
"""From so many on they become a run when the index is closed: to make them again would take longer."""

FAN = 4
"""So many runs of like size become one."""

VOCABULARY_DOCUMENTS = 1_000
"""Documents from which the vocabulary is made."""

GONE_SHARE = 0.25
"""When so large a share of the articles counted is gone, word pairs are counted anew."""

LEAST_LIVE = 0.5
"""A run of which fewer documents are left is written anew without the others."""

SMALL_BITS = 26
"""A table up to that size is written with every run, packed, and counted on by readers; a larger one is written when an
eighth is new, and mapped by readers."""

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
    key : uint64 array
        Of fingerprints and digests.
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
        about = self.documents.committed()
        checked(about, folder, None if params is None else params.as_dict())
        self.params = Params(**orjson.loads(about["params"]))
        self.key = key_of(bytes.fromhex(about["secret"]))
        self.load()

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
                if self._writable:
                    segments.clean(self._runs, {run.name for run in self._files} | {self._table.get("name", "")})
                return
        self.documents.end()
        raise StorageError(f"{missing.filename} is missing", "the files that the index names", "restore a copy")

    def _load(self) -> None:
        self._change = self.documents.change()
        about = self.documents.committed()
        self._files = self.documents.runs()
        self._table = orjson.loads(about.get("table", "{}"))
        self._gone = int(about.get("gone", 0))
        self._posted = int(about.get("posted", 0))  # documents up to there are, or were, in run files
        self._has_removed = True
        self.vocabulary = Vocabulary.stored(about.get("vocabulary", b""))
        self.finder = Finder(self.params, self._frequencies())
        self._last_run = 0
        self._mapped: list[segments.Mapped] = []
        for file in self._files:
            self._take(segments.mapped(self._runs, file))
        self.next = 1 + min(self._last_run, self._table.get("to", 0) if self._counts() else self._last_run)
        self._catch_up(about)

    def _frequencies(self) -> Frequencies:
        if not self._table:
            return Frequencies()
        table = self._table
        how = table["bits"], table["packed"], self._writable, table["digest"]
        counts = segments.table(self._runs, table["name"], *how)
        return Frequencies(counts, table["articles"], table["tokens"])

    def _counts(self) -> bool:
        """Whether documents behind the table are counted here: by readers only in a small one, which they copy."""
        return self._writable or self._table.get("bits", 0) <= SMALL_BITS

    def _take(self, run: segments.Mapped) -> None:
        """Add a run, behind the others."""
        self.finder.make_room(run.file.last)
        self.finder.near.stored.append(run.near)
        self.finder.rare.stored.append(run.rare)
        self.finder.sketch_sizes[run.file.first : run.file.last + 1] = run.sketch_sizes
        self._mapped.append(run)
        self._last_run = run.file.last

    def _catch_up(self, about: dict[str, Any]) -> None:
        """Take the documents that came after the ones known."""
        counted_to, n_rows = self._table.get("to", 0), 0
        behind = max(self.next - 1, int(about.get("posted", 0)))
        for rows in self.documents.blocks(BLOCK, self.next - 1):
            tokens = self.tokens_of(rows)
            numbers = np.array([row.number for row in rows])
            n_rows += int(np.count_nonzero(numbers > behind))
            counted = np.array([bool(row.counted) for row in rows])
            if self._counts():
                self.finder.count_again(tokens, counted & (numbers > counted_to))
            first = int(np.searchsorted(numbers, self._last_run, "right"))
            if first < len(rows):
                self.finder.post_again(_from(tokens, first), numbers[first:])
        self.next = int(about["next"])
        self.finder.make_room(self.next)
        removed = np.array(self.documents.removed(), np.int64)
        self.finder.is_removed[removed] = True
        if n_rows + np.count_nonzero(removed > behind) != self.next - 1 - behind:
            raise ValueError(f"documents behind the first {behind:,} are missing")

    def refresh(self) -> None:
        """See what a writer has committed meanwhile; within a transaction of reading."""
        change = self.documents.change()
        if change == self._change:
            return
        about = self.documents.committed()
        if self.documents.runs() != self._files or orjson.loads(about.get("table", "{}")) != self._table:
            self.load()
            self.documents.begin(write=False)
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

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents, with the next numbers."""
        some = list(rows)
        self.documents.insert(some)
        self.next += len(some)
        self.learn_words()

    def remove(self, row: Row) -> None:
        """Remove a document; its copies stand for themselves from now on."""
        self.documents.remove(row.number)
        self._let_go([row.number], row.counted)

    def amend(self, row: Row) -> None:
        """Put what belongs to a document in the place of what did."""
        self.documents.amend(row)

    def follow(self, rows: Sequence[Row], number: int) -> None:
        """Have documents be copies of the one of that number."""
        self.documents.follow([row.number for row in rows], number)

    def expire(self, before: int) -> int:
        """Remove the documents published before a date; return how many."""
        old = self.documents.older(before)
        self.documents.expire(before)
        self._let_go([number for number, _ in old], sum(counted for _, counted in old))
        return len(old)

    def newest(self) -> int | None:
        """Return the latest date of a document; None where none has one."""
        return self.documents.newest()

    def _let_go(self, numbers: list[int], counted: int) -> None:
        self.finder.is_removed[numbers] = True
        if self.params.level >= Level.syndicated:
            self._gone += counted
        self._has_removed |= bool(numbers)

    # ---- from memory to the disk

    def learn_words(self) -> None:
        """Make the vocabulary, once there are documents enough; in the transaction that is open."""
        if len(self.vocabulary) == 0 and self.next > VOCABULARY_DOCUMENTS:
            first = self.documents.after(0, VOCABULARY_DOCUMENTS)
            self.vocabulary = Vocabulary.of(self.tokens_of(first))
            self.documents.set_about(vocabulary=bytes(self.vocabulary))

    def commit(self) -> None:
        """Commit all that was added and removed."""
        if self.documents.is_open:
            self.documents.set_about(next=self.next, gone=self._gone)
            self.documents.commit()

    def publish(self, least: int | None = None) -> None:
        """Write the postings in memory as a run, if they are of so many documents; tidy up."""
        first = self._last_run + 1
        if self.next - first >= max(1, RUN_DOCUMENTS if least is None else least):
            self._publish(first)
            self._tidy()
        elif self._has_removed:
            self._tidy()

    def _publish(self, first: int) -> None:
        finder = self.finder
        sizes = finder.sketch_sizes[first : self.next]
        count = self.documents.count(first, self.next - 1)
        near, rare = [finder.near.merged()], [finder.rare.merged()]
        file = segments.written(self._runs, near, rare, sizes, first, count, finder.is_removed, self._limit)
        old_table = self._table
        with self._unless_named(file.name):
            run = segments.mapped(self._runs, file)
            self._in_place_of([], run, self._write_table())
        finder.near.recent, finder.rare.recent = [], []
        self._take(run)
        if old_table.get("name") not in (None, self._table.get("name")):
            self._delete([old_table["name"]])

    def _write_table(self, anew: bool = False) -> dict[str, Any]:
        """Write the table of frequencies, if it is due; return what is to be noted about it."""
        found = self.finder.frequencies
        is_small = len(found.table) <= 1 << SMALL_BITS
        if not anew and not is_small and 8 * self._table.get("articles", 0) > 7 * found.articles:
            return dict(self._table)
        name, digest = segments.write_table(self._runs, found.counts(), is_small)
        bits = len(found.table).bit_length() - 1
        noted = {"name": name, "bits": bits, "packed": is_small, "articles": found.articles, "tokens": found.tokens}
        return {**noted, "to": self.next - 1, "digest": digest}

    def _in_place_of(self, old: list[segments.Mapped], new: segments.Mapped | None, table: dict[str, Any]) -> None:
        """Have the database name a new run in the place of others, whose removed documents have no postings in it."""
        replaced = [run.file for run in old]
        added = [] if new is None else [new.file]
        with self._unless_named(table["name"] if table["name"] != self._table.get("name") else ""):
            self.documents.begin()
            self.documents.replace_runs(replaced, None if new is None else new.file)
            for file in (*replaced, *added):
                self.documents.forget_removed(file.first, file.last)
            if new is not None:
                self._posted = max(self._posted, new.file.last)
            self.documents.set_about(table=orjson.dumps(table).decode(), gone=self._gone, posted=self._posted)
            self.documents.commit()
        # From here on nothing may fail that a caller goes on after: memory would be behind the disk.
        self._files = sorted([*(file for file in self._files if file not in replaced), *added], key=_first)
        self._table = table
        for file in (*replaced, *added):
            self.finder.is_removed[file.first : file.last + 1] = False

    @contextmanager
    def _unless_named(self, name: str) -> Iterator[None]:
        """Delete a new file if something goes wrong before the database names it.

        An interrupt may come when the transaction is committed already.
        """
        try:
            yield
        except BaseException:
            self.documents.end()
            with suppress(sqlite3.Error):  # if it cannot be asked: what is not named goes when all is loaded anew
                table = orjson.loads(self.documents.about().get("table", "{}"))
                if name not in (table.get("name"), *(file.name for file in self.documents.runs())):
                    self._delete([name])
            raise

    def _merged(self, runs: list[segments.Mapped]) -> list[segments.Mapped]:
        """Write one run in the place of others; return it, or nothing if none of their documents are left."""
        left = sum(run.file.documents for run in runs) - segments.gone_of(runs, self.finder.is_removed)
        if left == 0:
            self._in_place_of(runs, None, self._table)
            return []
        file = segments.merged(self._runs, runs, self.finder.is_removed, self._limit)
        with self._unless_named(file.name):
            new = segments.mapped(self._runs, file)
            self._in_place_of(runs, new, self._table)
        return [new]

    def _tidy(self) -> None:
        """Merge runs of like size, write those anew that have lost many documents, and count word pairs anew."""
        while some := self._to_merge():
            first, count = self._mapped.index(some[0]), len(some)
            new = self._merged(some)
            self._mapped[first : first + count] = new
            self.finder.near.stored[first : first + count] = [run.near for run in new]
            self.finder.rare.stored[first : first + count] = [run.rare for run in new]
            self._delete([run.file.name for run in some])
        if self._gone > GONE_SHARE * self.finder.frequencies.articles:
            self._count_anew()
        self._has_removed = False

    def _to_merge(self) -> list[segments.Mapped]:
        """Return the runs to be merged next: one that has lost many documents, or the last few if of like size."""
        live = []
        for run in self._mapped:
            gone = segments.gone_of([run], self.finder.is_removed)
            if gone and run.file.documents - gone <= LEAST_LIVE * run.file.documents:
                return [run]
            live.append(run.file.documents - gone)
        some: list[segments.Mapped] = []
        for run, documents in zip(reversed(self._mapped), reversed(live), strict=True):
            if _tier(documents) > _tier(live[-1]):
                break
            some.insert(0, run)
        return some if len(some) >= FAN else []

    def _count_anew(self) -> None:
        """Count the word pairs of the documents that are left."""
        finder, old, counted = self.finder, self._table.get("name", ""), self._gone
        before = finder.frequencies
        try:
            if self.params.level >= Level.syndicated:
                bits = min(MOST_BITS, frequency_bits(max(1, self.documents.total_tokens()), NO_LIMIT))
                finder.frequencies = Frequencies(np.zeros(1 << bits, np.uint8))
                for rows in self.documents.blocks(BLOCK):
                    finder.count_again(self.tokens_of(rows), np.array([bool(row.counted) for row in rows]))
            self._gone = 0
            self._in_place_of([], None, self._write_table(anew=True))
        except BaseException:
            finder.frequencies, self._gone = before, counted
            raise
        self._delete([old])

    def compact(self) -> None:
        """Write all as one run, without what was removed; count the word pairs of what is left; free the room."""
        self.publish(least=1)
        old = list(self._mapped)
        if old:
            self._merged(old)
            self._delete([run.file.name for run in old])
        self._count_anew()
        self.load()
        self.documents.vacuum()

    def _delete(self, names: list[str]) -> None:
        """Delete files that the index does not name any more; readers that have them open go on reading."""
        segments.delete(self._runs, names)

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._writable

    def file_bytes(self) -> int:
        """Return the bytes that the index takes on disk."""
        found = 0
        for path in (*self.folder.iterdir(), *self._runs.iterdir()):
            with suppress(FileNotFoundError):  # a writer has deleted it meanwhile
                found += os.stat(path).st_size if path.is_file() else 0
        return found

    closing = CLOSING_DOCUMENTS

    @property
    def _limit(self) -> int:
        """Postings of a rare pair that are looked at in a run."""
        return posting_limit(self.params)

    @property
    def runs(self) -> list[segments.Mapped]:
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


def _first(file: RunFile) -> int:
    return file.first


def _tier(documents: int) -> int:
    """Return the size class of a run of so many documents."""
    tier = 0
    while documents >= FAN * RUN_DOCUMENTS:
        tier, documents = tier + 1, documents // FAN
    return tier


def _from(tokens: Tokens, first: int) -> Tokens:
    """Return the texts from one on."""
    start: npt.NDArray[np.int64] = tokens.offsets[first:]
    hashes, fingerprints = tokens.hashes[start[0] :], tokens.fingerprints[start[0] :]
    return Tokens(hashes, start - start[0], fingerprints, tokens.digests[first:])
