"""Make the first page of a report: what came in, what became of it, where the line is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from dedup.io.sizes import shown_size
from dedup.judge.relation import CARRIED
from dedup.report.in_words import count, day, input_name, moment_of, relation_words, share
from dedup.report.pages import charts
from dedup.report.pages.page_data import PageData
from dedup.report.run_table import WORDS_OF_POLICY
from dedup.schema import NEAR_DUPLICATE, NO_DATE, RELATIONS, TEMPLATE, UPDATE

MEANINGS = {
    "kept": "Not a copy of another record, or the one of its copies that stays.",
    "identical": "The same words in the same order.",
    "near_duplicate": "Nearly the same text: at least {threshold} of all phrases are in both.",
    "excerpt": "A part of a longer text.",
    "revised": "The same article, edited again: passages changed, added or left out.",
    "rewritten": "The same report, told in other words.",
    "update": "One text carries the other on and adds news.",
    "partial": "Different articles that have passages in common, such as quotations or background.",
    "template": "Two pieces from one mould, with other facts in the same places.",
    "same_event": "Perhaps two reports of one event, written independently.",
    "rejected": "Could not be read, or has no text.",
}
"""What became of a record, or what a pair is, in plain words."""

NEAREST = 6
"""Pairs that are shown on each side of each line."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of some records."""

    kind: str
    name: str
    count: int
    meaning: str


@dataclass(frozen=True, slots=True)
class StripPart:
    """A part of the strip of all records: its place in percent."""

    kind: str
    x: float
    width: float
    words: str


def overview(data: PageData) -> dict[str, Any]:
    """Return what the page shows, but for stories and pairs."""
    summary = data.run.summary
    records, dropped = summary["records"], sum(summary["dropped"].values())
    fates = _fates(data)
    strip = _strip(fates, records)
    matched = np.isin(data.match_relation, [NEAR_DUPLICATE, UPDATE])
    return {
        "headline": _headline(records, dropped),
        "standfirst": _standfirst(data),
        "records": records,
        "fates": fates,
        "related": _related(data),
        "strip": strip,
        "strip_words": "; ".join(part.words for part in strip),
        "notes": summary["notes"],
        "alike": _alike(data) if matched.any() else None,
        "certain": _certain(data),
        "threshold": data.run.params.threshold,
        "kinds": [
            (name, relation_words(name)) for code, name in enumerate(RELATIONS) if (data.match_relation == code).any()
        ],
        "when": _when(data),
        "undated": int((data.stories.published == NO_DATE).sum()),
        "input": _input(data),
        "params": _params(data),
    }


def nearest_the_line(data: PageData) -> list[int]:
    """Return the rows of the matches nearest the lines between copies and all else, the closer of them first."""
    carried, resemblance = data.measure("carried"), data.measure("resemblance")
    is_here = (data.left >= 0) & (data.right >= 0)
    is_near = data.match_relation == NEAR_DUPLICATE
    chosen: dict[int, None] = {}
    for values, line, among in (
        (carried, CARRIED, is_here & ~is_near & (data.match_relation != TEMPLATE) & ~np.isnan(carried)),
        (resemblance, data.run.params.threshold, is_here & (is_near | np.isnan(carried)) & ~np.isnan(resemblance)),
    ):
        for side in (values >= line, values < line):
            (rows,) = np.nonzero(among & side)
            nearest = rows[np.argsort(np.abs(values[rows] - line), kind="stable")[:NEAREST]]
            chosen.update(dict.fromkeys(nearest.tolist()))
    return list(chosen)


def _headline(records: int, dropped: int) -> str:
    if not records:
        return "Nothing came in"
    if not dropped:
        return f"No copies among {count(records, 'record')}"
    return f"{dropped:,} of {count(records, 'record')} {'is a copy' if dropped == 1 else 'are copies'}"


def _standfirst(data: PageData) -> str:
    summary, stories = data.run.summary, data.stories
    sentences = []
    n_sources = len(stories.source_names)
    came = f"They came from {count(n_sources, 'source')}" if n_sources else "No sources are named"
    dated = stories.published[stories.published != NO_DATE]
    if len(dated):
        first, last = (day(moment_of(int(value))) for value in (dated.min(), dated.max()))
        came += f", published {f'on {first}' if first == last else f'from {first} to {last}'}"
    sentences.append(came)
    if summary["clusters"]:
        copies = count(summary["clusters"], "text has copies", "texts have copies")
        sentences.append(f"{copies}; of each, {_kept(summary['keep'], ' stays')}")
    if summary["stories"]:
        sentences.append(
            f"{count(summary['stories'], 'story has', 'stories have')} updates: texts that carry another on, with news"
        )
    return ". ".join(sentences) + "."


