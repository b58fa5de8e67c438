"""Tables of figures in the documents: what was counted in, Markdown between two markers of a file out.

A table stands between ``<!-- NAME -->`` and ``<!-- end -->``; all else in the file is left as it is. Written by
`fit_relation.py` and `cases.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

END = "<!-- end -->"

WAYS = {
    "copy, cross-validated": "cv copy alone",
    "copy, whole set left out": "left out copy alone",
    "carried on, cross-validated": "cv carried alone",
    "carried on, whole set left out": "left out carried alone",
}
"""Columns of the figures, by their heads: the ways of testing, each with the two texts alone in the background."""

MEANING = {
    "apt_eval": "texts edited by five language models",
    "apt_eval extreme_minor": "told to change next to nothing",
    "apt_eval minor": "told to change little",
    "apt_eval slight_major": "told to change much",
    "apt_eval major": "told to change as much as can be",
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


class Band(NamedTuple):
    """Pairs whose score lies in one band.

    Parameters
    ----------
    low, high : float
        Ends of the band.
    predicted, observed : float
        Mean score, and share of copies, both weighted.
    pairs : int
    weight : float
        Share of all weight.
    """

    low: float
    high: float
    predicted: float
    observed: float
    pairs: int
    weight: float


def reliability(score: Floats, is_copy: Bools, weight: Floats) -> list[Band]:
    """Return predicted against observed in bands of a tenth; only pairs of positive weight count."""
    band = np.minimum((score * 10).astype(np.int64), 9)
    found = []
    for tenth in range(10):
        within = (band == tenth) & (weight > 0)
        if within.any():
            mass = weight[within] / weight[within].sum()
            predicted, observed = float(mass @ score[within]), float(mass @ is_copy[within])
            share = float(weight[within].sum() / weight.sum())
            found.append(Band(tenth / 10, (tenth + 1) / 10, predicted, observed, int(within.sum()), share))
    return found


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figures(told: Sequence[Mapping[str, Any]]) -> str:
    """Return the tables of copies found and of others reported, from the records of `fit_relation.print_rates`."""
    heads = ["set", "level", "what it is", *WAYS, "pairs"]
    rows: dict[bool, list[list[str]]] = {True: [], False: []}
    for one in sorted(told, key=_place(told)):
        name, level, is_copy = one["set"], one["level"], one["label"] == 1
        of_set = [other for other in told if (other["set"], other["label"]) == (name, one["label"])]
        if level or len(of_set) != 2:  # all of a set with one level is that level
            shares = [f"{one[way]:.{3 if is_copy else 4}f}" for way in WAYS.values()]
            rows[is_copy].append([name, level or "all", meaning(name, level, is_copy), *shares, f"{one['pairs']:,}"])
    found = f"Copies: share found.\n\n{table(heads, rows[True])}"
    return f"{found}\n\nNo copies: share falsely reported as copies.\n\n{table(heads, rows[False])}"


def _place(told: Sequence[Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], tuple[int, int]]:
    """Return the place of a record among the rows: sets as they come, all of a set first, strengths by number."""
    sets = list(dict.fromkeys(one["set"] for one in told))
    levels = list(MEANING)

    def place(one: Mapping[str, Any]) -> tuple[int, int]:
        key = f"{one['set']} {one['level']}"
        named = 100 + (levels.index(key) if key in levels else len(levels))
        return sets.index(one["set"]), int(one["level"]) if one["level"].isdigit() else named if one["level"] else 0

    return place


def meaning(name: str, level: str, is_copy: bool) -> str:
    """Say what a row is."""
    if level.isdigit():
        return f"told to change {level} % of the words"
    if not (level or is_copy or name in ALL_JUDGED):
        return "all of the following"
    return MEANING.get(f"{name} {level}".rstrip()) or MEANING.get(level, "")


def bands(found: Iterable[Band]) -> str:
    """Return the table of reliability."""
    heads = ["score", "predicted", "observed", "pairs", "share of the weight"]
    rows = []
    for low, high, predicted, observed, pairs, weight in found:
        rows.append([f"{low:.1f} - {high:.1f}", f"{predicted:.2f}", f"{observed:.2f}", f"{pairs:,}", f"{weight:.3f}"])
    return table(heads, rows)


def trade_off(points: Sequence[Mapping[str, float]]) -> str:
    """Return the table of operating points: a column a key, its shares to three digits, the score first."""
    heads = list(points[0])
    return table(heads, ([f"{point[head]:.3f}" for head in heads] for point in points))


def put(document: Path, name: str, text: str) -> None:
    """Write a text between the markers of that name in a document.

    Raises
    ------
    ValueError
        Where the document has no such markers.
    """
    document.write_text(placed(document.read_text("utf-8"), name, text), "utf-8")


def placed(page: str, name: str, text: str) -> str:
    """Return the page with the text between its markers of that name.

    Raises
    ------
    ValueError
    """
    head, found, rest = page.partition(f"<!-- {name} -->\n")
    _, ended, tail = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"found no '<!-- {name} -->' with '{END}' behind it, each on a line of its own")
    return f"{head}{found}\n{text}\n\n{END}{tail}"
