"""The wire stories of the benchmark are what they promise, the truth about them is complete, and rows count rightly."""

from __future__ import annotations

import collections
import datetime
import random
import re

import orjson
import pytest

from benchmarks.corpora.articles import read_articles
from benchmarks.corpora.storms.numbers import DIGITS, NumberStyle
from benchmarks.corpora.storms.outlets import FURNITURE, outlet
from benchmarks.corpora.storms.stories import Story, cut, story
from benchmarks.corpora.storms.storm import HOURS, Storm, family, storm
from benchmarks.quality.storm import rows

VOWELS, CONSONANTS = "aeiou", "bcdfgklmnprstvz"
TEXT = (
    "About 5,000 people and four dogs came to Act 2 on March 4, 1998, said 3 of them, or 4 600.\n"
    "It cost £5m, or 12.5 per cent of 1,250,000; two-thirds paid 40% at 7 pm, after eleven days. They won 3-2."
)
"""Numbers of every kind that is written in several ways, and some that must stay as they are."""


def article(rng: random.Random, words: int) -> str:
    """Make up an article: sentences of invented words and numbers, in paragraphs."""
    sentences = []
    while words > 0:
        length = rng.randint(6, 20)
        made = ["".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 4)))]
        for _ in range(length - 1):
            word = "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(1, 4)))
            made.append(rng.choice(("the", "said", "5,000", "four", "Lindova")) if rng.random() < 0.2 else word)
        sentences.append(" ".join(made).capitalize() + "." + rng.choice((" ", " ", "\n")))
        words -= length
    return "".join(sentences).strip()


@pytest.fixture(scope="module")
def articles() -> dict[str, str]:
    rng = random.Random(5)
    return {f"made/{i}": article(rng, rng.randint(160, 600)) for i in range(60)}


@pytest.fixture(scope="module")
def corpus(articles) -> Storm:
    return storm(articles, seed=3, sizes=(2, 5, 60), scale=0.05, background=20)


def test_a_seed_decides_everything(articles, corpus):
    assert storm(articles, seed=3, sizes=(2, 5, 60), scale=0.05, background=20) == corpus
    assert storm(articles, seed=4, sizes=(2, 5, 60), scale=0.05, background=20).records != corpus.records


def test_ids_are_distinct_and_the_truth_covers_all_versions(articles, corpus):
    ids = [one["id"] for one in corpus.records]
    assert len(set(ids)) == len(ids)
    around = [key for key in ids if key in articles]
    assert sorted([*corpus.stories, *corpus.merged, *around]) == sorted(ids)
    assert len(around) == 20
    assert not set(around) & set(corpus.stories.values())
    for key, versions in corpus.families.items():
        assert {int(one.split("/")[0]) for one in versions} == {len(versions)}
        assert key in articles
    assert collections.Counter(map(len, corpus.families.values())) == {2: 3, 5: 3, 60: 1}
    assert all(set(two) <= set(corpus.families) and len(set(two)) == 2 for two in corpus.merged.values())
    assert corpus.merged


def words(text: str) -> collections.Counter[str]:
    return collections.Counter(re.findall(r"\w+", DIGITS.write(text).lower()))


def test_versions_keep_their_story(articles, corpus):
    texts = {one["id"]: one["text"] for one in corpus.records}
    for key, origin in corpus.stories.items():
        whole = words(articles[origin])
        assert (whole & words(texts[key])).total() >= 0.3 * whole.total()
    for key, two in corpus.merged.items():
        for origin in two:
            whole = words(articles[origin])
            assert (whole & words(texts[key])).total() >= 0.99 * whole.total()


def test_versions_are_dated_within_the_hours(corpus):
    by_story = collections.defaultdict(list)
    for one in corpus.records:
        assert re.fullmatch(r"2024-03-\d\dT\d\d:\d\d:\d\dZ", one["published"])
        assert one["source"]
        assert "{" not in one["text"]
        if one["id"] in corpus.stories:
            by_story[corpus.stories[one["id"]]].append(datetime.datetime.fromisoformat(one["published"][:-1]))
    assert all((max(dates) - min(dates)).total_seconds() <= HOURS * 3600 for dates in by_story.values())


