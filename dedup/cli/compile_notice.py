"""Print a notice on stderr before kernels are compiled, which happens once for each machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


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


def announce(line: str) -> None:
    """Print that kernels are compiled."""
    print(f"dedup: {line}", file=sys.stderr)
