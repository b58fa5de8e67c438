"""Fit the two relation models to the shipped labelled pairs and to those that a user adds.

`benchmarks/fit/relation.py` fits the shipped models by what stands here, and ``dedup fit`` those of a user, whose
labels are one corpus more. The shipped pairs are measures and labels only, no texts: ``labelled.npz``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedup.errors import InputError
from dedup.fit.labels import COPY, OTHER, SKIP, UPDATE, Label, measures_of
from dedup.fit.monotone_regression import (
    FALLING,
    RISING,
    Floats,
    Term,
    cross_validated,
    design,
    fit,
    out_of_fold,
    terms_between,
)
from dedup.judge import relation
from dedup.params import Params

LABELLED_FILE = Path(__file__).with_name("labelled.npz")

NO, YES, UNKNOWN = 0, 1, -1
"""Answers of a person."""

Knots = Mapping[str, tuple[int, Sequence[float]]]

CARRIED: Knots = {
    "rare_containment": (RISING, (0, 0.18, 0.28, 0.4, 0.6, 0.95)),
    "anchor_order": (RISING, (0, 0.04, 0.07, 0.12, 0.35)),
    "supported_anchors": (RISING, (0, 0.1, 0.25, 0.45)),
    "supported_anchors_longer": (RISING, (0, 0.1, 0.35)),
    "least_covered_third": (RISING, (0, 0.1, 0.2, 0.4, 1)),
    "anchors_in_order": (RISING, (0.4, 0.6, 0.83, 1)),
    "tokens": (RISING, (20, 40, 80, 120)),
    "new_numbers": (FALLING, (0.1, 0.3, 0.6, 1)),
    "contradicted": (FALLING, (0, 0.05, 0.1, 0.2)),
}
NEWS: Knots = {
    "new_stages": (RISING, (0, 0.25, 0.5, 0.7)),
    "new_weekdays": (RISING, (0, 0.4, 0.7)),
    "new_top": (RISING, (0, 0.4, 0.7, 1)),
    "retold": (FALLING, (0.2, 0.5, 0.8)),
    "hours": (RISING, (3, 32, 150, 500)),
}
"""What each model looks at, in which direction, and where its slope may change."""

QUESTIONS: Mapping[str, Knots] = {"carried": CARRIED, "news": NEWS}
RIDGES = {"carried": 3e-4, "news": 3e-3}
ROUNDS = 10

NATURAL_WEIGHT = {"carried": 2.0, "news": 25.0}
"""Weight of a corpus of natural pairs where each question is fitted."""

OWN, OWN_WEIGHT, ENOUGH = "yours", 2.0, 200
"""A user's labels weigh as much as `OWN_WEIGHT` of the shipped corpora, in proportion less where they are fewer than
`ENOUGH`. At four times the weight they gain no more, and other corpora begin to lose."""

FEWEST = 20
"""With fewer labels there is nothing to test a fit on."""

OWN_ROUNDS = 3

DIGITS = 3
NEGLIGIBLE = 0.02
"""Significant digits of a slope; one is left out that adds less than this to the log odds over its whole interval."""

Strings = npt.NDArray[np.str_]
Bools = npt.NDArray[np.bool_]
Answers = npt.NDArray[np.int64]
Fitted = tuple[Sequence[Term], Floats, float]


def probability(logit: npt.ArrayLike) -> Floats:
    """Return the probability for log odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(np.asarray(logit), -500, 500))))


def joined_groups(sides: Iterable[tuple[str, str]]) -> list[str]:
    """Return the group of each pair; pairs that share a document, directly or through others, have the same."""
    sides = list(sides)
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for one, other in sides:
        parent[find(one)] = find(other)
    return [find(one) for one, _ in sides]


