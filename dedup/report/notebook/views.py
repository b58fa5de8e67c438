"""Bind the views of a run: every method of `dedup.run.viewed_run` comes here, and loads what it needs.

What prints a summary on the command line is loaded at once, everything else when it is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import InputError, ParamsError
from dedup.params import Params
from dedup.report.run_table import table

if TYPE_CHECKING:
    from dedup.report.notebook.explanation import Explanation
    from dedup.report.notebook.fragments import Fragment
    from dedup.report.notebook.pair_list import PairList
    from dedup.report.notebook.story_list import StoryList
    from dedup.report.stories import Stories
    from dedup.run.result import Result
    from dedup.run.run_view import RunView

__all__ = ["Explanation", "Fragment", "NotebookViews", "PairList", "Result", "StoryList"]

LISTED = 20
"""Up to this many records a summary lists every decision, not only the numbers."""

LARGEST = 5
"""Stories that a summary shows."""

VERSIONS = 200
"""Versions of a story that are shown."""


class NotebookViews:
    """The views of a run.

    Parameters
    ----------
    run : RunView
    """

    def __init__(self, run: RunView) -> None:
        self._run = run

    @functools.cached_property
    def _stories(self) -> Stories:
        from dedup.report.stories import Stories

        return Stories(self._run)

    def text(self) -> str:
        """Return the summary as lines of text."""
        return table(self._run.summary, self._listed())

    def html(self) -> str:
        """Return the summary and the largest stories; if there are only a few records, their decisions too."""
        from dedup.report.notebook.fragments import rendered
        from dedup.report.notebook.tables import rows_of

        summary = self._run.summary
        return rendered(
            "summary",
            summary=summary,
            dropped={name: count for name, count in summary["dropped"].items() if count},
            rows=rows_of(self.story_list(2).largest(LARGEST).table),
            decisions=self._listed(),
        )

    def labels(self) -> npt.NDArray[np.int64]:
        """Return the number of each record's cluster, -1 for rejected ones."""
        leader = self._stories.leader
        labels = np.full(len(leader), -1)
        (known,) = np.nonzero(leader >= 0)
        _, first, cluster = np.unique(leader[known], return_index=True, return_inverse=True)
        labels[known] = np.argsort(np.argsort(first))[cluster]
        return labels

    def story_list(self, min_size: int) -> StoryList:
        """Return the stories of at least so many versions, the largest first."""
        from dedup.report.notebook.story_list import StoryList

        _require_count("min_size", min_size)
        stories = self._stories
        (numbers,) = np.nonzero(stories.sizes >= min_size)
        order = np.lexsort((-stories.widths[numbers], -stories.sizes[numbers]))
        return StoryList(stories, self._run.decisions, numbers[order])

    def pairs(self, relation: str | None, by: str, n: int | None) -> PairList:
        """Return pairs in an order."""
        from dedup.report.notebook.pair_list import of_relation, ordered

        if n is not None:
            _require_count("n", n)
        matches = ordered(of_relation(self._run.matches, relation), by, self._run.params)
        return self._pair_list(matches.slice(0, n))

    def sample(self, relation: str | None, n: int, seed: int) -> PairList:
        """Return pairs drawn at random, with their texts; those with a document of an index have none."""
        from dedup.report.notebook.pair_list import of_relation

        _require_count("n", n)
        matches = of_relation(self._run.matches, relation)
        has_texts = pc.and_(pc.is_valid(matches["left_record"]), pc.is_valid(matches["right_record"]))
        matches = matches.filter(has_texts)
        drawn = np.random.default_rng(seed).permutation(matches.num_rows)[:n]
        return self._with_texts(matches.take(pa.array(drawn)))

    def explain(self, id: str) -> Explanation:
        """Return the explanation of the decision on a record."""
        from dedup.report.notebook.explanation import Explanation
        from dedup.report.run_pages import record_of, record_page

        record = record_of(self._run, str(id))
        return Explanation(record_page(self._run, self._stories, record, heads=False))

    def show(self, id: str, other: str | None) -> Fragment:
        """Return the story of a record, or two texts side by side."""
        from dedup.report.notebook.fragments import Fragment, rendered
        from dedup.report.run_pages import record_of

        record = record_of(self._run, str(id))
        if other is not None:
            return self._show_pair(record, record_of(self._run, str(other)))
        number = int(self._stories.number[record])
        if number < 0:
            raise InputError(f"{id}, which was rejected", "a record that is part of a story")
        story = self._stories.at(number)
        updates: dict[int | None, list[str]] = {}
        for step in story.updates:
            updates.setdefault(step.later, []).append(step.earlier_id)
        html = rendered(
            "story",
            story=story,
            shown=story.versions[:VERSIONS],
            more=max(0, len(story.versions) - VERSIONS),
            updates=updates,
            record=record,
        )
        return Fragment(html, f"story {story.id}")

    def _show_pair(self, left: int, right: int) -> Fragment:
        from dedup.report.notebook.fragments import Fragment, rendered
        from dedup.report.notebook.pair_list import judged_pair, side_by_side
        from dedup.report.pair_verdict import verdict

        run = self._run
        texts = run.plain_texts([left, right])
        judged = verdict(run, left, right, run.params, self._stories.leader, texts)
        pair = judged_pair(judged, (left, right), run.decisions, (texts[left], texts[right]))
        return Fragment(rendered("pair", pair=pair, beside=side_by_side(pair)), f"{pair.left} and {pair.right}")

    def plot(self, axes: Any) -> Any:
        """Plot scores and dropped records."""
        from dedup.report.notebook.plots import plot

        return plot(self._run.matches, self._run.summary["dropped"], self._run.params, axes)

    def to_pandas(self) -> Any:
        """Return the decisions as a pandas DataFrame."""
        from dedup.report.notebook.tables import to_pandas

        return to_pandas(self._run.decisions)

    def to_polars(self) -> Any:
        """Return the decisions as a Polars DataFrame."""
        from dedup.report.notebook.tables import to_polars

        return to_polars(self._run.decisions)

    def decide(self, params: Params | None, agencies: Any, params_fields: Mapping[str, Any]) -> Result:
        """Decide again with other parameters."""
        from dedup.attribution.agencies import Agencies
        from dedup.run.redecide import asked_params, redecide

        asked = asked_params(params or self._run.params, params_fields)
        return redecide(self._run, asked, Agencies.read(agencies))

    def _listed(self) -> list[dict[str, Any]]:
        """Return the decisions that a summary lists: all if they are few, else none."""
        if self._run.summary["records"] > LISTED:
            return []
        columns = ["id", "kept", "duplicate_of", "relation", "reason"]
        rows: list[dict[str, Any]] = self._run.decisions.select(columns).to_pylist()
        return rows

    def _pair_list(self, matches: pa.Table, texts: Mapping[int, str] | None = None) -> PairList:
        from dedup.report.notebook.pair_list import PairList

        return PairList(matches, self._run.decisions, self._run.params, texts)

    def _with_texts(self, matches: pa.Table) -> PairList:
        records = {*matches["left_record"].to_pylist(), *matches["right_record"].to_pylist()}
        return self._pair_list(matches, self._run.plain_texts(sorted(records)))


def _require_count(name: str, value: Any) -> None:
    """Refuse what is not a whole number of at least 1.

    Raises
    ------
    ParamsError
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ParamsError(f"{name} {value!r}", "a whole number of at least 1")
