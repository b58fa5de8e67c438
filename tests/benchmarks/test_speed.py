"""What the comparison with rivals rests on: precision, whom a rival's answer drops, what a process tree costs."""

from __future__ import annotations

import ast
import itertools
import random
import sys
from pathlib import Path

import naive
import pytest

from benchmarks import measure
from benchmarks.quality import precision
from benchmarks.rivals import job
from benchmarks.rivals.environments import SCRIPTS

ROOT = Path(__file__).resolve().parents[2]


def words(rng: random.Random, count: int) -> list[str]:
    return [f"w{rng.randrange(5000)}" for _ in range(count)]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Ten articles, of some a near copy, of some one that is too far, and short ones."""
    rng = random.Random(2)
    found: dict[str, str] = {
        "short/0": "one two three",
        "short/1": "One, two: three!",
        "short/2": "one two",
        "none": "",
    }
    for i in range(10):
        article = words(rng, 200)
        found[f"{i}"] = " ".join(article)
        if i % 2:
            share = 0.01 if i % 3 else 0.2
            found[f"{i}/copy"] = " ".join("new" if rng.random() < share else word for word in article)
    return found


def test_alike_is_what_measuring_every_pair_finds(texts):
    pairs = itertools.combinations([key for key, text in texts.items() if text], 2)
    alike = [pair for pair in pairs if naive.resemblance(texts[pair[0]], texts[pair[1]], 5) >= 0.7]
    want = set(itertools.chain(*alike))
    assert want == precision.find_alike(set(texts), lambda: iter(texts.items()), 0.7)
    assert {"short/0", "1", "5/copy"} <= want
    assert not {"0", "3", "short/2"} & want


def test_only_wanted_documents_are_returned(texts):
    assert precision.find_alike({"1", "0"}, lambda: iter(texts.items()), 0.7) == {"1"}


def test_precision_counts_planted_excerpts_apart():
    found = precision.precision({"a", "b", "c", "d"}, {"a", "x"}, {"b", "y"})
    assert (found.dropped, found.alike, found.copies) == (4, 0.25, 0.5)
    assert precision.precision(set(), {"a"}, set()).copies is None


def test_leaders_are_those_that_query_and_insert_by_turns_finds():
    rng = random.Random(3)
    for _ in range(50):
        pairs = {tuple(sorted(rng.sample(range(12), 2))) for _ in range(rng.randrange(15))}
        alike = {k: [a + b - k for a, b in pairs if k in (a, b)] for k in range(12)}
        kept: list[int] = []
        for document in range(12):
            if not set(alike[document]) & set(kept):
                kept.append(document)
        assert job.leaders(alike.items()) == [k for k in range(12) if k not in kept]


@pytest.mark.parametrize("script", [*sorted(SCRIPTS.glob("run_*.py")), SCRIPTS / "job.py"], ids=lambda path: path.stem)
def test_scripts_of_rivals_import_nothing_of_ours(script):
    """They run in environments where there is nothing of ours."""
    imported = set()
    for node in ast.walk(ast.parse(script.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.partition(".")[0])
    assert imported
    assert not imported & {"dedup", "benchmarks"}


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="asks the system, as Linux answers")
def test_peak_is_that_of_all_processes_together():
    child = "import time; room = bytearray(60_000_000); time.sleep(0.25)"
    start = f"subprocess.Popen([sys.executable, '-c', {child!r}])"
    two = f"import subprocess, sys; [process.wait() for process in ({start}, {start})]"
    alone = measure.run([sys.executable, "-c", child], watch_seconds=0.02)
    both = measure.run([sys.executable, "-c", two], watch_seconds=0.02)
    assert alone.peak > 60_000_000
    assert both.peak > 120_000_000
