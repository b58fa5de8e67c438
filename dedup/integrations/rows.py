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
from dedup.index.answers import written
from dedup.io import Fields
from dedup.io.columns import Columns, choose_columns
from dedup.io.encoding import readable
from dedup.io.inferred import as_strings
from dedup.io.tabular import arrow_batch, choose_arrow_columns, slices
from dedup.pipeline import deduplicate

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
    chosen = choose_columns(fields, [name for name in names if isinstance(name, str)], NAME)
    wanted = dict.fromkeys((chosen.text, chosen.id, chosen.date, chosen.source))
    table = pa.table({name: column(name, name == chosen.text) for name in wanted if name is not None})
    if against is not None:
        if not isinstance(against, Index):
            found = f"against of type {type(against).__name__}"
            raise ParamsError(found, "an open index", "dedup.Index.open() opens one; index= takes a path, for a run")
        if options:
            raise ParamsError(f"{', '.join(sorted(options))} together with an index", "what the index was made with")
        return _compared(table, chosen, against)
    if not len(table):
        return Decided(chosen.id, np.empty(0, bool), np.empty(0, np.int64), None, None, [], [])
    result = deduplicate(
        table,
        id_field=chosen.id,
        text_field=chosen.text,
        date_field=chosen.date,
        source_field=chosen.source,
        **options,
    )
    decisions = result.decisions
    relation, score = decisions["relation"].to_pylist(), decisions["score"].to_pylist()
    leader = result.leader
    return Decided(chosen.id, leader == np.arange(len(leader)), leader, None, None, relation, score)


def _compared(table: pa.Table, chosen: Columns, index: Index) -> Decided:
    """Compare rows with those before them, in the index and in the table, and add them."""
    if chosen.id is None:
        raise ColumnError(f"the {NAME} has no ids", "a column of ids, for the index", "name it with id_field")
    if table[chosen.id].null_count:
        raise InputError(f"no id in {table[chosen.id].null_count:,} rows", "one in each row, for the index")
    records: list[dict[str, Any]] = []
    places: list[int] = []
    columns = choose_arrow_columns(Fields(chosen.id, chosen.text, chosen.date, chosen.source), table.schema, NAME)
    for rows in slices(table):
        batch = arrow_batch(NAME, len(records), rows, columns)
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
    return Decided(chosen.id, kept, None, duplicate_of, cluster, relation, score)


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
