"""Measure the seconds of each stage of a run, and show a progress bar and notices."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Progress:
    """The clock and the display of a run's stages.

    Parameters
    ----------
    bar : bool
        Draw a bar on stderr, named after the stage.
    notices : bool
        Print there what people who wait should know.
    """

    def __init__(self, bar: bool = False, notices: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self._has_bar = bar
        self._has_notices = notices
        self._started = time.perf_counter()
        self._bar: Any = None

    def spent(self, stage: str, seconds: float) -> None:
        """Add to the seconds of a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the seconds of a stage, and display its name."""
        started = time.perf_counter()
        with self.bar(name, None):
            yield
        self.spent(name, time.perf_counter() - started)

    @contextmanager
    def bar(self, name: str, total: int | None, unit: str = "") -> Iterator[None]:
        """Show a bar with this name, which `advance_to` moves."""
        if not self._has_bar:
            yield
            return
        layout = None if total is not None else "{desc} {elapsed}"
        kind = _kind_of_bar()
        self._bar = kind(desc=name, total=total, unit=unit, unit_scale=True, leave=False, delay=0.5, bar_format=layout)
        try:
            yield
            if total is not None:
                self.advance_to(total)  # a notebook leaves a bar that is not full, in red
        finally:
            self._bar.close()
            self._bar = None

    def say(self, line: str) -> None:
        """Print a notice."""
        if self._has_notices:
            print(f"dedup: {line}", file=sys.stderr)

    def advance_to(self, amount: int) -> None:
        """Move the bar to this total."""
        if self._bar is not None:
            self._bar.update(amount - self._bar.n)

    def rounded(self) -> dict[str, float]:
        """Return the seconds of each stage, and in total since the start, to the millisecond."""
        return {**{name: round(spent, 3) for name, spent in self.seconds.items()}, "total": round(self.elapsed, 3)}

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started


def _kind_of_bar() -> Any:
    """Return the class of bars that suits the place: a widget in a notebook, text elsewhere.

    `tqdm.auto` chooses, but is asked only where a kernel runs: it loads asyncio, which the command line does without.
    """
    if "ipykernel" not in sys.modules:
        from tqdm import tqdm

        return tqdm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without ipywidgets it warns, and draws a bar of text, which is good enough
        from tqdm.auto import tqdm as chosen_tqdm
    return chosen_tqdm
