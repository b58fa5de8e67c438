"""Lock an open file against other processes; the system releases the lock when the process ends, in whatever way.

By hand, for a library of locks opens the file itself, by its path: here it is opened by the handle of its folder, never
through a link, never made where another process may just be removing it, and it holds who locked it.
"""

from __future__ import annotations

import errno
import os

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}
"""Errors of file systems that have no locks."""

_LOCKED_BYTE = 1 << 30
"""The byte that is locked on Windows: after the content of the file, because a locked byte cannot be read there."""


def lock(handle: int) -> None:
    """Lock a file that is open for writing; if the file system has no locks, do nothing.

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
    """Release the lock, also for forked copies of this process, which would hold it as long as they live."""
    if os.name != "nt":
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_UN)
