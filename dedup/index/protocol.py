"""What an index needs of the place where it keeps its documents: a folder, or a server that several share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from dedup.index.features import Prepared
from dedup.index.folder.database import Row
from dedup.index.search.query import Found
from dedup.index.search.working_set import Numbers
from dedup.index.vocabulary import Vocabulary
from dedup.params import Params
from dedup.store.secret import Key

Result = TypeVar("Result")


class Backend(Protocol):
    """Documents, their postings and the frequencies of their word pairs, kept somewhere.

    All methods but `close` are called within `reading` or `writing`, by one thread at a time. Errors of the place
    itself (the disk, the server) come as StorageError.
    """

    @property
    def place(self) -> str:
        """Where it is, as told to people."""

    @property
    def params(self) -> Params:
        """What it was made with."""

    @property
    def key(self) -> Key:
        """Under which words are hashed a second time: `dedup.store.secret`."""

    @property
    def vocabulary(self) -> Vocabulary:
        """By which tokens are packed now."""

    @property
    def next(self) -> int:
        """Number of the next document."""

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""

    # ---- one call of a caller

    def reading(self) -> AbstractContextManager[None]:
        """Enter a call that only reads: it sees what was committed when it began."""

    def writing(self) -> AbstractContextManager[None]:
        """Enter a call that changes something.

        Raises
        ------
        StorageError
            When opened for reading.
        """

    def turn(self, work: Callable[[], Result]) -> Result:
        """Do some work while nobody else writes; what it changes is committed as a whole, or not at all.

        Within `writing`. The work may be done again if others came between, so it must do nothing but ask and change
        this backend.
        """

    def flush(self) -> None:
        """Make all that was changed outlive the process, and visible to others."""

    # ---- asking

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids there are."""

    def by_id(self, id: str) -> Row | None:
        """Return the document of that id."""

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; those that are gone are left out."""

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of one."""

    def find(self, new: Prepared, numbers: Numbers, add: bool, kin: Sequence[int] = ()) -> Found:
        """Find and judge the pairs of new texts and stored ones, as `dedup.index.search.query.Finder` does."""

    def __len__(self) -> int: ...

    def statistics(self) -> dict[str, Any]:
        """Return counts: documents, copies, text_bytes, and the first and the last date."""

    def info(self) -> dict[str, Any]:
        """Return what else there is to tell, as plain values."""

    def problems(self) -> list[str]:
        """Read everything; return what is wrong."""

    # ---- changing; `post`, `insert`, `remove`, `amend` and `follow` within a turn

    def post(self, new: Prepared, numbers: Numbers, counted: npt.NDArray[np.bool_]) -> None:
        """Take texts as `find` does that are to be added, where they are known to match nothing.

        Parameters
        ----------
        new : Prepared
        numbers : int64 array
            The next ones.
        counted : bool array
            Whether the word pairs of each count.
        """

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents, those that `find` was asked about last, or `post` took; they have the next numbers."""

    def remove(self, row: Row) -> None:
        """Remove a document; its copies stand for themselves from then on."""

    def amend(self, row: Row) -> None:
        """Put what belongs to a document in the place of what did; its number, id, date, tokens and original stay."""

    def follow(self, rows: Sequence[Row], number: int) -> None:
        """Have documents be copies of the one of that number."""

    def expire(self, before: int) -> int:
        """Remove the documents published before a date, in microseconds since 1970; return how many."""

    def newest(self) -> int | None:
        """Return the latest date of a document, in microseconds since 1970; None where none has one."""

    def compact(self) -> None:
        """Drop what is left of removed documents, and count word pairs anew."""

    def close(self) -> None:
        """Flush, and let go of everything."""
