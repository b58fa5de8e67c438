"""Show a record in a terminal: what was decided on it, its story, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dedup.judge.relation import CARRIED, Models
from dedup.report.escaping import shown
from dedup.report.pages.waterfall import Waterfall, told, waterfalls
from dedup.report.pair_verdict import Verdict
from dedup.report.run_table import AS_COPY
from dedup.report.stories import Version
from dedup.report.text_columns import columns_of, cut_to, padded

STEPS = 5
"""Measures of each question that are given, the strongest first."""

OTHERS = 6
"""Matches of a record that are listed besides the one that decided."""


@dataclass(frozen=True, slots=True)
class OtherMatch:
    """A match of a record besides the one that decided.

    Parameters
    ----------
    id : str
        Of the other text.
    source, title : str or None
    verdict : Verdict
        The record is a.
    """

    id: str
    source: str | None
    title: str | None
    verdict: Verdict


def decision_line(version: Version) -> str:
    """Return the decision on a record in a sentence."""
    if version.kept:
        return f"{shown(version.id)} is kept: {shown(version.reason)}"
    if version.original is None:
        return f"{shown(version.id)} is {shown(version.reason)}"
    words = AS_COPY.get(version.relation or "", "copy of")
    score = "" if version.score is None else f", score {version.score:.2f}"
    return f"{shown(version.id)} is dropped: {words} {shown(version.original)}{score}"


def wrapped(text: str, columns: int, indent: str = "") -> Iterator[str]:
    """Yield a sentence in lines, those after the first indented by two more blanks."""
    yield from textwrap.wrap(shown(text), max(40, columns), initial_indent=indent, subsequent_indent=f"{indent}  ")


def fact_lines(version: Version, place: str) -> Iterator[str]:
    """Yield what is known of a record besides its story."""
    facts = {
        "title": version.title,
        "source": version.source,
        "published": f"{version.published:%Y-%m-%d %H:%M} UTC" if version.published else None,
        "credits": version.credit,
        "url": version.url if version.url != version.id else None,
        "input": place,
    }
    for name, value in facts.items():
        if value:
            yield f"  {name:<10} {shown(value)}"


def why_lines(verdict: Verdict, models: Models, words: float | None = None) -> Iterator[str]:
    """Yield the measures that decided, in words, the strongest first.

    Parameters
    ----------
    verdict : Verdict
    models : Models
    words : float, optional
        Of the shorter text, if it is known.
    """
    if "rare_containment" not in verdict.measures:
        for name in ("resemblance", "containment_left", "containment_right"):
            if name in verdict.measures:
                yield f"  {verdict.measures[name]:>4.0%}  {_NEAR[name]}"
        return
    carried, news = waterfalls(verdict.measures, words, models)
    yield from _steps(f"that one carries the other on: {_probability(verdict, 'carried')}", carried)
    if verdict.measures.get("carried", 0.0) >= CARRIED:
        yield from _steps(f"that one has news: {_probability(verdict, 'news')}", news)


_NEAR = {
    "resemblance": "of all phrases in the two are in both",
    "containment_left": "of the phrases of the first are in the second",
    "containment_right": "of the phrases of the second are in the first",
}


def _probability(verdict: Verdict, question: str) -> str:
    return f"probability {verdict.measures[question]:.0%}" if question in verdict.measures else "not measured"


def _steps(question: str, waterfall: Waterfall) -> Iterator[str]:
    yield f"  {question}"
    for step in told(waterfall, STEPS):
        yield f"    {step.effect:<17} {step.words}"
    if waterfall.rule:
        yield f"    decided by a rule: {waterfall.rule}"


def other_lines(others: Sequence[OtherMatch], columns: int) -> Iterator[str]:
    """Yield a line for each further match of a record."""
    visible = others[:OTHERS]
    width = max(columns_of(shown(one.id)) for one in visible)
    for one in visible:
        relation = (one.verdict.relation or "").replace("_", " ")
        line = f"  {relation:<14}  {one.verdict.score:.2f}  {padded(shown(one.id), width)}"
        about = " - ".join(part for part in (one.source, one.title) if part)
        yield f"{line}  {cut_to(shown(about), max(20, columns - width - 24))}".rstrip()
    if len(others) > OTHERS:
        yield f"  ... {len(others) - OTHERS:,} more"
