"""A word to the person who waits while kernels are compiled: once on a machine, then they are cached."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOTICE = "dedup: compiling its kernels for this machine, once; ten seconds or more"
PATIENCE = 1.0
"""Seconds between looks whether something is being compiled."""


@contextmanager
def announce_compilation(quiet: bool) -> Iterator[None]:
    """Print one line on stderr when kernels are compiled in this block."""
    if quiet:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(PATIENCE):
            if _has_compiled():
                print(NOTICE, file=sys.stderr)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _has_compiled() -> bool:
    """Whether Numba has looked for a compiled kernel of ours in vain."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("dedup.kernels.")]
    kernels = [value for module in modules for value in list(vars(module).values()) if hasattr(value, "stats")]
    return any(sum(kernel.stats.cache_misses.values()) for kernel in kernels)
