"""Tables of the documents: counted right, written between their markers and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.fit import tables


def told(name: str, level: str, label: int, share: float, pairs: int = 1200) -> dict:
    return {"set": name, "level": level, "label": label, "pairs": pairs, **dict.fromkeys(tables.WAYS.values(), share)}


def test_reliability_by_hand() -> None:
    score = np.array([0.0, 0.05, 0.31, 0.39, 0.99, 1.0, 0.35])
    is_copy = np.array([False, False, True, False, True, True, True])
    weight = np.array([1.0, 3.0, 1.0, 3.0, 1.0, 1.0, 0.0])
    low, middle, high = tables.reliability(score, is_copy, weight)
    assert low == pytest.approx((0.0, 0.1, 0.0375, 0.0, 2, 0.4))
    assert middle == pytest.approx((0.3, 0.4, 0.37, 0.25, 2, 0.4))
    assert high == pytest.approx((0.9, 1.0, 0.995, 1.0, 2, 0.2))
    assert "| 0.3 - 0.4 | 0.37 | 0.25 | 2 | 0.400 |" in tables.bands([middle])


def test_figures_are_two_tables_in_order() -> None:
    rows = [
        told("apt_eval", "", 1, 0.5),
        told("apt_eval", "major", 1, 0.25),
        told("apt_eval", "minor", 1, 0.25),
        told("apt_eval", "20", 1, 0.25),
        told("apt_eval", "5", 1, 0.25),
        told("own", "", 0, 0.00125),
        told("own", "cross", 0, 0.00125),
    ]
    found, reported = tables.figures(rows).split("No copies")
    assert [line.split(" | ")[1] for line in found.splitlines()[4:] if line] == ["all", "5", "20", "minor", "major"]
    assert "| apt_eval | 5 | told to change 5 % of the words | 0.250 | 0.250 | 0.250 | 0.250 | 1,200 |" in found
    assert reported.count("own") == 1  # all of a set with one level is that level
    assert "| own | cross | texts of two sources, drawn at random | 0.0013 |" in reported.replace("0.0012", "0.0013")


def test_trade_off_has_a_column_a_share() -> None:
    lines = tables.trade_off([{"score from": 0.5, "found": 1.0}, {"score from": 0.25, "found": 1.0}]).splitlines()
    assert lines == ["| score from | found |", "| --- | --- |", "| 0.500 | 1.000 |", "| 0.250 | 1.000 |"]


def test_only_what_is_between_the_markers_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n<!-- one -->\nold\n<!-- end -->\n\n<!-- two -->\nkept\n<!-- end -->\n", "utf-8")
    for _ in range(2):
        tables.put(page, "one", "| new |")
        assert page.read_text("utf-8") == (
            "# Page\n\n<!-- one -->\n\n| new |\n\n<!-- end -->\n\n<!-- two -->\nkept\n<!-- end -->\n"
        )


@pytest.mark.parametrize("page", ["", "<!-- other -->\n<!-- end -->\n", "<!-- one -->\nno end\n"])
def test_a_document_without_markers_is_an_error(page: str) -> None:
    with pytest.raises(ValueError, match="<!-- one -->"):
        tables.placed(page, "one", "text")
