"""Create files and folders that only their owner can read, because data computed from texts reveals them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)  # not on Windows


def opener(path: str, flags: int) -> int:
    """Open a file, which others cannot read if it is created here, and never through a link; for ``open(opener=)``."""
    return os.open(path, flags | _NO_LINKS, FILE)


def open_in(folder: Path, handle: int, name: str, flags: int) -> int:
    """Open a file in a folder as `opener` does, by a handle of the folder, or by its path if the handle is -1."""
    if handle < 0:
        return opener(str(folder / name), flags)
    return os.open(name, flags | _NO_LINKS, FILE, dir_fd=handle)


def opener_in(folder: Path) -> Callable[[str, int], int]:
    """Return an opener for new files of a folder, which the same users can read or write as the folder.

    So a folder is shared by changing its mode, and what is made in it later is shared, too.
    """
    mode = _mode(folder) & 0o666 | FILE

    def opened(path: str, flags: int) -> int:
        handle = opener(path, flags)
        if hasattr(os, "fchmod") and os.fstat(handle).st_size == 0:  # whatever the umask
            with suppress(OSError):  # another's, who has just made it
                os.fchmod(handle, mode)
        return handle

    return opened


def make_folder(folder: Path) -> None:
    """Create a folder for its owner alone, and those above it; an existing folder is not changed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(FOLDER, exist_ok=True)


def make_folder_in(folder: Path, name: str) -> Path:
    """Create a folder in another, with its mode; an existing folder is not changed."""
    made = folder / name
    with suppress(FileExistsError):
        made.mkdir(FOLDER)
        made.chmod(_mode(folder))
    return made


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)
