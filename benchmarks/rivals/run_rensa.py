"""Run rensa, full sets: shingles in Python, signatures, index and the check of the estimate in Rust, fed as a stream.

`RMinHashDeduplicator.add_pairs` is what its README shows under "Keep unique documents"; it takes an iterable, so no
more than one document's shingles are held. Its "rho" pipeline is faster still, but samples positions of a text
instead of using the whole set of its shingles.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import job
from rensa import RMinHashDeduplicator


def deduplicate(path: Path, threads: int) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those that match an earlier kept one."""
    deduplicator = RMinHashDeduplicator(threshold=job.THRESHOLD, num_perm=job.NUM_PERM, use_lsh=True)
    keys: list[str] = []

    def pairs() -> Iterable[tuple[str, list[str]]]:
        for key, text in job.read(path):
            keys.append(key)
            yield key, job.shingles(job.words(text), " ")

    kept = deduplicator.add_pairs(pairs())
    return len(keys), [key for key, is_kept in zip(keys, kept, strict=True) if not is_kept]


if __name__ == "__main__":
    job.main("rensa", deduplicate)
