"""Decompress files with Arrow, for the compressions that it knows."""

from __future__ import annotations

import os
from collections.abc import Generator
from io import FileIO

import pyarrow as pa

from dedup.io.bytes.decompression import COMPRESSED_BYTES, DecompressionError, TruncatedError


def unlz4(handle: FileIO, size: int) -> Generator[bytes]:
    """Decompress the frames of an LZ4 file, one after the other; as `decompression.decompressed`."""
    return _decompress(handle, size, "lz4")


def unzstd_short(handle: FileIO, size: int) -> Generator[bytes]:
    """Decompress a zstd file with windows of usual length; as `decompression.decompressed`."""
    return _decompress(handle, size, "zstd")


def _decompress(handle: FileIO, size: int, codec: str) -> Generator[bytes]:
    """Decompress a file by a codec of `pyarrow.CompressedInputStream`."""
    try:
        # Arrow closes what it reads from; the caller still wants to know how far that is.
        with open(os.dup(handle.fileno()), "rb", buffering=0) as same, pa.PythonFile(same, mode="r") as raw:
            stream = pa.CompressedInputStream(raw, codec)
            while chunk := stream.read(min(size, COMPRESSED_BYTES)):
                yield chunk
    except OSError as error:
        if error.errno is not None:  # what the system refuses has a number, what a decompressor refuses has not
            raise
        # Arrow distinguishes the two in words only.
        raise (TruncatedError if "truncated" in str(error).lower() else DecompressionError)(str(error)) from error
