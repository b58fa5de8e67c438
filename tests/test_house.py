"""What the tree promises, beside the contracts of imports in ``pyproject.toml`` that `make lint` checks."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "dedup"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]
VAGUE = {"utils", "util", "core", "helpers", "misc", "common"}
BACK_ENDS = {PACKAGE / "index" / "folder", PACKAGE / "index" / "redis"}


def test_the_top_of_the_package_is_seen_at_a_glance() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 10


def test_a_name_belongs_to_one_module() -> None:
    """But for the two back ends of the index, which are built alike and named alike."""
    apart = Counter(path.stem for path in MODULES if path.parent not in BACK_ENDS)
    twins = {path.stem for path in MODULES if path.parent in BACK_ENDS}
    assert [name for name, times in apart.items() if times > 1] == []
    assert sorted(twins & apart.keys()) == []
    assert sorted(VAGUE & (apart.keys() | twins)) == []


def test_no_test_patches_a_module_of_ours() -> None:
    """What tests must make small is a value they pass in; faults are injected into the system and into instances."""
    patched = []
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        modules = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dedup"
            for alias in node.names
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            target = call.args[0]
            if ast.unparse(call.func) in ("monkeypatch.setattr", "mock.patch", "mock.patch.object") and (
                (isinstance(target, ast.Constant) and str(target.value).startswith("dedup."))
                or ast.unparse(target).split(".")[0] in {*modules, "dedup"}
            ):
                patched.append(f"{path.name}:{call.lineno}")
    assert patched == []


def test_what_extras_bring_is_not_imported() -> None:
    code = (
        "import sys, dedup\n"
        "[getattr(dedup, name) for name in dedup.__all__]\n"
        "import dedup.integrations.dataframe, dedup.integrations.shared_indexes\n"
        "extras = {'scrapy', 'twisted', 'pandas', 'polars', 'datatrove', 'redis', 'jinja2'} & set(sys.modules)\n"
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
