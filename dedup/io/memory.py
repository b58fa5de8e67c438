"""Sources that are in memory already: Arrow tables and DataFrames, and iterables of dicts or strings."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.io.assembly import assemble, kind, without_long_texts
from dedup.io.charset import UTF_8
from dedup.io.columns import SAMPLE_RECORDS, Columns, choose_columns
from dedup.io.doubts import examined, notes
from dedup.io.inferred import json_bytes, table_of_dicts
from dedup.io.source import BATCH_BYTES, BATCH_RECORDS, LONGEST, Batch, Fields, Piece, Rejection
from dedup.io.tabular import arrow_batch, choose_arrow_columns, filtered, slices
from dedup.io.tally import Tally

if TYPE_CHECKING:
    import numpy.typing as npt


class _InMemory:
    """What sources in memory have in common."""

    name: str
    inputs: Sequence[Path] = ()
    can_resume = False
    total_bytes: int | None = None

    @property
    def unpacked_bytes(self) -> int | None:
        """Bytes of the table, None of an iterable."""
        return self.total_bytes

    def __init__(self, strict: bool) -> None:
        self._strict = strict
        self._tally = Tally()

    @property
    def notes(self) -> list[str]:
        """What is wrong with its texts; all of it is read."""
        return notes([(self.name, self._tally.charset, self._tally.doubts)])

    @property
    def settings(self) -> dict[str, Any]:
        """Nothing that another process would have to know."""
        return {}

    def accept(self, batch: Batch) -> None:
        """Count a batch; errors as in ``Source``."""
        self._tally.add(batch, self._strict)

    def finish(self) -> None:
        """Refuse an input without a usable record."""
        self._tally.close(self.name)

    def state(self) -> dict[str, Any]:
        """Return nothing: no other process can go on."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Refuse: what was in the memory of another process is gone."""
        raise InputError(f"{self.name} in memory cannot be resumed", "files", "run without --resume")


class TableSource(_InMemory):
    """An Arrow table.

    Parameters
    ----------
    table : pa.Table
        Shared, not copied.
    fields : Fields
        What the caller asked for.
    strict : bool
        Refuse the first rejected record.
    longest : int
        Bytes of the longest text.
    """

    name = "table"

    def __init__(self, table: pa.Table, fields: Fields, strict: bool = False, longest: int = LONGEST) -> None:
        super().__init__(strict)
        self._longest = longest
        self._table = table
        self._columns = choose_arrow_columns(fields, table.schema, self.name)
        self.has_dates = self._columns.date is not None
        self.total_bytes = int(table.nbytes)
        self.bytes_read = 0

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Yield the table in pieces; a row is a record number."""
        if not self._table.num_rows:
            raise InputError("no records in the table")
        self.bytes_read = 0
        self._tally = Tally()
        return itertools.islice(_examined(self._pieces()), skip, None)

    def write_kept(self, kept: npt.NDArray[np.bool_], directory: Path) -> list[str]:
        """Write the kept records to ``kept.parquet``."""
        import pyarrow.parquet as pq

        with open(directory / "kept.parquet", "wb") as file:
            pq.write_table(self.kept_table(kept), file, compression="zstd")
        return ["kept.parquet"]

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept rows of the table."""
        position = 0
        batches = []
        for records in slices(self._table):
            batches.append(filtered(records, kept[position : position + records.num_rows]))
            position += records.num_rows
        return pa.Table.from_batches(batches, self._table.schema)

    def _pieces(self) -> Iterator[Piece]:
        row = 1
        for records in slices(self._table):
            yield partial(arrow_batch, self.name, row, records, self._columns, self._longest)
            row += records.num_rows
            self.bytes_read = self.total_bytes * (row - 1) // self._table.num_rows


