"""Keep pandas and SciPy from being loaded by a program that does not use them.

pyarrow loads pandas with its first array, and Numba loads SciPy, where they are installed; both work without. Only for
a process of our own: nothing is done on import. Set the environment variable ``DEDUP_LOAD_ALL`` to load them.

Measured on 2026-11-28 with pandas 3.1, SciPy 1.17, pyarrow 26, Numba 0.68 and Python 3.11, the two ways in turn, 14
rounds, medians of processor time on two busy cores: with both loaded ``dedup run seeds`` takes 1.12 s instead of 0.84,
``dedup compare`` of two articles 1.01 s instead of 0.68, and ``dedup --help`` 0.07 s either way. By the clock it was
0.14 s more for each of the first two, on a quieter machine and with the collector at rest (`dedup.cli.garbage`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

SWITCH = "DEDUP_LOAD_ALL"

UNNEEDED = ("pandas", "scipy")


class _Unneeded:
    """A finder for `sys.meta_path` that makes the unneeded modules look as if they were not installed."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Refuse the unneeded modules, and leave all others to the next finder."""
        if name in UNNEEDED:
            raise ModuleNotFoundError(f"the command line does not load {name}; set {SWITCH} to load it", name=name)


def block_unneeded() -> None:
    """Make imports of the unneeded modules fail as if they were not installed, unless ``DEDUP_LOAD_ALL`` is set."""
    if not os.environ.get(SWITCH):
        sys.meta_path.insert(0, _Unneeded)


def unblock_unneeded() -> None:
    """Let the modules be imported again, for a command that needs them."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _Unneeded]
