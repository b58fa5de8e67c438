"""Choose the fields of many records at once: a column of values for each role.

Records with the same keys, such as those of one producer, need not be walked one by one: their values form columns, and
mostly the best column has a value for every record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dedup.io.fields.field_counts import FieldCounts, add_to, is_filled
from dedup.io.fields.field_tree import MISSING_RANK, FieldTree, FieldValue, RankedValues

FEW_TO_A_GROUP = 4
"""Fewest records of the same keys that are worth reading as columns."""


@dataclass
class RoleColumn:
    """The values of records for a role.

    Parameters
    ----------
    values : list
        By record; None where there is nothing, or nothing that can be used.
    ranks : list of int
        Of the fields they are from; `MISSING_RANK` where nothing can be used, or it is blank.
    refused : dict of int to FieldValue
        By position what is there where nothing can be used.
    """

    values: list[Any]
    ranks: list[int]
    refused: dict[int, FieldValue] = field(default_factory=dict)

    @staticmethod
    def empty(size: int) -> RoleColumn:
        """Return a column without values."""
        return RoleColumn([None] * size, [MISSING_RANK] * size)

    def put(self, position: int, chosen: FieldValue) -> None:
        """Store the value that was chosen for a record."""
        if chosen.rank == MISSING_RANK and chosen.value is not None and not isinstance(chosen.value, str):
            self.refused[position] = chosen
        else:
            self.values[position], self.ranks[position] = chosen.value, chosen.rank


class RoleColumns:
    """Reads the fields of records, and counts them.

    Parameters
    ----------
    tree : FieldTree
    size : int
        How many records there are.
    """

    def __init__(self, tree: FieldTree, size: int) -> None:
        self._tree = tree
        self.by_role = [RoleColumn.empty(size) for _ in tree.roles]
        self.counts = FieldCounts()

    @staticmethod
    def of_records(tree: FieldTree, records: Mapping[int, Mapping[Any, Any]], size: int) -> RoleColumns:
        """Read records by their positions; other positions stay empty."""
        made = RoleColumns(tree, size)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for position, record in records.items():
            groups.setdefault(tuple(record), []).append(position)
        for keys, positions in groups.items():
            group = [records[position] for position in positions]
            columns = made._side_by_side(keys, group) if len(positions) >= FEW_TO_A_GROUP else None
            if columns is None:
                made._add_found(positions, [tree.match(record) for record in group])
            else:
                made.add(positions, columns)
        made._count_used()
        return made

    @staticmethod
    def of_cells(tree: FieldTree, places: RankedValues, rows: Mapping[int, Sequence[str]], size: int) -> RoleColumns:
        """Read rows of cells by their positions, for each role from the same cells of every row."""
        made = RoleColumns(tree, size)
        cells = list(rows.values())
        columns = [[(rank, [row[place] for row in cells]) for rank, place in ranked] for ranked in places]
        made.add(list(rows), columns)
        made._count_used()
        return made

    def add(self, positions: Sequence[int], columns: Sequence[Sequence[tuple[int, list[Any]]]]) -> None:
        """Choose values from the columns of each role, which come with their ranks, the best first."""
        for role, ranked in enumerate(columns):
            name, names = self._tree.roles[role].name, self._tree.names[role]
            are_texts = [_is_text_everywhere(values) for _, values in ranked]
            for (rank, values), is_text in zip(ranked, are_texts, strict=True):
                add_to(self.counts.present, name, names[rank], len(values))
                filled = len(values) if is_text else sum(map(is_filled, values))
                add_to(self.counts.filled, name, names[rank], filled)
            if ranked:
                self._choose(role, positions, ranked, are_texts[0])

    def _choose(
        self, role: int, positions: Sequence[int], columns: Sequence[tuple[int, list[Any]]], is_best_text: bool
    ) -> None:
        column = self.by_role[role]
        rank, best = columns[0]
        if is_best_text:
            if len(positions) == len(column.values):
                column.values, column.ranks = best, [rank] * len(best)
                return
            for position, value in zip(positions, best, strict=True):
                column.values[position], column.ranks[position] = value, rank
            return
        for at, position in enumerate(positions):
            value = best[at]
            if value.__class__ is str and value[:1] > " ":
                column.values[position], column.ranks[position] = value, rank
            elif value is not None or len(columns) > 1:
                column.put(position, self._tree.choose(role, [(rank, values[at]) for rank, values in columns]))

    def _side_by_side(
        self, keys: tuple[Any, ...], records: Sequence[Mapping[Any, Any]]
    ) -> list[list[tuple[int, list[Any]]]] | None:
        """Return the values of records with the same keys as columns; None if objects in them must be walked."""
        columns: list[list[tuple[int, list[Any]]]] = [[] for _ in self._tree.roles]
        for key in keys:
            met = self._tree.child(self._tree.nodes[0], key)
            if met is None:
                continue
            values = [record[key] for record in records]
            if met[0].children and any(isinstance(value, (Mapping, list, tuple)) for value in values):
                return None
            for role, rank in met[0].ranks(met[1]):
                columns[role].append((rank, values))
        for ranked in columns:
            ranked.sort(key=lambda column: column[0])
        return columns

    def _add_found(self, positions: Iterable[int], found: Sequence[RankedValues]) -> None:
        for role, column in enumerate(self.by_role):
            names = self._tree.names[role]
            present, filled = Counter[int](), Counter[int]()
            for position, ranked in zip(positions, found, strict=True):
                if ranked[role]:
                    present.update(rank for rank, _ in ranked[role])
                    filled.update(rank for rank, value in ranked[role] if is_filled(value))
                    column.put(position, self._tree.choose(role, ranked[role]))
            for counts, ranks in ((self.counts.present, present), (self.counts.filled, filled)):
                for rank, count in ranks.items():
                    add_to(counts, self._tree.roles[role].name, names[rank], count)

    def _count_used(self) -> None:
        for role, column in enumerate(self.by_role):
            for rank, count in Counter(column.ranks).items():
                if rank != MISSING_RANK:
                    add_to(self.counts.used, self._tree.roles[role].name, self._tree.names[role][rank], count)


def _is_text_everywhere(values: list[Any]) -> bool:
    """Return whether all values are strings that begin with a character other than a blank."""
    return set(map(type, values)) == {str} and min(values)[:1] > " "