@dataclass(frozen=True, slots=True)
class Question:
    """The question that one model answers: its terms, and the answers that it is fitted to."""

    terms: tuple[Term, ...]
    parts: Floats
    labels: Floats
    weights: Floats
    ridge: float

    @staticmethod
    def of(name: str, inputs: Mapping[str, Floats], answers: Answers, weights: Floats, knots: Knots) -> Question:
        """Return the question of this name (carried, news) over pairs, from their measures, answers and weights."""
        terms = terms_between(knots)
        labels = (answers == YES).astype(np.float64)
        return Question(terms, design(inputs, terms), labels, weights, RIDGES[name])

    def crossed(self, groups: npt.NDArray[np.generic], rounds: int = ROUNDS) -> Floats:
        """Return the log odds of each pair by models fitted without the pair's group."""
        return cross_validated(self.parts, self.labels, self.weights, self.terms, self.ridge, groups, rounds)

    def left_out(self, sets: npt.NDArray[np.generic]) -> Floats:
        """Return the log odds of each pair by a model fitted without the pair's set or corpus."""
        return out_of_fold(self.parts, self.labels, self.weights, self.terms, self.ridge, sets)

    def fitted(self) -> Fitted:
        """Fit the model to all pairs; return its terms, slopes and intercept, rounded."""
        used = self.weights > 0
        slopes, intercept = fit(self.parts[used], self.labels[used], self.weights[used], self.terms, self.ridge)
        return self.terms, _rounded(self.terms, slopes), round(intercept, 3)


def _rounded(terms: Sequence[Term], slopes: Floats) -> Floats:
    """Return slopes rounded for people: to significant digits, because some intervals are a hundred units long."""
    reach = np.array([term.stop - term.start for term in terms])
    short = [float(f"{slope:.{DIGITS}g}") for slope in slopes]
    return np.where(np.abs(slopes) * reach < NEGLIGIBLE, 0.0, short)


