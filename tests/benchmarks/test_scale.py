"""The benchmark of sizes: its points are kept and drawn where they belong; hostile corpora are what they say."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.speed import chart, hostile, scale

ROOT = Path(__file__).resolve().parents[2]


def point(documents: int, level: str, micro: float, memory: str = "4GB") -> dict:
    return {"documents": documents, "level": level, "us_a_document": micro, "memory": memory, "threads": 1}


def test_new_points_take_the_place_of_the_same():
    old = [point(1000, "near", 1), point(1000, "rewritten", 2)]
    both = scale.merged(old, [point(1000, "near", 3), point(1000, "near", 4, "8GB"), point(100, "near", 5)])
    assert [(one["documents"], one["us_a_document"]) for one in both] == [(100, 5), (1000, 3), (1000, 4), (1000, 2)]


MACHINE = {"processor": "P", "cores": 2, "python": "3", "date": "today"}


def lines_of(*points: dict) -> dict[str, list[tuple[float, float]]]:
    """Return the points of each line that is drawn, by its name in the legend."""
    (axes,) = chart.curve(points, MACHINE).axes
    return {line.get_label(): list(map(tuple, line.get_xydata())) for line in axes.lines}


def test_curve_has_a_line_for_each_level_memory_and_number_of_threads():
    assert lines_of(point(100, "near", 2), point(10, "near", 1)) == {"near": [(10, 1), (100, 2)]}
    two = lines_of(point(10, "near", 1), point(100, "near", 2, "8GB"))
    assert two == {"near, 4GB, 1 thr.": [(10, 1)], "near, 8GB, 1 thr.": [(100, 2)]}


def test_x_is_logarithmic_and_y_begins_at_zero():
    (axes,) = chart.curve([point(1000, "near", 10), point(100_000, "near", 40)], MACHINE).axes
    assert axes.get_xscale() == "log"
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylim()[1] >= 40
    assert axes.get_xlabel() == "documents"


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="nothing"):
        chart.curve([], MACHINE)


@pytest.mark.parametrize("micro", [0, 1e-6, 1e6])
def test_the_same_figures_give_the_same_file(tmp_path, micro):
    points = [point(5, "<near>", micro), point(10_000_000, "<near>", 2 * micro)]
    for name in ("one.svg", "other.svg"):
        chart.write(tmp_path / name, points, MACHINE)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    texts = {element.text for element in ET.parse(tmp_path / "one.svg").iter("{http://www.w3.org/2000/svg}text")}
    assert {"<near>", "Time a document takes", "1,000"} <= texts


def test_the_curve_in_the_docs_is_of_the_stored_figures():
    """Not by its bytes: another version of matplotlib writes others."""
    drawn = (ROOT / "docs" / "scale.svg").read_text("utf-8")
    figures = json.loads(chart.FIGURES.read_text("utf-8"))
    assert chart.conditions(figures["points"], figures["machine"]) in drawn
    for level in {one["level"] for one in figures["points"]}:
        assert f">{level}</text>" in drawn


def test_ratio_is_one_where_time_is_linear():
    part, whole = {"cpu_s": 1.5, "bytes": 100}, {"cpu_s": 4.5, "bytes": 400}
    assert hostile.ratio(part, whole, 0.5) == pytest.approx(1)
    assert hostile.ratio(part, whole | {"cpu_s": 16.5}, 0.5) == pytest.approx(4)
    assert math.isfinite(hostile.ratio(part | {"cpu_s": 0.4}, whole, 0.5))


@pytest.mark.parametrize("case", hostile.CASES, ids=lambda case: case.name)
def test_hostile_corpora_are_what_they_say(case):
    size = 2_000_000 if case.name == "giant" else 30
    found = list(case.documents(size))
    texts = [text for _, text in found]
    assert len({key for key, _ in found}) == len(found)
    assert case.kept(size) == len(set(texts))
    if case.name == "giant":
        assert sum(len(text.encode()) >= size for text in texts) == 1
    else:
        assert len(found) == size
