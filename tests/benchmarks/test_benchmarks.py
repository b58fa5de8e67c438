"""The pure parts of the benchmarks: what counts as precise, whom a rival's answer drops, what a process tree costs."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import naive
import pytest

from benchmarks import measure
from benchmarks.quality import precision
from benchmarks.rivals import job

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


def test_only_wanted_documents_are_told(texts):
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


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="asks the system, as Linux answers")
def test_peak_is_that_of_all_processes_together(monkeypatch):
    monkeypatch.setattr(measure, "WATCH_SECONDS", 0.02)
    child = "import time; room = bytearray(60_000_000); time.sleep(0.25)"
    start = f"subprocess.Popen([sys.executable, '-c', {child!r}])"
    two = f"import subprocess, sys; [process.wait() for process in ({start}, {start})]"
    alone = measure.run([sys.executable, "-c", child])
    both = measure.run([sys.executable, "-c", two])
    assert alone.peak > 60_000_000
    assert both.peak > 120_000_000


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-m", "benchmarks.corpora.make", "-o", folder, "--documents", "330", "--copies", "0.2"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder


def index_figures(folder: Path, *options: str) -> dict[str, Any]:
    told = folder / "told.json"
    command = [sys.executable, "-m", "benchmarks.index.run", folder / "corpus.jsonl", "--json", told, *options]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(told.read_text())


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="asks the system, as Linux answers")
def test_indexes_are_measured_side_by_side(small_corpus):
    contestants = ["dedup", "datasketch"]
    if shutil.which("redis-server") and importlib.util.find_spec("redis"):
        contestants.append("datasketch-redis")
    options = ["--asked", "30", "--planted", str(small_corpus / "planted.jsonl"), "--levels", "near"]
    rows = index_figures(small_corpus, *options, "--contestants", *contestants)["rows"]
    assert len(rows) == len(contestants)
    for one in rows:
        at_threshold = one["found"]["resemblance from the threshold"]
        assert (one["documents"], one["asked"]) == (300, 30)
        assert at_threshold["planted"] > 20
        assert at_threshold["met"] / at_threshold["planted"] > 0.8
        assert one["true"] > 0.8
        assert 1 <= one["answered"] <= 15
        assert one["bytes_a_document"] > 500
        assert one["peak"] > one["reader"]["anonymous"] > 10_000_000
        assert one["reader"]["rss"] >= one["reader"]["pss"] >= one["reader"]["uss"]
    assert rows[0]["true"] == 1.0


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="asks the system, as Linux answers")
def test_a_window_holds_what_its_days_brought(small_corpus):
    told = index_figures(small_corpus, "--window", "3", "--days", "11")
    assert [day["added"] for day in told["days"]] == [30] * 11
    assert [day["documents"] for day in told["days"]] == [30, 60, *[90] * 9]
    assert [day["expired"] for day in told["days"]] == [0, 0, 0, *[30] * 8]
    assert told["told_of_expired"] == 0


def test_estimates_are_held_against_what_is_verified(small_corpus):
    command = [sys.executable, "-m", "benchmarks.index.estimates", small_corpus / "corpus.jsonl", "--thresholds", "0.6"]
    printed = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    rows = [line.split(" | ") for line in printed.splitlines()[-2:]]
    assert [row[0] for row in rows] == ["| dedup", "| MinHashLSH"]
    assert all(float(row[2]) > 0.95 and float(row[3]) > 0.5 for row in rows)
