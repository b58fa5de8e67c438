"""Word pairs, their frequencies, sketches and postings equal the oracle."""

from __future__ import annotations

import itertools
from contextlib import closing

import naive
import numpy as np
import pytest
from conftest import article, edited
from corpora import corpus_of, sketched
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.candidates import sketch_join, word_pairs
from dedup.candidates.pairs import split
from dedup.kernels import word_pair_sketches as kernel
from dedup.params import Params
from dedup.store.scratch import Scratch

words = st.lists(st.sampled_from(["a", "b", "c", "dd", "ee", "中", "文", "字", "x1", "ก", "ไทย"]), max_size=30).map(
    " ".join
)


@given(words)
@example("中文字中文")
@example("a 中文字中 b")
@example("中文字")
@example("a กลาง b กลางของ 中文 ไทย b")
@example("a")
@example("")
def test_word_pairs(text: str) -> None:
    corpus = corpus_of([text])
    room = np.zeros(50, np.uint64)
    count = kernel.word_pairs(corpus.tokens, 0, len(corpus.tokens), room)
    assert room[:count].tolist() == naive.word_pairs(text)


def listed_of(rare_pairs: word_pairs.RarePairs, document: int) -> list[tuple[int, int]]:
    """Return upper half of the hash and weight of the rare pairs of a document."""
    some = slice(rare_pairs.firsts[document], rare_pairs.lasts[document])
    return list(zip(rare_pairs.hashes[some].tolist(), rare_pairs.weights[some].tolist(), strict=True))


