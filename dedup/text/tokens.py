"""Split texts into folded tokens and hash them, the first stage of runs, indexes and comparisons alike.

The rule for one code point is in `dedup.text.folding`; the loop over bytes in `dedup.kernels.tokenisation`. The
readable definition of a token hash is `token_hash`, a line over the ``xxhash`` package, which the kernel equals bit for
bit.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from dedup.kernels import simd
from dedup.kernels import tokenisation as kernel
from dedup.kernels.hyphens import IS_LOWER, N_LOWER
from dedup.store.secret import Key, process_key
from dedup.text import folding

T = TypeVar("T", bound=np.generic)

CHARACTER_FLAG = 1
"""Lowest bit of a token hash: set where the token is one character of a script without spaces."""

NUMBER_FLAG = 2
"""Next bit: set where the token begins with a digit."""

REPLACEMENT = "\ufffd"
"""What a decoder has put for bytes that it could not read: a letter, so that two such texts are not the same."""

_LOWER = "".join(chr(code) for code in range(N_LOWER) if IS_LOWER[code])
DIVIDING = re.compile(rf"(?<=[{_LOWER}])[-\u00ad\u2010](?:\r\n|\n|\r)[ \t]*(?=[{_LOWER}])")
"""A hyphen that divides a word at the end of a line, with that end: no part of the word, as in "govern-\\nment"."""

ALPHABETIC_FLAGS = CHARACTER_FLAG | NUMBER_FLAG
"""Both: the character is one of an alphabet (Thai, Lao, Khmer, Myanmar), where a word takes some five of them."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The hashed tokens of a batch of documents, and where their sentences end.

    Parameters
    ----------
    hashes : uint32 array, shape (n_tokens,)
        Token hashes of all documents, in order.
    offsets : int64 array, shape (n_documents + 1,)
        Document ``i`` has ``hashes[offsets[i]:offsets[i + 1]]``.
    fingerprints : uint16 array, shape (n_tokens,)
        Of each token's keyed hash, the upper bits: words of equal hash and other fingerprints are not the same.
    digests : uint64 array, shape (n_documents, 2)
        Over the keyed hashes of each document's tokens: equal for identical documents alone.
    segments : uint32 array, shape (n_segments,)
        How many tokens of its document stand before the end of each sentence or line; empty where texts are gone.
    segment_counts : int64 array, shape (n_documents,)
        How many segments each document has; empty, too.
    """

    hashes: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]
    fingerprints: npt.NDArray[np.uint16]
    digests: npt.NDArray[np.uint64]
    segments: npt.NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    segment_counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1


def tokenise(texts: pa.LargeBinaryArray, key: Key | None = None) -> Tokens:
    """Fold texts, split them into tokens, and hash these.

    Parameters
    ----------
    texts : pyarrow.LargeBinaryArray
        UTF-8; bytes that are not valid UTF-8 are letters, for they are words in an unknown encoding. A null has no
        tokens.
    key : uint64 array, optional
        Of fingerprints and digests; that of the process by default. Those of two keys have nothing in common.

    Returns
    -------
    Tokens
    """
    key = process_key() if key is None else key
    data, offsets = buffers(texts)
    n = len(texts)
    ends = np.zeros(n + 1, np.int64)
    folded = _room(2 * int(np.diff(offsets).max(initial=0)))
    hashes = np.empty(int(offsets[-1] - offsets[0]) // 2 + kernel.PAD, np.uint32)
    fingerprints = np.empty(hashes.size, np.uint16)
    digests = np.zeros((n, 2), np.uint64)
    keyed = np.empty(kernel.PIECE // 2 + 2, np.uint64)
    borders = np.empty(kernel.PIECE + 2 + kernel.AT_ONCE, np.int64)
    room = np.empty((6, kernel.PIECE // 2 + 2), np.uint32)
    segments, segment_ends = np.empty(hashes.size, np.uint32), np.zeros(n + 1, np.int64)
    parts: list[npt.NDArray[np.uint32]] = []
    fingerprint_parts: list[npt.NDArray[np.uint16]] = []
    segment_parts: list[npt.NDArray[np.uint32]] = []
    first = 0
    while True:
        rooms = folded, borders, room, key, keyed, hashes, fingerprints, digests, ends[1:], segments, segment_ends[1:]
        stop = kernel.tokenise(data, offsets, first, n, *folding_table(), *rooms)
        parts.append(hashes[: ends[stop] if stop > first else 0])
        fingerprint_parts.append(fingerprints[: len(parts[-1])])
        segment_parts.append(segments[: segment_ends[stop] if stop > first else 0])
        ends[first + 1 : stop + 1] += ends[first]
        segment_ends[first + 1 : stop + 1] += segment_ends[first]
        if stop == n:
            break
        # The document at `stop` did not fit: it folds to more than it was, or has hardly two bytes a token.
        first = stop
        folded, hashes = _room(2 * folded.size), np.empty(2 * hashes.size, np.uint32)
        segments, fingerprints = np.empty(hashes.size, np.uint32), np.empty(hashes.size, np.uint16)
    found = _joined(segment_parts), np.diff(segment_ends)
    return Tokens(_joined(parts), ends, _joined(fingerprint_parts), digests, *found)


def _joined(parts: list[npt.NDArray[T]]) -> npt.NDArray[T]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)  # nearly always one: no copy


def tokens(text: str) -> list[str]:
    """Return the folded tokens of one text, in order."""
    data, offsets = buffers(pa.array([encode(text)], pa.large_binary()))
    folded = _room(2 * len(data))
    while (stop := kernel.fold(data, 0, offsets[1], *folding_table(), folded)) < 0:
        folded = _room(2 * folded.size)
    marks = dict.fromkeys((kernel.MARK, kernel.ALPHABET_MARK, simd.STOP, simd.LINE), " ")
    return bytes(folded[:stop]).decode("utf-8", "surrogateescape").translate(marks).split()


def spans(text: str) -> list[tuple[str, int, int]]:
    """Return the folded tokens of one text, each with its start and stop in the text.

    In plain Python, for texts that are shown to people; `tokens` is the fast way to the same tokens.
    """
    found: list[tuple[str, int, int]] = []
    word, start, stop = "", 0, 0
    left_out = {place for hyphen in DIVIDING.finditer(text) for place in range(*hyphen.span())}
    for place, char in enumerate(text):
        if place in left_out:
            continue
        if char == REPLACEMENT or 0xD800 <= ord(char) <= 0xDFFF:  # of what is no text each byte is a letter
            raw = encode(char).decode("utf-8", "surrogateescape")
            word, start, stop = word + raw, start if word else place, place + 1
            continue
        letters = _folded(char)
        if word and not letters:
            stop = place + 1  # a mark on the letter before
        for folded in letters:
            kind = folding.kind_of(folded)
            if kind == folding.LETTER:
                word, start, stop = word + folded, start if word else place, place + 1
                continue
            if word:
                found.append((word, start, stop))
                word = ""
            if kind == folding.CHARACTER:
                found.append((folded, place, place + 1))
    return [*found, (word, start, stop)] if word else found


def encode(text: str) -> bytes:
    """Return a text as UTF-8; lone surrogates become bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def token_hash(token: str) -> int:
    """Return the hash of a folded token: XXH32 of its UTF-8, with the kind of token in the two lowest bits."""
    flags = CHARACTER_FLAG if folding.kind_of(token[0]) == folding.CHARACTER else 0
    flags |= NUMBER_FLAG if "0" <= token[0] <= "9" else 0
    flags |= ALPHABETIC_FLAGS if folding.is_alphabetic(token[0]) else 0
    return (
        int(xxhash.xxh32_intdigest(token.encode("utf-8", "surrogateescape"))) & ~(CHARACTER_FLAG | NUMBER_FLAG) | flags
    )


_folded = functools.lru_cache(1 << 14)(folding.fold_code_point)


def _room(size: int) -> npt.NDArray[np.uint8]:
    return np.empty(size + 2 * kernel.PAD, np.uint8)


def buffers(texts: pa.LargeBinaryArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the bytes and offsets of an Arrow array as read-only views, without a copy."""
    _, offsets, data = texts.buffers()
    if offsets is None or len(texts) == 0:
        starts = np.zeros(len(texts) + 1, np.int64)
    else:
        starts = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    view = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    view = view.view()
    starts = starts.view()
    # A bytes view is read-only, an array of ours is not: kernels would compile once for each.
    view.flags.writeable = False
    starts.flags.writeable = False
    return view, starts


@functools.cache
def folding_table() -> tuple[npt.NDArray[np.generic], ...]:
    """Return the folding table as read-only arrays for the kernel."""
    with np.load(folding.TABLE_FILE) as table:
        page_of, pages, sequences = table["page_of"], table["pages"], table["sequences"]
    arrays = (page_of, pages, sequences)
    for array in arrays:
        array.flags.writeable = False
    return arrays
