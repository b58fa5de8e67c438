"""How many threads and how much memory by default: what the process may take, not what the machine has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.run.options import RunOptions
from dedup.store import limits
from dedup.store.limits import ControlGroups

FREE = 16


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ControlGroups:
    """Control groups, and a machine of 16 processors and 64 MiB."""
    (tmp_path / "groups").mkdir()
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(FREE)), raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: 1 << 20 if "SIZE" in name else 64, raising=False)
    return ControlGroups(tmp_path / "groups", tmp_path / "own")


def put(groups: ControlGroups, own: str, **files: str) -> None:
    """Write files of groups, their slashes as three underscores and points as two, and which groups are ours."""
    groups.of_process.write_text(own)
    for name, content in files.items():
        path = groups.root / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.mark.parametrize(
    ("own", "files", "processors"),
    [
        ("", {}, FREE),
        ("0::/\n", {"cpu__max": "max 100000\n"}, FREE),
        ("0::/\n", {"cpu__max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu__max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu__max": "10000 100000\n"}, 1),
        ("0::/\n", {"cpu__max": "9900000 100000\n"}, FREE),
        ("0::/a.slice/b\n", {"a.slice___b___cpu__max": "max 100000", "a.slice___cpu__max": "300000 100000"}, 3),
        ("0::/a/b\n", {"a___b___cpu__max": "400000 100000", "a___cpu__max": "max 100000"}, 4),
        ("0::/gone/there\n", {"cpu__max": "200000 100000"}, 2),
        ("0::/../other\n", {"cpu__max": "200000 100000"}, 2),
        ("3:cpu,cpuacct:/\n", {"cpu___cpu__cfs_quota_us": "-1\n", "cpu___cpu__cfs_period_us": "100000\n"}, FREE),
        ("3:cpu,cpuacct:/docker/1\n", {"cpu___cpu__cfs_quota_us": "250000", "cpu___cpu__cfs_period_us": "100000"}, 3),
        (
            "2:memory:/m\n3:cpu,cpuacct:/x\n0::/\n",
            {"cpu___x___cpu__cfs_quota_us": "50000", "cpu___x___cpu__cfs_period_us": "50000"},
            1,
        ),
        ("0::/\n", {"cpu__max": "nonsense"}, FREE),
        ("no line of that form".replace(" ", ":") + "\n", {"cpu__max": "100000 0"}, FREE),
    ],
)
def test_processors(groups: ControlGroups, own: str, files: dict[str, str], processors: int) -> None:
    put(groups, own, **files)
    assert limits.processors(groups) == processors


@pytest.mark.parametrize(
    ("own", "files", "size"),
    [
        ("", {}, 64 << 20),
        ("0::/\n", {"memory__max": "max\n"}, 64 << 20),
        ("0::/\n", {"memory__max": "1000\n"}, 1000),
        ("0::/a/b\n", {"a___memory__max": "3000\n", "a___b___memory__max": "max"}, 3000),
        ("4:memory:/x\n", {"memory___x___memory__limit_in_bytes": "2000\n"}, 2000),
        ("4:memory:/docker/1\n", {"memory___memory__limit_in_bytes": "9223372036854771712\n"}, 64 << 20),
    ],
)
def test_memory(groups: ControlGroups, own: str, files: dict[str, str], size: int) -> None:
    put(groups, own, **files)
    assert limits.memory(groups) == size


def test_a_run_takes_what_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {5}, raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: 1 << 20 if "SIZE" in name else 8, raising=False)
    assert (RunOptions().chosen_threads, RunOptions().chosen_memory) == (1, 2 << 20)
    given = RunOptions(threads=7, memory=3)
    assert (given.chosen_threads, given.chosen_memory) == (7, 3)


def test_processors_without_affinity(groups: ControlGroups, monkeypatch: pytest.MonkeyPatch) -> None:
    put(groups, "0::/\n", cpu__max="300000 100000")
    assert limits.processors(groups) == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert limits.processors(groups) == 2


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity")
def test_affinity() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from dedup.store import limits; print(limits.processors())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
