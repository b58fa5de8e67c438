"""Compare the decisions of two runs: which records one keeps and the other does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.run.run_output import RunView

KEPT, DROPPED, REJECTED = "kept", "dropped", "rejected"
"""What became of a record."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a record in one run.

    Parameters
    ----------
    outcome : str
        KEPT, DROPPED or REJECTED.
    relation, duplicate_of : str or None
        Those of a dropped record.
    reason : str
    """

    outcome: str
    relation: str | None
    duplicate_of: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that one run keeps and the other does not.

    Parameters
    ----------
    id, file : str
    row : int
        As in the first run.
    fates : (Fate, Fate)
        In the first run, and in the second.
    """

    id: str
    file: str
    row: int
    fates: tuple[Fate, Fate]


class RunDifferences:
    """The differences between the decisions of two runs.

    Records are the same if they stand in the same row of a file with the same bytes, whatever its name; or in the same
    row of a file of the same name, and have the same id. Of the others those are the same that alone have an id in
    each run.

    Parameters
    ----------
    first, second : RunView

    Attributes
    ----------
    same : (int64 array, int64 array)
        Records of the first run and of the second that are the same, in the order of the first.
    only : (int, int)
        Records of each run that the other does not have.
    """

    def __init__(self, first: RunView, second: RunView) -> None:
        self._runs = (first, second)
        self.same = same_records(first, second)
        self.only = (len(first.decisions) - len(self.same[0]), len(second.decisions) - len(self.same[1]))
        kept = [np.asarray(run.decisions["kept"])[at] for run, at in zip(self._runs, self.same, strict=True)]
        (self._differ,) = np.nonzero(kept[0] != kept[1])
        self._kept_first = kept[0][self._differ]
        (self._never_kept,) = np.nonzero(~kept[0] & ~kept[1])

    def __len__(self) -> int:
        """Return how many records one run keeps and the other does not."""
        return len(self._differ)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Count the records that only the first run keeps, and those that only the second keeps.

        Returns
        -------
        (dict of str to int, dict of str to int)
            By the relation by which the other run drops them, or REJECTED; the most frequent first.
        """
        counted = []
        for other, is_kept in ((1, self._kept_first), (0, ~self._kept_first)):
            at = self.same[other][self._differ[is_kept]]
            relations = pc.fill_null(self._runs[other].decisions["relation"].take(pa.array(at)), REJECTED)
            tally = ((one["values"], one["counts"]) for one in pc.value_counts(relations).to_pylist())
            counted.append(dict(sorted(tally, key=lambda one: (-one[1], one[0]))))
        return counted[0], counted[1]

    def other_reasons(self) -> int:
        """Count the records that both runs drop, but for another record or by another relation."""
        columns = []
        for run, same in zip(self._runs, self.same, strict=True):
            table = run.decisions.select(["duplicate_of", "relation"]).take(pa.array(same[self._never_kept]))
            columns.append([pc.fill_null(column, "") for column in table.columns])
        (of, relation), (other_of, other_relation) = columns
        is_other = pc.or_(pc.not_equal(of, other_of), pc.not_equal(relation, other_relation))
        return int(pc.sum(is_other).as_py() or 0)

    def params(self) -> dict[str, tuple[Any, Any]]:
        """Return the parameters in which the runs differ in effect, with the values of both.

        A keep policy and a floor that were not given are those that the run had by default.
        """
        first, second = (run.params.as_dict() for run in self._runs)
        used = [
            {**given, "keep": run.summary.get("keep"), "floor": run.params.least_resemblance}
            for given, run in zip((first, second), self._runs, strict=True)
        ]
        differ = [name for name in first if first[name] != second[name] and used[0][name] != used[1][name]]
        return {name: (used[0][name], used[1][name]) for name in differ}

    def rows(self, most: int | None = None) -> list[Difference]:
        """Return the records that one run keeps and the other does not, in the order of the first run.

        Parameters
        ----------
        most : int, optional
            Return only this many.
        """
        which = self._differ[:most]
        columns = ["id", "file", "row", "kept", "relation", "duplicate_of", "reason"]
        tables = [
            run.decisions.select(columns).take(pa.array(at[which])).to_pylist()
            for run, at in zip(self._runs, self.same, strict=True)
        ]
        return [
            Difference(one["id"], one["file"], one["row"], (_fate(one), _fate(other)))
            for one, other in zip(*tables, strict=True)
        ]


def same_records(first: RunView, second: RunView) -> tuple[Places, Places]:
    """Return the records of two runs that are the same, as in `RunDifferences`, in the order of the first."""
    runs = first, second
    row = [np.asarray(run.decisions["row"]) for run in runs]
    ids = _codes([run.decisions["id"] for run in runs])
    by_digest = _in_rows(_codes([_digests(run) for run in runs]), row)
    by_name = _in_rows(_codes([run.decisions["file"] for run in runs]), row)
    done: tuple[Places, Places] = np.empty(0, np.int64), np.empty(0, np.int64)
    for keys, same_id in ((by_digest, False), (by_name, True), (ids, False)):
        one, other = _met(keys, done)
        agree = (ids[0][one] == ids[1][other]) | (not same_id)
        done = np.concatenate([done[0], one[agree]]), np.concatenate([done[1], other[agree]])
    order = np.argsort(done[0])
    return done[0][order], done[1][order]


def _met(keys: tuple[Places, Places], done: tuple[Places, Places]) -> tuple[Places, Places]:
    """Return the records that alone have a key in each run, among those that are not done; -1 is no key."""
    kinds = max((int(some.max()) for some in keys if len(some)), default=-1) + 1
    alone = []
    for some, before in zip(keys, done, strict=True):
        is_left = some >= 0
        is_left[before] = False
        (left,) = np.nonzero(is_left)
        place = np.full(kinds, -1)
        place[some[left]] = left
        alone.append(np.where(np.bincount(some[left], minlength=kinds) == 1, place, -1))
    (both,) = np.nonzero((alone[0] >= 0) & (alone[1] >= 0))
    return alone[0][both], alone[1][both]


def _in_rows(files: tuple[Places, Places], rows: list[Places]) -> tuple[Places, Places]:
    """Return numbers of file and row together, from those of both; -1 where there is no file."""
    longest = max((int(row.max()) for row in rows if len(row)), default=0) + 1
    file, row = np.concatenate(files), np.concatenate(rows)
    places = np.where(file < 0, -1, file * longest + row)
    numbers = np.unique(places, return_inverse=True)[1] - int((places < 0).any())
    return numbers[: len(rows[0])], numbers[len(rows[0]) :]


def _codes(columns: list[pa.ChunkedArray]) -> tuple[Places, Places]:
    """Return the values of two columns as numbers, equal for equal values; -1 for null."""
    chunks = [chunk.cast(pa.large_string()) for column in columns for chunk in column.chunks]
    named = pa.chunked_array(chunks, pa.large_string()).combine_chunks().dictionary_encode()
    codes = np.asarray(pc.fill_null(named.indices, -1)).astype(np.int64)
    return codes[: len(columns[0])], codes[len(columns[0]) :]


def _digests(run: RunView) -> pa.ChunkedArray:
    """Return of each record the digest of its file, or what a remote one has in its place.

    Null where it is unknown, or that of several files of the run.
    """
    read = [(one["path"], one.get("digest") or one.get("version")) for one in run.summary.get("files_read", [])]
    known = {path: digest for path, digest in read if digest is not None}  # --limit leaves files unread
    files_with = Counter(known.values())
    digests = {name: digest for name, digest in known.items() if files_with[digest] == 1}
    files = run.decisions["file"].combine_chunks().dictionary_encode()
    of_files = pa.array([digests.get(name) for name in files.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([of_files.take(files.indices)])


def _fate(row: Mapping[str, Any]) -> Fate:
    outcome = KEPT if row["kept"] else DROPPED if row["relation"] is not None else REJECTED
    return Fate(outcome, row["relation"], row["duplicate_of"], row["reason"])
