"""Have it said that kernels are compiled. Numba is not needed here, so that a command can ask before it loads it."""

from __future__ import annotations

from collections.abc import Callable

Notice = Callable[[int, float, bool], None]
"""Takes how many kernels are compiled, about how many seconds it will take, and whether the cache has none yet of those
that are needed."""

listener: Notice | None = None
"""What is called before kernels are compiled, on the thread that needs them."""


def notify(count: int, seconds: float, is_first: bool) -> None:
    """Call the listener, if there is one."""
    if listener is not None:
        listener(count, seconds, is_first)
