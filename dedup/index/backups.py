"""Back up an index to a folder that is an index itself: a copy of one in a folder, the documents of one on a server."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from dedup.errors import ParamsError, StorageError
from dedup.index.folder.backend import FolderBackend
from dedup.index.folder.backup import place_of_backup
from dedup.index.folder.database import DATABASE, Database
from dedup.index.folder.failures import storage_errors
from dedup.index.folder.segments import RUNS
from dedup.index.place import URL_FORM, folder_of, is_url
from dedup.index.protocol import Backend
from dedup.index.tuning import default_tuning
from dedup.store import private

BLOCK = 1_000


def back_up(backend: Backend, path: str | os.PathLike[str]) -> None:
    """Copy the committed state of an index to a new folder.

    Parameters
    ----------
    backend : Backend
        Outside of its `reading` and `writing`.
    path : path

    Raises
    ------
    StorageError, ParamsError
    """
    target = folder_of(path)
    with storage_errors(target):
        if isinstance(backend, FolderBackend):
            backend.back_up(target)
            return
        with place_of_backup(target) as begun:
            _take(backend, begun)
        # Its postings are made from the documents when it is first opened.
        FolderBackend(target, None, "rw", "flush", backend.tuning).close()


def restore(path: str | os.PathLike[str], url: str) -> int:
    """Put an index in a folder on a server; return how many documents it has.

    Raises
    ------
    StorageError, ParamsError
    """
    if not is_url(url):
        hint = "an index in a folder is restored by copying its folder"
        raise ParamsError(f"{url!r}, to which an index is to be restored", URL_FORM, hint)
    from dedup.index.redis import restoring

    folder, tuning = folder_of(path), default_tuning()
    source = FolderBackend(folder, None, "r", "flush", tuning)
    try:
        with source.reading():
            return restoring.restore(source, url, tuning)
    finally:
        source.close()


def _take(backend: Backend, begun: Path) -> None:
    """Copy the documents of a server while no other writer commits."""
    if not backend.writable:
        with backend.reading():
            _fill(backend, begun)
        return
    with backend.writing():
        for attempt in backend.attempts():
            with attempt:
                _fill(backend, begun)


def _fill(backend: Backend, begun: Path) -> None:
    commits = backend.commits()
    private.make_folder_in(begun, RUNS)
    Database.create(begun, backend.facts())
    with closing(Database(begun / DATABASE, writable=True)) as database:
        database.begin()
        end, number = backend.next, 0
        while rows := backend.after(number, BLOCK):
            database.insert(rows)
            _note_gaps(database, number, [row.number for row in rows])
            number = rows[-1].number
        _note_gaps(database, number, [end])
        for values in backend.all_story_values():
            database.set_story_values(values)
        database.set_about(next=end, vocabulary=bytes(backend.vocabulary))
        database.commit()
    if backend.commits() != commits:
        raise StorageError(f"{backend.place} was written to while it was copied", hint="try again")


def _note_gaps(database: Database, number: int, following: list[int]) -> None:
    """Note the numbers between documents as those of removed ones."""
    gaps = sorted({*range(number + 1, following[-1])} - {*following})
    for first in range(0, len(gaps), BLOCK):
        database.expire(gaps[first : first + BLOCK])
