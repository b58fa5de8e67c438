"""Explain the decision on one record: what became of it, for which other one, by what measures, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup.report.escaping import shown
from dedup.report.notebook.fragments import rendered
from dedup.report.notebook.pair_list import Pair
from dedup.report.pages.waterfall import in_words
from dedup.report.run_table import AS_COPY
from dedup.schema import RELATIONS

CLOSEST = 5
"""Further pairs of the record that are listed."""

FURTHER_MEANINGS = {
    "resemblance": "{} of the word sequences of both are the same",
    "containment_left": "{} of those of the left text are in the right one",
    "containment_right": "{} of those of the right text are in the left one",
    "furniture": "{} of the shorter text is page furniture and was not compared",
    "furniture_longer": "{} of the longer text is page furniture and was not compared",
    "carried": "how probable it is that one carries most of the other",
    "news": "how probable it is that one has news",
}
"""What the measures say that no model looks at."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision on a record, in words.

    Parameters
    ----------
    decision : dict
        Its row of the decisions.
    pair : Pair or None
        The pair by which it is dropped; None if it is not, and for identical ones of which no measure is taken.
    others : tuple of Pair
        Its closest other pairs, the nearest relation first.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> rows = [{"id": "a", "text": report}, {"id": "b", "text": f"{report} It is old."}]
    >>> explanation = dedup.deduplicate(rows).explain("b")
    >>> explanation.headline
    'b is dropped: near duplicate of a, score 0.82'
    >>> name, value, meaning = explanation.measures[0]
    >>> f"{name} {value:.2f}: {meaning}"
    'resemblance 0.82: 82% of the word sequences of both are the same'
    """

    decision: dict[str, Any]
    pair: Pair | None
    others: tuple[Pair, ...]

    @property
    def headline(self) -> str:
        """What became of the record, in a line."""
        row = self.decision
        if row["duplicate_of"] is not None:
            of = f"{AS_COPY[row['relation']]} {row['duplicate_of']}"
            return f"{row['id']} is dropped: {of}, score {row['score']:.2f}"
        return f"{row['id']} is {'kept' if row['kept'] else 'rejected'}"

    @property
    def measures(self) -> list[tuple[str, float, str]]:
        """Name, value and meaning of each measure of the pair."""
        if self.pair is None or len(self.pair.measures) == 0:
            return []
        return [(name, value, _meaning(name, value)) for name, value in self.pair.measures.items()]

    def __str__(self) -> str:
        lines = [shown(self.headline), shown(self.decision["reason"])]
        if self.pair is not None and self.measures:
            lines += ["", f"measures of {shown(self.pair.left)} (left) and {shown(self.pair.right)} (right)"]
            width = max(len(name) for name, *_ in self.measures)
            for name, value, meaning in self.measures:
                lines.append(f"  {name.replace('_', ' '):<{width}}  {value:6.3f}  {meaning}".rstrip())
        if self.others:
            lines += ["", "other pairs"]
            for pair in self.others:
                relation = str(pair.relation).replace("_", " ")
                lines.append(f"  {relation}, score {pair.score:.2f}: {shown(self._other(pair))}: {pair.reason}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        others = [(self._other(pair), pair) for pair in self.others]
        return rendered("explanation", explanation=self, others=others)

    def _other(self, pair: Pair) -> str:
        return pair.right if pair.left_record == self.decision["record"] else pair.left


def explained(decision: dict[str, Any], pairs: Iterable[Pair]) -> Explanation:
    """Return the explanation of a decision.

    Parameters
    ----------
    decision : dict
        With the number of its ``record``.
    pairs : iterable of Pair
        As `closest` orders them.
    """
    every = list(pairs)
    first = every[0] if every and decision["duplicate_of"] is not None else None
    decides = first is not None and (first.relation, first.score) == (decision["relation"], decision["score"])
    deciding = first if decides else None
    return Explanation(decision, deciding, tuple(pair for pair in every if pair is not deciding)[:CLOSEST])


def closest(matches: pa.Table, decision: Mapping[str, Any]) -> pa.Table:
    """Return the matches of a record that its explanation shows.

    The first is that by which it is dropped: with the kept one or, if there is no such match, with another version that
    is dropped too. The others follow, the closest relation first, then the highest score.

    Parameters
    ----------
    matches : pyarrow.Table
        All of the record.
    decision : mapping
        Its row of the decisions.
    """
    relation, score = np.asarray(pc.index_in(matches["relation"], pa.array(RELATIONS))), np.asarray(matches["score"])
    is_decided = np.zeros(len(matches), np.int8)
    if decision["duplicate_of"] is not None:
        sides = [np.asarray(pc.equal(matches[side], decision["duplicate_of"])) for side in ("left", "right")]
        alike = (relation == RELATIONS.index(decision["relation"])) & (score == decision["score"])
        is_decided = np.where(alike, 1 + (sides[0] | sides[1]), 0)
    order = np.lexsort((-score, relation, -is_decided))
    return matches.take(pa.array(order[: CLOSEST + 1]))


def _meaning(name: str, value: float) -> str:
    """Return what a measure says."""
    if name in FURTHER_MEANINGS:
        return FURTHER_MEANINGS[name].format(f"{value:.0%}")
    return in_words(name, value)
