"""Define what every view of a run works with, whether it is in memory or in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.io import Batch, Rows
from dedup.io.kept_form import KeptForm
from dedup.params import Params
from dedup.store.meter import NO_METER, Meter

ABOUT = b"dedup"
"""The key of `About` in the metadata of the table of documents."""


@dataclass(frozen=True, slots=True)
class About:
    """What there is to know of a search besides its documents.

    Parameters
    ----------
    agencies : str
        Fingerprint of the agencies by which credits were recognised.
    reading : list of str
        Notes on the input.
    unread : list
        The fields of `dedup.dates.UnreadableDates`.
    limits : dict of str to list of str
        By the name of the pass, ``near`` or ``rare``: notes on what was not compared.
    """

    agencies: str
    reading: list[str]
    unread: list[Any]
    limits: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class SearchTables:
    """What a later decision needs of a run besides its decisions and matches.

    Parameters
    ----------
    documents : pyarrow.Table
        `dedup.schema.DOCUMENTS`; its metadata hold the rest.
    near : pyarrow.Table or None
        `dedup.schema.NEAR`; None where the matches are those of the near pass themselves.
    """

    documents: pa.Table
    near: pa.Table | None

    @staticmethod
    def of(documents: pa.Table, near: pa.Table | None, about: About) -> SearchTables:
        """Return the tables, with what there is to know besides in the metadata of one."""
        return SearchTables(documents.replace_schema_metadata({ABOUT: json.dumps(asdict(about))}), near)

    @property
    def about(self) -> About:
        """What there is to know besides."""
        return About(**json.loads(self.documents.schema.metadata[ABOUT]))


class InputAgain(Protocol):
    """An input that was read: a `Source`, or the inputs of an earlier run."""

    @property
    def notes(self) -> list[str]:
        """As of a `Source`, like the others."""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that were used."""

    @property
    def files_read(self) -> list[dict[str, Any]]:
        """Path, size and digest of the files that were read."""

    def read_again(self, rows: Rows) -> Iterator[Batch]:
        """Read the pieces again that hold these rows."""

    def write_kept(
        self, kept: npt.NDArray[np.bool_], place: Path | int, form: KeptForm | None = None, meter: Meter = NO_METER
    ) -> list[str]:
        """Write the kept records; return the names of what is written."""

    def kept_table(self, kept: npt.NDArray[np.bool_]) -> pa.Table:
        """Return the kept records."""


Rejection = tuple[str, int, str, bytes, int]
"""As `dedup.io.write_rejected` takes them."""


class RunView(Protocol):
    """What a view of a run needs of it: a `RunOutput` has it, and a `Result`.

    Attributes
    ----------
    summary : dict
        What ``summary.json`` holds.
    params : Params
    """

    summary: dict[str, Any]
    params: Params

    @property
    def decisions(self) -> pa.Table:
        """One row for each record, in input order."""

    @property
    def matches(self) -> pa.Table:
        """One row for each verified pair."""

    @property
    def search(self) -> SearchTables | None:
        """What a later decision needs besides; None for a run with an index."""

    @property
    def source(self) -> InputAgain:
        """The input, to be read again."""

    def rejections(self) -> Iterator[Rejection]:
        """Yield file, row, reason, raw bytes and their number for each rejected record, in input order."""

    def records_of(self, name: str) -> list[int]:
        """Return the records that have this id, or stand at this ``file:row``."""

    def texts(self, records: Iterable[int]) -> dict[int, str]:
        """Return the texts of records, as they were read."""

    def plain_texts(self, records: Iterable[int]) -> dict[int, str]:
        """Return the texts of records without markup, as they were compared."""
