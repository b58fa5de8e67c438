"""Versions of one text are one family however many they are, strangers and pieces of a series never."""

from __future__ import annotations

import random
from contextlib import closing

import naive
import numpy as np
import pytest
from conftest import edited, report
from corpora import all_pairs, corpus_of, segmented
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.candidates.pairs import joined, split
from dedup.judge import families
from dedup.judge.differences import NUMBERS_IN_LETTERS
from dedup.judge.families import (
    ALL_COVERED,
    CONTRADICTED,
    COVERED,
    HUBS,
    LARGE,
    LEAD_COVERED,
    OVERLAP,
    PASSAGE_SKETCH,
    SERIES,
    TURNS,
    Families,
)
from dedup.judge.furniture import own_prose
from dedup.store.scratch import Scratch

IN_LETTERS = {word: value for value, words in NUMBERS_IN_LETTERS.items() for word in words.split()}
SYLLABLES = [consonant + vowel for consonant in "bcdfgklmnprstvz" for vowel in "aeiou"]


def news(seed: int, words: int = 300) -> str:
    """An article of frequent and rare words, and figures among them."""
    draw = random.Random(seed)
    word = [
        lambda: "".join(draw.choices(SYLLABLES, k=draw.choice((1, 1, 2, 3, 4)))),
        lambda: f"{draw.randrange(3000):,}",
    ]
    return " ".join(draw.choices(word, (15, 1))[0]() for _ in range(words))


def version(story: str, seed: int) -> str:
    """What an outlet makes of a story: a header of its own, some words changed, perhaps cut, perhaps with a foot."""
    draw = random.Random(seed)
    text = edited(story, seed, 0.03).split()
    text = text[: int(len(text) * draw.choice([1.0, 1.0, draw.uniform(0.45, 1.0)]))]
    header = news(10**6 + seed, draw.randrange(60)).split()
    return " ".join([*header, *text, *news(10**7 + seed, draw.choice([0, 30])).split()])


def found(texts: list[str], threads: int = 1, memory: int = 10**9) -> Families:
    corpus, segments = segmented(texts)
    with closing(Scratch(memory=memory)) as scratch:
        return families.find_families(corpus, segments, np.arange(len(texts)), scratch, threads)


@pytest.mark.parametrize("size", [2, 10, 50, 300])
def test_versions_are_one_family_however_many(size: int) -> None:
    strangers = [news(seed) for seed in range(100, 130)]
    two = [version(news(story), 1000 * story + k) for k in range(size) for story in (1, 2)]
    root = found([*strangers, *two]).root
    assert root.tolist() == [*range(30), *[30, 31] * size]


def test_strangers_are_of_no_family() -> None:
    texts = [news(seed, random.Random(seed).randrange(20, 500)) for seed in range(200)]
    assert found(texts).root.tolist() == list(range(200))


