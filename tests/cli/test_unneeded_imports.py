"""The command line does without pandas and SciPy, answers the same with them, and leaves other programs as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import article, edited

from dedup.cli import garbage
from dedup.cli.unneeded_imports import SWITCH, UNNEEDED

WITHOUT, WITH = {SWITCH: ""}, {SWITCH: "1"}


def output_of(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def news(tmp_path: Path) -> Path:
    texts = [article(1), article(2), edited(article(1), 1, 0.02)]
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps({"id": f"a{n}", "text": text}) + "\n" for n, text in enumerate(texts)), "utf-8")
    return path


def test_a_run_loads_them_only_when_the_switch_is_set(news: Path) -> None:
    for name in UNNEEDED:
        pytest.importorskip(name)
    code = (
        "import sys\n"
        "from dedup.cli.main import main\n"
        "from dedup.cli.unneeded_imports import block_unneeded\n"
        "block_unneeded()\n"
        f"assert main(['run', {str(news)!r}, '--quiet', '--json']) == 0\n"
        "print([name for name in ('pandas', 'scipy') if name in sys.modules])"
    )
    assert output_of(code, **WITHOUT).splitlines()[-1] == "[]"
    assert output_of(code, **WITH).splitlines()[-1] == "['pandas', 'scipy']"


def test_decisions_are_the_same_whatever_the_switches_of_the_start(news: Path, tmp_path: Path) -> None:
    tables = []
    for name, environment in (("neither", WITHOUT), ("both", {**WITH, garbage.SWITCH: "1"})):
        command = [sys.executable, "-m", "dedup", "run", str(news), "-o", str(tmp_path / name), "--quiet"]
        subprocess.run(command, check=True, env={**os.environ, **environment})
        tables.append(pq.read_table(tmp_path / name / "decisions.parquet"))
    assert tables[0]["kept"].to_pylist() == [True, True, False]
    assert tables[0] == tables[1]


def test_a_command_that_needs_them_gets_them() -> None:
    pytest.importorskip("scipy")
    code = (
        "from dedup.cli.unneeded_imports import block_unneeded, unblock_unneeded\n"
        "block_unneeded()\n"
        "try: import scipy\n"
        "except ModuleNotFoundError as error: print(error.name)\n"
        "unblock_unneeded()\n"
        "import scipy.optimize\n"
        "print(scipy.__name__)"
    )
    assert output_of(code, **WITHOUT) == "scipy\nscipy\n"


def test_a_program_that_imports_dedup_stays_as_it_is() -> None:
    code = (
        "import gc, os, sys\n"
        "before = gc.get_threshold(), gc.isenabled(), dict(os.environ)\n"
        "import dedup, dedup.cli.main as cli\n"
        "dedup.compare('One text of a few words', 'Another text of a few words')\n"
        "cli.parser()\n"
        "ours = [finder for finder in sys.meta_path if getattr(finder, '__module__', '').startswith('dedup')]\n"
        "print(before == (gc.get_threshold(), gc.isenabled(), dict(os.environ)), ours)"
    )
    assert output_of(code) == "True []\n"


def test_the_copy_of_standard_input_is_gone_at_the_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dedup", "run", "-", "--scratch", str(tmp_path), "--level", "identical"]
    line = f'{{"text": "{article(1)}"}}\n'
    done = subprocess.run(command, input=line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "records" in done.stdout
    assert list(tmp_path.iterdir()) == []
