"""The page on the architecture names packages, files and layers that there are."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli", reason="tomllib is in Python from 3.11 on")

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NAMED = sorted({*re.findall(r"`((?:dedup|tests|docs|benchmarks)/[\w./-]+)`", PAGE)})


def test_files_are_named() -> None:
    assert len(NAMED) > 80


@pytest.mark.parametrize("name", NAMED)
def test_every_file_it_names_is_there(name: str) -> None:
    assert (ROOT / name).exists() or (ROOT / f"{name}.py").exists()


def test_every_package_is_on_the_map() -> None:
    packages = {f"dedup/{path.parent.name}" for path in (ROOT / "dedup").glob("*/__init__.py")}
    on_the_map = PAGE.split("## The map")[1].split("## One text")[0]
    assert packages <= {*re.findall(r"`(dedup/\w+)`", on_the_map)}


def test_every_stage_of_the_pipeline_is_named() -> None:
    modules = {path.name for path in (ROOT / "dedup" / "run").glob("*.py")} - {"__init__.py"}
    helpers = {"index_ids.py", "options.py", "pass_result.py", "progress.py", "records.py"}
    assert modules - helpers <= {*re.findall(r"(\w+\.py)`", PAGE)}


def test_its_layers_are_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert PAGE.split("```text\n")[1].split("```")[0].splitlines() == layers
