"""Detect that an input file has changed since it was read, before its kept records are copied."""

from __future__ import annotations

from dedup.errors import OutputError
from dedup.io.bytes.paths import InputFile

FileState = tuple[int, int]
"""Size in bytes, and nanoseconds of the last change."""


def file_state(file: InputFile) -> FileState:
    """Return the state of a file, which changes when the file is written to.

    Raises
    ------
    OSError
        When the file is gone.
    """
    status = file.path.stat()
    return status.st_size, status.st_mtime_ns


def require_unchanged(file: InputFile, before: FileState) -> None:
    """Raise ``OutputError`` if a file is missing or its state has changed."""
    try:
        now = file_state(file)
    except OSError as error:
        raise changed_error(file) from error
    if now != before:
        raise changed_error(file)


def changed_error(file: InputFile) -> OutputError:
    """Return the error for an input that changed between reading and writing."""
    return OutputError(
        f"{file.name} has changed since it was read",
        "the same records as before",
        "run again when nothing writes to it any more",
    )
