"""Make temporary files that go with who holds them; what killed processes have left is removed at the next."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

from dedup.store.locking import lock


def held_file(owner: object, prefix: str, suffix: str, folder: Path | None) -> Path:
    """Make an empty file that is removed when its owner is, or at the end of the process.

    It is locked as long as it lives, so that files which a killed process has left are known by being unlocked: those
    with the same prefix and suffix in the folder are removed first. On Windows, where a lock keeps writers out, they
    stay.

    Parameters
    ----------
    owner : object
    prefix, suffix : str
        How its name begins and ends.
    folder : Path or None
        None: that of the system's temporary files.

    Raises
    ------
    OSError
    """
    place = Path(tempfile.gettempdir() if folder is None else folder)
    if os.name == "nt":
        handle, name = tempfile.mkstemp(suffix, prefix, place)
    else:
        for left in place.glob(f"{prefix}*{suffix}"):
            _remove_left(left)
        handle, name = _locked_file(prefix, suffix, place)
    weakref.finalize(owner, _end, handle, name)
    return Path(name)


def _locked_file(prefix: str, suffix: str, place: Path) -> tuple[int, str]:
    while True:
        handle, name = tempfile.mkstemp(suffix, prefix, place)
        try:
            lock(handle)
            if os.fstat(handle).st_nlink:
                return handle, name
        except BlockingIOError:
            pass
        os.close(handle)  # another process has just taken it for one that was left


def _remove_left(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if os.fstat(handle).st_uid == os.geteuid():
                lock(handle)
                path.unlink()
        finally:
            os.close(handle)


def _end(handle: int, name: str) -> None:
    with suppress(OSError):
        os.close(handle)
    Path(name).unlink(missing_ok=True)
