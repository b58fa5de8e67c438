"""Write files and their names to the disk itself, so that they survive a power failure.

A file that is renamed without a sync may be empty after a power failure, and a name that is new may be gone; so what
takes the place of something else, or is the reason for removing something, is synced first.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dedup.store import private


def sync_file(path: Path) -> None:
    """Write the content of a file to the disk.

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


def sync_stream(handle: int) -> None:
    """Write what was written to an open file to the disk, if it is a file on one; a pipe has none.

    Raises
    ------
    OSError
    """
    if stat.S_ISREG(os.fstat(handle).st_mode):
        os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk; Windows cannot do that, and need not."""
    if os.name != "nt":
        sync_file(folder)


SYNCED_AT_ONCE = 16
"""Files that are synced at the same time where there are many. Each sync waits for the disk, which answers waiting ones
together: of 10,000 files one after the other take 12 to 30 seconds on ext4, sixteen at a time one second."""


def sync_tree(folder: Path) -> None:
    """Write everything in a folder to the disk, files before the names that lead to them.

    Raises
    ------
    OSError
        When a file or a folder cannot be: then it is not there. A sync of the whole system would not report that.
    """
    places = [(Path(place), names) for place, _, names in os.walk(folder, topdown=False)]
    files = [place / name for place, names in places for name in names]
    if len(files) <= SYNCED_AT_ONCE:
        for path in files:
            sync_file(path)
    else:
        with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
            for _ in pool.map(_sync_files, [files[first::SYNCED_AT_ONCE] for first in range(SYNCED_AT_ONCE)]):
                pass  # raises what a sync has raised
    for place, _ in places:
        sync_folder(place)


def _sync_files(files: Sequence[Path]) -> None:
    for path in files:
        sync_file(path)


def replace_json(folder: Path, name: str, value: object, handle: int = -1) -> None:
    """Write a value as JSON to a file in a folder of ours; the file is on the disk before it replaces the old one.

    Parameters
    ----------
    folder : Path
    name : str
        Of the file; a file of this name is replaced.
    value : object
        What JSON can hold.
    handle : int
        Of the folder, to be used in place of its path, which others might turn elsewhere; -1: the path.

    Raises
    ------
    OSError
    """
    new = f"{name}.new"
    with os.fdopen(private.open_in(folder, handle, new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
        file.write(json.dumps(value))  # json.dump would not use the encoder that is written in C
        file.flush()
        os.fsync(file.fileno())
    if handle >= 0:
        os.replace(new, name, src_dir_fd=handle, dst_dir_fd=handle)
        os.fsync(handle)
    else:
        os.replace(folder / new, folder / name)
        sync_folder(folder)
