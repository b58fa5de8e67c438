"""Decompress xz and bzip2 files of one or more streams with the standard library."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable, Generator
from io import RawIOBase
from typing import Any

from dedup.io.bytes.decompression import COMPRESSED_BYTES, DecompressionError, TruncatedError


def unxz(handle: RawIOBase, size: int) -> Generator[bytes]:
    """Decompress the streams of an xz file, one after the other; as `decompression.decompressed`."""
    return _decompress(handle, size, lzma.LZMADecompressor)


def unbzip2(handle: RawIOBase, size: int) -> Generator[bytes]:
    """Decompress the streams of a bzip2 file, one after the other; as `decompression.decompressed`."""
    return _decompress(handle, size, bz2.BZ2Decompressor)


def _decompress(handle: RawIOBase, size: int, new: Callable[[], Any]) -> Generator[bytes]:
    """Decompress streams, between which there may be zeros, by the decompressors that ``new`` makes."""
    stream, data, is_begun = new(), b"", False
    while True:
        if stream.eof:
            stream, data, is_begun = new(), stream.unused_data, False
        if stream.needs_input and not data:
            data = handle.read(min(size, COMPRESSED_BYTES)) or b""
            if not data:
                break
        if not is_begun:
            data = data.lstrip(b"\0")
            if not data:
                continue
        is_begun = True
        try:
            chunk = stream.decompress(data, size)
        except (lzma.LZMAError, OSError, ValueError, EOFError) as error:  # bzip2 has no error of its own
            raise DecompressionError(str(error)) from error
        data = b""
        if chunk:
            yield chunk
    if is_begun:
        raise TruncatedError
