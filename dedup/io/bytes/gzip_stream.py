"""Decompress gzip files of one or more members, with isal if it is installed, else with zlib."""

from __future__ import annotations

import zlib
from collections.abc import Generator
from io import RawIOBase
from typing import Any

from dedup.io.bytes.decompression import COMPRESSED_BYTES, DecompressionError, TruncatedError

FASTEST: Any
try:
    from isal import isal_zlib  # three times as fast as zlib; not built for every machine

    FASTEST = isal_zlib
except ImportError:
    FASTEST = zlib


def gunzipped(handle: RawIOBase, size: int, library: Any = FASTEST) -> Generator[bytes]:
    """Decompress the members of a gzip file, one after the other; as `decompression.decompressed`.

    Zeros after a member, with which tapes and some disks fill their blocks, are skipped, as gzip does.

    Parameters
    ----------
    handle : RawIOBase
    size : int
    library : module
        With the interface of ``zlib``.
    """
    member = library.decompressobj(16 + zlib.MAX_WBITS)
    try:
        while data := handle.read(min(size, COMPRESSED_BYTES)):
            while data:
                if member.eof:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    member = library.decompressobj(16 + zlib.MAX_WBITS)
                if chunk := member.decompress(data, size):
                    yield chunk
                data = member.unused_data if member.eof else member.unconsumed_tail
        if rest := member.flush():  # it may hold some back
            yield rest
    except (library.error, zlib.error) as error:
        raise DecompressionError(str(error)) from error
    if not member.eof:
        raise TruncatedError
