"""Hundreds of versions of one text do not hide one another, and the pieces of a series are no versions."""

from __future__ import annotations

import random
from contextlib import closing

import numpy as np
import pytest
from conftest import edited
from corpora import corpus_of

import dedup
from dedup import crowds, rare
from dedup.crowds import COUNTED, LEAST
from dedup.params import Params
from dedup.store import Scratch

OTHERS = 150


def news(seed: int) -> str:
    """Four hundred words, half of them frequent, half rare."""
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(draw.choice([300, 30_000]))}" for _ in range(400))


@pytest.fixture(scope="module")
def others() -> list[str]:
    """Articles that have nothing to do with the crowd."""
    return [news(seed) for seed in range(1000, 1000 + OTHERS)]


@pytest.mark.parametrize("size", [30, 60, 250])
@pytest.mark.parametrize("share", [0.15, 0.3])
def test_versions_are_found_however_many(others: list[str], size: int, share: float) -> None:
    original = news(1)
    versions = [edited(original, seed, share) for seed in range(size)]
    kept = dedup.deduplicate([*others, original, *versions]).decisions["kept"].to_pylist()
    assert all(kept[:OTHERS])
    assert sum(kept[OTHERS:]) <= 1 + size // 20


def report(seed: int) -> str:
    """The daily report of a market: one mould, other numbers."""
    draw = random.Random(seed)
    n = [f"{draw.randrange(10, 99)}.{draw.randrange(10, 99)}" for _ in range(9)]
    return (
        f"The harbour exchange said it took {n[0]} million crowns out of the money market today after {n[1]} million "
        f"on the day before. Bills of up to a month were sold at {n[2]} per cent, those of two months at {n[3]} per "
        f"cent and bank bills of three months at {n[4]} per cent. Dealers had looked for a shortage of about {n[5]} "
        f"million, while notes in circulation drained {n[6]} million and the banks' balances {n[7]} million below "
        f"target took the rest. The overnight rate stood at {n[8]} per cent at the close of trading on the exchange."
    )


def test_pieces_of_a_series_are_no_versions(others: list[str]) -> None:
    result = dedup.deduplicate([*others, *(report(seed) for seed in range(120))])
    assert result.counts["dropped"] == 0


def test_crowds_are_found_and_thinned(others: list[str]) -> None:
    versions = [edited(news(2), seed, 0.2) for seed in range(LEAST + 10)]
    few = [edited(news(3), seed, 0.2) for seed in range(LEAST // 3)]
    corpus = corpus_of([*others, *versions, *few])
    everything = np.arange(len(corpus))
    frequencies = rare.pair_frequencies(corpus, everything, 22)
    with closing(Scratch()) as scratch:
        _, crowd_sketches, _ = rare.sketches(corpus, everything, frequencies, Params(), scratch)
        crowd, counted = crowds.find(crowd_sketches, everything, everything, len(corpus), scratch)
    assert crowd.tolist() == [-1] * OTHERS + [OTHERS] * len(versions) + [-1] * len(few)
    kept = np.concatenate([everything[: OTHERS + COUNTED], everything[OTHERS + len(versions) :]])
    assert counted.tolist() == kept.tolist()
