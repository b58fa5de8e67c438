"""Write the tables of docs/verdict.md from ``figures.json``, which `relation` and `own_labels` fill.

cog puts them into the page: ``python -m cogapp -r docs/verdict.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.markdown import table

FIGURES = Path(__file__).with_name("figures.json")

COLUMNS = {
    "copy, cross-validated": "cv copy alone",
    "copy, whole set left out": "left out copy alone",
    "carried on, cross-validated": "cv carried alone",
    "carried on, whole set left out": "left out carried alone",
}
"""Heads of the columns to keys of a record: ways of testing, always with the two texts alone in the background."""

MEANING = {
    "apt_eval": "texts edited by five language models",
    "apt_eval extreme_minor": "asked to change next to nothing",
    "apt_eval minor": "asked to change little",
    "apt_eval slight_major": "asked to change much",
    "apt_eval major": "asked to change as much as can be",
    "clough_stevenson": "short answers by students, made from one article",
    "clough_stevenson cut": "pasted and lightly cut",
    "clough_stevenson light": "lightly revised",
    "clough_stevenson heavy": "heavily revised",
    "clough_stevenson non": "in their own words",
    "ecbplus_events same_event": "independent reports of one event",
    "judged_news": "pairs of news articles, read one by one",
    "judged_news copy": "the same article",
    "judged_news excerpt": "one inside the other",
    "judged_news revised": "updated or re-edited",
    "judged_news partial": "other news with shared passages",
    "judged_news same_event": "one event, two reports",
    "judged_news same_topic": "one topic",
    "judged_news template": "two pieces in one mould",
    "judged_news unrelated": "nothing in common",
    "llm_rewrites": "news and other texts retold by language models",
    "llm_rewrites imbd_rewrite": "news, rewritten",
    "llm_rewrites imbd_polish": "news, polished",
    "llm_rewrites imbd_expand": "news, expanded",
    "llm_rewrites imbd_train_polish": "articles, restyled",
    "pan13 no-plagiarism": "long documents, nothing copied",
    "pan13_passages": "passages that were copied and disguised",
    "pan13_passages no-obfuscation": "word for word",
    "pan13_passages random-obfuscation": "words shuffled, replaced, left out",
    "pan13_passages translation-obfuscation": "translated there and back",
    "pan13_passages summary-obfuscation": "summarised",
    "spliced": "made: news articles cut and joined",
    "spliced revised": "an article with a passage of another",
    "spliced excerpt": "passages of an article",
    "spliced partial": "another article with passages of the first",
    "templates template": "made: articles that share a template",
    "wire": "wire reports once called copies, most from moulds",
    "wire copy": "the same report",
    "wire excerpt": "one inside the other",
    "wire revised": "updated or re-edited",
    "wire rewritten": "retold",
    "wire template": "two pieces from one mould",
    "wire partial": "other news with shared passages",
    "wire same_event": "one event, two reports",
    "wire same_topic": "one topic",
    "wire unrelated": "nothing in common",
    "cross": "texts of two sources, drawn at random",
    "cross, closest": "texts of two sources, the most alike",
}
"""What a row is, by set and level, by level alone, or by set alone for all copies of it."""

ALL_JUDGED = ("judged_news", "wire")
"""Sets whose pairs of either truth are described alike."""


def update(path: Path, figures: Mapping[str, Any]) -> None:
    """Write figures to a file by their names; others in the file stay."""
    before = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**before, **figures}, indent=1) + "\n", "utf-8")


def shown(name: str, path: Path = FIGURES) -> str:
    """Return the table of this name, one of `TABLES`, with the blank lines that Markdown wants around it."""
    return f"\n{TABLES[name](json.loads(path.read_text('utf-8'))[name])}\n\n"


def plain(content: Mapping[str, Any]) -> str:
    """Write a table whose cells are text already."""
    return table(content["heads"], content["rows"])


def shares(records: Sequence[Mapping[str, Any]]) -> str:
    """Write two tables, of copies found and of other pairs reported, from the records of `evaluation.print_rates`."""
    heads = ["set", "level", "what it is", *COLUMNS, "pairs"]
    rows: dict[bool, list[list[str]]] = {True: [], False: []}
    for one in sorted(records, key=_place(records)):
        name, level, is_copy = one["set"], one["level"], one["label"] == 1
        of_set = [other for other in records if (other["set"], other["label"]) == (name, one["label"])]
        if level or len(of_set) != 2:  # all of a set with one level is that level
            shares = [f"{one[way]:.{3 if is_copy else 4}f}" for way in COLUMNS.values()]
            rows[is_copy].append([name, level or "all", meaning(name, level, is_copy), *shares, f"{one['pairs']:,}"])
    copies = f"Copies: share found.\n\n{table(heads, rows[True])}"
    return f"{copies}\n\nNo copies: share falsely reported as copies.\n\n{table(heads, rows[False])}"


def _place(records: Sequence[Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], tuple[int, int]]:
    """Return the place of a record among the rows: sets as they come, all of a set first, strengths by number."""
    sets = list(dict.fromkeys(one["set"] for one in records))
    levels = list(MEANING)

    def place(one: Mapping[str, Any]) -> tuple[int, int]:
        key = f"{one['set']} {one['level']}"
        named = 100 + (levels.index(key) if key in levels else len(levels))
        return sets.index(one["set"]), int(one["level"]) if one["level"].isdigit() else named if one["level"] else 0

    return place


def meaning(name: str, level: str, is_copy: bool) -> str:
    """Say what a row is."""
    if level.isdigit():
        return f"asked to change {level} % of the words"
    if not (level or is_copy or name in ALL_JUDGED):
        return "all of the following"
    return MEANING.get(f"{name} {level}".rstrip()) or MEANING.get(level, "")


def bands(rows: Iterable[Sequence[float]]) -> str:
    """Write the table of reliability, from `evaluation.Band` as lists."""
    heads = ["score", "predicted", "observed", "pairs", "share of the weight"]
    cells = []
    for low, high, predicted, observed, pairs, weight in rows:
        cells.append([f"{low:.1f} - {high:.1f}", f"{predicted:.2f}", f"{observed:.2f}", f"{pairs:,}", f"{weight:.3f}"])
    return table(heads, cells)


def trade_off(points: Sequence[Mapping[str, float]]) -> str:
    """Write the table of operating points: a column for each key, with three digits."""
    heads = list(points[0])
    return table(heads, ([f"{point[head]:.3f}" for head in heads] for point in points))


TABLES: dict[str, Callable[[Any], str]] = {
    "sets": shares,
    "natural": plain,
    "carried_reliability": bands,
    "reliability": bands,
    "trade_off": trade_off,
    "ablation": plain,
    "own_labels": plain,
}
"""Name of a table, which is the key of its figures, to what writes it."""
