"""The texts that are compared at a time: the new ones, and those of the stored documents that they may match."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from dedup.index.documents import Row
from dedup.index.packing import Vocabulary
from dedup.index.prepared import Prepared, dates
from dedup.store import Corpus

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
        self._stored: dict[int, tuple[Row, npt.NDArray[np.uint32]]] = {}
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
        parts = np.split(tokens, np.cumsum(lengths)[:-1])
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
        tokens = np.concatenate([*(self._stored[number][1] for number in order), self.new.tokens.hashes])
        self.corpus = Corpus(tokens, ends - lengths, ends)
        self.published = np.concatenate([dates([row.published for row in self.rows]), self.new.published])
        stored = np.frombuffer(b"".join(row.digest for row in self.rows), ">u8").astype(np.uint64).reshape(-1, 2)
        self.digests = np.concatenate([stored, self.new.tokens.digests])
