"""Decode HTML entities, which name a character or give its number, and look names up in hash tables."""

from __future__ import annotations

from numba import i8, u1, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel
from dedup.kernels.mojibake import CP1252

ENDED, BARE, INSIDE = 1 << 42, 1 << 43, 1 << 44
"""Bits of a name: it is used with a semicolon; also without one; also without one before a letter or digit."""

SECOND = 21  # bits from here on: the second code point, if there is one

LONGEST = 32  # letters and digits of a name
LONGEST_BARE = 6

REPLACEMENT, SPACE = 0xFFFD, 32


@inner_kernel
def name_hash(data: Array, start: int, stop: int, folds: bool) -> int:
    """Return the 64-bit FNV-1a hash of a name, never 0; with ``folds``, of the name in lower case."""
    value = u8(0xCBF29CE484222325)
    for k in range(start, stop):
        value = step(value, data[k], folds)
    return value


@inner_kernel
def step(value: int, byte: int, folds: bool) -> int:
    """Extend the hash of a name by one byte."""
    if folds and u1(byte - u1(65)) < u1(26):
        byte |= u1(32)
    return (value ^ u8(byte)) * u8(0x100000001B3)


@kernel
def tabulate(data: Array, ends: Array, values: Array, names: Array, table: Array) -> None:
    """Enter names and their values in a hash table.

    Parameters
    ----------
    data : uint8 array
        The names, one after the other.
    ends : int64 array, shape (n_names,)
    values : uint64 array, shape (n_names,)
    names, table : uint64 array, zeros, a power of two long
        Receive the hashes of the names, and the values in the same slots.
    """
    start = i8(0)
    mask = u8(names.size - 1)
    for k in range(ends.size):
        name = name_hash(data, start, ends[k], False)
        start = ends[k]
        slot = name & mask
        while names[slot] != u8(0):
            slot = (slot + u8(1)) & mask
        names[slot] = name
        table[slot] = values[k]


@inner_kernel
def lookup(names: Array, table: Array, name: int) -> int:
    """Return the value of a hashed name, 0 if it is not in the table."""
    mask = u8(names.size - 1)
    slot = name & mask
    while names[slot] != u8(0):
        if names[slot] == name:
            return table[slot]
        slot = (slot + u8(1)) & mask
    return u8(0)


@inner_kernel
def hex_value(byte: int) -> int:
    """Return the value of a hexadecimal digit, -1 if it is not a digit."""
    if u1(byte - u1(48)) < u1(10):
        return i8(byte) - 48
    lower = u1(byte | u1(32))
    return i8(lower) - 87 if u1(lower - u1(97)) < u1(6) else i8(-1)


@inner_kernel
def is_alphanumeric(byte: int) -> bool:
    """Return whether a byte is an ASCII letter or digit."""
    return u1(u1(byte | u1(32)) - u1(97)) < u1(26) or u1(byte - u1(48)) < u1(10)


@inner_kernel
def numbered(data: Array, at: int, stop: int) -> tuple[int, int]:
    """Return the code point of a reference by number, read after its ``#``, and the position after it; (0, at): none.

    Halves of a pair, as JavaScript has them, are spaces.
    """
    begin = at
    is_hexadecimal = at < stop and data[at] | u1(32) == 120
    first = k = at + 1 if is_hexadecimal else at
    code = i8(0)
    while k < stop:
        digit = hex_value(data[k])
        if digit < 0 or (digit > 9 and not is_hexadecimal):
            break
        code = min(code * (16 if is_hexadecimal else 10) + digit, i8(0x110000))
        k += 1
    if k == first:
        return i8(0), begin
    if k < stop and data[k] == 59:
        k += 1
    if 0x80 <= code < 0xA0:
        known = i8(CP1252[code - 0x80])  # browsers read such a number as windows-1252 does
        return known if known else code, k
    if 0xD800 <= code < 0xE000:
        return i8(SPACE), k
    return (i8(REPLACEMENT) if code == 0 or code >= 0x110000 else code), k


@inner_kernel
def reference(data: Array, at: int, stop: int, names: Array, codes: Array) -> tuple[int, int, int]:
    """Return the code points (the second mostly 0) of an entity, and the position after it.

    ``data[at]`` is an ``&``; where no entity begins with it that is the position returned. An entity whose ``&`` was
    made one in its turn, ``&amp;eacute;``, is decoded as a whole, however often that was done.
    """
    begin = i8(at) + 1
    while begin + 4 <= stop and data[begin] == 97 and data[begin + 1] == 109 and data[begin + 2] == 112:
        if data[begin + 3] != 59:
            break
        begin += 4
    is_twice = begin > at + 1
    if begin < stop and data[begin] == 35:
        code, behind = numbered(data, begin + 1, stop)
        if code:
            return code, i8(0), behind
    value = u8(0xCBF29CE484222325)
    bare, bare_end = u8(0), begin
    k = begin
    while k < min(stop, begin + LONGEST) and is_alphanumeric(data[k]):
        value = step(value, data[k], False)
        k += 1
        if 2 <= k - begin <= LONGEST_BARE:
            entry = lookup(names, codes, value)
            if entry & u8(BARE):
                bare, bare_end = entry, k
    if k > begin and k < stop and data[k] == 59:
        entry = lookup(names, codes, value)
        if entry & u8(ENDED):
            return i8(entry & u8(0x1FFFFF)), i8(entry >> u8(SECOND) & u8(0x1FFFFF)), k + 1
    if bare and not is_twice:
        following = data[bare_end] if bare_end < stop else u1(SPACE)
        if following != 61 and (bare & u8(INSIDE) or not is_alphanumeric(following)):
            return i8(bare & u8(0x1FFFFF)), i8(0), bare_end
    return (i8(38), i8(0), begin) if is_twice else (i8(0), i8(0), i8(at))
