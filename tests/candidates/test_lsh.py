"""Bands reach the recall they promise, and buckets give the pairs they should at the cost they should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.candidates import lsh
from dedup.candidates.pairs import Candidates, compare_in_rounds, split
from dedup.candidates.signatures import permutations
from dedup.errors import ParamsError
from dedup.params import Params


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.7, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("target", [0.9, 0.99, 0.999])
def test_bands_reach_the_target_recall_with_the_fewest_candidates(threshold: float, target: float) -> None:
    params = Params(threshold=threshold, target_recall=target, num_perm=512)
    bands, rows = lsh.bands_and_rows(params)
    assert bands * rows <= 512
    assert lsh.recall(threshold, bands, rows) >= target - 1e-12
    assert bands == 1 or lsh.recall(threshold, bands - 1, rows) < target
    assert lsh.bands_needed(threshold, target, rows + 1) * (rows + 1) > 512


def test_the_default_is_seventeen_bands_of_four() -> None:
    assert lsh.bands_and_rows(Params()) == (17, 4)


def test_too_few_permutations_are_refused_with_what_is_needed() -> None:
    with pytest.raises(ParamsError, match=r"num_perm 16 cannot give recall 0\.99 .* at least 21"):
        lsh.bands_and_rows(Params(threshold=0.2, num_perm=16))


def test_recall_on_signatures_is_what_is_promised() -> None:
    """Of pairs at resemblance 0.7 exactly, 99 % must meet: within four standard errors on a fixed seed."""
    params = Params()
    bands, rows = lsh.bands_and_rows(params)
    a, b = (values.astype(np.uint64) for values in permutations(params.num_perm, params.seed))
    draw = np.random.default_rng(5)
    pairs, met = 2000, 0
    for _ in range(pairs):
        hashes = draw.integers(0, 2**32, 1000, np.uint64)  # 700 shared, 150 on each side
        signed = np.stack(
            [((a[:, None] * side + b[:, None]) % 2**32).min(axis=1) for side in (hashes[:850], hashes[150:])]
        )
        keys = lsh.band_keys(signed.astype(np.uint32), bands, rows)
        met += bool((keys[0] == keys[1]).any())
    assert met / pairs >= 0.99 - 4 * (0.01 * 0.99 / pairs) ** 0.5


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=12, max_size=12), min_size=1, max_size=3),
    st.integers(1, 14),
    st.sets(st.integers(0, 11), min_size=1),
)
def test_pairs_equal_the_definition(rows: list[list[int]], limit: int, chosen: set[int]) -> None:
    keys = np.array(rows, np.uint64) << np.uint64(40)
    documents = sorted(chosen)
    expected = set()
    for row in rows:
        for value in set(row):
            bucket = [document for document in documents if row[document] == value]
            expected |= {(a, b) for a, b in itertools.combinations(bucket, 2) if bucket.index(a) < limit}
    pairs, largest, crowded = lsh.pairs_in_buckets(keys, np.arange(keys.shape[1]), np.array(documents), limit)
    groups = [[d for d in documents if row[d] == value] for row in rows for value in set(row)]
    assert crowded.tolist() == sorted({d for group in groups if len(group) > limit + 1 for d in group})
    assert list(zip(*(side.tolist() for side in split(pairs)), strict=True)) == sorted(expected)
    assert largest.size == max(
        row.count(v) - sum(row[d] == v for d in range(12) if d not in chosen) for row in rows for v in row
    )


def test_a_hot_bucket_costs_its_size_times_the_limit() -> None:
    keys = np.zeros((1, 20_000), np.uint64)
    pairs, largest, crowded = lsh.pairs_in_buckets(keys, np.arange(20_000), np.arange(20_000), 16)
    assert len(pairs) < 16 * 20_000
    assert largest.size == 20_000
    assert largest.document == 0
    assert len(crowded) == 20_000


def test_rounds_leave_no_kept_pair_unmet() -> None:
    """Whatever the buckets and matches: if nothing is said to be hidden, kept documents of one bucket have met."""
    draw = np.random.default_rng(11)
    for _ in range(300):
        keys = draw.integers(0, 3, (2, 12)).astype(np.uint64) << np.uint64(40)
        alike = np.triu(draw.random((12, 12)) < 0.4, 1)
        met: set[tuple[int, int]] = set()

        def find(documents: np.ndarray, limit: int, keys: np.ndarray = keys) -> Candidates:
            return lsh.pairs_in_buckets(keys, np.arange(12), documents, limit)

        def compare(pairs: np.ndarray, alike: np.ndarray = alike, met: set[tuple[int, int]] = met) -> np.ndarray:
            met |= set(zip(*(side.tolist() for side in split(pairs)), strict=True))
            kept: list[int] = []
            for document in range(12):
                if not any((one, document) in met and alike[one, document] for one in kept):
                    kept.append(document)
            return np.isin(np.arange(12), kept)

        _, hidden = compare_in_rounds(np.arange(12), 2, find, compare)
        if hidden is None:
            kept = np.flatnonzero(compare(np.empty(0, np.uint64)))
            for band in keys:
                for a, b in itertools.combinations(kept.tolist(), 2):
                    assert band[a] != band[b] or (a, b) in met
