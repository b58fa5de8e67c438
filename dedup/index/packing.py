"""The tokens of a document in few bytes: a vocabulary of the index's own first documents, and codes into it.

Token hashes look random to a compressor (zlib halves them, at 50 microseconds a document). With the most frequent words
of the first documents numbered, half the tokens take one byte and nearly all others two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dedup.kernels import packing as kernel
from dedup.text import Tokens, digests

RAW, CODED = b"\0", b"\1"
"""First byte of what is stored."""


class Vocabulary:
    """The words that have a code; without any, tokens are stored as they are.

    Parameters
    ----------
    words : uint32 array
        Token hashes, the most frequent first.
    """

    def __init__(self, words: npt.NDArray[np.uint32]) -> None:
        self.words = words
        self._slots = np.full(1 << max(4, (4 * len(words)).bit_length()), -1, np.int32)
        kernel.fill(words, self._slots)

    @staticmethod
    def of(tokens: npt.NDArray[np.uint32]) -> Vocabulary:
        """Return the vocabulary of some documents."""
        words, counts = np.unique(tokens, return_counts=True)
        return Vocabulary(words[np.lexsort((words, -counts))][: kernel.CODES])

    def __len__(self) -> int:
        return len(self.words)

    def pack(
        self, tokens: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> list[bytes]:
        """Return what is stored of each document."""
        if len(self.words) == 0:
            return [RAW + tokens[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]
        out = np.empty(kernel.MOST_BYTES * int((ends - starts).sum()), np.uint8)
        bounds = np.empty(len(starts), np.int64)
        kernel.pack(tokens, starts, ends, self.words, self._slots, out, bounds)
        stored = []
        begin = 0
        for start, end, stop in zip(starts.tolist(), ends.tolist(), bounds.tolist(), strict=True):
            is_shorter = stop - begin < 4 * (end - start)  # not in a language that the first documents had not
            stored.append(CODED + out[begin:stop].tobytes() if is_shorter else RAW + tokens[start:end].tobytes())
            begin = stop
        return stored

    def tokens(self, stored: Sequence[bytes], lengths: Sequence[int]) -> Tokens:
        """Return the tokens of documents with their digests; as `unpack`."""
        counts = np.array(lengths, np.int64)
        hashes = self.unpack(stored, counts)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return Tokens(hashes, offsets, digests(hashes, offsets))

    def unpack(self, stored: Sequence[bytes], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
        """Return the tokens of documents, one after the other.

        Parameters
        ----------
        stored : sequence of bytes
        lengths : int64 array
            Tokens of each.

        Raises
        ------
        ValueError
            When what is stored is damaged.
        """
        sizes = np.array([len(data) for data in stored], np.int64)
        if ((lengths < 0) | (lengths > sizes)).any():  # before so much room is asked for: a token takes a byte at least
            raise ValueError("damaged tokens")
        tokens = np.empty(int(lengths.sum()), np.uint32)
        at = 0
        for data, length in zip(stored, lengths.tolist(), strict=True):
            if data[:1] == CODED:
                packed = np.frombuffer(data, np.uint8)
                end = kernel.unpack(packed, 1, len(packed), self.words, tokens[: at + length], at)
                if end != at + length:
                    raise ValueError("damaged tokens")
            elif data[:1] == RAW and len(data) == 1 + 4 * length:
                tokens[at : at + length] = np.frombuffer(data, np.uint32, offset=1)
            else:
                raise ValueError("damaged tokens")
            at += length
        return tokens
