"""Open a file of this machine."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from dedup.io.places.input_place import State


class LocalFile(NamedTuple):
    """A file of this machine; all else as `dedup.io.places.input_place.Place`.

    Parameters
    ----------
    path : Path
    """

    path: Path

    @property
    def local_path(self) -> Path:
        """Its path."""
        return self.path

    @property
    def stored_in(self) -> Path:
        """Its path."""
        return self.path

    @property
    def shown(self) -> str:
        """Its absolute path."""
        return os.path.abspath(self.path)

    def open(self) -> FileIO:
        """Open it to be read, without a buffer."""
        return self.path.open("rb", buffering=0)

    def size(self) -> int:
        """Return its size in bytes."""
        return os.stat(self.path).st_size

    def state(self) -> State:
        """Return its size, and nanoseconds of the last change."""
        status = os.stat(self.path)
        return status.st_size, status.st_mtime_ns

    def shown_state(self, state: State) -> str:
        """Return size and time of the last change."""
        size, changed = state
        when = datetime.fromtimestamp(changed / 1e9, timezone.utc).isoformat(" ", "milliseconds")
        return f"{size:,} bytes, changed {when}"

    def version(self) -> None:
        """Return None: only its content names it."""
        return None
