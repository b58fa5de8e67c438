"""What an index costs is measured side by side with datasketch, over a window of days, and of estimates."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-m", "benchmarks.corpora.make", "-o", folder, "--documents", "330", "--copies", "0.2"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder


def index_figures(folder: Path, *options: str) -> dict[str, Any]:
    figures = folder / "figures.json"
    command = [sys.executable, "-m", "benchmarks.index.run", folder / "corpus.jsonl", "--json", figures, *options]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(figures.read_text())


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="asks the system, as Linux answers")
def test_indexes_are_measured_side_by_side(small_corpus):
    contestants = ["dedup", "datasketch"]
    if shutil.which("redis-server") and importlib.util.find_spec("redis"):
        contestants.append("datasketch-redis")
    options = ["--queries", "30", "--planted", str(small_corpus / "planted.jsonl"), "--levels", "near"]
    rows = index_figures(small_corpus, *options, "--contestants", *contestants)["rows"]
    assert len(rows) == len(contestants)
    for one in rows:
        at_threshold = one["found"]["resemblance from the threshold"]
        assert (one["documents"], one["queries"]) == (300, 30)
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
    figures = index_figures(small_corpus, "--window", "3", "--days", "11")
    assert [day["added"] for day in figures["days"]] == [30] * 11
    assert [day["documents"] for day in figures["days"]] == [30, 60, *[90] * 9]
    assert [day["expired"] for day in figures["days"]] == [0, 0, 0, *[30] * 8]
    assert figures["expired_matches"] == 0


def test_estimates_are_held_against_what_is_verified(small_corpus):
    command = [sys.executable, "-m", "benchmarks.index.estimates", small_corpus / "corpus.jsonl", "--thresholds", "0.6"]
    printed = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    rows = [line.split(" | ") for line in printed.splitlines()[-2:]]
    assert [row[0] for row in rows] == ["| dedup", "| MinHashLSH"]
    assert all(float(row[2]) > 0.95 and float(row[3]) > 0.5 for row in rows)
