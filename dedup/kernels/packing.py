"""Token hashes in fewer bytes: common ones as a code of one or two, others as an escape and themselves."""

from __future__ import annotations

from numba import i8, u1, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel

SHORT = 128  # codes of one byte
LONG_BEGIN = 128  # first byte of a code of two, and up
ESCAPE = 255  # four bytes of the hash follow
CODES = SHORT + (ESCAPE - LONG_BEGIN) * 256
MOST_BYTES = 5  # of a token
MULTIPLIER = 0x9E3779B1


@kernel
def fill(words: Array, slots: Array) -> None:
    """Enter words in a hash table of their codes; ``slots`` (int32, -1, a power of two long) receives code by slot."""
    mask = u4(slots.size - 1)
    for code in range(words.size):
        slot = u4(words[code] * u4(MULTIPLIER)) >> u4(8) & mask
        while slots[slot] >= 0:
            slot = (slot + u4(1)) & mask
        slots[slot] = code


@kernel
def pack(tokens: Array, starts: Array, ends: Array, words: Array, slots: Array, out: Array, bounds: Array) -> None:
    """Write each document's tokens to ``out``, and where each ends to ``bounds``.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n,)
    words : uint32 array
        By code.
    slots : int32 array
        From `fill`.
    out : uint8 array
        Room for MOST_BYTES a token.
    bounds : int64 array, shape (n,)
    """
    mask = u4(slots.size - 1)
    at = i8(0)
    for document in range(starts.size):
        for k in range(starts[document], ends[document]):
            token = tokens[k]
            slot = u4(token * u4(MULTIPLIER)) >> u4(8) & mask
            while slots[slot] >= 0 and words[slots[slot]] != token:
                slot = (slot + u4(1)) & mask
            code = slots[slot]
            if code < 0:
                out[at] = ESCAPE
                for byte in range(4):
                    out[at + 1 + byte] = u1(token >> u4(8 * byte))
                at += 5
            elif code < SHORT:
                out[at] = code
                at += 1
            else:
                out[at] = LONG_BEGIN + ((code - SHORT) >> 8)
                out[at + 1] = (code - SHORT) & 255
                at += 2
        bounds[document] = at


@kernel
def unpack(packed: Array, first: int, last: int, words: Array, tokens: Array, count: int) -> int:
    """Append the tokens in ``packed[first:last]`` to ``tokens`` at ``count``; return the new count, -1 if damaged."""
    at = first
    while at < last:
        byte = packed[at]
        if byte < LONG_BEGIN:
            code = i8(byte)
            at += 1
        elif byte < ESCAPE:
            if at + 2 > last:
                return -1
            code = SHORT + (i8(byte) - LONG_BEGIN) * 256 + i8(packed[at + 1])
            at += 2
        else:
            if at + 5 > last or count >= tokens.size:
                return -1
            token = u8(0)
            for k in range(4):
                token |= u8(packed[at + 1 + k]) << u8(8 * k)
            tokens[count] = u4(token)
            count += 1
            at += 5
            continue
        if code >= words.size or count >= tokens.size:
            return -1
        tokens[count] = words[code]
        count += 1
    return count
