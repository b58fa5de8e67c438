"""Lock an index for its writer by a file; the system releases the lock when the process ends, in whatever way.

Not `filelock` (tried, 4.3): where a file system has no locks it falls back to a file that stays when its writer is
killed, or fails (ENOLCK); on Windows it locks the first byte, so that the holder named in the file cannot be read; and
it makes the file with a mode of its own, not with that of the folder.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from dedup.errors import StorageError
from dedup.store import locking, private

LOCK = "lock"
"""Name of the file."""


PAUSE = 0.05
"""Seconds between two looks at a lock that another writer holds."""


class WriterLock:
    """The right to write to an index, held until it is closed.

    Parameters
    ----------
    path : Path
        Of the file.
    wait : float
        Seconds to wait for another writer to end.

    Attributes
    ----------
    waited : float
        Seconds for which it was waited.

    Raises
    ------
    StorageError
        When another writer holds it.
    """

    def __init__(self, path: Path, wait: float = 0.0) -> None:
        begun = time.monotonic()
        while (file := _locked(path, wait > 0)) is None:
            left = begun + wait - time.monotonic()
            if left <= 0:
                raise _held(path, wait)
            time.sleep(min(PAUSE, left))
        self._file = file
        self.waited = time.monotonic() - begun
        with suppress(OSError):  # the disk is full: then the holder is not named
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())
            self._file.flush()

    def close(self) -> None:
        """Release the lock, also for forked copies of this process, which would hold it as long as they live."""
        with suppress(OSError):
            if not self._file.closed:
                locking.unlock(self._file.fileno())
            self._file.close()


def _locked(path: Path, waits: bool) -> IO[bytes] | None:
    """Open and lock the file; return None if another holds it, or is just putting another index into its place."""
    try:
        file: IO[bytes] = open(path, "a+b", opener=private.opener_in(path.parent))  # noqa: SIM115 - held as long
    except FileNotFoundError:
        if not waits:
            raise
        return None
    try:
        locking.lock(file.fileno())
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    except OSError:
        pass
    file.close()
    return None


def _held(path: Path, waited: float) -> StorageError:
    """Return the error for a lock that another writer holds, which the file names."""
    holder = ""
    with suppress(OSError):
        holder = path.read_bytes()[:20].decode("ascii", "replace").strip()
    found = f"{path.parent} is open for writing" + (f" in process {holder}" if holder else "")
    if waited > 0:
        found += f", still after {waited:g} s"
    hint = 'close the other, wait longer (wait=SECONDS, --wait TIME), or open it with mode="r"'
    return StorageError(found, "one writer at a time", hint)
