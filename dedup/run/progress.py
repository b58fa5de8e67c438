"""Measure the seconds of each stage, and show how far the work is: a bar on a terminal, and events for the log."""

from __future__ import annotations

import functools
import logging
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from dedup.params import Level

LOG = logging.getLogger("dedup.run")

LOG_SECONDS = 30.0
"""Seconds between two events that say how far a long stage is."""

SCALED_FROM = 10_000
"""Totals from here on are shown as thousands or millions."""

SHOWN_AFTER = 0.5
"""Seconds after the start from which on bars are drawn: who waits for less need not see any."""

LAYOUT = "{desc} {percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt}{unit}, {rate_fmt}, {remaining} left"
LAYOUT_WITHOUT_TOTAL = "{desc} {n_fmt}{unit}, {rate_fmt}, {elapsed}"


class Step(NamedTuple):
    """A step of the work, as people count them: "3 of 6".

    Parameters
    ----------
    doing : str
        What is done in it, as in "interrupted while reading".
    stages : tuple of str
        The stages in it.
    """

    doing: str
    stages: tuple[str, ...]


def run_steps(level: Level, passages: bool, writes: bool, has_index: bool) -> list[Step]:
    """Return the steps of a run, as far as it goes."""
    steps = [
        (True, Step("reading", ("read", "exact"))),
        (has_index, Step("comparing with the index", ("index",))),
        (level >= Level.near, Step("matching", ("furniture", "near candidates", "near evidence"))),
        (level >= Level.syndicated, Step("matching", ("families", "word pairs"))),
        (level >= Level.syndicated, Step("matching", ("candidates", "evidence"))),
        (True, Step("deciding", ("decide",))),
        (writes, Step("writing", ("write",))),
        (writes and passages, Step("finding passages", ("passages",))),
        (has_index, Step("adding to the index", ("add",))),
    ]
    return [step for is_taken, step in steps if is_taken]


