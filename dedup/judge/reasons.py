"""Evidence told to a person: what decided, in a few words."""

from __future__ import annotations

from collections.abc import Mapping

from dedup.judge.relation import COMMON, Model, Models
from dedup.params import Params
from dedup.schema import (
    EXCERPT,
    IDENTICAL,
    NEAR_DUPLICATE,
    PARTIAL,
    REVISED,
    REWRITTEN,
    SAME_EVENT,
    TEMPLATE,
    UPDATE,
)

VERBATIM = "{:.0%} of the shorter one stands word for word in the other"

TOLD = {
    "rare_containment": "{:.0%} of its rare word pairs, weighted, are in the other",
    "anchor_order": "{:.0%} of its other words come in the same order",
    "supported_anchors": "{:.0%} of its other words stand near the same ones",
    "least_covered_third": "even its least covered third is covered by {:.0%}",
    "anchors_in_order": "{:.0%} of the words that both have once follow in the same order",
}
"""How a measure is told where it decides."""

NEWS = {
    "new_stages": "their openings tell other stages of the story",
    "new_weekdays": "they name other days",
    "new_top": "{:.0%} of the top of one is not in the other",
    "hours": "{:,.0f} hours lie between them",
}
"""The same of an update."""

GROUNDS = {EXCERPT: 1, REVISED: 1, REWRITTEN: 2}
"""How many measures are told of a copy, besides what is verbatim: those that add most to the score."""


def reason(relation: int, measures: Mapping[str, float], models: Models | None = None) -> str:
    """Say in a few words why a pair has its relation.

    Parameters
    ----------
    relation : int
        A code of `dedup.schema`.
    measures : mapping
        By the names of `dedup.schema.MEASURES`.
    models : Models, optional
        By which the pair was judged; the shipped ones by default.
    """
    models = models or Models.of(Params())
    if relation == IDENTICAL:
        return "the same words in the same order"
    if relation == NEAR_DUPLICATE:
        return f"resemblance {measures['resemblance']:.2f}"
    verbatim = VERBATIM.format(measures["verbatim"])
    if relation in GROUNDS:
        added = {name: models.carried.added(name, measures[name]) for name in TOLD}
        most = sorted(TOLD, key=lambda name: -added[name])[: GROUNDS[relation]]
        return "; ".join([verbatim, *(TOLD[name].format(measures[name]) for name in most)])
    if relation == UPDATE:
        return f"{verbatim}, with news: {_news(measures, models.news)}"
    if relation == TEMPLATE:
        return f"{verbatim}, but {measures['contradicted']:.0%} of the facts in the same places contradict each other"
    if relation not in (PARTIAL, SAME_EVENT):
        raise ValueError(f"relation {relation}")
    return f"{verbatim}, but {_lacking(measures, models.carried)}"


def _news(measures: Mapping[str, float], model: Model) -> str:
    """Say what speaks most for news: one measure, and a second one that says nearly as much."""
    values = {name: abs(measures.get(name, 0.0)) for name in NEWS}
    values = {name: 0.0 if value != value else value for name, value in values.items()}  # not measured
    added = {name: model.added(name, values[name]) for name in NEWS}
    first, second = sorted(NEWS, key=lambda name: -added[name])[:2]
    some = [first] if added[second] < added[first] / 2 else [first, second]
    return " and ".join(NEWS[name].format(values[name]) for name in some)


def _lacking(measures: Mapping[str, float], model: Model) -> str:
    """Say why a pair is no copy."""
    if measures["verbatim"] - measures["rare_containment"] >= COMMON:
        return "in words that many articles have"
    least = min(
        ("anchor_order", "least_covered_third", "rare_containment"),
        key=lambda name: model.share(name, measures[name]),
    )
    return {
        "anchor_order": f"only {measures['anchor_order']:.0%} of its other words come in the same order",
        "least_covered_third": f"of its least covered third only {measures['least_covered_third']:.0%} is covered",
        "rare_containment": f"only {TOLD['rare_containment'].format(measures['rare_containment'])}",
    }[least]
