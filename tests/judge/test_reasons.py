"""A reason is a sentence that an editor can check: it names the text, and gives what decided."""

from __future__ import annotations

import itertools
import re

import pytest

from dedup.judge.reasons import reason
from dedup.judge.relation import VERSION_CARRIED, Models
from dedup.params import Params
from dedup.schema import (
    EXCERPT,
    IDENTICAL,
    LEFT,
    MEASURES,
    NEAR_DUPLICATE,
    NEITHER,
    PARTIAL,
    REVISED,
    REWRITTEN,
    RIGHT,
    SAME_EVENT,
    TEMPLATE,
    UPDATE,
)

NOTHING = dict.fromkeys(MEASURES, 0.0)
ALL = dict.fromkeys(MEASURES, 1.0)
RIGHT_IS_SHORTER = NOTHING | {"containment_left": 0.2, "containment_right": 0.4}


def test_identical_texts_and_near_duplicates_need_no_model() -> None:
    assert reason(IDENTICAL, {}) == "the same words in the same order"
    assert reason(NEAR_DUPLICATE, {"verbatim": 0.934, "verbatim_longer": 0.88}) == (
        "nearly the same text: 93% of the shorter text is in the longer one word for word, "
        "and 88% of the longer one in the shorter text"
    )
    assert reason(NEAR_DUPLICATE, {"resemblance": 0.834}).endswith("83% of all phrases in the two are in both")


def test_a_pair_without_a_relation_has_a_reason_too() -> None:
    assert reason(None, NOTHING) == "hardly anything in common"


@pytest.mark.parametrize(("relation", "grounds"), [(EXCERPT, 1), (REVISED, 1), (REWRITTEN, 2), (UPDATE, 1)])
def test_a_copy_is_explained_by_what_adds_most(relation: int, grounds: int) -> None:
    measures = {"verbatim": 0.3, "anchor_order": 0.5, "least_covered_third": 0.6, "anchors_in_order": 0.2}
    sentence = reason(relation, NOTHING | measures).split("; signs of news")[0]
    assert ": 30% of the shorter text is in the longer one word for word; " in sentence
    assert sentence.count(";") == grounds
    model = Models.of(Params()).carried
    first = (
        "50% of its other words"
        if model.added("anchor_order", 0.5) > model.added("least_covered_third", 0.6)
        else "has 60% of its words there"
    )
    assert first in sentence
    assert "unusual word pairs" not in sentence


def test_what_adds_nothing_is_no_ground() -> None:
    assert reason(REWRITTEN, NOTHING | {"verbatim": 0.3}).endswith(
        "30% of the shorter text is in the longer one word for word"
    )


def test_where_nearly_all_is_word_for_word_no_more_is_said() -> None:
    measures = ALL | {"verbatim": 0.97, "furniture": 0.0}
    assert reason(EXCERPT, measures) == "an excerpt: 97% of the shorter text is in the longer one word for word"


@pytest.mark.parametrize(("dropped", "share"), [(LEFT, "40%"), (RIGHT, "80%")])
def test_the_share_is_that_of_the_text_that_is_dropped(dropped: int, share: str) -> None:
    sentence = reason(REVISED, RIGHT_IS_SHORTER | {"verbatim": 0.8, "verbatim_longer": 0.4}, dropped=dropped)
    assert sentence.startswith(f"a revised version: {share} of it is in the kept text word for word")
    # Of the kept text, where that is the shorter one and decided.
    assert ("and 80% of the kept text in it" in sentence) == (dropped == LEFT)


def test_grounds_are_those_of_the_shorter_text() -> None:
    measures = RIGHT_IS_SHORTER | {"verbatim": 0.2, "verbatim_longer": 0.1, "rare_containment": 0.7}
    assert reason(REWRITTEN, measures, dropped=RIGHT).endswith("; 70% of its unusual word pairs are there")
    assert reason(REWRITTEN, measures, dropped=LEFT).endswith("; 70% of the kept text's unusual word pairs are in it")


def test_the_text_that_stays_may_have_a_name() -> None:
    measures = RIGHT_IS_SHORTER | {"verbatim": 0.97}
    assert reason(EXCERPT, measures, dropped=RIGHT, other="a7").endswith("97% of it is in a7 word for word")


def test_two_versions_of_a_story_are_explained_by_how_they_begin() -> None:
    measures = NOTHING | {"verbatim": 0.62, "shared_lead": 0.9, "carried": VERSION_CARRIED, "rare_containment": 0.9}
    sentence = reason(REVISED, measures)
    assert sentence.endswith("; both begin alike, with 90% of 60 words in common")


