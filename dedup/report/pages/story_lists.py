"""Make the lists of stories: the most interesting ones, all of them by size, and the lines that are searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dedup.report.in_words import count, cut, date, other_credit
from dedup.report.pages.page_data import PageData
from dedup.report.pages.page_text import clean

LISTED = 100_000
"""Stories that are listed; the largest ones."""

PER_LIST = 250
"""Stories on a page of the list."""

SEARCHED = 8_000_000
"""Characters of the lines that are searched: one page holds them all."""

SOURCES = 12
"""Sources of a story that can be searched."""


@dataclass(frozen=True, slots=True)
class StoryLine:
    """What a list shows of a story.

    Parameters
    ----------
    page : int or None
        Its page, if it has one.
    title, id : str
    size, sources, updates : int
        Versions, distinct sources, and updates between two texts.
    span : float or None
        Seconds from the first dated version to the last; None where fewer than two are dated.
    first, credit : str or None
        The source of the first version, and the agency that it credits.
    published : datetime or None
    """

    page: int | None
    title: str
    id: str
    size: int
    sources: int
    updates: int
    span: float | None
    first: str | None
    credit: str | None
    published: datetime | None


def listed_stories(data: PageData, numbers: Sequence[int], pages: Mapping[int, int]) -> list[StoryLine]:
    """Return what lists show of stories.

    Parameters
    ----------
    data : PageData
    numbers : sequence of int
        Of the stories.
    pages : mapping of int to int
        Numbers of story pages by story.
    """
    stories = data.stories
    firsts = stories.first_records(np.asarray(numbers, np.int64))
    titles = data.titles(firsts)
    columns = (data.values(name, firsts) for name in ("source", "credit", "published"))
    spans = stories.spans.astype(np.int64) / 1e6
    return [
        StoryLine(
            pages.get(number),
            title,
            str(stories.ids[number]),
            int(stories.sizes[number]),
            int(stories.widths[number]),
            int(stories.n_updates[number]),
            float(spans[number]) or None,
            source if isinstance(source, str) else None,
            other_credit(credit, source),
            moment if isinstance(moment, datetime) else None,
        )
        for number, title, source, credit, moment in zip(numbers, titles, *columns, strict=True)
    ]


def lists(lines: Sequence[StoryLine]) -> Iterator[tuple[str, Sequence[StoryLine]]]:
    """Yield the pages of the list of all stories: what each is called, and its lines."""
    for start in range(0, len(lines), PER_LIST):
        some = lines[start : start + PER_LIST]
        most, least = some[0].size, some[-1].size
        yield f"{count(most, 'version')}" if most == least else f"{most:,} to {least:,} versions", some


def search_lines(data: PageData, lines: Sequence[StoryLine], numbers: Sequence[int]) -> Iterator[str]:
    """Yield a line for each story that can be searched: its page, its title, and what else is known of it.

    They end when `SEARCHED` is reached.
    """
    written = 0
    for line, number in zip(lines, numbers, strict=True):
        named = data.stories.source[data.stories.members(number)[: 4 * SOURCES]]
        sources = list(dict.fromkeys(data.stories.source_names[at] for at in named.tolist() if at >= 0))[:SOURCES]
        facts = [count(line.size, "version")]
        facts += [date(line.published)] if line.published else []
        facts += [cut(name, 40) for name in sources] + [f"story {cut(line.id, 60)}"]
        facts += [] if line.page else ["no page"]
        words = "\t".join([str(line.page or "-"), cut(clean(line.title), 120), " · ".join(facts)])
        written += len(words) + 1
        if written > SEARCHED:
            return
        yield words
