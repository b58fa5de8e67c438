"""Give a run access to an index in bulk: arrays in, arrays out, for texts that are tokenised already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.attribution.agencies import Agencies
from dedup.errors import StorageError
from dedup.index.editing import moment
from dedup.index.features import Features, NearKeys
from dedup.index.index import LOG, Index
from dedup.index.stored import MOST_DOCUMENTS, DocumentNumbers, NewRows, Row, next_numbers
from dedup.index.story_book import StoryBook
from dedup.index.story_links import member_of, story_after_update
from dedup.judge.match_table import Matches
from dedup.params import Level, Params
from dedup.schema import NO_DATE
from dedup.store.meter import Meter
from dedup.store.secret import Key
from dedup.text.tokens import Tokens

ROWS_AT_A_TIME = 10_000


class StoredColumns(NamedTuple):
    """Stored documents, column by column.

    Parameters
    ----------
    numbers : int64 array, ascending
    ids, sources, credits : pyarrow.LargeStringArray
    published : int64 array
        Microseconds since 1970 UTC or NO_DATE.
    drawn_on : bool array
        As in `dedup.attribution.direction.Sides`.
    original : bool array
        Whether each is no copy of another document.
    """

    numbers: DocumentNumbers
    ids: pa.LargeStringArray
    sources: pa.LargeStringArray
    credits: pa.LargeStringArray
    published: npt.NDArray[np.int64]
    drawn_on: npt.NDArray[np.bool_]
    original: npt.NDArray[np.bool_]


class NewDocuments(NamedTuple):
    """Documents to be added: the features and credits of their texts, and the columns that describe them.

    Parameters
    ----------
    features : Features
    ids : list of str
    sources, urls : list of str or None
    published : list of int
        Microseconds since 1970 UTC or NO_DATE.
    links : list of list of str
        Ids of documents to whose stories each belongs; those that are added may be among them.
    """

    features: Features
    ids: list[str]
    sources: list[str | None]
    urls: list[str | None]
    published: list[int]
    links: list[list[str]]


class BulkIndex:
    """The interface of an index for a run.

    Parameters
    ----------
    index : Index
        Open for writing.

    Raises
    ------
    StorageError
        When it is closed, or open for reading only.
    """

    def __init__(self, index: Index) -> None:
        with index.reading():
            if not index.backend.writable:
                raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
        self._index = index
        self._backend = index.backend
        self._near_keys = NearKeys(index.params)

    @property
    def params(self) -> Params:
        """The parameters with which the index was created."""
        return self._index.params

    @property
    def key(self) -> Key:
        """The key of its fingerprints and digests."""
        return self._backend.key

    def __len__(self) -> int:
        return len(self._index)

    def identity(self) -> dict[str, str | int]:
        """Return facts that distinguish the present state of the index from every other, of this or another index."""
        with self._index.reading():
            # A document that is added takes a new number; one that is removed lessens the count.
            return {"place": self._backend.place, "next": self._backend.next, "documents": len(self._backend)}

    def held(self) -> AbstractContextManager[None]:
        """Make other threads wait for the length of the block."""
        return self._index.held()

    def compact(self, meter: Meter) -> None:
        """Compact the index, as `Index.compact` does."""
        with self._index.writing():
            self._backend.compact(meter)
        LOG.info("%s: compacted", self._backend.place)

    def close(self) -> None:
        """Flush and close the index."""
        self._index.close()

    def file_bytes(self) -> int | None:
        """Return the bytes of the index on disk, open or closed; None if it is not in a folder."""
        return self._backend.file_bytes()

    # ---- asking

    def features(self, tokens: Tokens, sizes: npt.NDArray[np.int64], published: npt.NDArray[np.int64]) -> Features:
        """Return the features of texts that are tokenised already, without credits.

        Parameters
        ----------
        tokens : Tokens
            Under the key of the index.
        sizes, published : int64 array, shape (n,)
            Bytes of each text; microseconds since 1970 UTC or NO_DATE.
        """
        return Features.of_tokens(tokens, sizes, published, self._near_keys)

    def matches(self, texts: Features) -> Matches:
        """Return the matches of texts among stored documents: ``left`` is a number, ``right`` the place of a text."""
        with self._index.reading():
            numbers = MOST_DOCUMENTS + np.arange(len(texts.lengths))  # higher than all there are
            found = self._backend.find(texts, numbers, add=False)
            left, right = found.texts.numbers[found.matches.left], found.matches.right - found.texts.first_new
            return replace(found.matches, left=left, right=right)

    def columns(self, numbers: DocumentNumbers) -> StoredColumns:
        """Return stored documents by number; removed ones are left out."""
        parts: list[StoredColumns] = []
        with self._index.reading():
            for first in range(0, max(1, len(numbers)), ROWS_AT_A_TIME):
                wanted = numbers[first : first + ROWS_AT_A_TIME].tolist()
                rows = self._backend.fetch(wanted)
                parts.append(_columns([rows[number] for number in wanted if number in rows]))
        return StoredColumns(
            np.concatenate([part.numbers for part in parts]),
            pa.concat_arrays([part.ids for part in parts]),
            pa.concat_arrays([part.sources for part in parts]),
            pa.concat_arrays([part.credits for part in parts]),
            np.concatenate([part.published for part in parts]),
            np.concatenate([part.drawn_on for part in parts]),
            np.concatenate([part.original for part in parts]),
        )

    def holds(self, id: str, digest: npt.NDArray[np.uint64]) -> bool:
        """Return whether the index has a document of this id whose text has this digest."""
        with self._index.reading():
            row = self._backend.by_id(id)
            return row is not None and row.digest == digest.astype(">u8").tobytes()

    def count_known(self, ids: Iterable[list[str]]) -> int:
        """Return how many of the ids are in the index; ids come in blocks."""
        with self._index.reading():
            return sum(len(self._backend.known_ids(block)) for block in ids)

    # ---- adding

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Flush what the block adds in `attempts`: all of it is stored, or after an error none.

        Raises
        ------
        StorageError
            Also if everything is committed but its postings could not be written; `holds` shows which is the case.
        """
        with self._index.writing():
            yield
            self._backend.flush()

    def attempts(self) -> Iterator[AbstractContextManager[None]]:
        """Yield transactions, as `dedup.index.protocol.Backend.attempts` does."""
        return self._backend.attempts()

    def add(self, new: NewDocuments, agencies: Agencies) -> None:
        """Add documents that match neither stored documents nor each other, within an attempt.

        Where an id is taken they replace the document that has it.
        """
        replaced: dict[str, Row] = {}
        for id in self._backend.known_ids(new.ids):
            old = self._backend.by_id(id)
            if old is not None:
                self._backend.remove(old)
                replaced[id] = old
        numbers = next_numbers(self._backend.next, len(new.ids))
        is_counted = self.params.level < Level.near or new.features.lengths >= self.params.min_tokens
        counted = np.broadcast_to(is_counted, len(numbers))
        self._backend.post(new.features, numbers, counted)
        none = [None] * len(numbers)
        now = moment()
        rows = NewRows(
            ids=new.ids,
            sources=new.sources,
            urls=new.urls,
            data=none,
            published=[None if date == NO_DATE else date for date in new.published],
            copy_of=none,
            counted=counted.tolist(),
            stories=none,
            added=[replaced[id].added if id in replaced else now for id in new.ids],
        )
        made = [*rows.rows(numbers, new.features, self._backend.vocabulary, agencies.names)]
        self._backend.insert(self._in_stories(made, replaced, new.links, now))

    def _in_stories(
        self, rows: list[Row], replaced: dict[str, Row], links: Sequence[Sequence[str]], now: int
    ) -> list[Row]:
        """Return new documents in the stories of those that they are linked to, or that they replace."""
        book = StoryBook(self._backend, now)
        stored = self._backend.by_ids(sorted({id for ids in links for id in ids}))
        members = {id: member_of(row) for id, row in stored.items()}
        book.load(member.story for member in members.values())
        placed = []
        for row, ids in zip(rows, links, strict=True):
            linked = [members[id] for id in ids if id in members]
            story = row.number
            if row.id in replaced:
                story = story_after_update(self._backend, book, member_of(replaced[row.id]), row, linked, False)
            elif linked:
                story = book.join(linked, row.id)
            placed.append(row._replace(story=None if story == row.number else story))
            members[row.id] = member_of(placed[-1])
        book.save()
        return placed


def _columns(rows: list[Row]) -> StoredColumns:
    return StoredColumns(
        np.array([row.number for row in rows], np.int64),
        pa.array([row.id for row in rows], pa.large_string()),
        pa.array([row.source for row in rows], pa.large_string()),
        pa.array([row.credit for row in rows], pa.large_string()),
        np.array([NO_DATE if row.published is None else row.published for row in rows], np.int64),
        np.array([bool(row.drawn_on) for row in rows], bool),
        np.array([row.copy_of is None for row in rows], bool),
    )
