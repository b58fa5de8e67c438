"""Write the pages of a report: read the texts of the stories and pairs that get one, and fill the templates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from dedup._version import __version__
from dedup.report.in_words import count
from dedup.report.pages.overview import overview
from dedup.report.pages.page_choice import RANKED, Selection, choose
from dedup.report.pages.page_data import TEXTS_AT_ONCE, PageData, batches
from dedup.report.pages.page_writer import PageWriter
from dedup.report.pages.pair_page import listed_pairs, pair_page
from dedup.report.pages.report_folder import MARKER, new_report
from dedup.report.pages.source_traffic import traffic
from dedup.report.pages.story_lists import PER_LIST, listed_stories, lists, search_lines
from dedup.report.pages.story_page import COMPARED, ancestry, story_page
from dedup.report.stories import Story
from dedup.run.run_output import RunView
from dedup.schema import UPDATE
from dedup.store.meter import NO_METER, Meter

BEST, STEPS = 10, 40
"""Stories on the overview, and updates on the page of a story."""


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


def write_report(run: RunView, folder: Path, name: str, stories: int, pairs: int, progress: Meter = NO_METER) -> Report:
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
    progress : Meter

    Returns
    -------
    Report

    Raises
    ------
    InputError
        When the run has no tables of this version.
    OutputError
    """
    with new_report(folder) as work:
        writer = PageWriter(work, {"version": __version__, "made": _now(), "name": name}, progress)
        data = PageData(run)
        chosen = choose(data, stories, pairs)
        _read_heads(data, chosen, progress)
        _write_stories(data, chosen, writer, progress)
        _write_fronts(data, chosen, writer)
        _write_lists(data, chosen, writer)
        marker = {"dedup_report": __version__, "pages": writer.pages}
        (work / MARKER).write_text(json.dumps(marker) + "\n", "utf-8")
    return Report(folder, writer.pages, writer.bytes, len(chosen.stories), len(chosen.pairs), data.texts_problem)


def _now() -> str:
    return f"{datetime.now(timezone.utc):%d %B %Y, %H:%M}".lstrip("0")


def _read_heads(data: PageData, chosen: Selection, progress: Meter) -> None:
    """Read how texts begin where they have no title: the first of each story, and both of each pair near the line."""
    rows = np.array(list(chosen.pairs), np.int64)
    records = np.concatenate(
        [data.stories.first_records(np.array(chosen.ranked, np.int64)), data.left[rows], data.right[rows]]
    )
    untitled = data.untitled(records[records >= 0])
    with progress.bar("titles", len(untitled), "texts"):
        for start in range(0, len(untitled), TEXTS_AT_ONCE):
            some = untitled[start : start + TEXTS_AT_ONCE].tolist()
            data.remember_heads(some)
            progress.advance(len(some))


def _write_stories(data: PageData, chosen: Selection, writer: PageWriter, progress: Meter) -> None:
    """Write the pages of stories and pairs, in batches whose texts are read together."""
    numbers = list(chosen.stories)
    sizes = [min(COMPARED, int(data.stories.sizes[number])) + len(chosen.of_story[number]) for number in numbers]
    alone = [row for row in [*chosen.near_line, *chosen.examples] if row in chosen.pairs]
    written: set[int] = set()
    with progress.bar("pages", len(numbers) + len(chosen.pairs), "pages"):
        _write_pairs(data, chosen, writer, alone, _texts_of(data, [], alone), written)
        for some in batches(sizes, TEXTS_AT_ONCE):
            stories = [data.stories.at(number) for number in numbers[some]]
            rows = [row for number in numbers[some] for row in chosen.of_story[number] if row in chosen.pairs]
            texts = _texts_of(data, stories, rows)
            _write_pairs(data, chosen, writer, rows, texts, written)
            for number, story in zip(numbers[some], stories, strict=True):
                steps = [row for row in chosen.of_story[number] if data.match_relation[row] == UPDATE]
                page = story_page(data, story, texts, chosen.pairs, listed_pairs(data, steps[:STEPS], chosen.pairs))
                writer.write(
                    f"story/{chosen.stories[number]}.html",
                    "story.html",
                    texts_problem=data.texts_problem,
                    **page,
                )


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
        writer.write(f"pair/{chosen.pairs[row]}.html", "pair.html", texts_problem=data.texts_problem, **page)


def _write_fronts(data: PageData, chosen: Selection, writer: PageWriter) -> None:
    """Write the overview and the page on sources."""
    model = data.stories
    is_wide = bool((model.widths > 1).any())
    best = model.ranked(model.widths if is_wide else model.sizes)[:BEST].tolist()
    writer.write(
        "index.html",
        "overview.html",
        best=listed_stories(data, best, chosen.stories),
        best_heading="The stories that travelled widest" if is_wide else "The largest stories",
        n_stories=chosen.n_stories,
        n_pages=len(chosen.stories),
        near_line=listed_pairs(data, chosen.near_line, chosen.pairs),
        cuts=_cuts(data, chosen),
        texts_problem=data.texts_problem,
        **overview(data),
    )
    writer.write(
        "sources.html", "sources.html", texts_problem=data.texts_problem, **traffic(data, chosen.stories, chosen.pairs)
    )


def _write_lists(data: PageData, chosen: Selection, writer: PageWriter) -> None:
    """Write the lists of stories and the search."""
    shared = {"texts_problem": data.texts_problem, "total": chosen.n_stories}
    lines = listed_stories(data, chosen.ranked, chosen.stories)
    pages = list(lists(lines))
    for at, (_, some) in enumerate(pages, 1):
        first = (at - 1) * PER_LIST + 1
        around = {"before": at - 1, "after": at + 1 if at < len(pages) else 0}
        page = {"first": first, "last": first + len(some) - 1, "lines": some, **around}
        page["without_page"] = sum(line.page is None for line in some)
        writer.write(f"list/{at}.html", "list.html", **shared, **page)
    writer.write(
        "stories.html",
        "stories.html",
        headline=count(chosen.n_stories, "story", "stories") if chosen.n_stories else "No stories",
        ranked=_ranked(data, chosen),
        lists=[words for words, _ in pages],
        remarks=_cuts(data, chosen),
        **shared,
    )
    searched = list(search_lines(data, lines, chosen.ranked))
    writer.write("search.html", "search.html", lines=searched, searched=len(searched), **shared)


def _ranked(data: PageData, chosen: Selection) -> list[tuple[str, str, str, list[Any]]]:
    """Return the lists of the best stories; those that say nothing in this run are left out."""
    model = data.stories
    rankings = (
        ("largest", "Largest", "With the most versions.", model.sizes, 1),
        ("widest", "Widest", "In the most sources.", model.widths, 1),
        ("longest", "Longest", "From the first version to the last.", model.spans, 0),
    )
    return [
        (id, heading, remark, listed_stories(data, model.ranked(by)[:RANKED].tolist(), chosen.stories))
        for id, heading, remark, by, least in rankings
        if (by.astype(np.int64) > least).any()
    ]


def _cuts(data: PageData, chosen: Selection) -> list[str]:
    """Return what the report leaves out, in words."""
    remarks = []
    n_stories = chosen.n_stories
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
