"""What can go wrong, said so that a person can act on it: what was found, what was expected, what to do."""

from __future__ import annotations


class DedupError(Exception):
    """Root of every error this package raises on purpose.

    Parameters
    ----------
    found : str
        What was met, with file, row and id where there are any.
    expected : str
        What should have been there.
    hint : str
        What to do about it.
    """

    exit_code = 1

    def __init__(self, found: str, expected: str = "", hint: str = "") -> None:
        self.found = found
        self.expected = expected
        self.hint = hint
        message = found
        if expected:
            message += f"; expected {expected}"
        if hint:
            message += f". Hint: {hint}"
        super().__init__(message)


class ParamsError(DedupError, ValueError):
    """A parameter or an option that cannot be used."""

    exit_code = 2


class InputError(DedupError):
    """An input that cannot be read."""


class ColumnError(InputError):
    """A field that was asked for, or cannot be guessed, and is not in the input."""

    exit_code = 2


class RecordError(InputError):
    """A malformed record, under ``strict``."""


class OutputError(DedupError):
    """An output that cannot, or must not, be written."""


class StorageError(DedupError):
    """An index that cannot be opened, read or written."""


class PostingsError(StorageError):
    """All documents are stored, but what they are found by could not be written: it is made anew."""
