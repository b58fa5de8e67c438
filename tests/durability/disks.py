"""A small disk in a file, and what stands on it at any moment: what a power failure then would leave."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import xxhash

MEGABYTES = 24
TRIES = 50  # at unmounting, a tenth of a second each

WAYS = {
    "as it is": (),
    # Data may be written long after the names that lead to it, and a rename has nothing written.
    "data late": ("data=writeback", "noauto_da_alloc"),
}
"""Options of ext4, by what is meant."""


def run(*command: object) -> None:
    """Run a program of the system.

    Raises
    ------
    subprocess.CalledProcessError
    """
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


class Disk:
    """An ext4 file system in a file, mounted where it says.

    Parameters
    ----------
    folder : Path
        For the file and the place where it is mounted.
    options : tuple of str
        Of mounting.
    """

    def __init__(self, folder: Path, options: tuple[str, ...] = ()) -> None:
        self.place, self._image, self._folder = folder / "disk", folder / "image", folder
        self._options = ",".join(("loop", "commit=300", *options))
        self._seen: set[int] = set()
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(MEGABYTES << 20)
        run("mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", self._image)
        self.mount()

    def mount(self, image: Path | None = None) -> None:
        """Mount it, or another file in its place, as after a power failure."""
        run("mount", "-o", self._options, image or self._image, self.place)

    def unmount(self) -> None:
        """Unmount what is mounted; what still looks at it is waited for."""
        for left in reversed(range(TRIES)):
            try:
                return run("umount", self.place)
            except subprocess.CalledProcessError:
                if not left:
                    raise
                time.sleep(0.1)

    def cut(self) -> Path | None:
        """Return a copy of what is on the disk now; None where there is one already that is the same."""
        found = xxhash.xxh3_64_intdigest(self._image.read_bytes())
        if found in self._seen:
            return None
        self._seen.add(found)
        copy = self._folder / f"cut {len(self._seen)}"
        run("cp", "--sparse=always", self._image, copy)
        return copy

    def meddle(self) -> None:
        """Have another program sync a file of its own: the names of all files are then written, what is in them not."""
        with (self.place / "other").open("ab") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())


@functools.cache
def why_not(folder: Path) -> str:
    """Say why there can be no disk: nothing, where there can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "power cuts need Linux and root, to mount a file"
    if not shutil.which("mkfs.ext4"):
        return "power cuts need mkfs.ext4 (Debian: apt-get install e2fsprogs)"
    tried = folder / "tried"
    tried.mkdir()
    try:
        Disk(tried).unmount()
    except subprocess.CalledProcessError as error:
        return f"no file can be mounted: {error.stderr.decode(errors='replace').strip()}"
    return ""
