"""Tables of the documents: counted right, and written from the figures that are stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fit import evaluation, tables


def record(name: str, level: str, label: int, share: float, pairs: int = 1200) -> dict:
    return {
        "set": name,
        "level": level,
        "label": label,
        "pairs": pairs,
        **dict.fromkeys(tables.COLUMNS.values(), share),
    }


def test_reliability_by_hand() -> None:
    score = np.array([0.0, 0.05, 0.31, 0.39, 0.99, 1.0, 0.35])
    is_copy = np.array([False, False, True, False, True, True, True])
    weight = np.array([1.0, 3.0, 1.0, 3.0, 1.0, 1.0, 0.0])
    low, middle, high = evaluation.reliability(score, is_copy, weight)
    assert low == pytest.approx((0.0, 0.1, 0.0375, 0.0, 2, 0.4))
    assert middle == pytest.approx((0.3, 0.4, 0.37, 0.25, 2, 0.4))
    assert high == pytest.approx((0.9, 1.0, 0.995, 1.0, 2, 0.2))
    assert "| 0.3 - 0.4 | 0.37 | 0.25 | 2 | 0.400 |" in tables.bands([middle])


def test_figures_are_two_tables_in_order() -> None:
    rows = [
        record("apt_eval", "", 1, 0.5),
        record("apt_eval", "major", 1, 0.25),
        record("apt_eval", "minor", 1, 0.25),
        record("apt_eval", "20", 1, 0.25),
        record("apt_eval", "5", 1, 0.25),
        record("own", "", 0, 0.00125),
        record("own", "cross", 0, 0.00125),
    ]
    found, reported = tables.shares(rows).split("No copies")
    assert [line.split(" | ")[1] for line in found.splitlines()[4:] if line] == ["all", "5", "20", "minor", "major"]
    assert "| apt_eval | 5 | asked to change 5 % of the words | 0.250 | 0.250 | 0.250 | 0.250 | 1,200 |" in found
    assert reported.count("own") == 1  # all of a set with one level is that level
    assert "| own | cross | texts of two sources, drawn at random | 0.0013 |" in reported.replace("0.0012", "0.0013")


def test_trade_off_has_a_column_a_share() -> None:
    lines = tables.trade_off([{"score from": 0.5, "found": 1.0}, {"score from": 0.25, "found": 1.0}]).splitlines()
    assert lines == ["| score from | found |", "| --- | --- |", "| 0.500 | 1.000 |", "| 0.250 | 1.000 |"]


def test_figures_are_stored_by_name(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    tables.update(path, {"reliability": [evaluation.Band(0.3, 0.4, 0.37, 0.25, 2, 0.4)]})
    tables.update(path, {"ablation": {"heads": ["", "recall"], "rows": [["all", "0.5"]]}})
    assert tables.shown("ablation", path) == "\n|  | recall |\n| --- | --- |\n| all | 0.5 |\n\n"
    assert "| 0.3 - 0.4 | 0.37 | 0.25 | 2 | 0.400 |" in tables.shown("reliability", path)


def test_every_stored_figure_has_a_table() -> None:
    assert json.loads(tables.FIGURES.read_text("utf-8")).keys() == tables.TABLES.keys()
