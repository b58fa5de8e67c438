"""Hold measured pairs with their labels and their weights: what the models of relations are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.fit.made_pairs import MadePair
from benchmarks.quality.labelled_sets import CLOSEST, CROSS, NO, UNKNOWN, YES, Pair
from benchmarks.quality.pairs import look_up
from benchmarks.stages import pairs_of
from dedup.candidates.pairs import Pairs, split
from dedup.fit.monotone_regression import Floats
from dedup.fit.relation_models import NATURAL_WEIGHT, QUESTIONS, Knots, LabelledPairs, Question, Verdicts, probability
from dedup.judge import relation
from dedup.judge.evidence import Evidence
from dedup.params import Params

SEED = 11

CORPORA = {"guardian": "guardian", "wires": "wire", "tg_en": "tg_en", "tg_ru": "tg_ru"}
"""Corpora with natural pairs, and their files."""

NATURAL, OWN = "natural_news", "judged_pairs"

CAPPED_AT = 5
"""Most weight of a natural pair, in medians of its corpus and source of labels."""

SPLICED, TEMPLATES, WIRE, STORM = "spliced", "templates", "wire", "storm"

RUN, ALONE = "run", "alone"

STORMS = {"plain": 77, "rich": 78}
"""Furniture of the made versions (of `storms.outlets.FURNITURE`), and their seeds."""

WEIGHTS: dict[str | tuple[str, str], float] = {
    "judged_news": 4.0,
    ("ecbplus_events", "same_event"): 60.0,
    "clough_stevenson": 0.5,
    ("clough_stevenson", "non"): 3.0,
    "llm_rewrites": 0.7,
    "apt_eval": 0.2,
    "pan13_passages": 0.5,
    SPLICED: 0.7,
    (SPLICED, "partial"): 5.0,
    TEMPLATES: 0.3,
    WIRE: 0.0,
    CROSS: 0.5,
    CLOSEST: 0.5,
}
"""Weight of every level of a set, shared by its pairs: the higher, the more like what a run meets. 1 by default."""

STORM_WEIGHT = {"carried": 1.0, "news": 4.0}
"""Weight of the storms with one kind of furniture, in the fit of each question."""

NOT_DONE = 0.05
"""A text of a language model with less in order and less verbatim is no rewrite of its source, and is not fitted."""

OF_A_KIND = 300
"""Pairs of each set, level and answer that are shipped for a user's own fit, at most."""

