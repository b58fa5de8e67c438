"""What the documents show is what the program does."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.cli.reference import reference
from dedup.cli.run import _GUESSES
from dedup.io.columns import GUESSES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "dedup").rglob("*.py"))
    if path.name not in {"__init__.py", "__main__.py"} and ">>> " in path.read_text("utf-8")
]


def timeless(output: str) -> str:
    """Remove what differs from run to run: seconds and rates."""
    return re.sub(r"^[0-9.]+ s(, .*)?$", "", output, flags=re.MULTILINE).rstrip()


def shown(command: str) -> str:
    """Return the output block that follows a command in the README."""
    return README.split(command, 1)[1].split("```\n", 2)[1]


def output_of(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dedup", *arguments], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout


def test_the_demo_in_the_readme_is_real() -> None:
    assert timeless(shown("make demo ")) == timeless(output_of("run", "seeds"))


def test_the_comparison_in_the_readme_is_real() -> None:
    seeds = [str(next((ROOT / "seeds").glob(name)).relative_to(ROOT)) for name in ("000*", "003*")]
    verdict = output_of("compare", *seeds).split("\n---")[0]
    assert shown("dedup compare seeds").strip() == verdict.strip()


def test_the_command_line_reference_is_fresh() -> None:
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == reference()


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted or "+SKIP" in Path(importlib.import_module(name).__file__ or "").read_text("utf-8")
    assert found.failed == 0


def test_guesses_on_the_command_line_are_the_readers() -> None:
    assert {name: tuple(told.split(", ")) for name, told in _GUESSES.items()} == GUESSES


def test_nothing_is_left_to_fill_in() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]:
        assert "@@" not in document.read_text("utf-8")


def test_links_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "benchmarks" / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
