"""Pack tokens into fewer bytes: common words, of a hash and a fingerprint each, as codes, others unchanged."""

from __future__ import annotations

from numba import i8, u1, u2, u4, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.hash_table import SLOT_SHIFT

SHORT = 128  # codes of one byte
LONG_BEGIN = 128  # first byte of a code of two, and up
ESCAPE = 255  # four bytes of the hash follow, then the fingerprint
CODES = SHORT + (ESCAPE - LONG_BEGIN) * 256
FINGERPRINT_BITS = 16
MOST_BYTES = 7  # of a word


@kernel
def fill(words: Array, multiplier: int, slots: Array) -> None:
    """Enter words in a hash table of their codes; ``slots`` (int32, -1, a power of two long) receives code by slot.

    The multiplier is that of `dedup.kernels.agreement.find`.
    """
    mask = i8(slots.size - 1)
    for code in range(words.size):
        slot = i8(words[code] * u8(multiplier) >> u8(SLOT_SHIFT)) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = code


@kernel
def pack(
    tokens: Array,
    fingerprints: Array,
    starts: Array,
    ends: Array,
    words: Array,
    multiplier: int,
    slots: Array,
    out: Array,
    bounds: Array,
) -> None:
    """Write each document's packed tokens to ``out``, and the end of each document to ``bounds``.

    Parameters
    ----------
    tokens : uint32 array
    fingerprints : uint16 array
    starts, ends : int64 array, shape (n,)
    words : uint64 array
        By code: token hash, and in the lowest bits the fingerprint.
    multiplier, slots
        As for `fill`.
    out : uint8 array
        Room for MOST_BYTES a token.
    bounds : int64 array, shape (n,)
    """
    mask = i8(slots.size - 1)
    at = i8(0)
    for document in range(starts.size):
        for k in range(starts[document], ends[document]):
            word = u8(tokens[k]) << u8(FINGERPRINT_BITS) | u8(fingerprints[k])
            slot = i8(word * u8(multiplier) >> u8(SLOT_SHIFT)) & mask
            while slots[slot] >= 0 and words[slots[slot]] != word:
                slot = (slot + 1) & mask
            code = slots[slot]
            if code < 0:
                out[at] = ESCAPE
                for byte in range(4):
                    out[at + 1 + byte] = u1(tokens[k] >> u4(8 * byte))
                out[at + 5] = u1(fingerprints[k] & u4(255))
                out[at + 6] = u1(fingerprints[k] >> u4(8))
                at += MOST_BYTES
            elif code < SHORT:
                out[at] = code
                at += 1
            else:
                out[at] = LONG_BEGIN + ((code - SHORT) >> 8)
                out[at + 1] = (code - SHORT) & 255
                at += 2
        bounds[document] = at


@kernel
def unpack(packed: Array, first: int, last: int, words: Array, tokens: Array, fingerprints: Array, count: int) -> int:
    """Unpack ``packed[first:last]`` into tokens and fingerprints, from ``count`` on.

    Returns
    -------
    int
        The new count, -1 if damaged.
    """
    at = first
    while at < last:
        if count >= tokens.size:
            return -1
        byte = packed[at]
        if byte == ESCAPE:
            if at + MOST_BYTES > last:
                return -1
            token = u8(0)
            for k in range(4):
                token |= u8(packed[at + 1 + k]) << u8(8 * k)
            tokens[count] = u4(token)
            fingerprints[count] = u2(packed[at + 5]) | u2(packed[at + 6]) << u2(8)
            at += MOST_BYTES
        else:
            code = i8(byte)
            if byte >= LONG_BEGIN:
                if at + 2 > last:
                    return -1
                code = SHORT + (i8(byte) - LONG_BEGIN) * 256 + i8(packed[at + 1])
                at += 1
            at += 1
            if code >= words.size:
                return -1
            tokens[count] = u4(words[code] >> u8(FINGERPRINT_BITS))
            fingerprints[count] = u2(words[code] & u8(65535))
        count += 1
    return count
