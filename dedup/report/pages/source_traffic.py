"""Make the page on sources: who had stories first, who seems to copy whom, whom they credit, and how fast it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.report.in_words import count, cut, duration
from dedup.report.pages.page_data import PageData
from dedup.report.spread import copies_of, credited_agencies, lags_of_copies, who_copies_whom
from dedup.schema import NO_DATE

SOURCES, MORE, MATRIX, FLOWS, AGENCIES = 30, 500, 12, 30, 40
"""Lines of the tables, and sources of the matrix."""

LEAST = 3
"""Sources from which a matrix says more than a list."""

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
    """Copies of texts of one source in another, for how many the evidence says so; the title and page of one."""

    origin: str
    copier: str
    copies: int
    derived: int
    example: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sources by sources: the number of copies in each cell, and how much that is (0 to 4)."""

    names: list[str]
    rows: list[tuple[str, list[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency, and the texts and sources that credit it."""

    name: str
    texts: int
    sources: int


@dataclass(frozen=True, slots=True)
class LagLine:
    """Versions that followed within a time; the width is in percent of the longest bar."""

    name: str
    count: int
    width: float


def traffic(data: PageData, stories: Mapping[int, int], pairs: Mapping[int, int]) -> dict[str, Any]:
    """Return what the page shows.

    Parameters
    ----------
    data : PageData
    stories, pairs : mapping of int to int
        Numbers of pages by story, and by row of the matches.
    """
    firsts = _Firsts(data)
    table = _ranking(data, firsts)
    copies = _between(who_copies_whom(data.tables, data.stories))
    flows = _flows(data, copies, stories, pairs)
    agencies = _agencies(data)
    lags = lags_of_copies(data.stories).hours * HOUR
    return {
        "headline": _headline(data, table),
        "standfirst": _standfirst(data, agencies, lags),
        "table": table[:SOURCES],
        "more": table[SOURCES:MORE],
        "n_sources": len(table),
        "flows": flows,
        "n_flows": len(copies),
        "matrix": _matrix(data, copies),
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
    order = np.lexsort((-records, -shared, -first))
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


def examples_of_flows(data: PageData) -> list[tuple[int, int | None]]:
    """Return of each of the most trodden ways a dropped record, and the row of the match for which it is dropped.

    They are of the largest story of each way that has such a match.
    """
    stories, copies = data.stories, copies_of(data.tables, data.stories)
    code = {name: at for at, name in enumerate(stories.source_names)}
    examples = []
    for row in _between(who_copies_whom(data.tables, stories)).slice(0, FLOWS).to_pylist():
        is_way = stories.source[copies.original] == code[row["original"]]
        theirs = copies.dropped[is_way & (stories.source[copies.copy] == code[row["copy"]])]
        theirs = theirs[np.argsort(-stories.sizes[stories.number[theirs]], kind="stable")]
        matches = ((int(one), data.match_of(int(one), int(stories.leader[one]))) for one in theirs.tolist())
        examples.append(next((one for one in matches if one[1] is not None), (int(theirs[0]), None)))
    return examples


def _flows(data: PageData, copies: pa.Table, stories: Mapping[int, int], pairs: Mapping[int, int]) -> list[Flow]:
    """Return the most trodden ways: an example is a pair, or its story where the pair has no page."""
    flows = []
    for row, (record, match) in zip(copies.slice(0, FLOWS).to_pylist(), examples_of_flows(data), strict=True):
        (title,) = data.titles([record])
        page, story = (None if match is None else pairs.get(match)), stories.get(int(data.stories.number[record]))
        link = f"pair/{page}.html" if page else f"story/{story}.html" if story else None
        flows.append(Flow(row["original"], row["copy"], row["copies"], row["derived"], title, link))
    return flows


def _between(copies: pa.Table) -> pa.Table:
    """Return the ways from one named source to another."""
    named = pc.and_(pc.is_valid(copies["original"]), pc.is_valid(copies["copy"]))
    return copies.filter(pc.and_(named, pc.not_equal(copies["original"], copies["copy"])))


def _matrix(data: PageData, copies: pa.Table) -> Matrix | None:
    names = pa.array(data.stories.source_names, pa.string())
    origin, copier = (np.asarray(pc.index_in(copies[side], names)) for side in ("original", "copy"))
    weight = np.asarray(copies["copies"])
    total = np.bincount(origin, weight, len(names)) + np.bincount(copier, weight, len(names))
    chosen = [at for at in np.argsort(-total, kind="stable")[:MATRIX].tolist() if total[at]]
    if len(chosen) < LEAST:
        return None
    place = np.full(len(names), -1)
    place[chosen] = np.arange(len(chosen))
    inside = (place[origin] >= 0) & (place[copier] >= 0)
    cells = np.zeros((len(chosen), len(chosen)), np.int64)
    cells[place[origin[inside]], place[copier[inside]]] = weight[inside]
    most = max(1, int(cells.max()))
    heat = np.where(cells, np.minimum(4, 1 + np.floor(4 * cells / most)), 0).astype(int)
    labels = names.take(pa.array(chosen)).to_pylist()
    rows = [
        (label, list(zip(cells[row].tolist(), heat[row].tolist(), strict=True))) for row, label in enumerate(labels)
    ]
    return Matrix(labels, rows)


def _agencies(data: PageData) -> list[Agency]:
    counted = credited_agencies(data.tables).group_by("agency").aggregate([("records", "sum"), ("source", "count")])
    ranked = counted.sort_by([("records_sum", "descending"), ("agency", "ascending")])
    return [Agency(row["agency"], row["records_sum"], row["source_count"]) for row in ranked.to_pylist()]


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
        sentences.append(f"half of all copies come within {duration(float(np.median(lags)))} of the first text")
    if agencies:
        sentences.append(f"{cut(agencies[0].name, 60)} is the agency that most texts credit")
    return "; ".join(sentences) + "."
