"""Estimate how often a dropped record is a copy, by the relation and the score of the pair for which it is dropped.

Labelled pairs of a relation are put in order of their scores and cut into bins of `LEAST_PAIRS`; bins that fall are
joined (isotonic regression), so that a higher score never means less. The share of copies in each step is the expected
precision. Its interval has two parts: the few pairs of the step, and how much the corpora differ from each other, for
the next corpus will differ as much.

The shipped steps are in ``calibration.json``, written by ``benchmarks/fit/calibration.py``. A user's own labels replace
them: `Calibration.of_labels`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedup.errors import InputError
from dedup.fit.labels import Label
from dedup.fit.relation_models import FEWEST, LabelledPairs, Verdicts
from dedup.judge import relation
from dedup.params import Params
from dedup.schema import EXCERPT, IDENTICAL, NEAR_DUPLICATE, RELATIONS, REVISED, REWRITTEN

CALIBRATION_FILE = Path(__file__).with_name("calibration.json")

CALIBRATED = (NEAR_DUPLICATE, EXCERPT, REVISED, REWRITTEN)
"""Relations whose precision is estimated. Identical texts are copies by definition; updates are a matter of taste."""

LEAST_PAIRS = 25
"""Labelled pairs of a bin: with fewer the share of copies says little."""

LEAST_RESEMBLANCE = 0.3
"""Of near duplicates: down to here the precision is estimated."""

QUANTILE = 1.96
"""Of the normal distribution, for intervals of 95 %."""

FEWEST_OF_A_KIND = 5
"""Labelled pairs without which nothing is said of a relation."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """The expected precision of pairs from a score on.

    Parameters
    ----------
    start : float
        The score from which the step holds.
    precision, low, high : float
        Share of copies, and its interval of 95 %.
    pairs : int
        Labelled pairs that it rests on.
    """

    start: float
    precision: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Precision:
    """An expected share of copies, with its interval of 95 %; of how many records it is not known."""

    value: float
    low: float
    high: float
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """The steps of each relation.

    Parameters
    ----------
    steps : mapping of str to tuple of Step
        By the name of the relation, the lowest score first.
    spread : float
        Standard deviation between corpora of the log odds that a pair is a copy.
    pairs : int
        Labelled pairs that all of it rests on.
    """

    steps: Mapping[str, tuple[Step, ...]]
    spread: float
    pairs: int

    @staticmethod
    @functools.cache
    def shipped() -> Calibration:
        """Read the shipped steps."""
        read = json.loads(CALIBRATION_FILE.read_text("utf-8"))
        steps = {name: tuple(Step(*step) for step in some) for name, some in read["steps"].items()}
        return Calibration(steps, read["spread"], read["pairs"])

    @staticmethod
    def of(pairs: JudgedPairs, spread: float = 0.0) -> Calibration:
        """Fit the steps to labelled pairs; ``spread`` widens their intervals for corpora without labels."""
        return Calibration(_steps(pairs, spread), spread, len(np.unique(pairs.number)))

    @staticmethod
    def of_labels(labels: Sequence[Label], params: Params) -> Calibration:
        """Fit the steps to a user's own labels.

        Parameters
        ----------
        labels : sequence of Label
        params : Params
            Of the run whose pairs are labelled.

        Raises
        ------
        InputError
            When there are too few of them.
        """
        own = LabelledPairs.of(labels)
        models = relation.Models.of(params)
        carried, news = (model.probability(own.inputs) for model in (models.carried, models.news))
        pairs = JudgedPairs.of(own, carried, news, params)
        if len(pairs.score) < FEWEST:
            found = f"{len(pairs.score)} labels of pairs that count as copies"
            raise InputError(found, f"at least {FEWEST}", "label more pairs: dedup label")
        return Calibration.of(pairs)

    def as_json(self) -> str:
        """Return what ``calibration.json`` holds."""
        lines = []
        for name, steps in self.steps.items():
            rows = ",\n".join(
                "      " + json.dumps([step.start, step.precision, step.low, step.high, step.pairs]) for step in steps
            )
            lines.append(f'    "{name}": [\n{rows}\n    ]')
        body = ",\n".join(lines)
        return f'{{\n  "pairs": {self.pairs},\n  "spread": {self.spread},\n  "steps": {{\n{body}\n  }}\n}}\n'

    def precision(self, relations: npt.NDArray[np.integer], scores: Floats) -> Precision | None:
        """Return the expected precision of dropped records.

        Parameters
        ----------
        relations : integer array, shape (n,)
            Codes of the relations by which they are dropped.
        scores : float64 array, shape (n,)

        Returns
        -------
        Precision or None
            None if it is known of none of them.
        """
        values = self._values(relations, scores)
        unknown = int(np.isnan(values[0]).sum())
        if unknown == len(scores):
            return None
        value, low, high = np.nanmean(values, axis=1).tolist()
        return Precision(value, low, high, unknown)

    def weighted(self, pairs: JudgedPairs) -> Precision:
        """Return the expected precision of labelled pairs, by their weights."""
        values = self._values(pairs.kind, pairs.score)
        known = ~np.isnan(values[0])
        value, low, high = (float(np.average(one[known], weights=pairs.weights[known])) for one in values)
        return Precision(value, low, high, int((~known).sum()))

    def _values(self, relations: npt.NDArray[np.integer], scores: Floats) -> Floats:
        """Return precision, low and high for each pair, NaN where nothing is known; shape (3, n)."""
        values = np.full((3, len(scores)), np.nan)
        values[:, relations == IDENTICAL] = 1.0
        for name, steps in self.steps.items():
            (at,) = np.nonzero(relations == RELATIONS.index(name))
            starts = np.array([step.start for step in steps])
            table = np.array([[step.precision, step.low, step.high] for step in steps])
            place = np.maximum(np.searchsorted(starts, scores[at], "right") - 1, 0)
            values[:, at] = table[place].T
        return values


@dataclass(frozen=True, slots=True)
class JudgedPairs:
    """Pairs that are called copies, with what a person says of them, all arrays of one length.

    Parameters
    ----------
    kind : int64 array
        Codes of the relations that they are given.
    score : float64 array
    is_copy : bool array
        Whether a person calls them copies.
    weights : float64 array
        How many reported pairs each stands for.
    corpora : string array
    number : int64 array
        Equal for one pair under two relations.
    """

    kind: npt.NDArray[np.int64]
    score: Floats
    is_copy: Bools
    weights: Floats
    corpora: npt.NDArray[np.str_]
    number: npt.NDArray[np.int64]

    @staticmethod
    def of(pairs: LabelledPairs, carried: Floats, news: Floats, params: Params) -> JudgedPairs:
        """Return the pairs drawn from runs that are called copies, each corpus with the same weight.

        Parameters
        ----------
        pairs : LabelledPairs
        carried, news : float64 array
            Probabilities by the models.
        params : Params
            Near duplicates are taken down to `LEAST_RESEMBLANCE`, as the threshold may be lowered.
        """
        lowered = replace(params, threshold=LEAST_RESEMBLANCE, floor=None)
        near, far = (_called(pairs, carried, news, one) for one in (lowered, params))
        near, far = near.of_kind(NEAR_DUPLICATE), far.take(far.kind != NEAR_DUPLICATE)
        return JudgedPairs(*(np.concatenate([getattr(one, name) for one in (near, far)]) for name in near.__slots__))

    def take(self, which: Bools | npt.NDArray[np.int64]) -> JudgedPairs:
        """Return the pairs at these places, or where a mask is true."""
        return JudgedPairs(*(getattr(self, name)[which] for name in JudgedPairs.__slots__))

    def of_kind(self, kind: int) -> JudgedPairs:
        """Return the pairs of one relation."""
        return self.take(self.kind == kind)

    def cut(self, starts: Sequence[float]) -> list[JudgedPairs]:
        """Return the pairs of each step, given the scores from which the steps hold."""
        step = np.maximum(np.searchsorted(starts, self.score, "right") - 1, 0)
        return [self.take(step == number) for number in range(len(starts))]

    @property
    def share(self) -> float:
        """Weighted share of copies."""
        return float(np.average(self.is_copy, weights=self.weights))

    @property
    def effective(self) -> float:
        """Number of pairs of equal weight that would say as much."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())


