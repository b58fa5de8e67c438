"""Read a remote file by requests for parts of it, as a file that is open here."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from io import RawIOBase
from typing import TYPE_CHECKING

from dedup.io.places.remote_tuning import GROWTH, RemoteTuning

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

IN_ORDER = 2
"""Requests one after the other from which a file is taken to be read in order, so that it pays to be ahead."""


class ObjectReader(RawIOBase):
    """A remote file, opened to be read; it holds no more than ``1 + ahead`` blocks of it.

    Parameters
    ----------
    fetch : callable
        Returns the bytes from a place to another.
    size : int
        Bytes of the file.
    tuning : RemoteTuning
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, tuning: RemoteTuning) -> None:
        self._fetch = fetch
        self._size = size
        self._tuning = tuning
        self._position = 0
        self._start, self._block = 0, b""
        self._length = tuning.first_bytes
        self._in_order = 0
        self._coming: deque[tuple[int, int, Future[bytes]]] = deque()
        self._pool: ThreadPoolExecutor | None = None

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be read from any place."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Continue at another place; nothing is fetched yet."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def size(self) -> int:
        """Return the bytes of the whole file, as Arrow asks for them."""
        return self._size

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as the file goes.

        Raises
        ------
        InputError
        """
        target = memoryview(buffer).cast("B")
        end = min(self._position + len(target), self._size)
        done = 0
        while self._position < end:
            block, at = self._block_with(self._position, end)
            piece = memoryview(block)[at : at + end - self._position]
            target[done : done + len(piece)] = piece
            done += len(piece)
            self._position += len(piece)
        return done

    def close(self) -> None:
        """Give up what was asked for ahead."""
        if not self.closed:
            self._block = b""
            self._forget()
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
        super().close()

    def _block_with(self, position: int, end: int) -> tuple[bytes, int]:
        """Return a block that holds a place, and where in it; up to ``end`` is surely wanted."""
        if self._start <= position < self._start + len(self._block):
            return self._block, position - self._start
        after = self._start + len(self._block)
        if position == after and position:
            self._in_order += 1
            self._length = min(self._length * GROWTH, self._tuning.block_bytes)
        else:
            self._in_order = 0
            self._length = self._tuning.first_bytes
            self._forget()
        if self._coming:
            start, stop, future = self._coming.popleft()
            block = future.result()
        else:
            most = min(max(self._length, end - position), self._tuning.block_bytes)
            start, stop = position, min(position + most, self._size)
            block = self._fetch(start, stop)
        self._start, self._block = start, block
        self._ask_ahead(stop)
        return block, position - start

    def _ask_ahead(self, after: int) -> None:
        """Ask for the next blocks, if the file is read in order."""
        if self._in_order < IN_ORDER:
            return
        if self._coming:
            after = self._coming[-1][1]
        while len(self._coming) < self._tuning.ahead and after < self._size:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._tuning.ahead, "dedup-read")
            stop = min(after + self._tuning.block_bytes, self._size)
            self._coming.append((after, stop, self._pool.submit(self._fetch, after, stop)))
            after = stop

    def _forget(self) -> None:
        for _, _, future in self._coming:
            future.cancel()
        self._coming.clear()
