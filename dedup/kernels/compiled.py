"""Compile kernels, once for each machine; later they are loaded from Numba's cache. They run without the GIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

OPTIONS = {"cache": True, "nogil": True, "no_cfunc_wrapper": True}


def kernel(function: Callable[..., Any]) -> Any:
    """Return a kernel that is compiled, or loaded from the cache, when it is first called."""
    return njit(**OPTIONS)(function)


def inner_kernel(function: Callable[..., Any]) -> Any:
    """Return a kernel that only other kernels call: it has no entry from Python, which takes as long to compile.

    LLVM makes it a part of its callers where that pays.
    """
    return njit(**OPTIONS, no_cpython_wrapper=True)(function)


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Return an inner kernel that LLVM makes a part of each caller.

    Numba's own ``inline="always"`` has the types of its code inferred again for each call. With it, and wrappers for
    inner kernels, the kernels of a run took 42 s of processor time to compile, and take 31 s (2026-11-28).
    """
    return njit(**OPTIONS, no_cpython_wrapper=True, forceinline=True)(function)
