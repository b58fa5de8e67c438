"""What is common in the language counts in small corpora, and less the larger they are."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from corpora import corpus_of

import dedup
from dedup.candidates import background, word_pairs
from dedup.candidates.background import ARTICLES, COMMON_DF


def frequency_of(pair: str, n_articles: int, bits: int = 24) -> int:
    frequencies = word_pairs.pair_frequencies(corpus_of([pair]), np.arange(1), bits)
    background.count_in(frequencies, n_articles)
    (hashed,) = naive.word_pairs(pair)
    return int(frequencies[hashed % (1 << bits)])


@pytest.mark.parametrize("pair", ["of the", "said that", "last year"])
def test_common_pairs_are_common_in_two_texts(pair: str) -> None:
    assert frequency_of(pair, 2) > COMMON_DF
    assert frequency_of(pair, ARTICLES // 2) == 1 + COMMON_DF // 2 + 1
    assert frequency_of(pair, ARTICLES) == 1


@pytest.mark.parametrize("pair", ["quillon brackwater", "wegen der", "по словам", "新しい政府は"[:4]])
def test_names_and_other_languages_are_left_alone(pair: str) -> None:
    assert frequency_of(pair, 2, bits=28) == 1  # so many slots that no common pair shares this one


def test_frequencies_never_run_over() -> None:
    frequencies = np.full(1 << 22, 250, np.uint8)
    background.count_in(frequencies, 0)
    assert frequencies.min() == 250
    assert frequencies.max() == 255


def test_hashes_ascend_and_fit_every_table() -> None:
    hashes = background.common_pairs()
    assert hashes.dtype == np.uint32
    assert (np.diff(hashes.astype(np.int64)) > 0).all()
    small = np.zeros(1 << 4, np.uint8)
    background.count_in(small, 0)
    assert small.max() == COMMON_DF + 1  # once, however many pairs share the slot


def test_common_phrases_alone_are_no_evidence() -> None:
    """Two texts that share nothing but what every article says have no rare pair in common."""
    phrases = "he said that it was one of the most important things in the world and that there would be no more"
    one = f"Quill harbour {phrases} at the end of the day ferrywrights"
    two = f"Brackwater mill {phrases} at the end of the year saltglass"
    assert dedup.compare(one, two).measures.get("rare_containment", 0.0) < 0.15
