"""Compile kernels, once for each machine; later they are loaded from Numba's cache. They run without the GIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(function: Callable[..., Any]) -> Any:
    """Return a kernel that is compiled, or loaded from the cache, when it is first called."""
    return njit(cache=True, nogil=True)(function)