def test_written_corpus_is_read_again(corpus, tmp_path):
    corpus.write(tmp_path)
    assert read_articles(tmp_path / "corpus.jsonl") == {one["id"]: one["text"] for one in corpus.records}
    truth = [orjson.loads(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    assert len(truth) == len(corpus.stories) + len(corpus.merged)


@pytest.mark.parametrize("thousands", [",", "", " ", "\u00a0"])
@pytest.mark.parametrize("words_to", [1, 9, 12])
@pytest.mark.parametrize(("percent", "is_short"), [("%", True), (" percent", False), (" per cent", True)])
def test_number_styles_agree_in_value(thousands, words_to, percent, is_short):
    style = NumberStyle(thousands, words_to, percent, is_short)
    assert DIGITS.write(style.write(TEXT)) == DIGITS.write(TEXT)
    assert style.write(style.write(TEXT)) == style.write(TEXT)


def test_numbers_are_written_as_the_house_does():
    assert NumberStyle(" ", 9, " percent", False).write(TEXT) == (
        "About 5 000 people and four dogs came to Act 2 on March 4, 1998, said three of them, or 4 600.\n"
        "It cost £5 million, or 12.5 percent of 1 250 000; two-thirds paid 40 percent at 7 pm, after 11 days. "
        "They won 3-2."
    )
    assert DIGITS.write("four per cent of 3,400 and 12 per cent of two") == "4% of 3400 and 12% of 2"


def test_a_cut_keeps_whole_sentences_and_the_share():
    wire = Story("x", (("One two three.", "Four five."), ("Six seven eight nine ten.",)), "AP", "ROME", "News", "Six")
    assert cut(wire, 0.2) == [["One two three."]]
    assert cut(wire, 0.31) == [["One two three.", "Four five."]]
    assert cut(wire, 0.51) == [["One two three.", "Four five."], ["Six seven eight nine ten."]]


def test_lost_paragraph_breaks_are_found():
    wire = story("x", 'He came in 1998.At first he said "no".Then Mr. Gray left. She stayed.\n\nAll 3 agreed.', 1)
    assert wire.paragraphs == (
        ("He came in 1998.",),
        ('At first he said "no".',),
        ("Then Mr. Gray left.", "She stayed."),
        ("All 3 agreed.",),
    )


@pytest.mark.parametrize("furniture", FURNITURE)
def test_outlets_come_again_with_other_stories(furniture, articles):
    assert outlet(7, 1, furniture) == outlet(7, 1, furniture)
    assert outlet(7, 1, furniture) != outlet(8, 1, furniture)
    assert bool(outlet(7, 1, furniture).head) == bool(outlet(7, 1, furniture).foot) == (furniture != "none")
    wire = story("made/0", articles["made/0"], 1)
    versions = list(family(wire, 30, "30/0", 1, furniture))
    assert len({one["text"] for one in versions}) == 30


def test_rows_count_what_is_left():
    stories = {"a/0": "a", "a/1": "a", "a/2": "a", "b/0": "b", "b/1": "b", "b/2": "b", "c/0": "c", "c/1": "c"}
    made = Storm([], stories, {"m": ("b", "c")})
    clusters = {
        "a/0": "a/0",
        "a/1": "a/0",
        "a/2": "a/2",
        **dict.fromkeys(("b/0", "b/1", "b/2", "c/1"), "m"),
        "c/0": "x",
    }
    gone_for = {"a/1": "a/0", "b/0": "m", "b/1": "m", "b/2": "m", "c/0": "x", "c/1": "m"}
    pairs = [("a/0", "a/1"), ("a/0", "b/0"), ("b/0", "m"), ("b/0", "b/1")]
    two, three = rows(made, {"a/0", "a/2", "m", "x"}, clusters, gone_for, pairs)
    assert (two.size, two.stories, two.versions, two.left, two.gone, two.wrong) == (2, 1, 2, 0.0, 1, 1)
    assert (two.together, two.pairs) == (0.5, 0.0)
    assert (three.size, three.stories, three.versions, three.left, three.gone, three.wrong) == (3, 2, 6, 0.25, 1, 0)
    assert (three.together, three.pairs) == (5 / 6, 2 / 6)
