"""Measures equal the sets they are defined by."""

from __future__ import annotations

import random

import naive
import numpy as np
import pytest
from conftest import article, edited
from corpora import all_pairs, corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import rare
from dedup.evidence import LEAST_OF_SHORT, agreement_evidence, shingle_evidence, with_shingles
from dedup.kernels.evidence import once_words
from dedup.params import Params
from dedup.schema import MEASURES
from dedup.store import read_only

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


def test_words_that_occur_once() -> None:
    # Nearly all share a slot with another at first; how often each comes is 0 to 3.
    counts = [random.Random(number).randrange(4) for number in range(3000)]
    documents = [[number for number, count in enumerate(counts) for _ in range(count)], [7], [7, 7], list(range(40))]
    for document in documents:
        random.Random(1).shuffle(document)
    tokens = read_only(np.array([number * 4 for document in documents for number in document], np.uint32))
    ends = np.cumsum([len(document) for document in documents])
    starts = ends - [len(document) for document in documents]
    lasts, places = np.zeros_like(ends), np.zeros(len(tokens), np.uint32)
    once_words(tokens, starts, ends, np.arange(len(documents)), starts, lasts, places)
    for document, start, last in zip(documents, starts, lasts, strict=True):
        assert places[start:last].tolist() == [
            place for place, number in enumerate(document) if document.count(number) == 1
        ]


vocabulary = [f"w{n}" if n % 5 else f"{n}" for n in range(200)]
syllables = ["กลาง", "ของ", "ที่", "นำ้", "มา", "ซื้อ", "๔๒", "中", "文字", "a", "ລາວ", "ខ្មែរ", "မြန်မာ"]


@st.composite
def related_texts(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts that share passages, shuffled parts and single words; sizes cross the borders of runs and windows."""
    choice = draw(st.sampled_from([vocabulary[:3], vocabulary[:30], vocabulary, syllables[:5], syllables]))
    size = draw(st.sampled_from([1, 4, 5, 6, 24, 25, 49, 50, 51, 75, 130]))
    text = draw(st.lists(st.sampled_from(choice), min_size=size, max_size=size))
    pieces: list[str] = []
    for _ in range(draw(st.integers(1, 12))):
        start = draw(st.integers(0, size - 1))
        piece = text[start : start + draw(st.integers(1, 25))]
        kind = draw(st.sampled_from(["same", "same", "shuffled", "other"]))
        if kind == "shuffled":
            piece = draw(st.permutations(piece))
        pieces += (
            piece
            if kind != "other"
            else draw(st.lists(st.sampled_from(syllables if choice[0] == syllables[0] else vocabulary), max_size=9))
        )
    return " ".join(text), " ".join(pieces) or "w1"


@settings(max_examples=300)
@given(st.lists(related_texts(), min_size=1, max_size=3))
def test_agreement_equals_the_definitions(pairs: list[tuple[str, str]]) -> None:
    texts = [text for pair in pairs for text in pair]
    corpus = corpus_of(texts)
    bits = 12
    frequencies = 3 * rare.pair_frequencies(corpus, np.arange(len(texts)), bits)  # to both sides of all borders
    counted = naive.pair_frequencies(texts, 1 << bits)
    measured = agreement_evidence(corpus, all_pairs(len(texts)), rare.rare_pairs(corpus, frequencies))
    complete = with_shingles(corpus, measured, Params())
    assert not np.isnan(complete.measures).any()

    def weight(pair: int) -> int:
        return min(24, max(0, 24 * (36 - frequency(pair)) // 24))

    def frequency(pair: int) -> int:
        return 3 * counted[pair % (1 << bits)]

    found = {(a, b): place for place, (a, b) in enumerate(zip(measured.left, measured.right, strict=True))}
    for a in range(len(texts)):
        for b in range(a + 1, len(texts)):
            shorter, longer = (b, a) if len(naive.words(texts[b])) < len(naive.words(texts[a])) else (a, b)
            expected = {
                "rare_containment": naive.rare_containment(texts[shorter], texts[longer], weight),
                "rare_containment_longer": naive.rare_containment(texts[longer], texts[shorter], weight),
            }
            assert ((a, b) in found) == (max(expected.values()) >= LEAST_OF_SHORT)
            if (a, b) not in found:
                continue
            expected |= naive.agreement(texts[a], texts[b])
            expected["elsewhere"] = naive.elsewhere(texts[shorter], texts[longer], weight, frequency)
            assert set(expected) | {"resemblance", "containment_left", "containment_right"} == set(MEASURES)
            for name, value in expected.items():
                assert measured[name][found[a, b]] == pytest.approx(value, abs=1e-12), name


def test_weights_fall_with_frequency() -> None:
    assert rare.RARITY_WEIGHTS[:13].tolist() == [24] * 13
    assert rare.RARITY_WEIGHTS[24] == 12
    assert rare.RARITY_WEIGHTS[36:].tolist() == [0] * 220


def test_long_documents_must_share_more_to_be_measured() -> None:
    """One long pair under the bar, one over it, and a short one that a lower bar lets through."""
    pairs = []
    for size, shared in ((400, 25), (400, 60), (100, 12)):
        draw = random.Random(size + shared)
        text = [f"w{draw.randrange(10**9)}" for _ in range(size)]
        other = [f"w{draw.randrange(10**9)}" for _ in range(size)]
        pairs += [" ".join(text), " ".join(text[:shared] + other[shared:])]
    corpus = corpus_of(pairs)
    frequencies = rare.pair_frequencies(corpus, np.arange(6), 22)
    found = agreement_evidence(corpus, all_pairs(6), rare.rare_pairs(corpus, frequencies))
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(2, 3), (4, 5)]
    assert found["rare_containment"].tolist() == pytest.approx([59 / 403, 11 / 103])
