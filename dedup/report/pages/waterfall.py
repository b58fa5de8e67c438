"""Say in words how the measures of a pair add up to its verdict, one step after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dedup.judge import relation as rules
from dedup.judge.relation import Model, Models
from dedup.report.in_words import duration
from dedup.schema import MEASURES

NOTHING, LITTLE, CLEAR = 0.1, 0.8, 2.5
"""Log odds up to which a measure says nothing, a little, and clearly something; beyond them it says it strongly."""

MEANINGS = {
    "rare_containment": "{} of the unusual word pairs of the shorter text are in the longer one",
    "anchor_order": "{} of its other words come in the same order there",
    "anchor_order_longer": "{} of the longer text’s other words come in the same order in the shorter one",
    "supported_anchors": "{} of its other words stand near the same words there",
    "supported_anchors_longer": "{} of the longer text’s other words stand near the same words in the shorter one",
    "least_covered_third": "the third of it that is least alike has {} of its words there",
    "anchors_in_order": "{} of the words that each uses once come in the same order",
    "shared_lead": "{} of the first 60 words are the same",
    "verbatim": "{} of the shorter text is in the longer one word for word",
    "verbatim_longer": "{} of the longer text is in the shorter one word for word",
    "rare_containment_longer": "{} of the unusual word pairs of the longer text are in the shorter one",
    "common": "{} is word for word the same, but in words that many articles use",
    "retold": "{} of the shorter text is there in other words",
    "new_numbers": "{} of the numbers of the shorter text are missing in the longer one",
    "contradicted": "{} of the facts in the same places differ",
    "new_stages": "{} of what their openings say of the stage of the story differs",
    "new_weekdays": "{} of the weekdays they name differ",
    "new_top": "{} of the top of one is not in the other",
}
"""What each measure says; a share goes in the place of the braces."""

SMALL = 0.15
"""A share that nobody takes as a sign for something because it is large."""

LOW_IS_FOR = {"hours", "common", "verbatim", "verbatim_longer", "retold", "new_numbers", "contradicted"}
"""Measures of which a low value can speak for an answer: for news what is missing, for a copy what does not differ."""

COUNTED = {"tokens": "the shorter text has {:,} words", "hours": "they were published {} apart"}
"""The measures that are no shares."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a waterfall.

    Parameters
    ----------
    words : str
        What was measured.
    effect : str
        How much it says, in words.
    before, after : float
        Log odds before and after it.
    measure : str
        Its name; empty where every pair begins.
    value : float
    """

    words: str
    effect: str
    before: float
    after: float
    measure: str = ""
    value: float = math.nan

    @property
    def is_for(self) -> bool:
        """Whether it speaks for the answer yes."""
        return self.after >= self.before


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The steps that lead to the answer to one question about a pair.

    Parameters
    ----------
    steps : tuple of Step
        The first is where every pair begins; the others come with the strongest first.
    silent : tuple of str
        Measures that say nothing, in words.
    log_odds : float
        The sum.
    rule : str or None
        The rule that decides in place of the sum, in words.
    """

    steps: tuple[Step, ...]
    silent: tuple[str, ...]
    log_odds: float
    rule: str | None

    @property
    def ends(self) -> tuple[float, float]:
        """Log odds between which all of it can be drawn."""
        places = [0.0, self.log_odds, *(step.after for step in self.steps)]
        return min(*places, -2.0) - 0.5, max(*places, 2.0) + 0.5

    def percent(self, log_odds: float) -> float:
        """Return where log odds are drawn, in percent."""
        low, high = self.ends
        return round(100.0 * (log_odds - low) / (high - low), 2)

    def bar(self, before: float, after: float) -> tuple[float, float]:
        """Return place and width of the bar between two log odds, in percent."""
        low, high = sorted((self.percent(before), self.percent(after)))
        return low, round(max(high - low, 0.6), 2)

    @property
    def probability(self) -> float:
        """The probability that the answer is yes, by the sum."""
        return 1.0 / (1.0 + math.exp(-self.log_odds))


