"""A file as decompressed bytes, by the decompressor that its first bytes ask for."""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import FileIO
from typing import Any

import pyarrow as pa

gzip: Any
try:
    from isal import isal_zlib  # three times as fast as zlib; not built for every machine

    gzip = isal_zlib
except ImportError:
    gzip = zlib

AHEAD = 8
"""Chunks that are decompressed before they are asked for."""

_COMPRESSED_BYTES = 128 << 10
"""Most bytes of a gzip file that are decompressed at a time, and bytes that Arrow is asked for."""


class DecompressionError(Exception):
    """Compressed data that is not what it should be."""


class TruncatedError(DecompressionError):
    """Compressed data that stops before its end."""


def is_compressed(magic: bytes) -> bool:
    """Whether a file with these four first bytes is one that has to be decompressed."""
    return _is_gzip(magic) or _is_zstd(magic)


def decompressed(handle: FileIO, magic: bytes, size: int) -> Generator[bytes]:
    """Yield the bytes of a file; as they lie there, if it is not compressed.

    Parameters
    ----------
    handle : FileIO
        Not buffered, at its beginning.
    magic : bytes
        Its first four bytes.
    size : int
        Most bytes to yield at a time. Where data is damaged, up to so many good bytes before that are lost.

    Raises
    ------
    DecompressionError
    OSError
        When the system cannot read the file.
    """
    if _is_gzip(magic):
        yield from _gunzipped(handle, size)
    elif _is_zstd(magic):
        yield from _unzstd(handle, min(size, _COMPRESSED_BYTES))
    else:
        while chunk := handle.read(size):
            yield chunk


def ahead(chunks: Generator[bytes]) -> Generator[bytes]:
    """Yield the same chunks; the next ones are made meanwhile, in a thread of its own."""
    with closing(chunks), ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, chunks, None) for _ in range(AHEAD))
        try:
            while (chunk := coming.popleft().result()) is not None:
                coming.append(pool.submit(next, chunks, None))
                yield chunk
        finally:
            for future in coming:
                future.cancel()


def _is_gzip(magic: bytes) -> bool:
    return magic[:2] == b"\x1f\x8b"


def _is_zstd(magic: bytes) -> bool:
    # A zstd file may also begin with a skippable frame, as the parallel compressor pzstd writes it.
    return magic == b"\x28\xb5\x2f\xfd" or (magic[1:] == b"\x2a\x4d\x18" and magic[0] >> 4 == 5)


def _gunzipped(handle: FileIO, size: int) -> Generator[bytes]:
    """Decompress the members of a gzip file, one after the other."""
    member = gzip.decompressobj(16 + zlib.MAX_WBITS)
    try:
        while data := handle.read(min(size, _COMPRESSED_BYTES)):
            while data:
                if member.eof:
                    member = gzip.decompressobj(16 + zlib.MAX_WBITS)
                if chunk := member.decompress(data, size):
                    yield chunk
                data = member.unused_data if member.eof else member.unconsumed_tail
        if rest := member.flush():  # it may hold some back
            yield rest
    except (gzip.error, zlib.error) as error:
        raise DecompressionError(str(error)) from error
    if not member.eof:
        raise TruncatedError


def _unzstd(handle: FileIO, size: int) -> Generator[bytes]:
    try:
        # Arrow closes what it reads from; the caller still wants to know how far that is.
        with open(os.dup(handle.fileno()), "rb", buffering=0) as same, pa.PythonFile(same, mode="r") as raw:
            stream = pa.CompressedInputStream(raw, "zstd")
            while chunk := stream.read(size):
                yield chunk
    except OSError as error:
        if error.errno is not None:  # what the system refuses has a number, what a decompressor refuses has not
            raise
        # Arrow tells the two apart in words only.
        raise (TruncatedError if "truncated" in str(error).lower() else DecompressionError)(str(error)) from error
