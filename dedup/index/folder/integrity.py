"""Check an index in a folder for damage: read everything, and verify it against its checksums."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dedup.index.folder import segments
from dedup.index.folder.database import Database
from dedup.index.folder.segments import MappedRun
from dedup.index.search.postings import Postings
from dedup.index.search.query import Finder
from dedup.index.stored import MOST_DOCUMENTS, Row
from dedup.text.tokens import Tokens

MOST_REPORTED = 20
BLOCK = 1_000


class Readable(Protocol):
    """The part of a `dedup.index.folder.state.State` that a check reads."""

    database: Database
    finder: Finder[Postings]
    next: int
    runs_folder: Path
    writable: bool

    @property
    def runs(self) -> Sequence[MappedRun]:
        """The run files."""

    @property
    def table(self) -> dict[str, Any]:
        """The facts about the table of frequencies."""

    def tokens_of(self, rows: list[Row]) -> Tokens:
        """Return the tokens of stored documents."""


def problems(state: Readable) -> list[str]:
    """Return what is damaged, at most `MOST_REPORTED` problems of a kind."""
    found = [f"database: {problem}" for problem in state.database.problems()]
    last = 0
    for run in state.runs:
        found += [f"run {run.file.name}: {problem}" for problem in _of_run(state, run, last)]
        last = run.file.last
    table = state.table
    if table and _differs(state, table["name"], table["digest"]):
        found.append(f"frequencies {table['name']}: differs from what was written")
    return found + _of_documents(state)


def _differs(state: Readable, name: str, digest: str) -> bool:
    """Return whether a file differs from what was written."""
    try:
        return segments.digest_of(state.runs_folder / name) != digest
    except FileNotFoundError:
        if state.writable:
            raise
        return False  # the writer has put another in its place since we opened it


def _of_run(state: Readable, run: MappedRun, last: int) -> list[str]:
    found = []
    if _differs(state, run.file.name, run.file.digest):
        found.append("differs from what was written")
    if run.file.first <= last:
        found.append(f"documents from {run.file.first} on are in the run before it, too")
    for kind, postings in (("near", run.near), ("rare", run.rare)):
        if not segments.is_sorted(postings.postings):
            found.append(f"{kind} postings are not in order")
    return found


def _of_documents(state: Readable) -> list[str]:
    """Verify all documents against their checksums, and check that each with words can be found."""
    found: list[str] = []
    posted = np.zeros(state.next, bool)
    for run in (*(stored.postings for stored in state.finder.near.stored), *state.finder.near.recent):
        for at in range(0, len(run), segments.BLOCK):
            numbers = run[at : at + segments.BLOCK] & np.uint64(MOST_DOCUMENTS - 1)
            posted[numbers[numbers < state.next].astype(np.int64)] = True
    for rows in state.database.blocks(BLOCK):
        for row in rows:
            if row.number >= state.next:
                found.append(f"document {row.id!r}: number {row.number} is beyond the last")
            elif row.length and not posted[row.number]:
                found.append(f"document {row.id!r}: no postings")
            try:
                state.tokens_of([row])
            except ValueError as error:
                found.append(f"document {row.id!r}: {error}")
        if len(found) >= MOST_REPORTED:
            break
    return found[:MOST_REPORTED]
