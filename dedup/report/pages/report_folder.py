"""Put a report into place: it is written to a hidden folder, which then replaces an earlier report or nothing."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dedup.errors import OutputError
from dedup.store.private import FOLDER

MARKER = "report.json"
"""Name of the file by which a report is recognised."""


@contextmanager
def new_report(folder: Path) -> Iterator[Path]:
    """Give a hidden folder to write to, which becomes the report when all has gone well, and is removed otherwise.

    Parameters
    ----------
    folder : Path
        Where the report is to be. It may be missing, empty, or an earlier report.

    Raises
    ------
    OutputError
        When there is something else, or nothing can be written there.
    """
    target = Path(os.path.realpath(folder))
    _refuse(folder, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = target.parent / f".dedup-report-{secrets.token_hex(8)}"
        work.mkdir(FOLDER)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}", hint="choose another -o") from error
    try:
        yield work
        work.chmod(0o777 & ~_umask())
        _replace(work, target)
    except OSError as error:
        found = f"cannot write the report: {error.strerror or error}; nothing was written to {folder}"
        raise OutputError(found, hint="free some space, or choose another -o") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _refuse(folder: Path, target: Path) -> None:
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise OutputError(f"{folder} is a file", "a folder for the report", "choose another -o")
    try:
        names = os.listdir(target)
        if not names:
            return
        marker = json.loads((target / MARKER).read_text("utf-8")) if MARKER in names else None
    except (OSError, ValueError):
        marker = None
    if not isinstance(marker, dict) or "dedup_report" not in marker:
        expected = "a new or empty folder, or an earlier report"
        raise OutputError(f"{folder} is not empty and is no report", expected, "choose another -o, or move it away")


def _replace(work: Path, target: Path) -> None:
    """Move the new report into place; the earlier one is moved away first, and back if that fails."""
    if not target.is_dir():
        work.rename(target)
        return
    aside = target.parent / f".dedup-report-{secrets.token_hex(8)}"
    target.rename(aside)
    try:
        work.rename(target)
    except OSError:
        with suppress(OSError):
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
