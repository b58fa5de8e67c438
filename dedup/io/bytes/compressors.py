"""Compress bytes that come one after the other, by each of the compressions that can be read.

Each function returns an object with the methods ``compress(data)`` and ``flush()``, as those of ``zlib`` have, which
return the compressed bytes that are ready. The levels of gzip, zstd and LZ4 keep up with a run; xz has its fastest and
bzip2 its usual one, and take longer than all the rest of a run. `docs/output.md` has the figures.
"""

from __future__ import annotations

import zlib
from typing import Any, Protocol

import pyarrow as pa

from dedup.io.bytes.gzip_stream import FASTEST


class Compressor(Protocol):
    """What compresses one stream."""

    def compress(self, data: bytes, /) -> bytes:
        """Return compressed bytes that are ready."""

    def flush(self) -> bytes:
        """Return the rest."""


def gzip() -> Compressor:
    """Return a compressor to gzip, with isal if it is installed, whose level 3 is much like zlib's 4."""
    level = 6 if FASTEST is zlib else 3
    compressor: Compressor = FASTEST.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return compressor


def zstd() -> Compressor:
    """Return a compressor to zstd, at the level that Arrow takes."""
    return _ArrowCompressor("zstd")


def lz4() -> Compressor:
    """Return a compressor to LZ4 frames."""
    return _ArrowCompressor("lz4")


def xz() -> Compressor:
    """Return a compressor to xz, at its fastest usual level: the one of the command takes many times as long."""
    import lzma

    return lzma.LZMACompressor(preset=1)


def bzip2() -> Compressor:
    """Return a compressor to bzip2, at the level of the command."""
    import bz2

    return bz2.BZ2Compressor()


class _ArrowCompressor:
    """A compressor by a codec of `pyarrow.CompressedOutputStream`."""

    def __init__(self, codec: str) -> None:
        self._ready = _Ready()
        self._stream = pa.CompressedOutputStream(pa.PythonFile(self._ready, mode="w"), codec)

    def compress(self, data: bytes, /) -> bytes:
        self._stream.write(data)
        return self._ready.taken()

    def flush(self) -> bytes:
        self._stream.close()
        return self._ready.taken()


class _Ready:
    """What Arrow takes for a file, and has written to it."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def taken(self) -> bytes:
        ready, self._pieces = b"".join(self._pieces), []
        return ready