def test_much_furniture_is_said_to_be_left_aside() -> None:
    measures = RIGHT_IS_SHORTER | {"verbatim": 0.95, "verbatim_longer": 0.9, "furniture": 0.4, "furniture_longer": 0.02}
    aside = "; 40% of it is page furniture and was not compared"
    assert reason(NEAR_DUPLICATE, measures, dropped=RIGHT).endswith(aside)
    assert "furniture" not in reason(NEAR_DUPLICATE, measures, dropped=LEFT)
    assert reason(REVISED, measures, dropped=RIGHT).endswith(aside)


@pytest.mark.parametrize("relation", [PARTIAL, SAME_EVENT])
@pytest.mark.parametrize(
    ("measures", "words"),
    [
        ({"least_covered_third": 0.0}, "but its least similar third has hardly any of its words there"),
        ({"least_covered_third": 0.03}, "but its least similar third has only 3% of its words there"),
        ({"verbatim": 0.7, "rare_containment": 0.1}, "but in wording that many articles use"),
        ({"anchor_order": 0.05}, "but only 5% of its other words come in the same order"),
        ({"supported_anchors": 0.02}, "but only 2% of its other words are near the same words"),
        ({"anchors_in_order": 0.4}, "but only 40% of the words that both use once come in the same order"),
        ({"rare_containment": 0.2}, "but only 20% of its unusual word pairs are there"),
        ({"new_numbers": 0.9}, "but 90% of its numbers are missing there"),
        ({"contradicted": 0.2}, "but 20% of the facts in the same places differ"),
    ],
)
def test_no_copy_is_explained_by_what_it_lacks(relation: int, measures: dict[str, float], words: str) -> None:
    full = ALL | {"verbatim": 0.5, "new_numbers": 0.0, "contradicted": 0.0}
    assert reason(relation, full | measures).endswith(words)


def test_a_short_text_is_called_too_short() -> None:
    full = ALL | {"verbatim": 0.5, "new_numbers": 0.0, "contradicted": 0.0}
    assert reason(PARTIAL, full, words=22).endswith("but it is too short to be sure")
    assert "short to" not in reason(PARTIAL, full | {"least_covered_third": 0.0}, words=200)


def test_texts_that_share_hardly_a_passage_share_rare_words() -> None:
    sentence = reason(PARTIAL, NOTHING | {"verbatim": 0.02, "rare_containment": 0.25})
    assert ": 25% of the unusual word pairs of the shorter text are in the longer one, but " in sentence
    assert sentence.count("unusual word pairs") == 1


def test_a_template_is_explained_by_the_facts_that_differ() -> None:
    sentence = reason(TEMPLATE, NOTHING | {"verbatim": 0.7, "contradicted": 0.34, "rare_containment": 0.1})
    assert sentence == (
        "from one template: 70% of the shorter text is in the longer one word for word, "
        "but 34% of the facts in the same places differ"
    )


@pytest.mark.parametrize(
    ("measures", "signs"),
    [
        ({"new_stages": 0.5}, "their openings report different stages of the story"),
        ({"new_weekdays": 0.5}, "they name different weekdays"),
        ({"new_top": 0.8}, "80% of the top of one is not in the other"),
        ({"hours": -71.6}, "they were published 72 hours apart"),
        ({"hours": 120.0}, "they were published 5 days apart"),
        ({"hours": float("nan"), "new_top": 0.8}, "80% of the top of one is not in the other"),
        (
            {"new_top": 0.8, "new_stages": 0.5},
            "80% of the top of one is not in the other, and their openings report different stages of the story",
        ),
    ],
)
def test_an_update_is_explained_by_its_signs_of_news(measures: dict[str, float], signs: str) -> None:
    sentence = reason(UPDATE, NOTHING | {"verbatim": 0.95} | measures)
    assert sentence.startswith("an update: 95% of the shorter text is in the longer one word for word")
    assert sentence.split("; signs of news: ")[1] == signs


def test_an_update_that_is_dropped_is_superseded() -> None:
    sentence = reason(UPDATE, RIGHT_IS_SHORTER | {"verbatim": 0.95, "hours": 50.0}, dropped=RIGHT)
    assert sentence.startswith("superseded by an update: 95% of it is in the kept text word for word; signs of news")


@pytest.mark.parametrize(("relation", "dropped"), [*itertools.product(range(SAME_EVENT + 1), (LEFT, NEITHER, RIGHT))])
@pytest.mark.parametrize("value", [0.0, 0.001, 0.2, 0.999, 1.0])
def test_every_relation_has_one_plain_sentence(relation: int, dropped: int, value: float) -> None:
    sentence = reason(relation, dict.fromkeys(MEASURES, value), dropped=dropped)
    assert len(sentence) < 320
    assert re.search(r"\n|nan|\{|\}|_| 0%|100%|only hardly|covered|anchor|contain", sentence) is None
    assert not sentence.endswith(".")


def test_unknown_relations_are_refused() -> None:
    with pytest.raises(ValueError, match="relation 9"):
        reason(9, NOTHING)
