"""Whether an index is whole: everything is read, and held against its digests."""

from __future__ import annotations

import numpy as np

from dedup.index.folder import segments
from dedup.index.folder.state import Storage
from dedup.index.search.postings import MOST_DOCUMENTS

MOST_TOLD = 20
BLOCK = 1_000


def problems(storage: Storage) -> list[str]:
    """Return what is wrong, at most `MOST_TOLD` things of a kind."""
    found = [f"database: {problem}" for problem in storage.documents.problems()]
    last = 0
    for run in storage.runs:
        found += [f"run {run.file.name}: {problem}" for problem in _of_run(storage, run, last)]
        last = run.file.last
    table = storage.table
    if table and _differs(storage, table["name"], table["digest"]):
        found.append(f"frequencies {table['name']}: other bytes than were written")
    return found + _of_documents(storage)


def _differs(storage: Storage, name: str, digest: str) -> bool:
    """Whether a file has other bytes than were written."""
    try:
        return segments.digest_of(storage.runs_folder / name) != digest
    except FileNotFoundError:
        if storage.writable:
            raise
        return False  # the writer has put another in its place since we opened it


def _of_run(storage: Storage, run: segments.Mapped, last: int) -> list[str]:
    found = []
    if _differs(storage, run.file.name, run.file.digest):
        found.append("other bytes than were written")
    if run.file.first <= last:
        found.append(f"documents from {run.file.first} on are in the run before it, too")
    for kind, postings in (("near", run.near), ("rare", run.rare)):
        if not segments.is_sorted(postings.postings):
            found.append(f"{kind} postings are not in order")
    return found


def _of_documents(storage: Storage) -> list[str]:
    """Hold all documents against their digests, and look whether each with words can be found."""
    found: list[str] = []
    posted = np.zeros(storage.next, bool)
    for run in (*(stored.postings for stored in storage.finder.near.stored), *storage.finder.near.recent):
        for at in range(0, len(run), segments.BLOCK):
            numbers = run[at : at + segments.BLOCK] & np.uint64(MOST_DOCUMENTS - 1)
            posted[numbers[numbers < storage.next].astype(np.int64)] = True
    for rows in storage.documents.blocks(BLOCK):
        for row in rows:
            if row.number >= storage.next:
                found.append(f"document {row.id!r}: number {row.number} is beyond the last")
            elif row.length and not posted[row.number]:
                found.append(f"document {row.id!r}: no postings")
            try:
                storage.tokens_of([row])
            except ValueError as error:
                found.append(f"document {row.id!r}: {error}")
        if len(found) >= MOST_TOLD:
            break
    return found[:MOST_TOLD]
