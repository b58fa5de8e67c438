"""Measures equal the sets they are defined by."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from conftest import article, edited
from corpora import all_pairs, corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.evidence import shingle_evidence
from dedup.params import Params

words = st.lists(st.sampled_from(["a", "b", "c", "d", "中", "文"]), max_size=40).map(" ".join)


@settings(max_examples=80)
@given(st.lists(words, min_size=2, max_size=6), st.sampled_from([1, 2, 5]))
def test_resemblance_and_containment_equal_the_sets(texts: list[str], size: int) -> None:
    measured = shingle_evidence(corpus_of(texts), all_pairs(len(texts)), Params(shingle_size=size))
    for place, (a, b) in enumerate(zip(measured.left, measured.right, strict=True)):
        assert measured["resemblance"][place] == naive.resemblance(texts[a], texts[b], size)
        assert measured["containment_left"][place] == naive.containment(texts[a], texts[b], size)
        assert measured["containment_right"][place] == naive.containment(texts[b], texts[a], size)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_long_texts_and_threads(threads: int) -> None:
    texts = [article(1, 400), edited(article(1, 400), 2, 0.1), article(1, 400)[:9000], article(2, 3), article(3, 90)]
    measured = shingle_evidence(corpus_of(texts), all_pairs(5), Params(), threads)
    expected = [naive.resemblance(texts[a], texts[b], 5) for a, b in zip(measured.left, measured.right, strict=True)]
    np.testing.assert_array_equal(measured["resemblance"], expected)
