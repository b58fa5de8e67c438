"""The command line starts and ends quickly, and nobody else notices how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article

COUNT_REFRESHES = """
from numba import njit
from numba.core.registry import cpu_target

context, refreshes = cpu_target.target_context, []
refresh = context.refresh
context.refresh = lambda: (refreshes.append(1), refresh())
"""


def output_of(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_cached_kernels_load_without_the_compiler() -> None:
    code = COUNT_REFRESHES + (
        "from dedup.text.tokens import tokens\n"
        "import dedup.kernels.tokenisation as kernel\n"
        "tokens('Once upon a time')\n"
        "assert not kernel.fold.stats.cache_misses, 'not cached'\n"
        "print(len(refreshes))"
    )
    output_of("from dedup.text.tokens import tokens; tokens('Once upon a time')")  # compiles them, if none did
    assert output_of(code) == "0\n"


def test_others_compile_as_ever_after_a_kernel_was_loaded() -> None:
    """What Numba reads for its compiler is read when something is compiled: here sorting, and a call of our kernel."""
    code = COUNT_REFRESHES + (
        "import numpy as np, xxhash\n"
        "from dedup.kernels.xxh import xxh32\n"
        "data = np.frombuffer(b'some bytes', np.uint8)\n"
        "xxh32(data, 0, 4)\n"
        "@njit\n"
        "def own(data, values):\n"
        "    return np.sort(values)[0] + np.sqrt(values.sum()), {1: xxh32(data, 0, 10)}[1]\n"
        "assert own(data, np.array([9.0, 4.0, 3.0])) == (7.0, xxhash.xxh32_intdigest(b'some bytes'))\n"
        "print(len(refreshes) > 0)"
    )
    assert output_of(code) == "True\n"


def test_another_numba_is_used_by_its_public_interface() -> None:
    code = (
        "from numba.core.caching import FunctionCache, Cache\n"
        "del Cache._guard_against_spurious_io_errors\n"
        "import dedup.kernels.compiled as compiled\n"
        "from dedup.kernels.hash_table import table_bits\n"
        "print(compiled._QUICK_CACHE, type(table_bits._cache) is FunctionCache)"
    )
    assert output_of(code) == "None True\n"


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


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits")
def test_what_is_printed_in_part_is_an_error(tmp_path: Path) -> None:
    """Unbuffered, as in containers, Python itself drops what the system did not take, and goes on."""
    code = (
        "import resource, sys\n"
        "from dedup.cli.startup import start\n"
        "start()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "sys.stdout.write('an answer of some length\\n')"
    )
    with (tmp_path / "answers").open("w") as answers:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, stdout=answers, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode != 0
    assert "File too large" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_an_answer_that_cannot_be_printed_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "one.txt"
    source.write_text(article(1))
    command = [sys.executable, "-m", "dedup", "run", str(source), "--level", "identical"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "dedup: No space left on device\n"
