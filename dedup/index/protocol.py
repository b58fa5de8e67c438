"""The protocol of a back end: what an index needs of the place where it keeps its documents, a folder or a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dedup.index.features import Features
from dedup.index.search.query import QueryMatches
from dedup.index.stored import DocumentNumbers, Row
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary
from dedup.params import Params
from dedup.store.secret import Key


class Backend(Protocol):
    """Documents, their postings and the frequencies of their word pairs, kept in one place.

    All methods but `close` are called within `reading` or `writing`, by one thread at a time; those that change
    documents, within an attempt. Failures of the place itself (the disk, the server) are raised as StorageError.
    """

    @property
    def place(self) -> str:
        """The place as messages name it."""

    @property
    def params(self) -> Params:
        """The parameters with which the index was made."""

    @property
    def key(self) -> Key:
        """The key under which words are hashed a second time: `dedup.store.secret`."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary by which tokens are packed now."""

    @property
    def next(self) -> int:
        """Number of the next document."""

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""

    @property
    def tuning(self) -> IndexTuning:
        """Thresholds of its housekeeping."""

    # ---- a call

    def reading(self) -> AbstractContextManager[None]:
        """Enter a call that only reads: it sees what was committed when it began."""

    def writing(self) -> AbstractContextManager[None]:
        """Enter a call that changes the index.

        Raises
        ------
        StorageError
            When it was opened for reading.
        """

    def attempts(self) -> Iterator[AbstractContextManager[None]]:
        """Yield transactions, within `writing`, until one is committed.

        Each is entered by ``with``, and its block left at its end, not by ``return`` or ``break``. What the block
        changes is committed as a whole, or not at all. It runs again if another writer came between, so it must do
        nothing but ask and change this back end.

        Raises
        ------
        StorageError
            When other writers come between again and again.
        """

    def flush(self) -> None:
        """Make all changes outlive the process, and visible to others."""

    # ---- asking

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that documents have."""

    def by_id(self, id: str) -> Row | None:
        """Return the document of an id."""

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; those that are gone are left out."""

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of one."""

    def find(self, new: Features, numbers: DocumentNumbers, add: bool, kin: Sequence[int] = ()) -> QueryMatches:
        """Find and judge the pairs of new texts and stored ones, as `dedup.index.search.query.Finder` does."""

    def __len__(self) -> int: ...

    def statistics(self) -> dict[str, Any]:
        """Return counts: documents, copies, text_bytes, and the first and the last date."""

    def info(self) -> dict[str, Any]:
        """Return facts about the place, as plain values."""

    def problems(self) -> list[str]:
        """Read everything; return what is wrong, in words."""

    def file_bytes(self) -> int | None:
        """Return the bytes that the index takes on disk; None where it is in no folder."""

    # ---- changing; all but `expire` and `compact` within an attempt

    def post(self, new: Features, numbers: DocumentNumbers, counted: npt.NDArray[np.bool_]) -> None:
        """Post new texts as `find` does, without looking for matches: they have none.

        Parameters
        ----------
        new : Features
        numbers : int64 array
            The next ones.
        counted : bool array
            Whether the word pairs of each count.
        """

    def insert(self, rows: Iterable[Row]) -> None:
        """Add the documents that `find` or `post` took last; they have the next numbers."""

    def remove(self, row: Row) -> None:
        """Remove a document; its copies are kept from then on."""

    def amend(self, row: Row) -> None:
        """Replace what belongs to a document; its number, id, date, tokens and original stay."""

    def link(self, rows: Sequence[Row], original: int) -> None:
        """Make documents copies of the one of a number."""

    def expire(self, before: int) -> int:
        """Remove the documents published before a date, in microseconds since 1970; return how many."""

    def newest(self) -> int | None:
        """Return the latest date of a document, in microseconds since 1970; None where none has one."""

    def compact(self) -> None:
        """Drop what is left of removed documents, and count word pairs again."""

    def close(self) -> None:
        """Flush, and release everything."""
