"""The steps of a waterfall add up to what the models say."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

import dedup
from dedup.judge import relation
from dedup.judge.relation import Models
from dedup.params import Params
from dedup.report.pages.waterfall import COUNTED, MEANINGS, SMALL, Step, Waterfall, told, waterfalls
from dedup.schema import MEASURES

MODELS = Models.of(Params())


def random_measures(seed: int) -> tuple[dict[str, float], float]:
    draw = random.Random(seed)
    measures = {name: draw.random() for name in MEASURES if draw.random() < 0.9}
    measures["verbatim"] = draw.random()
    measures["hours"] = draw.uniform(-200, 200)
    return measures, float(draw.randrange(5, 200))


@pytest.mark.parametrize("seed", range(30))
def test_the_sum_is_the_probability_of_the_model(seed: int) -> None:
    measures, words = random_measures(seed)
    every = {name: np.array([measures.get(name, math.nan)]) for name in MEASURES}
    inputs = relation.inputs_of(every, np.array([words]))
    for fall, model in zip(waterfalls(measures, words, MODELS), (MODELS.carried, MODELS.news), strict=True):
        assert fall.probability == pytest.approx(float(model.probability(inputs)[0]))
        assert fall.steps[0].after == model.intercept
        for one, other in zip(fall.steps, fall.steps[1:], strict=False):
            assert one.after == other.before
        silent = fall.log_odds - fall.steps[-1].after
        assert abs(silent) <= 0.1 * len(fall.silent)


@pytest.mark.parametrize("seed", range(30))
def test_every_bar_is_within_the_picture(seed: int) -> None:
    for fall in waterfalls(*random_measures(seed), MODELS):
        for step in fall.steps:
            x, width = fall.bar(step.before, step.after)
            assert 0 <= x <= x + width <= 101
        assert 0 < fall.percent(0.0) < 100


@pytest.mark.parametrize("seed", range(30))
def test_a_rule_is_named_where_one_decides(seed: int) -> None:
    measures, words = random_measures(seed)
    every = {name: np.array([measures.get(name, math.nan)]) for name in MEASURES}
    inputs = relation.inputs_of(every, np.array([words]))
    carried, news = waterfalls(measures, words, MODELS)
    decided = relation.carried_probability(inputs, MODELS.carried.probability(inputs))[0]
    assert (carried.rule is not None) or carried.probability == pytest.approx(float(decided))
    decided = relation.news_probability(inputs, MODELS.news.probability(inputs))[0]
    assert (news.rule is not None) or news.probability == pytest.approx(float(decided))


def test_every_measure_that_a_model_may_read_has_words() -> None:
    read = {*relation.inputs_of({name: np.zeros(1) for name in MEASURES}, np.zeros(1))}
    assert read == {*MEANINGS, *COUNTED}


def test_the_measures_of_a_comparison_give_its_score() -> None:
    a = "The council voted on Monday to close the old bridge for repairs until the end of next spring. " * 4
    b = a.replace("spring", "winter").replace("Monday", "Tuesday night") + " The mayor was not there at all."
    found = dedup.compare(a, b)
    carried, _ = waterfalls(found.measures, 70.0, MODELS)
    assert carried.steps[0].words == "where every pair begins"
    assert {step.effect.split()[-1] for step in carried.steps[1:]} <= {"for", "against"}


def test_a_small_share_is_never_told_as_strong_and_the_length_is_not_told() -> None:
    steps = (
        Step("start", "", 0.0, -5.0),
        Step("355 words", "strongly for", -5.0, -1.0, "tokens", 355.0),
        Step("6% near", "strongly for", -1.0, 2.0, "supported_anchors", 0.06),
        Step("2% differ", "clearly for", 2.0, 4.0, "contradicted", 0.02),
        Step("50% there", "clearly for", 4.0, 5.0, "rare_containment", 0.5),
        Step("5% in order", "clearly against", 5.0, 4.0, "anchor_order", 0.05),
    )
    listed = [(step.measure, step.effect) for step in told(Waterfall(steps, (), 4.0, None), 9)]
    assert listed == [
        ("contradicted", "clearly for"),
        ("rare_containment", "clearly for"),
        ("anchor_order", "clearly against"),
        ("supported_anchors", "a little for"),
    ]
    assert SMALL > 0.06
