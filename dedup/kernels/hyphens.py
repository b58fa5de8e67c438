"""Find hyphens that only divide a word at the end of a line, as in scans and columns of print."""

from __future__ import annotations

import numpy as np
from numba import i8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel

HYPHENS = (0x2D, 0xAD, 0x2010)
"""Hyphen-minus, soft hyphen, hyphen."""

N_LOWER = 0x530
IS_LOWER = np.array([chr(code).islower() for code in range(N_LOWER)])
"""Which code points of Latin, Greek and Cyrillic, one or two bytes of UTF-8, are letters in lower case."""


@inlined_kernel
def is_lower(lead: int, following: int) -> bool:
    """Return whether two bytes that are a code point of UTF-8 are a letter in lower case."""
    code = (i8(lead) & 0x1F) << 6 | i8(following) & 0x3F
    return 0xC2 <= lead < 0xE0 and following & 0xC0 == 0x80 and code < N_LOWER and IS_LOWER[code]


@inlined_kernel
def ends_line(data: Array, at: int, stop: int) -> bool:
    """Return whether the end of a line is there."""
    return at < stop and (data[at] == 10 or data[at] == 13)


@inner_kernel
def divided(data: Array, start: int, at: int, stop: int) -> int:
    """Return how many bytes from a hyphen on are no part of the word that it divides; 0 if there is no such hyphen.

    It does if it stands between two letters in lower case, the end of a line behind it, and blanks at most at the
    beginning of the next. A capital or a digit on either side is one of a compound: "NATO-led", "12-year".

    Parameters
    ----------
    data : uint8 array
        UTF-8.
    start, stop : int
        The text.
    at : int
        Before ``stop``.
    """
    size = 0
    if data[at] == 0x2D:
        size = 1
    elif data[at] == 0xC2 and at + 1 < stop and data[at + 1] == 0xAD:
        size = 2
    elif data[at] == 0xE2 and at + 2 < stop and data[at + 1] == 0x80 and data[at + 2] == 0x90:
        size = 3
    if size == 0:
        return 0
    line = at + size
    if at == start or not ends_line(data, line, stop):
        return 0
    before = data[at - 1]
    if before < 0x80:
        if not IS_LOWER[before]:
            return 0
    elif at - 1 == start or not is_lower(data[at - 2], before):
        return 0
    line += 2 if data[line] == 13 and line + 1 < stop and data[line + 1] == 10 else 1
    while line < stop and (data[line] == 32 or data[line] == 9):
        line += 1
    if line >= stop:
        return 0
    if data[line] < 0x80:
        return line - at if IS_LOWER[data[line]] else 0
    return line - at if line + 1 < stop and is_lower(data[line], data[line + 1]) else 0
