"""Write the sentence that explains to an editor why two texts have their relation.

One function for a run, an index and the comparison of two texts. A sentence names the text whose share it gives: "it"
is the text that is dropped, beside "the kept text"; where nothing is dropped it is "the shorter text" of the two. All
numbers are shares that a reader can check by eye with both texts in view. Which of them are given is decided by what
adds most to the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from dedup.judge.relation import COMMON, NO_NUMBERS, PARTIAL_VERBATIM, VERSION_CARRIED, Model, Models
from dedup.params import Params
from dedup.schema import (
    EXCERPT,
    IDENTICAL,
    LEFT,
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

NO_COPY = "no copy found"
SHORT = "very short: compared for identity only"
NO_WORDS = "no words"
"""Why a text is kept."""

KEPT_TEXT = "the kept text"

OTHER_VERSION = "the other version of the story"

VIA = "; that is {}, which is dropped too"
"""Added to the reason of a text that matches a dropped version, not the kept one."""

OF_SAME_PAGE = {LEFT: "an earlier", NEITHER: "another", RIGHT: "a later"}
"""What a text is to another one of its page, by their dates."""

CARRIES_ON = "; carries on an earlier version of the same page with news: {}"
"""Added to the reason of a kept text."""

OPENINGS = {
    EXCERPT: "an excerpt",
    REVISED: "a revised version",
    REWRITTEN: "the same report in other words",
    UPDATE: "an update",
    PARTIAL: "another article with something in common",
    TEMPLATE: "from one template",
    SAME_EVENT: "perhaps another report of the same event",
}
"""How the sentence of each relation begins, but for those that are nearly word for word the same."""

NEARLY_ALL = 0.9
"""Share of verbatim text from which nothing else needs to be said of a copy."""

N_GROUNDS = {EXCERPT: 1, REVISED: 1, REWRITTEN: 2, UPDATE: 1}
"""How many measures are given of a copy besides what is word for word."""

GROUNDS = {
    "rare_containment": "{share} of {its} unusual word pairs are {there}",
    "anchor_order": "{share} of {its} other words come in the same order {there}",
    "supported_anchors": "{share} of {its} other words are near the same words {there}",
    "least_covered_third": "even {its} least similar third has {share} of its words {there}",
    "anchors_in_order": "{share} of the words that both use once come in the same order",
}
"""What each measure says where it speaks for a copy."""

NONE = "hardly any"

LACKS = {
    "rare_containment": "{} of its unusual word pairs are there",
    "anchor_order": "{} of its other words come in the same order",
    "supported_anchors": "{} of its other words are near the same words",
    "least_covered_third": "its least similar third has {} of its words there",
    "anchors_in_order": "{} of the words that both use once come in the same order",
}
"""What each measure says where it lacks for a copy."""

MUCH_FURNITURE = 0.1
"""Share of a text, what pages add to articles, from which the sentence says that it was not compared."""

DAYS_FROM = 72
"""Hours from which the time between two texts is given in days."""


class _View(NamedTuple):
    """The point of view of a sentence: one text and the other.

    Parameters
    ----------
    text, other : str
        What they are called.
    is_shorter : bool
        Whether the text is the shorter one, of which the measures without ``_longer`` are.
    """

    text: str
    other: str
    is_shorter: bool

    def both(self, name: str, measures: Mapping[str, float]) -> tuple[str, str]:
        """Return the share of the text and the share of the other."""
        shares = _share(measures[name]), _share(measures[f"{name}_longer"])
        return shares if self.is_shorter else shares[::-1]


def reason(
    relation: int | None,
    measures: Mapping[str, float],
    models: Models | None = None,
    *,
    dropped: int = NEITHER,
    other: str = KEPT_TEXT,
    words: float | None = None,
) -> str:
    """Return a sentence that says why two texts have their relation.

    Parameters
    ----------
    relation : int or None
        A code of `dedup.schema`; None where the texts have none.
    measures : mapping
        By the names of `dedup.schema.MEASURES`. NaN, or no entry, where one was not measured.
    models : Models, optional
        The models by which the pair was judged; the shipped ones by default.
    dropped : {LEFT, NEITHER, RIGHT}
        The side of the pair that is dropped for the other: the sentence is about this text.
    other : str
        What the sentence calls the text that stays.
    words : float, optional
        Length of the shorter text, where it is known.

    Returns
    -------
    str
        Without a capital at its beginning or a full stop at its end.

    Raises
    ------
    ValueError
        When there is no such relation.

    Examples
    --------
    >>> from dedup.judge.reasons import reason
    >>> from dedup.schema import EXCERPT, RIGHT
    >>> measures = {"verbatim": 0.974, "containment_left": 0.31, "containment_right": 0.95}
    >>> reason(EXCERPT, measures, dropped=RIGHT)
    'an excerpt: 97% of it is in the kept text word for word'
    >>> reason(EXCERPT, measures)
    'an excerpt: 97% of the shorter text is in the longer one word for word'
    """
    models = models or Models.of(Params())
    measures = {name: value for name, value in measures.items() if value == value}
    if relation is None:
        return "hardly anything in common"
    if relation == IDENTICAL:
        return "the same words in the same order"
    view = _view(measures, dropped, other)
    if relation == NEAR_DUPLICATE:
        return _near_duplicate(measures, view)
    if relation not in OPENINGS:
        raise ValueError(f"relation {relation}")
    opening = "superseded by an update" if relation == UPDATE and dropped != NEITHER else OPENINGS[relation]
    if relation == TEMPLATE:
        facts = _share(measures["contradicted"])
        return f"{opening}: {_verbatim(measures, view)}, but {facts} of the facts in the same places differ"
    if relation in (PARTIAL, SAME_EVENT):
        return f"{opening}: {_common(measures, view)}, but {_lack(measures, models.carried, words)}"
    grounds = _grounds(measures, models.carried, view, N_GROUNDS[relation])
    news = f"; signs of news: {_news(measures, models.news)}" if relation == UPDATE else ""
    return f"{opening}: {grounds}{_furniture(measures, view)}{news}"


def of_same_page(reason: str, order: int) -> str:
    """Return a reason that begins with what the text is to the other one of its page.

    Parameters
    ----------
    reason : str
        As `reason` returns it.
    order : {LEFT, NEITHER, RIGHT}
        LEFT if the text is the earlier one of the two, RIGHT if it is the later one.

    Examples
    --------
    >>> of_same_page("nearly the same text: all phrases in the two are in both", RIGHT)
    'a later version of the same page: nearly the same text: all phrases in the two are in both'
    """
    return f"{OF_SAME_PAGE[order]} version of the same page: {reason}"


def _view(measures: Mapping[str, float], dropped: int, other: str) -> _View:
    """Return the view from the dropped text, or from the shorter one, which has the larger share of shared shingles."""
    left, right = (measures.get(f"containment_{side}", 0.0) for side in ("left", "right"))
    if dropped == NEITHER or left == right == 0.0:
        return _View("the shorter text", "the longer one", True)
    return _View("it", other, left >= right if dropped == LEFT else right >= left)


def _near_duplicate(measures: Mapping[str, float], view: _View) -> str:
    if "verbatim" not in measures:
        return f"nearly the same text: {_share(measures['resemblance'])} of all phrases in the two are in both"
    return f"nearly the same text: {_verbatim_both(measures, view)}{_furniture(measures, view)}"


def _verbatim(measures: Mapping[str, float], view: _View) -> str:
    if view.is_shorter:
        return f"{_share(measures['verbatim'])} of {view.text} is in {view.other} word for word"
    return _verbatim_both(measures, view)


def _verbatim_both(measures: Mapping[str, float], view: _View) -> str:
    share, share_of_other = view.both("verbatim", measures)
    begin = f"{share} of {view.text} is in {view.other} word for word"
    return f"{begin}, and {share_of_other} of {view.other} in {view.text}"


def _furniture(measures: Mapping[str, float], view: _View) -> str:
    """Return the part of a sentence on how much of the text was not compared because it is page furniture."""
    name = "furniture" if view.is_shorter else "furniture_longer"
    if measures.get(name, 0.0) < MUCH_FURNITURE:
        return ""
    return f"; {_share(measures[name])} of {view.text} is page furniture and was not compared"


def _common(measures: Mapping[str, float], view: _View) -> str:
    """Return the part on what two texts share that are not copies: passages, or words if they share no passage."""
    if measures["verbatim"] >= PARTIAL_VERBATIM:
        return _verbatim(measures, view)
    rare = _share(measures["rare_containment"])
    return f"{rare} of the unusual word pairs of {view.text} are in {view.other}"


def _grounds(measures: Mapping[str, float], model: Model, view: _View, count: int) -> str:
    """Return the part on what makes a text a copy: its verbatim share, and what else adds most to the verdict."""
    if measures["verbatim"] >= NEARLY_ALL:
        return _verbatim(measures, view)
    parts = [_verbatim(measures, view)]
    if measures.get("carried") == VERSION_CARRIED:  # decided by that rule, not by the model
        parts.append(f"both begin alike, with {_share(measures['shared_lead'])} of 60 words in common")
        count -= 1
    added = {name: model.added(name, measures.get(name, 0.0)) for name in GROUNDS}
    most = [name for name in sorted(GROUNDS, key=lambda name: -added[name]) if added[name] > 0]
    other = "the kept text's" if view.other == KEPT_TEXT else "that text's"
    words = {"its": "its", "there": "there"} if view.is_shorter else {"its": other, "there": "in it"}
    parts += [GROUNDS[name].format(share=_share(measures[name]), **words) for name in most[: max(0, count)]]
    return "; ".join(parts)


def _news(measures: Mapping[str, float], model: Model) -> str:
    """Return the strongest sign of news, and a second one if it is at least half as strong."""
    hours = abs(measures.get("hours", 0.0))
    signs = {
        "new_stages": "their openings report different stages of the story",
        "new_weekdays": "they name different weekdays",
        "new_top": f"{_share(measures.get('new_top', 0.0))} of the top of one is not in the other",
        "hours": f"they were published {_time(hours)} apart",
    }
    values = {name: measures.get(name, 0.0) for name in signs} | {"hours": hours}
    added = {name: model.added(name, value) for name, value in values.items()}
    first, second = sorted(signs, key=lambda name: -added[name])[:2]
    if added[first] <= 0:
        return "no clear one"
    return signs[first] if added[second] < added[first] / 2 else f"{signs[first]}, and {signs[second]}"


def _lack(measures: Mapping[str, float], model: Model, words: float | None) -> str:
    """Return the strongest reason why a pair is not a copy."""
    if measures["verbatim"] - measures["rare_containment"] >= COMMON:
        return "in wording that many articles use"
    if measures["new_numbers"] >= NO_NUMBERS:
        return f"{_share(measures['new_numbers'])} of its numbers are missing there"
    lost = {name: model.added(name, 1.0) - model.added(name, measures.get(name, 0.0)) for name in GROUNDS}
    if measures["verbatim"] < PARTIAL_VERBATIM:  # then they are what the sentence has begun with
        del lost["rare_containment"]
    lost |= {name: -model.added(name, measures.get(name, 0.0)) for name in ("new_numbers", "contradicted")}
    if words is not None:
        lost["words"] = model.added("tokens", math.inf) - model.added("tokens", words)
    most = max(lost, key=lambda name: lost[name])
    share = _share(measures.get(most, 0.0))
    if most in LACKS:
        return LACKS[most].format(share if share == NONE else f"only {share}")
    return {
        "new_numbers": f"{share} of its numbers are missing there",
        "contradicted": f"{share} of the facts in the same places differ",
        "words": "it is too short to be sure",
    }[most]


def _share(value: float) -> str:
    """Return a share in a form for readers: a percentage, or a word at either end."""
    if value < 0.005:
        return NONE
    if value >= 0.995:
        return "all" if value >= 1.0 else "nearly all"
    return f"{value:.0%}"


def _time(hours: float) -> str:
    count, unit = (round(hours), "hour") if hours < DAYS_FROM else (round(hours / 24), "day")
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"
