"""List verified pairs of a run for a person: by how close their decision was, or drawn at random with their texts."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import ParamsError
from dedup.judge.reasons import reason
from dedup.judge.relation import CARRIED, Models, tolerance
from dedup.params import Params
from dedup.report.in_words import cut, relation_words
from dedup.report.notebook.fragments import ROWS, rendered, text_table
from dedup.report.notebook.tables import rows_of, to_pandas
from dedup.report.pages.alignment import Alignment
from dedup.report.pair_verdict import Verdict
from dedup.schema import IDENTICAL, MEASURES, NEAR_DUPLICATE, RELATIONS, TEMPLATE, UPDATE

ORDERS = ("line", "highest", "lowest")

SIDES = ("left", "right")

OF_RECORDS = ("source", "title", "published", "url")
"""Columns of the decisions that stand beside each side of a pair."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A verified pair of records.

    Parameters
    ----------
    left, right : str
        Their ids.
    left_record, right_record : int or None
        Their numbers in the decisions, from 0; None for a document of an index.
    relation : str or None
        None where two that are shown side by side have nothing to do with each other.
    score : float
    reason : str
        Why they have this relation, in words.
    measures : dict of str to float
        By the names of the columns of the matches; those that were taken.
    derived : str or None
        The id of the side that seems to be the copy.
    texts : tuple of two str, or None
        Both texts without markup; only in a sample.
    heads : tuple of two dict
        Source, title, date and URL of both, None where there is none.
    is_match : bool
        Whether the run has this match. Two that are shown side by side and have none are compared when they are shown.
    """

    left: str
    right: str
    left_record: int | None
    right_record: int | None
    relation: str | None
    score: float
    reason: str
    measures: dict[str, float]
    derived: str | None
    texts: tuple[str, str] | None
    heads: tuple[dict[str, Any], dict[str, Any]]
    is_match: bool = True

    def _repr_html_(self) -> str:
        return rendered("pair", pair=self, beside=side_by_side(self))


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What is shown of two texts: their pieces in rows, and the characters that are left out at the ends of both."""

    rows: list[Any]
    cut_left: int
    cut_right: int


def side_by_side(pair: Pair) -> SideBySide | None:
    """Return the texts of a pair in rows, None where it has none."""
    if pair.texts is None:
        return None
    alignment = Alignment(*pair.texts)
    return SideBySide(alignment.rows(), alignment.cut_left, alignment.cut_right)


class PairList:
    """Pairs of a run, in an order; a notebook shows them as a table, or text beside text if it has their texts.

    Parameters
    ----------
    matches : pyarrow.Table
        Rows of the matches.
    decisions : pyarrow.Table
        Of the run.
    params : Params
        Of the run.
    texts : mapping of int to str, optional
        The texts of all their records.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> pairs = dedup.deduplicate([{"id": "a", "text": report}, {"id": "b", "text": report.upper()}]).pairs()
    >>> print(pairs)
    relation   score  left  right  titles
    identical   1.00  a     b
    >>> [pair.reason for pair in pairs]
    ['the same words in the same order']
    """

    def __init__(
        self, matches: pa.Table, decisions: pa.Table, params: Params, texts: Mapping[int, str] | None = None
    ) -> None:
        self._matches = matches
        self._decisions = decisions
        self._params = params
        self._texts = texts

    def __len__(self) -> int:
        return int(self._matches.num_rows)

    def __iter__(self) -> Iterator[Pair]:
        for first in range(0, len(self), ROWS):
            yield from self._pairs(self._matches.slice(first, ROWS))

    @functools.cached_property
    def table(self) -> pa.Table:
        """The rows of the matches, with source, title, date, URL and (in a sample) text of both sides."""
        return self._table(self._matches)

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with one row for each pair.

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
        return f"PairList({len(self):,} pairs)"

    def __str__(self) -> str:
        rows = [
            [
                relation_words(str(pair.relation)),
                f"{pair.score:.2f}",
                *(cut(id, 40) for id in (pair.left, pair.right)),
                " | ".join(cut(head["title"], 40) for head in pair.heads if head["title"]),
            ]
            for pair in self._first()
        ]
        table = text_table(["relation", "score", "left", "right", "titles"], rows)
        return table + (f"\n... and {len(self) - ROWS:,} more" if len(self) > ROWS else "")

    def _repr_html_(self) -> str:
        pairs, more = self._first(), max(0, len(self) - ROWS)
        if self._texts is None:
            return rendered("pairs", pairs=pairs, more=more)
        return rendered("sample", pairs=[(pair, side_by_side(pair)) for pair in pairs], more=more)

    def _first(self) -> list[Pair]:
        return list(self._pairs(self._matches.slice(0, ROWS)))

    def _table(self, matches: pa.Table) -> pa.Table:
        columns = {name: matches[name] for name in matches.column_names}
        for side in SIDES:
            records = matches[f"{side}_record"]
            for name in OF_RECORDS:
                columns[f"{side}_{name}"] = self._decisions[name].take(records)
            if self._texts is not None:
                columns[f"{side}_text"] = pa.array([self._texts[record] for record in records.to_pylist()], pa.string())
        return pa.table(columns)

    def _pairs(self, matches: pa.Table) -> Iterator[Pair]:
        for row in rows_of(self._table(matches)):
            measures = {name: row[name] for name in MEASURES if row[name] is not None}
            code = RELATIONS.index(row["relation"])
            yield Pair(
                *(row["left"], row["right"], row["left_record"], row["right_record"], row["relation"], row["score"]),
                reason=reason(code, measures, Models.of(self._params)),
                measures=measures,
                derived=row["derived"],
                texts=None if self._texts is None else (row["left_text"], row["right_text"]),
                heads=(_head(row, "left"), _head(row, "right")),
            )


