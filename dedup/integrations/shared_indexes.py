"""Share an open index among the parts of a process: the first one opens it, the last one closes it.

An index has one writer; two spiders in one process are one writer if they share it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from dedup.errors import StorageError
from dedup.index import Index
from dedup.params import Params


@dataclass(slots=True)
class _Shared:
    index: Index
    users: int


_open: dict[str, _Shared] = {}
_mutex = threading.Lock()


def acquire(path: str, params: Params | None = None) -> Index:
    """Open an index for writing, or return the one that is open in this process; `release` must follow.

    Do not call this in an event loop: it waits while another thread opens or closes an index.

    Raises
    ------
    StorageError
        As for `Index`; also when it is open with other parameters.
    """
    with _mutex:
        shared = _open.get(_name(path))
        if shared is None:
            shared = _open[_name(path)] = _Shared(Index.open(path, params), 0)
        elif params is not None and shared.index.info()["fingerprint"] != params.fingerprint:
            found = f"{path} is open with other parameters: {shared.index.info()['params']}"
            raise StorageError(found, f"{params.as_dict()}", "use another index for others")
        shared.users += 1
        return shared.index


def release(path: str) -> None:
    """Flush an acquired index, and close it if no other part of the process uses it."""
    with _mutex:
        shared = _open[_name(path)]
        shared.users -= 1
        if shared.users:
            shared.index.flush()
        else:
            del _open[_name(path)]
            shared.index.close()


def _name(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)
