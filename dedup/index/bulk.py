"""Many documents at a time for an index: those of a run, whose tokens are there already. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.errors import StorageError
from dedup.index.features import Prepared
from dedup.index.folder.backend import Embedded
from dedup.index.folder.database import Row
from dedup.index.index import Index
from dedup.index.search.postings import MOST_DOCUMENTS
from dedup.judge.match_table import Matches
from dedup.params import Level, Params
from dedup.schema import NO_DATE
from dedup.store.secret import Key
from dedup.text.tokens import Tokens

NAMES_AT_A_TIME = 10_000

Numbers = npt.NDArray[np.int64]


class Named(NamedTuple):
    """What an index holds of some documents, column by column.

    Parameters
    ----------
    numbers : int64 array, ascending
    ids, sources, credits : pyarrow.LargeStringArray
    published : int64 array
        Microseconds since 1970 UTC or NO_DATE.
    drawn_on, original : bool array
        As in `dedup.attribution.direction.Sides`; whether it is no copy of another document.
    """

    numbers: Numbers
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


def state(index: Index) -> dict[str, str | int]:
    """Return what tells an index, as it is now, from any other state that it was or will be in."""
    with index._reading():
        # A document that is added takes a new number; one that is removed lessens the count.
        return {"place": index._storage.place, "next": index._storage.next, "documents": len(index._storage)}


def params_of(index: Index) -> Params:
    """Return the parameters of an index that is open for writing.

    Raises
    ------
    StorageError
        When it is not.
    """
    with index._reading():
        if not index._storage.writable:
            raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
        return index._storage.params


def key_of(index: Index) -> Key:
    """Return the key of the fingerprints and digests of an index."""
    return index._storage.key


@contextmanager
def held(index: Index) -> Iterator[None]:
    """Have other threads wait."""
    with index._mutex:
        yield


def file_bytes(index: Index) -> int | None:
    """Return the bytes that an index takes on disk, be it open or closed; None where it is in no folder."""
    return index._storage.file_bytes() if isinstance(index._storage, Embedded) else None


def prepared(index: Index, tokens: Tokens, sizes: Numbers, published: Numbers) -> Prepared:
    """Return texts of these tokens, bytes and dates, as an index looks at them, but for the credits."""
    none = np.full(len(tokens), UNKNOWN), np.zeros(len(tokens), bool)
    return Prepared(tokens, np.diff(tokens.offsets), sizes, *none, published, *index._near_keys(tokens))


def compared(index: Index, texts: Prepared) -> Matches:
    """Return the matches of texts among the documents of an index: ``left`` is a number, ``right`` a place."""
    with index._reading():
        numbers = MOST_DOCUMENTS + np.arange(len(texts.lengths))  # higher than all there are
        found = index._storage.find(texts, numbers, add=False)
        left, right = found.texts.numbers[found.matches.left], found.matches.right - found.texts.first_new
        return replace(found.matches, left=left, right=right)


def named(index: Index, numbers: Numbers) -> Named:
    """Return what an index holds of documents; those that are gone are left out."""
    parts: list[Named] = []
    with index._reading():
        for first in range(0, max(1, len(numbers)), NAMES_AT_A_TIME):
            some = numbers[first : first + NAMES_AT_A_TIME].tolist()
            rows = index._storage.fetch(some)
            parts.append(_columns([rows[number] for number in some if number in rows]))
    return Named(
        np.concatenate([part.numbers for part in parts]),
        pa.concat_arrays([part.ids for part in parts]),
        pa.concat_arrays([part.sources for part in parts]),
        pa.concat_arrays([part.credits for part in parts]),
        np.concatenate([part.published for part in parts]),
        np.concatenate([part.drawn_on for part in parts]),
        np.concatenate([part.original for part in parts]),
    )


def _columns(rows: list[Row]) -> Named:
    return Named(
        np.array([row.number for row in rows], np.int64),
        pa.array([row.id for row in rows], pa.large_string()),
        pa.array([row.source for row in rows], pa.large_string()),
        pa.array([row.credit for row in rows], pa.large_string()),
        np.array([NO_DATE if row.published is None else row.published for row in rows], np.int64),
        np.array([bool(row.drawn_on) for row in rows], bool),
        np.array([row.copy_of is None for row in rows], bool),
    )


def holds(index: Index, id: str, digest: npt.NDArray[np.uint64]) -> bool:
    """Return whether an index has a document of this id with the text of this digest."""
    with index._reading():
        row = index._storage.by_id(id)
        return row is not None and row.digest == digest.astype(">u8").tobytes()


def count_known(index: Index, ids: Iterable[list[str]]) -> int:
    """Return how many of the ids an index has."""
    with index._reading():
        return sum(len(index._storage.known(some)) for some in ids)


def add(index: Index, parts: Callable[[], Iterable[Added]], agencies: Agencies) -> None:
    """Add documents that match none of those that are there and none of each other: all, or after an error none.

    Where an id is taken they come in the place of the document that has it.

    Parameters
    ----------
    index : Index
    parts : callable
        Returns the documents, some at a time; may be called again.
    agencies : Agencies

    Raises
    ------
    StorageError
        Also when all are committed, but what they are found by could not be written: `holds` tells.
    """
    with index._writing():
        index._storage.turn(partial(_add, index, parts, agencies))
        index._storage.flush()


def _add(index: Index, parts: Callable[[], Iterable[Added]], agencies: Agencies) -> None:
    storage = index._storage
    for part in parts():
        for id in storage.known(part.ids):
            index._remove(id)
        numbers = storage.next + np.arange(len(part.ids))
        if numbers[-1] >= MOST_DOCUMENTS:
            raise StorageError("no numbers are left", f"at most {MOST_DOCUMENTS:,} documents", "make another index")
        is_counted = storage.params.level < Level.near or part.texts.lengths >= storage.params.min_tokens
        counted = np.broadcast_to(is_counted, len(numbers))
        storage.post(part.texts, numbers, counted)
        storage.insert(_rows(index, part, numbers, counted, agencies))


def _rows(
    index: Index, part: Added, numbers: Numbers, counted: npt.NDArray[np.bool_], agencies: Agencies
) -> Iterator[Row]:
    texts = part.texts
    packed = index._storage.vocabulary.pack(texts.tokens)
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
