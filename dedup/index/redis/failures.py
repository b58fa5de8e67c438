"""Report failures of a server and of its connection as errors with a hint."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dedup.errors import ParamsError, StorageError
from dedup.index.redis.url import PASSWORD, PASSWORD_FILE


@contextmanager
def storage_errors(place: str) -> Iterator[None]:
    """Raise errors of a server in the block as ``StorageError``.

    Raises
    ------
    StorageError
    """
    from redis import exceptions

    try:
        yield
    except exceptions.RedisError as error:
        found, hint = _problem_of(error)
        raise StorageError(f"{place}: {found}", hint=hint) from error
    except (OSError, EOFError) as error:
        raise StorageError(f"{place}: {str(error).lower()}", hint="is the server running?") from error
    except ValueError as error:
        if isinstance(error, ParamsError):
            raise
        raise StorageError(f"{place} is damaged: {error}", hint="restore a copy, or make the index again") from error


def _problem_of(error: Exception) -> tuple[str, str]:
    """Return the problem and a hint, without the server's own words, which may hold a command with all its data."""
    from redis import exceptions as they

    words = str(error)
    if isinstance(error, (they.AuthenticationError, they.AuthorizationError, they.NoPermissionError)) or (
        "NOAUTH" in words or "WRONGPASS" in words
    ):
        hint = f"put the user in the URL, the password in {PASSWORD} or in a file (?{PASSWORD_FILE}=FILE)"
        others = f"; {PASSWORD} is set: is it meant for another server?" if os.environ.get(PASSWORD) else ""
        return "the server refuses user or password", hint + others
    if isinstance(error, they.OutOfMemoryError) or "OOM" in words:
        return "the server is full (maxmemory)", "nothing was changed; give it more memory"
    if isinstance(error, they.ReadOnlyError) or "READONLY" in words:
        return "the server is a replica, which cannot be written to", "use the address of the primary"
    if isinstance(error, they.BusyLoadingError):
        return "the server is still reading its data", "try again in a minute"
    if "MISCONF" in words:
        return "the server cannot save its data, and refuses writes", "nothing was changed; look into its log"
    if "WRONGTYPE" in words:
        return "another program has keys of that name", "choose another name in the URL"
    if isinstance(error, they.MovedError) or words.startswith(("MOVED", "CROSSSLOT", "CLUSTERDOWN")):
        return "the server is one of a cluster, and does not have this index", "use the address of the node that has it"
    if isinstance(error, they.TimeoutError):
        return "the server does not answer", "is it busy, or stopped?"
    if isinstance(error, they.WatchError):
        return "the connection broke", "is the server running?"
    if isinstance(error, they.ConnectionError):
        return f"no connection ({words[:200].lower()})", "is the server running?"
    return words[:200], ""
