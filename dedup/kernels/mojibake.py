"""Find damage in texts: bytes that are not UTF-8, U+FFFD, and mojibake, which is UTF-8 read as windows-1252.

A text is first looked at 64 bytes at a time; only one in which something may be wrong is read character by character.
Only what Python calls is a ``kernel``: each costs a millisecond of every start.
"""

from __future__ import annotations

from numba import njit, u1, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.simd import BLOCK, at_least, equal_to, trailing_zeros
from dedup.kernels.tokenisation import REPLACEMENT, decode

BEYOND_ASCII, UNDECODABLE, REPLACED, MOJIBAKE = 1, 2, 4, 8
"""What there is in a text, as bits."""

# What windows-1252 has for the bytes 80 to 9F, in their order; 0 where it has nothing: there is latin-1, as it is.
CP1252 = tuple(
    0 if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else ord(bytes([byte]).decode("cp1252")) for byte in range(0x80, 0xA0)
)
# These may follow a letter.
CLOSING = tuple(map(ord, "\xa0\xab\xbb\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u203a"))


@njit
def byte_of(code: int) -> int:
    """Return the windows-1252 byte of a code point, or the latin-1 byte if it has none, or -1."""
    if code < 0x100:
        return code
    for k in range(32):
        if CP1252[k] == code:
            return 0x80 + k
    return -1


@njit
def mojibake(data: Array, at: int, stop: int, lead: int) -> int:
    """Return how certainly a letter begins mojibake: 2; 1 for Â or Ã before a mark, which may be a capital; 0.

    Parameters
    ----------
    data : uint8 array
    at : int
        Behind the letter.
    stop : int
    lead : int
        The letter's code point. Of leads whose characters no language of news needs (È to Í, Ü to ß) it is none.
    """
    if not (0xC2 <= lead <= 0xC7 or 0xCE <= lead <= 0xDB or 0xE0 <= lead <= 0xF4):
        return 0
    if at >= stop:
        return 0
    code, length = decode(data, at, stop)
    byte = byte_of(code)
    if (lead == 0xE0 and byte < 0xA0) or (lead == 0xED and byte >= 0xA0):
        return 0
    if (lead == 0xF0 and byte < 0x90) or (lead == 0xF4 and byte >= 0x90):
        return 0
    sure = 1 if lead <= 0xC3 else 0
    for _ in range(1 if lead < 0xE0 else (2 if lead < 0xF0 else 3)):
        code, length = decode(data, at, stop)
        byte = byte_of(code)
        if at >= stop or byte < 0x80 or byte > 0xBF:
            return 0
        if code not in CLOSING:
            sure = 2
        at += length
    return sure


@njit
def look_at(data: Array, start: int, stop: int) -> tuple[int, bool]:
    """Return the damage found in a text, as bits, and whether it must be read to know: not UTF-8, or with U+FFFD.

    64 bytes at a time: each lead must be followed by its number of continuation bytes, no other byte by any; and after
    E0, ED, F0 and F4 not all of them are allowed.
    """
    signs = 0
    due = u8(0)  # continuation bytes that are to come in the next block
    beyond = False
    for block in range(start, stop, BLOCK):
        if block + BLOCK + 2 > data.size:
            return BEYOND_ASCII, True
        here = ~u8(0) if block + BLOCK <= stop else (u8(1) << u8(stop - block)) - u8(1)
        high = at_least(data, block, u1(0x80)) & here
        if (high | due) == u8(0):
            continue
        beyond = True
        leads = at_least(data, block, u1(0xC0)) & here
        three = at_least(data, block, u1(0xE0)) & here
        wrong = leads & ~at_least(data, block, u1(0xC2))
        # All mojibake begins with one of Â to ô, followed by no ASCII.
        latin = equal_to(data, block, u1(0xC3)) & at_least(data, block + 2, u1(0x80)) & here
        while latin != u8(0) and signs < 2:
            at = block + trailing_zeros(latin)
            signs += mojibake(data, at + 2, stop, 0xC0 | data[at + 1] & 0x3F)
            latin &= latin - u8(1)
        wanted = due | leads << u8(1) | three << u8(2)
        due = leads >> u8(63) | three >> u8(62)
        if three != u8(0):
            four = at_least(data, block, u1(0xF0))
            wanted |= (four & here) << u8(3)
            due |= (four & here) >> u8(61)
            upper = at_least(data, block + 1, u1(0xA0))
            wrong |= equal_to(data, block, u1(0xE0)) & ~upper | equal_to(data, block, u1(0xED)) & upper
            wrong |= equal_to(data, block, u1(0xEF)) & equal_to(data, block + 2, u1(0xBD))
            if four != u8(0):
                upper = at_least(data, block + 1, u1(0x90))
                wrong |= equal_to(data, block, u1(0xF0)) & ~upper | at_least(data, block, u1(0xF4)) & upper
                wrong |= at_least(data, block, u1(0xF5))
        if (wanted ^ (high & ~leads)) | (wrong & here) != u8(
            0
        ):  # continuation bytes expected after the end are wrong, too
            return BEYOND_ASCII, True
    return (BEYOND_ASCII if beyond else 0) | (MOJIBAKE if signs >= 2 else 0), due != u8(0)


@njit
def read(data: Array, start: int, stop: int) -> int:
    """Return the damage in a text, as bits, reading it character by character."""
    found, signs = 0, 0
    at = start
    while at < stop:
        code, length = decode(data, at, stop)
        at += length
        if code < 0:
            found |= BEYOND_ASCII | UNDECODABLE
        elif code >= 0x80:
            found |= BEYOND_ASCII
            if code == REPLACEMENT:
                found |= REPLACED
            elif code <= 0xF4 and signs < 2:
                signs += mojibake(data, at, stop, code)
    return found | MOJIBAKE if signs >= 2 else found


@kernel
def examine(data: Array, offsets: Array, found: Array) -> None:
    """Write the damage in each text, as bits.

    Parameters
    ----------
    data : uint8 array
    offsets : int64 array, shape (n + 1,)
    found : uint8 array, shape (n,)
    """
    for text in range(found.size):
        start, stop = offsets[text], offsets[text + 1]
        bits, is_open = look_at(data, start, stop)
        found[text] = read(data, start, stop) if is_open else bits
