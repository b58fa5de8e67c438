"""What the cache lacks is compiled at once, by more than one process, and only what will be called."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded
from numba import types

import dedup
from dedup.cli import compile_notice
from dedup.kernels.cold_start import compiler_processes, notices
from dedup.kernels.cold_start.known_kernels import all_kernels, known_uses, needed_with, read_type, spelled
from dedup.run.progress import Progress

ROOT = Path(dedup.__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}


def output_of(arguments: list[str], cache: Path, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**ENVIRONMENT, "NUMBA_CACHE_DIR": str(cache), **more},
        capture_output=True,
        text=True,
        check=False,
        cwd=cache.parent,  # Python imports from the working folder first
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- the table


CONNECT = """
import numpy as np
from dedup.kernels import leader_clusters as kernel
from dedup.kernels.cold_start.first_use import FIRST_USE
with FIRST_USE.by_us():
    kernel.connect(np.zeros(1, np.int64), np.zeros(1, np.int64), np.arange(1))
print(kernel.__file__, sum(kernel.connect.stats.cache_misses.values()))
"""


def test_a_kernel_is_compiled_again_when_one_that_it_may_contain_has_changed(tmp_path: Path) -> None:
    """By Numba's rule it would not: it looks at the file of the kernel itself."""
    kernels = tmp_path / "dedup" / "kernels"
    shutil.copytree(ROOT / "dedup", tmp_path / "dedup", ignore=shutil.ignore_patterns("__pycache__"))

    def misses() -> str:
        place, count = output_of(["-c", CONNECT], tmp_path / "cache", PYTHONPATH=str(tmp_path)).split()
        assert Path(place).parent == kernels
        return count

    assert [misses(), misses()] == ["1", "0"]
    with (kernels / "arrays.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert misses() == "1"


def test_each_kernel_of_the_table_is_there_and_takes_as_many_arguments() -> None:
    for known in all_kernels():
        function = known.kernel().py_func
        assert function.__code__.co_argcount == len(known.types()), known.name
        assert [spelled(kind) for kind in known.types()] == list(known.arguments)
        assert known.seconds > 0


def test_types_are_written_as_numba_means_them() -> None:
    array = np.zeros((2, 3), np.uint16)
    array.flags.writeable = False
    kind = types.Array(types.uint16, 2, "C", readonly=True)
    assert spelled(kind) == "readonly uint16[:, ::1]"
    assert read_type("readonly uint16[:, ::1]") == kind
    assert read_type("bool") == types.boolean
    with pytest.raises(ValueError, match="kernels are not called with"):
        spelled(types.Array(types.uint16, 2, "A"))


def test_a_use_is_expected_when_its_modules_are_loaded() -> None:
    code = (
        "import {module}\n"
        "from dedup.kernels.cold_start.known_kernels import all_kernels, needed_with\n"
        "first = all_kernels()[0]\n"
        "print(sorted(one.name for one in needed_with(first.name, first.arguments)))"
    )
    uses = {use.name: sorted(one.name for one in use.kernels) for use in known_uses()}
    cases = [("dedup.comparison", "compare"), ("dedup.run.pipeline", "run")]
    for module, use in cases:
        done = subprocess.run(
            [sys.executable, "-c", code.format(module=module)],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ast.literal_eval(done.stdout) == uses[use]


def test_of_a_kernel_that_depends_on_the_texts_those_are_expected_that_come_with_it() -> None:
    rewrite = next(one for one in all_kernels() if one.name == "markup_removal.rewrite")
    needed = needed_with(rewrite.name, rewrite.arguments)
    assert rewrite in needed
    assert len(needed) < len(all_kernels())


# ---- calls


def inner_kernels() -> dict[str, set[str]]:
    """Return the kernels without an entry from Python, by module."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "dedup" / "kernels").glob("*.py"):
        names = re.findall(r"^@(?:inner|inlined)_kernel\ndef (\w+)", path.read_text("utf-8"), re.MULTILINE)
        found[path.stem] = set(names)
    return found


def test_nothing_but_kernels_calls_inner_kernels() -> None:
    """Python would crash: they have no entry for it."""
    inner = inner_kernels()
    assert sum(map(len, inner.values())) > 100
    paths = [path for folder in ("dedup", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    for path in paths:
        if path.parent.name == "kernels" and path.parents[1].name == "dedup":
            continue
        source = path.read_text("utf-8")
        if "dedup.kernels" not in source:
            continue
        modules: dict[str, str] = {}
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dedup.kernels"):
                stem = (node.module or "").rpartition(".")[2]
                for one in node.names:
                    assert one.name not in inner.get(stem, ()), f"{path} imports {one.name}"
                    modules[one.asname or one.name] = one.name
            elif isinstance(node, ast.Import):
                ours = [one for one in node.names if one.name.startswith("dedup.kernels.")]
                modules |= {one.asname or one.name: one.name.rpartition(".")[2] for one in ours}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                stem = modules.get(ast.unparse(node.value), "")
                assert node.attr not in inner.get(stem, ()), f"{path} calls {stem}.{node.attr}"


# ---- processes

SMALL = ("packed_tokens.fill", "sorted_postings.checksums", "posting_lists.lists_of")

COMPILE = """
import os, sys, time
from collections import deque
from dedup.kernels.cold_start import compiler_processes
from dedup.kernels.cold_start.first_use import missing
from dedup.kernels.cold_start.known_kernels import all_kernels
small = [one for one in all_kernels() if one.name in {small}]
assert missing(small) == small
queue = deque(small)
{before}
with compiler_processes.CompilerProcesses(queue, 1) as processes:
    end = time.monotonic() + {patience}
    while queue and time.monotonic() < end:
        time.sleep(0.05)
    processes.wait()
try:
    os.waitpid(-1, os.WNOHANG)
    print("a process is left")
except ChildProcessError:
    print(len(queue), len(missing(small)))
"""


def small() -> list[str]:
    return [one.name for one in all_kernels() if one.name in SMALL]


def test_another_process_compiles_into_the_same_cache(tmp_path: Path) -> None:
    code = COMPILE.format(small=SMALL, before="", patience=300)
    assert output_of(["-c", code], tmp_path) == "0 0\n"


@pytest.mark.parametrize("program", ["", "exit 1", "exec sleep 60", "echo; exit 1", "echo; exec sleep 60"])
def test_a_process_that_fails_is_harmless(tmp_path: Path, program: str) -> None:
    place = tmp_path / "python3"
    if program:
        place.write_text(f"#!/bin/sh\n{program}\n")
        place.chmod(0o755)
    before = f"sys.executable = {str(place)!r}\ncompiler_processes.PATIENCE = 0.5"
    code = COMPILE.format(small=SMALL, before=before, patience=1)
    left, missing = output_of(["-c", code], tmp_path / "cache").split()
    assert missing == str(len(small()))
    assert int(left) >= int(missing) - 1  # all but the one that it took are left for this process


def test_few_kernels_are_not_worth_a_process() -> None:
    by_seconds = sorted(all_kernels(), key=lambda one: one.seconds)
    assert compiler_processes.worthwhile(deque(by_seconds[:2])) == 0


def test_the_switch_says_how_many_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEDUP_COMPILERS", "3")
    assert compiler_processes.worthwhile(deque(all_kernels())) == 2
    monkeypatch.setenv("DEDUP_COMPILERS", "1")
    assert compiler_processes.worthwhile(deque(all_kernels())) == 0


@pytest.mark.parametrize("executable", ["/usr/bin/uwsgi", "", None])
def test_what_embeds_python_is_not_started(monkeypatch: pytest.MonkeyPatch, executable: str | None) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    assert compiler_processes.worthwhile(deque(all_kernels())) == 0


# ---- what is said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((31, 14.2, True), "dedup: compiling 31 kernels for this machine, once: about 15 s\n"),
        ((5, 3.0, False), "dedup: compiling 5 more kernels for this machine, once: about 3 s\n"),
        ((1, 1.5, False), "dedup: compiling 1 more kernel for this machine, once: about 2 s\n"),
        ((2, 0.4, False), ""),
    ],
)
def test_it_is_said_how_many_are_compiled(
    arguments: tuple[int, float, bool], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with compile_notice.announce_compilation(quiet=False):
        notices.notify(*arguments)
    assert capsys.readouterr().err == said


def test_a_run_with_progress_says_it_unless_the_command_line_does(capsys: pytest.CaptureFixture[str]) -> None:
    for progress, said in ((Progress(notices=True), "dedup: compiling 2 kernels"), (Progress(), "")):
        with progress.announcing_compilation():
            notices.notify(2, 3.0, True)
        assert capsys.readouterr().err.startswith(said)
    with compile_notice.announce_compilation(quiet=False), Progress(notices=True).announcing_compilation():
        notices.notify(2, 3.0, True)
    assert capsys.readouterr().err.count("compiling") == 1
    assert notices.listener is None


# ---- all of it, in one empty cache


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Return a cache that `dedup warmup` has filled, and its answer."""
    cache = tmp_path_factory.mktemp("cache")
    return cache, json.loads(output_of(["-m", "dedup", "warmup", "--json"], cache))


def test_warmup_compiles_all(warm: tuple[Path, dict[str, Any]]) -> None:
    cache, answer = warm
    assert answer["kernels"] == answer["compiled"] == len(all_kernels())
    assert answer["seconds"] > 1
    assert Path(answer["folder"]).parent == cache


@pytest.mark.parametrize("use", ["compare", "run JSON lines", "index", "run on markup"])
def test_after_it_no_command_compiles(warm: tuple[Path, dict[str, Any]], use: str, tmp_path: Path) -> None:
    """If this fails after a change of a kernel or its arguments: python tests/kernels/recorded.py."""
    output_of([recorded.__file__, use, str(tmp_path / "report.json")], warm[0])
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["compiled"] == []
    assert report["failed"] == []
    known = {(one.name, one.arguments) for one in all_kernels()}
    assert {(name, tuple(arguments)) for name, arguments in report["loaded"]} <= known


def test_a_copy_of_the_cache_is_as_good(warm: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """The folder of an image may be read-only: it is copied to one that can be written to."""
    shutil.copytree(warm[0], tmp_path / "copy")
    answer = json.loads(output_of(["-m", "dedup", "warmup", "--json"], tmp_path / "copy", HOME="/nonexistent"))
    assert answer["compiled"] == 0
    assert "all" in output_of(["-m", "dedup", "warmup"], tmp_path / "copy")


def test_for_another_processor_it_is_compiled_again(warm: tuple[Path, dict[str, Any]]) -> None:
    code = (
        "from dedup.kernels.cold_start.first_use import missing, processor\n"
        "from dedup.kernels.cold_start.known_kernels import all_kernels\n"
        "print(processor(), len(missing(all_kernels())))"
    )
    generic = output_of(["-c", code], warm[0], NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert generic == f"generic {len(all_kernels())}\n"
