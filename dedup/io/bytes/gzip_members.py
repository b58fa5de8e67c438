"""Find the members of a gzip file behind a damaged one, and decompress them: archives have one for each record."""

from __future__ import annotations

import zlib
from collections.abc import Generator
from io import RawIOBase

from dedup.io.bytes.decompression import COMPRESSED_BYTES, DecompressionError, TruncatedError

_MAGIC = b"\x1f\x8b\x08"

_SHOWN_BYTES = 4 << 10
"""Compressed bytes of a member by which it is recognised."""


def behind_damage(handle: RawIOBase, size: int, beginning: bytes) -> Generator[bytes | DecompressionError]:
    """Yield what can be decompressed behind the first damage of a gzip file, and each further damage.

    Parameters
    ----------
    handle : RawIOBase
    size : int
        Most bytes of a chunk.
    beginning : bytes
        What each member begins with when it is decompressed, so that it is not taken for one by chance.
    """
    at = _damaged_member(handle, size)
    while (at := _next_member(handle, at + 1, beginning)) >= 0:
        member = _Members(handle, at)
        try:
            yield from member.chunks(size)
            return
        except DecompressionError as error:
            yield error
        at = member.at


class _Members:
    """The members of a gzip file from a byte on.

    Attributes
    ----------
    at : int
        Where the member begins that is being decompressed.
    """

    def __init__(self, handle: RawIOBase, at: int) -> None:
        self._handle = handle
        self.at = at

    def chunks(self, size: int) -> Generator[bytes]:
        self._handle.seek(self.at)
        member, read = zlib.decompressobj(16 + zlib.MAX_WBITS), self.at
        while data := self._handle.read(COMPRESSED_BYTES):
            read += len(data)
            while data:
                if member.eof:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    member, self.at = zlib.decompressobj(16 + zlib.MAX_WBITS), read - len(data)
                try:
                    chunk = member.decompress(data, size)
                except zlib.error as error:
                    raise DecompressionError(str(error)) from error
                if chunk:
                    yield chunk
                data = member.unused_data if member.eof else member.unconsumed_tail
        if not member.eof:
            raise TruncatedError


def _damaged_member(handle: RawIOBase, size: int) -> int:
    """Return where the first member begins that cannot be decompressed."""
    members = _Members(handle, 0)
    try:
        for _ in members.chunks(size):
            pass
    except DecompressionError:
        pass
    return members.at


def _next_member(handle: RawIOBase, at: int, beginning: bytes) -> int:
    """Return where the first whole member at or behind a byte begins, -1 if there is none."""
    handle.seek(at)
    held = b""
    while data := handle.read(COMPRESSED_BYTES):
        held += data
        found = held.find(_MAGIC)
        while 0 <= found <= len(held) - _SHOWN_BYTES:
            if _begins_with(held[found : found + _SHOWN_BYTES], beginning):
                return at + found
            found = held.find(_MAGIC, found + 1)
        passed = found if found >= 0 else max(0, len(held) - len(_MAGIC))
        at, held = at + passed, held[passed:]
    found = held.find(_MAGIC)
    while found >= 0 and not _begins_with(held[found : found + _SHOWN_BYTES], beginning):
        found = held.find(_MAGIC, found + 1)
    return at + found if found >= 0 else -1


def _begins_with(compressed: bytes, beginning: bytes) -> bool:
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(compressed, len(beginning)) == beginning
    except zlib.error:
        return False
