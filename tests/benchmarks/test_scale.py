"""The curve of the benchmark of sizes: well-formed, with every point where it belongs; and the points kept."""

from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ET

import pytest

from benchmarks.speed import chart as svg
from benchmarks.speed import hostile, scale

SVG = "{http://www.w3.org/2000/svg}"


def drawn(series: dict[str, list[tuple[float, float]]]) -> ET.Element:
    return ET.fromstring(svg.chart(series, "A & <B> 'C'", "sub", "x", "y"))


def circles(root: ET.Element) -> list[tuple[float, float]]:
    return [(float(one.get("cx")), float(one.get("cy"))) for one in root.iter(f"{SVG}circle")]


def test_chart_escapes_and_labels():
    root = drawn({"near": [(1e3, 20), (1e5, 40)], "re<written": [(1e3, 50), (1e5, 41)]})
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert {"A & <B> 'C'", "near", "re<written", "1,000", "10,000", "100,000", "0", "x", "y"} <= set(texts)
    assert root.get("aria-label") == "A & <B> 'C'"


def test_x_is_logarithmic_and_y_linear_from_zero():
    (x0, y0), (x1, y1), (x2, y2) = circles(drawn({"one": [(1e3, 10), (1e4, 20), (1e5, 40)]}))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    zero = svg.HEIGHT - svg.BOTTOM
    assert (zero - y1) / (zero - y0) == pytest.approx(2, abs=0.02)
    assert (zero - y2) / (zero - y0) == pytest.approx(4, abs=0.03)


@pytest.mark.parametrize("points", [[(1000, 0)], [(5, 3.2)], [(1, 1e-6), (10_000_000, 1e6)]])
def test_points_are_within_the_frame(points):
    root = drawn({"one": points})
    for x, y in circles(root):
        assert svg.LEFT - 1 <= x <= svg.WIDTH - svg.RIGHT + 1
        assert svg.TOP - 1 <= y <= svg.HEIGHT - svg.BOTTOM + 1


def test_labels_do_not_cover_each_other():
    root = drawn({name: [(10, 5)] for name in "abcd"})
    heights = sorted(float(one.get("y")) for one in root.iter(f"{SVG}text") if one.text in {*"abcd"})
    assert min(b - a for a, b in itertools.pairwise(heights)) >= svg.GAP - 0.1


def test_nothing_to_draw_is_an_error():
    with pytest.raises(ValueError, match="nothing"):
        drawn({"one": []})


def point(documents: int, level: str, micro: float, memory: str = "4GB") -> dict:
    return {"documents": documents, "level": level, "us_a_document": micro, "memory": memory, "threads": 1}


def test_new_points_take_the_place_of_the_same():
    old = [point(1000, "near", 1), point(1000, "rewritten", 2)]
    both = scale.merged(old, [point(1000, "near", 3), point(1000, "near", 4, "8GB"), point(100, "near", 5)])
    assert [(one["documents"], one["us_a_document"]) for one in both] == [(100, 5), (1000, 3), (1000, 4), (1000, 2)]


def test_curve_has_a_line_for_each_way_of_running():
    machine = {"processor": "P", "cores": 2, "python": "3", "date": "today"}
    one_way = ET.fromstring(scale.curve([point(10, "near", 1), point(100, "near", 2)], machine))
    two_ways = ET.fromstring(scale.curve([point(10, "near", 1), point(100, "near", 2, "8GB")], machine))
    assert len(list(one_way.iter(f"{SVG}polyline"))) == 1
    assert len(list(two_ways.iter(f"{SVG}polyline"))) == 2


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
