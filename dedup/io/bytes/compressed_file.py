"""Write a compressed file, if there is a thread for it in that thread, a few blocks behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
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
    new : callable
        Returns a compressor.
    threads : int
        With more than one, compression and writing are the work of another one.

    Notes
    -----
    What goes wrong there is raised by one of the next calls, at last by ``close``.
    """

    def __init__(self, file: BinaryIO, new: Callable[[], Compressor], threads: int) -> None:
        self._file = file
        self._new = new
        self._compressor, self._is_empty = new(), False  # an empty file is one empty member
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

    def end_member(self) -> None:
        """End the member or frame: what follows can be decompressed without what was before."""
        self._give()
        self._do(self._end_member)

    def close(self) -> None:
        """Write the rest, and close the file; once more does nothing, as with other files."""
        if self._file.closed:
            return
        try:
            self._give()
            while self._coming:
                self._coming.popleft().result()
            if not self._is_empty:
                self._end_member()
        finally:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
            self._file.close()

    def _give(self) -> None:
        block = b"".join(self._held)
        self._held, self._size = [], 0
        self._do(self._compress, block)

    def _do(self, work: Callable[..., None], *arguments: bytes) -> None:
        """Do the next piece of work, in the other thread if there is one."""
        if self._pool is None:
            work(*arguments)
            return
        self._coming.append(self._pool.submit(work, *arguments))
        while len(self._coming) > BEHIND:
            self._coming.popleft().result()

    def _compress(self, block: bytes) -> None:
        self._file.write(self._compressor.compress(block))
        self._is_empty = self._is_empty and not block

    def _end_member(self) -> None:
        self._file.write(self._compressor.flush())
        self._compressor, self._is_empty = self._new(), True
