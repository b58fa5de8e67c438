"""List stories for a person: a table of some, the stories themselves when they are asked for."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.report.in_words import cut, duration, other_credit
from dedup.report.notebook.fragments import ROWS, rendered, text_table
from dedup.report.notebook.tables import rows_of, to_pandas
from dedup.report.stories import Stories, Story


class StoryList:
    """Stories of a run, in an order; a notebook shows them as a table.

    Parameters
    ----------
    stories : Stories
        All of the run.
    decisions : pyarrow.Table
        Of the run.
    numbers : int64 array
        Which of the stories are listed, in order.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> rows = [{"id": id, "text": report, "source": source} for id, source in [("a", "Post"), ("b", "Mail")]]
    >>> stories = dedup.deduplicate(rows).stories()
    >>> len(stories), stories["a"].n_sources
    (1, 2)
    >>> print(stories)
    story  versions  sources  span     first  title
    a             2        2  no time  Post
    """

    def __init__(self, stories: Stories, decisions: pa.Table, numbers: npt.NDArray[np.int64]) -> None:
        self._stories = stories
        self._decisions = decisions
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Story]:
        if len(self) > ROWS:
            self._stories.prepare_many()
        return (self._stories.at(number) for number in self._numbers.tolist())

    def __getitem__(self, id: str | int) -> Story:
        """Return the story of this id, whether or not it is listed."""
        return self._stories.story(str(id))

    def largest(self, n: int = 10) -> StoryList:
        """Return the stories with most versions.

        Parameters
        ----------
        n : int

        Returns
        -------
        StoryList
        """
        return self._first(self._stories.sizes, n)

    def widest(self, n: int = 10) -> StoryList:
        """Return the stories that most sources published.

        Parameters
        ----------
        n : int

        Returns
        -------
        StoryList
        """
        return self._first(self._stories.widths, n)

    def longest(self, n: int = 10) -> StoryList:
        """Return the stories whose versions lie farthest apart in time.

        Parameters
        ----------
        n : int

        Returns
        -------
        StoryList
        """
        return self._first(self._stories.spans.astype(np.int64), n)

    @functools.cached_property
    def table(self) -> pa.Table:
        """One row for each story: its size, sources and span, and its first version."""
        first = self._stories.first_records(self._numbers)
        rows = self._decisions.select(["source", "credit", "published", "title"]).take(pa.array(first))
        columns = {
            "story": self._stories.ids.take(pa.array(self._numbers)),
            "versions": pa.array(self._stories.sizes[self._numbers]),
            "sources": pa.array(self._stories.widths[self._numbers]),
            "span": pa.array(self._stories.spans[self._numbers]),
            "first_source": rows["source"],
            "first_credit": rows["credit"],
            "first_published": rows["published"],
            "title": rows["title"],
        }
        return pa.table(columns)

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with one row for each story.

        Returns
        -------
        pandas.DataFrame
            With the columns of ``table``.

        Raises
        ------
        ImportError
            When pandas is missing.
        """
        return to_pandas(self.table)

    def __repr__(self) -> str:
        return f"StoryList({len(self):,} stories)"

    def __str__(self) -> str:
        rows = [
            [
                cut(row["story"], 40),
                f"{row['versions']:,}",
                f"{row['sources']:,}",
                duration(row["span"]),
                _first_source(row),
                cut(row["title"], 60),
            ]
            for row in self._rows()
        ]
        table = text_table(["story", "versions", "sources", "span", "first", "title"], rows)
        return table + (f"\n... and {len(self) - ROWS:,} more" if len(self) > ROWS else "")

    def _repr_html_(self) -> str:
        return rendered("stories", rows=self._rows(), more=max(0, len(self) - ROWS))

    def _rows(self) -> list[dict[str, Any]]:
        return rows_of(self._listed(self._numbers[:ROWS]).table)

    def _listed(self, numbers: npt.NDArray[np.int64]) -> StoryList:
        return StoryList(self._stories, self._decisions, numbers)

    def _first(self, values: npt.NDArray[np.int64], n: int) -> StoryList:
        order = np.argsort(-values[self._numbers], kind="stable")
        return self._listed(self._numbers[order[: max(0, n)]])


def _first_source(row: dict[str, Any]) -> str:
    """Return the source of a first version, and the agency that it credits."""
    credit = other_credit(row["first_credit"], row["first_source"])
    source = cut(row["first_source"] or "", 25)
    return ", ".join(filter(None, (source, f"credits {cut(credit, 25)}" if credit else "")))
