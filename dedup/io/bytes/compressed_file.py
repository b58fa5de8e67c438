"""Write a compressed file, if there is a thread for it in that thread, a few blocks behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Protocol

from dedup.io.bytes.compressors import Compressor

BLOCK_BYTES = 1 << 20
"""Bytes that are compressed at a time."""

BEHIND = 4
"""Blocks that may wait for the thread that compresses."""


class ByteStream(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Write bytes."""

    def writelines(self, pieces: Iterable[bytes | memoryview], /) -> None:
        """Write one after the other."""

    def close(self) -> None:
        """Write what is held."""


class CompressedFile:
    """A file whose content is compressed while it is written.

    Parameters
    ----------
    file : BinaryIO
        Closed by ``close``.
    compressor : Compressor
    threads : int
        With more than one, compression and writing are the work of another one.

    Notes
    -----
    What goes wrong there is raised by one of the next calls, at last by ``close``.
    """

    def __init__(self, file: BinaryIO, compressor: Compressor, threads: int) -> None:
        self._file = file
        self._compressor = compressor
        self._pool = ThreadPoolExecutor(1) if threads > 1 else None
        self._coming: deque[Future[None]] = deque()
        self._held: list[bytes | memoryview] = []
        self._size = 0

    def write(self, data: bytes | memoryview, /) -> None:
        """Write bytes; errors of the system, also those of earlier calls."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= BLOCK_BYTES:
            self._give()

    def writelines(self, pieces: Iterable[bytes | memoryview], /) -> None:
        """Write one after the other."""
        for piece in pieces:
            self.write(piece)

    def close(self) -> None:
        """Write the rest, and close the file; once more does nothing, as with other files."""
        if self._file.closed:
            return
        try:
            self._give()
            while self._coming:
                self._coming.popleft().result()
            self._file.write(self._compressor.flush())
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
            self._file.close()

    def _give(self) -> None:
        block = b"".join(self._held)
        self._held, self._size = [], 0
        if self._pool is None:
            self._compress(block)
            return
        self._coming.append(self._pool.submit(self._compress, block))
        while len(self._coming) > BEHIND:
            self._coming.popleft().result()

    def _compress(self, block: bytes) -> None:
        self._file.write(self._compressor.compress(block))
