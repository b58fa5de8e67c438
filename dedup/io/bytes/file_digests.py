"""Digest the bytes of files, by which an input that has changed since a run is recognised."""

from __future__ import annotations

import mmap
from pathlib import Path

import xxhash

from dedup.io.bytes.paths import COPIED_BYTES, InputFile


class FileDigest:
    """The XXH3 digest, of 128 bits, of a file that is being read from its beginning.

    Attributes
    ----------
    size : int
        Bytes that were added; of a file that is read to its end, its size.
    """

    def __init__(self) -> None:
        self.size = 0
        self._state = xxhash.xxh3_128()

    def add(self, chunk: bytes) -> None:
        """Add the next bytes of the file."""
        self._state.update(chunk)
        self.size += len(chunk)

    @property
    def shown(self) -> str:
        """The digest so far, 32 hexadecimal digits."""
        return self._state.hexdigest()


def digest_of(file: InputFile) -> str:
    """Return the digest of a whole file, which is mapped, not read, if it is a file of its own.

    Raises
    ------
    OSError, InputError
    """
    if file.local_path is not None:
        return digest_of_path(file.local_path)
    digest = FileDigest()
    with file.open() as opened:
        while chunk := opened.read(COPIED_BYTES):
            digest.add(chunk)
    return digest.shown


def digest_of_path(path: Path) -> str:
    """Return the digest of a file of this machine, which is mapped, not read.

    Raises
    ------
    OSError
    """
    with path.open("rb") as file:
        if not path.stat().st_size:  # an empty file cannot be mapped
            return FileDigest().shown
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return xxhash.xxh3_128_hexdigest(mapped)
