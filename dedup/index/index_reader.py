"""What an index is asked: what a text copies, and which documents and stories are stored."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from dedup.errors import DedupError, StorageError
from dedup.index.counters import Counters
from dedup.index.documents import documents_of
from dedup.index.editing import Editor
from dedup.index.export import export
from dedup.index.match import Decision, Document, written
from dedup.index.protocol import Backend
from dedup.index.record import Record, batches, checked_id, checked_record, is_id, read_records
from dedup.index.story import Story
from dedup.index.story_book import StoryBook
from dedup.index.story_check import story_problems
from dedup.index.story_links import member_of, story_of
from dedup.params import Params


class IndexReader:
    """The half of an index that changes nothing: the base of `dedup.Index`.

    Parameters
    ----------
    backend : Backend
    editor : Editor
        Decides on texts.
    """

    def __init__(self, backend: Backend, editor: Editor) -> None:
        self._backend = backend
        self._editor = editor
        self._counters = Counters()
        self._closed = False
        self._mutex = threading.RLock()

    def query(self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None) -> Decision:
        """Find what a text matches, without changing the index.

        Parameters
        ----------
        text : str
        source, published : optional
            If known; they help to decide which of two texts seems to be derived from the other.
        url : str, optional
            Not used; it is accepted so that `query` takes the same arguments as `add`.

        Returns
        -------
        Decision
            Whether the text would be kept, and its matches, the closest relation first, then the highest score.

        Raises
        ------
        InputError, StorageError
        """
        return self._query([checked_record(None, text, source, published, url)])[0]

    def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[Decision]:
        """Find what each of several texts matches in the index; they are not compared with each other.

        Parameters
        ----------
        texts : iterable of str, or of dict with ``text`` and the other arguments of `add`

        Returns
        -------
        list of Decision
            In the order of the texts.

        Raises
        ------
        InputError, StorageError
        """
        return self._query(read_records(texts, with_id=False))

    def _query(self, records: list[Record]) -> list[Decision]:
        with self._counters.timed("seconds_querying"), self.reading():
            decisions = [decision for batch in batches(records) for decision in self._editor.query(batch)]
        self._counters.count(queries=len(records), text_bytes=sum(len(record.text) for record in records))
        return decisions

    def __contains__(self, id: object) -> bool:
        with self.reading():
            return is_id(id) and bool(self._backend.known_ids([str(id)]))

    def __len__(self) -> int:
        with self.reading():
            return len(self._backend)

    def get(self, id: str) -> Document | None:
        """Return a stored document.

        Parameters
        ----------
        id : str

        Returns
        -------
        Document or None
            None if there is no document of that id.

        Raises
        ------
        InputError, StorageError
        """
        with self.reading():
            row = self._backend.by_id(checked_id(id))
            return None if row is None else documents_of(self._backend, [row])[0]

    def copies_of(self, id: str) -> list[Document]:
        """Return the documents that are copies of a stored one.

        Parameters
        ----------
        id : str

        Returns
        -------
        list of Document
            In the order in which they were added; empty also where there is no document of that id.

        Raises
        ------
        InputError, StorageError
        """
        with self.reading():
            row = self._backend.by_id(checked_id(id))
            return [] if row is None else documents_of(self._backend, self._backend.copies(row.number))

    def story(self, id: str | int) -> Story | None:
        """Return a story: a document with its copies and updates, and what happened to it.

        A document joins the story of the one that it is dropped for, and of those of which it is an update, or that are
        updates of it. A text that is an update of documents of two stories merges them.

        Parameters
        ----------
        id : str or int
            The id of a document, a string, or of a story, a number. That of a story that has merged with an older one
            leads to that one.

        Returns
        -------
        Story or None
            None where there is no such document, and no such story with documents.

        Raises
        ------
        InputError, StorageError
        """
        with self.reading():
            if isinstance(id, int) and not isinstance(id, bool):
                return story_of(self._backend, StoryBook(self._backend), id)
            row = self._backend.by_id(checked_id(id))
            return None if row is None else story_of(self._backend, StoryBook(self._backend), member_of(row).story)

    def __iter__(self) -> Iterator[Document]:
        """Iterate over the documents, in the order in which they were added or their texts last replaced.

        A block of them is in memory at a time. Those that are added meanwhile are not among them, and those that are
        removed, or whose text is replaced, may be missing.
        """
        with self.reading():
            end = self._backend.next
        yield from self._documents(end)

    def _documents(self, end: int) -> Iterator[Document]:
        number = 0
        while True:
            with self.reading():
                rows = self._backend.after(number, self._backend.tuning.block_documents)
                rows = [row for row in rows if row.number < end]
                documents = documents_of(self._backend, rows)
            if not rows:
                return
            number = rows[-1].number
            yield from documents

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write all documents to a file, without their texts, which an index does not keep.

        A line or a row has the fields of `Document`, as `__iter__` yields them.

        Parameters
        ----------
        path : path
            Its ending says how: ``.jsonl`` (``.ndjson``, ``.jl``) or ``.parquet``. An existing file is replaced when
            the new one is complete.

        Returns
        -------
        int
            How many documents were written.

        Raises
        ------
        ParamsError, OutputError, StorageError
        """
        return export(self, path)

    def check(self) -> list[str]:
        """Read the whole index and return what is damaged.

        Returns
        -------
        list of str
            The damage in words; empty for an intact index.

        Raises
        ------
        StorageError
        """
        with self.reading():
            return self._backend.problems() or story_problems(self._backend)

    def info(self) -> dict[str, Any]:
        """Describe the index as plain values: documents, bytes, dates, runs, parameters.

        Returns
        -------
        dict
        """
        with self.reading():
            counts = self._backend.statistics()
            return {
                "path": self._backend.place,
                "documents": counts["documents"],
                "copies": counts["copies"],
                "text_bytes": counts["text_bytes"],
                "earliest": written(counts["first"]),
                "latest": written(counts["last"]),
                **self._backend.info(),
                "params": self.params.as_dict(),
                "fingerprint": self.params.fingerprint,
            }

    def counters(self) -> dict[str, float]:
        """Return what this object has done since it was opened, in numbers for a monitor; it waits for no other thread.

        Returns
        -------
        dict
            ``documents`` in the index, when they could last be counted; ``queries``, ``added``, ``updated``: texts;
            ``removed``, ``expired``: documents; ``copies``: of those added or updated; ``errors`` that were raised;
            ``flushes`` that were asked for; ``text_bytes`` of all these texts; ``seconds_querying``,
            ``seconds_changing``, ``seconds_waiting`` for other writers; ``last_flush``: seconds since 1970, 0 if there
            was none. All but the first and the last only rise.
        """
        if self._mutex.acquire(blocking=False):
            try:
                with suppress(DedupError):
                    self._counters.set(documents=len(self), seconds_waiting=self._backend.waited)
            finally:
                self._mutex.release()
        return self._counters.values()

    # ---- for the modules that work on an index in bulk, and for tests; not a part of the public promise

    @property
    def params(self) -> Params:
        """The parameters with which the index was created."""
        return self._backend.params

    @property
    def backend(self) -> Backend:
        """The place where the documents are stored, to be used within `reading` or `writing`."""
        return self._backend

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make other threads wait for the length of the block."""
        with self._mutex:
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Use the back end without changing it: other threads wait, and the block sees one committed state."""
        with self._mutex:
            self._assert_open()
            with self._backend.reading():
                yield

    def _assert_open(self) -> None:
        if self._closed:
            raise StorageError("the index is closed", "an open one", "open it again")
