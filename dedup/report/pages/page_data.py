"""Hold what the pages of a report are made from: the tables of a run as arrays, its stories, and its texts."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.errors import InputError
from dedup.report.in_words import cut
from dedup.report.pages.page_text import web_address
from dedup.report.stories import Stories
from dedup.run.run_output import RunView
from dedup.schema import RELATIONS

TITLE = 160
"""Characters of a title that are shown."""

TEXTS_AT_ONCE = 20_000
"""Texts that are read together, and so are in memory together."""

HEAD = 90
"""Characters of the beginning of a text that stand for a missing title."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a run, each in one piece: of a table in many, a few rows cannot be taken quickly."""

    decisions: pa.Table
    matches: pa.Table


class PageData:
    """The tables, the stories and the texts of a run.

    Parameters
    ----------
    run : RunView

    Attributes
    ----------
    run : RunView
    tables : Tables
    stories : Stories
    n : int
        Number of records.
    kept : bool array, shape (n,)
    relation : int64 array, shape (n,)
        Code of the relation by which each record is dropped, -1 where it has none.
    match_relation : int64 array, shape (n_matches,)
    left, right : int64 array, shape (n_matches,)
        Records of each match, -1 for documents of an index.
    texts_problem : str or None
        Why texts cannot be read, once that is known.
    """

    def __init__(self, run: RunView) -> None:
        self.run = run
        self.tables = Tables(run.decisions.combine_chunks(), run.matches.combine_chunks())
        self.stories = Stories(self.tables)
        decisions, matches = self.tables.decisions, self.tables.matches
        self.n = decisions.num_rows
        self.kept = np.asarray(decisions["kept"])
        self.relation = _codes(decisions["relation"])
        self.match_relation = _codes(matches["relation"])
        self.left, self.right = (np.asarray(pc.fill_null(matches[f"{side}_record"], -1)) for side in ("left", "right"))
        self.texts_problem: str | None = None
        self._heads: dict[int, str] = {}

    def measure(self, name: str) -> npt.NDArray[np.float64]:
        """Return a measure of all matches, NaN where it was not taken."""
        return np.asarray(self.tables.matches[name].to_numpy(zero_copy_only=False), np.float64)

    @functools.cached_property
    def _rows_by_record(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The rows of the matches by record, and where those of each record begin."""
        records = np.concatenate([self.left, self.right])
        order = np.argsort(records, kind="stable")
        return order % max(1, len(self.left)), np.searchsorted(records[order], np.arange(self.n + 1))

    def matches_of(self, record: int) -> npt.NDArray[np.int64]:
        """Return the rows of the matches of a record."""
        rows, starts = self._rows_by_record
        return rows[starts[record] : starts[record + 1]]

    def other_of(self, row: int, record: int) -> int:
        """Return the other record of a match, -1 for a document of an index."""
        return int(self.right[row] if self.left[row] == record else self.left[row])

    def match_of(self, one: int, other: int) -> int | None:
        """Return the row of the match of two records."""
        for row in self.matches_of(one).tolist():
            if self.other_of(row, one) == other:
                return int(row)
        return None

    def match_with(self, record: int, leader: int, relation: int, by_time: bool = False) -> int | None:
        """Return the row of a record's match of a relation with a kept record or with a version of its cluster.

        Parameters
        ----------
        record, leader, relation : int
            The relation by its code.
        by_time : bool
            Prefer the earliest version of the cluster to the kept record.
        """
        found: dict[int, int] = {}
        for row in self.matches_of(record).tolist():
            other = self.other_of(row, record)
            if other >= 0 and self.match_relation[row] == relation and self.stories.leader[other] == leader:
                found[other] = int(row)
        if not found:
            return None
        if by_time:
            return found[min(found, key=lambda other: self.stories.published[other])]
        return found.get(leader, next(iter(found.values())))

    def plain_texts(self, records: Iterable[int]) -> dict[int, str]:
        """Read texts; where that is not possible none, and from then on `texts_problem` says why."""
        if self.texts_problem is None:
            try:
                return self.run.plain_texts(records)
            except (InputError, OSError) as error:
                self.texts_problem = str(error)
        return {}

    def untitled(self, records: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return those of some records that have no title, each once and in order."""
        lengths = pc.utf8_length(pc.fill_null(self._column("title", records), ""))
        return np.unique(records[np.asarray(lengths) == 0])

    def remember_heads(self, records: Iterable[int]) -> None:
        """Read how texts begin, for `titles` of records without one."""
        self._heads.update((record, cut(text, HEAD)) for record, text in self.plain_texts(records).items())

    def titles(self, records: Sequence[int] | npt.NDArray[np.int64]) -> list[str]:
        """Return the titles of records; without one how the text begins, and without a text the id."""
        columns = (self._column(name, records).to_pylist() for name in ("title", "id"))
        return [
            cut(title, TITLE) or self._heads.get(int(record), "") or cut(id, TITLE) or "untitled"
            for record, title, id in zip(records, *columns, strict=True)
        ]

    def urls(self, records: Sequence[int]) -> list[str | None]:
        """Return the web addresses of records."""
        return [web_address(url) for url in self._column("url", records).to_pylist()]

    def values(self, name: str, records: Sequence[int] | npt.NDArray[np.int64]) -> list[object]:
        """Return a column of the decisions for some records."""
        values: list[object] = self._column(name, records).to_pylist()
        return values

    def _column(self, name: str, records: Sequence[int] | npt.NDArray[np.int64]) -> pa.ChunkedArray:
        return self.tables.decisions[name].take(pa.array(np.asarray(records, np.int64)))


def batches(sizes: Sequence[int], most: int) -> Iterator[slice]:
    """Yield slices of what is to be done, each of about so many in all.

    Examples
    --------
    >>> list(batches([3, 4, 5, 9, 1], 8))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None), slice(4, 5, None)]
    """
    start = total = 0
    for at, size in enumerate(sizes):
        if total and total + size > most:
            yield slice(start, at)
            start, total = at, 0
        total += size
    if start < len(sizes):
        yield slice(start, len(sizes))


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    found = pc.index_in(column, pa.array(RELATIONS, pa.string()))
    return np.asarray(pc.fill_null(found, -1)).astype(np.int64)
