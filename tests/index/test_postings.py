"""Sorted runs are searched as a plain dictionary would be."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from dedup.index.folder import segments
from dedup.index.search.frequencies import Frequencies
from dedup.index.search.postings import Postings, StoredRun
from dedup.index.stored import NUMBER_BITS
from dedup.kernels.sorted_postings import place_of


@pytest.mark.parametrize("size", [0, 1, 2, 1000])
@pytest.mark.parametrize("spread", [2**64 - 1, 50, 2**40])
def test_places_are_those_of_searchsorted(size: int, spread: int) -> None:
    draw = np.random.default_rng(size)
    postings = np.sort(draw.integers(0, spread, size, dtype=np.uint64))
    wanted = np.concatenate(
        [draw.integers(0, spread, 200, dtype=np.uint64), postings, np.array([0, 2**64 - 1], np.uint64)]
    )
    found = [place_of(postings, value) for value in wanted]
    assert found == np.searchsorted(postings, wanted).tolist()


def test_a_search_finds_what_a_dictionary_would(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    keys = draw.integers(0, 2**64, 300, dtype=np.uint64)
    expected: dict[int, list[int]] = defaultdict(list)
    postings = Postings()
    removed = np.zeros(1000, bool)
    removed[draw.integers(0, 1000, 100)] = True
    for first in range(0, 1000, 50):
        numbers = np.repeat(np.arange(first, first + 50), 4)
        some = draw.choice(keys, len(numbers))
        for key, number in zip(some.tolist(), numbers.tolist(), strict=True):
            if not removed[number]:
                expected[key].append(number)
        postings.add(some, numbers)
        if first % 300 == 250:  # some of it in files
            sizes = np.zeros(1, np.uint8)
            none = np.empty(0, np.uint64)
            file = segments.write_run(
                tmp_path, [postings.merged()], [none], sizes, first, 50, np.zeros(1000, bool), 100
            )
            postings.stored.append(segments.map_run(tmp_path, file).near)
            postings.recent = []
    asked = np.concatenate([keys, draw.integers(0, 2**64, 50, dtype=np.uint64)])
    found = postings.search(asked, np.arange(len(asked)), 2**30, removed)
    assert found.tolist() == sorted(
        owner << 32 | number for owner, key in enumerate(asked.tolist()) for number in expected[key]
    )
    few = postings.search(asked, np.arange(len(asked)), 1, removed)
    assert len(few) <= len(asked) * (len(postings.stored) + len(postings.recent))
    assert set(few.tolist()) <= set(found.tolist())


def test_a_merge_leaves_out_what_is_removed(tmp_path: Path) -> None:
    keys = np.arange(400, dtype=np.uint64) << np.uint64(55)
    postings = [keys | np.uint64(number) for number in (1, 2)]
    removed = np.array([False, True, False])
    sizes = np.array([9], np.uint8)
    runs = [
        segments.map_run(
            tmp_path, segments.write_run(tmp_path, [run], [run[:7]], sizes, number, 1, np.zeros(3, bool), 100)
        )
        for number, run in enumerate(postings, 1)
    ]
    merged = segments.merge_runs(tmp_path, runs, removed, 100)
    again = segments.map_run(tmp_path, merged)
    assert again.near.postings.tolist() == postings[1].tolist()
    assert again.rare.postings.tolist() == postings[1][:7].tolist()
    assert again.sketch_sizes.tolist() == [0, 9]
    assert (merged.first, merged.last, merged.documents) == (1, 2, 1)


def test_a_pair_that_became_common_keeps_its_first_postings(tmp_path: Path) -> None:
    counts = {3: 2, 5: 9, 8: 3, 13: 1}
    postings = np.array([key << 50 | number for key, n in counts.items() for number in range(n)], np.uint64)
    file = segments.write_run(tmp_path, [postings], [postings], np.zeros(9, np.uint8), 0, 9, np.arange(9) == 1, limit=3)
    run = segments.map_run(tmp_path, file)
    expected = [(3, 0), (5, 0), (5, 2), (5, 3), (8, 0), (8, 2), (13, 0)]
    assert run.rare.postings.tolist() == [key << 50 | number for key, number in expected]
    assert len(run.near.postings) == len(postings) - 3  # of bands and whole texts only what is removed


def test_frequencies_grow_without_losing_any() -> None:
    from conftest import article
    from corpora import corpus_of

    from dedup.candidates import background, word_pairs

    corpus = corpus_of([article(seed) for seed in range(30)])
    grown, still = Frequencies(), Frequencies()
    sizes = []
    for document in range(30):
        grown.tokens += 1 << 22  # as of many documents
        grown.count(corpus, np.array([document]))
        still.count(corpus, np.array([document]))
        sizes.append(len(grown.table))
    assert {*sizes} == {1 << 24, 1 << 25, 1 << 26}
    assert len(still.table) == 1 << 24
    exact = word_pairs.pair_frequencies(corpus, np.arange(30), 24)
    assert (still.counts() == exact).all()
    # No slot of the larger table is below what a table of that size from the start would hold.
    assert (grown.counts() >= word_pairs.pair_frequencies(corpus, np.arange(30), 26)).all()
    background.count_in(exact, 30)
    assert (still.table == exact).all()


def test_a_posting_of_a_document_that_is_not_there_is_damage() -> None:
    """Whatever bit of a number is flipped: never a read beyond the array."""
    keys = np.array([11, 12, 13], np.uint64)
    owners = np.arange(3)
    postings = Postings()
    postings.add(keys, np.arange(3))
    whole = postings.merged()
    is_removed = np.zeros(3, bool)
    assert len(postings.search(keys, owners, 9, is_removed)) == 3
    for bit in range(NUMBER_BITS):
        damaged = whole.copy()
        damaged[1] ^= np.uint64(1 << bit)
        damaged.sort()
        broken = Postings()
        broken.stored = [StoredRun.of(damaged)]
        if bit < 2 and int(whole[1] & np.uint64(3)) ^ 1 << bit < 3:
            broken.search(keys, owners, 9, is_removed)
        else:
            with pytest.raises(ValueError, match="postings of a run differ from what was written"):
                broken.search(keys, owners, 9, is_removed)
