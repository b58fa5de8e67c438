"""Name the types in the signatures of kernels, for readers and type checkers; Numba infers its own."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A C-contiguous array; its dtype and shape are in the docstring."""
