"""The index: a lasting set of documents that is asked, text by text or batch by batch, what it has seen already."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
import orjson

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.candidates.pairs import MICROSECONDS_AN_HOUR
from dedup.errors import ParamsError, StorageError
from dedup.index import record as inputs
from dedup.index.decisions import copies_of_it, verdicts
from dedup.index.features import NearKeys, Prepared
from dedup.index.folder.backend import Embedded
from dedup.index.folder.create import folder_of
from dedup.index.folder.database import Row
from dedup.index.match import Decision, Document, written
from dedup.index.protocol import Backend
from dedup.index.record import Given, already_there, checked_id, records
from dedup.index.redis.url import Address
from dedup.index.search.postings import MOST_DOCUMENTS
from dedup.index.search.query import Found
from dedup.judge.relation import LAST_COPY
from dedup.params import Params

DURABILITIES = ("flush", "each")

CHUNK_DOCUMENTS, CHUNK_BYTES = 1_000, 16 << 20
"""Documents, and bytes of text, that are worked on at a time."""


class Index:
    """A lasting set of documents that says of any text what it copies.

    Opened by `Index.open`, and best used in a ``with`` block. In a folder one process may write, and any number read
    what was flushed; on a server all may write. Methods may be called from several threads; they wait for each other.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index.open(tempfile.mkdtemp() + "/news.index") as index:
    ...     first = index.add("a", report)
    ...     [(match.id, match.relation) for match in index.add("b", report.upper())]
    [('a', 'identical')]
    """

    def __init__(self, storage: Backend, agencies: Agencies) -> None:
        self._storage = storage
        self._agencies = agencies
        self._near_keys = NearKeys(storage.params)
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
        path : path or str
            Its folder, or, for one that several writers share, the URL of a Redis server, such as
            ``redis://host:6379/0?name=news``. With mode ``rw`` it is made if it is not there.
        params : Params, optional
            Of a new index. One that is there must have been made with the same; by default whatever it was made with.
            ``keep`` and ``prefer`` mean nothing here: documents come in the order in which they are preferred.
        mode : {"rw", "r"}
        durability : {"flush", "each"}
            When what was added outlives the process and the machine: after `flush` (which is called by itself now and
            then), or after every call. On a server every call commits, and what that outlives is up to the server.
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
        table = Agencies.read(agencies)
        if Address.is_one(path):
            from dedup.index.redis.backend import Shared

            return Index(Shared(Address.of(str(path)), params, mode), table)
        return Index(Embedded(folder_of(path), params, mode, durability), table)

    # ---- asking

    def query(self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None) -> Decision:
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
        Decision
            The list of its matches, the closest relation first, then the highest score, and whether it would stay.

        Raises
        ------
        InputError, StorageError
        """
        return self._asked([inputs.given(None, text, source, published, url)])[0]

    def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[Decision]:
        """Find what each of some texts matches; not each other.

        Parameters
        ----------
        texts : iterable of str, or of dict with ``text`` and what else `add` takes
        """
        return self._asked(records(texts, with_id=False))

    def _asked(self, some: list[Given]) -> list[Decision]:
        with self._reading():
            found: list[Decision] = []
            for chunk in _chunks(some):
                prepared = self._prepared(chunk)
                # Higher than all there are, and no room is needed for them.
                numbers = MOST_DOCUMENTS + np.arange(len(chunk))
                found += self._decided(chunk, self._storage.find(prepared, numbers, add=False))[0]
            return found

    def __contains__(self, id: object) -> bool:
        with self._reading():
            return inputs.may_be_id(id) and bool(self._storage.known([str(id)]))

    def __len__(self) -> int:
        with self._reading():
            return len(self._storage)

    def get(self, id: str) -> Document | None:
        """Return what is held of a document; None if there is none of that id."""
        with self._reading():
            row = self._storage.by_id(checked_id(id))
            if row is None:
                return None
            original = None if row.copy_of is None else self._storage.fetch([row.copy_of]).get(row.copy_of)
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
    ) -> Decision:
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
        Decision
            As from `query`.

        Raises
        ------
        InputError
            When the id is there already, or a value cannot be used. Nothing is added then.
        StorageError
        """
        return self._added([inputs.given(checked_id(id), text, source, published, url, data)])[0]

    def add_many(self, records: Iterable[Mapping[str, Any]]) -> list[Decision]:
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
    ) -> Decision:
        """Put a document in the place of the one of that id, if there is one; return what it matches of all others.

        Parameters as for `add`. Where the words of the text and its date are as they were, the decision stays: it keeps
        its place, and what belongs to it is replaced. Else it counts as the latest from now on, and is compared with
        all others. It does not go for what is in the index as a copy of its old text alone. If it stays, such copies
        remain its copies where they copy its new text, too. All others stand for themselves from now on: `released`
        names them.
        """
        one = inputs.given(checked_id(id), text, source, published, url, data)
        with self._writing():
            return self._storage.turn(partial(self._replace, one, self._prepared([one])))

    def remove(self, id: str) -> bool:
        """Remove a document; return whether there was one. Its copies stand for themselves from now on."""
        checked_id(id)
        with self._writing():
            return self._storage.turn(partial(self._remove, id))

    def expire(self, before: Any = None) -> int:
        """Remove all documents published before a date; return how many. Those without a date stay.

        Parameters
        ----------
        before : date, optional
            Without one it is the window of the index before its newest document, or before now, if that is earlier.

        Raises
        ------
        InputError
            When it is no date, or there is neither a date nor a window.
        """
        window = self._storage.params.window
        if before is None and window is not None:
            newest = self._storage.newest()
            if newest is None:
                return 0
            date = min(newest, time.time_ns() // 1000) - int(window * MICROSECONDS_AN_HOUR)
        else:
            date = inputs.date(before)
        with self._writing():
            return self._storage.expire(date)

    def _remove(self, id: str) -> bool:
        row = self._storage.by_id(id)
        if row is None:
            return False
        self._storage.remove(row)
        return True

    def _replace(self, one: Given, prepared: Prepared) -> Decision:
        """Add a document, or put it in the place of the one of its id; the work of a turn."""
        old = self._storage.by_id(str(one.id))
        if old is None:
            return self._insert([one], prepared)[0][0]
        (new,) = self._rows([one], prepared, np.array([old.number]), [old.copy_of], [bool(old.counted)])
        if (new.digest, new.published) == (old.digest, old.published):
            return self._amend(new._replace(tokens=old.tokens), one, prepared)
        copies = self._storage.copies(old.number)
        self._storage.remove(old)
        (decision,), found = self._insert([one], prepared, [row.number for row in copies])
        still = copies_of_it(found, LAST_COPY[self._storage.params.level]) if decision.kept else set()
        following = [row for row in copies if row.number in still]
        if following:
            self._storage.follow(following, int(found.texts.numbers[-1]))
        decision.replaced = True
        decision.released = tuple(row.id for row in copies if row.number not in still)
        return decision

    def _amend(self, row: Row, one: Given, prepared: Prepared) -> Decision:
        """Replace what belongs to a document whose words and date are as they were; its decision stays."""
        leader = None if row.copy_of is None else self._storage.fetch([row.copy_of]).get(row.copy_of)
        kin = [] if leader is None else [leader.number]
        found = self._storage.find(prepared, np.array([MOST_DOCUMENTS]), False, kin)
        is_other = found.texts.numbers[found.matches.left] != row.number
        (others,), _ = self._decided([one], found._replace(matches=found.matches.take(is_other)))
        self._storage.amend(row)
        if leader is None:
            return Decision(others)
        found_by = next((match for match in others if match.id == leader.id and match.is_copy), None)
        if found_by is None:
            return Decision(others, leader.id)
        return Decision(others, leader.id, found_by.relation, found_by.score)

    def _added(self, some: list[Given]) -> list[Decision]:
        with self._writing():
            chunks = list(_chunks(some))
            if len(chunks) > 1:
                self._assert_new(some)  # all of them, before any is added
            found: list[Decision] = []
            for chunk in chunks:
                found += self._storage.turn(partial(self._add, chunk, self._prepared(chunk)))
            return found

    def _assert_new(self, some: list[Given]) -> None:
        taken = self._storage.known([str(one.id) for one in some])
        if taken:
            raise already_there(min(taken))

    def _prepared(self, chunk: list[Given]) -> Prepared:
        return Prepared.of(
            [one.text for one in chunk],
            [one.published for one in chunk],
            self._agencies,
            self._near_keys,
            self._storage.key,
        )

    def _add(self, chunk: list[Given], prepared: Prepared) -> list[Decision]:
        """Add a chunk; the work of a turn."""
        self._assert_new(chunk)  # another writer may have added one meanwhile
        return self._insert(chunk, prepared)[0]

    def _insert(self, chunk: list[Given], prepared: Prepared, own: Sequence[int] = ()) -> tuple[list[Decision], Found]:
        """Decide on new documents, and insert them; they do not go for their own copies."""
        first = self._storage.next
        if first + len(chunk) > MOST_DOCUMENTS:
            raise StorageError("no numbers are left", f"at most {MOST_DOCUMENTS:,} documents", "make another index")
        numbers = np.arange(first, first + len(chunk))
        found = self._storage.find(prepared, numbers, True, own)
        decisions, copy_of = self._decided(chunk, found, own)
        self._storage.insert(self._rows(chunk, prepared, numbers, copy_of, found.counted.tolist()))
        return decisions, found

    def _decided(
        self, chunk: list[Given], found: Found, own: Sequence[int] = ()
    ) -> tuple[list[Decision], list[int | None]]:
        ids, sources = [one.id for one in chunk], [one.source for one in chunk]
        published = [one.published for one in chunk]
        last_copy = LAST_COPY[self._storage.params.level]
        return verdicts(found, ids, sources, published, last_copy, self._agencies, self._storage.fetch, {*own})

    def _rows(
        self,
        chunk: list[Given],
        prepared: Prepared,
        numbers: np.ndarray[Any, np.dtype[np.int64]],
        copy_of: list[int | None],
        counted: list[bool],
    ) -> Iterator[Row]:
        packed = self._storage.vocabulary.pack(prepared.tokens)
        digests = prepared.tokens.digests.astype(">u8").tobytes()
        for at, (one, number) in enumerate(zip(chunk, numbers.tolist(), strict=True)):
            code = int(prepared.credit[at])
            yield Row(
                number,
                str(one.id),
                int(prepared.sizes[at]),
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
            self._storage.flush()

    def compact(self) -> None:
        """Drop what is left of removed documents, count word pairs anew, and give the room back to the disk."""
        with self._writing():
            self._storage.compact()

    def check(self) -> list[str]:
        """Read everything; return what is wrong, in words: nothing, as a rule."""
        with self._reading():
            return self._storage.problems()

    def info(self) -> dict[str, Any]:
        """Return what there is, as plain values: documents, bytes, dates, runs, parameters."""
        with self._reading():
            counts = self._storage.statistics()
            return {
                "path": self._storage.place,
                "documents": counts["documents"],
                "copies": counts["copies"],
                "text_bytes": counts["text_bytes"],
                "earliest": written(counts["first"]),
                "latest": written(counts["last"]),
                **self._storage.info(),
                "params": self._storage.params.as_dict(),
                "fingerprint": self._storage.params.fingerprint,
            }

    def close(self) -> None:
        """Flush and close; closed it cannot be used."""
        with self._mutex:
            if not self._closed:
                self._closed = True
                self._storage.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ---- what all of them do first and last

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._mutex:
            self._assert_open()
            with self._storage.reading():
                yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._mutex:
            self._assert_open()
            with self._storage.writing():
                yield

    def _assert_open(self) -> None:
        if self._closed:
            raise StorageError("the index is closed", "an open one", "open it again")


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
