"""Process slices of arrays, or items in order, on several threads.

Kernels run outside the GIL; each slice writes only its own part of the result.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dedup.store.meter import NO_METER, Meter

Item = TypeVar("Item")
Made = TypeVar("Made")


def in_slices(
    work: Callable[[int, int], None],
    size: int,
    threads: int,
    most: float = 2**62,
    weights: npt.NDArray[np.int64] | None = None,
    meter: Meter = NO_METER,
) -> None:
    """Call ``work(first, last)`` for slices that together cover ``range(size)``.

    Parameters
    ----------
    work : callable
        Must give the same for any cut into slices.
    size, threads : int
    most : float
        No slice of more than one weighs more: bounds the room that one needs.
    weights : int64 array, shape (size,), optional
        Slices are cut to weigh about the same; one each by default.
    meter : Meter
        Counts what is done, slice by slice.
    """
    ends = np.arange(1, size + 1) if weights is None else np.cumsum(weights)
    total = int(ends[-1]) if size else 0
    # Two slices a thread: the last to finish waits for little, and few documents are listed twice.
    count = max(2 * threads if threads > 1 else 1, math.ceil(total / most))
    inner = np.searchsorted(ends, [total * k // count for k in range(1, count)], "right").tolist()
    slices = list(itertools.pairwise(sorted({0, *inner, size})))
    if threads <= 1:
        for first, last in slices:
            work(first, last)
            meter.advance(last - first)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(work, first, last) for first, last in slices]
        try:
            for one, (first, last) in zip(waiting, slices, strict=True):
                one.result()
                meter.advance(last - first)
        except BaseException:
            pool.shutdown(cancel_futures=True)  # an interrupt does not wait for slices that have not begun
            raise


def in_turn(work: Callable[[Item], Made], items: Iterable[Item], threads: int) -> Iterator[Made]:
    """Yield ``work(item)`` for every item, in order, computed on this many threads; only a few are computed ahead."""
    if threads <= 1:
        yield from map(work, items)
        return
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                del item  # the queue alone decides how long it lives
                if len(waiting) > threads + 1:  # bounds the memory: no more are alive than threads, and two
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
