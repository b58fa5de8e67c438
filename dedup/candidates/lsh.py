"""Find candidate pairs by locality-sensitive hashing: documents that share a band of their signatures.

Notes
-----
Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4: a pair of resemblance ``s`` shares a band of ``r`` rows
with probability ``s^r``, and one of ``b`` bands with ``1 - (1 - s^r)^b``. We choose ``b`` and ``r`` for the recall
wanted at the threshold, not for equal error: the exact comparison that follows makes extra candidates harmless.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Bucket, Candidates, Pairs, distinct
from dedup.errors import ParamsError
from dedup.kernels import band_keys as kernel
from dedup.params import Params
from dedup.store.meter import NO_METER, Meter
from dedup.store.scratch import release


def bands_and_rows(params: Params) -> tuple[int, int]:
    """Return the number of bands and of their rows: the most rows, then the fewest bands, that reach the recall.

    Raises
    ------
    ParamsError
        If no choice within ``num_perm`` reaches it.
    """
    for rows in range(params.num_perm, 0, -1):
        bands = bands_needed(params.threshold, params.target_recall, rows)
        if bands * rows <= params.num_perm:
            return bands, rows
    raise ParamsError(
        f"num_perm {params.num_perm} cannot give recall {params.target_recall} at resemblance {params.threshold}",
        f"num_perm of at least {bands_needed(params.threshold, params.target_recall, 1)}",
    )


def bands_needed(threshold: float, target_recall: float, rows: int) -> int:
    """Return the fewest bands in which a pair at the threshold agrees at least once with the target probability."""
    miss = 1.0 - threshold**rows
    if miss <= 0.0:
        return 1
    # 1 - 1e-17 is 1.0: with so many rows no number of bands suffices.
    return math.ceil(math.log(1.0 - target_recall) / math.log(miss)) if miss < 1.0 else 2**62


def recall(resemblance: float, bands: int, rows: int) -> float:
    """Return the probability that a pair of this resemblance becomes a candidate."""
    return 1.0 - (1.0 - resemblance**rows) ** bands


def band_keys(signatures: npt.NDArray[np.uint32], bands: int, rows: int) -> npt.NDArray[np.uint64]:
    """Return the key of each band of each signature, shape (n_documents, bands)."""
    keys = np.empty((len(signatures), bands), np.uint64)
    kernel.band_keys(np.ascontiguousarray(signatures), rows, keys)
    return keys


def pairs_in_buckets(
    keys: Sequence[npt.NDArray[np.uint64]],
    record: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int64],
    limit: int,
    meter: Meter = NO_METER,
) -> Candidates:
    """Find the candidate pairs among documents that share a key.

    Parameters
    ----------
    keys : sequence of uint64 array, each of shape (n_records,)
        Band keys, an array for each band.
    record : int64 array, shape (n_documents,)
        The record of each document.
    documents : int64 array, ascending
        The documents to look at.
    limit : int
        In a bucket each document is paired with the first ``limit`` before it: a bucket of m costs O(m), not O(m^2).
    meter : Meter
    """
    bits = max(1, int(len(record) - 1).bit_length())
    low = np.uint64((1 << bits) - 1)
    found = np.empty(0, np.uint64)
    waiting: list[Pairs] = []
    largest = Bucket(0, 0)
    crowded = np.zeros(len(record), bool)
    numbers = documents.astype(np.uint64)
    rows = record[documents]
    with meter.bar("buckets", len(keys), "bands"):
        for band in keys:
            # Key bits below `bits` are given up for the document: a few more candidates, a fifth of the time.
            packed = (band[rows] & ~low) | numbers
            release(band)
            packed.sort()
            count, size, first = kernel.bucket_pairs(packed, bits, limit, np.empty(0, np.uint64), crowded)
            pairs = np.empty(count, np.uint64)
            if count:
                kernel.bucket_pairs(packed, bits, limit, pairs, crowded)
            waiting.append(pairs)
            if sum(map(len, waiting)) > len(documents):  # the bands of a large bucket give the same pairs
                found = distinct(found, *waiting)
                waiting = []
            if size > largest.size:
                largest = Bucket(size, first)
            meter.advance(1)
    return Candidates(distinct(found, *waiting), largest, np.flatnonzero(crowded))