def _called(pairs: LabelledPairs, carried: Floats, news: Floats, params: Params) -> JudgedPairs:
    """Return the pairs that are called copies by these parameters."""
    verdicts = Verdicts.of(pairs.inputs, pairs.resemblance, carried, news, params)
    is_near = pairs.resemblance >= params.threshold
    score = np.where(is_near, pairs.resemblance, verdicts.carried * (1.0 - verdicts.news))
    called = verdicts.copies(params.certainty) & (pairs.drawn > 0)
    _, corpus = np.unique(pairs.corpora, return_inverse=True)
    whole = np.bincount(corpus[called], pairs.drawn[called], minlength=int(corpus.max(initial=0)) + 1)
    weights = pairs.drawn / np.maximum(whole[corpus], 1e-12)
    kind = np.where(is_near, NEAR_DUPLICATE, kinds_of(pairs.inputs))
    return JudgedPairs(kind, score, pairs.is_copy, weights, pairs.corpora, np.arange(len(pairs))).take(called)


def kinds_of(inputs: relation.Inputs) -> npt.NDArray[np.int64]:
    """Return which kind of copy each pair is, by the rules of `dedup.judge.relation.judge`, if it is one.

    Of labelled pairs the length of the longer text is not known; what both share is, as a part of each.
    """
    verbatim, order = inputs["verbatim"], inputs["anchor_order"]
    is_retold = (order >= relation.REWRITTEN_ORDER) & (verbatim < relation.REWRITTEN_VERBATIM)
    is_revised = (verbatim >= relation.REVISED_VERBATIM) & ~is_retold
    ratio = inputs["verbatim_longer"] / np.maximum(verbatim, 1e-9)
    is_within = relation.carried_share(verbatim, order) >= relation.EXCERPT_CARRIED
    is_excerpt = is_revised & (ratio <= relation.EXCERPT_RATIO) & is_within
    return np.select([is_excerpt, is_revised], [EXCERPT, REVISED], REWRITTEN)


