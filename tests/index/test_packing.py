"""Tokens in few bytes, and back."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.index.packing import CODED, RAW, Vocabulary
from dedup.kernels import packing as kernel


def test_what_is_packed_is_unpacked() -> None:
    draw = np.random.default_rng(1)
    words = draw.integers(0, 2**32, 40_000, dtype=np.uint32)
    # Frequent words, rare ones that have a code of two bytes, and some that have none.
    tokens = words[(draw.random(20_000) ** 8 * 40_000).astype(np.int64)]
    ends = np.array([0, 1, 500, 20_000])
    starts = np.array([0, 0, 1, 500])
    lengths = ends - starts
    for vocabulary in (Vocabulary(words[: kernel.CODES]), Vocabulary.of(tokens), Vocabulary(words[:0])):
        stored = vocabulary.pack(tokens, starts, ends)
        assert (vocabulary.unpack(stored, lengths) == tokens).all()
    assert sum(map(len, stored)) == 4 * 20_000 + 4
    assert sum(map(len, Vocabulary.of(tokens).pack(tokens, starts, ends))) < 2 * 20_000


def test_words_without_a_code_are_stored_as_they_are() -> None:
    tokens = np.arange(1000, 1200, dtype=np.uint32)
    vocabulary = Vocabulary(np.arange(50, dtype=np.uint32))
    (stored,) = vocabulary.pack(tokens, np.array([0]), np.array([200]))
    assert stored == RAW + tokens.tobytes()


@pytest.mark.parametrize("length", [1 << 40, -1, 3])
def test_a_length_that_cannot_be_asks_for_no_memory(length: int) -> None:
    vocabulary = Vocabulary(np.arange(3, dtype=np.uint32))
    with pytest.raises(ValueError, match="damaged tokens"):
        vocabulary.unpack([CODED + b"\x01", CODED + b"\x01\x02"], np.array([1, length]))


@pytest.mark.parametrize(
    "damaged", [b"", CODED, CODED + b"\xff\x00", CODED + b"\x90", CODED + b"\x05" * 3, RAW + b"123"]
)
def test_damage_is_told(damaged: bytes) -> None:
    vocabulary = Vocabulary(np.arange(3, dtype=np.uint32))
    with pytest.raises(ValueError, match="damaged"):
        vocabulary.unpack([damaged], np.array([2]))
