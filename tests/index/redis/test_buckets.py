"""Buckets that grow one at a time are searched as a plain dictionary of lists would be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest

from dedup import StorageError
from dedup.index.redis import buckets as module
from dedup.index.redis.buckets import BucketPostings, Buckets, fields, halved_between, names_from, names_of

BUCKETS = [16, 17, 31, 32, 33, 100, 1 << 20, (1 << 20) + 12_345, (1 << 31) - 1]


class Kept:
    """What a server would hold: bytes by name."""

    def __init__(self, longest: int = module.LONGEST, load: int = 24) -> None:
        self.longest, self.load = longest, load
        self.count, self.postings = module.FEWEST, 0
        self.values: dict[bytes, bytes] = {}

    def read(self, names: Sequence[bytes]) -> tuple[int, list[bytes | None]]:
        return self.count, [self.values.get(name) for name in names]

    def add(self, fresh: np.ndarray, removed: np.ndarray) -> None:
        changed = Buckets(self.read, self.count, 1 << 28, self.longest, self.load).with_more(
            np.sort(fresh), self.postings, removed
        )
        self.values.update(zip(fields(changed.names), changed.values, strict=True))
        for name in fields(changed.emptied):
            self.values.pop(name, None)
        self.count, self.postings = changed.buckets, changed.postings

    def assert_whole(self) -> None:
        assert sum(map(len, self.values.values())) == 8 * self.postings
        for name, value in self.values.items():
            held = np.frombuffer(value, "<u8").astype(np.uint64)
            assert (held[1:] >= held[:-1]).all()
            assert fields(names_of(held, self.count)) == [name] * len(held)


@pytest.mark.parametrize("count", BUCKETS)
def test_each_key_is_in_one_bucket_and_buckets_follow_each_other(count: int) -> None:
    draw = np.random.default_rng(count)
    postings = np.sort(draw.integers(0, 2**64, 500, dtype=np.uint64))
    names = names_of(postings, count)
    assert (names[1:] >= names[:-1]).all()
    for posting, name in zip(postings.tolist(), names.tolist(), strict=True):
        here, following = (*names_from(name, count, 2).tolist(), 1 << 32)[:2]
        assert here == name
        assert name << 32 <= posting < following << 32
    if count < 10_000:
        every = names_from(0, count, count + 10)
        assert len(every) == count
        assert (every[1:] > every[:-1]).all()
        in_steps = [name for at in range(0, count, 7) for name in names_from(int(every[at]), count, 7).tolist()]
        assert in_steps == every.tolist()


@pytest.mark.parametrize(("before", "after"), [(16, 17), (16, 100), (31, 32), (31, 33), (100, 100), (40, 300)])
def test_the_halved_are_those_that_lose_something(before: int, after: int) -> None:
    every = names_from(0, after, after)
    parents = names_of(every.astype(np.uint64) << np.uint64(32), before)
    lost = sorted({parent for parent, name in zip(parents.tolist(), every.tolist(), strict=True) if parent != name})
    assert halved_between(before, after).tolist() == lost


def test_a_search_finds_what_a_dictionary_would() -> None:
    draw = np.random.default_rng(3)
    keys = {salt: draw.integers(0, 2**64, 400, dtype=np.uint64) for salt in (0, 99)}
    kept = Kept(load=5)
    expected: dict[tuple[int, int], list[int]] = defaultdict(list)
    removed = np.zeros(2000, bool)
    for first in range(0, 2000, 125):
        added = {salt: BucketPostings(salt) for salt in keys}
        for salt, postings in added.items():
            numbers = np.repeat(np.arange(first, first + 125), 3)
            some = draw.choice(keys[salt], len(numbers))
            postings.add(some, numbers)
            for key, number in {*zip(some.tolist(), numbers.tolist(), strict=True)}:
                expected[salt, key].append(number)
        kept.add(np.unique(np.concatenate([postings.merged() for postings in added.values()])), removed)
        kept.assert_whole()
        gone = draw.integers(0, first + 125, 20)
        removed[gone] = True
        for salt, of_salt in keys.items():
            asked = np.concatenate([of_salt, draw.integers(0, 2**64, 50, dtype=np.uint64)])
            postings = BucketPostings(salt)
            postings.read_from(Buckets(kept.read, kept.count, first + 125))
            found = postings.search(asked, np.arange(len(asked)), 2**30, removed)
            assert found.tolist() == sorted(
                owner << 32 | number
                for owner, key in enumerate(asked.tolist())
                for number in expected[salt, key]
                if not removed[number]
            )
            earlier = BucketPostings(salt)
            earlier.read_from(Buckets(kept.read, kept.count, first))  # of one that has not seen the last documents
            seen = earlier.search(asked, np.arange(len(asked)), 2**30, removed)
            assert seen.tolist() == [one for one in found.tolist() if one & 0xFFFFFFFF < first]
    assert kept.count > 500
    assert kept.postings <= 6 * kept.count


def test_a_key_that_all_have_is_held_for_a_limited_number() -> None:
    kept = Kept(longest=10)
    removed = np.zeros(300, bool)
    for number in range(1, 300):
        kept.add(np.array([7 << 28 | number, number % 16 << 60 | number], np.uint64), removed)
        if number == 100:
            removed[1:6] = True
    kept.assert_whole()
    together = np.sort(np.concatenate([np.frombuffer(value, "<u8") for value in kept.values.values()]))
    held = [int(posting) & 0xFFFFFFF for posting in together if int(posting) >> 28 == 7]
    assert held == [*range(6, 11), *range(101, 106)]  # those of removed documents make room


def test_a_reader_continues_with_the_new_number_of_buckets_and_gives_up_in_the_end() -> None:
    kept = Kept()
    removed = np.zeros(10, bool)
    fresh = np.sort(np.random.default_rng(1).integers(0, 2**36, 3000, dtype=np.uint64) << np.uint64(28))
    old = Buckets(kept.read, kept.count, 10)
    kept.add(fresh, removed)
    assert kept.count > module.FEWEST
    assert np.isin(fresh, old.run(fresh)).all()
    assert old.count == kept.count

    def restless(names: Sequence[bytes]) -> tuple[int, list[bytes | None]]:
        kept.count += 1
        return kept.read(names)

    with pytest.raises(StorageError, match="faster than it can be read"):
        Buckets(restless, 16, 10).run(fresh)
