"""The texts that are compared at a time: the new ones, and those of the stored documents that they may match."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from dedup.index.features import Prepared, dates
from dedup.index.folder.database import Row
from dedup.index.vocabulary import Unpacked, Vocabulary
from dedup.store.corpus import Corpus
from dedup.text.tokens import Tokens

Numbers = npt.NDArray[np.int64]


class Texts:
    """Stored documents and new texts as one corpus, in the order of their numbers.

    Parameters
    ----------
    new : Prepared
    numbers : int64 array, ascending
        Of the new texts; higher than those of all stored documents.
    fetch : callable
        Returns stored documents by number, those that are gone left out.
    vocabulary : Vocabulary

    Attributes
    ----------
    rows : list of Row
        The stored documents among them.
    numbers : int64 array
        Of all, ascending: the number of each document of the corpus.
    corpus : Corpus
    digests : uint64 array, shape (n, 2)
    published : int64 array, shape (n,)
    """

    def __init__(
        self,
        new: Prepared,
        numbers: Numbers,
        fetch: Callable[[Sequence[int]], dict[int, Row]],
        vocabulary: Vocabulary,
    ) -> None:
        self.new = new
        self._new_numbers = numbers
        self._fetch = fetch
        self._vocabulary = vocabulary
        self._stored: dict[int, tuple[Row, Unpacked]] = {}
        self._lay_out()

    def require(self, numbers: Numbers) -> None:
        """Add stored documents."""
        wanted = np.unique(numbers[numbers < self._new_numbers[0]]).tolist() if len(numbers) else []
        lacking = [number for number in wanted if number not in self._stored]
        rows = self._fetch(lacking) if lacking else {}
        if not rows:
            return
        lengths = np.array([row.length for row in rows.values()], np.int64)
        tokens = self._vocabulary.unpack([row.tokens for row in rows.values()], lengths)
        cuts = np.cumsum(lengths)[:-1]
        parts = map(Unpacked, np.split(tokens.hashes, cuts), np.split(tokens.fingerprints, cuts))
        self._stored.update(zip(rows, zip(rows.values(), parts, strict=True), strict=True))
        self._lay_out()

    def places(self, numbers: Numbers) -> Numbers:
        """Return where in the corpus documents are; -1 for those that are gone."""
        at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return np.where(self.numbers[at] == numbers, at, -1)

    @property
    def first_new(self) -> int:
        """Place of the first new text."""
        return len(self.rows)

    def _lay_out(self) -> None:
        order = sorted(self._stored)
        self.rows = [self._stored[number][0] for number in order]
        self.numbers = np.concatenate([np.array(order, np.int64), self._new_numbers])
        lengths = np.concatenate([np.array([row.length for row in self.rows], np.int64), self.new.lengths])
        ends = np.cumsum(lengths)
        unpacked = [self._stored[number][1] for number in order]
        tokens = np.concatenate([*(some.hashes for some in unpacked), self.new.tokens.hashes])
        fingerprints = np.concatenate([*(some.fingerprints for some in unpacked), self.new.tokens.fingerprints])
        self.corpus = Corpus(tokens, ends - lengths, ends, fingerprints)
        self.published = np.concatenate([dates([row.published for row in self.rows]), self.new.published])
        self.digests = np.concatenate([digests_of(self.rows), self.new.tokens.digests])


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
    found = vocabulary.unpack([row.tokens for row in rows], lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Tokens(found.hashes, offsets, found.fingerprints, digests_of(rows))
