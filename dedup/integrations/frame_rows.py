"""Rows of a frame decided: what pandas and Polars have in common. All goes by the place of a row, not by its id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.errors import ColumnError, InputError, ParamsError
from dedup.index import Index
from dedup.index.match import written
from dedup.io import Fields
from dedup.io.bytes.surrogates import readable
from dedup.io.fields.field_tree import FieldTree
from dedup.io.fields.roles import ID, TEXT
from dedup.io.formats.arrow_columns import arrow_batch, find_columns, slices
from dedup.io.formats.dict_tables import as_strings
from dedup.run.pipeline import deduplicate

TAGS = ("kept", "duplicate_of", "relation", "score", "cluster")
"""Columns that are added, by the names and meanings they have in the decisions of a run."""

NAME = "frame"


@dataclass(frozen=True, slots=True)
class Decided:
    """What becomes of each row, in arrays and lists of length n_rows.

    Parameters
    ----------
    id : str or None
        The column of ids.
    kept : bool array
    leader : int64 array or None
        The row that is kept in the place of each: its own if it is kept. None where rows were compared with an index.
    duplicate_of, cluster : list of str or None
        The same by ids of the index, None where there is a ``leader``.
    relation : list of str or None
    score : list of float or None
    """

    id: str | None
    kept: npt.NDArray[np.bool_]
    leader: npt.NDArray[np.int64] | None
    duplicate_of: list[str | None] | None
    cluster: list[str | None] | None
    relation: list[str | None]
    score: list[float | None]


def decided(
    names: Iterable[Any],
    column: Callable[[str, bool], pa.Array | pa.ChunkedArray],
    fields: Fields,
    against: Index | None,
    options: dict[str, Any],
) -> Decided:
    """Decide on the rows of a frame.

    Parameters
    ----------
    names : iterable
        Of the columns; those that are no strings are passed over.
    column : callable
        Returns a column as Arrow has it, by name, and whether it is to hold texts.
    fields : Fields
    against : Index or None
        Compare the rows with an index, and add them to it.
    options : dict
        For `dedup.deduplicate`.

    Raises
    ------
    DedupError
    """
    tree = FieldTree(fields)
    there = [name for name in names if isinstance(name, str)]
    table = _table(tree, there, column)
    find_columns(tree, table.schema if table.num_columns else pa.schema([(name, pa.null()) for name in there]), NAME)
    id = _best(tree, there, ID)
    if against is not None:
        if not isinstance(against, Index):
            found = f"against of type {type(against).__name__}"
            raise ParamsError(found, "an open index", "dedup.Index.open() opens one; index= takes a path, for a run")
        if options:
            raise ParamsError(f"{', '.join(sorted(options))} together with an index", "what the index was made with")
        return _compared(table, tree, id, against)
    if not len(table):
        return Decided(id, np.empty(0, bool), np.empty(0, np.int64), None, None, [], [])
    result = deduplicate(
        table,
        id_field=fields.id,
        text_field=fields.text,
        date_field=fields.date,
        source_field=fields.source,
        date_format=fields.date_format,
        **options,
    )
    decisions = result.decisions
    relation, score = decisions["relation"].to_pylist(), decisions["score"].to_pylist()
    leader = result.leader
    return Decided(id, leader == np.arange(len(leader)), leader, None, None, relation, score)


def _table(tree: FieldTree, names: Sequence[str], column: Callable[[str, bool], Any]) -> pa.Table:
    """Return the columns that may be looked at; a text that only stands in for another need not be one."""
    best = _best(tree, names, TEXT)
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(names):
        met = tree.child(tree.nodes[0], name)
        if met is None:
            continue
        is_text = any(tree.roles[role].name == "text" for role, *_ in met[0].uses)
        try:
            columns[name] = column(name, is_text)
        except ColumnError:
            if name == best or best is None or not is_text:
                raise
    return pa.table(columns)


def _best(tree: FieldTree, names: Sequence[str], role: int) -> str | None:
    """Return the column that a role is read from before all others, None where it is a field within one."""
    places = tree.match({name: place for place, name in reversed([*enumerate(names)])})[role]
    return names[places[0][1]] if places else None


def _compared(table: pa.Table, tree: FieldTree, id: str | None, index: Index) -> Decided:
    """Compare rows with those before them, in the index and in the table, and add them."""
    records: list[dict[str, Any]] = []
    places: list[int] = []
    batches = [arrow_batch(NAME, 0, rows, tree) for rows in slices(table)]
    with_id = sum(sum(batch.fields.used.get("id", {}).values()) for batch in batches)
    if len(table) and not any(batch.fields.has("id") for batch in batches):
        raise ColumnError(f"the {NAME} has no ids", "a column of ids, for the index", "name it with id_field")
    if with_id < len(table):
        raise InputError(f"no id in {len(table) - with_id:,} rows", "one in each row, for the index")
    for batch in batches:
        sides = batch.id.to_pylist(), batch.text.to_pylist(), batch.published.tolist(), batch.source.to_pylist()
        for id, text, published, source in zip(*sides, strict=True):
            text = None if text is None else readable(text)
            records.append({"id": id, "text": text, "published": written(published), "source": source})
    places = [place for place, record in enumerate(records) if record["text"]]
    answers = index.add_many([records[place] for place in places])
    duplicate_of: list[str | None] = [None] * len(records)
    relation: list[str | None] = [None] * len(records)
    score: list[float | None] = [None] * len(records)
    for place, answer in zip(places, answers, strict=True):
        duplicate_of[place], relation[place], score[place] = answer.duplicate_of, answer.relation, answer.score
    kept = np.array([id is None for id in duplicate_of], bool)
    cluster = [of or record["id"] for of, record in zip(duplicate_of, records, strict=True)]
    return Decided(id, kept, None, duplicate_of, cluster, relation, score)


def mixed(name: str, values: Sequence[Any], is_text: bool) -> pa.Array:
    """Return the values of a column that Arrow has no type for: strings as they are, others as JSON; None is null.

    Raises
    ------
    ColumnError
        When it is to hold texts, and does not.
    """
    if is_text:
        others = {type(value).__name__ for value in values if value is not None and not isinstance(value, str)}
        if others:
            raise ColumnError(f"{NAME}: column {name!r} holds {', '.join(sorted(others))}", "strings")
    return as_strings(list(values))


def tag_names(present: Iterable[Any], prefix: str) -> list[str]:
    """Return the names of the columns to be added.

    Raises
    ------
    InputError
        When there is one of that name.
    """
    names = [prefix + name for name in TAGS]
    taken = [name for name in names if name in set(present)]
    if taken:
        raise InputError(f"the {NAME} has a column {taken[0]!r} already", hint='choose a prefix, as in prefix="dedup_"')
    return names