def naive_list(text: str, frequencies: dict[int, int], slots: int) -> list[tuple[int, int]]:
    """The same from the definition: 24 up to 12 articles, 0 from 36, and 128 more from 7 articles on."""
    found = []
    for pair in naive.word_pairs(text):
        count = frequencies[pair % slots]
        weight = min(24, max(0, 24 * (36 - count) // 24))
        if weight:
            found.append((pair >> 32, weight + (128 if count > 6 else 0)))
    return found


@settings(max_examples=60)
@given(st.lists(words, min_size=1, max_size=12), st.integers(2, 6), st.integers(1, 6))
def test_frequencies_and_sketches(texts: list[str], most: int, size: int) -> None:
    corpus = corpus_of(texts)
    documents = np.arange(len(texts))
    bits = 10  # few enough slots that pairs meet in one
    frequencies = word_pairs.pair_frequencies(corpus, documents, bits)
    expected = naive.pair_frequencies(texts, 1 << bits)
    assert {int(slot): int(frequencies[slot]) for slot in np.nonzero(frequencies)[0]} == expected
    assert (word_pairs.pair_frequencies(corpus, documents, bits, threads=4) == frequencies).all()
    params = Params(rare_df=most, sketch_size=size)
    found, rare_pairs = sketched(corpus, documents, frequencies, params)
    for place, text in enumerate(texts):
        sketch = found.hashes[place, : found.sizes[place]].tolist()
        assert sketch == naive.sketch(text, expected, 1 << bits, most, size)
    for listed in (rare_pairs, word_pairs.rare_pairs(corpus, frequencies)):
        for document, text in enumerate(texts):
            assert listed_of(listed, document) == naive_list(text, expected, 1 << bits)


def test_sketches_of_long_and_of_many_documents() -> None:
    """Sketches are filled from under a ceiling first, and documents are looked up by the block."""
    texts = [article(seed, length) for seed, length in ((1, 900), (2, 40), (1, 700), (3, 30), (2, 60), (4, 400))]
    corpus = corpus_of(texts)
    documents = np.array([0, 2, 3, 4, 5, 1])
    frequencies = word_pairs.pair_frequencies(corpus, documents, 20)
    expected = naive.pair_frequencies(texts, 1 << 20)
    whole = sketched(corpus, documents, frequencies, Params(sketch_size=16))
    params = Params(sketch_size=16)
    blocks = [sketched(corpus, documents, frequencies, params, threads, block_tokens=5_000) for threads in (1, 2, 4)]
    for found, rare_pairs in (whole, *blocks):
        for row, document in enumerate(documents):
            sketch = found.hashes[row, : found.sizes[row]].tolist()
            assert sketch == naive.sketch(texts[document], expected, 1 << 20, Params().rare_df, 16)
            assert listed_of(rare_pairs, int(document)) == naive_list(texts[document], expected, 1 << 20)


def test_frequencies_count_a_document_once() -> None:
    corpus = corpus_of(["one two " * 50] * 300)
    assert word_pairs.pair_frequencies(corpus, np.arange(7), 20).max() == 7
    assert word_pairs.pair_frequencies(corpus, np.arange(128), 20).max() == 128


@pytest.mark.parametrize("times", [300, 5000])
def test_counts_over_128_are_estimates(times: int) -> None:
    pairs = 60
    corpus = corpus_of([" ".join(f"a{n} b{n}" for n in range(pairs))] * times)
    frequencies = word_pairs.pair_frequencies(corpus, np.arange(times), 24)
    found = frequencies[frequencies > 0].astype(float)
    assert len(found) == 2 * pairs - 1
    estimates = 128 * 2 ** ((found - 128) / 8)
    # A step is 9 %; the slots are raised by chances of their own.
    assert np.mean(estimates) == pytest.approx(times, rel=0.06)
    assert np.abs(estimates / times - 1).max() < 1.0
    assert (word_pairs.pair_frequencies(corpus, np.arange(times), 24) == frequencies).all()


@settings(max_examples=60)
@given(st.lists(st.sets(st.integers(0, 12), max_size=5), min_size=1, max_size=15), st.integers(1, 3), st.integers(2, 6))
def test_postings_pair_those_that_share_enough(sketches: list[set[int]], overlap: int, limit: int) -> None:
    expected = []
    for a, b in itertools.combinations(range(len(sketches)), 2):
        owners = [[d for d in range(len(sketches)) if key in sketches[d]] for key in sketches[a] & sketches[b]]
        needed = max(1, overlap * min(len(sketches[a]), len(sketches[b])) // 5)
        shared = sum(posting.index(a) < limit for posting in owners)
        if shared >= needed:
            expected.append((a, b))
    keys = np.zeros((len(sketches), 5), np.uint64)
    for row, hashes in zip(keys, sketches, strict=True):
        row[: len(hashes)] = sorted(hashes)
    sizes = np.array([len(hashes) for hashes in sketches], np.uint16)
    names = np.arange(len(sketches)) * 3  # documents need not be consecutive
    found = word_pairs.Sketches(keys, sizes)
    with closing(Scratch()) as scratch, closing(Scratch(memory=1)) as little:
        pairs, longest, crowded = sketch_join.pairs_in_postings(found, names, overlap, 1, limit, scratch)
        owners = [[d for d in range(len(sketches)) if key in sketches[d]] for key in range(13)]
        assert crowded.tolist() == sorted({3 * d for posting in owners if len(posting) > limit + 1 for d in posting})
        assert [(a // 3, b // 3) for a, b in zip(*split(pairs), strict=True)] == expected
        in_parts = sketch_join.pairs_in_postings(found, names, overlap, 1, limit, little, 3)
        assert in_parts[0].tolist() == pairs.tolist()
        some = np.arange(0, len(sketches), 2)
        of_some, *_ = sketch_join.pairs_in_postings(found[some], names[some], overlap, 1, 99, scratch)
        alone, *_ = sketch_join.pairs_in_postings(
            word_pairs.Sketches(keys[::2], sizes[::2]), names[some], overlap, 1, 99, scratch
        )
        assert of_some.tolist() == alone.tolist()
    assert longest.size == max(sum(key in hashes for hashes in sketches) for key in range(13))


def test_the_road_finds_what_shares_no_shingle() -> None:
    """Every third word another one: word-5 resemblance nearly 0, and yet a candidate."""
    originals = [article(seed, 40) for seed in range(50)]
    copies = [edited(text, 1, 0.3) for text in originals]
    corpus = corpus_of(originals + copies)
    everything = np.arange(100)
    params = Params()
    frequencies = word_pairs.pair_frequencies(corpus, everything, 22)
    found, _ = sketched(corpus, everything, frequencies, params)
    with closing(Scratch()) as scratch:
        pairs, *_ = sketch_join.pairs_in_postings(found, everything, 4, 2, sketch_join.posting_limit(params), scratch)
    found_pairs = set(zip(*(side.tolist() for side in split(pairs)), strict=True))
    assert sum((n, n + 50) in found_pairs for n in range(50)) >= 49
    assert max(naive.resemblance(a, b, 5) for a, b in zip(originals, copies, strict=True)) < 0.2


def test_the_table_is_bounded_by_the_memory() -> None:
    assert word_pairs.frequency_bits(10**9, memory=4 * 10**9) == 29
    assert word_pairs.frequency_bits(10**9, memory=400_000_000) == 27
    assert word_pairs.frequency_bits(100, memory=10**9) == word_pairs.USUAL_BITS
    assert word_pairs.frequency_bits(100, memory=10) == word_pairs.LEAST_BITS
    assert not word_pairs.is_crowded(600_000_000, memory=10**9)
    assert word_pairs.is_crowded(1_200_000_000, memory=10**9)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=400) | st.lists(st.integers(0, 40), max_size=400))
@example([*range(3000, 0, -1)])
@example([5] * 2000)
def test_hashes_are_sorted_however_they_are_spread(values: list[int]) -> None:
    """Texts can be made whose pairs have hashes of one kind."""
    hashes, out = np.array(values, np.uint64), np.empty(len(values), np.uint64)
    kernel.sort_uniform(hashes, np.uint64(2**64 - 1), out)
    assert out.tolist() == sorted(values)
