"""How kernels are compiled: once on a machine, without the GIL; and how they are loaded again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from numba import njit


def _quick_cache() -> Any:
    """Return Numba's cache of compiled functions, but that loading one does not prepare for compiling others.

    Numba reads all its compiler knows (``refresh``, 50 ms) before it loads the first function. Machine code needs none
    of it, only the runtime; and whatever compiles, here or elsewhere, makes Numba read it then. This is not Numba's
    public interface: where it has changed the answer is None, and loading slower.
    """
    try:
        from numba.core.caching import FunctionCache
        from numba.core.runtime import rtsys

        load = FunctionCache._load_overload
        guard = FunctionCache._guard_against_spurious_io_errors
        takes = [list(inspect.signature(function).parameters) for function in (FunctionCache.load_overload, load)]
    except (ImportError, AttributeError):
        return None
    if takes != [["self", "sig", "target_context"]] * 2:
        return None

    class QuickCache(FunctionCache):  # type: ignore[misc]
        def load_overload(self, sig: Any, target_context: Any) -> Any:
            rtsys.initialize(target_context)
            with guard(self):
                return load(self, sig, target_context)

    return QuickCache


_QUICK_CACHE = _quick_cache()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, or load what was compiled then."""
    compiled = njit(cache=True, nogil=True)(function)
    if _QUICK_CACHE is not None and hasattr(compiled, "_cache"):
        compiled._cache.__class__ = _QUICK_CACHE
    return compiled
