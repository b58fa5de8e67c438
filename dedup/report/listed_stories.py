"""List the stories of a run for a terminal: the widest, the largest or the longest, a line or two each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dedup.errors import InputError, ParamsError
from dedup.report.escaping import shown
from dedup.report.run_pages import HEAD, QUICK_BYTES
from dedup.report.stories import Stories
from dedup.report.story_lines import NARROW_ID, lag
from dedup.report.text_columns import columns_of, cut_to, padded
from dedup.run.run_output import RunView

WIDEST, LARGEST, LONGEST = ORDERS = ("widest", "largest", "longest")
"""By which stories are listed: distinct sources, versions, or time between the first version and the last."""

SOURCE, TITLE = 30, 24
"""Columns that a source takes at most, and that a title has at least."""

INDENT = 4
"""Columns before what stands below a line."""


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story as a list has it.

    Parameters
    ----------
    id : str
        As in `dedup.report.stories.Story`.
    versions, sources : int
    span : timedelta
    published : datetime or None
        Of the first version, as all that follows.
    source, credit : str or None
    title : str
        Or the first words of its text; empty if neither is known.
    """

    id: str
    versions: int
    sources: int
    span: timedelta
    published: datetime | None
    source: str | None
    credit: str | None
    title: str

    @property
    def first(self) -> str:
        """The source that had it first, with the agency that it credits: then the agency had it before."""
        is_other = self.credit is not None and self.credit.casefold() != (self.source or "").casefold()
        return (self.source or "-") + (f" (credits {self.credit})" if is_other else "")


@dataclass(frozen=True, slots=True)
class ListedStories:
    """Stories of a run, the first in an order first.

    Parameters
    ----------
    by : {"widest", "largest", "longest"}
    stories : sequence of ListedStory
    total : int
        Stories of two versions or more that the run has.
    notes : sequence of str
    """

    by: str
    stories: Sequence[ListedStory]
    total: int
    notes: Sequence[str] = field(default=())

    def lines(self, columns: int) -> Iterator[str]:
        """Yield the lines for a terminal of a width."""
        if not self.stories:
            yield "no story has more than one version"
            return
        named = f"the {self.by}" if len(self.stories) < self.total else f"{self.by} first"
        yield f"{self.total:,} stories of two versions or more, {named}" if self.total > 1 else "one story"
        yield from _table(self.stories, columns)
        for note in self.notes:
            yield f"\nnote: {shown(note)}"

    def as_dict(self) -> dict[str, Any]:
        """Return the list as plain values, for JSON."""
        stories = [
            {
                "id": one.id,
                "versions": one.versions,
                "sources": one.sources,
                "span_hours": one.span.total_seconds() / 3600,
                "published": one.published.isoformat() if one.published else None,
                "source": one.source,
                "credit": one.credit,
                "title": one.title,
            }
            for one in self.stories
        ]
        return {"by": self.by, "total": self.total, "stories": stories, "notes": list(self.notes)}


def listed_stories(run: RunView, by: str = WIDEST, count: int = 10) -> ListedStories:
    """List stories of a run of at least two versions each.

    Parameters
    ----------
    run : RunView
    by : {"widest", "largest", "longest"}
    count : int

    Raises
    ------
    ParamsError
        When there is no such order.
    """
    stories = Stories(run)
    if by not in ORDERS:
        raise ParamsError(f"stories by {by!r}", f"one of {', '.join(ORDERS)}")
    values = stories.spans if by == LONGEST else stories.sizes if by == LARGEST else stories.widths
    chosen = [stories.at(number) for number in stories.ranked(values)[:count].tolist()]
    heads = {story.id: story.first.title or _any_title(story.versions) for story in chosen}
    words, notes = _first_words(run, [story.first.record for story in chosen if not heads[story.id]])
    listed = [
        ListedStory(
            id=story.id,
            versions=len(story.versions),
            sources=story.n_sources,
            span=story.span,
            published=story.first.published,
            source=story.first.source,
            credit=story.first.credit,
            title=" ".join((heads[story.id] or words.get(story.first.record, "")).split()),
        )
        for story in chosen
    ]
    return ListedStories(by, listed, int(np.count_nonzero(stories.sizes > 1)), notes)


def _any_title(versions: Sequence[Any]) -> str:
    return next((version.title for version in versions if version.title), "")


def _first_words(run: RunView, records: Sequence[int]) -> tuple[Mapping[int, str], list[str]]:
    """Return the first words of some records, and a note if they cannot be read."""
    if not records:
        return {}, []
    if run.summary.get("text_bytes", 0) > QUICK_BYTES:
        return {}, ["first words are left out, because the inputs are large"]
    try:
        return {record: text[:HEAD] for record, text in run.plain_texts(records).items()}, []
    except InputError as error:
        return {}, [f"first words are left out: {error}"]


def _table(stories: Sequence[ListedStory], columns: int) -> Iterator[str]:
    """Yield a line of each story; below it what does not fit: a long id, which is not cut, and the title."""
    rows = [_cells(one) for one in stories]
    is_narrow = all(columns_of(row["id"]) <= NARROW_ID for row in rows)
    names = [
        name for name in rows[0] if (name != "id" or is_narrow) and any(row[name] not in ("", "-") for row in rows)
    ]
    widths = [max(columns_of(text) for text in (name, *(row[name] for row in rows))) for name in names]
    rest = columns - sum(width + 2 for width in widths)
    has_title = is_narrow and rest >= TITLE and any(one.title for one in stories)
    yield _joined(names, names, widths, "title" if has_title else "")
    for one, row in zip(stories, rows, strict=True):
        title = shown(one.title)
        yield _joined([row[name] for name in names], names, widths, cut_to(title, rest) if has_title else "")
        below = ([] if is_narrow else [row["id"]]) + ([title] if title and not has_title else [])
        for text in below:
            width = max(columns - INDENT, columns_of(row["id"]))
            yield f"{'':{INDENT}}{cut_to(text, width)}"


def _cells(one: ListedStory) -> dict[str, str]:
    """Return the cells of a story by the names of their columns."""
    return {
        "versions": f"{one.versions:,}",
        "sources": f"{one.sources:,}" if one.sources else "",
        "span": lag(one.span).removeprefix("+") if one.span else "",
        "first source": cut_to(shown(one.first), SOURCE),
        "id": shown(one.id),
    }


def _joined(cells: Sequence[str], names: Sequence[str], widths: Sequence[int], last: str) -> str:
    """Return a line of a table; numbers stand on the right of their columns."""
    placed = (
        cell.rjust(width) if name in ("versions", "sources") else padded(cell, width)
        for cell, name, width in zip(cells, names, widths, strict=True)
    )
    return "  ".join([*placed, last]).rstrip()
