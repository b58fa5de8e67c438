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

from dedup.candidates import word_pairs
from dedup.judge.differences import NUMBERS_IN_LETTERS, contradictions, with_contradictions
from dedup.judge.evidence import LEAST_OF_SHORT, agreement_evidence, shingle_evidence, with_furniture, with_shingles
from dedup.kernels.agreement import once_words
from dedup.params import Params
from dedup.schema import MEASURES
from dedup.store.scratch import read_only
from dedup.store.secret import table_multiplier

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
    once_words(tokens, starts, ends, np.arange(len(documents)), starts, lasts, places, table_multiplier())
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


IN_LETTERS = {word: value for value, words in NUMBERS_IN_LETTERS.items() for word in words.split()}


@settings(max_examples=120)
@given(st.lists(related_texts(), min_size=1, max_size=3))
def test_agreement_equals_the_definitions(pairs: list[tuple[str, str]]) -> None:
    texts = [text for pair in pairs for text in pair]
    corpus = corpus_of(texts)
    bits = 12
    frequencies = 3 * word_pairs.pair_frequencies(corpus, np.arange(len(texts)), bits)  # to both sides of all borders
    counted = naive.pair_frequencies(texts, 1 << bits)
    rare_pairs = word_pairs.rare_pairs(corpus, frequencies)
    measured = agreement_evidence(corpus, all_pairs(len(texts)), rare_pairs)
    measured = with_contradictions(corpus, measured, rare_pairs, np.ones(len(measured.left), bool))
    complete = with_shingles(corpus, measured, Params())
    unmeasured = [name for name in MEASURES if np.isnan(complete[name]).any()]
    later = ["new_stages", "new_weekdays", "hours", "furniture", "furniture_longer", "carried", "news"]
    assert unmeasured == (later if len(complete.left) else [])

    def weight(pair: int) -> int:
        return min(24, max(0, 24 * (36 - 3 * counted[pair % (1 << bits)]) // 24))

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
            sides = [naive.words(text) for text in (texts[a], texts[b])]
            weights = [naive.facts(text, weight) for text in (texts[a], texts[b])]
            expected["contradicted"] = naive.contradicted(*sides, *weights, IN_LETTERS)
            shingles = {"resemblance", "containment_left", "containment_right"}
            assert set(expected) | shingles | set(later) == set(MEASURES)
            for name, value in expected.items():
                assert measured[name][found[a, b]] == pytest.approx(value, abs=1e-12), name


NUMBERS = [
    "5,000",
    "5 000",
    "5000",
    "5",
    "000",
    "12.500",
    "1 234 567 890 123",
    "four",
    "4",
    "zwölf",
    "12",
    "007",
    "٤",
    "๕",
]
TEMPLATES = [
    [*["the", "mayor", "of", "the", "old", "town", "said", "on", "monday", "that"], *NUMBERS[:4]],
    [*["ab", "ab", "cd", "ef", "gh"], *NUMBERS],
    [*"中文字本日年月大小", "5", "四", "7", "2024"],
    [*"กลางของที่มาเล็กใหญ่", "๕", "12", "a", "b"],
]


@st.composite
def moulded_texts(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts with one frame, in one of which the slots are filled again: other numbers, styles, words."""
    choice = draw(st.sampled_from(TEMPLATES))
    word = st.one_of(st.sampled_from(choice), st.sampled_from(NUMBERS), st.integers(0, 60).map("w{}".format))
    text = draw(st.lists(word, min_size=1, max_size=60))
    other: list[str] = []
    for kept in text:
        kind = draw(st.sampled_from(["same"] * 7 + ["filled", "more", "none"]))
        other += [kept] if kind == "same" else draw(st.lists(word, max_size=12)) if kind == "more" else []
        other += [draw(word)] if kind == "filled" else []
    return " ".join(text), " ".join(other) or draw(word)


@settings(max_examples=250)
@given(st.lists(moulded_texts(), min_size=1, max_size=3), st.sampled_from([1, 2, 5]), st.booleans())
def test_contradictions_equal_the_definition(pairs: list[tuple[str, str]], times: int, with_words: bool) -> None:
    texts = [text for pair in pairs for text in pair]
    corpus = corpus_of(texts)
    bits = 12
    frequencies = 3 * times * word_pairs.pair_frequencies(corpus, np.arange(len(texts)), bits)
    counted = naive.pair_frequencies(texts, 1 << bits)

    def weight(pair: int) -> int:
        return min(24, max(0, 24 * (36 - 3 * times * counted[pair % (1 << bits)]) // 24)) if with_words else 0

    rare_pairs = word_pairs.rare_pairs(corpus, frequencies)
    left, right = (np.array(side) for side in zip(*((2 * k, 2 * k + 1) for k in range(len(pairs))), strict=True))
    listed = rare_pairs if with_words else None
    for threads in (1, 2):
        measured = contradictions(corpus, rare_pairs.words, left, right, listed, threads)
        for a, b, found in zip(left, right, measured, strict=True):
            sides = [naive.words(text) for text in (texts[a], texts[b])]
            weights = [naive.facts(text, weight) for text in (texts[a], texts[b])]
            assert found == naive.contradicted(*sides, *weights, IN_LETTERS)


def test_contradictions_of_long_texts_equal_the_definition() -> None:
    """Of hundreds of words that come again and again, rare and not, some with whole passages of their own."""
    draw = random.Random(5)
    vocabulary = [f"w{n}" for n in range(400)]
    texts = []
    for _ in range(60):
        text = [draw.choice([draw.choice(vocabulary[:25]), draw.choice(vocabulary), *NUMBERS]) for _ in range(300)]
        fresh = [draw.choice(["x{}", "{}", "{}"]).format(draw.randrange(10**4)) for _ in range(1000)]
        other = list(text)
        for _ in range(draw.randrange(2, 30)):
            start, size = draw.randrange(len(other)), draw.choice([1] * 12 + [2, 9, 10, 11] * 2 + [210])
            other[start : start + size] = draw.choices(
                [*vocabulary, *fresh, *text], k=draw.choice([1, size, size, size + 1, 10, 11])
            )
        texts += [" ".join(text), " ".join(other)]
    corpus = corpus_of(texts)
    frequencies = np.minimum(36, 7 * word_pairs.pair_frequencies(corpus, np.arange(len(texts)), 18).astype(int)).astype(
        np.uint8
    )
    counted = naive.pair_frequencies(texts, 1 << 18)
    rare_pairs = word_pairs.rare_pairs(corpus, frequencies)
    left = np.arange(0, len(texts), 2)
    measured = contradictions(corpus, rare_pairs.words, left, left + 1, rare_pairs)
    for a, found in zip(left, measured, strict=True):
        sides = [naive.words(text) for text in texts[a : a + 2]]
        weights = [
            naive.facts(text, lambda pair: min(24, max(0, 36 - 7 * counted[pair % (1 << 18)])))
            for text in texts[a : a + 2]
        ]
        assert found == naive.contradicted(*sides, *weights, IN_LETTERS)
    assert len({*measured}) > 30


def test_weights_fall_with_frequency() -> None:
    assert word_pairs.RARITY_WEIGHTS[:13].tolist() == [24] * 13
    assert word_pairs.RARITY_WEIGHTS[24] == 12
    assert word_pairs.RARITY_WEIGHTS[36:].tolist() == [0] * 220


def test_long_documents_must_share_more_to_be_measured() -> None:
    """One long pair under the bar, one over it, and a short one that a lower bar lets through."""
    pairs = []
    for size, shared in ((400, 25), (400, 60), (100, 12)):
        draw = random.Random(size + shared)
        text = [f"w{draw.randrange(10**9)}" for _ in range(size)]
        other = [f"w{draw.randrange(10**9)}" for _ in range(size)]
        pairs += [" ".join(text), " ".join(text[:shared] + other[shared:])]
    corpus = corpus_of(pairs)
    frequencies = word_pairs.pair_frequencies(corpus, np.arange(6), 22)
    found = agreement_evidence(corpus, all_pairs(6), word_pairs.rare_pairs(corpus, frequencies))
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(2, 3), (4, 5)]
    assert found["rare_containment"].tolist() == pytest.approx([59 / 403, 11 / 103])


@pytest.mark.parametrize(("page", "story", "expected"), [(30, 90, 1.0), (31, 90, 59 / 60), (40, 80, 50 / 60)])
def test_a_story_begins_in_the_first_quarter_of_a_text(page: int, story: int, expected: float) -> None:
    text = [f"w{k}" for k in range(story)]
    corpus = corpus_of([" ".join([*(f"{letter}{k}" for k in range(page)), *text]) for letter in "xy"])
    frequencies = word_pairs.pair_frequencies(corpus, np.arange(2), 22)
    measured = agreement_evidence(corpus, all_pairs(2), word_pairs.rare_pairs(corpus, frequencies))
    assert measured["shared_lead"].tolist() == [expected]


def test_furniture_is_measured_from_the_shorter_text_and_the_longer() -> None:
    """By what is left of them: of ten and twelve words here eight and six."""
    corpus = corpus_of(["a b c d e f g h", "a b c d e f"])
    measured = with_furniture(shingle_evidence(corpus, all_pairs(2), Params()), np.array([10, 12]), corpus.lengths)
    assert measured["furniture"].tolist() == [0.5]
    assert measured["furniture_longer"].tolist() == pytest.approx([0.2])
