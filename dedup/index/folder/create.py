"""Create an index in a folder that has none, and lock it for writing."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from dedup.errors import StorageError
from dedup.index.facts import new_facts
from dedup.index.folder.database import DATABASE, Database
from dedup.index.folder.lock import LOCK, WriterLock
from dedup.index.folder.segments import RUNS
from dedup.params import Params
from dedup.store import private
from dedup.store.durable import sync_folder

REPLACED = ".before-rebuild"
"""Suffix of the folder of an index that a new one has replaced."""


def is_index(folder: Path) -> bool:
    """Return whether there is an index in a folder."""
    return (folder / DATABASE).is_file()


def created(folder: Path, params: Params, wait: float = 0.0) -> WriterLock:
    """Create an index in a folder unless it has one; return the lock of its writer, for which to wait some seconds.

    Raises
    ------
    StorageError
        When the folder holds something else, a rebuild of it was cut off, or another writer has the lock.
    """
    before = folder.with_name(folder.name + REPLACED)
    if before.exists() and not folder.exists():
        found = f"{folder} is missing: a rebuild was cut off, and left the old index in {before}"
        raise StorageError(found, hint=f"move {before.name} back to {folder.name}, and rebuild it again")
    ours = {DATABASE, LOCK, RUNS}
    private.make_folder(folder)
    others = [path.name for path in folder.iterdir() if path.name not in ours and not path.name.startswith(DATABASE)]
    if others and not is_index(folder):
        raise StorageError(f"{folder} holds {sorted(others)[0]!r} but no index", "an index, or an empty folder")
    lock = WriterLock(folder / LOCK, wait)
    try:
        private.make_folder_in(folder, RUNS)
        if not (folder / DATABASE).exists():
            Database.create(folder, new_facts(params))
            with suppress(OSError):  # it may not be ours to read
                sync_folder(folder.absolute().parent)
    except BaseException:
        lock.close()
        raise
    return lock


def remove_empty(folder: Path, keep_folder: bool) -> None:
    """Remove an index without documents: its files and, unless it is to be kept, the folder if it is empty then."""
    shutil.rmtree(folder / RUNS, ignore_errors=True)
    with suppress(OSError):
        for path in (*folder.glob(f"{DATABASE}*"), folder / LOCK):
            path.unlink()
        if not keep_folder:
            folder.rmdir()
