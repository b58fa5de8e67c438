"""Slices of work on several threads. Kernels run outside the GIL; each slice writes only its own part of the result."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def in_slices(work: Callable[[int, int], None], size: int, threads: int, most: int = 2**62) -> None:
    """Call ``work(first, last)`` for slices that together cover ``range(size)``.

    Parameters
    ----------
    work : callable
        Must give the same for any cut into slices.
    size, threads : int
    most : int
        No slice is longer: bounds the room that one needs.
    """
    # Two slices a thread: the last to finish waits for little, and few documents are listed twice.
    count = max(2 * threads if threads > 1 else 1, -(-size // most))
    cuts = sorted({size * k // count for k in range(count + 1)})
    if threads <= 1:
        for first, last in itertools.pairwise(cuts):
            work(first, last)
        return
    with ThreadPoolExecutor(threads) as pool:
        slices = [pool.submit(work, first, last) for first, last in itertools.pairwise(cuts)]
        try:
            for one in slices:
                one.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)  # an interrupt does not wait for slices that have not begun
            raise
