"""Have other processes compile kernels into Numba's cache: within one process Numba compiles one at a time.

Such a process is a new interpreter, not a fork: that works on every system, in notebooks and under ``python -c``, and
shares nothing but the cache. If it fails, or cannot be started, what it should have compiled is compiled here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from numba import config

from dedup.kernels.cold_start.known_kernels import KnownKernel, all_kernels

SWITCH = "DEDUP_COMPILERS"
"""Environment variable: how many processes compile at the same time, this one included."""

MOST_COMPILERS = 4
"""Unless the switch says more: the last kernels are waited for by all."""

LEAST_SECONDS = 2.0
"""Of compilation that is worth another process, which takes 0.7 s to start."""

PATIENCE = 60.0
"""Seconds that a process may take for one kernel once there are no others left, before it is given up."""

_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from dedup.kernels.cold_start.first_use import serve; serve()"
"""It imports from where this process does. Python would put the working folder first, and what is in there."""


class CompilerProcesses:
    """Processes that take kernels from the front of a queue and compile them, while the caller does so, too.

    Parameters
    ----------
    queue : deque of KnownKernel
        What is to be compiled. A kernel that a process has taken and failed at is not in it any more; Numba compiles it
        when it is called.
    count : int
        How many processes, see `worthwhile`.
    """

    def __init__(self, queue: deque[KnownKernel], count: int) -> None:
        self._queue = queue
        self._processes: list[subprocess.Popen[str]] = []
        self._threads: list[threading.Thread] = []
        for _ in range(count):
            self._start()

    def _start(self) -> None:
        folders = [*sys.path, str(Path(__file__).parents[3])]
        flags = ["-X", "utf8", "-W", "ignore"]
        try:
            process = subprocess.Popen(
                [sys.executable, *flags, "-c", _PROGRAM, *folders],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {SWITCH: "1"} | ({"NUMBA_CACHE_DIR": config.CACHE_DIR} if config.CACHE_DIR else {}),
                text=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError:
            return
        thread = threading.Thread(target=self._feed, args=(process,), daemon=True)
        self._processes.append(process)
        self._threads.append(thread)
        thread.start()

    def _feed(self, process: subprocess.Popen[str]) -> None:
        """Give a process one kernel after the other, until none is left or it ends."""
        assert process.stdin is not None
        assert process.stdout is not None
        places = {one: k for k, one in enumerate(all_kernels())}
        try:
            while process.stdout.readline() and self._queue:  # a line when it has started, and after each kernel
                process.stdin.write(f"{places[self._queue.popleft()]}\n")
                process.stdin.flush()
        except (OSError, IndexError, ValueError):
            pass  # it has ended, or the queue has

    def __enter__(self) -> CompilerProcesses:
        return self

    def wait(self) -> None:
        """Wait until the processes have compiled what they took."""
        for thread in self._threads:
            thread.join(PATIENCE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.wait()
            thread.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what it did not read
                        pipe.close()


def compilers() -> int:
    """Return how many processes may compile at the same time."""
    chosen = os.environ.get(SWITCH, "")
    if chosen.isdecimal():
        return max(1, int(chosen))
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_COMPILERS, available)


def worthwhile(queue: Sequence[KnownKernel]) -> int:
    """Return how many processes to start for these kernels besides the one that asks."""
    if sum(one.seconds for one in queue) < LEAST_SECONDS or not _is_python():
        return 0
    return min(compilers(), len(queue) + 1) - 1


def _is_python() -> bool:
    """Return whether ``sys.executable`` is an interpreter, and not a program that embeds or contains one."""
    name = Path(sys.executable or "").name.lower()
    return name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)
