"""Sketches of passages, and how two texts cover each other by them, equal the oracle."""

from __future__ import annotations

import random

import naive
import numpy as np
import pytest
from conftest import article, edited
from corpora import all_pairs, corpus_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.candidates.pairs import split
from dedup.kernels import agreement as evidence_kernel
from dedup.kernels import passage_coverage as kernel
from dedup.store.corpus import Corpus
from dedup.store.secret import table_multiplier

words = st.lists(st.sampled_from(["a", "b", "cc", "5", "中", "文", "字", "ก", "ไทย"]), max_size=60).map(" ".join)


def sketches(texts: list[str], size: int) -> list[list[int]]:
    corpus = corpus_of(texts)
    out, sizes = np.empty((len(texts), size), np.uint64), np.empty(len(texts), np.uint16)
    kernel.sketch(corpus.tokens, corpus.starts, corpus.ends, np.arange(len(texts)), out, sizes)
    return [row[:found].tolist() for row, found in zip(out, sizes, strict=True)]


@given(st.lists(words, min_size=1, max_size=8), st.sampled_from([1, 4, 32]))
@example(["", "a b cc 5 a", "a b cc 5 a b", "a b cc 5 a b cc"], 4)
@example(["中文字中文字中", "中文字中文字中文", "a 中文字中 b cc 5 a b", "ไทยไทยไทยไทยไทย"], 4)
def test_sketches_equal_the_definition(texts: list[str], size: int) -> None:
    assert sketches(texts, size) == [naive.passage_sketch(text, size) for text in texts]


def test_sketches_of_long_texts_equal_the_definition() -> None:
    """They are filled from under a ceiling first, too low where passages come again."""
    again = " ".join(random.Random(1).choices([article(seed, 1) for seed in range(12)], k=300))
    texts = [article(1, 300), article(2, 4), again, f"{again} {article(3, 200)}", article(4, 40)]
    assert sketches(texts, 32) == [naive.passage_sketch(text, 32) for text in texts]


def test_a_passage_is_six_words() -> None:
    one, other = "p q r a b c d e f x y z", "k l a b c d e f m n"
    (shared,) = set(naive.passage_sketch(one, 99)) & set(naive.passage_sketch(other, 99))
    assert sketches([one, other, "a b c d e f"], 32)[2] == [shared]
    assert not set(naive.passage_sketch(one.replace("f", "g"), 99)) & set(naive.passage_sketch(other, 99))


def covered(corpus: Corpus, pairs: np.ndarray) -> list[tuple[float, ...]]:
    out = np.full((len(pairs), 3), np.nan)
    kernel.coverage(
        corpus.tokens, corpus.fingerprints, corpus.starts, corpus.ends, *split(pairs), table_multiplier(), out
    )
    return [tuple(row) for row in out.tolist()]


@settings(max_examples=80)
@given(st.lists(words.filter(bool), min_size=2, max_size=6))
@example(["a", "a", "b", "a a"])
def test_coverage_equals_the_definition(texts: list[str]) -> None:
    pairs = all_pairs(len(texts))
    expected = [naive.coverage(texts[a], texts[b]) for a, b in zip(*split(pairs), strict=True)]
    assert covered(corpus_of(texts), pairs) == expected


def test_coverage_of_long_texts_equals_the_definition() -> None:
    text = article(1, 20).split()
    texts = [
        " ".join(text),
        *(edited(" ".join(text), seed, share) for seed, share in enumerate((0.02, 0.1, 0.2))),
        *(" ".join([*article(9, 8).split()[:page], *text]) for page in (40, 79, 80, 81, 100)),
        " ".join(text[90:]),
        " ".join([*text[150:], *text[:150]]),
    ]
    pairs = all_pairs(len(texts))
    expected = [naive.coverage(texts[a], texts[b]) for a, b in zip(*split(pairs), strict=True)]
    assert covered(corpus_of(texts), pairs) == expected


@pytest.mark.parametrize("page", [0, 1, 40, 79, 80])
def test_a_story_begins_behind_eighty_words_of_page_at_most(page: int) -> None:
    text = [f"w{k}" for k in range(200)]
    own, other = ([f"{letter}{k}" for k in range(page)] for letter in "xy")
    ((shorter, longer, lead),) = covered(corpus_of([" ".join(own + text), " ".join(other + text)]), all_pairs(2))
    assert shorter == longer == 200 / (200 + page)
    assert lead == 1.0
    ((_, _, lead),) = covered(corpus_of([" ".join(["a"] * (81 - page) + own + text), " ".join(text)]), all_pairs(2))
    assert lead == 59 / 60


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 150), st.integers(0, 100))
def test_leads_equal_the_definition(flags: list[bool], before: int, most: int) -> None:
    flags = [False] * before + flags
    places = {place for place, flag in enumerate(flags) if flag}
    assert evidence_kernel.lead(np.array(flags, np.uint8), most) == naive.lead(len(flags), places, most)
