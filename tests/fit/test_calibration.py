"""Expected precision: rising steps, their values by definition, and what the shipped ones say."""

from __future__ import annotations

import numpy as np
import pytest

from dedup import InputError, Params
from dedup.fit.calibration import CALIBRATED, Calibration, JudgedPairs, spread_of
from dedup.fit.labels import COPY, OTHER, UPDATE, Label
from dedup.schema import IDENTICAL, NEAR_DUPLICATE, RELATIONS, REVISED
from dedup.schema import UPDATE as UPDATES


def _pairs(rng: np.random.Generator, n: int, shift: float = 0.0) -> JudgedPairs:
    """Return pairs that are copies with the probability of their score, more often in corpus a by ``shift``."""
    score, corpora = rng.random(n), rng.choice(["a", "b", "c"], n)
    chance = np.clip(score + np.where(corpora == "a", shift, 0.0), 0.0, 1.0)
    values = rng.choice(CALIBRATED, n), score, rng.random(n) < chance, rng.random(n) + 0.1, corpora
    return JudgedPairs(*values, np.arange(n))


@pytest.mark.parametrize("seed", range(5))
def test_steps_rise_and_are_shares_of_copies(seed: int) -> None:
    pairs = _pairs(np.random.default_rng(seed), 900)
    calibration = Calibration.of(pairs, spread=0.3)
    assert calibration.pairs == 900
    for kind in CALIBRATED:
        steps, score = calibration.steps[RELATIONS[kind]], pairs.score[pairs.kind == kind]
        assert sum(step.pairs for step in steps) == len(score)
        assert [step.precision for step in steps] == sorted(step.precision for step in steps)
        for step, end in zip(steps, [*(step.start for step in steps[1:]), 2.0], strict=True):
            inside = (
                (pairs.kind == kind) & (pairs.score >= (step.start if step != steps[0] else 0)) & (pairs.score < end)
            )
            weights = pairs.weights[inside]
            n = weights.sum() ** 2 / (weights**2).sum()
            copies = n * weights[pairs.is_copy[inside]].sum() / weights.sum()
            assert step.precision == pytest.approx((copies + 0.5) / (n + 1), abs=0.03)
            assert 0 < step.low < step.precision < step.high < 1


def test_the_expected_precision_is_that_of_the_steps_of_each_record() -> None:
    calibration = Calibration.of(_pairs(np.random.default_rng(7), 4000))
    scores = np.random.default_rng(8).random(5000)
    found = calibration.precision(np.full(5000, REVISED), scores)
    assert found is not None
    assert found.value == pytest.approx(scores.mean(), abs=0.04)
    assert found.low < scores.mean() < found.high
    mixed = calibration.precision(np.array([IDENTICAL, UPDATES]), np.array([1.0, 0.4]))
    assert mixed is not None
    assert (mixed.value, mixed.low, mixed.unknown) == (1.0, 1.0, 1)
    assert calibration.precision(np.array([UPDATES]), np.array([0.4])) is None


def test_corpora_that_differ_widen_the_intervals() -> None:
    alike, apart = (spread_of(_pairs(np.random.default_rng(3), 3000, shift)) for shift in (0.0, 0.5))
    assert alike < 0.35 < apart


def test_the_shipped_steps() -> None:
    calibration = Calibration.shipped()
    assert calibration.pairs > 700
    assert calibration.spread > 0
    for name in ("excerpt", "revised", "rewritten"):
        steps = calibration.steps[name]
        assert steps[-1].precision > steps[0].precision + 0.2
    near = calibration.precision(np.array([NEAR_DUPLICATE]), np.array([0.8]))
    assert near is not None
    assert near.value > 0.95


def _label(number: int, label: str, verbatim: float) -> Label:
    measures = {"resemblance": 0.2, "verbatim": verbatim, "verbatim_longer": verbatim, "rare_containment": 0.9}
    measures |= {"anchor_order": 0.6, "supported_anchors": 0.8, "supported_anchors_longer": 0.8, "shared_lead": 1.0}
    measures |= {"least_covered_third": 0.9, "anchors_in_order": 1.0, "news": 0.01, "carried": 0.9, "tokens": 300.0}
    return Label(f"a{number}", f"b{number}", label, measures)


def test_own_labels_replace_the_shipped_ones() -> None:
    labels = [_label(n, COPY if n % 4 else OTHER if n % 8 else UPDATE, 0.7) for n in range(60)]
    calibration = Calibration.of_labels(labels, Params())
    (steps,) = calibration.steps.values()
    assert sum(step.pairs for step in steps) == calibration.pairs == 60
    assert steps[-1].precision == pytest.approx(0.75, abs=0.02)
    assert steps[-1].low < 0.7
    strangers = [Label(f"a{n}", f"b{n}", OTHER if n else COPY, {"verbatim": 0.1, "tokens": 300.0}) for n in range(30)]
    with pytest.raises(InputError, match="0 labels of pairs that count as copies"):
        Calibration.of_labels(strangers, Params())
