"""How the command line starts and ends sooner. It is for a process of our own: so nothing is done on import."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

NOT_NEEDED = ("pandas", "scipy")

OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""More than the start makes: it makes hardly any garbage, and Python's 700 have it looked for 250 times."""


class _Absent:
    """Says of a module that it is not installed."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Refuse the modules that are not needed; leave all others to the next finder."""
        if name in NOT_NEEDED:
            raise ModuleNotFoundError(f"the command line does not load {name}", name=name)


def start() -> None:
    """Prepare the process, before NumPy, pyarrow and Numba are loaded.

    pyarrow loads pandas with its first array, and Numba SciPy's BLAS: both go on without, in half the time. The threads
    that NumPy's BLAS starts with, one a processor, spin for a while; nothing here multiplies matrices.
    """
    sys.meta_path.insert(0, _Absent)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def admit() -> None:
    """Let everything be loaded again: for a command that needs it."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _Absent]


def leave(code: int) -> NoReturn:
    """End the process with this exit code, its memory left to the system instead of freed object by object.

    What is registered for the end of the program is done first: the copy of standard input is removed so.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):  # a full disk: told already
                stream.flush()
    os._exit(code)
