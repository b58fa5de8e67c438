"""Print a notice on stderr before kernels are compiled, which happens once for each machine."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LEAST_SECONDS = 1.0
"""What takes less is not worth a line."""


@contextmanager
def announce_compilation(quiet: bool) -> Iterator[None]:
    """Print a line on stderr whenever kernels are compiled in this block, unless ``quiet``."""
    if quiet:
        yield
        return
    from dedup.kernels.cold_start import notices

    notices.listener = announce
    try:
        yield
    finally:
        notices.listener = None


def announce(count: int, seconds: float, is_first: bool) -> None:
    """Print that kernels are compiled.

    Parameters
    ----------
    count : int
    seconds : float
        How long it will take.
    is_first : bool
        Whether the cache has none yet: else these are those that only this command needs.
    """
    if seconds < LEAST_SECONDS:
        return
    kernels = f"{count}{'' if is_first else ' more'} kernel{'' if count == 1 else 's'}"
    print(f"dedup: compiling {kernels} for this machine, once: about {math.ceil(seconds)} s", file=sys.stderr)
