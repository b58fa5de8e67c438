"""The index: a lasting set of documents that is asked, text by text or batch by batch, what it has seen already."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import orjson

from dedup.agencies import UNKNOWN, Agencies
from dedup.errors import InputError, ParamsError, StorageError
from dedup.index import given as inputs
from dedup.index.answers import Document, Match, written
from dedup.index.checking import problems
from dedup.index.documents import FORMAT, Row
from dedup.index.given import Given, already_there, checked_id, records
from dedup.index.lock import WriterLock
from dedup.index.opening import made, no_index, problem_of, told
from dedup.index.postings import MOST_DOCUMENTS
from dedup.index.prepared import Prepared
from dedup.index.storage import DATABASE, Storage
from dedup.index.verdicts import verdicts
from dedup.matching import LAST_COPY
from dedup.params import Params

DURABILITIES = ("flush", "each")

FLUSH_DOCUMENTS = 2_000
"""Documents after which an index flushes by itself."""

CHUNK_DOCUMENTS, CHUNK_BYTES = 1_000, 16 << 20
"""Documents, and bytes of text, that are worked on at a time."""


class Index:
    """A lasting set of documents that says of any text what it copies.

    Opened by `Index.open`, and best used in a ``with`` block. One process may write, any number read; a reader sees
    what was flushed. Methods may be called from several threads; they wait for each other.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index.open(tempfile.mkdtemp() + "/news.index") as index:
    ...     first = index.add("a", report)
    ...     [(match.id, match.relation) for match in index.add("b", report.upper())]
    [('a', 'identical')]
    """

    def __init__(self, storage: Storage, lock: WriterLock | None, durability: str, agencies: Agencies) -> None:
        self._storage = storage
        self._writer = lock
        self._durability = durability
        self._agencies = agencies
        self._unflushed = 0
        self._stale = False
        self._closed = False
        self._mutex = threading.RLock()

    @staticmethod
    def open(
        path: str | os.PathLike[str],
        params: Params | None = None,
        mode: str = "rw",
        durability: str = "flush",
        agencies: str | os.PathLike[str] | None = None,
    ) -> Index:
        """Open an index, or make one.

        Parameters
        ----------
        path : path
            Its folder. With mode ``rw`` it is made if it is not there.
        params : Params, optional
            Of a new index. One that is there must have been made with the same; by default whatever it was made with.
            ``keep`` and ``prefer`` mean nothing here: documents come in the order in which they are preferred.
        mode : {"rw", "r"}
        durability : {"flush", "each"}
            When what was added outlives the process and the machine: after `flush` (which is called by itself now and
            then), or after every call.
        agencies : path, optional
            A file of news agencies, to be found as credits besides the shipped ones.

        Raises
        ------
        StorageError
            When it is no index, is damaged, has another format or other parameters, or has a writer already.
        ParamsError
            When an argument cannot be used.
        """
        if mode not in ("rw", "r"):
            raise ParamsError(f"mode {mode!r}", "'rw' or 'r'")
        if durability not in DURABILITIES:
            raise ParamsError(f"durability {durability!r}", " or ".join(map(repr, DURABILITIES)))
        if params is not None and not isinstance(params, Params):
            raise ParamsError(f"params of type {type(params).__name__}", "dedup.Params", 'as in Params(level="near")')
        try:
            folder = Path(os.fsdecode(path))
        except TypeError:
            raise ParamsError(f"a path of type {type(path).__name__}", "the path of a folder") from None
        table = Agencies.read(agencies)
        lock = None
        with told(folder):
            try:
                if mode == "rw":
                    lock = made(folder, params or Params())
                elif not (folder / DATABASE).is_file():
                    raise no_index(folder)
                return Index(Storage(folder, params, mode == "rw"), lock, durability, table)
            except BaseException:
                if lock is not None:
                    lock.close()
                raise

    # ---- asking

    def query(
        self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None
    ) -> list[Match]:
        """Find what a text matches, and leave the index as it is.

        Parameters
        ----------
        text : str
        source, published : optional
            Tell, where known, which of two seems to be the copy.
        url : str, optional
            Means nothing; so that a record may be asked about as it would be added.

        Returns
        -------
        list of Match
            The closest relation first, then the highest score.

        Raises
        ------
        InputError, StorageError
        """
        return self._asked([inputs.given(None, text, source, published, url)])[0]

    def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[list[Match]]:
        """Find what each of some texts matches; not each other.

        Parameters
        ----------
        texts : iterable of str, or of dict with ``text`` and what else `add` takes
        """
        return self._asked(records(texts, with_id=False))

    def _asked(self, some: list[Given]) -> list[list[Match]]:
        with self._reading():
            found: list[list[Match]] = []
            for chunk in _chunks(some):
                prepared = Prepared.of([one.text for one in chunk], self._agencies)
                # Higher than all there are, and no room is needed for them.
                numbers = MOST_DOCUMENTS + np.arange(len(chunk))
                found += self._matched(chunk, prepared, numbers, add=False)[0]
            return found

    def __contains__(self, id: object) -> bool:
        with self._reading():
            return isinstance(id, str) and bool(self._storage.documents.known([id]))

    def __len__(self) -> int:
        with self._reading():
            return len(self._storage.documents)

    def get(self, id: str) -> Document | None:
        """Return what is held of a document; None if there is none of that id."""
        with self._reading():
            documents = self._storage.documents
            row = documents.by_id(checked_id(id))
            if row is None:
                return None
            original = None if row.copy_of is None else documents.fetch([row.copy_of]).get(row.copy_of)
            return Document(
                row.id,
                row.source,
                written(row.published),
                row.url,
                None if row.data is None else orjson.loads(row.data),
                row.credit,
                None if original is None else original.id,
                row.size,
                row.length,
            )

    # ---- writing

    def add(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> list[Match]:
        """Add a document; return what it matches of those added before.

        Parameters
        ----------
        id : str
            A new one.
        text : str
        source : str, optional
            Where it was published.
        published : optional
            A date as `dedup.deduplicate` reads it.
        url : str, optional
        data : optional
            Whatever else belongs to it, as JSON can hold it; `get` gives it back.

        Returns
        -------
        list of Match
            As from `query`.

        Raises
        ------
        InputError
            When the id is there already, or a value cannot be used. Nothing is added then.
        StorageError
        """
        return self._added([inputs.given(checked_id(id), text, source, published, url, data)])[0]

    def add_many(self, records: Iterable[Mapping[str, Any]]) -> list[list[Match]]:
        """Add documents one after the other; return what each matches of those before it.

        Parameters
        ----------
        records : iterable of dict
            With ``id``, ``text`` and what else `add` takes. If one cannot be used none is added.
        """
        return self._added(inputs.records(records, with_id=True))

    def update(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> list[Match]:
        """Put a document in the place of the one of that id; return what it matches of all others.

        It counts as the latest from now on. Parameters as for `add`.
        """
        one = inputs.given(checked_id(id), text, source, published, url, data)
        with self._writing():
            self._remove(id)
            return self._add([one])[0]

    def remove(self, id: str) -> bool:
        """Remove a document; return whether there was one. Its copies stand for themselves from now on."""
        checked_id(id)
        with self._writing():
            return self._remove(id)

    def expire(self, before: Any) -> int:
        """Remove all documents published before a date; return how many. Those without a date stay."""
        date = inputs.date(before)
        with self._writing():
            expired = self._storage.expire(date)
            self._unflushed += expired
            return expired

    def _remove(self, id: str) -> bool:
        removed = self._storage.remove(id)
        self._unflushed += removed
        return removed

    def _added(self, some: list[Given]) -> list[list[Match]]:
        with self._writing():
            taken = self._storage.documents.known([str(one.id) for one in some])
            if taken:
                raise already_there(min(taken))
            return self._add(some)

    def _add(self, some: list[Given]) -> list[list[Match]]:
        found: list[list[Match]] = []
        for chunk in _chunks(some):
            storage = self._storage
            first = storage.next
            if first + len(chunk) > MOST_DOCUMENTS:
                raise StorageError("no numbers are left", f"at most {MOST_DOCUMENTS:,} documents", "make another index")
            prepared = Prepared.of([one.text for one in chunk], self._agencies)
            numbers = np.arange(first, first + len(chunk))
            matches, copy_of, counted = self._matched(chunk, prepared, numbers, add=True)
            storage.documents.insert(self._rows(chunk, prepared, numbers, copy_of, counted))
            storage.next += len(chunk)
            storage.learn_words()
            self._unflushed += len(chunk)
            found += matches
        return found

    def _matched(
        self, chunk: list[Given], prepared: Prepared, numbers: np.ndarray[Any, np.dtype[np.int64]], add: bool
    ) -> tuple[list[list[Match]], list[int | None], list[bool]]:
        storage = self._storage
        found = storage.finder.find(prepared, numbers, storage.documents.fetch, storage.vocabulary, add)
        ids, sources = [one.id for one in chunk], [one.source for one in chunk]
        published = [one.published for one in chunk]
        matches, copy_of = verdicts(found, ids, sources, published, LAST_COPY[storage.params.level], self._agencies)
        return matches, copy_of, found.counted.tolist()

    def _rows(
        self,
        chunk: list[Given],
        prepared: Prepared,
        numbers: np.ndarray[Any, np.dtype[np.int64]],
        copy_of: list[int | None],
        counted: list[bool],
    ) -> Iterator[Row]:
        offsets = prepared.tokens.offsets
        packed = self._storage.vocabulary.pack(prepared.tokens.hashes, offsets[:-1], offsets[1:])
        digests = prepared.tokens.digests.astype(">u8").tobytes()
        for at, (one, number) in enumerate(zip(chunk, numbers.tolist(), strict=True)):
            code = int(prepared.credit[at])
            yield Row(
                number,
                str(one.id),
                len(one.text),
                int(prepared.lengths[at]),
                one.source,
                one.published,
                one.url,
                one.data,
                None if code == UNKNOWN else self._agencies.names[code],
                int(prepared.drawn_on[at]),
                copy_of[at],
                int(counted[at]),
                digests[16 * at : 16 * at + 16],
                packed[at],
            )

    # ---- keeping

    def flush(self) -> None:
        """Make all that was added and removed outlive the process and the machine, and visible to readers."""
        with self._writing():
            self._flush()

    def _flush(self) -> None:
        self._storage.commit()
        self._unflushed = 0
        self._storage.publish()

    def compact(self) -> None:
        """Drop what is left of removed documents, count word pairs anew, and give the room back to the disk."""
        with self._writing():
            self._flush()
            self._storage.compact()

    def check(self) -> list[str]:
        """Read everything; return what is wrong, in words: nothing, as a rule."""
        with self._mutex:
            self._assert_open()
            if self._writer is not None:
                self.flush()
            with self._reading():
                return problems(self._storage)

    def info(self) -> dict[str, Any]:
        """Return what there is, as plain values: documents, bytes, dates, runs, parameters."""
        with self._reading():
            storage = self._storage
            counts = storage.documents.statistics()
            size = storage.file_bytes()
            return {
                "path": str(storage.folder),
                "documents": counts["documents"],
                "copies": counts["copies"],
                "text_bytes": counts["text_bytes"],
                "file_bytes": size,
                "earliest": written(counts["first"]),
                "latest": written(counts["last"]),
                "runs": len(storage.runs),
                "removed": len(storage.documents.removed()),
                "format": FORMAT,
                "version": storage.documents.about()["version"],
                "params": storage.params.as_dict(),
                "fingerprint": storage.params.fingerprint,
            }

    def close(self) -> None:
        """Flush and close; closed it cannot be used."""
        with self._mutex:
            if self._closed:
                return
            try:
                if self._writer is not None and not self._stale:
                    with told(self._storage.folder):
                        self._storage.commit()
                        self._storage.publish(least=self._storage.closing)
            finally:
                self._closed = True
                with suppress(sqlite3.Error):
                    self._storage.close()
                if self._writer is not None:
                    self._writer.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ---- what all of them do first and last

    def _assert_open(self) -> None:
        if self._closed:
            raise StorageError("the index is closed", "an open one", "open it again")
        if self._stale:  # something went wrong in the middle: what is in memory may not be what is on disk
            with told(self._storage.folder):
                self._storage.load()
            self._stale = False

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._mutex:
            self._assert_open()
            with told(self._storage.folder):
                if self._writer is not None:
                    yield
                    return
                documents = self._storage.documents
                documents.begin(write=False)
                try:
                    self._storage.refresh()
                    yield
                finally:
                    documents.end()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._mutex:
            if self._writer is None:
                raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
            self._assert_open()
            before, unflushed = self._storage.next, self._unflushed
            documents = self._storage.documents
            with told(self._storage.folder):
                try:
                    documents.begin()
                    documents.mark()
                    yield
                    if self._durability == "each" or self._unflushed >= FLUSH_DOCUMENTS:
                        self._flush()
                except InputError:
                    raise  # refused before anything was done
                except BaseException:
                    self._stale = True
                    self._storage.next, self._unflushed = before, 0
                    try:  # keep what was added by earlier calls
                        documents.go_back()
                        self._storage.commit()
                    except sqlite3.Error as error:
                        documents.end()
                        if unflushed:
                            raise StorageError(
                                f"{problem_of(error)}; the last {unflushed:,} changes are lost",
                                hint="what was flushed is there",
                            ) from error
                    raise


def _chunks(some: list[Given]) -> Iterator[list[Given]]:
    chunk: list[Given] = []
    size = 0
    for one in some:
        if chunk and (len(chunk) == CHUNK_DOCUMENTS or size + len(one.text) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += len(one.text)
    if chunk:
        yield chunk
