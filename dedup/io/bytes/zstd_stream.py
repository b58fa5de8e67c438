"""Decompress zstd files with Arrow, and with zstandard those with a longer window than Arrow takes."""

from __future__ import annotations

from collections.abc import Generator
from io import RawIOBase
from typing import Any

from dedup.io.bytes.arrow_stream import unzstd_short
from dedup.io.bytes.decompression import DecompressionError, LongWindowError, TruncatedError
from dedup.store.limits import memory

SHORT_WINDOW = 1 << 27
"""Bytes of the longest window that zstd, and so Arrow, takes without being asked."""

MEMORY_SHARE = 0.5
"""Of the memory, that a window may take."""

_FED_BYTES = 4 << 10
"""Compressed bytes that are worked on at a time: zstandard does not bound what comes of them."""

_MAGIC, _HEADER_BYTES = b"\x28\xb5\x2f\xfd", 18


def unzstd(handle: RawIOBase, size: int) -> Generator[bytes]:
    """Decompress the frames of a zstd file, one after the other; as `decompression.decompressed`.

    Raises
    ------
    LongWindowError
        When the window takes too much memory, or takes zstandard, which is not installed.
    """
    head = handle.read(_HEADER_BYTES)
    handle.seek(0)
    window = window_of(head)
    if window <= SHORT_WINDOW:
        yield from unzstd_short(handle, size)
        return
    if window > MEMORY_SHARE * memory():
        raise LongWindowError(window, "")
    try:
        import zstandard
    except ImportError as error:
        raise LongWindowError(window, "newsdedup[zstd]") from error
    yield from _unzstd_long(handle, size, window, zstandard)


def window_of(head: bytes) -> int:
    """Return the bytes of the window that the first frame needs, 0 if the file begins otherwise.

    Parameters
    ----------
    head : bytes
        The first bytes of the file, 18 of them if it has so many.
    """
    if not head.startswith(_MAGIC) or len(head) < _HEADER_BYTES:
        return 0
    descriptor = head[4]
    if not descriptor & 0x20:
        base = 1 << (10 + (head[5] >> 3))
        return base + base // 8 * (head[5] & 7)
    # One segment: the window is the whole content, whose size is given after the number of the dictionary.
    start, width = 5 + (0, 1, 2, 4)[descriptor & 3], 1 << (descriptor >> 6)
    return int.from_bytes(head[start : start + width], "little") + (256 if width == 2 else 0)


def _unzstd_long(handle: RawIOBase, size: int, window: int, zstandard: Any) -> Generator[bytes]:
    decompressor = zstandard.ZstdDecompressor(max_window_size=max(window, SHORT_WINDOW))
    frame, is_begun = decompressor.decompressobj(), False
    try:
        while data := handle.read(_FED_BYTES):
            while data:
                if frame.eof:
                    frame = decompressor.decompressobj()
                chunk, is_begun = frame.decompress(data), True
                for start in range(0, len(chunk), size):
                    yield chunk[start : start + size]
                data = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError as error:
        raise DecompressionError(str(error)) from error
    if is_begun and not frame.eof:
        raise TruncatedError
