"""Lock an index for its writer by a file; the system releases the lock when the process ends, in whatever way.

Not `filelock` (tried, 4.3): where a file system has no locks it falls back to a file that stays when its writer is
killed, or fails (ENOLCK); on Windows it locks the first byte, so that the holder named in the file cannot be read; and
it makes the file with a mode of its own, not with that of the folder.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from dedup.errors import StorageError
from dedup.store import locking, private

LOCK = "lock"
"""Name of the file."""


class WriterLock:
    """The right to write to an index, held until it is closed.

    Raises
    ------
    StorageError
        When another writer holds it.
    """

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = open(path, "a+b", opener=private.opener_in(path.parent))  # noqa: SIM115 - held as long
        try:
            locking.lock(self._file.fileno())
        except OSError:
            self._file.seek(0)
            holder = self._file.read(20).decode("ascii", "replace").strip()
            self._file.close()
            raise StorageError(
                f"{path.parent} is open for writing" + (f" in process {holder}" if holder else ""),
                "one writer at a time",
                'close the other, or open it with mode="r"',
            ) from None
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
