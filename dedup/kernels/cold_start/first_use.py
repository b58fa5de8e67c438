"""When the first kernel is missing from the cache, compile all that the process will need, on all processors.

Numba compiles a kernel when it is called, one after the other. Which ones will be called is known (`known_kernels`), so
that they are compiled at once, by this process and others; afterwards they are loaded when they are called.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from llvmlite.binding import get_host_cpu_name
from numba import config

from dedup.kernels.cold_start.compiler_processes import CompilerProcesses, compilers, worthwhile
from dedup.kernels.cold_start.known_kernels import KERNELS, KnownKernel, all_kernels, needed_with, spelled
from dedup.kernels.cold_start.notices import notify


class FirstUse:
    """What is done when Numba starts and ends compiling a kernel of ours.

    Numba calls this while it holds the lock of its compiler: one thread at a time.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._is_busy = False
        self._processes: CompilerProcesses | None = None
        self._queue: deque[KnownKernel] = deque()
        self._tried: set[KnownKernel] = set()

    def on_start(self, dispatcher: Any, arguments: Sequence[Any]) -> None:
        """Start processes that compile the kernels needed besides this one."""
        self._depth += 1
        if self._depth > 1 or self._is_busy:
            return  # an inner kernel, or one of those below
        name = f"{dispatcher.py_func.__module__.removeprefix(KERNELS)}.{dispatcher.py_func.__name__}"
        try:
            own = (name, tuple(map(spelled, arguments)))
        except ValueError:
            return  # called by code of others, with types that ours has not
        needed = needed_with(*own)
        lacking = [one for one in missing(needed) if one not in self._tried]  # else the cache cannot be written to
        self._tried.update(lacking)
        self._queue = longest_first(one for one in lacking if (one.name, one.arguments) != own)
        notify(len(self._queue) + 1, expected_seconds(lacking), len(lacking) == len(needed))
        self._processes = CompilerProcesses(self._queue, worthwhile(self._queue))

    def on_end(self, dispatcher: Any, arguments: Sequence[Any]) -> None:
        """Compile what the other processes have not taken, and wait for them."""
        self._depth -= 1
        if self._depth > 0 or self._is_busy or self._processes is None:
            return
        processes, self._processes = self._processes, None
        with processes, self.by_us():
            if tuple(arguments) in dispatcher.overloads:  # else it could not be compiled
                compile_from(self._queue)
                processes.wait()

    @contextmanager
    def by_us(self) -> Iterator[None]:
        """Compile kernels of the table one by one in this block: none of them is a reason to compile others."""
        before, self._is_busy = self._is_busy, True
        try:
            yield
        finally:
            self._is_busy = before


FIRST_USE = FirstUse()


def compile_known() -> int:
    """Compile all kernels of the table that the cache lacks; return how many."""
    if config.DISABLE_JIT:
        return 0
    known = all_kernels()
    lacking = missing(known)
    if lacking:
        notify(len(lacking), expected_seconds(lacking), len(lacking) == len(known))
    queue = longest_first(lacking)
    with FIRST_USE.by_us(), CompilerProcesses(queue, worthwhile(queue)) as processes:
        compile_from(queue)
        processes.wait()
        compile_from(deque(missing(lacking)))  # what another process failed at, so that its error is seen
    return len(lacking)


def longest_first(kernels: Iterable[KnownKernel]) -> deque[KnownKernel]:
    """Return these as a queue in which those that take longest come first, so that no process is left with one."""
    return deque(sorted(kernels, key=lambda one: -one.seconds))


def compile_from(queue: deque[KnownKernel]) -> None:
    """Compile the kernels of a queue, from its front, until none is left."""
    while True:
        try:
            known = queue.popleft()
        except IndexError:
            return
        known.compile()


def missing(kernels: Sequence[KnownKernel]) -> list[KnownKernel]:
    """Return those of these that the cache lacks."""
    return [one for one in kernels if one.is_missing()]


def expected_seconds(kernels: Sequence[KnownKernel]) -> float:
    """Return how long it takes to compile these on a machine as that of the table, by all processes together."""
    return sum(one.seconds for one in kernels) / min(compilers(), max(1, len(kernels)))


def serve() -> None:
    """Compile kernels whose numbers are on standard input, a line each; write a line at the start and after each."""
    kernels = all_kernels()
    with FIRST_USE.by_us():
        print(flush=True)
        for line in sys.stdin:
            with suppress(Exception):  # the process that needs this kernel will meet it too, and report it
                kernels[int(line)].compile()
            print(flush=True)


def kept_in() -> str:
    """Return the folder in which compiled kernels are kept."""
    return "" if config.DISABLE_JIT else str(all_kernels()[0].kernel().stats.cache_path)


def processor() -> str:
    """Return the type of processor that kernels are compiled for, by LLVM's name."""
    return str(config.CPU_NAME or get_host_cpu_name())
