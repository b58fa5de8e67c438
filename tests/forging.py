"""Words with the token hash of others, as anybody can make them: XXH32 without a secret can be taken back."""

from __future__ import annotations

import functools
import random

import naive

MASK = (1 << 32) - 1
PRIMES = P1, P2, P3, P4, P5 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
LETTERS = "abcdefghijklmnopqrstuvwxyz"
KIND = 3


@functools.cache
def _inverse(number: int) -> int:
    return pow(number, -1, 1 << 32)


def _turned(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & MASK


def _unmixed(digest: int) -> int:
    """Take the last step of XXH32 back."""
    for shift, prime in ((16, P3), (13, P2)):
        digest = _unshifted(digest, shift) * _inverse(prime) & MASK
    return _unshifted(digest, 15)


def _unshifted(value: int, shift: int) -> int:
    found = value
    for _ in range(32 // shift):
        found = value ^ found >> shift
    return found


def last_word(begun: int, digest: int) -> int:
    """Return the four bytes that lead from a state of XXH32 to a digest."""
    before = _turned(_unmixed(digest) * _inverse(P4) & MASK, 32 - 17)
    return (before - begun) * _inverse(P3) & MASK


def word_with(token_hash: int, draw: random.Random) -> str:
    """Return a word of eight letters that has a token hash; words in letters of scripts with spaces alone."""
    while True:
        first = "".join(draw.choices(LETTERS, k=4))
        begun = _turned(P5 + 8 + int.from_bytes(first.encode(), "little") * P3 & MASK, 17) * P4 & MASK
        for kind in range(KIND + 1):
            rest = last_word(begun, token_hash & ~KIND | kind).to_bytes(4, "little")
            if all(97 <= byte <= 122 for byte in rest):
                return first + rest.decode()


def forged(text: str, seed: int = 1) -> str:
    """Return a text of other words that has the same token hashes, numbers and short words left as they are."""
    draw = random.Random(seed)
    words = []
    for token in naive.tokens(text):
        wanted = naive.token_hash(token)
        words.append(token if wanted & KIND or len(token) < 2 else word_with(wanted, draw))
    return " ".join(words)
