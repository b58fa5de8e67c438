"""Back up an index in a folder while a writer is at work: one committed state of it, in a folder that is an index too.

The database is copied in one reading transaction, by SQLite. The files that it names then are opened before they are
copied, so that it does not matter if a writer replaces them meanwhile. All of it is on the disk before it gets the name
of the copy: what has that name is complete.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO

import orjson
import xxhash

from dedup.errors import ParamsError, StorageError
from dedup.index.folder import segments
from dedup.index.folder.database import DATABASE, Database
from dedup.index.folder.lock import LOCK, WriterLock
from dedup.index.folder.segments import RUNS
from dedup.store import private
from dedup.store.durable import sync_folder, sync_tree

BEGUN = ".backup-begun"
"""Suffix of a backup that is not complete."""

TRIES = 10
PAGES = 4_096
"""Pages of the database that are copied before an interrupt is looked for."""


def back_up(folder: Path, target: Path) -> None:
    """Copy the committed state of an index to a new folder.

    Raises
    ------
    StorageError
        When there is something in that place, another backup to it is under way, or the index is damaged.
    ParamsError
        When that place is in the index itself.
    OSError, sqlite3.Error, ValueError
        Then nothing is left there.
    """
    if folder.resolve() in target.resolve().parents:
        raise ParamsError(f"a backup of {folder} in itself, at {target}", "another place")
    with place_of_backup(target) as begun:
        for _ in range(TRIES):
            try:
                _copy(folder, begun)
            except FileNotFoundError as error:  # a writer has replaced it, and committed that, before it was opened
                missing = error
            else:
                return
        raise StorageError(f"{missing.filename} is missing", "the files that the index names", "restore a copy")


@contextmanager
def place_of_backup(target: Path) -> Iterator[Path]:
    """Give the block a folder to fill, which gets its name, complete and on the disk, when the block ends.

    What an earlier backup has left there that was killed is removed.

    Raises
    ------
    StorageError
        When there is something in that place, or another backup to it is under way.
    """
    if target.exists():
        raise StorageError(f"{target} exists", "a place where nothing is", "name another folder, or move it away")
    begun = target.with_name(target.name + BEGUN)
    private.make_folder(begun)
    with closing(WriterLock(begun / LOCK)):
        try:
            _clear(begun)
            yield begun
            sync_tree(begun)
            begun.rename(target)
        except BaseException:
            shutil.rmtree(begun, ignore_errors=True)
            raise
    sync_folder(target.absolute().parent)


def _clear(begun: Path) -> None:
    for path in begun.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def _copy(folder: Path, begun: Path) -> None:
    _clear(begun)
    runs = private.make_folder_in(begun, RUNS)
    with closing(Database(folder / DATABASE, writable=False)) as database, ExitStack() as opened:
        database.begin(write=False)
        about = database.committed()
        table = orjson.loads(about.get("table", "{}"))
        digests = {run.name: run.digest for run in database.runs()}
        if table:
            digests[table["name"]] = table["digest"]
        files = {name: opened.enter_context(segments.place(folder / RUNS, name).open("rb")) for name in digests}
        for name, file in files.items():
            if _copied(file, runs / name) != digests[name]:
                raise ValueError(f"{name} differs from what was written")
        _copy_database(database, begun)
        database.roll_back()


def _copied(file: IO[bytes], target: Path) -> str:
    """Copy a file; return its digest."""
    digest = xxhash.xxh3_128()
    with open(target, "xb", opener=private.opener_in(target.parent)) as copy:
        while data := file.read(segments.BLOCK):
            digest.update(data)
            copy.write(data)
    return digest.hexdigest()


def _copy_database(database: Database, begun: Path) -> None:
    path = begun / DATABASE
    open(path, "xb", opener=private.opener_in(begun)).close()  # SQLite gives its other files the same mode
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # it is synced as a whole
        database.file.connection.backup(copy, pages=PAGES)
        copy.execute("PRAGMA journal_mode = WAL")
