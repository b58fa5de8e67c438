"""Compute where the bars, lines and dots of the charts go; the templates draw them as SVG.

Horizontal places are in percent, so that a chart is as wide as its page and its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from dedup.report.in_words import date, day, duration, moment_of

HEIGHT = 150
"""Of the columns of a chart, in pixels."""

CUT_FROM, CUT_TO = 4, 2
"""Columns are cut where the highest is more than the first times what matters, at the second times that."""

MOST_CUT = 40
"""No less than this part of the highest column is shown of it."""

SECOND = 1_000_000
_STEPS = tuple(
    seconds * SECOND
    for seconds in (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000)
)
"""Widths of a column of time, in microseconds; years follow."""

_YEAR = 365 * 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a column: its class, its top and height in pixels, and how many it stands for."""

    kind: str
    top: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart: place and width in percent, parts from the bottom, words, and its number if it is cut."""

    x: float
    width: float
    parts: tuple[Part, ...]
    words: str
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: its place in percent, its words, and how they are set (start, middle, end)."""

    x: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of columns.

    Parameters
    ----------
    columns : tuple of Column
    ticks : tuple of Tick
    line : float or None
        Where a vertical line is drawn, in percent.
    line_words : str
    highest : int
        What a column of full height stands for.
    """

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    line: float | None
    line_words: str
    highest: int

    @property
    def height(self) -> int:
        """Of the columns, in pixels."""
        return HEIGHT


def shares(
    values: Sequence[tuple[str, npt.NDArray[np.float64]]], line: float | None, line_words: str, bins: int = 25
) -> Chart:
    """Return a histogram of values in [0, 1], in a part for each kind.

    Parameters
    ----------
    values : sequence of (kind, float array)
    line : float or None
        In [0, 1].
    line_words : str
    bins : int
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    counts = [(kind, np.histogram(np.clip(one, 0.0, 1.0), edges)[0]) for kind, one in values]
    places = [(100.0 * edges[at], 100.0 / bins) for at in range(bins)]
    words = [f"{edges[at]:.0%} to {edges[at + 1]:.0%}" for at in range(bins)]
    ticks = tuple(Tick(100 * at, f"{at:.0%}", _anchor(100 * at)) for at in (0.0, 0.25, 0.5, 0.75, 1.0))
    totals = np.sum([one for _, one in counts], axis=0)
    after = int(totals[int((line or 0.0) * bins) :].max(initial=0))
    columns, highest = _columns(counts, places, words, after)
    return Chart(columns, ticks, None if line is None else 100.0 * line, line_words, highest)


