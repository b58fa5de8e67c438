"""Determine the relation of a pair, and its score, from its evidence: all rules are here.

Two questions are asked about a pair, and each is answered by a probability. *Carried*: is most of the shorter text's
own content in the other, word for word or retold? *News*: does one of them report a turn that the other lacks? A pair
is a copy if it is probably carried on, and has no news with the required certainty; if it is carried on with less
certainty about news, it is an update. Both probabilities are logistic models of a few measures, each of which acts in
one direction only and piecewise linearly; their coefficients are in ``relation.json``, written by
``benchmarks/fit/relation.py``. The rules of `judge` determine the kind of copy, and the relation of a pair that is not
a copy.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedup.errors import ParamsError
from dedup.judge.evidence import ALIKE, Evidence
from dedup.judge.match_table import Matches
from dedup.params import Level, Params
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

MODEL_FILE = Path(__file__).with_name("relation.json")

LAST_COPY = {
    Level.identical: IDENTICAL,
    Level.near: NEAR_DUPLICATE,
    Level.syndicated: REVISED,
    Level.rewritten: REWRITTEN,
}
"""The farthest relation that still counts as a copy at a level."""

CARRIED = 0.5
"""Probability from which a text counts as carried on by another."""

IN_DOUBT = 1 / 3
"""Share of the tolerance for news that is left where a text is only just carried on."""

FEW_TOKENS = 25
FEW_TOKENS_VERBATIM = 0.5
"""A document with fewer tokens is a copy only if at least this share of it is verbatim."""

NO_NUMBERS = 0.85
"""Measure ``new_numbers`` from which nothing is retold: the shorter text has a dozen numbers, and the longer hardly one
of them."""

COMMON = 0.4
"""Where verbatim exceeds rare containment by this much, the words are those of many articles: no copy."""

CONTRADICTED = 0.11
"""Measure ``contradicted`` from which two texts are pieces from one mould: one frame, other facts."""

CONTRADICTED_NUMBERS = 0.2
"""The same where only numbers are looked at."""

ALL_VERBATIM = 0.98
"""Texts of which this share is the same, both ways, are not aligned: what differs is at most a correction."""

VERSION_VERBATIM, VERSION_LEAD, VERSION_RARE = (0.6, 0.53), (0.6, 0.9), (0.4, 0.3)
"""Bounds of two versions of one story, each on a page of its own: most of the shorter one is in the longer, both begin
alike, and what they share is rare. The second set of bounds holds where they begin with the same words: then less of
the rest is enough. They are carried on, whatever else is on the pages and drags other measures down."""

VERSION_TOKENS, VERSION_CONTRADICTED = 60, 0.03
"""Least length of such versions, and the contradiction that they stay below: notices of a few lines are excepted."""

VERSION_CARRIED = 0.9
"""Least probability that such versions are carried on."""

SAME_OPENING, SAME_VERBATIM, SAME_RARE = 0.95, 0.5, 0.3
SAME_STAGES, SAME_HOURS = 0.5, 48.0
"""Versions that begin with the same words have no news: of those that were read, 87 of 100 in an undated archive of one
outlet and 98 of 100 elsewhere were copies. This does not hold where the words before them show many stages, or where
days lie between."""

WHOLE, WHOLE_LONGER, SAME_TEXT = 0.95, 0.7, 0.9
"""A text that is in a much longer one word for word has no news either: 74 of 76 that were read are excerpts, of which
nothing is lost. Nor have two texts that are the same both ways and show the same stages: 68 of 70 are copies, even days
apart."""

NO_NEWS = 0.05
"""Highest probability of news in both cases."""

EXCERPT_RATIO = 0.67
EXCERPT_CARRIED = 0.7
"""Greatest length of an excerpt, relative to its container, and least share of it that the container has, verbatim or
in order."""

RETOLD_ORDER = 0.35
"""Anchor order from which all that is not verbatim counts as carried over."""

REVISED_VERBATIM = 0.2
REWRITTEN_ORDER = 0.2
REWRITTEN_VERBATIM = 0.6
"""A revised text keeps at least the first share verbatim; with this anchor order it needs the last share, or it is
rewritten."""

PARTIAL_VERBATIM = 0.08
PARTIAL_RARE = 0.2
"""Least verbatim share, or rare containment, of a pair that is no copy but partial."""

SAME_EVENT_FROM = 0.1
"""Rare containment, or probability, from which two texts that are no copies report one event."""

SUPERFLUOUS = 0.9
"""Share of an earlier text in a later one from which the earlier one is superfluous."""


@dataclass(frozen=True, slots=True)
class Model:
    """A monotone, piecewise linear logistic model: measures of a pair in, a probability out.

    Parameters
    ----------
    intercept : float
    terms : tuple of (measure, start, stop, slope)
        Each adds ``slope`` for every unit of the measure that lies between ``start`` and ``stop``.
    """

    intercept: float
    terms: tuple[tuple[str, float, float, float], ...]

    def added(self, measure: str, value: float) -> float:
        """Return what a measure adds to the log odds of a pair."""
        terms = (term for term in self.terms if term[0] == measure)
        return sum(slope * min(max(value - start, 0.0), stop - start) for _, start, stop, slope in terms)

    def probability(self, inputs: Inputs) -> npt.NDArray[np.float64]:
        """Return the probability of each pair that the answer is yes."""
        logit = np.full(len(inputs["verbatim"]), self.intercept)
        for name, start, stop, slope in self.terms:
            logit += slope * np.clip(inputs[name] - start, 0.0, stop - start)
        return np.asarray(1.0 / (1.0 + np.exp(-logit)))


@dataclass(frozen=True, slots=True)
class Models:
    """The two models: whether a pair is carried on, and whether there is news."""

    carried: Model
    news: Model

    @staticmethod
    def of(params: Params) -> Models:
        """Return the models that `Params.model` names, by default the shipped ones in ``relation.json``."""
        return _cached_models(params.model)

    @staticmethod
    def parse(text: str) -> Models:
        """Read two models from JSON in the form of ``relation.json``.

        Raises
        ------
        ParamsError
            When they look at measures that this version does not have.
        """
        read = json.loads(text)
        carried, news = (
            Model(read[name]["intercept"], tuple(tuple(term) for term in read[name]["terms"]))
            for name in ("carried", "news")
        )
        unknown = {term[0] for model in (carried, news) for term in model.terms} - {*_READ, *_MADE}
        if unknown:
            found = f"a model with {', '.join(sorted(unknown))}"
            raise ParamsError(found, "measures of this version of dedup", "fit it again with dedup fit")
        return Models(carried, news)


@functools.cache
def _cached_models(text: str | None) -> Models:
    return Models.parse(MODEL_FILE.read_text("utf-8") if text is None else text)


Inputs = dict[str, npt.NDArray[np.float64]]

_UNREAD = ("resemblance", "containment_left", "containment_right", "furniture", "furniture_longer", "carried", "news")
_READ = tuple(name for name in MEASURES if name not in _UNREAD)
_MADE = ("tokens", "common", "retold")


def model_inputs(evidence: Evidence) -> Inputs:
    """Return the input of the models from the evidence of pairs."""
    shorter = np.minimum(evidence.lengths_left, evidence.lengths_right).astype(np.float64)
    return inputs_of({name: evidence[name] for name in _READ}, shorter)


def inputs_of(measures: Mapping[str, npt.NDArray[np.float64]], tokens: npt.NDArray[np.float64]) -> Inputs:
    """Return the input of the models: measures, and three quantities derived from them.

    A measure that was not taken counts as 0: no contradiction, nothing new, no time between.

    tokens
        Tokens of the shorter document.
    common
        Verbatim beyond rare containment: word for word, but in words that many articles have.
    retold
        What of the shorter document is carried over in other words.
    """
    inputs = {name: np.nan_to_num(measures[name], nan=0.0) for name in _READ}
    inputs["hours"] = np.abs(inputs["hours"])
    inputs["tokens"] = tokens
    inputs["common"] = np.maximum(0.0, inputs["verbatim"] - inputs["rare_containment"])
    inputs["retold"] = carried_share(inputs["verbatim"], inputs["anchor_order"]) - inputs["verbatim"]
    return inputs


def ruled_out(inputs: Inputs) -> npt.NDArray[np.bool_]:
    """Return which pairs are never carried on: too short, alike in common words only, or without a common number."""
    verbatim = inputs["verbatim"]
    is_short = (inputs["tokens"] < FEW_TOKENS) & (verbatim < FEW_TOKENS_VERBATIM)
    return np.asarray(is_short | (inputs["common"] >= COMMON) | (inputs["new_numbers"] >= NO_NUMBERS))


def are_versions(inputs: Inputs) -> npt.NDArray[np.bool_]:
    """Return which pairs are two versions of one story, whatever else is on their pages."""
    verbatim, lead, rare = inputs["verbatim"], inputs["shared_lead"], inputs["rare_containment"]
    bounds = zip(VERSION_VERBATIM, VERSION_LEAD, VERSION_RARE, strict=True)
    can_be = (inputs["tokens"] >= VERSION_TOKENS) & (inputs["contradicted"] < VERSION_CONTRADICTED)
    return np.asarray(can_be & np.any([(verbatim >= v) & (lead >= o) & (rare >= r) for v, o, r in bounds], axis=0))


def begin_alike(inputs: Inputs) -> npt.NDArray[np.bool_]:
    """Return which pairs begin with the same words and share much else, so that news is unlikely."""
    alike = (inputs["shared_lead"] >= SAME_OPENING) & (inputs["verbatim"] >= SAME_VERBATIM)
    alike &= (inputs["rare_containment"] >= SAME_RARE) & (inputs["new_stages"] <= SAME_STAGES)
    return np.asarray(alike & (inputs["hours"] <= SAME_HOURS))


def is_whole(inputs: Inputs) -> npt.NDArray[np.bool_]:
    """Return which pairs are a text and a longer one that contains it word for word, or the same text twice."""
    verbatim, longer = inputs["verbatim"], inputs["verbatim_longer"]
    same = (np.minimum(verbatim, longer) >= SAME_TEXT) & (inputs["new_stages"] <= SAME_STAGES)
    return np.asarray(((verbatim >= WHOLE) & (longer <= WHOLE_LONGER)) | same)


def carried_probability(inputs: Inputs, model: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probability that each pair is carried on: the model's, unless a rule decides."""
    is_out = ruled_out(inputs)
    carried = np.where(are_versions(inputs), np.maximum(model, VERSION_CARRIED), model)
    return np.where(is_out, 0.0, carried)


