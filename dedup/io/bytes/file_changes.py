"""Notices that an input is not what it was when it was read, before its records are written as the kept ones."""

from __future__ import annotations

from dedup.errors import OutputError
from dedup.io.bytes.paths import InputFile

Stamp = tuple[int, int]
"""Size in bytes, and nanoseconds of the last change."""


def stamp(file: InputFile) -> Stamp:
    """Return what tells one state of a file from another.

    Raises
    ------
    OSError
        When the file is gone.
    """
    status = file.path.stat()
    return status.st_size, status.st_mtime_ns


def require_unchanged(file: InputFile, before: Stamp) -> None:
    """Raise ``OutputError`` when a file is gone or another than when it was stamped."""
    try:
        now = stamp(file)
    except OSError as error:
        raise changed(file) from error
    if now != before:
        raise changed(file)


def changed(file: InputFile) -> OutputError:
    """Return the error for an input that changed between reading and writing."""
    return OutputError(
        f"{file.name} has changed since it was read",
        "the same records as before",
        "run again when nothing writes to it any more",
    )