class Progress:
    """The clock and the display of the stages of a run, or of other work that takes long.

    Parameters
    ----------
    bar : bool
        Draw a bar on stderr, named after the stage.
    notices : bool
        Print there what people who wait should know.
    steps : sequence of Step
        All that are to come.
    shown_after : float
        Seconds after the start from which on bars are drawn.

    Attributes
    ----------
    seconds : dict of str to float
        By stage.
    steps
        As above; may be set when they are known.
    """

    def __init__(
        self, bar: bool = False, notices: bool = False, steps: Sequence[Step] = (), shown_after: float = SHOWN_AFTER
    ) -> None:
        self.seconds: dict[str, float] = {}
        self.steps = steps
        self._has_bar = bar
        self._shown_after = shown_after
        self._has_notices = notices
        self._started = time.perf_counter()
        self._bar: Any = None
        self._work: _Work | None = None
        self._step = -1
        self._stage = ""

    def spent(self, stage: str, seconds: float) -> None:
        """Add to the seconds of a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @property
    def when(self) -> str:
        """The present step, as in "interrupted while reading"; empty before the first."""
        return f" while {self.steps[self._step].doing}" if self._step >= 0 else ""

    @contextmanager
    def stage(self, name: str, total: int | None = None, unit: str = "") -> Iterator[None]:
        """Measure the seconds of a stage, and show it; without a total its parts show themselves, by `bar`."""
        started = time.perf_counter()
        if total is None:
            self._enter(name)
            yield
        else:
            with self.bar(name, total, unit):
                yield
        seconds = time.perf_counter() - started
        self.spent(name, seconds)
        if total is None:
            LOG.info("%s: %.1f s", name, seconds, extra={"stage": name, "seconds": round(seconds, 3)})

    @contextmanager
    def bar(self, name: str, total: int | None, unit: str = "") -> Iterator[None]:
        """Show work with this name, which `advance` counts, in its own unit ("B" for bytes); the total if known."""
        is_stage = self._enter(name)
        label = name if is_stage or not self._stage else f"{self._stage}: {name}"
        before, self._work = self._work, _Work(label, total, unit)
        outer, self._bar = self._bar, None
        self._draw()
        try:
            yield
            if total is not None:
                self.advance_to(total)  # a notebook leaves a bar that is not full, in red
            self._work.log_end(logging.INFO if is_stage else logging.DEBUG)
        finally:
            if self._bar is not None:
                self._bar.close()
            self._work, self._bar = before, outer

    def advance(self, amount: int) -> None:
        """Count work that is done."""
        if self._work is not None:
            self._work.add(amount)
        if self._bar is not None:
            self._bar.update(amount)
        elif self._work is not None and self._work.done != self._work.total:
            self._draw()

    def advance_to(self, amount: int) -> None:
        """Set how much of the work is done."""
        if self._work is not None:
            self.advance(amount - self._work.done)

    def say(self, line: str, level: int = logging.WARNING) -> None:
        """Print a notice, and log it."""
        LOG.log(level, "%s", line)
        if self._has_notices:
            print_beside_bars(f"dedup: {line}")

    @contextmanager
    def announcing_compilation(self) -> Iterator[None]:
        """Print that kernels are compiled in this block, if notices are printed and nobody else says so."""
        from dedup.kernels.cold_start import notices

        if notices.listener is not None or not self._has_notices:
            yield
            return
        notices.listener = lambda line: print_beside_bars(f"dedup: {line}")
        try:
            yield
        finally:
            notices.listener = None

    def rounded(self) -> dict[str, float]:
        """Return the seconds of each stage, and in total since the start, to the millisecond."""
        return {**{name: round(spent, 3) for name, spent in self.seconds.items()}, "total": round(self.elapsed, 3)}

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._started

    def _enter(self, name: str) -> bool:
        """Note in which step a stage is; return whether it is a stage, and not a part of one."""
        found = next((number for number, step in enumerate(self.steps) if name in step.stages), None)
        if found is not None:
            self._step, self._stage = found, name
        return found is not None

    def _draw(self) -> None:
        """Begin a bar, if there is to be one and it is time."""
        work = self._work
        if work is None or not self._has_bar or self.elapsed < self._shown_after:
            return
        at = f"{self._step + 1}/{len(self.steps)} " if len(self.steps) > 1 and self._step >= 0 else ""
        self._bar = _kind_of_bar()(
            desc=f"{at}{work.name}",
            total=work.total,
            unit="B" if work.unit == "B" else f" {work.unit}",
            unit_scale=work.total is None or work.total >= SCALED_FROM,
            leave=False,
            initial=work.done,
            miniters=1,  # a slice is work enough to look at the clock
            bar_format=LAYOUT if work.total is not None else LAYOUT_WITHOUT_TOTAL,
        )


class _Work:
    """How much of some work is done, and since when."""

    def __init__(self, name: str, total: int | None, unit: str) -> None:
        self.name = name
        self.total = total
        self.unit = unit
        self.done = 0
        self._began = self._logged = time.perf_counter()

    def add(self, amount: int) -> None:
        """Count more, and log now and then how far it is."""
        self.done += amount
        now = time.perf_counter()
        if now - self._logged >= LOG_SECONDS:
            self._logged = now
            self._log_rest(now - self._began)

    def log_end(self, level: int) -> None:
        """Log that it is done."""
        seconds = time.perf_counter() - self._began
        facts = {"stage": self.name, "amount": self.done, "unit": self._unit, "seconds": round(seconds, 3)}
        LOG.log(level, "%s: %s %s in %.1f s", self.name, f"{self.done:,}", self._unit, seconds, extra=facts)

    @property
    def _unit(self) -> str:
        if self.unit == "B":
            return "bytes"
        return self.unit.removesuffix("s") if self.done == 1 else self.unit

    def _log_rest(self, seconds: float) -> None:
        rest = seconds * (self.total - self.done) / self.done if self.total is not None and self.done else None
        facts = {
            "stage": self.name, "amount": self.done, "total": self.total, "unit": self._unit,
            "seconds": round(seconds, 1), "seconds_left": None if rest is None else round(rest, 1),
        }  # fmt: skip
        of_all = "" if self.total is None else f" of {self.total:,}"
        left = "" if rest is None else f", about {rest:,.0f} s left"
        LOG.info("%s: %s%s %s%s", self.name, f"{self.done:,}", of_all, self._unit, left, extra=facts)


def print_beside_bars(line: str) -> None:
    """Print a line on stderr; a bar that is drawn there is drawn again below it."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is None:
        print(line, file=sys.stderr)
    else:
        with tqdm.tqdm.external_write_mode(file=sys.stderr):
            print(line, file=sys.stderr)


@functools.cache
def _kind_of_bar() -> Any:
    """Return the class of bars that suits the place: a widget in a notebook, text elsewhere.

    `tqdm.auto` chooses, but is asked only where a kernel runs: it loads asyncio, which the command line does without.
    """
    if "ipykernel" not in sys.modules:
        from tqdm import tqdm
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without ipywidgets it warns, and draws a bar of text, which is enough
            from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc]
        """A bar without a thread that watches over it."""

        monitor_interval = 0

    return Bar
