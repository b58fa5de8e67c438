"""Bind the views of a run: every method of `dedup.run.run_views` comes here, and loads what it needs.

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
from dedup.params import Params, with_fields
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
        from dedup.report.notebook.explanation import closest, explained
        from dedup.report.notebook.pair_list import of_record
        from dedup.report.notebook.tables import rows_of

        record = self._record(id)
        (decision,) = rows_of(self._run.decisions.slice(record, 1))
        matches = closest(of_record(record, self._run.matches), decision)
        return explained({**decision, "record": record}, self._pair_list(matches))

    def show(self, id: str, other: str | None) -> Fragment:
        """Return the story of a record, or two texts side by side."""
        from dedup.report.notebook.fragments import Fragment, rendered

        record = self._record(id)
        if other is not None:
            return self._show_pair(record, self._record(other))
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
        from dedup.report.notebook.pair_list import of_record, side_by_side, unmatched

        decisions = self._run.decisions
        matches = of_record(right, of_record(left, self._run.matches))
        if len(matches) and left != right:
            (pair,) = self._with_texts(matches.slice(0, 1))
            pair = pair if pair.left_record == left else pair.turned()
        else:
            pair = unmatched(left, right, decisions, self._run.plain_texts([left, right]))
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
        from dedup.run.redecide import redecide

        return redecide(self._run, with_fields(params or self._run.params, params_fields), Agencies.read(agencies))

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

    def _record(self, id: str) -> int:
        """Return the record of an id.

        Raises
        ------
        InputError
            When there is none, or there are several.
        """
        records = self._run.records_of(str(id))
        if len(records) == 1:
            return records[0]
        if not records:
            raise InputError(f"no record with the id {str(id)!r}", "an id of the decisions, or file:row")
        rows = self._run.decisions.select(["file", "row"]).take(pa.array(records[:2])).to_pylist()
        places = " and ".join(f"{row['file']}:{row['row']}" for row in rows)
        hint = f"name one by file and row; the first are {places}"
        raise InputError(f"{len(records):,} records with the id {str(id)!r}", "one", hint)


def _require_count(name: str, value: Any) -> None:
    """Refuse what is not a whole number of at least 1.

    Raises
    ------
    ParamsError
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ParamsError(f"{name} {value!r}", "a whole number of at least 1")
