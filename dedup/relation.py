"""From the evidence of a pair to its relation and score: every rule in one place.

A pair is a copy where its score, the estimated probability, is at least one half. The score is a logistic model of a
few measures, each of which acts in one direction only and piecewise linearly; its coefficients stand in
``relation.json``, written by ``benchmarks/fit_relation.py``. Which copy it is, and what it is if it is none, say the
rules of `judge`.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedup.evidence import ALIKE, Evidence
from dedup.matches import LEFT, NEITHER, RIGHT, Matches
from dedup.params import Params
from dedup.schema import EXCERPT, NEAR_DUPLICATE, PARTIAL, RELATED, REVISED, REWRITTEN, TEMPLATE

MODEL_FILE = Path(__file__).with_name("relation.json")

FEW_TOKENS = 25
FEW_TOKENS_VERBATIM = 0.5
"""A shorter document than that is a copy only if so much of it is verbatim."""

NO_NUMBERS = 0.85
"""Where the shorter text has a dozen numbers and hardly one of them is in the longer, nothing is retold."""

COMMON = 0.4
"""Where so much more is verbatim than rare, the words are those that many articles have: no copy."""

CONTRADICTED = 0.11
"""Texts that agree in their frame and contradict each other in so much of their facts are pieces from one mould."""

CONTRADICTED_NUMBERS = 0.2
"""The same where only numbers are looked at."""

ALL_VERBATIM = 0.98
"""Texts of which so much is the same, either way, are not aligned: what differs is at most a correction."""

VERSION_VERBATIM, VERSION_LEAD, VERSION_RARE = 0.6, 0.6, 0.4
"""Two versions of one story, each on a page of its own: most of the shorter one stands in the longer, both begin alike,
and what they share is rare. Whatever else stands on the pages, and drags other measures down, they are copies."""

EXCERPT_RATIO = 0.67
EXCERPT_CARRIED = 0.7
"""An excerpt is at most so long, against its container, and so much of it is carried over, verbatim or in order."""

RETOLD_ORDER = 0.35
"""Order from which what is not verbatim counts as wholly carried over."""

REVISED_VERBATIM = 0.2
REWRITTEN_ORDER = 0.2
REWRITTEN_VERBATIM = 0.6
"""A revised text keeps so much verbatim; but with that order it is rewritten until more than that is verbatim."""

PARTIAL_VERBATIM = 0.08
PARTIAL_RARE = 0.2
"""No copy, but with so much verbatim or so many rare word pairs in common: partial."""

RELATED_FROM = 0.1
"""Rare containment, or score, from which two texts that are no copies are called related."""


@dataclass(frozen=True, slots=True)
class Model:
    """A monotone, piecewise linear logistic model.

    Parameters
    ----------
    intercept : float
    terms : tuple of (measure, start, stop, slope)
        Each adds ``slope`` for every unit of the measure that lies between ``start`` and ``stop``.
    """

    intercept: float
    terms: tuple[tuple[str, float, float, float], ...]

    @staticmethod
    @functools.cache
    def shipped() -> Model:
        """Return the model in ``relation.json``."""
        read = json.loads(MODEL_FILE.read_text("utf-8"))
        return Model(read["intercept"], tuple(tuple(term) for term in read["terms"]))

    def added(self, measure: str, value: float) -> float:
        """Return what a measure adds to the log odds of a pair."""
        terms = (term for term in self.terms if term[0] == measure)
        return sum(slope * min(max(value - start, 0.0), stop - start) for _, start, stop, slope in terms)

    def share(self, measure: str, value: float) -> float:
        """Return which share of what it could add a rising measure adds."""
        return self.added(measure, value) / max(self.added(measure, 1.0), 1e-9)

    def score(self, inputs: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """Return the probability that each pair is a copy."""
        logit = np.full(len(inputs["verbatim"]), self.intercept)
        for name, start, stop, slope in self.terms:
            logit += slope * np.clip(inputs[name] - start, 0.0, stop - start)
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def model_inputs(evidence: Evidence) -> dict[str, npt.NDArray[np.float64]]:
    """Return what the model looks at: measures, and two that are made of them.

    tokens
        Tokens of the shorter document.
    common
        Verbatim beyond rare containment: word for word, but in words that many articles have.
    """
    names = (
        "verbatim rare_containment anchor_order supported_anchors supported_anchors_longer least_covered_third"
        " anchors_in_order new_numbers"
    )
    inputs = {name: evidence[name] for name in names.split()}
    inputs["tokens"] = np.minimum(evidence.lengths_left, evidence.lengths_right).astype(np.float64)
    inputs["common"] = np.maximum(0.0, inputs["verbatim"] - inputs["rare_containment"])
    return inputs


def ruled_out(inputs: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.bool_]:
    """Return which pairs are no copies, whatever the score: too short, of common words, no number shared."""
    verbatim = inputs["verbatim"]
    is_short = (inputs["tokens"] < FEW_TOKENS) & (verbatim < FEW_TOKENS_VERBATIM)
    return np.asarray(is_short | (inputs["common"] >= COMMON) | (inputs["new_numbers"] >= NO_NUMBERS))


def are_versions(evidence: Evidence) -> npt.NDArray[np.bool_]:
    """Return which pairs are two versions of one story, whatever stands beside it on their pages."""
    is_version = (evidence["verbatim"] >= VERSION_VERBATIM) & (evidence["rare_containment"] >= VERSION_RARE)
    return np.asarray(is_version & (evidence["shared_lead"] >= VERSION_LEAD))


def near_duplicates(evidence: Evidence, params: Params) -> Matches:
    """Return the pairs whose resemblance is at least the threshold; their score is the resemblance.

    Those whose numbers contradict each other, if that was measured, are pieces from one mould.
    """
    (at,) = np.nonzero(evidence["resemblance"] >= params.threshold)
    is_template = evidence["contradicted"][at] >= CONTRADICTED_NUMBERS
    return Matches(
        evidence.left[at],
        evidence.right[at],
        np.where(is_template, TEMPLATE, NEAR_DUPLICATE).astype(np.int8),
        np.where(is_template, 0.0, evidence["resemblance"][at]),
        np.full(len(at), NEITHER, np.int8),
        evidence.measures[:, at],
    )


def is_told(evidence: Evidence, related: bool = False) -> npt.NDArray[np.bool_]:
    """Return which pairs have a relation worth telling, even before their shingles are compared.

    All but ``related``, unless they are asked for and share rare word pairs enough.
    """
    relation, score = _relations(evidence)
    alike = np.maximum(score, evidence["rare_containment"]) >= RELATED_FROM
    return np.asarray((relation < RELATED) | (related & alike))


def may_be_template(evidence: Evidence) -> npt.NDArray[np.bool_]:
    """Return of which pairs the slots are worth a look: copies by their score, and where one side is much alike."""
    relation, _ = _relations(evidence)
    alike = np.maximum(evidence["verbatim"], evidence["verbatim_longer"])
    same = np.minimum(evidence["verbatim"], evidence["verbatim_longer"]) >= ALL_VERBATIM
    return np.asarray(((relation < PARTIAL) | (alike >= ALIKE)) & ~same)


def judge(evidence: Evidence, params: Params) -> Matches:
    """Return the relation and score of every pair; the evidence must be complete."""
    relation, score = _relations(evidence)
    is_near = evidence["resemblance"] >= params.threshold
    relation[is_near] = NEAR_DUPLICATE
    score[is_near] = evidence["resemblance"][is_near]
    is_template = evidence["contradicted"] >= CONTRADICTED
    relation[is_template] = TEMPLATE
    score[is_template] = 0.0
    # A text that has much of its own does not go for a shorter version of itself.
    longer = carried(evidence["verbatim_longer"], evidence["anchor_order_longer"])
    has_more = (relation == EXCERPT) | ((relation == REVISED) & (longer < EXCERPT_CARRIED))
    container = np.where(evidence.lengths_left > evidence.lengths_right, LEFT, RIGHT)
    container[~has_more] = NEITHER
    return Matches(evidence.left, evidence.right, relation, score, container.astype(np.int8), evidence.measures)


def carried(verbatim: npt.NDArray[np.float64], order: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return which share of one side of each pair stands in the other, verbatim or in order."""
    return np.asarray(verbatim + (1.0 - verbatim) * np.minimum(1.0, order / RETOLD_ORDER))


def _relations(evidence: Evidence) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Return relation and score of every pair by how its agreement lies."""
    inputs = model_inputs(evidence)
    score = Model.shipped().score(inputs)
    score[ruled_out(inputs)] = 0.0
    verbatim, order, rare = inputs["verbatim"], inputs["anchor_order"], inputs["rare_containment"]
    longer = np.maximum(evidence.lengths_left, evidence.lengths_right)
    is_version = are_versions(evidence) & ~ruled_out(inputs)
    score[is_version] = np.maximum(score[is_version], 0.5)
    is_copy = score >= 0.5
    is_retold = (order >= REWRITTEN_ORDER) & (verbatim < REWRITTEN_VERBATIM)
    is_revised = is_copy & (verbatim >= REVISED_VERBATIM) & ~is_retold
    relation = np.full(len(score), RELATED, np.int8)
    relation[(verbatim >= PARTIAL_VERBATIM) | (rare >= PARTIAL_RARE)] = PARTIAL
    relation[is_copy] = REWRITTEN
    relation[is_revised] = REVISED
    relation[
        is_revised & (inputs["tokens"] <= EXCERPT_RATIO * longer) & (carried(verbatim, order) >= EXCERPT_CARRIED)
    ] = EXCERPT
    return relation, score
