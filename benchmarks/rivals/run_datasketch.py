"""Run datasketch 2: shingles in Python, signatures in NumPy, index in dictionaries; query, insert what has no match.

`MinHash.generator` and a fast hash function are what its documentation advises for speed; the scheme is its default,
``affine32``; bands and rows are its own choice for the threshold. It returns candidates and checks nothing; nor do we.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import job
import xxhash
from datasketch import MinHash, MinHashLSH


def deduplicate(path: Path, threads: int) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those that match an earlier kept one."""
    lsh = MinHashLSH(threshold=job.THRESHOLD, num_perm=job.NUM_PERM)
    keys: list[str] = []

    def sets() -> Iterator[list[bytes]]:
        for key, text in job.read(path):
            keys.append(key)
            yield job.shingles(" ".join(job.words(text)).encode().split(), b" ")  # it hashes bytes: encoded at once

    dropped = []
    signed = MinHash.generator(sets(), num_perm=job.NUM_PERM, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")
    for minhash in signed:
        if lsh.query(minhash):
            dropped.append(keys[-1])
        else:
            lsh.insert(keys[-1], minhash, check_duplication=False)
    return len(keys), dropped


if __name__ == "__main__":
    job.main("datasketch", deduplicate)
