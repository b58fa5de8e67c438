"""Write the pages of a report: choose which stories and pairs get one, read their texts, fill the templates."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dedup._version import __version__
from dedup.judge.reasons import reason
from dedup.judge.relation import Models
from dedup.report.pages.overview import nearest_the_line, overview
from dedup.report.pages.page_data import TEXTS_AT_ONCE, PageData, batches, in_words
from dedup.report.pages.page_text import count
from dedup.report.pages.page_writer import PageWriter
from dedup.report.pages.pair_page import pair_page
from dedup.report.pages.report_folder import MARKER, new_report
from dedup.report.pages.source_traffic import traffic
from dedup.report.pages.story_lists import LISTED, first_records, lists, search_lines, story_lines
from dedup.report.pages.story_page import COMPARED, ancestry, story_page
from dedup.report.stories import Story
from dedup.run.run_output import RunView
from dedup.schema import MEASURES, RELATIONS

BEST, RANKED = 10, 20
"""Stories on the overview, and in each list of the best."""

PAIRS_AT_FIRST, PAIRS_OF_STORY = 2, 20
"""Pairs of a story that get a page: of every story first the one number, of the best ones the other at most."""


class Bars(Protocol):
    """What shows the progress, such as `dedup.run.progress.Progress`."""

    def bar(self, name: str, total: int | None, unit: str = "") -> AbstractContextManager[None]:
        """Show a bar."""

    def advance_to(self, amount: int) -> None:
        """Move it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was written.

    Parameters
    ----------
    folder : Path
    pages, bytes : int
    stories, pairs : int
        Pages of stories and of pairs.
    texts_problem : str or None
        Why the pages have no texts.
    """

    folder: Path
    pages: int
    bytes: int
    stories: int
    pairs: int
    texts_problem: str | None


@dataclass(frozen=True, slots=True)
class PairLine:
    """What a table shows of a pair."""

    page: int | None
    relation: str
    score: float
    left: str
    right: str
    reason: str


@dataclass(slots=True)
class Selection:
    """The stories and pairs that get a page.

    Parameters
    ----------
    ranked : list of int
        All stories of several versions, the largest first.
    stories, pairs : dict of int to int
        Numbers of pages by story, and by row of the matches.
    of_story : dict of int to list of int
        The rows of the matches of each story, in the order of the versions.
    near_line : list of int
        Rows of matches.
    """

    ranked: list[int]
    stories: dict[int, int] = field(default_factory=dict)
    pairs: dict[int, int] = field(default_factory=dict)
    of_story: dict[int, list[int]] = field(default_factory=dict)
    near_line: list[int] = field(default_factory=list)


def write_report(
    run: RunView, folder: Path, name: str, stories: int, pairs: int, progress: Bars | None = None
) -> Report:
    """Write a run as pages for a browser.

    Parameters
    ----------
    run : RunView
    folder : Path
        Where the pages go: it may be missing, empty, or an earlier report.
    name : str
        Of the run, as the pages show it.
    stories, pairs : int
        How many stories and pairs get a page of their own.
    progress : Bars, optional

    Returns
    -------
    Report

    Raises
    ------
    InputError
        When the run has no tables of this version.
    OutputError
    ParamsError
        When jinja2 is not installed.
    """
    with new_report(folder) as work:
        writer = PageWriter(work, {"version": __version__, "made": _now(), "name": name})
        data = PageData(run)
        writer.filter("words", in_words)
        chosen = _select(data, stories, pairs)
        _read_heads(data, chosen, progress)
        _write_stories(data, chosen, writer, progress)
        _write_fronts(data, chosen, writer)
        marker = {"dedup_report": __version__, "pages": writer.pages}
        (work / MARKER).write_text(json.dumps(marker) + "\n", "utf-8")
    return Report(folder, writer.pages, writer.bytes, len(chosen.stories), len(chosen.pairs), data.texts_problem)


def _now() -> str:
    return f"{datetime.now(timezone.utc):%d %B %Y, %H:%M}".lstrip("0")


def _select(data: PageData, stories: int, pairs: int) -> Selection:
    """Choose what gets a page: the best of each list, then the largest; pairs nearest the line, then of stories."""
    model = data.stories
    ranked = model.ranked(model.sizes)
    best = [model.ranked(by)[:RANKED] for by in (model.sizes, model.widths, model.spans)]
    numbers = list(dict.fromkeys([*np.concatenate(best).tolist(), *ranked[:stories].tolist()]))[:stories]
    place = {number: at for at, number in enumerate(ranked.tolist())}
    chosen = Selection(ranked[:LISTED].tolist())
    for number in sorted(numbers, key=lambda number: place[number]):
        chosen.stories[number] = len(chosen.stories) + 1
    chosen.near_line = nearest_the_line(data)[:pairs]
    for number in chosen.stories:
        chosen.of_story[number] = _pairs_of(data, model.at(number))
    n_best = len(set(np.concatenate(best).tolist()))
    best_rows = [chosen.of_story[number][:PAIRS_OF_STORY] for number in numbers[:n_best]]
    rows = [rows[:PAIRS_AT_FIRST] for rows in chosen.of_story.values()]
    rest = [rows[:PAIRS_OF_STORY] for rows in chosen.of_story.values()]
    wanted = [*chosen.near_line, *itertools.chain.from_iterable([*best_rows, *rows, *rest])]
    for row in list(dict.fromkeys(wanted))[:pairs]:
        chosen.pairs[row] = len(chosen.pairs) + 1
    return chosen


def _pairs_of(data: PageData, story: Story) -> list[int]:
    """Return the matches of a story: those by which each version came about, in their order, then its updates."""
    rows: dict[int, None] = {}
    base = ancestry(story).base
    for version in story.versions[:COMPARED]:
        before = base.get(version.record)
        row = None if before is None else data.match_of(version.record, before)
        if row is None and not version.kept:
            row = data.deciding_match(version.record)
        if row is not None:
            rows[row] = None
    for step in story.updates:
        if (
            step.left is not None
            and step.right is not None
            and (row := data.match_of(step.left, step.right)) is not None
        ):
            rows[row] = None
    return list(rows)


def _read_heads(data: PageData, chosen: Selection, progress: Bars | None) -> None:
    """Read how texts begin where they have no title: the first of each story, and both of each pair near the line."""
    rows = np.array(list(chosen.pairs), np.int64)
    records = np.concatenate(
        [first_records(data.stories, np.array(chosen.ranked, np.int64)), data.left[rows], data.right[rows]]
    )
    done = 0

    def report(number: int) -> None:
        nonlocal done
        done += number
        if progress is not None:
            progress.advance_to(done)

    with _bar(progress, "titles", len(records), " texts"):
        data.remember_heads(records[records >= 0], report)


def _write_stories(data: PageData, chosen: Selection, writer: PageWriter, progress: Bars | None) -> None:
    """Write the pages of stories and pairs, in batches whose texts are read together."""
    numbers = list(chosen.stories)
    sizes = [min(COMPARED, int(data.stories.sizes[number])) + len(chosen.of_story[number]) for number in numbers]
    alone = [row for row in chosen.near_line if row in chosen.pairs]
    written: set[int] = set()
    with _bar(progress, "pages", len(numbers) + len(chosen.pairs), " pages"):
        _write_pairs(data, chosen, writer, alone, _texts_of(data, [], alone), written)
        for some in batches(sizes, TEXTS_AT_ONCE):
            stories = [data.stories.at(number) for number in numbers[some]]
            rows = [row for number in numbers[some] for row in chosen.of_story[number] if row in chosen.pairs]
            texts = _texts_of(data, stories, rows)
            _write_pairs(data, chosen, writer, rows, texts, written)
            for number, story in zip(numbers[some], stories, strict=True):
                steps = [
                    row for row in chosen.of_story[number] if data.match_relation[row] == RELATIONS.index("update")
                ]
                page = story_page(data, story, texts, chosen.pairs, pair_lines(data, steps[:40], chosen.pairs))
                writer.write(
                    f"story/{chosen.stories[number]}.html",
                    "story.html",
                    here="",
                    texts_problem=data.texts_problem,
                    **page,
                )
                if progress is not None:
                    progress.advance_to(writer.pages)


def _texts_of(data: PageData, stories: Sequence[Story], rows: Iterable[int]) -> dict[int, str]:
    records = {record for row in rows for record in (int(data.left[row]), int(data.right[row]))}
    for story in stories:
        base = ancestry(story).base
        compared = [version.record for version in story.versions[:COMPARED]]
        records.update(compared, (base[record] for record in compared if record in base))
    return data.plain_texts(sorted(record for record in records if record >= 0))


def _write_pairs(
    data: PageData, chosen: Selection, writer: PageWriter, rows: Iterable[int], texts: dict[int, str], written: set[int]
) -> None:
    for row in rows:
        if row in written:
            continue
        written.add(row)
        story = chosen.stories.get(int(data.stories.number[data.left[row]]))
        if data.stories.number[data.left[row]] != data.stories.number[data.right[row]]:
            story = None
        page = pair_page(data, row, texts, story)
        writer.write(f"pair/{chosen.pairs[row]}.html", "pair.html", here="", texts_problem=data.texts_problem, **page)


def _write_fronts(data: PageData, chosen: Selection, writer: PageWriter) -> None:
    """Write the overview, the page on sources, the lists of stories and the search."""
    model = data.stories
    shared = {"texts_problem": data.texts_problem}
    n_stories = len(model.ranked(model.sizes))
    by_width = bool((model.widths > 1).any())
    best = model.ranked(model.widths if by_width else model.sizes)[:BEST].tolist()
    writer.write(
        "index.html",
        "overview.html",
        here="index.html",
        best=story_lines(data, best, chosen.stories),
        best_heading="The stories that travelled widest" if by_width else "The largest stories",
        n_stories=n_stories,
        near_line=pair_lines(data, chosen.near_line, chosen.pairs),
        cuts=_cuts(data, chosen, n_stories),
        **shared,
        **overview(data),
    )
    writer.write("sources.html", "sources.html", here="sources.html", **shared, **traffic(data, chosen.stories))
    lines = story_lines(data, chosen.ranked, chosen.stories)
    pages = list(lists(lines))
    for at, (_, some) in enumerate(pages, 1):
        first = (at - 1) * len(pages[0][1]) + 1
        writer.write(
            f"list/{at}.html",
            "list.html",
            here="",
            first=first,
            last=first + len(some) - 1,
            total=n_stories,
            lines=some,
            before=at - 1,
            after=at + 1 if at < len(pages) else 0,
            **shared,
        )
    writer.write(
        "stories.html",
        "stories.html",
        here="stories.html",
        headline=count(n_stories, "story", "stories") if n_stories else "No stories",
        ranked=_ranked(data, chosen),
        lists=[words for words, _ in pages],
        remarks=_cuts(data, chosen, n_stories),
        **shared,
    )
    searched = list(search_lines(data, lines, chosen.ranked))
    writer.write(
        "search.html",
        "search.html",
        here="search.html",
        lines=searched,
        searched=len(searched),
        total=n_stories,
        **shared,
    )


def _ranked(data: PageData, chosen: Selection) -> list[tuple[str, str, str, list[Any]]]:
    """Return the lists of the best stories; those that say nothing in this run are left out."""
    model = data.stories
    rankings = (
        ("largest", "Largest", "With the most versions.", model.sizes, 1),
        ("widest", "Widest", "In the most sources.", model.widths, 1),
        ("longest", "Longest", "From the first version to the last.", model.spans, 0),
    )
    return [
        (id, heading, remark, story_lines(data, model.ranked(by)[:RANKED].tolist(), chosen.stories))
        for id, heading, remark, by, least in rankings
        if (by.astype(np.int64) > least).any()
    ]


def _cuts(data: PageData, chosen: Selection, n_stories: int) -> list[str]:
    """Return what the report leaves out, in words."""
    remarks = []
    if len(chosen.stories) < n_stories:
        remarks.append(
            f"{count(len(chosen.stories), 'story has', 'stories have')} a page of their own: the largest, widest and "
            f"longest of {n_stories:,} (dedup report --stories). dedup show shows any other."
        )
    n_pairs = len(data.match_relation)
    if len(chosen.pairs) < n_pairs:
        remarks.append(
            f"{count(len(chosen.pairs), 'pair has', 'pairs have')} a page, of {n_pairs:,} (--pairs): those nearest the "
            "line, and those by which the versions of these stories were decided."
        )
    if len(chosen.ranked) < n_stories:
        remarks.append(f"The lists hold the {len(chosen.ranked):,} largest stories.")
    return remarks


def pair_lines(data: PageData, rows: Sequence[int], pages: dict[int, int]) -> list[PairLine]:
    """Return what a table shows of matches."""
    models = Models.of(data.run.params)
    matches = data.run.matches.take(rows).to_pylist() if len(rows) else []
    lines = []
    for row, match in zip(rows, matches, strict=True):
        measures = {name: match[name] for name in MEASURES if match[name] is not None}
        left, right = data.titles([int(data.left[row]), int(data.right[row])])
        why = reason(RELATIONS.index(match["relation"]), measures, models)
        lines.append(PairLine(pages.get(row), match["relation"], match["score"], left, right, why))
    return lines


def _bar(progress: Bars | None, name: str, total: int, unit: str) -> AbstractContextManager[None]:
    return nullcontext() if progress is None else progress.bar(name, total, unit)
