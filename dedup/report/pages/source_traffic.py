"""Make the page on sources: who had stories first, who seems to copy whom, whom they credit, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from dedup.report.pages.page_data import PageData
from dedup.report.pages.page_text import count, cut, duration
from dedup.report.stories import codes
from dedup.schema import NO_DATE, REWRITTEN

SOURCES, MORE, MATRIX, FLOWS, AGENCIES = 30, 500, 12, 30, 40
"""Lines of the tables, and sources of the matrix."""

MIN, HOUR, DAY = 60, 3_600, 86_400
LAGS = (
    (MIN, "within a minute"),
    (10 * MIN, "1 to 10 minutes"),
    (HOUR, "10 minutes to 1 hour"),
    (3 * HOUR, "1 to 3 hours"),
    (6 * HOUR, "3 to 6 hours"),
    (12 * HOUR, "6 to 12 hours"),
    (DAY, "12 hours to a day"),
    (3 * DAY, "1 to 3 days"),
    (7 * DAY, "3 to 7 days"),
    (30 * DAY, "1 to 4 weeks"),
    (np.inf, "later"),
)
"""Upper ends of the times that are told apart, in seconds, and their names."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source: its records, in how many stories it was first, first with others, and later, and how much (seconds)."""

    name: str
    records: int
    dropped: int
    first: int
    tied: int
    later: int
    lag: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Pairs in which one source seems to have copied from another, and one of their stories."""

    origin: str
    copier: str
    pairs: int
    example: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sources by sources: the number of pairs in each cell, and how much that is (0 to 4)."""

    names: list[str]
    rows: list[tuple[str, list[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency, the texts and sources that credit it, and how many of the texts are dropped."""

    name: str
    texts: int
    sources: int
    dropped: int


@dataclass(frozen=True, slots=True)
class LagLine:
    """Versions that followed within a time; the width is in percent of the longest bar."""

    name: str
    count: int
    width: float


def traffic(data: PageData, pages: dict[int, int]) -> dict[str, Any]:
    """Return what the page shows.

    Parameters
    ----------
    data : PageData
    pages : dict of int to int
        Numbers of story pages by story.
    """
    firsts = _Firsts(data)
    table = _ranking(data, firsts)
    origin, copier, story = _directed(data)
    flows, n_flows = _flows(data, origin, copier, story, pages)
    agencies = _agencies(data)
    lags = firsts.lags
    return {
        "headline": _headline(data, table),
        "standfirst": _standfirst(data, agencies, lags),
        "table": table[:SOURCES],
        "more": table[SOURCES:MORE],
        "n_sources": len(table),
        "flows": flows,
        "n_flows": n_flows,
        "cut_flows": n_flows > len(flows),
        "matrix": _matrix(data, origin, copier),
        "agencies": agencies[:AGENCIES],
        "lags": _lag_lines(lags) if len(lags) else [],
        "median": float(np.median(lags)) if len(lags) else None,
        "ninth": float(np.quantile(lags, 0.9)) if len(lags) else None,
    }


class _Firsts:
    """Which source had each story first, which followed, and how much later.

    Attributes
    ----------
    first, tied : int64 array
        Source of the first version of each story that at least two sources have; sources that share the first moment.
    later, later_lag : int64 and float64 array
        Each other source of such a story, and the seconds to its first version, NaN where it has no date.
    lags : float64 array
        Seconds from the first version of a story to each further one with a date.
    """

    def __init__(self, data: PageData) -> None:
        stories = data.stories
        (known,) = np.nonzero(stories.number >= 0)
        known = known[stories.sizes[stories.number[known]] > 1]
        order = known[np.lexsort((stories.published[known], stories.number[known]))]
        number, published = stories.number[order], stories.published[order]
        begins = np.diff(number, prepend=-1) > 0
        start = published[begins][np.cumsum(begins) - 1] if len(order) else published
        lag = np.where((published == NO_DATE) | (start == NO_DATE), np.nan, (published - start) / 1e6)
        self.lags = lag[~begins & ~np.isnan(lag)]
        is_wide = (stories.widths[number] > 1) & (stories.source[order] >= 0) & (start != NO_DATE)
        source, number, lag = stories.source[order][is_wide], number[is_wide], lag[is_wide]
        _, one_each = np.unique(number * max(1, len(stories.source_names)) + source, return_index=True)
        one_each = np.sort(one_each)  # of each source in each story the first version, in order of time
        source, number, lag = source[one_each], number[one_each], lag[one_each]
        at_once = lag == 0
        alone = np.bincount(number[at_once], minlength=len(stories))[number] == 1
        self.first, self.tied = source[at_once & alone], source[at_once & ~alone]
        self.later, self.later_lag = source[~at_once], lag[~at_once]


def _ranking(data: PageData, firsts: _Firsts) -> list[SourceLine]:
    stories = data.stories
    n = len(stories.source_names)
    sourced = stories.source >= 0
    records = np.bincount(stories.source[sourced], minlength=n)
    dropped = np.bincount(stories.source[sourced & (data.relation >= 0) & ~data.kept], minlength=n)
    first = np.bincount(firsts.first, minlength=n)
    tied = np.bincount(firsts.tied, minlength=n)
    later = np.bincount(firsts.later, minlength=n)
    shared = first + tied + later
    order = np.lexsort((-records, -shared))
    order = order[shared[order] > 0]
    dated = ~np.isnan(firsts.later_lag)
    by_source = np.argsort(firsts.later[dated], kind="stable")
    starts = np.searchsorted(firsts.later[dated][by_source], np.arange(n + 1))
    lags = firsts.later_lag[dated][by_source]
    return [
        SourceLine(
            stories.source_names[at],
            int(records[at]),
            int(dropped[at]),
            int(first[at]),
            int(tied[at]),
            int(later[at]),
            float(np.median(mine)) if len(mine := lags[starts[at] : starts[at + 1]]) else None,
        )
        for at in order.tolist()
    ]


def _directed(data: PageData) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return source, copying source and story of each pair of copies of which it is known who copied whom."""
    stories, matches = data.stories, data.run.matches
    is_left = np.asarray(pc.fill_null(pc.equal(matches["derived"], matches["left"]), False))
    is_right = np.asarray(pc.fill_null(pc.equal(matches["derived"], matches["right"]), False))
    is_here = (data.left >= 0) & (data.right >= 0) & (data.match_relation <= REWRITTEN) & (is_left != is_right)
    left, right, is_left = data.left[is_here], data.right[is_here], is_left[is_here]
    origin = stories.source[np.where(is_left, right, left)]
    copier = stories.source[np.where(is_left, left, right)]
    between = (origin >= 0) & (copier >= 0) & (origin != copier)
    return origin[between], copier[between], stories.number[left[between]]


def _flows(
    data: PageData,
    origin: npt.NDArray[np.int64],
    copier: npt.NDArray[np.int64],
    story: npt.NDArray[np.int64],
    pages: dict[int, int],
) -> tuple[list[Flow], int]:
    names = data.stories.source_names
    ways, of_way, pairs = np.unique(origin * max(1, len(names)) + copier, return_inverse=True, return_counts=True)
    best = np.argsort(-pairs, kind="stable")[:FLOWS]
    by_way = np.argsort(of_way, kind="stable")
    starts = np.searchsorted(of_way[by_way], np.arange(len(ways) + 1))
    flows = []
    for way in best.tolist():
        theirs = story[by_way[starts[way] : starts[way + 1]]]
        example = int(theirs[np.argmax(data.stories.sizes[theirs])])
        one, other = divmod(int(ways[way]), len(names))
        (title,) = data.titles(data.stories.members(example)[:1])
        flows.append(Flow(names[one], names[other], int(pairs[way]), title, pages.get(example)))
    return flows, len(ways)


def _matrix(data: PageData, origin: npt.NDArray[np.int64], copier: npt.NDArray[np.int64]) -> Matrix | None:
    names = data.stories.source_names
    total = np.bincount(origin, minlength=len(names)) + np.bincount(copier, minlength=len(names))
    chosen = [at for at in np.argsort(-total, kind="stable")[:MATRIX].tolist() if total[at]]
    if len(chosen) < 3:
        return None
    place = np.full(len(names), -1)
    place[chosen] = np.arange(len(chosen))
    inside = (place[origin] >= 0) & (place[copier] >= 0)
    cells = np.zeros((len(chosen), len(chosen)), np.int64)
    np.add.at(cells, (place[origin[inside]], place[copier[inside]]), 1)
    most = max(1, int(cells.max()))
    heat = np.where(cells, np.minimum(4, 1 + np.floor(4 * cells / most)), 0).astype(int)
    rows = [
        (names[at], list(zip(cells[row].tolist(), heat[row].tolist(), strict=True))) for row, at in enumerate(chosen)
    ]
    return Matrix([names[at] for at in chosen], rows)


def _agencies(data: PageData) -> list[Agency]:
    code, names = codes(data.run.decisions["credit"])
    credited = code >= 0
    n, sources = len(names), max(1, len(data.stories.source_names))
    texts = np.bincount(code[credited], minlength=n)
    dropped = np.bincount(code[credited & ~data.kept], minlength=n)
    sourced = credited & (data.stories.source >= 0)
    pairs = np.unique(code[sourced] * sources + data.stories.source[sourced])
    widths = np.bincount(pairs // sources, minlength=n)
    return [
        Agency(names[at], int(texts[at]), int(widths[at]), int(dropped[at])) for at in np.argsort(-texts, kind="stable")
    ]


def _lag_lines(lags: npt.NDArray[np.float64]) -> list[LagLine]:
    counts = np.bincount(np.searchsorted([end for end, _ in LAGS], lags, side="right"), minlength=len(LAGS))
    most = max(1, int(counts.max()))
    lines = [
        LagLine(name, int(number), round(100.0 * int(number) / most, 2))
        for (_, name), number in zip(LAGS, counts, strict=True)
    ]
    last = max(at for at, line in enumerate(lines) if line.count)
    return lines[: last + 1]


def _headline(data: PageData, table: list[SourceLine]) -> str:
    if not data.stories.source_names:
        return "No record names its source"
    if not table:
        return "No source has what another has, too"
    best = max(table, key=lambda line: line.first)
    if not best.first:
        return "Who copies whom"
    return f"{cut(best.name, 60)} was first most often"


def _standfirst(data: PageData, agencies: list[Agency], lags: npt.NDArray[np.float64]) -> str:
    sentences = []
    if not data.stories.source_names:
        sentences.append("Name the field of the publisher when you run dedup (--source-field) to see who copies whom")
    else:
        wide = int((data.stories.widths > 1).sum())
        sentences.append(f"{count(wide, 'story is', 'stories are')} in more than one source")
    if len(lags):
        sentences.append(f"half of all further versions come within {duration(float(np.median(lags)))} of the first")
    if agencies:
        sentences.append(f"{cut(agencies[0].name, 60)} is the agency that most texts credit")
    return "; ".join(sentences) + "."
