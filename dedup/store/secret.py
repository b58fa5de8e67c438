"""Draw secret numbers to hash words with, so that nobody can write a text that is mistaken for another on purpose.

Token hashes are public, so that signatures and sketches are the same everywhere; therefore anyone can find a word with
a chosen token hash. A second hash of each word, keyed with secret numbers, distinguishes these words. No answer depends
on the key.
"""

from __future__ import annotations

import functools
import hashlib
import os

import numpy as np
import numpy.typing as npt

from dedup.kernels.tokenisation import KEY_NUMBERS

Key = npt.NDArray[np.uint64]
"""Shape (`KEY_NUMBERS`,); read-only."""

DRAWN_BYTES = 32
_ODD = slice(4, 8)
"""The numbers by which words are multiplied."""


def key_of(drawn: bytes) -> Key:
    """Return the key that follows from `DRAWN_BYTES` random bytes.

    Raises
    ------
    ValueError
        When there are more or fewer.
    """
    if len(drawn) != DRAWN_BYTES:
        raise ValueError(f"a key of {len(drawn)} bytes instead of {DRAWN_BYTES}")
    key = np.frombuffer(hashlib.shake_256(drawn).digest(8 * KEY_NUMBERS), "<u8").astype(np.uint64)
    key[_ODD] |= np.uint64(1)
    key.flags.writeable = False
    return key


def draw() -> bytes:
    """Draw the random bytes that a key is made from, to be stored with the hashes made with it."""
    return os.urandom(DRAWN_BYTES)


@functools.cache
def process_key() -> Key:
    """Return the key of this process, for hashes that do not outlive it."""
    return key_of(draw())


@functools.cache
def table_multiplier() -> np.uint64:
    """Return the odd number that spreads keys over hash tables, so that no text can fill one end of them."""
    return np.uint64(int.from_bytes(os.urandom(8), "little") | 1)
