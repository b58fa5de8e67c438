"""Count in how many articles of an index each word pair occurs, in a table that grows with the index.

As in a run (`dedup.candidates.word_pairs`), but counted as articles come. Where the table must grow it is laid side by
side with itself: the slot of a pair in the smaller table is the lower bits of its slot in the larger one. Pairs that
shared a slot then still count too high, as they did before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates import background
from dedup.candidates.word_pairs import frequency_bits
from dedup.kernels import word_pair_sketches as kernel
from dedup.store.corpus import Corpus

_NO_LIMIT = 2**62  # of memory


class Frequencies:
    """A table of frequencies, with those of the background added while there are few articles.

    Parameters
    ----------
    counts : uint8 array, a power of two long, or None
        Without the background. Changed in place. None: nothing is counted yet.
    articles, tokens : int
        How many were counted, and their tokens.
    most_bits : int
        Base-2 logarithm of the slots that the table has at most.

    Attributes
    ----------
    table : uint8 array
        For `dedup.candidates.word_pairs`.
    """

    def __init__(
        self, counts: npt.NDArray[np.uint8] | None = None, articles: int = 0, tokens: int = 0, most_bits: int = 30
    ) -> None:
        self.table = np.zeros(1 << table_bits(0, most_bits), np.uint8) if counts is None else counts
        self.articles = articles
        self.tokens = tokens
        self.most_bits = most_bits
        self._added = background.lacking(articles)
        background.add(self.table, self._added)

    def count(self, corpus: Corpus, documents: npt.NDArray[np.int64]) -> None:
        """Count the word pairs of documents of a corpus."""
        if len(documents) == 0:
            return
        texts = corpus.tokens, corpus.starts, corpus.ends
        kernel.count_pairs(*texts, documents, corpus.longest, 0, len(self.table), self.table)
        self.articles += len(documents)
        self.tokens += int(corpus.lengths[documents].sum())
        bits = table_bits(self.tokens, self.most_bits)
        lacking = background.lacking(self.articles)
        if 1 << bits > len(self.table):
            background.add(self.table, -self._added)
            self.table = np.tile(self.table, (1 << bits) // len(self.table))
            background.add(self.table, lacking)
        elif lacking != self._added:
            background.add(self.table, lacking - self._added)
        self._added = lacking

    def uncount(self, corpus: Corpus, documents: npt.NDArray[np.int64]) -> None:
        """Subtract the word pairs of documents of a corpus, immediately after they were counted."""
        texts = corpus.tokens, corpus.starts, corpus.ends
        kernel.uncount_pairs(*texts, documents, corpus.longest, self.table)
        self.articles -= len(documents)
        self.tokens -= int(corpus.lengths[documents].sum())

    def counts(self) -> npt.NDArray[np.uint8]:
        """Return a copy of the table without the background."""
        counts = self.table.copy()
        background.add(counts, -self._added)
        return counts


def table_bits(tokens: int, most_bits: int) -> int:
    """Return the base-2 logarithm of the slots of a table for articles of this many tokens."""
    return min(most_bits, frequency_bits(max(1, tokens), _NO_LIMIT))
