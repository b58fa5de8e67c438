"""Define the errors that this package raises; each says what was found, what was expected and how to correct it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class DedupError(Exception):
    """Base class of every error that this package raises on purpose.

    Parameters
    ----------
    found : str
        What was found, with file, row and id where there are any.
    expected : str
        What was expected instead.
    hint : str
        What to do about it.

    Attributes
    ----------
    exit_code : int
        With which the command line exits.

    Examples
    --------
    >>> import dedup
    >>> try:
    ...     dedup.Params(level="nearly")
    ... except dedup.DedupError as error:
    ...     print(error.found, "|", error.expected)
    level 'nearly' | one of identical, near, syndicated, rewritten
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
    """A parameter, argument or option that cannot be used."""

    exit_code = 2


class InputError(DedupError):
    """An input that cannot be read."""


class TransferError(InputError):
    """A remote input that could not be read this time; another attempt may succeed."""


class GuardError(DedupError):
    """A run that would drop more than its guard allows; nothing was written."""


class ColumnError(InputError):
    """A field that is not in the input, though it was named or is needed."""

    exit_code = 2


class RecordError(InputError):
    """A malformed record in a ``strict`` run."""


class OutputError(DedupError):
    """An output that cannot be written, or must not be."""


class StorageError(DedupError):
    """An index that cannot be opened, read or written."""


class PostingsError(StorageError):
    """Postings that could not be written though their documents were; the next flush or opening writes them."""


class Interrupted(KeyboardInterrupt):
    """An interruption, by Ctrl-C or a signal, that says what is left of the work and how to continue."""


def nearest(name: str, names: Iterable[str], similarity: float = 0.6) -> str | None:
    """Return the name that was probably meant, for the hint of an error.

    Parameters
    ----------
    name : str
        What was found.
    names : iterable of str
        Those that there are. One of which ``name`` is the beginning comes before one that is merely similar.
    similarity : float
        From which one is similar, as of `difflib`; with one above the default a beginning is not enough.

    Returns
    -------
    str or None
        None if none is similar.
    """
    from difflib import get_close_matches  # not needed where nothing is wrong

    by_folded = {one.casefold(): one for one in names}
    folded = name.casefold()
    if folded in by_folded:
        return by_folded[folded]
    begun = [one for one in by_folded if similarity <= 0.6 and len(folded) > 2 and one.startswith(folded)]
    near = begun or get_close_matches(folded, by_folded, 1, similarity)
    return by_folded[near[0]] if near else None


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import the packages of an extra in the block; if they are missing, say how to install them.

    Raises
    ------
    ImportError
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{error}; install it with: pip install 'newsdedup[{name}]'", name=error.name) from error
