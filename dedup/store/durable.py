"""What outlives the machine: files and their names written to the disk, not only to the system's memory.

A file that is renamed without a sync may be empty after a power failure, and a name that is new may be gone; so what
takes the place of something else, or is the reason for removing something, is synced first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def sync_file(path: Path) -> None:
    """Have the content of a file written to the disk.

    Raises
    ------
    OSError
        When it cannot be: then it is not there.
    """
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk; Windows has no way to, and needs none."""
    if os.name != "nt":
        sync_file(folder)


MANY = 1_000
"""Files that are not synced one by one: each waits for the disk, so that one sync of all of it takes less."""


def sync_tree(folder: Path) -> None:
    """Have everything in a folder written to the disk, files before the names that lead to them."""
    places = list(os.walk(folder, topdown=False))
    if sys.platform == "linux" and sum(len(names) for _, _, names in places) > MANY:
        os.sync()  # on Linux it returns when all is written
        return
    for place, _, names in places:
        for name in names:
            sync_file(Path(place) / name)
        sync_folder(Path(place))
