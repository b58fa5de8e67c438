"""Keep pandas and SciPy from being loaded by a program that does not use them.

pyarrow loads pandas with its first array, and Numba loads SciPy, where they are installed; both work without. Only for
a process of our own: nothing is done on import. Set the environment variable ``DEDUP_LOAD_ALL`` to load them.

@@FIGURES
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

SWITCH = "DEDUP_LOAD_ALL"

UNNEEDED = ("pandas", "scipy")


class _Unneeded:
    """Finder of modules, for `sys.meta_path`, by which the unneeded ones are not installed."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Refuse the unneeded modules, and leave all others to the next finder."""
        if name in UNNEEDED:
            raise ModuleNotFoundError(f"the command line does not load {name}; set {SWITCH} to load it", name=name)


def block_unneeded() -> None:
    """Have imports of the unneeded modules fail as if they were not installed, unless ``DEDUP_LOAD_ALL`` is set."""
    if not os.environ.get(SWITCH):
        sys.meta_path.insert(0, _Unneeded)


def unblock_unneeded() -> None:
    """Let the modules be imported again, for a command that needs them."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _Unneeded]
