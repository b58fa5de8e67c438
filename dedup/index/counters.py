"""Count what an open index has done, for a monitor."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from dedup.errors import DedupError

COUNTERS = (
    "documents",
    "queries",
    "added",
    "updated",
    "removed",
    "expired",
    "copies",
    "errors",
    "flushes",
    "text_bytes",
    "seconds_querying",
    "seconds_changing",
    "seconds_waiting",
    "last_flush",
)
"""Names of the numbers, which stay the same."""


class Counters:
    """Numbers by name; several threads may count at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, float] = dict.fromkeys(COUNTERS, 0)

    def count(self, **amounts: float) -> None:
        """Add to numbers."""
        with self._lock:
            for name, amount in amounts.items():
                self._values[name] += amount

    def set(self, **values: float) -> None:
        """Replace numbers."""
        with self._lock:
            self._values.update(values)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the seconds that the block takes to a number; count an error of it."""
        begun = time.perf_counter()
        try:
            yield
        except DedupError:
            self.count(errors=1)
            raise
        finally:
            self.count(**{name: time.perf_counter() - begun})

    def values(self) -> dict[str, float]:
        """Return all numbers by name."""
        with self._lock:
            return dict(self._values)
