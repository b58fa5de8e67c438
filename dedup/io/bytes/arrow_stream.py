"""Decompress files with Arrow, for the compressions that it knows."""

from __future__ import annotations

from collections.abc import Generator
from io import RawIOBase

import pyarrow as pa

from dedup.io.bytes.decompression import COMPRESSED_BYTES, DecompressionError, TruncatedError


def unlz4(handle: RawIOBase, size: int) -> Generator[bytes]:
    """Decompress the frames of an LZ4 file, one after the other; as `decompression.decompressed`."""
    return _decompress(handle, size, "lz4")


def unzstd_short(handle: RawIOBase, size: int) -> Generator[bytes]:
    """Decompress a zstd file with windows of usual length; as `decompression.decompressed`."""
    return _decompress(handle, size, "zstd")


class _LeftOpen:
    """A file for Arrow, which closes what it reads from; the caller still wants to know how far that is.

    Parameters
    ----------
    handle : RawIOBase
    """

    def __init__(self, handle: RawIOBase) -> None:
        self.read, self.seek, self.tell = handle.read, handle.seek, handle.tell
        self.closed = False

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


def _decompress(handle: RawIOBase, size: int, codec: str) -> Generator[bytes]:
    """Decompress a file by a codec of `pyarrow.CompressedInputStream`."""
    try:
        with pa.PythonFile(_LeftOpen(handle), mode="r") as raw:
            stream = pa.CompressedInputStream(raw, codec)
            while chunk := stream.read(min(size, COMPRESSED_BYTES)):
                yield chunk
    except OSError as error:
        if error.errno is not None:  # what the system refuses has a number, what a decompressor refuses has not
            raise
        # Arrow distinguishes the two in words only.
        raise (TruncatedError if "truncated" in str(error).lower() else DecompressionError)(str(error)) from error
