"""A lock on an open file, which the system lets go of when the process ends, however it ends."""

from __future__ import annotations

import errno
import os

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
"""What file systems say that have none."""

_LOCKED_BYTE = 1 << 30
"""On Windows, where a byte that is locked cannot be read: behind all that is in the file."""


def lock(handle: int) -> None:
    """Lock a file that is open for writing; where the file system has no locks do nothing.

    Raises
    ------
    BlockingIOError
        When another holds it.
    """
    if os.name == "nt":
        import msvcrt

        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError as error:
            raise BlockingIOError(*error.args) from error
        return
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def unlock(handle: int) -> None:
    """Let go of it; also for the copies of this process, which would hold it for as long as they live."""
    if os.name != "nt":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_UN)
