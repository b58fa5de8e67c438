"""Run FastSketchLSH: shingles in Python, sketches and index in C++, documents handed over in batches.

128 values and 16 bands, as in its README: eight rows a band, which is the threshold 0.7. `insert_and_query_duplicates`
is what it shows for finding duplicates. It flags each document that shares a band with another, originals too; which
one to drop is asked of `query`, for the flagged alone. It checks nothing; nor do we.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import job
import numpy as np
from FastSketchLSH import LSH, FastSimilaritySketch

BANDS = 16
BATCH = 64
"""Documents sketched at a time: the shingles of thousands would take more memory and, for that, more time."""


def deduplicate(path: Path, threads: int) -> tuple[int, list[str]]:
    """Return the number of documents and the ids of those that share a band with an earlier kept one."""
    sketcher = FastSimilaritySketch(size=job.NUM_PERM)
    keys: list[str] = []

    def sets() -> Iterator[list[str]]:
        for key, text in job.read(path):
            keys.append(key)
            yield job.shingles(job.words(text), " ")

    shingled = sets()
    sketches = []
    while batch := list(islice(shingled, BATCH)):
        sketches.append(sketcher.batch(batch, num_threads=threads))
    every = np.concatenate(sketches) if sketches else np.empty((0, job.NUM_PERM), np.uint64)
    lsh = LSH(num_perm=job.NUM_PERM, num_bands=BANDS, num_threads=threads)
    flagged = np.flatnonzero(lsh.insert_and_query_duplicates(every)).tolist()
    return len(keys), [keys[number] for number in job.leaders((k, lsh.query(every[k])) for k in flagged)]


if __name__ == "__main__":
    job.main("FastSketchLSH", deduplicate)
