"""Explain the decision on one record: what became of it, for which other one, and what speaks for and against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dedup.judge.relation import CARRIED
from dedup.report.escaping import shown
from dedup.report.notebook.fragments import rendered
from dedup.report.pages.waterfall import Step, told, waterfalls
from dedup.report.record_lines import OTHERS, STEPS, decision_line, other_lines, why_lines
from dedup.report.show_pages import RecordPage

COLUMNS = 120
"""Width of the text."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """The decision on a record, in words.

    Parameters
    ----------
    page : RecordPage
        The record, the verdict by which it is dropped, and its matches with texts outside of its cluster.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> rows = [{"id": "a", "text": report}, {"id": "b", "text": f"{report} It is old."}]
    >>> explanation = dedup.deduplicate(rows, level="near").explain("b")
    >>> explanation.headline
    'b is dropped: near duplicate of a, score 0.82'
    >>> print(str(explanation).splitlines()[-3])
       82%  of all phrases in the two are in both
    """

    page: RecordPage

    @property
    def headline(self) -> str:
        """What became of the record, in a line."""
        return decision_line(self.page.version)

    @property
    def measures(self) -> dict[str, float]:
        """The measures by which it is dropped, by the columns of the matches, where left is the record; else none."""
        return {} if self.page.verdict is None else dict(self.page.verdict.measures)

    def __repr__(self) -> str:
        return f"Explanation({self.headline!r})"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.headline
        if self.page.verdict is not None:
            yield shown(self.page.verdict.reason)
            yield from why_lines(self.page.verdict, self.page.models)
        if self.page.matches:
            yield "matches with other texts:"
            yield from other_lines(self.page.matches, COLUMNS)

    def _repr_html_(self) -> str:
        others = self.page.matches[:OTHERS]
        more = len(self.page.matches) - len(others)
        return rendered("explanation", explanation=self, questions=self._questions(), others=others, more=more)

    def _questions(self) -> list[tuple[str, float, list[Step]]]:
        """Return the questions that were asked, with their probabilities and what speaks most for and against."""
        measures = self.measures
        if "carried" not in measures or "rare_containment" not in measures:
            return []
        carried, news = waterfalls(measures, None, self.page.models)
        asked = [("that one carries the other on", measures["carried"], told(carried, STEPS))]
        if measures["carried"] >= CARRIED and "news" in measures:
            asked.append(("that one has news", measures["news"], told(news, STEPS)))
        return asked
