"""Slices of work on several threads. Kernels run outside the GIL; each slice writes only its own part of the result."""

from __future__ import annotations

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
        for done in [
            pool.submit(work, first, last) for first, last in zip(cuts, cuts[1:], strict=False) if first < last
        ]:
            done.result()