def _fates(data: PageData) -> list[Fate]:
    summary = data.run.summary
    found = {"kept": summary["kept"], **summary["dropped"], "rejected": summary["rejected"]}
    threshold = share(data.run.params.threshold)
    meanings = {**MEANINGS, "update": "An earlier text, nearly all of which is in a later one that adds news."}
    return [
        Fate(
            kind, "kept" if kind == "kept" else relation_words(kind), number, meanings[kind].format(threshold=threshold)
        )
        for kind, number in found.items()
        if number or kind == "kept"
    ]


def _related(data: PageData) -> list[Fate]:
    """Return the relations of pairs that are no reason to drop a text."""
    counts = data.run.summary["matches"]
    names = [name for name in ("update", "partial", "template", "same_event") if counts.get(name)]
    return [Fate(name, relation_words(name), counts[name], MEANINGS[name]) for name in names]


def _strip(fates: list[Fate], records: int) -> list[StripPart]:
    parts = []
    x = 0.0
    for fate in fates:
        width = 100.0 * fate.count / max(1, records)
        words = f"{fate.name}: {fate.count:,}, {share(fate.count, records)}"
        parts.append(StripPart(fate.kind, round(x, 3), round(width, 3), words))
        x += width
    return parts


def _alike(data: PageData) -> charts.Chart:
    values = data.measure("resemblance")
    threshold = data.run.params.threshold
    return charts.shares(_split(data, values, ~np.isnan(values)), threshold, "near duplicates")


def _certain(data: PageData) -> charts.Chart | None:
    values = data.measure("carried")
    among = ~np.isnan(values) & (data.match_relation > NEAR_DUPLICATE)
    return charts.shares(_split(data, values, among), CARRIED, "copies and updates") if among.any() else None


def _split(
    data: PageData, values: npt.NDArray[np.float64], among: npt.NDArray[np.bool_]
) -> list[tuple[str, npt.NDArray[np.float64]]]:
    return [(name, values[among & (data.match_relation == code)]) for code, name in enumerate(RELATIONS)]


def _when(data: PageData) -> charts.Chart | None:
    published = data.stories.published
    dated = published != NO_DATE
    return charts.dates([("kept", published[dated & data.kept]), ("dropped", published[dated & ~data.kept])])


def _kept(policy: str, verb: str = "") -> str:
    """Return which text of several copies stays: a container goes before whatever the policy prefers."""
    words = f"the {WORDS_OF_POLICY.get(policy, policy)}{verb}"
    return words if policy == "longest" else f"{words}, or a longer one that contains it"


def _input(data: PageData) -> list[tuple[str, str]]:
    summary = data.run.summary
    rows = [
        ("records", f"{summary['records']:,} in {count(summary['inputs'], 'file')}"),
        ("text", shown_size(summary["text_bytes"])),
        ("sources", f"{len(data.stories.source_names):,}"),
    ]
    used = summary.get("fields", {}).get("used", {})
    rows += [(f"field of the {role}", ", ".join(names)) for role, names in used.items() if names]
    if summary["rejected"]:
        first = summary["rejections"][0]
        rows.append(("first rejected", f"{input_name(first['file'])}, row {first['row']}: {first['reason']}"))
    credited = pc.count_distinct(data.tables.decisions["credit"]).as_py()
    rows.append(("agencies credited", f"{credited:,}"))
    return rows


def _params(data: PageData) -> list[tuple[str, str]]:
    summary, params = data.run.summary, data.run.params
    rows = [
        ("level", f"{params.level.name}: the farthest kind of copy that is dropped"),
        ("threshold", f"{params.threshold:g}: least resemblance of near duplicates"),
        ("certainty", f"{params.certainty:g}: how sure it must be that a copy has no news"),
        ("updates", {"keep": "both stay", "latest": "the latest stays", "drop": "dropped as copies"}[params.updates]),
        ("kept", f"of copies, {_kept(summary['keep'])}"),
    ]
    if params.window is not None:
        rows.append(("window", f"{params.window:g} hours"))
    if params.model is not None:
        rows.append(("model", "of the house, fitted to labels"))
    rows.append(("time of the run", f"{summary['seconds']['total']:,.1f} s"))
    rows.append(("fingerprint", summary["fingerprint"]))
    return rows
