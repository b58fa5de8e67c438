"""House rules that a program can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "dedup"
MODULES = sorted(PACKAGE.rglob("*.py"))
VOCABULARY = {"dedup.errors", "dedup.params", "dedup.schema", "dedup.store.private", "dedup.store.work_folder"}
STAGES = [
    "secret",
    "text",
    "shingle",
    "markup",
    "pages",
    "minhash",
    "lsh",
    "rare",
    "postings",
    "candidates",
    "furniture",
    "families",
    "crowds",
    "judging",
    "evidence",
    "stages",
    "differences",
    "relation",
    "cluster",
    "matches",
    "store",
    "threads",
    "explain",
    "agencies",
    "credits",
    "derivation",
]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {
                f"{node.module}.{alias.name}" if node.module == "dedup" else str(node.module) for alias in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "dedup"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short_and_well_named(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500
    assert path.stem not in {"utils", "util", "core", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "kernels").glob("*.py")), ids=lambda path: path.name)
def test_kernels_import_kernels_only(path: Path) -> None:
    assert all(name.startswith("dedup.kernels") for name in imports_of(path))


@pytest.mark.parametrize("stage", STAGES)
def test_stages_import_stages_kernels_and_vocabulary(stage: str) -> None:
    allowed = VOCABULARY | {f"dedup.{name}" for name in STAGES} | {"dedup.text.folding"}
    others = {name for name in imports_of(PACKAGE / f"{stage}.py") if not name.startswith("dedup.kernels")}
    assert others <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_integrations_are_imported_by_integrations_only(path: Path) -> None:
    if "integrations" not in path.relative_to(PACKAGE).parts:
        assert not any(name.startswith("dedup.integrations") for name in imports_of(path))


def test_what_extras_bring_is_not_imported() -> None:
    code = (
        "import sys, dedup\n"
        "[getattr(dedup, name) for name in dedup.__all__]\n"
        "import dedup.integrations.frame_rows, dedup.integrations.registry\n"
        "extras = {'scrapy', 'twisted', 'polars', 'datatrove', 'redis'} & set(sys.modules)\n"
        "sys.exit(', '.join(extras) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_and_import_are_light() -> None:
    """`dedup --help` must answer at once: without numba, pyarrow, numpy."""
    code = (
        "import sys, dedup, dedup.cli.main as cli\n"
        "try: cli.main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numba', 'pyarrow', 'numpy', 'datasketch', 'tqdm'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--threshold" in done.stdout
