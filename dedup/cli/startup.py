"""What the command line leaves out to start sooner."""

from __future__ import annotations

import sys
from collections.abc import Sequence

NOT_NEEDED = ("pandas", "scipy")


class _Absent:
    """Says of a module that it is not installed."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Refuse the modules that are not needed; leave all others to the next finder."""
        if name in NOT_NEEDED:
            raise ModuleNotFoundError(f"the command line does not load {name}", name=name)


def leave_out_optional_modules() -> None:
    """Keep pyarrow from loading pandas with its first array, and Numba from loading SciPy's BLAS: half the start.

    Both go on without. In a program of their own users need those modules: so this is for the command line only.
    """
    sys.meta_path.insert(0, _Absent)
