"""Hundreds of versions of one text do not hide one another, and the pieces of a series are no versions."""

from __future__ import annotations

import random
from contextlib import closing

import numpy as np
import pytest
from conftest import edited, report
from corpora import corpus_of
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.candidates import word_pairs
from dedup.candidates.word_pairs import CROWD_SKETCH
from dedup.judge import rewrite_crowds
from dedup.judge.rewrite_crowds import COUNTED, DENSE_OVERLAP, LEAST_DENSE, LEAST_LOOSE, OVERLAP
from dedup.params import Params
from dedup.store.scratch import Scratch

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


def test_pieces_of_a_series_are_no_versions(others: list[str]) -> None:
    result = dedup.deduplicate([*others, *(report(seed) for seed in range(120))])
    assert result.counts["dropped"] == 0


def thinned(
    texts: list[str],
    documents: np.ndarray | None = None,
    articles: np.ndarray | None = None,
    worth: float = rewrite_crowds.WORTH,
) -> list[int]:
    """Return which articles of a corpus count; all are, and all are compared, by default."""
    corpus = corpus_of(texts)
    documents = np.arange(len(texts)) if documents is None else documents
    articles = np.arange(len(texts)) if articles is None else articles
    frequencies = word_pairs.pair_frequencies(corpus, articles, 22)
    with closing(Scratch()) as scratch:
        _, crowd_sketches, _ = word_pairs.sketches(corpus, documents, frequencies, Params(), scratch)
        left = rewrite_crowds.thinned_articles(corpus, crowd_sketches, documents, articles, scratch, worth=worth)
        for threads in (2, 3):
            again = rewrite_crowds.thinned_articles(
                corpus, crowd_sketches, documents, articles, scratch, threads, worth
            )
            assert again.tolist() == left.tolist()
    return left.tolist()


@pytest.mark.parametrize(("size", "is_crowd"), [(LEAST_DENSE - 1, False), (LEAST_DENSE, True), (LEAST_LOOSE, True)])
def test_of_a_crowd_its_first_documents_count(others: list[str], size: int, is_crowd: bool) -> None:
    versions = [edited(news(2), seed, 0.2) for seed in range(size)]
    left = thinned([*others[:100], *versions, *others[100:]])
    gone = sorted({*range(OTHERS + size)} - {*left})
    assert gone == (list(range(100 + COUNTED, 100 + size)) if is_crowd else [])


@pytest.mark.parametrize(
    ("shared", "alike", "least"),
    [
        (DENSE_OVERLAP, 0.30, LEAST_DENSE),
        (DENSE_OVERLAP - 1, 0.30, LEAST_LOOSE),
        (OVERLAP, 0.30, LEAST_LOOSE),
        (OVERLAP - 1, 1.00, None),
        (CROWD_SKETCH, 0.27, None),
    ],
)
def test_a_crowd_is_as_large_as_it_is_loose(shared: int, alike: float, least: int | None) -> None:
    """Its members share word pairs of middling frequency, and are alike in their words."""
    size = LEAST_LOOSE + 1
    common = round(200 * 2 * alike / (1 + alike))
    texts = [" ".join(f"w{k if k < common else n * 1000 + k}" for k in range(200)) for n in range(size)]
    pairs = [[k if k < shared else (n + 1) * 1000 + k for k in range(CROWD_SKETCH)] for n in range(size)]
    sketches = word_pairs.Sketches(np.array(pairs, np.uint64), np.full(size, CROWD_SKETCH, np.uint16))
    with closing(Scratch()) as scratch:
        for count in (LEAST_DENSE - 1, LEAST_DENSE, LEAST_LOOSE - 1, LEAST_LOOSE, size):
            some = np.arange(count)
            left = rewrite_crowds.thinned_articles(corpus_of(texts[:count]), sketches[some], some, some, scratch)
            assert len(left) == (count if least is None or count < least else COUNTED)


def test_crowds_are_thinned_each_for_itself(others: list[str]) -> None:
    of_each = [[edited(news(story), seed, 0.2) for seed in range(LEAST_DENSE + 6)] for story in (2, 3)]
    texts = [text for both in zip(*of_each, strict=True) for text in both]
    assert thinned([*texts, *others]) == [*range(2 * COUNTED), *range(len(texts), len(texts) + OTHERS)]


def test_articles_that_are_not_compared_stay(others: list[str]) -> None:
    """Of a crowd of which each second one is no article (a near copy), and the last ones are not compared."""
    versions = [edited(news(2), seed, 0.2) for seed in range(2 * LEAST_DENSE + 20)]
    articles = np.array([*range(0, len(versions), 2), *range(len(versions), len(versions) + OTHERS)])
    documents = np.array([*range(2 * LEAST_DENSE + 10), *range(len(versions), len(versions) + OTHERS)])
    expected = {*articles.tolist()} - {*range(2 * COUNTED, 2 * LEAST_DENSE + 10)}
    assert thinned([*versions, *others], documents, articles) == sorted(expected)
    # None is left out of those that are too few.
    some = articles[10:]
    assert thinned([*versions, *others], documents, some) == some.tolist()


def test_a_crowd_is_thinned_only_where_that_is_worth_it(others: list[str]) -> None:
    texts = [*others, *(edited(news(2), seed, 0.2) for seed in range(COUNTED + 8))]
    for worth, left in ((len(texts) / 8, len(texts) - 8), (len(texts) / 8 - 0.1, len(texts))):
        assert thinned(texts, worth=worth) == list(range(left))


@given(st.lists(st.integers(-1, 3), max_size=200), st.integers(1, 9))
def test_thinned_equals_the_definition(crowd_of: list[int], step: int) -> None:
    articles = np.arange(0, len(crowd_of), step)
    expected: list[int] = []
    for article in articles.tolist():
        before = sum(crowd_of[other] == crowd_of[article] for other in expected)
        if crowd_of[article] < 0 or before < COUNTED:
            expected.append(article)
    assert rewrite_crowds.thinned(articles, np.array(crowd_of, np.int64)).tolist() == expected