def as_json(fitted: Mapping[str, Fitted]) -> str:
    """Return the models as ``relation.json`` holds them: one term a line, without those of slope 0."""
    parts = []
    for question, (terms, slopes, intercept) in fitted.items():
        kept = [[t.measure, t.start, t.stop, float(slope)] for t, slope in zip(terms, slopes, strict=True) if slope]
        lines = ",\n".join(f"      {json.dumps(term)}" for term in kept)
        parts.append(f'  "{question}": {{\n    "intercept": {intercept},\n    "terms": [\n{lines}\n    ]\n  }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of two models on pairs, by the rules of `dedup.judge.relation.judge`.

    Parameters
    ----------
    carried, news : float64 array
        Probability that a pair is carried on, and that there is news.
    is_carried : bool array
    """

    carried: Floats
    news: Floats
    is_carried: Bools

    @staticmethod
    def of(
        inputs: relation.Inputs, resemblance: Floats, carried: npt.ArrayLike, news: npt.ArrayLike, params: Params
    ) -> Verdicts:
        """Return the verdicts that follow from the probabilities of both models."""
        share = relation.carried_probability(inputs, np.asarray(carried))
        share = np.where(resemblance >= params.threshold, 1.0, share)
        share[inputs["contradicted"] >= relation.CONTRADICTED] = 0.0
        has_news = relation.news_probability(inputs, np.asarray(news))
        has_news[resemblance == 1.0] = 0.0
        return Verdicts(share, has_news, share >= relation.CARRIED)

    def copies(self, certainty: float) -> Bools:
        """Return which pairs are copies."""
        return np.asarray(self.is_carried & (self.news <= relation.tolerance(self.carried, certainty)))


def rate(flag: Bools, truth: Bools, weights: Floats) -> tuple[float, float]:
    """Return weighted precision and recall."""
    hit = float(weights[flag & truth].sum())
    return hit / max(1e-9, float(weights[flag].sum())), hit / max(1e-9, float(weights[truth].sum()))


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Labelled pairs as arrays of equal length: their measures, labels and weights.

    Parameters
    ----------
    inputs : dict of str to float64 array
        Of `dedup.judge.relation.model_inputs`.
    resemblance : float64 array
    carried, news : int64 array
        YES, NO or UNKNOWN: is one carried on by the other, and is there news.
    weight_carried, weight_news : float64 array
        Of each pair in the fit of each question; 0 where it is not fitted.
    drawn : float64 array
        How many pairs of a run each represents, for pairs drawn from one; 0 for others.
    corpora : string array
        Where each pair is from.
    groups : int64 array
        Pairs that share a document or a topic have the same.
    """

    inputs: relation.Inputs
    resemblance: Floats
    carried: Answers
    news: Answers
    weight_carried: Floats
    weight_news: Floats
    drawn: Floats
    corpora: Strings
    groups: Answers

    def __len__(self) -> int:
        return len(self.carried)

    @property
    def is_copy(self) -> Bools:
        """Which pairs are carried on without news."""
        return np.asarray((self.carried == YES) & (self.news == NO))

    @staticmethod
    def shipped() -> LabelledPairs:
        """Read the labelled pairs that the shipped models were fitted to, or enough of each kind."""
        with np.load(LABELLED_FILE) as stored:
            columns = {name: stored[name] for name in LabelledPairs.__slots__ if name != "inputs"}
            names = stored["measures"].tolist()
            inputs = {name: stored["inputs"][k].astype(np.float64) for k, name in enumerate(names)}
        kinds = {"f": np.float64, "i": np.int64}
        return LabelledPairs(
            inputs,
            **{name: values.astype(kinds.get(values.dtype.kind, values.dtype)) for name, values in columns.items()},
        )

    @staticmethod
    def of(labels: Sequence[Label], weight: float = OWN_WEIGHT) -> LabelledPairs:
        """Return the pairs that a user has labelled, without the skipped ones.

        Raises
        ------
        InputError
            When they are too few, or all of one kind.
        """
        labels = [label for label in labels if label.label != SKIP]
        carried = np.array([label.label in (COPY, UPDATE) for label in labels], np.int64)
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(one.label for one in labels).items()))
        if len(labels) < FEWEST:
            raise InputError(
                f"{kinds or 'no labels'} besides skipped pairs", f"at least {FEWEST} labels", "label more pairs"
            )
        if not 0 < carried.sum() < len(labels):
            raise InputError(
                kinds, f"both pairs labelled {OTHER} and pairs labelled {COPY} or {UPDATE}", "label more pairs"
            )
        measures = measures_of(labels)
        news = np.array([UNKNOWN if one.label == OTHER else int(one.label == UPDATE) for one in labels], np.int64)
        _, groups = np.unique(joined_groups((one.left, one.right) for one in labels), return_inverse=True)
        none, one = np.zeros(len(labels)), np.ones(len(labels))
        pairs = LabelledPairs(
            relation.inputs_of(measures, measures["tokens"]),
            np.nan_to_num(measures["resemblance"]),
            carried,
            news,
            weight_carried=none,
            weight_news=np.where(np.isnan(measures["news"]), 0.0, one),
            drawn=one,
            corpora=np.full(len(labels), OWN),
            groups=groups,
        )
        return pairs.weighted(weight)

    def weighted(self, weight: float) -> LabelledPairs:
        """Return the pairs with a user's weights: together ``weight`` shipped corpora, or less if they are few."""
        share = weight * min(1.0, len(self) / ENOUGH)
        asked = (self.news != UNKNOWN) & (self.weight_news > 0)
        return replace(
            self,
            weight_carried=np.full(len(self), share * NATURAL_WEIGHT["carried"] / len(self)),
            weight_news=asked * (share * NATURAL_WEIGHT["news"] / max(1, int(asked.sum()))),
            corpora=np.full(len(self), OWN),
        )

    def write(self, path: Path) -> None:
        """Write the pairs to a file like ``labelled.npz``, numbers rounded to three decimals."""

        def short(values: Floats) -> npt.NDArray[np.float32]:
            return np.round(values, 3).astype(np.float32)

        np.savez_compressed(
            path,
            measures=np.array(list(self.inputs)),
            inputs=np.stack([short(values) for values in self.inputs.values()]),
            resemblance=short(self.resemblance),
            carried=self.carried.astype(np.int8),
            news=self.news.astype(np.int8),
            weight_carried=self.weight_carried.astype(np.float32),
            weight_news=self.weight_news.astype(np.float32),
            drawn=self.drawn.astype(np.float32),
            corpora=self.corpora,
            groups=self.groups.astype(np.int32),
        )

    def take(self, which: npt.NDArray[np.int64] | Bools) -> LabelledPairs:
        """Return the pairs at these places, or where a mask is true."""
        inputs = {name: values[which] for name, values in self.inputs.items()}
        rest = {name: getattr(self, name)[which] for name in LabelledPairs.__slots__ if name != "inputs"}
        return LabelledPairs(inputs, **rest)

    def joined(self, own: LabelledPairs) -> LabelledPairs:
        """Return these pairs followed by a user's, with separate groups."""
        inputs = {name: np.concatenate([values, own.inputs[name]]) for name, values in self.inputs.items()}
        rest = {
            name: np.concatenate([getattr(self, name), getattr(own, name)])
            for name in LabelledPairs.__slots__
            if name not in ("inputs", "groups")
        }
        return LabelledPairs(inputs, **rest, groups=np.concatenate([self.groups, own.groups + self.groups.max() + 1]))

    def question(self, name: str) -> Question:
        """Return the question of this name over these pairs."""
        answers, weights = getattr(self, name), getattr(self, f"weight_{name}")
        return Question.of(name, self.inputs, answers, weights, QUESTIONS[name])

    def fitted(self) -> dict[str, Fitted]:
        """Fit both models to these pairs."""
        return {name: self.question(name).fitted() for name in QUESTIONS}

    def crossed(self, params: Params, rounds: int) -> Verdicts:
        """Return the verdict on each pair by models fitted without the pair's group."""
        carried, news = (probability(self.question(name).crossed(self.groups, rounds)) for name in QUESTIONS)
        return Verdicts.of(self.inputs, self.resemblance, carried, news, params)

    def verdicts(self, models: relation.Models, params: Params) -> Verdicts:
        """Return the verdicts of these models on the pairs."""
        carried, news = (model.probability(self.inputs) for model in (models.carried, models.news))
        return Verdicts.of(self.inputs, self.resemblance, carried, news, params)

    def rates(self, verdicts: Verdicts, params: Params, corpus: str) -> tuple[float, float, float]:
        """Return the share of one corpus's pairs judged right, and the precision and recall of copies."""
        weights = np.where(self.corpora == corpus, self.drawn, 0.0)
        copies = verdicts.copies(params.certainty)
        is_right = (verdicts.is_carried == (self.carried == YES)) & (copies == self.is_copy)
        return float(np.average(is_right, weights=weights)), *rate(copies, self.is_copy, weights)


