"""Many documents at a time for an index: those of a run, whose tokens are there already. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.agencies import UNKNOWN, Agencies
from dedup.errors import StorageError
from dedup.index.documents import Row
from dedup.index.given import ID_BYTES
from dedup.index.index import Index
from dedup.index.postings import MOST_DOCUMENTS
from dedup.index.prepared import Prepared
from dedup.matches import Matches
from dedup.params import Level, Params
from dedup.schema import NO_DATE

LONGEST_ID = ID_BYTES
NAMES_AT_A_TIME = 10_000

Numbers = npt.NDArray[np.int64]


class Named(NamedTuple):
    """What an index holds of some documents, column by column.

    Parameters
    ----------
    ids, sources, credits : pyarrow.LargeStringArray
    published : int64 array
        Microseconds since 1970 UTC or NO_DATE.
    drawn_on, original : bool array
        As in `dedup.derivation.Sides`; whether it is no copy of another document.
    """

    ids: pa.LargeStringArray
    sources: pa.LargeStringArray
    credits: pa.LargeStringArray
    published: npt.NDArray[np.int64]
    drawn_on: npt.NDArray[np.bool_]
    original: npt.NDArray[np.bool_]


class Added(NamedTuple):
    """Documents to be added: their texts as the index looks at them, and who they are, column by column."""

    texts: Prepared
    ids: list[str]
    sources: list[str | None]
    published: list[int]


def state(index: Index) -> tuple[Path, Params, int]:
    """Return where an index lies, its parameters, and a number that changes when it does.

    Raises
    ------
    StorageError
        When it is not open for writing.
    """
    with index._mutex:
        if index._writer is None or index._unflushed:
            index.flush()  # the number counts what is committed; an index open for reading is refused
        index._assert_open()
        return index._storage.folder, index._storage.params, index._storage.documents.change()


@contextmanager
def held(index: Index) -> Iterator[None]:
    """Have other threads wait."""
    with index._mutex:
        yield


def file_bytes(index: Index) -> int:
    """Return the bytes that an index takes on disk, be it open or closed."""
    return index._storage.file_bytes()


def compared(index: Index, texts: Prepared) -> Matches:
    """Return the matches of texts among the documents of an index: ``left`` is a number, ``right`` a place."""
    with index._reading():
        storage = index._storage
        numbers = MOST_DOCUMENTS + np.arange(len(texts.lengths))  # higher than all there are
        found = storage.finder.find(texts, numbers, storage.documents.fetch, storage.vocabulary, add=False)
        left, right = found.texts.numbers[found.matches.left], found.matches.right - found.texts.first_new
        return replace(found.matches, left=left, right=right)


def named(index: Index, numbers: Numbers) -> Named:
    """Return what an index holds of documents, which must be there."""
    parts: list[Named] = []
    with index._reading():
        for first in range(0, max(1, len(numbers)), NAMES_AT_A_TIME):
            some = numbers[first : first + NAMES_AT_A_TIME].tolist()
            rows = index._storage.documents.fetch(some)
            parts.append(_columns([rows[number] for number in some]))
    return Named(
        pa.concat_arrays([part.ids for part in parts]),
        pa.concat_arrays([part.sources for part in parts]),
        pa.concat_arrays([part.credits for part in parts]),
        np.concatenate([part.published for part in parts]),
        np.concatenate([part.drawn_on for part in parts]),
        np.concatenate([part.original for part in parts]),
    )


def _columns(rows: list[Row]) -> Named:
    return Named(
        pa.array([row.id for row in rows], pa.large_string()),
        pa.array([row.source for row in rows], pa.large_string()),
        pa.array([row.credit for row in rows], pa.large_string()),
        np.array([NO_DATE if row.published is None else row.published for row in rows], np.int64),
        np.array([bool(row.drawn_on) for row in rows], bool),
        np.array([row.copy_of is None for row in rows], bool),
    )


def count_known(index: Index, ids: Iterable[list[str]]) -> int:
    """Return how many of the ids an index has."""
    with index._reading():
        return sum(len(index._storage.documents.known(some)) for some in ids)


def add(index: Index, parts: Iterable[Added], agencies: Agencies, committed: Callable[[], None]) -> None:
    """Add documents that match none of those that are there and none of each other: all, or after an error none.

    Where an id is taken they come in the place of the document that has it. ``committed`` is called when they are there
    to stay; run files are written after that, by ``flush`` or ``close``.

    Raises
    ------
    StorageError
    """
    with index._writing():
        storage = index._storage
        for part in parts:
            tokens = part.texts.tokens
            for id in storage.documents.known(part.ids):
                index._remove(id)
            first = storage.next
            if first + len(part.ids) > MOST_DOCUMENTS:
                raise StorageError("no numbers are left", f"at most {MOST_DOCUMENTS:,} documents", "make another index")
            numbers = np.arange(first, first + len(part.ids))
            is_compared = storage.params.level < Level.near or part.texts.lengths >= storage.params.min_tokens
            counted = np.broadcast_to(is_compared, len(numbers))
            storage.finder.count_again(tokens, counted)
            storage.finder.post_again(tokens, numbers)
            storage.documents.insert(_rows(index, part, numbers, counted, agencies))
            storage.next += len(numbers)
            storage.learn_words()
        storage.commit()
        index._unflushed = 0
        committed()


def _rows(
    index: Index, part: Added, numbers: Numbers, counted: npt.NDArray[np.bool_], agencies: Agencies
) -> Iterator[Row]:
    texts = part.texts
    offsets = texts.tokens.offsets
    packed = index._storage.vocabulary.pack(texts.tokens.hashes, offsets[:-1], offsets[1:])
    digests = texts.tokens.digests.astype(">u8").tobytes()
    for at, number in enumerate(numbers.tolist()):
        code, date = int(texts.credit[at]), part.published[at]
        yield Row(
            number=number,
            id=part.ids[at],
            size=int(texts.sizes[at]),
            length=int(texts.lengths[at]),
            source=part.sources[at],
            published=None if date == NO_DATE else date,
            url=None,
            data=None,
            credit=None if code == UNKNOWN else agencies.names[code],
            drawn_on=int(texts.drawn_on[at]),
            copy_of=None,
            counted=int(counted[at]),
            digest=digests[16 * at : 16 * at + 16],
            tokens=packed[at],
        )