def dates(values: Sequence[tuple[str, npt.NDArray[np.int64]]], columns: int = 40) -> Chart | None:
    """Return a histogram of dates in microseconds since 1970, in a part for each kind; None where there are none.

    A few dates far from all others do not make the chart empty: what is before or after 99% goes into its ends.
    """
    every = np.concatenate([one for _, one in values]) if values else np.empty(0, np.int64)
    if not len(every):
        return None
    low, high = (int(value) for value in np.quantile(every, [0.005, 0.995], method="nearest"))
    step = next((one for one in _STEPS if (high - low) / one <= columns), 0)
    if not step:
        step = _YEAR * max(1, -(-(high - low) // (_YEAR * columns)))
    first, last = low // step, high // step
    n_bins = int(last - first + 1)
    counts = [
        (kind, np.bincount(np.clip(one // step - first, 0, n_bins - 1).astype(np.int64), minlength=n_bins))
        for kind, one in values
    ]
    begins = [moment_of((first + at) * step) for at in range(n_bins)]
    names = [day(one) if step >= 86_400 * SECOND else date(one) for one in begins]
    names[0] = f"until {names[0]}" if int(every.min()) < first * step else names[0]
    names[-1] = f"from {names[-1]}" if int(every.max()) >= (last + 1) * step else names[-1]
    places = [(100.0 * at / n_bins, 100.0 / n_bins) for at in range(n_bins)]
    made, highest = _columns(counts, places, names)
    return Chart(made, _date_ticks(first * step, (last + 1) * step), None, "", highest)


def _columns(
    counts: Sequence[tuple[str, npt.NDArray[np.int64]]],
    places: Sequence[tuple[float, float]],
    words: Sequence[str],
    matters: int = 0,
) -> tuple[tuple[Column, ...], int]:
    """Return the columns, and what full height stands for; where it matters most must be seen, so others may be cut."""
    totals = np.sum([one for _, one in counts], axis=0)
    highest = max(1, int(totals.max(initial=0)))
    if matters and highest > CUT_FROM * matters:
        highest = max(CUT_TO * matters, highest // MOST_CUT)
    columns = []
    for at, (x, width) in enumerate(places):
        if not totals[at]:
            continue
        parts = []
        bottom = float(HEIGHT)
        is_cut = int(totals[at]) > highest
        for kind, one in counts:
            height = min(bottom, HEIGHT * int(one[at]) / highest)
            if height:
                bottom -= height
                parts.append(Part(kind, round(bottom, 1), round(height, 1), int(one[at])))
        number = f"{int(totals[at]):,}" if is_cut else ""
        label = f"{words[at]}: {int(totals[at]):,}"
        columns.append(Column(round(x, 2), round(width, 2), tuple(parts), label, number))
    return tuple(columns), highest


def _date_ticks(low: int, high: int) -> tuple[Tick, ...]:
    """Return marks at both ends and in the middle of a time."""
    is_short = high - low <= 2 * 86_400 * SECOND
    ticks = []
    for at in (0.0, 0.5, 1.0):
        moment = moment_of(int(low + at * (high - low)))
        ticks.append(Tick(100 * at, date(moment) if is_short else day(moment), _anchor(100 * at)))
    return tuple(ticks)


def _anchor(x: float) -> str:
    return "start" if x <= 0 else "end" if x >= 100 else "middle"


@dataclass(frozen=True, slots=True)
class Dot:
    """A version on a timeline: its place (percent, pixels), its class, and its words."""

    x: float
    y: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A line of a timeline: a kept text with its copies; the step down to it begins at the lane of an earlier one."""

    y: float
    begin: float
    end: float
    step_from: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The versions of a story in time.

    Parameters
    ----------
    lanes : tuple of Lane
    dots : tuple of Dot
    ticks : tuple of Tick
    height : float
        In pixels, the axis included.
    left_out : int
        Lanes that are not drawn.
    """

    lanes: tuple[Lane, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    height: float
    left_out: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What a timeline needs to know of a version: seconds after the first, its lane, its class, its words."""

    seconds: float
    lane: int
    kind: str
    words: str


LANES, STACK, DOTS = 12, 6, 90
"""Lanes that are drawn, dots that stand above one another, and places for them beside one another."""

LANE, DOT = 44.0, 8.0
"""Pixels of a lane without its stacks, and between dots of a stack."""


def timeline(moments: Sequence[Moment], names: Sequence[str], steps: Sequence[int | None]) -> Timeline | None:
    """Return the timeline of a story; None where there is no time between its versions.

    Parameters
    ----------
    moments : sequence of Moment
        In order of time; only those with a date.
    names : sequence of str
        Of each lane.
    steps : sequence of int or None
        For each lane the earlier lane that it is an update of.
    """
    span = max((one.seconds for one in moments), default=0.0)
    if span <= 0:
        return None
    drawn = min(len(names), LANES)
    stacks: list[dict[int, int]] = [{} for _ in range(drawn)]
    placed = []
    for one in moments:
        if one.lane < drawn:
            place = round(DOTS * one.seconds / span)
            at = stacks[one.lane].get(place, 0)
            stacks[one.lane][place] = at + 1
            if at < STACK:
                placed.append((one, place, at))
    bottoms = np.cumsum([LANE + DOT * (min(STACK, max(stack.values(), default=1)) - 1) for stack in stacks]).tolist()
    seconds = [[one.seconds for one in moments if one.lane == lane] for lane in range(drawn)]
    lanes = tuple(
        Lane(
            bottoms[lane] - 10,
            _x(min(seconds[lane], default=0.0) / span),
            _x(max(seconds[lane], default=0.0) / span),
            None if (step := steps[lane]) is None or step >= drawn else bottoms[step] - 10,
            names[lane],
        )
        for lane in range(drawn)
    )
    dots = tuple(
        Dot(_x(place / DOTS), bottoms[one.lane] - 10 - DOT * at, one.kind, one.words) for one, place, at in placed
    )
    ticks = tuple(
        Tick(_x(at), "first" if not at else f"+ {duration(timedelta(seconds=span * at))}", _anchor(100 * at))
        for at in (0.0, 0.5, 1.0)
    )
    return Timeline(lanes, dots, ticks, bottoms[-1] + 44, len(names) - drawn)


def _x(at: float) -> float:
    """Return a place in percent, with room for a dot at both ends."""
    return round(1.0 + 98.0 * at, 2)
