"""Follow stories through a run: clusters of copies, and the updates that carry them on, in order of time.

A story is a connected set of clusters: each has a kept record and the records dropped for it, and updates link them.
`Stories` groups all records at once, in arrays; objects are made only of the stories that are asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.report.in_words import moment_of
from dedup.schema import MEASURES, NO_DATE, RELATIONS, UPDATE

ROWS_IN_A_FILE = 1 << 40
"""More rows than a file has: file and row of a record become one number."""

_VERSION = (
    *("id", "kept", "duplicate_of", "relation", "score"),
    *("source", "title", "url", "credit", "reason"),
)


class RunTables(Protocol):
    """The two tables of a run, as `dedup.deduplicate` returns them and as its output folder has them."""

    @property
    def decisions(self) -> pa.Table:
        """One row for each record: `dedup.schema.DECISIONS`."""

    @property
    def matches(self) -> pa.Table:
        """One row for each verified pair: `dedup.schema.MATCHES`."""


@dataclass(frozen=True, slots=True)
class Version:
    """A record of a story: one version of its text, and what became of it.

    Parameters
    ----------
    record : int
        Its number in the decisions, from 0.
    id : str
    source, title, url, credit : str or None
    published : datetime or None
        In UTC.
    lag : timedelta or None
        From the first dated version of the story to this one; None without a date.
    kept : bool
    duplicate_of : int or None
        The kept record for which it is dropped; None if it is kept, and if that is a document of an index.
    original : str or None
        The id of that record or document; None if it is kept.
    relation : str or None
        To that one, or to a dropped version of it; None if it is kept.
    score : float or None
    cluster : int
        The kept record of its cluster, itself if it is kept; -1 for a document of an index.
    reason : str
    """

    record: int
    id: str
    source: str | None
    published: datetime | None
    lag: timedelta | None
    title: str | None
    url: str | None
    kept: bool
    duplicate_of: int | None
    original: str | None
    relation: str | None
    score: float | None
    cluster: int
    credit: str | None
    reason: str


_Led = tuple["int | None", str]
"""Record and id of a kept text; a document of an index has no record."""


@dataclass(frozen=True, slots=True)
class Step:
    """An update that carries a story on, from one of its clusters to another: their strongest match.

    Parameters
    ----------
    earlier, later : int or None
        The kept records of both clusters, in the order of the story; None for a document of an index.
    earlier_id, later_id : str
        The ids of those.
    left, right : int or None
        The records that match, as the columns of the matches name them; None for documents of an index.
    score : float
    measures : dict of str to float
        Of that match, where ``left`` and ``right`` are its sides.
    """

    earlier: int | None
    later: int | None
    earlier_id: str
    later_id: str
    left: int | None
    right: int | None
    score: float
    measures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Story:
    """The versions of a story in order of time, and the updates between them.

    Parameters
    ----------
    id : str
        Of its first kept record, as in the column ``story`` of the decisions; ``file:row`` if two stories have this id.
    versions : tuple of Version
        By date; those without one last, in order of the input.
    updates : tuple of Step
        In the order of their later sides.
    n_sources : int
        Distinct sources that published it.
    first : Version
        The first in order of time.
    span : timedelta
        From the first dated version to the last; zero where fewer than two are dated.
    """

    id: str
    versions: tuple[Version, ...]
    updates: tuple[Step, ...]
    n_sources: int
    first: Version
    span: timedelta


class Stories:
    """The stories of a run.

    Parameters
    ----------
    run : RunTables
        A `dedup.Result`, or the output folder of a run.

    Attributes
    ----------
    leader : int64 array, shape (n_records,)
        The kept record of each record's cluster, itself if it is kept; ``n_records`` and more for documents of an
        index, -1 for rejected records.
    number : int64 array, shape (n_records,)
        The story of each record, -1 for rejected ones. Stories are numbered in the order of their first records.
    published : int64 array, shape (n_records,)
        Microseconds since 1970 UTC, or `dedup.schema.NO_DATE`.
    source : int64 array, shape (n_records,)
        Code of each record's source in ``source_names``, -1 where it has none.
    source_names : list of str
    sizes, widths : int64 array, shape (n_stories,)
        Records of each story, and distinct sources among them.
    spans : timedelta64[us] array, shape (n_stories,)
        From the first dated version to the last; zero where fewer than two are dated.
    n_updates : int64 array, shape (n_stories,)
        Steps of each story, as `Story.updates` has them: two clusters that updates link count once.

    Notes
    -----
    Documents of an index link records, but are no versions: a run does not know their texts.
    """

    def __init__(self, run: RunTables) -> None:
        self._decisions, self._matches = run.decisions, run.matches
        n = self._decisions.num_rows
        self.leader, self._index_ids = leaders(self._decisions)
        self.published = _microseconds(self._decisions["published"])
        self.source, self.source_names = codes(self._decisions["source"])
        (self._update_rows,) = np.nonzero(np.asarray(pc.equal(self._matches["relation"], RELATIONS[UPDATE])))
        self._updates = self._matches.select(["left", "right", "left_record", "right_record"]).take(self._update_rows)
        left, right = (self._leaders_of(side) for side in ("left", "right"))
        self._ends = np.stack([left, right])
        root = linked(left, right, n + len(self._index_ids))
        self.number = np.full(n, -1)
        (known,) = np.nonzero(self.leader >= 0)
        roots = root[self.leader[known]]
        of_root = np.full(len(root), -1)
        of_root[roots[::-1]] = known[::-1]  # the first record of each root: what is written last stays
        self._first = known[of_root[roots] == known]
        of_root[root[self.leader[self._first]]] = np.arange(len(self._first))
        self.number[known] = of_root[roots]
        self._update_story = of_root[root[left]]
        order = np.argsort(self._update_story, kind="stable")
        self._update_rows = self._update_rows[order]
        self._update_starts = np.searchsorted(self._update_story[order], np.arange(len(self._first) + 1))
        # All records by story, then by time: those of story i are _members[_starts[i]:_starts[i + 1]].
        self._members = known[np.lexsort((self.published[known], self.number[known]))]
        self.sizes = np.bincount(self.number[known], minlength=len(self._first))
        self._starts = np.concatenate([[0], np.cumsum(self.sizes)])
        self.widths = self._widths()
        self.spans = self._spans()

    def __len__(self) -> int:
        return len(self.sizes)

    def members(self, number: int) -> npt.NDArray[np.int64]:
        """Return the records of a story in order of time, by its number."""
        return self._members[self._starts[number] : self._starts[number + 1]]

    def first_records(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the first record of each of these stories in order of time."""
        firsts: npt.NDArray[np.int64] = self._members[self._starts[numbers]]
        return firsts

    @functools.cached_property
    def ids(self) -> pa.Array:
        """The ids of all stories: those of their first kept records; ``file:row`` where two stories have the same."""
        rows = self._decisions.select(["story", "file", "row"]).take(self._first)
        code, names = codes(rows["story"])
        ambiguous = np.bincount(code, minlength=len(names))[code] > 1
        place = pc.binary_join_element_wise(rows["file"], rows["row"].cast(pa.string()), ":")
        return pc.if_else(ambiguous, place, rows["story"]).combine_chunks()

    def prepare_many(self) -> None:
        """Prepare for many calls of `at`: rows of a table in many pieces cannot be taken quickly."""
        self._decisions = self._decisions.combine_chunks()
        self._matches = self._matches.combine_chunks()
        _ = self.ids

    @functools.cached_property
    def n_updates(self) -> npt.NDArray[np.int64]:
        """The steps of each story: the pairs of its clusters that updates link."""
        lower, upper = np.sort(self._ends, axis=0)
        between = (lower != upper) & (self._update_story >= 0)
        width = self._decisions.num_rows + len(self._index_ids)
        _, one_each = np.unique(lower[between] * width + upper[between], return_index=True)
        return np.bincount(self._update_story[between][one_each], minlength=len(self))

    def of_record(self, record: int) -> str | None:
        """Return the id of the story of a record, by its number from 0; None for a rejected one."""
        number = int(self.number[record])
        return None if number < 0 else self._id(number)

    def story(self, id: str) -> Story:
        """Return a story with its versions and updates.

        Raises
        ------
        KeyError
            When there is no such story.
        """
        number = pc.index(self.ids, id).as_py()
        if number < 0:
            raise KeyError(id)
        return self.at(number)

    def at(self, number: int) -> Story:
        """Return a story by its number."""
        members = self.members(number)
        versions = self._versions(members, self._begin(number))
        return Story(
            id=self._id(number),
            versions=versions,
            updates=self._steps(number, members),
            n_sources=int(self.widths[number]),
            first=versions[0],
            span=self.spans[number].item(),
        )

    def version(self, record: int) -> Version:
        """Return a record as a version of its story; a rejected one, which has no story, without a lag."""
        number = int(self.number[record])
        return self._versions(np.array([record]), self._begin(number))[0]

    def largest(self, n: int) -> list[str]:
        """Return the ids of the stories with most versions, at least two each."""
        return self._best(self.sizes, n)

    def widest(self, n: int) -> list[str]:
        """Return the ids of the stories that most sources published, of at least two versions each."""
        return self._best(self.widths, n)

    def longest(self, n: int) -> list[str]:
        """Return the ids of the stories whose versions are farthest apart in time, of at least two versions each."""
        return self._best(self.spans, n)

    def ranked(self, by: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return the numbers of stories of at least two versions, the highest value first.

        Ties go to the story with more versions, then to the one whose first record comes first.

        Parameters
        ----------
        by : array, shape (n_stories,)
            Such as `sizes`, `widths` or `spans`.
        """
        (several,) = np.nonzero(self.sizes > 1)
        ranks: npt.NDArray[np.int64] = several[np.lexsort((-self.sizes[several], -by[several].astype(np.int64)))]
        return ranks

    def _id(self, number: int) -> str:
        """Return the id of one story, without those of all others unless they are known."""
        if "ids" in self.__dict__:
            return str(self.ids[number])
        row = self._decisions.select(["story", "file", "row"]).slice(int(self._first[number]), 1).to_pylist()[0]
        of_this_id = np.asarray(pc.fill_null(pc.equal(self._decisions["story"], row["story"]), False))
        is_ambiguous = (self.number[of_this_id] != number).any()
        return f"{row['file']}:{row['row']}" if is_ambiguous else str(row["story"])

    def _best(self, by: npt.NDArray[Any], n: int) -> list[str]:
        ids: list[str] = self.ids.take(self.ranked(by)[:n]).to_pylist()
        return ids

    def _leaders_of(self, side: str) -> npt.NDArray[np.int64]:
        """Return the leader of one side of each update; a document of an index leads itself."""
        record = np.asarray(pc.fill_null(self._updates[f"{side}_record"], -1))
        (foreign,) = np.nonzero(record < 0)
        leader: npt.NDArray[np.int64] = self.leader[record]
        if len(foreign):
            known = {id: place for place, id in enumerate(self._index_ids)}
            ids = self._updates[side].take(foreign).to_pylist()
            places = [known.setdefault(id, len(known)) for id in ids]
            self._index_ids = list(known)
            leader[foreign] = self._decisions.num_rows + np.array(places)
        return leader

    def _widths(self) -> npt.NDArray[np.int64]:
        known = self._members[self.source[self._members] >= 0]
        pairs = np.sort(self.number[known] * len(self.source_names) + self.source[known])
        distinct = pairs[np.diff(pairs, prepend=-1) > 0]
        widths: npt.NDArray[np.int64] = np.bincount(distinct // max(1, len(self.source_names)), minlength=len(self))
        return widths

    def _spans(self) -> npt.NDArray[np.timedelta64]:
        dates = self.published[self._members]
        dated = dates != NO_DATE
        counts = np.bincount(self.number[self._members[dated]], minlength=len(self))
        first = self._starts[:-1]  # dated ones come first
        last = first + np.maximum(counts, 1) - 1
        spans = np.where(counts > 1, dates[last] - dates[first], 0) if len(self) else np.zeros(0, np.int64)
        return spans.astype("timedelta64[us]")

    def _begin(self, number: int) -> int:
        """Return the date of the first version of a story, in microseconds since 1970."""
        return NO_DATE if number < 0 else int(self.published[self.members(number)[0]])

    def _versions(self, members: npt.NDArray[np.int64], begin: int) -> tuple[Version, ...]:
        n = self._decisions.num_rows
        rows = self._decisions.select(_VERSION).take(members).to_pylist()
        dates = self.published[members].tolist()
        versions = []
        for record, date, row in zip(members.tolist(), dates, rows, strict=True):
            leader = int(self.leader[record])
            original = row.pop("duplicate_of")
            versions.append(
                Version(
                    record=record,
                    published=moment_of(date),
                    lag=None if NO_DATE in (date, begin) else timedelta(microseconds=date - begin),
                    duplicate_of=None if row["kept"] or leader >= n else leader,
                    original=original,
                    cluster=leader if leader < n else -1,
                    **row,
                )
            )
        return tuple(versions)

    def _steps(self, number: int, members: npt.NDArray[np.int64]) -> tuple[Step, ...]:
        """Return the best update between each two clusters of a story."""
        begin, end = self._update_starts[number : number + 2]
        rows = self._matches.take(self._update_rows[begin:end]).to_pylist() if begin < end else []
        place = {record: at for at, record in enumerate(members.tolist())}
        best: dict[tuple[_Led, _Led], Mapping[str, Any]] = {}
        for row in sorted(rows, key=lambda row: (-row["score"], row["left"], row["right"])):
            leaders = (self._led_by(row[f"{side}_record"], row[side]) for side in ("left", "right"))
            earlier, later = sorted(leaders, key=lambda leader: (place.get(leader[0], -1), leader[1]))
            if earlier != later:  # an update between two copies of one text is no step
                best.setdefault((earlier, later), row)
        steps = (
            Step(
                *(earlier[0], later[0], earlier[1], later[1]),
                *(row["left_record"], row["right_record"], row["score"]),
                {name: row[name] for name in MEASURES if row[name] is not None},
            )
            for (earlier, later), row in best.items()
        )
        return tuple(sorted(steps, key=lambda step: (place.get(step.later, -1), place.get(step.earlier, -1))))

    def _led_by(self, record: int | None, id: str) -> _Led:
        """Return record and id of the kept one of a record's cluster; of a document of an index, None and its id."""
        if record is None:
            return None, id
        n, leader = self._decisions.num_rows, int(self.leader[record])
        if leader >= n:
            return None, self._index_ids[leader - n]
        return leader, str(self._decisions["id"][leader])


def leaders(decisions: pa.Table) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the kept record of each record's cluster, by its number, and the ids of documents of an index.

    Parameters
    ----------
    decisions : pyarrow.Table

    Returns
    -------
    leader : int64 array, shape (n_records,)
        Itself for a kept record, ``n_records + i`` for the ``i``-th of ``index_ids``, -1 for a rejected record.
    index_ids : list of str
        The documents of an index for which records are dropped.
    """
    n = decisions.num_rows
    leader = np.where(np.asarray(decisions["kept"]), np.arange(n), -1)
    (dropped,) = np.nonzero(np.asarray(pc.is_valid(decisions["duplicate_of"])))
    copies = decisions.select(["duplicate_of", "duplicate_of_file", "duplicate_of_row"]).take(dropped)
    is_here = np.asarray(pc.is_valid(copies["duplicate_of_file"]))
    files, names = codes(decisions["file"])
    places = files * ROWS_IN_A_FILE + np.asarray(decisions["row"])
    order = np.argsort(places, kind="stable")
    here = copies.filter(is_here)
    code = np.asarray(pc.index_in(here["duplicate_of_file"], pa.array(names, pa.string()))).astype(np.int64)
    wanted = code * ROWS_IN_A_FILE + np.asarray(here["duplicate_of_row"])
    leader[dropped[is_here]] = order[np.searchsorted(places, wanted, sorter=order)]
    in_index, index_ids = codes(copies["duplicate_of"].filter(~is_here))
    leader[dropped[~is_here]] = n + in_index
    return leader, index_ids


def linked(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Return the first member of each member's connected set.

    Parameters
    ----------
    left, right : int64 array, shape (n_pairs,)
    n : int
        Members, from 0.

    Returns
    -------
    int64 array, shape (n,)

    Notes
    -----
    Each round at least halves the sets that are still to be joined. `dedup.kernels.leader_clusters.connect` does the
    same, but to load one kernel takes 0.4 s of processor time, and nothing else here needs any.
    """
    root = np.arange(n)
    while (root[left] != root[right]).any():
        lower = np.minimum(root[left], root[right])
        np.minimum.at(root, root[left], lower)
        np.minimum.at(root, root[right], lower)
        while (root[root] != root).any():
            root = root[root]
    return root


def codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return a column of strings as numbers, in the order in which they occur first, and the strings; null is -1."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    numbers = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
    return numbers, encoded.dictionary.to_pylist()


def _microseconds(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), NO_DATE))
