"""Count the work that is done, for whoever shows how far it is."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Meter(Protocol):
    """What shows how far the work is, such as `dedup.run.progress.Progress`."""

    def bar(self, name: str, total: int | None, unit: str = "") -> AbstractContextManager[None]:
        """Show work of this name, of which there is so much, for the length of a block."""

    def advance(self, amount: int) -> None:
        """Count work that is done, of the innermost block; to be called for a slice or a batch, never for a record."""


class _NoMeter:
    """Shows nothing."""

    def bar(self, name: str, total: int | None, unit: str = "") -> AbstractContextManager[None]:
        return nullcontext()

    def advance(self, amount: int) -> None:
        return


NO_METER: Meter = _NoMeter()
"""The meter of those who show nothing."""
