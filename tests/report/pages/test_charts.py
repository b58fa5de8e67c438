"""Charts: every value is in a column, and what is drawn is within the picture."""

from __future__ import annotations

import random
from datetime import datetime, timezone

import numpy as np
import pytest

from dedup.report.pages import charts
from dedup.report.pages.charts import HEIGHT, LANES, Moment

SECOND = 1_000_000
START = int(datetime(2026, 3, 1, tzinfo=timezone.utc).timestamp()) * SECOND


def total(chart: charts.Chart) -> int:
    return sum(part.count for column in chart.columns for part in column.parts)


def test_a_histogram_of_shares_counts_every_value() -> None:
    draw = np.random.default_rng(1)
    values = [("partial", draw.random(500) ** 4), ("revised", 1 - draw.random(300) ** 3), ("update", np.ones(1))]
    chart = charts.shares(values, 0.7, "copies")
    assert total(chart) == 801
    assert chart.line == 70
    for column in chart.columns:
        assert 0 <= column.x < column.x + column.width <= 100.01
        assert sum(part.height for part in column.parts) <= HEIGHT + 0.5
        assert min(part.top for part in column.parts) >= 0


def test_a_column_far_above_what_matters_is_cut_and_says_its_number() -> None:
    chart = charts.shares([("partial", np.zeros(10_000)), ("revised", np.full(200, 0.9))], 0.7, "copies")
    assert chart.columns[0].cut == "10,000"
    assert chart.columns[0].parts[0].height == HEIGHT
    assert chart.columns[-1].parts[0].height >= HEIGHT / 3


@pytest.mark.parametrize("span", [0, 30, 3_600, 86_400, 86_400 * 30, 86_400 * 3_000, 86_400 * 100_000])
def test_a_histogram_of_dates_counts_every_value(span: int) -> None:
    draw = np.random.default_rng(2)
    values = START + (draw.random(1_000) * span * SECOND).astype(np.int64)
    chart = charts.dates([("kept", values[:900]), ("dropped", values[900:])])
    assert chart is not None
    assert total(chart) == 1_000
    assert len(chart.columns) <= 42
    assert all(tick.words for tick in chart.ticks)


def test_dates_far_from_all_others_do_not_make_the_chart_empty() -> None:
    values = np.concatenate([START + np.arange(1_000) * 3_600 * SECOND, [-(2**60), 2**60]])
    chart = charts.dates([("kept", values)])
    assert chart is not None
    assert total(chart) == 1_002
    assert len(chart.columns) > 10
    assert chart.columns[0].words.startswith("until ")


def test_without_dates_there_is_no_chart() -> None:
    assert charts.dates([("kept", np.empty(0, np.int64))]) is None


@pytest.mark.parametrize("seed", range(10))
def test_a_timeline_is_within_its_picture(seed: int) -> None:
    draw = random.Random(seed)
    names = [f"Paper {lane}" for lane in range(draw.choice([1, 3, 30]))]
    moments = sorted(
        (Moment(draw.random() * 1e5, draw.randrange(len(names)), "kept", "") for _ in range(200)),
        key=lambda moment: moment.seconds,
    )
    steps = [None if lane == 0 or draw.random() < 0.3 else draw.randrange(lane) for lane in range(len(names))]
    line = charts.timeline(moments, names, steps)
    assert line is not None
    assert len(line.lanes) == min(len(names), LANES)
    assert line.left_out == len(names) - len(line.lanes)
    assert all(0 <= dot.x <= 100 and 0 < dot.y < line.height for dot in line.dots)
    assert all(lane.begin <= lane.end for lane in line.lanes)
    assert [lane.y for lane in line.lanes] == sorted(lane.y for lane in line.lanes)


def test_versions_at_one_moment_have_no_timeline() -> None:
    assert charts.timeline([Moment(0.0, 0, "kept", "")] * 3, ["Paper"], [None]) is None
