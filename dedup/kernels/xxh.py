"""Compute XXH32 with seed 0, equal to ``xxhash.xxh32_intdigest``, and the mixing steps for other hashes in kernels.

Numba widens unsigned 32-bit expressions to 64 bits: each step is wrapped in ``u4``, and wrapping is meant.
Source: the XXH32 algorithm description, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import i8, types, u4, u8
from numba.extending import intrinsic

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, kernel

P1 = np.uint32(0x9E3779B1)
P2 = np.uint32(0x85EBCA77)
P3 = np.uint32(0xC2B2AE3D)
P4 = np.uint32(0x27D4EB2F)
P5 = np.uint32(0x165667B1)


@intrinsic
def load32(typingctx: Any, data: Any, offset: Any) -> Any:  # pragma: no cover - runs in the compiler
    """Read four bytes of a uint8 array at any offset as one little-endian uint32."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(32).as_pointer())
        value = builder.load(pointer)
        value.align = 1
        return value

    return u4(data, i8), codegen


@intrinsic
def store32(typingctx: Any, value: Any, data: Any, offset: Any) -> Any:  # pragma: no cover - runs in the compiler
    """Write one uint32 as four little-endian bytes of a uint8 array, at any offset."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[1])(context, builder, args[1])
        pointer = builder.bitcast(builder.gep(array.data, [args[2]]), ir.IntType(32).as_pointer())
        builder.store(args[0], pointer, align=1)
        return context.get_dummy_value()

    return types.void(u4, data, i8), codegen


@inlined_kernel
def rotl(value: int, bits: int) -> int:
    """Rotate a uint32 to the left."""
    return u4(u4(value << u4(bits)) | u4(value >> u4(u4(32) - bits)))


@inlined_kernel
def stripe(lane: int, word: int) -> int:
    """Mix one 4-byte word into a lane."""
    return u4(rotl(u4(lane + u4(word * P2)), u4(13)) * P1)


@inlined_kernel
def tail_word(digest: int, word: int) -> int:
    """Mix one 4-byte word of the tail into the digest."""
    return u4(rotl(u4(digest + u4(word * P3)), u4(17)) * P4)


@inlined_kernel
def tail_byte(digest: int, byte: int) -> int:
    """Mix one byte of the tail into the digest."""
    return u4(rotl(u4(digest + u4(u4(byte) * P5)), u4(11)) * P1)


@inlined_kernel
def avalanche(digest: int) -> int:
    """Spread every input bit over the digest."""
    digest = u4(u4(digest ^ (digest >> u4(15))) * P2)
    digest = u4(u4(digest ^ (digest >> u4(13))) * P3)
    return u4(digest ^ (digest >> u4(16)))


@kernel
def xxh32(data: Array, start: int, stop: int) -> int:
    """Return XXH32 of ``data[start:stop]``, uint8."""
    at = start
    size = stop - start
    if size >= 16:
        lane1, lane2, lane3, lane4 = u4(P1 + P2), P2, u4(0), u4(u4(0) - P1)
        while at + 16 <= stop:
            lane1 = stripe(lane1, load32(data, at))
            lane2 = stripe(lane2, load32(data, at + 4))
            lane3 = stripe(lane3, load32(data, at + 8))
            lane4 = stripe(lane4, load32(data, at + 12))
            at += 16
        digest = u4(rotl(lane1, u4(1)) + rotl(lane2, u4(7)) + rotl(lane3, u4(12)) + rotl(lane4, u4(18)))
    else:
        digest = P5
    digest = u4(digest + u4(size))
    while at + 4 <= stop:
        digest = tail_word(digest, load32(data, at))
        at += 4
    while at < stop:
        digest = tail_byte(digest, data[at])
        at += 1
    return avalanche(digest)


@kernel
def xxh32_words(words: Array, start: int, size: int) -> int:
    """Return XXH32 of ``words[start:start + size]``, uint32 in little-endian order."""
    at = start
    stop = start + size
    if size >= 4:
        lane1, lane2, lane3, lane4 = u4(P1 + P2), P2, u4(0), u4(u4(0) - P1)
        while at + 4 <= stop:
            lane1 = stripe(lane1, words[at])
            lane2 = stripe(lane2, words[at + 1])
            lane3 = stripe(lane3, words[at + 2])
            lane4 = stripe(lane4, words[at + 3])
            at += 4
        digest = u4(rotl(lane1, u4(1)) + rotl(lane2, u4(7)) + rotl(lane3, u4(12)) + rotl(lane4, u4(18)))
    else:
        digest = P5
    digest = u4(digest + u4(4 * size))
    while at < stop:
        digest = tail_word(digest, words[at])
        at += 1
    return avalanche(digest)


@inlined_kernel
def xxh32_five(words: Array, start: int) -> int:
    """Return `xxh32_words` of five words, the usual shingle, without a loop, so that many are hashed side by side."""
    lane1 = stripe(u4(P1 + P2), words[start])
    lane2 = stripe(P2, words[start + 1])
    lane3 = stripe(u4(0), words[start + 2])
    lane4 = stripe(u4(u4(0) - P1), words[start + 3])
    digest = u4(u4(rotl(lane1, u4(1)) + rotl(lane2, u4(7))) + u4(rotl(lane3, u4(12)) + rotl(lane4, u4(18))))
    return avalanche(tail_word(u4(digest + u4(20)), words[start + 4]))


@inlined_kernel
def fmix32(value: int) -> int:
    """Apply MurmurHash3's finalizer, the bijection that datasketch's ``affine32`` applies before its permutations."""
    value = u4(u4(value ^ (value >> u4(16))) * u4(0x85EBCA6B))
    value = u4(u4(value ^ (value >> u4(13))) * u4(0xC2B2AE35))
    return u4(value ^ (value >> u4(16)))


@inlined_kernel
def fmix64(value: int) -> int:
    """Apply MurmurHash3's 64-bit finalizer, a bijection on uint64."""
    value = u8(value ^ (value >> u8(33))) * u8(0xFF51AFD7ED558CCD)
    value = u8(value ^ (value >> u8(33))) * u8(0xC4CEB9FE1A85EC53)
    return u8(value ^ (value >> u8(33)))
