"""Report failures of a folder, its disk and its database as errors with a hint."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dedup.errors import ParamsError, StorageError
from dedup.index.facts import REBUILD_HINT
from dedup.index.folder.database import DATABASE
from dedup.index.place import CREATE_HINT

FREE_SPACE_HINT = "free some disk space; everything flushed before is safe"


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Raise errors of the system and of SQLite in the block as ``StorageError``.

    Raises
    ------
    StorageError
    """
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"{folder}: {problem_of(error)}", hint=_hint(str(error))) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageError(f"{folder} is not a folder", "the folder of an index") from error
    except OSError as error:
        raise StorageError(f"{folder}: {problem_of(error)}", hint=_hint(str(error))) from error
    except ValueError as error:
        if isinstance(error, ParamsError):
            raise
        raise StorageError(f"{folder} is damaged: {error}", hint=f"restore a copy, or {REBUILD_HINT}") from error


def no_index(folder: Path) -> StorageError:
    """Return the error for a folder in which there is no index."""
    found = "is not a folder" if folder.is_file() else "holds no index" if folder.is_dir() else "does not exist"
    return StorageError(f"{folder} {found}", "the folder of an index", CREATE_HINT)


def problem_of(error: sqlite3.Error | OSError) -> str:
    """Return the message of an error in lower case, as the middle of a sentence."""
    words = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return words.lower()


def _hint(problem: str) -> str:
    lower = problem.lower()
    if "full" in lower or "no space" in lower:
        return FREE_SPACE_HINT
    if "not a database" in lower or "malformed" in lower:
        return f"restore a copy, or {REBUILD_HINT}"
    if "no such table" in lower:
        return f"its {DATABASE} is damaged, or belongs to another program: restore a copy, or {REBUILD_HINT}"
    if any(words in lower for words in ("readonly", "read-only", "permission", "unable to open")):
        return "even readers must be able to write to the folder"
    return ""