def _starts(pairs: JudgedPairs) -> list[float]:
    """Return the scores from which the steps of a relation hold: bins, of which falling ones are joined."""
    n = len(pairs.score)
    if n < FEWEST_OF_A_KIND:
        return []
    order = np.argsort(pairs.score, kind="stable")
    cuts = np.linspace(0, n, max(1, n // LEAST_PAIRS) + 1).astype(int)[:-1]
    starts = np.unique(np.round(pairs.score[order[cuts]], 3)).tolist()
    while True:
        odds = [_log_odds(part)[0] for part in pairs.cut(starts)]
        falls = [at for at in range(1, len(starts)) if odds[at] <= odds[at - 1]]
        if not falls:
            return [float(start) for start in starts]
        del starts[falls[0]]


def _log_odds(part: JudgedPairs) -> tuple[float, float]:
    """Return the log odds of a copy and their variance; half a pair is added to both sides."""
    n = part.effective
    yes, no = n * part.share + 0.5, n * (1.0 - part.share) + 0.5
    return float(np.log(yes / no)), 1.0 / yes + 1.0 / no


def spread_of(pairs: JudgedPairs) -> float:
    """Return the standard deviation of the log odds between corpora, by how far each is from what the others say.

    Parameters
    ----------
    pairs : JudgedPairs
        Each by models that have not seen its corpus.
    """
    names = np.unique(pairs.corpora)
    squares, noise = [], []
    for name in names:
        here, others = pairs.take(pairs.corpora == name), pairs.take(pairs.corpora != name)
        expected = Calibration(_steps(others, 0.0), 0.0, 0).weighted(here).value
        odds, variance = _log_odds(here)
        squares.append((odds - np.log(expected / (1.0 - expected))) ** 2)
        noise.append(variance)
    # What the others say varies, too: one part in as many as they are.
    between = (np.mean(squares) - np.mean(noise)) / (1.0 + 1.0 / (len(names) - 1))
    return round(float(np.sqrt(max(0.0, between))), 3)


def _steps(pairs: JudgedPairs, spread: float) -> dict[str, tuple[Step, ...]]:
    """Return the steps of each relation that has labelled pairs."""
    steps = {}
    for kind in CALIBRATED:
        some = pairs.of_kind(kind)
        if starts := _starts(some):
            parts = zip(starts, some.cut(starts), strict=True)
            steps[RELATIONS[kind]] = tuple(_step(start, part, spread) for start, part in parts)
    return steps


def _step(start: float, part: JudgedPairs, spread: float) -> Step:
    odds, variance = _log_odds(part)
    reach = QUANTILE * float(np.sqrt(variance + spread**2))
    precision, low, high = (round(float(1.0 / (1.0 + np.exp(-at))), 3) for at in (odds, odds - reach, odds + reach))
    return Step(start, precision, low, high, len(part.score))
