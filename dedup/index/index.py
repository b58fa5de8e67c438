"""The index: a lasting set of documents that answers, for one text or a batch, what it has seen before."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any

import numpy as np
import orjson

from dedup.attribution.agencies import Agencies
from dedup.candidates.pairs import MICROSECONDS_AN_HOUR
from dedup.errors import DedupError, ParamsError, StorageError
from dedup.index.decisions import EARLIER, decide, dropped, numbers_of_copies
from dedup.index.features import Features, NearKeys
from dedup.index.folder.backend import FolderBackend
from dedup.index.match import Decision, Document, written
from dedup.index.place import folder_of, is_url
from dedup.index.protocol import Backend
from dedup.index.record import Record, batches, checked_date, checked_id, checked_record, id_taken, is_id, read_records
from dedup.index.search.query import QueryMatches
from dedup.index.stored import MOST_DOCUMENTS, DocumentNumbers, NewRows, Row, next_numbers
from dedup.index.tuning import IndexTuning, default_tuning
from dedup.judge.relation import LAST_COPY, Models
from dedup.params import Params, require_for_index, with_fields

DURABILITIES = ("flush", "each")


class Index:
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
        self._agencies = Agencies.read(agencies)
        self._backend = _opened(path, asked, mode, durability, tuning or default_tuning())
        self._near_keys = NearKeys(self._backend.params)
        self._closed = False
        self._mutex = threading.RLock()

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

    # ---- asking

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
        decisions: list[Decision] = []
        with self.reading():
            for batch in batches(records):
                features = self._features(batch)
                # Higher than all there are, and no room is needed for them.
                numbers = MOST_DOCUMENTS + np.arange(len(batch))
                matches = self._backend.find(features, numbers, add=False)
                decisions += decide(matches, batch, self.params, self._agencies, self._backend.fetch).decisions
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
            if row is None:
                return None
            original = self._original(row)
            return Document(
                id=row.id,
                source=row.source,
                published=written(row.published),
                url=row.url,
                data=None if row.data is None else orjson.loads(row.data),
                credit=row.credit,
                copy_of=None if original is None else original.id,
                text_bytes=row.size,
                tokens=row.length,
            )

    def _original(self, row: Row) -> Row | None:
        """Return the kept document that a stored one is a copy of."""
        return None if row.copy_of is None else self._backend.fetch([row.copy_of]).get(row.copy_of)

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
        with self.writing():
            blocks = [*batches(records)]
            if len(blocks) > 1:
                self._assert_new(records)  # all of them, before any is added
            for batch in blocks:
                features = self._features(batch)
                for attempt in self._backend.attempts():
                    with attempt:
                        self._assert_new(batch)  # another writer may have added one meanwhile
                        added, _ = self._insert(batch, features)
                decisions += added
        return decisions

    def _insert(
        self, records: list[Record], features: Features, own: Sequence[int] = ()
    ) -> tuple[list[Decision], QueryMatches]:
        """Find the matches of new documents, decide, and insert them; none is dropped for a copy of its own."""
        numbers = next_numbers(self._backend.next, len(records))
        matches = self._backend.find(features, numbers, True, own)
        decided = decide(matches, records, self.params, self._agencies, self._backend.fetch, {*own})
        self._backend.insert(self._rows(records, features, numbers, decided.copy_of, matches.counted.tolist()))
        return decided.decisions, matches

    def _features(self, records: list[Record]) -> Features:
        texts, dates = [record.text for record in records], [record.published for record in records]
        return Features.of(texts, dates, self._agencies, self._near_keys, self._backend.key)

    def _rows(
        self,
        records: list[Record],
        features: Features,
        numbers: DocumentNumbers,
        copy_of: list[int | None],
        counted: list[bool],
    ) -> Iterator[Row]:
        new = NewRows(
            ids=[str(record.id) for record in records],
            sources=[record.source for record in records],
            urls=[record.url for record in records],
            data=[record.data for record in records],
            published=[record.published for record in records],
            copy_of=copy_of,
            counted=counted,
        )
        return new.rows(numbers, features, self._backend.vocabulary, self._agencies.names)

    def _assert_new(self, records: list[Record]) -> None:
        existing = self._backend.known_ids([str(record.id) for record in records])
        if existing:
            raise id_taken(min(existing))

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
        with self.writing():
            features = self._features([record])
            for attempt in self._backend.attempts():
                with attempt:
                    old = self._backend.by_id(id)
                    if old is None:
                        (decision,), _ = self._insert([record], features)
                    else:
                        decision = self._replace(old, record, features)
        return decision

    def _replace(self, old: Row, record: Record, features: Features) -> Decision:
        """Replace the document of an id by another one."""
        place = np.array([old.number])
        (new,) = self._rows([record], features, place, [old.copy_of], [bool(old.counted)])
        if (new.digest, new.published) == (old.digest, old.published):
            return self._amend(new._replace(tokens=old.tokens), record, features)
        copies = self._backend.copies(old.number)
        self._backend.remove(old)
        (decision,), matches = self._insert([record], features, [row.number for row in copies])
        still = numbers_of_copies(matches, LAST_COPY[self.params.level]) if decision.kept else set()
        following = [row for row in copies if row.number in still]
        if following:
            self._backend.link(following, int(matches.texts.numbers[-1]))
        released = tuple(row.id for row in copies if row.number not in still)
        return replace(decision, replaced=True, released=released)

    def _amend(self, row: Row, record: Record, features: Features) -> Decision:
        """Replace the fields of a document whose words and date have not changed; its decision stays."""
        leader = self._original(row)
        kin = [] if leader is None else [leader.number]
        found = self._backend.find(features, np.array([MOST_DOCUMENTS]), False, kin)
        is_other = found.texts.numbers[found.matches.left] != row.number
        found = found._replace(matches=found.matches.take(is_other))
        (today,) = decide(found, [record], self.params, self._agencies, self._backend.fetch).decisions
        self._backend.amend(row)
        if leader is None:
            return Decision(True, None, None, None, today.matches, EARLIER)
        by = next((match for match in today.matches if match.id == leader.id and match.is_copy), None)
        if by is None:
            return Decision(False, leader.id, None, None, today.matches, EARLIER)
        return dropped(leader.id, by, today.matches, Models.of(self.params))

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
        with self.writing():
            for attempt in self._backend.attempts():
                with attempt:
                    row = self._backend.by_id(id)
                    if row is not None:
                        self._backend.remove(row)
        return row is not None

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
        with self.writing():
            return self._backend.expire(date)

    # ---- keeping

    def flush(self) -> None:
        """Make all changes survive the end of the process and a power failure, and visible to readers."""
        with self.writing():
            self._backend.flush()

    def compact(self) -> None:
        """Erase the remains of removed documents, count word pairs again, and return the space to the disk."""
        with self.writing():
            self._backend.compact()

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
            return self._backend.problems()

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

    def close(self) -> None:
        """Flush and close; a closed index cannot be used."""
        with self._mutex:
            if not self._closed:
                self._closed = True
                self._backend.close()

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

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Use the back end and change it, in `dedup.index.protocol.Backend.attempts`."""
        with self._mutex:
            self._assert_open()
            with self._backend.writing():
                yield

    def _assert_open(self) -> None:
        if self._closed:
            raise StorageError("the index is closed", "an open one", "open it again")


def _opened(
    path: str | os.PathLike[str], params: Params | None, mode: str, durability: str, tuning: IndexTuning
) -> Backend:
    if is_url(path):
        from dedup.index.redis.backend import RedisBackend

        return RedisBackend(str(path), params, mode, tuning)
    return FolderBackend(folder_of(path), params, mode, durability, tuning)