Strings = npt.NDArray[np.str_]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Samples:
    """Measured pairs, all arrays of one length.

    Parameters
    ----------
    sets, levels, groups, modes : string array
    carried, news : int64 array
        YES, NO or UNKNOWN: is one carried by the other, and is there news.
    by_model : bool array
        Whether a language model wrote one.
    drawn : float64 array
        Of natural pairs, how many reported ones each stands for; 0 for others.
    inputs : dict of str to float64 array
        Of `dedup.judge.relation.model_inputs`, 0.0 where a pair was too unlike to be measured.
    measured : bool array
    resemblance : float64 array
        1.0 where both texts are the same.
    """

    sets: Strings
    levels: Strings
    groups: Strings
    modes: Strings
    carried: npt.NDArray[np.int64]
    news: npt.NDArray[np.int64]
    by_model: Bools
    drawn: Floats
    inputs: dict[str, Floats]
    measured: Bools
    resemblance: Floats

    @staticmethod
    def of(name: str, mode: str, labelled: Sequence[Pair | MadePair], pairs: Pairs, evidence: Evidence) -> Samples:
        """Join the labels of pairs (as documents: ``pairs``) with their evidence, where there is any."""
        at, there = look_up(pairs, pairs_of(evidence))
        left, right = split(pairs)

        def spread(values: Floats) -> Floats:
            out = np.zeros(len(labelled), values.dtype)
            out[there] = values[at[there]]
            return out

        labels = np.array([pair.label for pair in labelled], np.int64)
        return Samples(
            np.full(len(labelled), name),
            np.array([pair.level for pair in labelled]),
            np.array([pair.group for pair in labelled]),
            np.full(len(labelled), mode),
            labels,
            np.where(labels == YES, NO, UNKNOWN),
            np.array([isinstance(pair, Pair) and pair.model for pair in labelled]),
            np.zeros(len(labelled)),
            {key: spread(values) for key, values in relation.model_inputs(evidence).items()},
            there,
            np.where(left == right, 1.0, spread(evidence["resemblance"])),
        )

    @staticmethod
    def concatenate(parts: Sequence[Samples]) -> Samples:
        """Return the samples of all parts."""
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Samples.__slots__
            if name != "inputs"
        }
        inputs = {key: np.concatenate([part.inputs[key] for part in parts]) for key in parts[0].inputs}
        return Samples(**joined, inputs=inputs)

    @property
    def is_natural(self) -> Bools:
        """Which pairs come from runs on whole corpora."""
        return self.drawn > 0

    @property
    def is_copy(self) -> Bools:
        """Which pairs are carried, without news."""
        return (self.carried == YES) & (self.news == NO)

    @property
    def natural_weights(self) -> Floats:
        """Weight of each natural pair, capped; 0 for others."""
        weights = self.drawn.copy()
        for name in CORPORA:
            for mode in (NATURAL, OWN):
                some = (self.sets == name) & (self.modes == mode)
                if some.any():
                    weights[some] = np.minimum(weights[some], CAPPED_AT * np.median(weights[some]))
        return weights

    def weights(self, question: str) -> Floats:
        """Return the weight of each pair in the fit of a question: 0 where it is not fitted."""
        weights = np.zeros(len(self.sets))
        keys = np.array([f"{a}\n{b}\n{c}" for a, b, c in zip(self.sets, self.levels, self.carried, strict=True)])
        for key in np.unique(keys):
            name, level, label = key.split("\n")
            weight = WEIGHTS.get((name, level), WEIGHTS.get(level, WEIGHTS.get(name, 1.0)))
            these = keys == key
            weights[these] = weight / these.sum() if int(label) != UNKNOWN else 0.0
        natural = self.natural_weights
        for name in CORPORA:
            some = (self.sets == name) & self.is_natural
            weights[some] = NATURAL_WEIGHT[question] * natural[some] / max(natural[some].sum(), 1e-9)
        weights[self.sets == STORM] = STORM_WEIGHT[question] / max(1, (self.sets == STORM).sum() / len(STORMS))
        undone = (self.inputs["anchor_order"] < NOT_DONE) & (self.inputs["verbatim"] < NOT_DONE)
        weights[self.by_model & (self.carried == YES) & undone] = 0.0
        weights[~self.measured | relation.ruled_out(self.inputs)] = 0.0
        if question == "news":
            weights[(self.carried != YES) | (self.news == UNKNOWN)] = 0.0
        return weights

    def question(self, name: str, knots: Knots) -> Question:
        """Return the carried or the news question."""
        return Question.of(name, self.inputs, getattr(self, name), self.weights(name), knots)

    def verdicts(self, carried: Floats, news: Floats, params: Params) -> Verdicts:
        """Return the verdicts by the log odds of both models."""
        return Verdicts.of(self.inputs, self.resemblance, probability(carried), probability(news), params)

    def labelled(self) -> LabelledPairs:
        """Return what is shipped: all natural pairs, and `OF_A_KIND` of each other kind with the weight of all."""
        weights = {name: self.weights(name) for name in QUESTIONS}
        used = np.flatnonzero((np.maximum(*weights.values()) > 0) | self.is_natural)
        kinds = np.array(
            ["\n".join(map(str, kind)) for kind in zip(self.sets, self.levels, self.modes, self.carried, strict=True)]
        )
        rng = np.random.default_rng(SEED)
        chosen = []
        for kind in np.unique(kinds[used]):
            some = used[kinds[used] == kind]
            few = some if self.is_natural[some[0]] else rng.permutation(some)[:OF_A_KIND]
            for one in weights.values():
                one[few] *= one[some].sum() / max(one[few].sum(), 1e-12)
            chosen.append(np.sort(few))
        at = np.concatenate(chosen)
        _, groups = np.unique(self.groups[at], return_inverse=True)
        return LabelledPairs(
            {name: values[at] for name, values in self.inputs.items()},
            self.resemblance[at],
            self.carried[at],
            self.news[at],
            weights["carried"][at],
            weights["news"][at],
            self.natural_weights[at],
            self.sets[at],
            groups,
        )