Rates = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class OwnFit:
    """The models fitted to the shipped pairs and a user's, and what they change.

    Parameters
    ----------
    model : str
        As a file holds it that `Params.model` names.
    pairs, shipped_pairs : int
        How many were fitted.
    rates : dict of str to (before, after)
        By corpus, `OWN` first: the share of the pairs that are called what they were labelled, and precision and recall
        of copies; by models that did not see the pair, before with the shipped pairs alone.
    changed : list of (Label, was, is)
        Pairs of the user that models which did not see them call otherwise now: ``copy``, ``update`` or ``other``.
    """

    model: str
    pairs: int
    shipped_pairs: int
    rates: dict[str, tuple[Rates, Rates]]
    changed: list[tuple[Label, str, str]]


def fit_own(labels: Sequence[Label], params: Params, weight: float = OWN_WEIGHT) -> OwnFit:
    """Fit the models to the shipped labelled pairs and a user's own.

    Parameters
    ----------
    labels : sequence of Label
    params : Params
        ``certainty`` and ``threshold`` count.
    weight : float
        How many of the shipped corpora one's own pairs weigh as much as.

    Raises
    ------
    InputError
        See `LabelledPairs.of`.
    """
    shipped = LabelledPairs.shipped()
    own = LabelledPairs.of(labels, weight)
    joined = shipped.joined(own)
    model = as_json(joined.fitted())
    by_shipped = own.verdicts(relation.Models.of(Params()), params)
    before, after = shipped.crossed(params, OWN_ROUNDS), joined.crossed(params, OWN_ROUNDS)
    corpora = dict.fromkeys(shipped.corpora[shipped.drawn > 0].tolist())
    rates = {OWN: (own.rates(by_shipped, params, OWN), joined.rates(after, params, OWN))}
    rates |= {name: (shipped.rates(before, params, name), joined.rates(after, params, name)) for name in corpora}
    used = [label for label in labels if label.label != SKIP]
    verdicts = zip(used, _named(by_shipped, params), _named(after, params)[-len(own) :], strict=True)
    changed = [(label, was, now) for label, was, now in verdicts if was != now]
    return OwnFit(model, len(own), len(shipped), rates, changed)


def _named(verdicts: Verdicts, params: Params) -> list[str]:
    named = np.where(verdicts.copies(params.certainty), COPY, np.where(verdicts.is_carried, UPDATE, OTHER))
    return [str(name) for name in named]
