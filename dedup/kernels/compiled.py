"""Compile kernels, once for each machine; later they are loaded from Numba's cache. They run without the GIL."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import event

OPTIONS = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}


def kernel(function: Callable[..., Any]) -> Any:
    """Return a kernel that is compiled, or loaded from the cache, when it is first called."""
    return _valid_with_others(njit(**OPTIONS)(function))


def inner_kernel(function: Callable[..., Any]) -> Any:
    """Return a kernel that only other kernels call: it has no entry from Python, which takes as long to compile.

    LLVM makes it a part of its callers where that pays. A call from Python would crash: a test looks for such calls.
    """
    return _valid_with_others(njit(**OPTIONS, no_cpython_wrapper=True)(function))


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Return an inner kernel that LLVM makes a part of each caller.

    Numba's own ``inline="always"`` has the types of its code inferred again for each call. With it, and wrappers for
    inner kernels, the kernels of a run took 42 s of processor time to compile, and take 31 s (2026-11-28).
    """
    return _valid_with_others(njit(**OPTIONS, no_cpython_wrapper=True, forceinline=True)(function))


def _valid_with_others(kernel: Any) -> Any:
    """Have cached code count as valid only while the kernels that it contains are unchanged, too; return the kernel.

    Numba looks at the file of the kernel alone, and by its content: after an upgrade that changes an inner kernel, its
    callers in other files would go on with the old one. There is no public way to say so.
    """
    files: Any = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if hasattr(files, "_source_stamp"):
        files._source_stamp = (files._source_stamp, _digest(Path(kernel.py_func.__code__.co_filename)))
    return kernel


@cache
def _digest(module: Path) -> str:
    """Return a digest of the source of a module, and of the modules of kernels that it imports."""
    try:
        source = module.read_bytes()
    except OSError:  # a program that contains the package without its sources
        return ""
    digest = blake2b(source)
    for name in sorted(set(re.findall(rb"^from dedup\.kernels\.(\w+) import", source, re.MULTILINE))):
        digest.update(_digest(module.with_name(f"{name.decode()}.py")).encode())
    return digest.hexdigest()


class _FirstUse(event.Listener):  # type: ignore[misc]
    """What Numba calls when a kernel is missing from the cache."""

    def on_start(self, event: Any) -> None:
        """Have the other kernels that the process will need compiled, too."""
        if event.data["dispatcher"].py_func.__module__.startswith(__package__):
            from dedup.kernels.cold_start.first_use import FIRST_USE

            FIRST_USE.on_start(event.data["dispatcher"], event.data["args"])

    def on_end(self, event: Any) -> None:
        """Wait for them."""
        if event.data["dispatcher"].py_func.__module__.startswith(__package__):
            from dedup.kernels.cold_start.first_use import FIRST_USE

            FIRST_USE.on_end(event.data["dispatcher"], event.data["args"])


event.register("numba:compile", _FirstUse())
