"""Define the protocol of a back end: what an index requires of the folder or server that stores its documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dedup.index.features import Features
from dedup.index.search.query import QueryMatches
from dedup.index.stored import DocumentNumbers, Row
from dedup.index.story_book import StoryMember
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary
from dedup.params import Params
from dedup.store.meter import NO_METER, Meter
from dedup.store.secret import Key


class Backend(Protocol):
    """Documents, their postings and the frequencies of their word pairs, stored in one place.

    All methods but `close` are called within `reading` or `writing`, by one thread at a time; those that change
    documents, within an attempt. Failures of the place itself (the disk, the server) are raised as StorageError.
    """

    @property
    def place(self) -> str:
        """The place, as shown in messages."""

    @property
    def params(self) -> Params:
        """The parameters with which the index was created."""

    @property
    def key(self) -> Key:
        """The key under which words are hashed a second time: `dedup.store.secret`."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary by which tokens are packed."""

    @property
    def next(self) -> int:
        """Number of the next document."""

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""

    @property
    def waited(self) -> float:
        """Seconds for which other writers were waited for."""

    @property
    def tuning(self) -> IndexTuning:
        """The thresholds of its housekeeping."""

    # ---- a call

    def reading(self) -> AbstractContextManager[None]:
        """Enter a call that only reads: it sees the state that was committed when it began."""

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
        """Make all changes survive the end of the process, and visible to others."""

    # ---- asking

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are in the index."""

    def by_id(self, id: str) -> Row | None:
        """Return the document of an id."""

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return documents by id."""

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; removed ones are left out."""

    def after(self, number: int, count: int) -> list[Row]:
        """Return the next documents after a number, at most ``count``, in the order of their numbers."""

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of the one with a number."""

    def members(self, numbers: Sequence[int]) -> list[StoryMember]:
        """Return documents by number as members of their stories; removed ones are left out."""

    def older(self, before: int) -> list[int]:
        """Return the numbers of the documents published before a date, in microseconds since 1970."""

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names that have one: `dedup.index.story_book`."""

    def find(self, new: Features, numbers: DocumentNumbers, add: bool, kin: Sequence[int] = ()) -> QueryMatches:
        """Find and judge the pairs of new texts and stored documents, as `dedup.index.search.query.Finder` does."""

    def facts(self) -> dict[str, str]:
        """Return the facts with which the index was made: `dedup.index.facts`."""

    def commits(self) -> int:
        """Return a number that rises with every commit, of whoever writes."""

    def all_story_values(self) -> Iterator[dict[str, bytes]]:
        """Yield all that is noted of stories, by name, some at a time."""

    def __len__(self) -> int: ...

    def statistics(self) -> dict[str, Any]:
        """Return counts: documents, copies, text_bytes, and the first and the last date."""

    def info(self) -> dict[str, Any]:
        """Return facts about the place, as plain values."""

    def problems(self) -> list[str]:
        """Read everything and return what is damaged, in words."""

    def file_bytes(self) -> int | None:
        """Return the bytes of the index on disk, None if it is not in a folder."""

    # ---- changing; all but `compact` within an attempt

    def post(self, new: Features, numbers: DocumentNumbers, counted: npt.NDArray[np.bool_]) -> None:
        """Add postings of new texts as `find` does, without searching: they have no matches.

        Parameters
        ----------
        new : Features
        numbers : int64 array
            The next ones.
        counted : bool array
            Whether the word pairs of each count.
        """

    def insert(self, rows: Iterable[Row]) -> None:
        """Add the documents of the last `find` or `post`, with the next numbers."""

    def remove(self, row: Row) -> None:
        """Remove a document; its copies become kept documents."""

    def remove_all(self, numbers: Sequence[int]) -> None:
        """Remove documents by number, at most `IndexTuning.block_documents`; their copies become kept documents."""

    def amend(self, row: Row) -> None:
        """Replace the fields of a document; its number, id, date, tokens and original stay."""

    def link(self, rows: Sequence[Row], original: int) -> None:
        """Mark documents as copies of the one with a number."""

    def set_story_values(self, values: Mapping[str, bytes | None]) -> None:
        """Store values by name; None removes one."""

    def newest(self) -> int | None:
        """Return the latest date of any document, in microseconds since 1970; None if none has a date."""

    def compact(self, meter: Meter = NO_METER) -> None:
        """Erase the remains of removed documents, and count word pairs again."""

    def close(self) -> None:
        """Flush, and release everything."""
