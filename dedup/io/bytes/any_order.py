"""Give readers of tables a file that they can read in any order: itself, or a copy of a member of an archive."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path

from dedup.io.bytes.paths import COPIED_BYTES, InputFile


@contextmanager
def in_any_order(file: InputFile, scratch: Path | None) -> Iterator[Path | RawIOBase]:
    """Yield the path of a file of this machine, or an open file of another one, which is closed behind the block.

    Parameters
    ----------
    file : InputFile
        If it is a member of an archive, a copy of it is yielded: going back in it means to unpack it again.
    scratch : Path or None
        Folder for the copy; None: the system's.

    Raises
    ------
    OSError, InputError
    """
    if file.local_path is not None:
        yield file.local_path
        return
    with file.open() as opened:
        if file.place.stored_in is None:
            yield opened
            return
        handle, name = tempfile.mkstemp(prefix="dedup-member-", dir=scratch)
        try:
            with os.fdopen(handle, "wb") as copy:
                shutil.copyfileobj(opened, copy, COPIED_BYTES)
            yield Path(name)
        finally:
            Path(name).unlink()
