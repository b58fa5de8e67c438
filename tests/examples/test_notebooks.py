"""The notebooks run, and show what they were committed with."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

for _needed in ("ipykernel", "matplotlib", "nbclient", "pandas"):
    pytest.importorskip(_needed)
nbformat = pytest.importorskip("nbformat")
notebooks = pytest.importorskip("notebooks")


@pytest.mark.filterwarnings("ignore")  # of Jupyter's parts; what dedup warns of shows in the notebook
@pytest.mark.parametrize("path", notebooks.NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_was_committed_with(path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    nbformat.validate(committed)
    now = notebooks.shown(notebooks.executed(path))
    for cell, before, after in zip(committed.cells, notebooks.shown(committed), now, strict=True):
        assert after == before, f"run tests/examples/notebooks.py; the cell is\n{cell.source}"
        assert not [output for output in after if output.startswith("stderr: ")]


def test_there_are_three() -> None:
    assert [path.stem for path in notebooks.NOTEBOOKS] == ["a_newsrooms_day", "a_pipeline", "a_training_corpus"]


def test_the_truth_is_of_the_articles() -> None:
    lines = (notebooks.FOLDER / "day.jsonl").read_text("utf-8").splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    with (notebooks.FOLDER / "truth.csv").open(newline="") as file:
        truth = {row["id"]: row["original"] for row in csv.DictReader(file)}
    assert list(truth) == ids
    assert {truth[original] for original in truth.values()} == set(truth.values())
