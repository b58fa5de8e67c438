"""Find where the tokens of a text stand in it; `dedup.text.tokens.spans` is the definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.kernels.token_spans import token_spans
from dedup.text.abbreviations import goes_on
from dedup.text.tokens import ALPHABETIC_FLAGS, NUMBER_FLAG, buffers, encode, folding_table, tokenise

_WEIGHTS = np.array([10, 5, 10, 2])
"""Of a token with each of the flags, in tenths of a word."""

_POINTS = ".,:'\u2019"
"""Between the digits of one number."""


@dataclass(frozen=True, slots=True)
class Words:
    """The tokens of one text as they are compared, and where they stand in it.

    Parameters
    ----------
    hashes : uint64 array, shape (n_tokens,)
        Token hashes in the lower 32 bits, fingerprints above them: equal for equal tokens alone.
    begins, ends : int64 array, shape (n_tokens,)
        The place of the first character of each, and the place after its last.
    breaks : uint8 array, shape (n_tokens,)
        1 where a sentence or line ends after the token, otherwise 0; `goes_on` says at which full stops none does.
    weights : int64 array, shape (n_tokens + 1,)
        The sum of the weights of the tokens before each place: `A_WORD` for a word, half of it for a character of a
        script without spaces, a fifth for one of an alphabet without spaces.
    continued : uint8 array, shape (n_tokens + 1,)
        1 where a token goes on with the number before it: "3" in "5.3", "000" in "5,000"; otherwise 0.
    """

    A_WORD: ClassVar[int] = 10

    hashes: npt.NDArray[np.uint64]
    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    breaks: npt.NDArray[np.uint8]
    weights: npt.NDArray[np.int64]
    continued: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.hashes)


def words_of(text: str) -> Words:
    """Return the tokens of one text, hashed, with their places; `spans` is the definition."""
    texts = pa.array([encode(text)], pa.large_binary())
    found = tokenise(texts)
    data, offsets = buffers(texts)
    begins, ends = np.empty(len(found.hashes), np.int64), np.empty(len(found.hashes), np.int64)
    breaks = np.empty(len(found.hashes), np.uint8)
    token_spans(data, offsets[1], *folding_table(), begins, ends, breaks)
    _without_abbreviations(text, begins, ends, breaks)
    hashes = found.hashes | found.fingerprints.astype(np.uint64) << np.uint64(32)
    weights = np.zeros(len(hashes) + 1, np.int64)
    np.cumsum(_WEIGHTS[found.hashes & np.uint32(ALPHABETIC_FLAGS)], out=weights[1:])
    is_number = found.hashes & np.uint32(ALPHABETIC_FLAGS) == NUMBER_FLAG
    continued = np.zeros(len(hashes) + 1, np.uint8)
    for word in np.flatnonzero(is_number[:-1] & is_number[1:] & (begins[1:] - ends[:-1] == 1)).tolist():
        continued[word + 1] = text[ends[word]] in _POINTS
    return Words(hashes, begins, ends, breaks, weights, continued)


def _without_abbreviations(
    text: str, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], breaks: npt.NDArray[np.uint8]
) -> None:
    """Clear the breaks at full stops that end no statement."""
    at = np.flatnonzero(breaks[:-1])
    places = zip(at.tolist(), begins[at].tolist(), ends[at].tolist(), begins[at + 1].tolist(), strict=True)
    for word, begin, end, following in places:
        if text[end] == "." and goes_on(text[begin:end], text[end:following], text[following : ends[word + 1]]):
            breaks[word] = 0
