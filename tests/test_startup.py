"""The command line starts and ends quickly, and nobody else notices how."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_that_imports_dedup_stays_as_it_is() -> None:
    code = (
        "import gc, os, sys\n"
        "before = gc.get_threshold(), list(sys.meta_path), dict(os.environ)\n"
        "import dedup, dedup.cli.main as cli\n"
        "dedup.compare('One text of a few words', 'Another text of a few words')\n"
        "cli.parser()\n"
        "ours = [finder for finder in sys.meta_path if getattr(finder, '__module__', '').startswith('dedup')]\n"
        "print(before[0] == gc.get_threshold(), before[2] == dict(os.environ), ours)"
    )
    assert output_of(code) == "True True []\n"


def test_the_copy_of_standard_input_is_gone_at_the_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dedup", "run", "-", "--scratch", str(tmp_path), "--level", "identical"]
    line = f'{{"text": "{article(1)}"}}\n'
    done = subprocess.run(command, input=line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "records" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_answer_that_cannot_be_printed_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "one.txt"
    source.write_text(article(1))
    command = [sys.executable, "-m", "dedup", "run", str(source), "--level", "identical"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "dedup: No space left on device\n"
