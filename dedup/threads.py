"""Slices of work on several threads. Kernels run outside the GIL; each slice writes only its own part of the result."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def in_slices(work: Callable[[int, int], None], size: int, threads: int) -> None:
    """Call ``work(first, last)`` for slices that together cover ``range(size)``.

    Parameters
    ----------
    work : callable
        Must give the same for any cut into slices.
    size, threads : int
    """
    if threads <= 1 or size < 2 * threads:
        if size:
            work(0, size)
        return
    # Four slices a thread: the last to finish then waits for little.
    cuts = [size * k // (4 * threads) for k in range(4 * threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        slices = [pool.submit(work, first, last) for first, last in itertools.pairwise(cuts) if first < last]
        for one in slices:
            one.result()
