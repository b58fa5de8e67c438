"""Decompress a file, by the compression that its first bytes show, in this thread or ahead of it in another."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import RawIOBase

from dedup.io.format_registry import compression_of

AHEAD = 8
"""Chunks that are decompressed before they are asked for."""

COMPRESSED_BYTES = 128 << 10
"""Most compressed bytes that are worked on at a time."""


class DecompressionError(Exception):
    """Compressed data that is malformed."""


class TruncatedError(DecompressionError):
    """Compressed data that stops before its end."""


class LongWindowError(DecompressionError):
    """A zstd window that is longer than we can hold.

    Parameters
    ----------
    window : int
        Its bytes.
    requirement : str
        The package that could read it; empty if it is too long for the memory.
    """

    def __init__(self, window: int, requirement: str) -> None:
        super().__init__(f"a window of {window:,} bytes")
        self.window = window
        self.requirement = requirement


def decompressed(handle: RawIOBase, head: bytes, size: int) -> Generator[bytes]:
    """Yield the bytes of a file, decompressed if it is compressed.

    Parameters
    ----------
    handle : RawIOBase
        Not buffered, at its beginning.
    head : bytes
        Its first `dedup.io.format_registry.SIGNATURE_BYTES`.
    size : int
        Most bytes to yield at a time. If data is damaged, up to this many good bytes before the damage are lost.

    Raises
    ------
    DecompressionError
    OSError
        When the system cannot read the file.
    """
    compression = compression_of(head)
    if compression is not None:
        yield from compression.load()(handle, size)
        return
    while chunk := handle.read(size):
        yield chunk


def ahead(chunks: Generator[bytes]) -> Generator[bytes]:
    """Yield the same chunks, with the next ones produced in another thread meanwhile."""
    with closing(chunks), ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, chunks, None) for _ in range(AHEAD))
        try:
            while (chunk := coming.popleft().result()) is not None:
                coming.append(pool.submit(next, chunks, None))
                yield chunk
        finally:
            for future in coming:
                future.cancel()
