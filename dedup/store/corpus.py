"""Store the token hashes and sentences of all documents, from which all later stages work."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dedup.store.scratch import read_only


@dataclass(frozen=True, slots=True)
class Segments:
    """The sentences and lines of documents.

    Parameters
    ----------
    stops : uint32 array
        How many tokens of its document stand before the end of each; the last one is the document's length.
    firsts, lasts : int64 array, shape (n_documents,)
        Document ``i`` has ``stops[firsts[i]:lasts[i]]``; none where it has no tokens.
    """

    stops: npt.NDArray[np.uint32]
    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]

    def take(self, documents: npt.NDArray[np.int64]) -> Segments:
        """Return the segments of some documents."""
        return Segments(self.stops, self.firsts[documents], self.lasts[documents])


@dataclass(frozen=True, slots=True)
class Corpus:
    """The distinct texts of a run, in the order in which they are preferred as the one to keep.

    All stages after reading number documents by their place here: an earlier one wins over a later one, and nothing can
    depend on the order of the input.

    Parameters
    ----------
    tokens : uint32 array
        The token store.
    starts, ends : int64 array, shape (n_documents,)
        Document ``i`` has ``tokens[starts[i]:ends[i]]``.
    fingerprints : uint16 array
        Of the tokens, as in `dedup.text.tokens.Tokens`; where there are none words of one token hash are the same.

    Attributes
    ----------
    lengths : int64 array, shape (n_documents,)
        Tokens of each document.
    """

    tokens: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    fingerprints: npt.NDArray[np.uint16] = field(default_factory=lambda: np.empty(0, np.uint16))
    lengths: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", read_only(self.tokens))
        marks = self.fingerprints if len(self.fingerprints) else np.zeros(len(self.tokens), np.uint16)
        object.__setattr__(self, "fingerprints", read_only(marks))
        object.__setattr__(self, "lengths", self.ends - self.starts)

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, documents: npt.NDArray[np.int64]) -> Corpus:
        """Return a corpus of some documents in this order, with their tokens copied."""
        ends = np.cumsum(self.lengths[documents])
        bounds = list(zip(self.starts[documents].tolist(), self.ends[documents].tolist(), strict=True))
        texts = [self.tokens[start:end] for start, end in bounds]
        marks = [self.fingerprints[start:end] for start, end in bounds]
        fingerprints = np.concatenate([self.fingerprints[:0], *marks])
        return Corpus(np.concatenate([self.tokens[:0], *texts]), ends - self.lengths[documents], ends, fingerprints)

    @property
    def longest(self) -> int:
        """Number of tokens of the longest document, at least 1."""
        return int(self.lengths.max(initial=1))
