"""A word to the person who waits while the kernels are compiled: once on a machine, then they are cached."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOTICE = "dedup: compiling its kernels for this machine, once; ten seconds or more"


@contextmanager
def announce_compilation(quiet: bool) -> Iterator[None]:
    """Print one line on stderr if kernels have to be compiled in this block."""
    if quiet or _is_cached():
        yield
        return
    # Not at once: an error in the options or the input comes sooner, and is all there is to say then.
    timer = threading.Timer(1.5, lambda: print(NOTICE, file=sys.stderr))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _is_cached() -> bool:
    """Whether compiled kernels lie where Numba looks for them, none older than its source."""
    from dedup import kernels
    from dedup.kernels import minhash

    compiled = [path.stat().st_mtime for path in Path(minhash.signatures.stats.cache_path).glob("*.nbi")]
    source = max(path.stat().st_mtime for path in Path(kernels.__path__[0]).glob("*.py"))
    return bool(compiled) and max(compiled) >= source
