"""Have it said that kernels are compiled. Numba is not needed here, so that a command can ask before it loads it."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

LOG = logging.getLogger("dedup.run")

LEAST_SECONDS = 1.0
"""What takes less is not worth a line."""

listener: Callable[[str], None] | None = None
"""What is called with a line before kernels are compiled, on the thread that needs them."""


def notify(count: int, seconds: float, is_first: bool) -> None:
    """Log that kernels are compiled, and call the listener, if there is one.

    Parameters
    ----------
    count : int
    seconds : float
        How long it will take.
    is_first : bool
        Whether the cache has none yet of those that are needed: else these are those that only this command needs.
    """
    if seconds < LEAST_SECONDS:
        return
    kernels = f"{count}{'' if is_first else ' more'} kernel{'' if count == 1 else 's'}"
    line = f"compiling {kernels} for this machine, once: about {math.ceil(seconds)} s"
    LOG.info(line, extra={"kernels": count, "expected_seconds": math.ceil(seconds)})
    if listener is not None:
        listener(line)
