"""Detect that an input file has changed since it was read, before its kept records are copied."""

from __future__ import annotations

from dedup.errors import InputError, OutputError
from dedup.io.bytes.paths import InputFile
from dedup.io.places.input_place import State


def require_unchanged(file: InputFile, before: State) -> None:
    """Raise ``OutputError`` if a file is missing or its state has changed."""
    try:
        now = file.state()
    except (OSError, InputError) as error:
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
