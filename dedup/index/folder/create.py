"""An index made where there is none, and what may be wrong with it told in words."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from dedup._version import __version__
from dedup.errors import ParamsError, StorageError
from dedup.index.folder.database import REBUILD, Documents
from dedup.index.folder.lock import WriterLock
from dedup.index.folder.state import DATABASE, LOCK, RUNS
from dedup.index.redis.url import FORM, MAKES_ONE
from dedup.params import Params
from dedup.store import private, secret
from dedup.store.durable import sync_folder

REPLACED = ".before-rebuild"
"""Suffix of the folder of an index that a new one has replaced."""

_URL = re.compile(r"\s*([a-z][a-z0-9+.-]*://|(redis|rediss|unix)(:|//.*@))", re.IGNORECASE)


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Return the folder of an index that was given as a path; what cannot be meant for one is refused.

    Raises
    ------
    ParamsError
    """
    try:
        name = os.fsdecode(path)
    except TypeError:
        raise ParamsError(f"a path of type {type(path).__name__}", "the path of a folder") from None
    if not name:  # Path("") would be the working directory
        raise ParamsError("an empty path", "the path of a folder", "is a variable not set?")
    if _URL.match(name):  # a slash too few, and a folder "redis:" would be made
        begin = re.split("[:/]", name.strip(), maxsplit=1)[0]  # no more of it: there may be a password in the rest
        raise ParamsError(f"a path that begins with {begin}:", f"the path of a folder, or {FORM}")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise ParamsError(f"a path that no file can have: {name!r}", "the path of a folder") from None
    if "\0" in name:
        raise ParamsError(f"a path that no file can have: {name!r}", "the path of a folder")
    return Path(name)


def made(folder: Path, params: Params) -> WriterLock:
    """Make an index where there is none; return the right to write to it."""
    before = folder.with_name(folder.name + REPLACED)
    if before.exists() and not folder.exists():
        found = f"{folder} is not there, but what it was before a rebuild is, {before}: the rebuild was cut off"
        raise StorageError(found, hint=f"move {before.name} back to {folder.name}, and rebuild it again")
    ours = {DATABASE, LOCK, RUNS}
    private.make_folder(folder)
    others = [path.name for path in folder.iterdir() if path.name not in ours and not path.name.startswith(DATABASE)]
    if others and not (folder / DATABASE).is_file():
        raise StorageError(f"{folder} holds {sorted(others)[0]!r} and no index", "an index, or an empty folder")
    lock = WriterLock(folder / LOCK)
    try:
        private.make_folder_in(folder, RUNS)
        if not (folder / DATABASE).exists():
            begun = folder / f"{DATABASE}.begun"
            for path in folder.glob(f"{DATABASE}.begun*"):
                path.unlink()
            open(begun, "xb", opener=private.opener_in(folder)).close()  # SQLite gives its other files the same mode
            written = {"params": orjson.dumps(params.as_dict()).decode(), "secret": secret.draw().hex()}
            Documents.create(begun, {"version": __version__, **written})
            begun.rename(folder / DATABASE)
            sync_folder(folder)
            with suppress(OSError):  # it may not be ours to read
                sync_folder(folder.absolute().parent)
    except BaseException:
        lock.close()
        raise
    return lock


def no_index(folder: Path) -> StorageError:
    """Return the error for a place where there is no index."""
    what = "is no folder" if folder.is_file() else "holds no index" if folder.is_dir() else "is not there"
    return StorageError(f"{folder} {what}", "the folder of an index", MAKES_ONE)


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
        raise StorageError(f"{folder} is damaged: {error}", hint=f"restore a copy, or {REBUILD}") from error


def problem_of(error: sqlite3.Error) -> str:
    """Return what SQLite says, as the middle of a sentence."""
    return str(error).lower()


def _hint(problem: str) -> str:
    lower = problem.lower()
    if "full" in lower or "no space" in lower:
        return "free some room; what was flushed is there"
    if "not a database" in lower or "malformed" in lower:
        return f"restore a copy, or {REBUILD}"
    if "no such table" in lower:
        return f"its {DATABASE} is that of another program, or damaged: restore a copy, or {REBUILD}"
    if any(words in lower for words in ("readonly", "read-only", "permission", "unable to open")):
        return "the folder must be writable, for readers, too"
    return ""
