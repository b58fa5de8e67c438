"""Print a notice on stderr that kernels are being compiled, which happens once for each machine."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOTICE = "dedup: compiling for this machine, once; this takes ten seconds or more"
INTERVAL = 1.0
"""Seconds between two looks whether a kernel is being compiled."""


@contextmanager
def announce_compilation(quiet: bool) -> Iterator[None]:
    """Print a line on stderr if kernels are compiled in this block, unless ``quiet``."""
    if quiet:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(INTERVAL):
            if _is_compiling():
                print(NOTICE, file=sys.stderr)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _is_compiling() -> bool:
    """Return whether any of our kernels was missing from Numba's cache."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("dedup.kernels.")]
    kernels = [value for module in modules for value in list(vars(module).values()) if hasattr(value, "stats")]
    return any(sum(kernel.stats.cache_misses.values()) for kernel in kernels)