class RecordSource(_InMemory):
    """An iterable of dicts, or of strings that are texts; read once, its items kept.

    Parameters
    ----------
    records : iterable of dict or str
        Of a list or tuple the items are shared, not copied.
    fields : Fields
        What the caller asked for; guessed from the first dicts.
    strict : bool
        Refuse the first rejected record.
    longest : int
        Bytes of the longest text.
    """

    name = "records"
    total_bytes = None
    bytes_read = 0

    def __init__(self, records: Iterable[Any], fields: Fields, strict: bool = False, longest: int = LONGEST) -> None:
        super().__init__(strict)
        self._longest = longest
        self._incoming = iter(records)
        self._records: list[Any] = []
        self._fields = fields
        self.has_dates = False

    def pieces(self, skip: int = 0, ahead: bool = False) -> Iterator[Piece]:
        """Yield the records in pieces; a row is a record number, and the id of a string."""
        return itertools.islice(_examined(self._pieces()), skip, None)

    def finish(self) -> None:
        """Refuse an input without a usable record."""
        super().finish()
        if not self._records:
            raise InputError("no records: the iterable is empty", "dicts or strings")

    def write_kept(self, kept: npt.NDArray[np.bool_], directory: Path) -> list[str]:
        """Write the kept records to ``kept.jsonl``, a string as an object of ``id`` and ``text``."""
        with open(directory / "kept.jsonl", "wb") as output:
            for record in self._kept(kept):
                output.write(json_bytes(record) + b"\n")
        return ["kept.jsonl"]

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records with every key that any of them has."""
        return table_of_dicts(list(self._kept(kept)))

    def _kept(self, kept: npt.NDArray[np.bool_]) -> Iterator[Mapping[str, Any]]:
        for number, (record, keep) in enumerate(zip(self._records, kept.tolist(), strict=True), 1):
            if keep:
                yield {"id": str(number), "text": str(record)} if isinstance(record, str) else record

    def _pieces(self) -> Iterator[Piece]:
        columns = self._choose()
        done = 0
        for batch in self._cut():
            yield partial(_batch, self.name, batch, done, columns, self._longest)
            done += len(batch)

    def _choose(self) -> Columns | None:
        beginning = list(itertools.islice(self._incoming, SAMPLE_RECORDS))
        self._incoming = itertools.chain(beginning, self._incoming)
        keys = dict.fromkeys(key for record in beginning if isinstance(record, Mapping) for key in record)
        if not keys:
            return None
        columns = choose_columns(self._fields, [key for key in keys if isinstance(key, str)], self.name)
        self.has_dates = columns.date is not None
        return columns

    def _cut(self) -> Iterator[list[Any]]:
        """Cut the iterable into batches, remembering every item."""
        batch: list[Any] = []
        size = 0
        for record in self._incoming:
            self._records.append(record)
            batch.append(record)
            texts = record.values() if isinstance(record, Mapping) else (record,)
            size += sum(len(value) for value in texts if isinstance(value, str))
            if len(batch) >= BATCH_RECORDS or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch


def _examined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    return (partial(examined, piece, UTF_8) for piece in pieces)


def _batch(file: str, records: list[Any], done: int, columns: Columns | None, longest: int) -> Batch:
    rejected: dict[int, Rejection] = {}
    for position, record in enumerate(records):
        if not isinstance(record, (Mapping, str)):
            rejected[position] = Rejection.of(f"{kind(record)}, expected a dict or a string", json_bytes(record))

    def values(name: str | None) -> list[Any] | None:
        if name is None:
            return None
        return [record.get(name) if isinstance(record, Mapping) else None for record in records]

    row = np.arange(done + 1, done + 1 + len(records), dtype=np.int64)
    chosen = columns or Columns("text")
    fields = zip(records, values(chosen.text) or [], strict=True)
    text = [record if isinstance(record, str) else value for record, value in fields]
    ids = values(chosen.id) or [None] * len(records)
    ids = [str(done + 1 + at) if isinstance(records[at], str) else value for at, value in enumerate(ids)]
    sides = ids, values(chosen.date), values(chosen.source)
    batch = assemble(file, row, text, *sides, rejected, lambda position: json_bytes(records[position]))
    return replace(without_long_texts(batch, longest), numbered=any(isinstance(record, str) for record in records))
