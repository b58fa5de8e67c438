"""The benchmark's planted copies are what their kinds promise, and the truth about them is the oracle's."""

from __future__ import annotations

import difflib
import random

import naive
import pytest

from benchmarks.corpora.articles import read_articles
from benchmarks.corpora.copies import read_copies, write_copies
from benchmarks.corpora.edits import KINDS, WORD_SHARES, edit
from benchmarks.corpora.plant import MIN_WORDS, plant, write

VOWELS, CONSONANTS = "aeiou", "bcdfgklmnprstvz"
ODDITIES = ("Zoë's", "ıstanbul", "straße", "U.S.-led", "£3.5bn,", "“quoted”", "co\u00adoperate", "東京", "don't")


def article(rng: random.Random, words: int) -> str:
    """Make up an article: sentences of invented words and a few oddities, in paragraphs."""
    pieces = []
    for i in range(words):
        word = "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 4)))
        word = rng.choice(ODDITIES) if rng.random() < 0.05 else word
        pieces.append(word + rng.choice((" ", " ", " ", ", ", ". ", "\n\n")) if i < words - 1 else word)
    return "".join(pieces)


@pytest.fixture(scope="module")
def articles() -> dict[str, str]:
    rng = random.Random(5)
    return {f"made/{i}": article(rng, rng.randint(MIN_WORDS, 400)) for i in range(60)}


@pytest.fixture(scope="module")
def donor() -> list[str]:
    return article(random.Random(6), 300).split()


def test_exact_is_equal(articles, donor):
    for text in articles.values():
        assert edit(text, "exact", random.Random(1), donor) == text


def test_case_and_space_change_the_text_but_not_its_tokens(articles, donor):
    for text in articles.values():
        copy = edit(text, "case_space", random.Random(1), donor)
        assert copy != text
        assert naive.tokens(copy) == naive.tokens(text)


def test_excerpt_is_one_contiguous_part(articles, donor):
    for text in articles.values():
        copy = edit(text, "excerpt", random.Random(1), donor)
        assert copy in text
        assert naive.containment(copy, text, 5) == 1.0
        assert 0.14 <= len(copy.split()) / len(text.split()) <= 0.51


@pytest.mark.parametrize("kind", WORD_SHARES)
def test_word_edits_touch_the_share_asked_for(kind, articles, donor):
    for text in articles.values():
        before, after = text.split(), edit(text, kind, random.Random(1), donor).split()
        blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        changed = sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in blocks if tag != "equal")
        wanted = max(1, round(WORD_SHARES[kind] * len(before)))
        # A word may happen to be replaced by itself, and neighbouring edits may be counted as one.
        assert wanted * 0.6 <= changed <= wanted


def test_wire_wraps_a_text_that_lost_its_tail(articles, donor):
    for text in articles.values():
        copy = edit(text, "wire", random.Random(1), donor)
        headline, body, _footer = copy.split("\n\n", 1)[0], copy.split(") - ", 1)[1], copy.rsplit("\n\n", 1)[1]
        kept = body.rsplit("\n\n", 1)[0]
        assert text.startswith(kept)
        assert 0.69 <= len(kept.split()) / len(text.split()) <= 0.96
        assert 6 <= len(headline.split()) <= 12


def test_every_kind_copes_with_one_word(donor):
    for kind in KINDS:
        assert isinstance(edit("word", kind, random.Random(1), donor), str)


def test_kinds_come_in_turn_and_only_from_long_articles(articles):
    texts, copies = plant({**articles, "short": "too short"}, seed=1, share=0.5)
    assert len(copies) == len(texts) == round(0.5 * 61)
    assert [copy.kind for copy in copies[: len(KINDS)]] == list(KINDS)
    assert "short" not in {copy.left for copy in copies}
    assert len({copy.left for copy in copies}) == len(copies)


def test_truth_is_that_of_the_oracle(articles):
    texts, copies = plant(articles, seed=1, share=1.0)
    for copy in copies:
        original, text = articles[copy.left], texts[copy.right]
        assert copy.resemblance == naive.resemblance(original, text, 5)
        assert copy.containment == naive.containment(text, original, 5)


def test_a_seed_decides_everything(articles):
    assert plant(articles, seed=3) == plant(articles, seed=3)
    assert plant(articles, seed=3) != plant(articles, seed=4)


def test_written_corpus_holds_originals_and_copies(articles, tmp_path):
    texts, copies = plant(articles, seed=1, share=0.5)
    write(tmp_path, articles, texts, copies, seed=1)
    assert read_articles(tmp_path / "corpus.jsonl") == articles | texts
    assert read_copies(tmp_path / "planted.jsonl") == copies
    write_copies(tmp_path / "again.jsonl", copies)
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "planted.jsonl").read_bytes()
