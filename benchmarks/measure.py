"""Measure what a command costs, and describe the machine; for POSIX systems, which are asked with ``wait4``."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""Environment variables that bound the threads of the libraries measured."""

WATCH_SECONDS = 0.1
"""Seconds between two looks at the memory of a process and its children: ten looks a second cost next to nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command cost.

    Parameters
    ----------
    cpu : float
        Seconds of processor, user and system, of the command and every process it waited for.
    wall : float
        Seconds by the clock.
    peak : int
        Bytes: the largest resident set of any one of these processes; or, where there were several at a time, of all of
        them together, if that is more: pages they share counted once, looked up ten times a second, on Linux only.
    stdout : str
        What it printed.
    """

    cpu: float
    wall: float
    peak: int
    stdout: str


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    watch_seconds: float = WATCH_SECONDS,
) -> Cost:
    """Run a command to its end and return its cost, looking at its memory once in ``watch_seconds``.

    A new process starts with the memory of the one that made it, and the system counts that to its peak: a caller that
    wants true peaks keeps itself small (imports neither pyarrow nor numba, reads no corpus) until it has measured.

    Raises
    ------
    RuntimeError
        If the command fails; carries the end of what it wrote to standard error.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=err, env=environment)
        with _Watch(process.pid, watch_seconds) as watch:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            complaint = err.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{complaint}")
        unit = 1 if sys.platform == "darwin" else 1024
        peak = max(usage.ru_maxrss * unit, watch.peak)
        return Cost(usage.ru_utime + usage.ru_stime, wall, peak, out.read().decode())


class _Watch:
    """Records the most memory that a process and its descendants had together, looking from time to time."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.peak = 0
        self._pid = pid
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(self._seconds):
            family = _descendants(self._pid)
            if len(family) > 1:  # of one alone the system itself reports the peak
                self.peak = max(self.peak, sum(map(_proportional_set, family)))


def _descendants(pid: int) -> list[int]:
    """Return a process and all that come from it and still run."""
    family = [pid]
    for one in family:  # grows while it is walked
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                family += map(int, task.read_text().split())
    return family


def _proportional_set(pid: int) -> int:
    """Return the bytes of a process in memory, a page shared by n processes counted as the n-th part of one."""
    return memory(pid).get("pss", 0)


def memory(pid: int | str = "self") -> dict[str, int]:
    """Return the bytes of a process in memory; empty where the system does not say (Linux does), or it has ended.

    Returns
    -------
    dict
        ``rss``: all pages; ``pss``: those shared by n processes counted as the n-th part; ``uss``: those that no other
        process has at the moment; ``anonymous``: those that are of no file, which the system cannot take back.
    """
    kilobytes: dict[str, int] = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, _, value = line.partition(":")
            kilobytes[name] = int(value.split()[0])
    if not kilobytes:
        return {}
    own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    names = {"rss": kilobytes["Rss"], "pss": kilobytes["Pss"], "uss": own, "anonymous": kilobytes["Anonymous"]}
    return {name: value * 1024 for name, value in names.items()}


def threads(count: int) -> dict[str, str]:
    """Return this process's environment with every library bound to a number of threads.

    Compiled modules are kept, as an installed package keeps them, even if this process must not write them.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **dict.fromkeys(THREAD_VARIABLES, str(count))}


def one_thread() -> dict[str, str]:
    """Return this process's environment with every library bound to one thread."""
    return threads(1)


def machine() -> dict[str, str | int]:
    """Return what the figures depend on: processor, cores, system, Python, date."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
