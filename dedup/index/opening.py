"""An index made where there is none, and what may be wrong with it told in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from dedup import __version__
from dedup.errors import ParamsError, StorageError
from dedup.index.documents import Documents
from dedup.index.lock import WriterLock
from dedup.index.storage import DATABASE, LOCK, RUNS
from dedup.params import Params


def made(folder: Path, params: Params) -> WriterLock:
    """Make an index where there is none; return the right to write to it."""
    ours = {DATABASE, LOCK, RUNS}
    folder.mkdir(parents=True, exist_ok=True)
    others = [path.name for path in folder.iterdir() if path.name not in ours and not path.name.startswith(DATABASE)]
    if others and not (folder / DATABASE).is_file():
        raise StorageError(f"{folder} holds {sorted(others)[0]!r} and no index", "an index, or an empty folder")
    lock = WriterLock(folder / LOCK)
    try:
        (folder / RUNS).mkdir(exist_ok=True)
        if not (folder / DATABASE).exists():
            begun = folder / f"{DATABASE}.begun"
            for path in folder.glob(f"{DATABASE}.begun*"):
                path.unlink()
            Documents.create(begun, {"version": __version__, "params": orjson.dumps(params.as_dict()).decode()})
            begun.rename(folder / DATABASE)
    except BaseException:
        lock.close()
        raise
    return lock


def no_index(folder: Path) -> StorageError:
    """Return the error for a place where there is no index."""
    what = "is no folder" if folder.is_file() else "holds no index" if folder.is_dir() else "is not there"
    return StorageError(f"{folder} {what}", "the folder of an index", 'mode="rw" makes one')


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Tell the errors of the system and of SQLite as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"{folder}: {problem_of(error)}", hint=_hint(str(error))) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageError(f"{folder} is no folder", "the folder of an index") from error
    except OSError as error:
        raise StorageError(f"{folder}: {(error.strerror or str(error)).lower()}", hint=_hint(str(error))) from error
    except ValueError as error:
        if isinstance(error, ParamsError):
            raise
        raise StorageError(f"{folder} is damaged: {error}", hint="restore a copy, or make it anew") from error


def problem_of(error: sqlite3.Error) -> str:
    """Return what SQLite says, as the middle of a sentence."""
    return str(error).lower()


def _hint(problem: str) -> str:
    lower = problem.lower()
    if "full" in lower or "no space" in lower:
        return "free some room; what was flushed is there"
    if "not a database" in lower or "malformed" in lower:
        return "restore a copy, or make it anew"
    if "readonly" in lower or "read-only" in lower or "permission" in lower:
        return "the folder must be writable, for readers, too"
    return ""
