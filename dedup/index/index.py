"""The index: a lasting set of documents that answers, for one text or a batch, what it has seen before."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

from dedup.attribution.agencies import Agencies
from dedup.candidates.pairs import MICROSECONDS_AN_HOUR
from dedup.errors import DedupError, ParamsError
from dedup.index.backups import back_up, restore
from dedup.index.editing import Editor
from dedup.index.folder.backend import FolderBackend
from dedup.index.index_reader import IndexReader
from dedup.index.match import Decision
from dedup.index.place import folder_of, is_url
from dedup.index.protocol import Backend
from dedup.index.record import Record, batches, checked_date, checked_id, checked_record, read_records
from dedup.index.tuning import IndexTuning, default_tuning
from dedup.params import Params, require_for_index, with_fields

DURABILITIES = ("flush", "each")

LOG = logging.getLogger("dedup.index")


class Index(IndexReader):
    """A lasting set of documents that finds what a new text copies.

    Opens an index, or creates one, and is best used in a ``with`` block. In a folder one process may write, and any
    number may read what was flushed; on a server all may write. Methods may be called from several threads; they wait
    for each other.

    Parameters
    ----------
    path : path or str
        The folder of the index or, for one that several writers share, the URL of a Redis server, such as
        ``redis://host:6379/0?name=news``. With mode ``rw`` it is created if it does not exist.
    params : Params, optional
        The parameters of a new index. An existing one must have been created with the same; by default its own are
        used. ``keep`` and ``prefer`` have no effect here, because earlier documents are preferred.
    mode : {"rw", "r"}
    durability : {"flush", "each"}
        When additions survive the end of the process and a power failure: after `flush` (which is also called
        automatically from time to time), or after every call. On a server every call commits, and how durable that is
        depends on the server.
    wait : float
        Seconds to wait where another writer has an index in a folder, before that is an error. On a server writers wait
        for each other anyway.
    agencies : path, optional
        A file of news agencies that are recognised as credits in addition to the shipped ones.
    tuning : IndexTuning, optional
        Sizes that need not be changed.
    **params_fields
        Fields of `Params` by name, as in ``Index(path, level="near")``; they replace those of ``params``.

    Raises
    ------
    StorageError
        If it is not an index, is damaged, has another format or other parameters, or already has a writer.
    ParamsError
        When an argument cannot be used.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index(tempfile.mkdtemp() + "/news.index") as index:
    ...     first = index.add("a", report)
    ...     [(match.id, match.relation) for match in index.add("b", report.upper())]
    [('a', 'identical')]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        params: Params | None = None,
        mode: str = "rw",
        *,
        durability: str = "flush",
        wait: float = 0.0,
        agencies: str | os.PathLike[str] | None = None,
        tuning: IndexTuning | None = None,
        **params_fields: Any,
    ) -> None:
        if mode not in ("rw", "r"):
            raise ParamsError(f"mode {mode!r}", "'rw' or 'r'")
        if durability not in DURABILITIES:
            raise ParamsError(f"durability {durability!r}", " or ".join(map(repr, DURABILITIES)))
        if params is not None and not isinstance(params, Params):
            raise ParamsError(f"params of type {type(params).__name__}", "dedup.Params", 'as in Params(level="near")')
        asked = with_fields(params, params_fields, Index.__init__.__kwdefaults__) if params_fields else params
        if asked is not None:
            require_for_index(asked)
        known = Agencies.read(agencies)
        if not isinstance(wait, (int, float)) or isinstance(wait, bool) or not 0 <= wait < math.inf:
            raise ParamsError(f"wait {wait!r}", "seconds, at least 0")
        backend = _opened(path, asked, mode, durability, tuning or default_tuning(), wait)
        super().__init__(backend, Editor(backend, known))
        LOG.info("%s: opened for %s", self._backend.place, "writing" if self._backend.writable else "reading")
        if self._backend.waited >= 1:
            LOG.info("%s: waited %.1f s for another writer", self._backend.place, self._backend.waited)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *arguments: Any, **options: Any) -> Index:
        """Open an index, or create one: another name for ``Index(...)``.

        Parameters
        ----------
        path, *arguments, **options
            As for `Index`.

        Returns
        -------
        Index
        """
        return cls(path, *arguments, **options)

    @classmethod
    def restore(cls, path: str | os.PathLike[str], url: str) -> int:
        """Put a backup, or any index in a folder, on a Redis server; one in a folder is restored by copying it.

        It has its name there when all of it is there.

        Parameters
        ----------
        path : path
            Folder of the index.
        url : str
            Of the index on the server, where there is none of that name yet.

        Returns
        -------
        int
            How many documents it has.

        Raises
        ------
        StorageError, ParamsError
        """
        return restore(path, url)

    # ---- adding

    def add(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> Decision:
        """Add a document, and return the decision on it with its matches among earlier documents.

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
            Anything else that belongs to it and that JSON can hold; `get` returns it.

        Returns
        -------
        Decision
            As from `query`.

        Raises
        ------
        InputError
            If the index has the id already, or a value cannot be used. Then nothing is added.
        StorageError
        """
        return self._add([checked_record(checked_id(id), text, source, published, url, data)])[0]

    def add_many(self, records: Iterable[Mapping[str, Any]]) -> list[Decision]:
        """Add documents one after the other, and return the decision on each, with its matches among all before it.

        Parameters
        ----------
        records : iterable of dict
            With ``id``, ``text`` and the other arguments of `add`.

        Returns
        -------
        list of Decision
            In the order of the records.

        Raises
        ------
        InputError
            If one of them cannot be used. Then none is added.
        StorageError
        """
        return self._add(read_records(records, with_id=True))

    def _add(self, records: list[Record]) -> list[Decision]:
        decisions: list[Decision] = []
        with self._counters.timed("seconds_changing"), self.writing():
            blocks = [*batches(records)]
            if len(blocks) > 1:
                self._editor.assert_new(records)  # all of them, before any is added
            for batch in blocks:
                features = self._editor.features(batch)
                for attempt in self._backend.attempts():
                    with attempt:
                        self._editor.assert_new(batch)  # another writer may have added one meanwhile
                        added = self._editor.add(batch, features)
                decisions += added
        size, copies = sum(len(record.text) for record in records), sum(not decision.kept for decision in decisions)
        self._counters.count(added=len(records), copies=copies, text_bytes=size)
        LOG.debug("%s: added %d, of which %d are copies", self._backend.place, len(records), copies)
        return decisions

    # ---- updating and removing

    def update(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> Decision:
        """Replace the document of an id, or add it if there is none; return the decision on it with its matches.

        If the words of the text and its date have not changed, the decision stays: the document keeps its place, and
        its other fields are replaced. Otherwise it counts as the latest document from now on, and is compared with all
        others. It is not dropped for documents that are in the index only as copies of its old text. If it is kept,
        those that also copy its new text remain its copies. The others are kept from now on: ``released`` names them.

        Parameters
        ----------
        id, text, source, published, url, data
            As for `add`.

        Returns
        -------
        Decision
            With ``replaced`` and ``released``.

        Raises
        ------
        InputError, StorageError
        """
        record = checked_record(checked_id(id), text, source, published, url, data)
        with self._counters.timed("seconds_changing"), self.writing():
            features = self._editor.features([record])
            for attempt in self._backend.attempts():
                with attempt:
                    decision = self._editor.update(record, features)
        self._counters.count(updated=1, copies=not decision.kept, text_bytes=len(record.text))
        LOG.debug("%s: updated %r", self._backend.place, id)
        return decision

    def remove(self, id: str) -> bool:
        """Remove a document; its copies become kept documents.

        Parameters
        ----------
        id : str

        Returns
        -------
        bool
            Whether there was such a document.

        Raises
        ------
        InputError, StorageError
        """
        checked_id(id)
        with self._counters.timed("seconds_changing"), self.writing():
            for attempt in self._backend.attempts():
                with attempt:
                    is_removed = self._editor.remove(id)
        self._counters.count(removed=is_removed)
        if is_removed:
            LOG.debug("%s: removed %r", self._backend.place, id)
        return is_removed

    def expire(self, before: Any = None) -> int:
        """Remove all documents published before a date; those without a date stay.

        Parameters
        ----------
        before : date, optional
            By default the window of the index before its newest document, or before now, if that is earlier.

        Returns
        -------
        int
            How many were removed.

        Raises
        ------
        InputError
            When it is no date, or there is neither a date nor a window.
        """
        window = self.params.window
        if before is None and window is not None:
            with self.reading():
                newest = self._backend.newest()
            if newest is None:
                return 0
            date = min(newest, time.time_ns() // 1000) - int(window * MICROSECONDS_AN_HOUR)
        else:
            date = checked_date(before)
        count, step = 0, self._backend.tuning.block_documents
        with self._counters.timed("seconds_changing"), self.writing():
            old = self._backend.older(date)
            for first in range(0, len(old), step):
                for attempt in self._backend.attempts():
                    with attempt:
                        removed = self._editor.remove_all(old[first : first + step])
                count += removed
        self._counters.count(expired=count)
        LOG.info("%s: %d documents have expired", self._backend.place, count)
        return count

    # ---- keeping

    def flush(self) -> None:
        """Make all changes survive the end of the process and a power failure, and visible to readers."""
        with self._counters.timed("seconds_changing"), self.writing():
            self._backend.flush()
        self._counters.count(flushes=1)
        self._counters.set(last_flush=time.time())

    def compact(self) -> None:
        """Erase the remains of removed documents, count word pairs again, and return the space to the disk."""
        with self._counters.timed("seconds_changing"), self.writing():
            self._backend.compact()
        LOG.info("%s: compacted", self._backend.place)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the index, as it is now, to a new folder, which is an index as well; it may be written to meanwhile.

        To restore it, copy that folder to the place of the lost one, or open it where it is. The copy gets its name
        when it is complete and on the disk. Of an index on a server the copy is one in a folder, with the same
        documents and stories; other writers wait while it is made.

        Parameters
        ----------
        path : path
            Where there is nothing yet.

        Raises
        ------
        StorageError
            When there is something in that place, the index is damaged, or the disk is full.
        ParamsError
            When the place is in the index.
        """
        with self._mutex:
            self._assert_open()
            if self._backend.writable:
                self.flush()
        back_up(self._backend, path)
        LOG.info("%s: backed up to %s", self._backend.place, path)

    def close(self) -> None:
        """Flush and close; a closed index cannot be used."""
        with self._mutex:
            if not self._closed:
                self._closed = True
                self._backend.close()
                LOG.info("%s: closed", self._backend.place)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        facts = [f"level {self.params.level.name}"]
        if self._closed:
            facts.append("closed")
        elif self._mutex.acquire(blocking=False):  # a debugger must not wait for another thread
            try:
                with suppress(DedupError):
                    count = len(self)
                    facts = ["1 document" if count == 1 else f"{count:,} documents", *facts]
            finally:
                self._mutex.release()
        if not self._backend.writable:
            facts.append("read only")
        return f"<{type(self).__name__} {self._backend.place}: {', '.join(facts)}>"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Use the back end and change it, in `dedup.index.protocol.Backend.attempts`."""
        with self._mutex:
            self._assert_open()
            with self._backend.writing():
                yield


def _opened(
    path: str | os.PathLike[str], params: Params | None, mode: str, durability: str, tuning: IndexTuning, wait: float
) -> Backend:
    if is_url(path):
        from dedup.index.redis.backend import RedisBackend
        from dedup.index.redis.url import Address

        return RedisBackend(Address.of(str(path)), params, mode, tuning)
    return FolderBackend(folder_of(path), params, mode, durability, tuning, wait)
