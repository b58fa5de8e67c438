"""Know which kernels are called from Python, with which types of arguments, and for what.

The table is `known_kernels.json`, which ``tests/kernels/recorded.py`` writes; tests hold it against what commands call.
A kernel that it lacks is compiled when it is first called, as Numba does: nothing is wrong, but it takes longer.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from numba import types

PLACE = Path(__file__).with_name("known_kernels.json")
KERNELS = "dedup.kernels."
_SCALARS = {
    str(one): one
    for one in (
        *(types.boolean, types.float32, types.float64),
        *(types.int8, types.int16, types.int32, types.int64),
        *(types.uint8, types.uint16, types.uint32, types.uint64),
    )
}


@dataclass(frozen=True)
class KnownKernel:
    """A kernel with the types of its arguments: one thing to compile.

    Parameters
    ----------
    name : str
        Its module in `dedup.kernels` and its own name, with a dot between.
    arguments : tuple of str
        As `spelled` writes types.
    seconds : float
        Of processor time to compile it, with the inner kernels that only it has.
    """

    name: str
    arguments: tuple[str, ...]
    seconds: float

    @property
    def module(self) -> str:
        """The module that has it."""
        return KERNELS + self.name.rpartition(".")[0]

    def kernel(self) -> Any:
        """Return the kernel itself; its module is imported."""
        return getattr(importlib.import_module(self.module), self.name.rpartition(".")[2])

    def types(self) -> tuple[Any, ...]:
        """Return Numba's types of the arguments."""
        return tuple(map(read_type, self.arguments))

    def compile(self) -> None:
        """Compile it, or load it if the cache has it by now."""
        self.kernel().compile(self.types())

    def is_missing(self) -> bool:
        """Return whether Numba's cache lacks it. Numba offers no other way to ask than this private one."""
        kernel = self.kernel()
        return self.types() not in kernel.overloads and (
            kernel._cache.load_overload(self.types(), kernel.targetctx) is None
        )


@dataclass(frozen=True)
class Use:
    """Something people do, and the kernels that it needs.

    Parameters
    ----------
    name : str
    is_sure : bool
        Whether all of them are needed, whatever the input is; else it depends on the texts which are.
    kernels : tuple of KnownKernel
        In the order in which they are needed.
    """

    name: str
    is_sure: bool
    kernels: tuple[KnownKernel, ...]

    def has(self, name: str, arguments: tuple[str, ...]) -> bool:
        """Return whether a kernel with these types of arguments is among them."""
        return any((one.name, one.arguments) == (name, arguments) for one in self.kernels)

    def is_loaded(self) -> bool:
        """Return whether the process has imported the modules of all its kernels, so that it is about to do this."""
        return all(one.module in sys.modules for one in self.kernels)


@cache
def known_uses() -> tuple[Use, ...]:
    """Read the table."""
    table = json.loads(PLACE.read_text("utf-8"))
    kernels = [KnownKernel(name, tuple(arguments), seconds) for name, arguments, seconds in table["kernels"]]
    return tuple(Use(use["name"], use["is_sure"], tuple(kernels[k] for k in use["kernels"])) for use in table["uses"])


def all_kernels() -> list[KnownKernel]:
    """Return every kernel of the table once, in the order in which they are needed."""
    return list(dict.fromkeys(one for use in known_uses() for one in use.kernels))


def needed_with(name: str, arguments: tuple[str, ...]) -> list[KnownKernel]:
    """Return the kernels that a process needs that needs this one, which is among them if the table has it.

    They are those of all uses whose modules are loaded; and if it is not among them, those of the smallest use that has
    it.
    """
    expected = [use for use in known_uses() if use.is_sure and use.is_loaded()]
    if not any(use.has(name, arguments) for use in expected):
        having = [use for use in known_uses() if use.has(name, arguments)]
        expected += sorted(having, key=lambda use: len(use.kernels))[:1]
    return list(dict.fromkeys(one for use in expected for one in use.kernels))


def spelled(kind: Any) -> str:
    """Write a type of Numba's as the table has it: ``int64``, ``uint8[::1]``, ``readonly float64[:, ::1]``.

    Raises
    ------
    ValueError
        For a type that kernels are not called with.
    """
    if str(kind) in _SCALARS:
        return str(kind)
    if isinstance(kind, types.Array) and kind.layout == "C" and kind.aligned and str(kind.dtype) in _SCALARS:
        return f"{'' if kind.mutable else 'readonly '}{kind.dtype}[{':, ' * (kind.ndim - 1)}::1]"
    raise ValueError(f"kernels are not called with {kind}")


def read_type(text: str) -> Any:
    """Return the type that `spelled` has written."""
    if text in _SCALARS:
        return _SCALARS[text]
    dtype, _, axes = text.removeprefix("readonly ").partition("[")
    return types.Array(_SCALARS[dtype], axes.count(",") + 1, "C", readonly=text.startswith("readonly "))
