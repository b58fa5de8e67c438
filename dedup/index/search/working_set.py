"""Hold the working set of a query: new texts, and the stored documents that they may match, as one corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dedup.index.features import Features, dates
from dedup.index.stored import DocumentNumbers, Row, digests_of
from dedup.index.vocabulary import Unpacked, Vocabulary
from dedup.store.corpus import Corpus

Fetch = Callable[[Sequence[int]], dict[int, Row]]
"""Returns stored documents by number; those that are gone are left out."""


class WorkingSet:
    """New texts and stored documents as one corpus, in the order of their numbers; documents are fetched as needed.

    Parameters
    ----------
    new : Features
    numbers : int64 array, ascending
        Of the new texts; higher than those of all stored documents.
    fetch : Fetch
    vocabulary : Vocabulary

    Attributes
    ----------
    rows : list of Row
        The stored documents, in the order of their numbers.
    numbers : int64 array
        The number of each document of the corpus, ascending.
    corpus : Corpus
    digests : uint64 array, shape (n, 2)
    published : int64 array, shape (n,)
    """

    def __init__(
        self,
        new: Features,
        numbers: DocumentNumbers,
        fetch: Fetch,
        vocabulary: Vocabulary,
    ) -> None:
        self.new = new
        self._new_numbers = numbers
        self._fetch = fetch
        self._vocabulary = vocabulary
        self._stored: dict[int, tuple[Row, Unpacked]] = {}
        self._lay_out()

    def require(self, numbers: DocumentNumbers) -> None:
        """Fetch stored documents, unless they have been fetched already."""
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

    def places(self, numbers: DocumentNumbers) -> DocumentNumbers:
        """Return the places of documents in the corpus, -1 for removed ones."""
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
        tokens = np.concatenate([*(part.hashes for part in unpacked), self.new.tokens.hashes])
        fingerprints = np.concatenate([*(part.fingerprints for part in unpacked), self.new.tokens.fingerprints])
        self.corpus = Corpus(tokens, ends - lengths, ends, fingerprints)
        self.published = np.concatenate([dates([row.published for row in self.rows]), self.new.published])
        self.digests = np.concatenate([digests_of(self.rows), self.new.tokens.digests])