def waterfalls(measures: Mapping[str, float], words: float | None, models: Models) -> tuple[Waterfall, Waterfall]:
    """Return how the verdict on a pair comes about: whether one carries the other, and whether there is news.

    Parameters
    ----------
    measures : mapping
        By the names of `dedup.schema.MEASURES`; those that were taken.
    words : float or None
        Of the shorter text, page furniture left out; None if that is not known.
    models : Models

    Returns
    -------
    carried, news : Waterfall
    """
    every = {name: np.array([measures.get(name, np.nan)]) for name in MEASURES}
    inputs = rules.inputs_of(every, np.array([math.inf if words is None else float(words)]))
    values = {name: float(value[0]) for name, value in inputs.items()}
    taken = {*measures, *(("common", "retold") if "verbatim" in measures else ())}
    taken |= set() if words is None else {"tokens"}
    carried_rule = None
    if rules.are_versions(inputs)[0]:
        carried_rule = (
            "Both begin alike and share most of the shorter text: two versions, whatever else is on the pages."
        )
    if rules.ruled_out(inputs)[0]:
        carried_rule = _why_ruled_out(values)
    news_rule = None
    if rules.begin_alike(inputs)[0]:
        news_rule = "Both begin with the same words, hours apart at most: news is hardly to be expected."
    elif rules.is_whole(inputs)[0]:
        news_rule = "Nothing of the one text is lost in the other: news is hardly to be expected."
    return (
        _waterfall(models.carried, values, taken, carried_rule),
        _waterfall(models.news, values, taken, news_rule),
    )


def _why_ruled_out(values: Mapping[str, float]) -> str:
    if values["common"] >= rules.COMMON:
        return "What they share is wording that many articles use: no copy."
    if values["new_numbers"] >= rules.NO_NUMBERS:
        return "They have hardly a number in common: no copy."
    return "The text is too short, and too little of it is word for word the same: no copy."


def _waterfall(model: Model, values: Mapping[str, float], taken: set[str], rule: str | None) -> Waterfall:
    names = list(dict.fromkeys(term[0] for term in model.terms))
    added = {name: model.added(name, values[name]) for name in names if name in taken}
    strongest = sorted(added, key=lambda name: -abs(added[name]))
    at = model.intercept
    steps = [Step("where every pair begins", "", 0.0, at)]
    for name in strongest:
        if abs(added[name]) >= NOTHING:
            says = in_words(name, values[name]), effect(added[name])
            steps.append(Step(*says, at, at + added[name], name, values[name]))
        at += added[name]
    silent = tuple(in_words(name, values[name]) for name in strongest if abs(added[name]) < NOTHING)
    return Waterfall(tuple(steps), silent, at, rule)


def told(waterfall: Waterfall, most: int) -> list[Step]:
    """Return the steps to tell a reader in a list, without their lengths; the strongest first.

    A model takes 6 % of something as a sign for it, compared with nothing. A reader takes so small a share as a sign
    against it: it is told last, as saying little. The length of a text is no evidence that a reader could check.

    Parameters
    ----------
    waterfall : Waterfall
    most : int
        Steps to return.
    """
    steps = [step for step in waterfall.steps[1:] if step.measure != "tokens"]
    small = [step for step in steps if step.is_for and step.measure not in LOW_IS_FOR and step.value < SMALL]
    others = [step for step in steps if step not in small]
    return [*others, *(replace(step, effect=effect(LITTLE / 2)) for step in small)][:most]


def in_words(name: str, value: float) -> str:
    """Return what a measure says, in words."""
    if name == "hours":
        return COUNTED[name].format(duration(value * 3_600))
    if name == "tokens":
        return COUNTED[name].format(round(value))
    said = "all" if value >= 0.995 else "none" if value < 0.005 else f"{value:.0%}"
    return MEANINGS[name].format(said)


def effect(log_odds: float) -> str:
    """Return how strongly a step speaks, and for what.

    Examples
    --------
    >>> effect(3.0), effect(-0.5)
    ('strongly for', 'a little against')
    """
    strength = abs(log_odds)
    how = "a little" if strength < LITTLE else "clearly" if strength < CLEAR else "strongly"
    return f"{how} {'for' if log_odds > 0 else 'against'}"
