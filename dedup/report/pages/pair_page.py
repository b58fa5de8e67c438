"""Make the page of a pair: both texts side by side, and how the verdict comes about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from dedup.judge import relation as rules
from dedup.judge.reasons import reason
from dedup.judge.relation import Models
from dedup.report.in_words import count, relation_words, share
from dedup.report.pages.alignment import Alignment, Tally
from dedup.report.pages.page_data import PageData
from dedup.report.pages.waterfall import waterfalls
from dedup.schema import (
    IDENTICAL,
    LEFT,
    MEASURES,
    NEAR_DUPLICATE,
    NEITHER,
    NO_DATE,
    RELATIONS,
    RIGHT,
    TEMPLATE,
    UPDATE,
)
from dedup.text.token_places import words_of

VERDICTS = {
    "identical": "The same text twice",
    "near_duplicate": "Nearly the same text",
    "excerpt": "One is an excerpt of the other",
    "revised": "One is a revised version of the other",
    "rewritten": "One retells the other",
    "update": "One carries the other on, with news",
    "partial": "Two articles with something in common",
    "template": "Two pieces from one mould",
    "same_event": "Perhaps two reports of one event",
}
"""Headlines of the page."""


@dataclass(frozen=True, slots=True)
class Side:
    """One text of a pair, and what became of it."""

    record: int
    id: str
    label: str
    title: str
    url: str | None
    source: str | None
    published: datetime | None
    credit: str | None
    fate: str
    kind: str


@dataclass(frozen=True, slots=True)
class PairLine:
    """What a table shows of a pair."""

    page: int | None
    relation: str
    score: float
    left: str
    right: str
    reason: str


def listed_pairs(data: PageData, rows: Sequence[int], pages: Mapping[int, int]) -> list[PairLine]:
    """Return what a table shows of matches."""
    models = Models.of(data.run.params)
    matches = data.tables.matches.take(rows).to_pylist() if len(rows) else []
    lines = []
    for row, match in zip(rows, matches, strict=True):
        measures = {name: match[name] for name in MEASURES if match[name] is not None}
        left, right = data.titles([int(data.left[row]), int(data.right[row])])
        why = reason(RELATIONS.index(match["relation"]), measures, models)
        lines.append(PairLine(pages.get(row), match["relation"], match["score"], left, right, why))
    return lines


def pair_page(data: PageData, row: int, texts: dict[int, str], story: int | None) -> dict[str, Any]:
    """Return what the page of a match shows.

    Parameters
    ----------
    data : PageData
    row : int
        Of the matches; both sides are records of the run.
    texts : dict of int to str
        By record; without one of them the page has no texts.
    story : int or None
        The page of their story, if it has one.
    """
    match = data.tables.matches.slice(row, 1).to_pylist()[0]
    measures = {name: match[name] for name in MEASURES if match[name] is not None}
    code = RELATIONS.index(match["relation"])
    records = _in_order(data, int(data.left[row]), int(data.right[row]))
    sides = _sides(data, records)
    shown: dict[str, Any] = {
        "relation": match["relation"],
        "verdict": VERDICTS[match["relation"]],
        "story": story,
        "sides": sides,
        "rows": None,
        "no_texts": "The texts could not be read again; the measures below were taken when they could.",
        "cuts": [],
    }
    words = None
    if all(texts.get(record) for record in records):
        alignment = Alignment(*(texts[record] for record in records))
        shown |= _side_by_side(alignment, sides)
        words = min(len(words_of(texts[record])) for record in records) * (1.0 - measures.get("furniture", 0.0))
    models = Models.of(data.run.params)
    dropped = _dropped(data, row)
    shown["reason"] = f"{reason(code, measures, models, dropped=dropped, words=words)}."
    shown["reason"] = shown["reason"][0].upper() + shown["reason"][1:]
    shown |= _why(code, match["score"], measures, words, models, data)
    return shown


def tally_in_words(tally: Tally, before: str, whose: str) -> str:
    """Return what a text made of an earlier one, in a sentence.

    Parameters
    ----------
    tally : Tally
    before, whose : str
        What the earlier text is called, and whose words are spoken of.
    """
    if tally.kept == tally.words and not tally.left_out:
        return f"The same words as {before}."
    kept = "all" if tally.kept == tally.words else share(tally.kept, tally.words)
    verb = "is" if tally.words == 1 else "are"
    parts = [f"{kept} {verb} in {before} word for word"] if tally.kept else [f"none {verb} in {before} word for word"]
    if tally.moved:
        parts.append(f"{tally.moved:,} moved")
    if tally.changed:
        parts.append(f"{tally.changed:,} in passages that were changed")
    parts.append(f"{tally.added:,} added" if tally.added else "nothing added")
    left = f"{count(tally.left_out, 'word')} of that left out" if tally.left_out else "nothing of that left out"
    return f"Of {whose} {count(tally.words, 'word')}, {', '.join(parts)}; {left}."


def _in_order(data: PageData, left: int, right: int) -> tuple[int, int]:
    """Return the earlier and the later record, or, where dates do not say, first the one that stays."""
    one, other = (int(data.stories.published[record]) for record in (left, right))
    if one != other and NO_DATE not in (one, other):
        return (left, right) if one < other else (right, left)
    if data.kept[right] and not data.kept[left]:
        return right, left
    return left, right


def _dropped(data: PageData, row: int) -> int:
    """Return the side of a match that is dropped for the other."""
    left, right = int(data.left[row]), int(data.right[row])
    if data.stories.leader[left] == right != left:
        return LEFT
    return RIGHT if data.stories.leader[right] == left != right else NEITHER


def _sides(data: PageData, records: tuple[int, int]) -> list[Side]:
    titles, urls = data.titles(records), data.urls(records)
    columns = [data.values(name, records) for name in ("id", "source", "published", "credit")]
    sides = []
    for at, record in enumerate(records):
        id, source, published, credit = (column[at] for column in columns)
        kept, code = bool(data.kept[record]), int(data.relation[record])
        other = records[1 - at]
        fate = "stays" if kept else "is dropped"
        if not kept and data.stories.leader[record] != other:
            fate += f", for another text ({relation_words(RELATIONS[code])})" if code >= 0 else ""
        label = str(source or ("the earlier text", "the later text")[at])
        sides.append(
            Side(
                record,
                str(id),
                label,
                titles[at],
                urls[at],
                source if isinstance(source, str) else None,
                published if isinstance(published, datetime) else None,
                credit if isinstance(credit, str) else None,
                fate,
                "kept" if kept else RELATIONS[code] if code >= 0 else "rejected",
            )
        )
    return sides


def _side_by_side(alignment: Alignment, sides: list[Side]) -> dict[str, Any]:
    rows = alignment.rows()
    pieces = [piece for row in rows for piece in (*row.left, *row.right)]
    marks = {piece.kind for piece in pieces} | {mark for piece in pieces for _, mark in piece.words}
    cuts = [
        f"{count(more, 'further character')} of {name} {'is' if more == 1 else 'are'} not shown, nor compared here."
        for more, name in zip(
            (alignment.cut_left, alignment.cut_right), ("the first text", "the second text"), strict=True
        )
        if more
    ]
    return {
        "rows": rows,
        "marks": marks,
        "cuts": cuts,
        "tally": ("As far as the texts are shown: " if cuts else "")
        + tally_in_words(alignment.tally(), "the first text", "the second text’s"),
    }


def _why(
    code: int, score: float, measures: dict[str, float], words: float | None, models: Models, data: PageData
) -> dict[str, Any]:
    """Return how the verdict comes about: sentences on rules, and waterfalls of the models where they were asked."""
    params = data.run.params
    why: dict[str, Any] = {"carried": None, "news": None, "rules": [], "conclusion": ""}
    if code == IDENTICAL:
        why["rules"] = ["Both have the same words in the same order; nothing else needs to be measured."]
        return why
    resemblance = measures.get("resemblance", np.nan)
    is_near = resemblance >= params.threshold
    if resemblance == resemblance:
        side = "so they are near duplicates" if is_near else "so they are not near duplicates"
        why["rules"].append(
            f"{share(resemblance)} of all phrases in the two are in both; the line is at {share(params.threshold)}, "
            f"{side}."
        )
    if code == TEMPLATE:
        bound = rules.CONTRADICTED_NUMBERS if "carried" not in measures else rules.CONTRADICTED
        why["rules"].append(
            f"{share(measures['contradicted'])} of the facts in the same places differ, and from {share(bound)} on two "
            "texts are pieces from one mould, however alike they are."
        )
    length = 1_000.0 if words is None else words
    carried, news = waterfalls(measures, length, models)
    if "carried" in measures and not is_near:
        why["carried"] = carried
    if "news" in measures:
        why["news"] = news
    why["conclusion"] = _conclusion(code, score, measures, data)
    return why


def _conclusion(code: int, score: float, measures: dict[str, float], data: PageData) -> str:
    carried, news = measures.get("carried"), measures.get("news")
    if carried is None:
        return ""
    if news is None:
        sure = "that is how sure it is that one carries the other"
        return f"The score is {score:.2f}: {sure}. Copies begin at {rules.CARRIED:g}."
    bound = float(rules.tolerance(np.array([carried]), data.run.params.certainty)[0])
    said = "more" if news > bound else "no more"
    which = "an update, and both stay" if code == UPDATE else f"{relation_words(RELATIONS[code])}, a copy"
    if data.run.params.updates == "drop":
        return f"Updates are treated as copies in this run, so the verdict is {relation_words(RELATIONS[code])}."
    how = "the share of phrases in common" if code == NEAR_DUPLICATE else "both taken together"
    return (
        f"The probability of news is {share(news)}, {said} than the {share(bound)} that a copy may have here, so it is "
        f"{which}. The score, {score:.2f}, is {how}."
    )