@pytest.mark.parametrize("longest", [1, 5])
def test_strangers_that_share_common_words_only_are_of_no_family(longest: int) -> None:
    """Nothing but the commonest words and stock phrases: what few texts in a small corpus may all have in common."""
    draw = random.Random(7)
    words = ["".join(draw.choices(SYLLABLES, k=2)) for _ in range(40)]
    phrases = [" ".join(draw.choices(words, k=draw.randint(1, longest))) for _ in range(120)]
    texts = [" ".join(draw.choices(phrases, k=200 // longest)) for _ in range(200)]
    assert found(texts).root.tolist() == list(range(200))


def test_pieces_of_a_series_are_of_no_family() -> None:
    families_of = found([report(seed) for seed in range(60)])
    assert len(families_of.met) > 100
    assert families_of.root.tolist() == list(range(60))


def test_those_who_open_alike_and_go_on_apart_are_of_no_family() -> None:
    opening = news(1, 60)
    assert found([f"{opening} {news(seed)}" for seed in range(2, 10)]).root.tolist() == list(range(8))


def test_what_reuses_a_passage_in_its_midst_is_of_no_family() -> None:
    """Background of which it has less than half."""
    story = news(1, 400)
    passage = " ".join(story.split()[200:320])
    assert found([story, f"{news(2, 100)} {passage} {news(3, 60)}"]).root.tolist() == [0, 1]


def naive_versions(one: str, other: str) -> bool:
    """Most of the shorter is in the longer, both begin the same story, and numbers in the same places agree."""
    *covered, lead = naive.coverage(one, other)
    if covered[0] < COVERED or lead < LEAD_COVERED or min(covered) >= ALL_COVERED:
        return covered[0] >= COVERED and lead >= LEAD_COVERED
    hashes = [[naive.token_hash(token) for token in naive.tokens(text)] for text in (one, other)]
    facts = [[24 if value & 3 == naive.NUMBER else 0 for value in side] for side in hashes]
    return naive.contradicted(*hashes, *facts, IN_LETTERS) < CONTRADICTED


def naive_met(texts: list[str]) -> list[tuple[int, int]]:
    """Pairs whose sketches share passages enough; each document meets the first ones before it."""
    sketches = [set(naive.passage_sketch(text, PASSAGE_SKETCH)) for text in texts]
    pairs = zip(*split(all_pairs(len(texts))), strict=True)
    return [(int(a), int(b)) for a, b in pairs if len(sketches[a] & sketches[b]) >= OVERLAP]


def naive_roots(texts: list[str], met: list[tuple[int, int]]) -> list[int]:
    """In every turn each document tries the first one it has met, of those that are of another family."""
    root = list(range(len(texts)))
    for _ in range(TURNS):
        met = [(a, b) for a, b in met if root[a] != root[b]]
        tried = [(a, b) for a, b in met if (a, b) == min(pair for pair in met if pair[1] == b)]
        for a, b in tried:
            if naive_versions(texts[a], texts[b]):
                first, second = sorted((root[a], root[b]))
                root = [first if one == second else one for one in root]
        met = [pair for pair in met if pair not in tried]
    # Each stays with a hub of which it is a version: the longest one, or the longest of those that are none of it.
    hub_of = list(range(len(texts)))
    for family in set(root):
        left = [k for k in range(len(texts)) if root[k] == family]
        for _ in range(HUBS):
            if left:
                hub = max(left, key=lambda k: len(naive.tokens(texts[k])))
                for k in left:
                    if k == hub or naive_versions(texts[min(hub, k)], texts[max(hub, k)]):
                        hub_of[k] = hub
                left = [k for k in left if hub_of[k] != hub]
    return [hub_of.index(hub) for hub in hub_of]


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_families_equal_the_definition(seed: int, size: int) -> None:
    draw = random.Random(seed)
    stories = [news(draw.randrange(10**6), draw.choice([30, 90, 200])) for _ in range(2)]
    texts = []
    for _ in range(size):
        parts = [edited(story, draw.randrange(10**6), draw.choice([0, 0.05, 0.1, 0.3])).split() for story in stories]
        # One of both or both; cut in front or behind; some with a header.
        draw.shuffle(parts)
        parts = [part[: draw.choice([0, len(part), len(part), len(part) // 2])] for part in parts]
        header = news(draw.randrange(10**6), draw.choice([1, 20, 70, 90])).split()
        texts.append(" ".join([*header, *parts[0][draw.choice([0, 0, 0, 20]) :], *parts[1]]))
    families_of = found(texts)
    met = naive_met(texts)
    assert list(zip(*(side.tolist() for side in split(families_of.met)), strict=True)) == met
    assert families_of.root.tolist() == naive_roots(texts, met)
    assert families_of.delegates.all()


@pytest.fixture(scope="module")
def large() -> tuple[list[str], Families]:
    """Ninety versions of one story, three of another, three strangers, in turn."""
    texts = [version(news(1), seed) for seed in range(90)]
    for place, text in enumerate([*(version(news(2), seed) for seed in (1, 2, 3)), *map(news, (3, 4, 5))]):
        texts.insert(17 * place, text)
    return texts, found(texts)


def test_of_a_large_family_the_longest_and_the_first_are_delegates(large: tuple[list[str], Families]) -> None:
    texts, families_of = large
    members = np.flatnonzero(families_of.root == 1).tolist()
    assert len(members) == 90
    assert np.flatnonzero(families_of.root != np.arange(96)).tolist() == sorted({*members, 17, 34} - {1})
    lengths = corpus_of(texts).lengths
    longest = sorted(members, key=lambda place: -lengths[place])
    expected = {*range(96)} - {*members} | {*longest[: LARGE // 2]} | {*members[: LARGE // 2]}
    assert np.flatnonzero(families_of.delegates).tolist() == sorted(expected)


def test_of_a_large_family_only_delegates_meet(large: tuple[list[str], Families]) -> None:
    _, families_of = large
    left, right = split(families_of.met)
    within = (families_of.root[left] == 1) & (families_of.root[right] == 1)
    assert (families_of.delegates[left] & families_of.delegates[right])[within].all()
    assert within.sum() > 100
    assert {(0, 17), (0, 34), (17, 34)} <= set(zip(left[~within].tolist(), right[~within].tolist(), strict=True))


def test_a_family_no_larger_than_that_meets_as_it_is() -> None:
    texts = [version(news(1), seed) for seed in range(LARGE)]
    families_of = found(texts)
    assert not families_of.root.any()
    assert families_of.delegates.all()


def test_of_each_family_the_longest_article_counts(large: tuple[list[str], Families]) -> None:
    texts, families_of = large
    lengths = corpus_of(texts).lengths
    # Near copies, which are no articles, do not count, be they the longest.
    for articles in (range(96), range(2, 96), [k for k in range(96) if lengths[k] < 350]):
        groups: dict[int, list[int]] = {}
        for article in articles:
            groups.setdefault(int(families_of.root[article]), []).append(article)
        longest = sorted(max(group, key=lambda k: lengths[k]) for group in groups.values())
        assert families_of.counted(np.array(articles), lengths).tolist() == longest
    assert len(families_of.counted(np.arange(96), lengths)) == 5


def test_stragglers_count_with_the_family_that_they_were_linked_to() -> None:
    """Where nearly all of those agree: eight of ten do here, then two of four."""
    linked = np.array([0] * 10 + [10] * 4 + [14])
    root = np.array([0] * 8 + [8, 9, 10, 10, 12, 13, 14])
    assert families._with_stragglers(root, linked).tolist() == [0] * 10 + [10, 10, 12, 13, 14]
    of_one = Families(root, families._with_stragglers(root, linked), np.empty(0, np.uint64), np.ones(15, bool))
    lengths = np.array([5, 5, 9, 5, 5, 5, 5, 5, 8, 9, 1, 2, 3, 4, 5])
    assert of_one.counted(np.arange(15), lengths).tolist() == [2, 11, 12, 13, 14]
    assert of_one.counted(np.array([0, 3, 8]), lengths).tolist() == [8]


def column(seed: int, own: int) -> str:
    """A weekly column in a frame of two hundred words, with this many sentences of fifteen words of its own."""
    sentences = [news(1000 * seed + k, 15) for k in range(own)]
    frame = [news(10**5 + k, 20) for k in range(10)]
    return ". ".join([*frame[:6], *sentences, *frame[6:]])


@pytest.mark.parametrize("size", [SERIES - 1, SERIES, 40])
@pytest.mark.parametrize(("own", "is_series"), [(1, False), (3, True)])
def test_a_series_is_no_family(size: int, own: int, is_series: bool) -> None:
    others = [version(news(1), seed) for seed in range(SERIES)]
    root = found([*others, *(column(seed, own) for seed in range(size))]).root
    alone = is_series and size >= SERIES
    assert root.tolist() == [0] * SERIES + [SERIES + (k if alone else 0) for k in range(size)]


sentences = st.lists(st.lists(st.sampled_from(["a", "b", "cookies", "c"]), min_size=1, max_size=30), max_size=6)


@given(sentences.filter(bool), sentences.filter(bool), st.integers(0, 3))
def test_prose_of_ones_own_equals_the_definition(one: list[list[str]], other: list[list[str]], shared: int) -> None:
    texts = [". ".join(" ".join(sentence) for sentence in text) for text in (one, [*one[:shared], *other])]
    corpus, segments = segmented(texts)
    measured = own_prose(corpus, segments, np.array([0, 1]), np.array([1, 0]))
    hashes = [
        [sentence.tolist() for sentence in np.split(corpus.tokens[start:end], segments.stops[first : last - 1])]
        for start, end, first, last in zip(corpus.starts, corpus.ends, segments.firsts, segments.lasts, strict=True)
    ]
    flat = [[word for sentence in text for word in sentence] for text in hashes]
    marks = {naive.token_hash("cookies")}
    expected = [naive.own_prose(hashes[k], flat[1 - k], marks.__contains__) for k in (0, 1)]
    assert measured.tolist() == expected


@pytest.mark.parametrize(("threads", "memory"), [(2, 10**9), (3, 10**9), (1, 1 << 18), (2, 1 << 20)])
def test_neither_threads_nor_memory_change_a_family(
    large: tuple[list[str], Families], threads: int, memory: int
) -> None:
    texts, one = large
    other = found(texts, threads=threads, memory=memory)
    for name in Families.__slots__:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


def test_those_that_are_not_compared_are_of_no_family() -> None:
    texts = [version(news(1), seed) for seed in range(6)]
    corpus, segments = segmented(texts)
    for some in ([], [2], [1, 3, 4]):
        with closing(Scratch()) as scratch:
            families_of = families.find_families(corpus, segments, np.array(some, np.int64), scratch)
        assert families_of.root.tolist() == [some[0] if place in some else place for place in range(6)]
        pairs = all_pairs(6)[[a in some and b in some for a, b in zip(*split(all_pairs(6)), strict=True)]]
        assert families_of.met.tolist() == joined(*split(pairs)).tolist()