def _head(row: Mapping[str, Any], side: str) -> dict[str, Any]:
    return {name: row[f"{side}_{name}"] for name in OF_RECORDS}


def judged_pair(verdict: Verdict, sides: tuple[int, int], decisions: pa.Table, texts: tuple[str, str]) -> Pair:
    """Return two records with the verdict on them, where a is the left one, and their texts."""
    rows = rows_of(decisions.select(["id", *OF_RECORDS]).take(pa.array(sides)))
    ids = rows[0].pop("id"), rows[1].pop("id")
    return Pair(
        *(*ids, *sides, verdict.relation, verdict.score),
        reason=verdict.reason,
        measures=verdict.measures,
        derived=None if verdict.derived is None else ids[verdict.derived == "b"],
        texts=texts,
        heads=(rows[0], rows[1]),
        is_match=verdict.is_match,
    )


def of_relation(matches: pa.Table, relation: str | None) -> pa.Table:
    """Return the matches of a relation, all for None.

    Raises
    ------
    ParamsError
        When there is no such relation.
    """
    if relation is None:
        return matches
    if relation not in RELATIONS:
        raise ParamsError(f"relation {relation!r}", f"one of {', '.join(RELATIONS)}")
    return matches.filter(pc.equal(matches["relation"], relation))


def ordered(matches: pa.Table, by: str, params: Params) -> pa.Table:
    """Return matches in an order of `ORDERS`; ties stay in the order of their ids.

    Raises
    ------
    ParamsError
        When there is no such order.
    """
    if by not in ORDERS:
        raise ParamsError(f"order {by!r}", f"one of {', '.join(ORDERS)}")
    if by == "line":
        keys = distance_to_line(matches, params)
    else:
        keys = np.asarray(matches["score"]) * (-1.0 if by == "highest" else 1.0)
    return matches.take(pa.array(np.argsort(keys, kind="stable")))


def distance_to_line(matches: pa.Table, params: Params) -> npt.NDArray[np.float64]:
    """Return how close the decision on each match was: how far a measure is from the line that decided.

    For near duplicates that is the resemblance, and `Params.threshold`. For others it is the nearest of these: the
    probability of being carried on, and the one from which a text is; the probability of news, and the highest that a
    copy may have; of copies the score, and `Params.score`, if there is one. Infinite where no line decided: for
    identical texts and templates.

    Parameters
    ----------
    matches : pyarrow.Table
    params : Params

    Returns
    -------
    float64 array, shape (n_matches,)
    """
    resemblance, carried, news = (
        np.asarray(pc.fill_null(matches[name], np.nan)) for name in ("resemblance", "carried", "news")
    )
    of_carried = np.abs(carried - CARRIED)
    of_news = np.abs(news - tolerance(np.nan_to_num(carried), params.certainty))
    relation = np.asarray(pc.index_in(matches["relation"], pa.array(RELATIONS)))
    is_copy = (relation > NEAR_DUPLICATE) & (relation < UPDATE) & (params.score > 0)
    of_score = np.where(is_copy, np.abs(np.asarray(matches["score"]) - params.score), np.nan)
    of_others = np.fmin(np.fmin(of_carried, of_news), of_score)
    distance = np.where(relation == NEAR_DUPLICATE, np.abs(resemblance - params.threshold), of_others)
    no_line = (relation == IDENTICAL) | (relation == TEMPLATE)
    return np.asarray(np.where(no_line | np.isnan(distance), np.inf, distance))
