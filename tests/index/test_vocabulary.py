"""Tokens in few bytes, and back."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.index.vocabulary import CODED, RAW, Vocabulary
from dedup.kernels import packed_tokens as kernel
from dedup.text.tokens import Tokens


def tokens_of(words: np.ndarray, ends: np.ndarray) -> Tokens:
    hashes, marks = (words >> np.uint64(16)).astype(np.uint32), words.astype(np.uint16)
    return Tokens(hashes, ends, marks, np.zeros((len(ends) - 1, 2), np.uint64))


def test_what_is_packed_is_unpacked() -> None:
    draw = np.random.default_rng(1)
    words = draw.integers(0, 2**48, 40_000, dtype=np.uint64)
    # Frequent words, rare ones that have a code of two bytes, and some that have none; and words of one token hash.
    some = words[(draw.random(20_000) ** 8 * 40_000).astype(np.int64)]
    some[::50] ^= np.uint64(1)
    tokens = tokens_of(some, np.array([0, 0, 1, 500, 20_000]))
    lengths = np.diff(tokens.offsets)
    for vocabulary in (Vocabulary(words[: kernel.CODES]), Vocabulary.of(tokens), Vocabulary(words[:0])):
        stored = vocabulary.pack(tokens)
        found = Vocabulary.stored(bytes(vocabulary)).unpack(stored, lengths)
        assert (found.hashes == tokens.hashes).all()
        assert (found.fingerprints == tokens.fingerprints).all()
    assert sum(map(len, stored)) == 6 * 20_000 + 4
    assert sum(map(len, Vocabulary.of(tokens).pack(tokens))) < 2.2 * 20_000


def test_words_without_a_code_are_stored_as_they_are() -> None:
    tokens = tokens_of(np.arange(1000, 1200, dtype=np.uint64) << np.uint64(17), np.array([0, 200]))
    (stored,) = Vocabulary(np.arange(50, dtype=np.uint64)).pack(tokens)
    assert stored == RAW + tokens.hashes.tobytes() + tokens.fingerprints.tobytes()


@pytest.mark.parametrize("length", [1 << 40, -1, 3])
def test_a_length_that_cannot_be_asks_for_no_memory(length: int) -> None:
    vocabulary = Vocabulary(np.arange(3, dtype=np.uint32))
    with pytest.raises(ValueError, match="damaged tokens"):
        vocabulary.unpack([CODED + b"\x01", CODED + b"\x01\x02"], np.array([1, length]))


@pytest.mark.parametrize(
    "damaged", [b"", CODED, CODED + b"\xff\x00", CODED + b"\x90", CODED + b"\x05" * 3, CODED + b"\x01", RAW + b"123"]
)
def test_damage_is_reported(damaged: bytes) -> None:
    vocabulary = Vocabulary(np.arange(3, dtype=np.uint64))
    with pytest.raises(ValueError, match="damaged"):
        vocabulary.unpack([damaged], np.array([2]))


def test_a_damaged_length_takes_no_room() -> None:
    with pytest.raises(ValueError, match="damaged"):
        Vocabulary.stored(b"").unpack([RAW + b"123456"], np.array([1 << 60]))
