"""Define the stored form of a document, the same for all back ends, and make rows from new texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import UNKNOWN
from dedup.errors import StorageError
from dedup.index.features import Features
from dedup.index.vocabulary import Vocabulary
from dedup.text.tokens import Tokens

DocumentNumbers = npt.NDArray[np.int64]
"""Numbers of documents, in the order in which they were added."""

NUMBER_BITS = 28
"""Bits of a document's number: an index takes 268 million documents in its life."""

MOST_DOCUMENTS = 1 << NUMBER_BITS


class Row(NamedTuple):
    """A stored document.

    Parameters
    ----------
    number : int
        Ascending in the order of adding.
    id : str
    size, length : int
        Bytes of the text in UTF-8; tokens.
    source : str or None
    published : int or None
        Microseconds since 1970 UTC.
    url : str or None
    data : str or None
        JSON.
    credit : str or None
        The agency it credits.
    drawn_on : int
        Whether it draws on the agency in words of its own, as in `dedup.attribution.credits.Credit`.
    copy_of : int or None
        Number of the kept document that it is a copy of.
    counted : int
        Whether its word pairs count: 0 of near duplicates and of documents that are too short.
    story : int or None
        The story that it was added to, which may have merged into an older one since; None if it began its own, which
        has its number.
    added : int
        When its id was added, in microseconds since 1970 UTC.
    digest : bytes
        Digest of its words, under the key of the index: 16 bytes.
    tokens : bytes
        As `dedup.index.vocabulary` packs them.
    """

    number: int
    id: str
    size: int
    length: int
    source: str | None
    published: int | None
    url: str | None
    data: str | None
    credit: str | None
    drawn_on: int
    copy_of: int | None
    counted: int
    story: int | None
    added: int
    digest: bytes
    tokens: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRows:
    """New documents, column by column: what the caller passed, and the decisions.

    Parameters
    ----------
    ids : sequence of str
    sources, urls, data : sequences of str or None
    published : sequence of int or None
        Microseconds since 1970 UTC.
    copy_of : sequence of int or None
        Number of the kept document that each is a copy of.
    counted : sequence of bool
        Whether the word pairs of each count.
    stories : sequence of int or None
        The story of each, None where it begins one.
    added : sequence of int
        When the id of each was added, in microseconds since 1970 UTC.
    """

    ids: Sequence[str]
    sources: Sequence[str | None]
    urls: Sequence[str | None]
    data: Sequence[str | None]
    published: Sequence[int | None]
    copy_of: Sequence[int | None]
    counted: Sequence[bool]
    stories: Sequence[int | None]
    added: Sequence[int]

    def rows(
        self, numbers: DocumentNumbers, features: Features, vocabulary: Vocabulary, agencies: Sequence[str]
    ) -> Iterator[Row]:
        """Yield the documents in their stored form.

        Parameters
        ----------
        numbers : int64 array, shape (n,)
        features : Features
            Of their texts.
        vocabulary : Vocabulary
            Packs their tokens.
        agencies : sequence of str
            Names of agencies by code.
        """
        packed = vocabulary.pack(features.tokens)
        digests = features.tokens.digests.astype(">u8").tobytes()
        for at, number in enumerate(numbers.tolist()):
            code = int(features.credit[at])
            yield Row(
                number=number,
                id=self.ids[at],
                size=int(features.sizes[at]),
                length=int(features.lengths[at]),
                source=self.sources[at],
                published=self.published[at],
                url=self.urls[at],
                data=self.data[at],
                credit=None if code == UNKNOWN else agencies[code],
                drawn_on=int(features.drawn_on[at]),
                copy_of=self.copy_of[at],
                counted=int(self.counted[at]),
                story=self.stories[at],
                added=self.added[at],
                digest=digests[16 * at : 16 * at + 16],
                tokens=packed[at],
            )


def next_numbers(first: int, count: int) -> DocumentNumbers:
    """Return the numbers of new documents, beginning with the next one.

    Raises
    ------
    StorageError
        When no numbers are left.
    """
    if first + count > MOST_DOCUMENTS:
        raise StorageError(
            "no document numbers are left", f"at most {MOST_DOCUMENTS:,} documents", "make another index"
        )
    return np.arange(first, first + count)


def digests_of(rows: Sequence[Row]) -> npt.NDArray[np.uint64]:
    """Return the digests of stored documents, shape (n, 2)."""
    return np.frombuffer(b"".join(row.digest for row in rows), ">u8").astype(np.uint64).reshape(-1, 2)


def tokens_of(rows: Sequence[Row], vocabulary: Vocabulary) -> Tokens:
    """Return the tokens of stored documents.

    Raises
    ------
    ValueError
        When they are damaged.
    """
    lengths = np.array([row.length for row in rows], np.int64)
    unpacked = vocabulary.unpack([row.tokens for row in rows], lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Tokens(unpacked.hashes, offsets, unpacked.fingerprints, digests_of(rows))