def news_probability(inputs: Inputs, model: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probability that each pair has news: the model's, unless a rule decides."""
    return np.where(begin_alike(inputs) | is_whole(inputs), np.minimum(model, NO_NEWS), model)


def tolerance(carried: npt.NDArray[np.float64], certainty: float) -> npt.NDArray[np.float64]:
    """Return the highest probability of news that a copy may have; it is lower if ``carried`` is less certain."""
    doubtless = np.clip((carried - CARRIED) / (1.0 - CARRIED), 0.0, 1.0)
    return np.asarray((1.0 - certainty) * (IN_DOUBT + (1.0 - IN_DOUBT) * doubtless))


def near_duplicates(evidence: Evidence, params: Params) -> Matches:
    """Return each pair as a match by its resemblance, which is its score; it is a near duplicate from the threshold on.

    Those whose numbers contradict each other are templates; those that seem to have news are updates. What is below the
    threshold is partial.
    """
    is_near = evidence["resemblance"] >= params.threshold
    is_template = is_near & (evidence["contradicted"] >= CONTRADICTED_NUMBERS)
    is_copy = is_near & ~is_template
    relation = np.select([is_copy, is_template], [NEAR_DUPLICATE, TEMPLATE], PARTIAL).astype(np.int8)
    score = np.where(is_template, 0.0, evidence["resemblance"])
    carried = np.where(is_copy, 1.0, 0.0)
    return _with_updates(evidence, relation, score, carried, np.full(len(score), NEITHER, np.int8), params)


def is_reported(evidence: Evidence, params: Params) -> npt.NDArray[np.bool_]:
    """Return which pairs have a relation that is reported, as far as is known before shingles are compared.

    All but those of one event, unless they are asked for and share rare word pairs enough.
    """
    relation, carried = _relations(evidence, params)
    alike = np.maximum(carried, evidence["rare_containment"]) >= SAME_EVENT_FROM
    return np.asarray((relation < SAME_EVENT) | (params.related & alike))


def may_be_template(evidence: Evidence, params: Params) -> npt.NDArray[np.bool_]:
    """Return which pairs must be checked for contradicting facts: those carried on, or alike from one side."""
    relation, _ = _relations(evidence, params)
    alike = np.maximum(evidence["verbatim"], evidence["verbatim_longer"])
    same = np.minimum(evidence["verbatim"], evidence["verbatim_longer"]) >= ALL_VERBATIM
    return np.asarray(((relation < PARTIAL) | (alike >= ALIKE)) & ~same)


def may_be_update(evidence: Evidence, params: Params) -> npt.NDArray[np.bool_]:
    """Return which pairs must be searched for signs of news: those carried on."""
    return np.asarray(_relations(evidence, params)[0] < PARTIAL)


def judge(evidence: Evidence, params: Params) -> Matches:
    """Return each pair with its relation and score, as matches; the evidence must be complete."""
    relation, carried = _relations(evidence, params)
    score = carried.copy()
    is_near = evidence["resemblance"] >= params.threshold
    relation[is_near] = NEAR_DUPLICATE
    score[is_near] = evidence["resemblance"][is_near]
    carried[is_near] = 1.0
    is_template = evidence["contradicted"] >= CONTRADICTED
    relation[is_template] = TEMPLATE
    score[is_template] = 0.0
    # A text that has much of its own does not go for a shorter version of itself.
    longer = carried_share(evidence["verbatim_longer"], evidence["anchor_order_longer"])
    has_more = (relation == EXCERPT) | ((relation == REVISED) & (longer < EXCERPT_CARRIED))
    container = np.where(evidence.lengths_left > evidence.lengths_right, LEFT, RIGHT)
    container[~has_more] = NEITHER
    return _with_updates(evidence, relation, score, carried, container.astype(np.int8), params)


def carried_share(verbatim: npt.NDArray[np.float64], order: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the share of one side of each pair that the other has, verbatim or in order."""
    return np.asarray(verbatim + (1.0 - verbatim) * np.minimum(1.0, order / RETOLD_ORDER))


def _with_updates(
    evidence: Evidence,
    relation: npt.NDArray[np.int8],
    score: npt.NDArray[np.float64],
    carried: npt.NDArray[np.float64],
    container: npt.NDArray[np.int8],
    params: Params,
) -> Matches:
    """Return the matches with updates separated from copies, and both probabilities among the measures."""
    inputs = model_inputs(evidence)
    is_carried = relation < UPDATE
    news = news_probability(inputs, Models.of(params).news.probability(inputs))
    news = np.where(is_carried, news, np.nan)
    measures = evidence.measures.copy()
    measures[MEASURES.index("carried")] = carried
    measures[MEASURES.index("news")] = news
    if params.updates != "drop":
        is_near = relation == NEAR_DUPLICATE
        score = np.where(is_carried & ~is_near, carried * (1.0 - np.nan_to_num(news)), score)
        is_update = is_carried & (news > tolerance(carried, params.certainty))
        may_go = is_update & (relation <= LAST_COPY[params.level]) & (params.updates == "latest")
        relation, container = relation.copy(), container.copy()
        relation[is_update] = UPDATE
        score[is_update] = (carried * news)[is_update]
        container[is_update] = np.where(may_go, _superseding(evidence), NEITHER)[is_update]
    return Matches(evidence.left, evidence.right, relation, score, container, measures)


def _superseding(evidence: Evidence) -> npt.NDArray[np.int8]:
    """Return the later side of each pair that contains nearly all of the earlier side."""
    share = carried_share(evidence["verbatim"], evidence["anchor_order"])
    share_longer = carried_share(evidence["verbatim_longer"], evidence["anchor_order_longer"])
    right_is_shorter = evidence.lengths_right < evidence.lengths_left
    left, right = np.where(right_is_shorter, (share_longer, share), (share, share_longer))
    hours = np.nan_to_num(evidence["hours"], nan=0.0)
    goes_left, goes_right = (hours > 0) & (left >= SUPERFLUOUS), (hours < 0) & (right >= SUPERFLUOUS)
    return np.select([goes_left, goes_right], [RIGHT, LEFT], NEITHER).astype(np.int8)


def _relations(evidence: Evidence, params: Params) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Return the relation of each pair by the layout of its agreement, and the probability that it is carried on."""
    inputs = model_inputs(evidence)
    carried = carried_probability(inputs, Models.of(params).carried.probability(inputs))
    verbatim, order, rare = inputs["verbatim"], inputs["anchor_order"], inputs["rare_containment"]
    longer = np.maximum(evidence.lengths_left, evidence.lengths_right)
    is_carried = carried >= CARRIED
    is_retold = (order >= REWRITTEN_ORDER) & (verbatim < REWRITTEN_VERBATIM)
    is_revised = is_carried & (verbatim >= REVISED_VERBATIM) & ~is_retold
    relation = np.full(len(carried), SAME_EVENT, np.int8)
    relation[(verbatim >= PARTIAL_VERBATIM) | (rare >= PARTIAL_RARE)] = PARTIAL
    relation[is_carried] = REWRITTEN
    relation[is_revised] = REVISED
    relation[
        is_revised & (inputs["tokens"] <= EXCERPT_RATIO * longer) & (carried_share(verbatim, order) >= EXCERPT_CARRIED)
    ] = EXCERPT
    return relation, carried
