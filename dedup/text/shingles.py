"""Cut a text into shingles: the readable definition, which the kernels match bit for bit.

A shingle is ``size`` tokens in a row, written as the little-endian bytes of their token hashes. A shorter text is one
shingle, a text without tokens has none. These bytes are what to feed another MinHash implementation.
"""

from __future__ import annotations

import xxhash

from dedup.text.tokens import token_hash, tokens


def shingles(text: str, size: int = 5) -> list[bytes]:
    """Return the shingles of a text in order, including repeats.

    Examples
    --------
    >>> from dedup.text.shingles import shingles
    >>> len(shingles("To be or not to be, that is the question."))
    6
    """
    hashes = [token_hash(token).to_bytes(4, "little") for token in tokens(text)]
    if not hashes:
        return []
    return [b"".join(hashes[start : start + size]) for start in range(max(1, len(hashes) - size + 1))]


def shingle_hash(shingle: bytes) -> int:
    """Return XXH32 of a shingle: the ``hashfunc`` that makes a datasketch MinHash equal to ours."""
    return int(xxhash.xxh32_intdigest(shingle))
