"""Pack the tokens of documents into few bytes, as codes in a vocabulary of the index's first documents.

Token hashes look random to a compressor (zlib halves them, at 50 microseconds a document). With the most frequent words
of the first documents numbered, half the tokens take one byte and nearly all others two, fingerprints included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.kernels import packed_tokens as kernel
from dedup.store.secret import table_multiplier
from dedup.text.tokens import Tokens

RAW, CODED = b"\0", b"\1"
"""First byte of what is stored."""

RAW_BYTES = 6
"""Of a token that is stored as it is: all hashes first, then all fingerprints."""


class Unpacked(NamedTuple):
    """The tokens of some documents, one after the other.

    Parameters
    ----------
    hashes : uint32 array
    fingerprints : uint16 array
    """

    hashes: npt.NDArray[np.uint32]
    fingerprints: npt.NDArray[np.uint16]


class Vocabulary:
    """The words that have a code; if there are none, tokens are stored as they are.

    Parameters
    ----------
    words : uint64 array
        Token hashes, and in the lowest sixteen bits fingerprints; the most frequent first.
    """

    def __init__(self, words: npt.NDArray[np.uint64]) -> None:
        self.words = words
        self._slots = np.full(1 << max(4, (4 * len(words)).bit_length()), -1, np.int32)
        kernel.fill(words, table_multiplier(), self._slots)

    @staticmethod
    def of(tokens: Tokens) -> Vocabulary:
        """Return the vocabulary of these documents."""
        all_words = tokens.hashes.astype(np.uint64) << np.uint64(kernel.FINGERPRINT_BITS) | tokens.fingerprints
        words, counts = np.unique(all_words, return_counts=True)
        return Vocabulary(words[np.lexsort((words, -counts))][: kernel.CODES])

    @staticmethod
    def stored(data: bytes) -> Vocabulary:
        """Return the vocabulary from its stored form."""
        return Vocabulary(np.frombuffer(data, "<u8").astype(np.uint64))

    def __bytes__(self) -> bytes:
        return self.words.astype("<u8").tobytes()

    def __len__(self) -> int:
        return len(self.words)

    def pack(self, tokens: Tokens) -> list[bytes]:
        """Return the stored form of the tokens of each document."""
        starts, ends = tokens.offsets[:-1], tokens.offsets[1:]
        if len(self.words) == 0:
            return [_raw(tokens, start, end) for start, end in zip(starts, ends, strict=True)]
        out = np.empty(kernel.MOST_BYTES * int((ends - starts).sum()), np.uint8)
        bounds = np.empty(len(starts), np.int64)
        texts = tokens.hashes, tokens.fingerprints, starts, ends
        kernel.pack(*texts, self.words, table_multiplier(), self._slots, out, bounds)
        stored = []
        begin = 0
        for start, end, stop in zip(starts.tolist(), ends.tolist(), bounds.tolist(), strict=True):
            is_shorter = stop - begin < RAW_BYTES * (end - start)  # not in a language that the first documents had not
            stored.append(CODED + out[begin:stop].tobytes() if is_shorter else _raw(tokens, start, end))
            begin = stop
        return stored

    def unpack(self, stored: Sequence[bytes], lengths: npt.NDArray[np.int64]) -> Unpacked:
        """Return the tokens of documents.

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
        hashes, fingerprints = np.empty(int(lengths.sum()), np.uint32), np.empty(int(lengths.sum()), np.uint16)
        at = 0
        for data, length in zip(stored, lengths.tolist(), strict=True):
            if data[:1] == CODED:
                packed = np.frombuffer(data, np.uint8)
                room = hashes[: at + length], fingerprints[: at + length]
                if kernel.unpack(packed, 1, len(packed), self.words, *room, at) != at + length:
                    raise ValueError("damaged tokens")
            elif data[:1] == RAW and len(data) == 1 + RAW_BYTES * length:
                hashes[at : at + length] = np.frombuffer(data, "<u4", length, 1)
                fingerprints[at : at + length] = np.frombuffer(data, "<u2", length, 1 + 4 * length)
            else:
                raise ValueError("damaged tokens")
            at += length
        return Unpacked(hashes, fingerprints)


def _raw(tokens: Tokens, start: int, end: int) -> bytes:
    return (
        RAW + tokens.hashes[start:end].astype("<u4").tobytes() + tokens.fingerprints[start:end].astype("<u2").tobytes()
    )
