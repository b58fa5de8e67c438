"""The hidden folder of a run: made with a name that nobody can foresee, for us alone, and known again by a marker.

It lies beside the output, where perhaps others may write, too. So what is there already is looked at before it is
believed: no link, a folder of ours that nobody else can write to, whose marker names this output. Only names that a run
gives are ever removed from it, by a handle of the folder and not by its path, which others might turn elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dedup.store import locking, private
from dedup.store.durable import sync_folder

OUTPUT = "output"
"""The folder in it that becomes the output."""

MANIFEST = "unfinished.json"
"""Says what of a run is finished."""

SCRATCH_SUFFIX = ".scratch"

_MARKER, _LOCK = "work.json", "lock"
_NAME = re.compile(r"\.dedup-([0-9a-f]{12})-[0-9a-f]{16}(-scratch)?")
_REMOVED = re.compile(rf"{re.escape(MANIFEST)}(\.new)?|{re.escape(_MARKER)}\.new|[^/]+(\.npz|{SCRATCH_SUFFIX})")
"""Names that are removed, besides the marker and the lock, which go last."""

_BY_HANDLE = {os.open, os.unlink, os.rmdir, os.mkdir, os.rename} <= os.supports_dir_fd  # not on Windows

WAIT_SECONDS = 1.0
"""How long of two runs that begin at once the first waits for the second to give way."""


class WorkFolder:
    """A hidden folder that this process has made, or has found to be one of its user's, and holds locked.

    Parameters
    ----------
    path : Path
    output : Path
        The output that it is for, resolved.
    handle : int
        Of the folder; -1 where there are no such handles.
    note : dict
        What its marker says.
    is_new : bool
        Make its lock. Never in one that was found: its process may be removing it just now.

    Raises
    ------
    BlockingIOError
        When another process holds it.
    OSError
    """

    def __init__(self, path: Path, output: Path, handle: int, note: dict[str, Any], is_new: bool = False) -> None:
        self.path = path
        self._output = output
        self._handle = handle
        self._note = note
        self._lock = -1
        try:
            self._lock = self._open(_LOCK, os.O_RDWR | (os.O_CREAT if is_new else 0))
            locking.lock(self._lock)
        except BaseException:
            self.release()
            raise

    @staticmethod
    def create(place: Path, output: Path) -> WorkFolder:
        """Make one in a place.

        Raises
        ------
        OSError
        """
        return _made(place / _new_name(output), output)

    @staticmethod
    def known(path: Path, output: Path) -> WorkFolder | None:
        """Return one that an earlier process of this user has made for the output; None if it is anything else.

        Raises
        ------
        BlockingIOError
            When that process is still there.
        """
        seen = _seen(path, output)
        try:
            return None if seen is None else WorkFolder(path, output, *seen)
        except FileNotFoundError:  # that process has just come to its end
            return None

    @property
    def scratch(self) -> Path | None:
        """The folder of the scratch files of this run, where they are not in this one."""
        return None if self._note["scratch"] is None else Path(self._note["scratch"])

    @property
    def has_saved(self) -> bool:
        """Whether an earlier process has left what this one can take up."""
        return os.path.lexists((self.scratch or self.path) / MANIFEST)

    def scratch_in(self, place: Path) -> WorkFolder:
        """Return the folder for scratch files elsewhere: that of the earlier process, or a new one.

        Raises
        ------
        OSError
        """
        if self.scratch is not None and (found := WorkFolder.known(self.scratch, self._output)) is not None:
            return found
        path = place.resolve() / f"{_new_name(self._output)}-scratch"
        self._mark(path)  # first: whatever is made can be found again
        return _made(path, self._output)

    def remove_output(self) -> None:
        """Remove the folder that would have become the output; as far as that can be done."""
        with suppress(OSError):
            if self._handle >= 0:
                _remove_tree(OUTPUT, self._handle)
            else:
                shutil.rmtree(self.path / OUTPUT)

    def remove(self) -> None:
        """Remove it, and scratch files elsewhere, as far as that can be done; what is no file of a run stays."""
        with suppress(OSError):
            if self.scratch is not None and (found := WorkFolder.known(self.scratch, self._output)) is not None:
                found.remove()
        self.remove_output()
        if MANIFEST in self._entries():  # first of all: it names the others
            self._unlink(MANIFEST)
            with suppress(OSError):
                sync_folder(self.path)
        for entry in self._entries():
            if _REMOVED.fullmatch(entry):
                self._unlink(entry)
        elsewhere = self.scratch is not None and _exists(self.scratch, self._output)
        if elsewhere or not self._entries() <= {_MARKER, _LOCK}:  # what is mapped, perhaps: the next run tries
            self.release()
            return
        self._unlink(_MARKER)
        if self._handle >= 0:
            self._unlink(_LOCK)
        self.release()
        if not _BY_HANDLE:  # what is open cannot be removed on Windows
            self._unlink(_LOCK)
        with suppress(OSError):
            self.path.rmdir()

    def sync(self) -> None:
        """Have its name and its marker's written to the disk."""
        sync_folder(self.path)
        with suppress(PermissionError):  # its place may not be ours to read
            sync_folder(self.path.parent)

    def release(self) -> None:
        """Let go of it; it stays."""
        for handle in (self._lock, self._handle):
            if handle >= 0:
                os.close(handle)
        self._lock = self._handle = -1

    def _mark(self, scratch: Path | None) -> None:
        self._note = {"output": str(self._output), "scratch": None if scratch is None else str(scratch)}
        with os.fdopen(self._open(f"{_MARKER}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
            json.dump(self._note, file)
            file.flush()
            os.fsync(file.fileno())
        if self._handle >= 0:
            os.rename(f"{_MARKER}.new", _MARKER, src_dir_fd=self._handle, dst_dir_fd=self._handle)
        else:
            os.replace(self.path / f"{_MARKER}.new", self.path / _MARKER)

    def _open(self, name: str, flags: int) -> int:
        if self._handle < 0:
            return private.opener(str(self.path / name), flags)
        return os.open(name, flags | os.O_NOFOLLOW, private.FILE, dir_fd=self._handle)

    def _entries(self) -> set[str]:
        try:
            return set(os.listdir(self._handle if self._handle >= 0 else self.path))
        except OSError:
            return set()

    def _unlink(self, name: str) -> None:
        with suppress(OSError):
            if self._handle >= 0:
                os.unlink(name, dir_fd=self._handle)
            else:
                (self.path / name).unlink()


def claimed(places: Sequence[Path], output: Path, resume: bool) -> WorkFolder:
    """Return the work folder of a run, new or taken over, after those that killed runs have left are removed.

    Parameters
    ----------
    places : sequence of Path
        Where one may have been left; a new one is made in the first.
    output : Path
        Resolved.
    resume : bool
        Take over one in which a run has saved something.

    Raises
    ------
    BlockingIOError
        When another run writes to the output.
    OSError
    """
    mine = WorkFolder.create(places[0], output)
    try:
        left = _left_by_others(mine, places, output)
    except BaseException:
        mine.remove()
        raise
    saved = [one for one in left if resume and one.has_saved]
    taken = max(saved, key=lambda one: one.path.stat().st_mtime_ns, default=mine)
    for one in (mine, *left):
        if one is not taken:
            one.remove()
    return taken


def is_left(places: Sequence[Path], output: Path) -> bool:
    """Whether a run to the output has left a work folder, or is still there."""
    return any(_exists(path, output) for path in _candidates(places, output))


def _left_by_others(mine: WorkFolder, places: Sequence[Path], output: Path) -> list[WorkFolder]:
    """Return what killed runs have left, locked; of two runs that begin at once the one of the later name gives way."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        left, rivals = [], []
        for path in _candidates(places, output):
            if path == mine.path:
                continue
            try:
                if (one := WorkFolder.known(path, output)) is not None:
                    left.append(one)
            except BlockingIOError:
                rivals.append(path)
        if not rivals:
            return left
        for one in left:
            one.release()
        if min(path.name for path in rivals) < mine.path.name or time.monotonic() > until:
            raise BlockingIOError
        time.sleep(WAIT_SECONDS / 20)


def _candidates(places: Sequence[Path], output: Path) -> Iterator[Path]:
    """Yield what has a name like that of a work folder of the output."""
    key = _key(output)
    for place in places:
        with suppress(OSError):  # it need not be ours to list
            for name in sorted(os.listdir(place)):
                match = _NAME.fullmatch(name)
                if match and match[1] == key and not match[2]:
                    yield place / name


def _seen(path: Path, output: Path) -> tuple[int, dict[str, Any]] | None:
    """Return handle and marker of a folder that we have made for the output; None if it is anything else."""
    match = _NAME.fullmatch(path.name)
    if match is None or match[1] != _key(output):
        return None
    handle = -1
    try:
        if _BY_HANDLE:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            marker = os.open(_MARKER, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=handle) if _is_ours(os.fstat(handle)) else -1
        else:
            marker = -1 if path.is_symlink() else os.open(path / _MARKER, os.O_RDONLY)
        if marker >= 0:
            with os.fdopen(marker, encoding="utf-8") as file:
                note = json.load(file)
            if isinstance(note, dict) and note.get("output") == str(output) and _is_path(note.get("scratch")):
                return handle, note
    except (OSError, ValueError):
        pass
    if handle >= 0:
        os.close(handle)
    return None


def _exists(path: Path, output: Path) -> bool:
    seen = _seen(path, output)
    if seen is not None and seen[0] >= 0:
        os.close(seen[0])
    return seen is not None


def _is_path(value: object) -> bool:
    return value is None or (isinstance(value, str) and os.path.isabs(value) and "\0" not in value)


def _is_ours(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _key(output: Path) -> str:
    """Return 12 hex digits that are the same for the same output: they save looking into the folders of others."""
    return hashlib.blake2b(os.fsencode(output), digest_size=6).hexdigest()


def _new_name(output: Path) -> str:
    return f".dedup-{_key(output)}-{secrets.token_hex(8)}"


def _made(path: Path, output: Path) -> WorkFolder:
    path.mkdir(private.FOLDER)  # an error if there is anything of that name
    folder = None
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW) if _BY_HANDLE else -1
        folder = WorkFolder(path, output, handle, {"output": str(output), "scratch": None}, is_new=True)
        folder._mark(None)
    except BaseException:
        if folder is not None:
            folder.remove()
        else:  # without a marker no later run would know it
            with suppress(OSError):
                (path / _LOCK).unlink(missing_ok=True)
                path.rmdir()
        raise
    return folder


def _remove_tree(name: str, parent: int) -> None:
    """Remove a folder and all in it; of links the links alone."""
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        with os.scandir(handle) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for entry, is_folder in found:
            if is_folder:
                _remove_tree(entry, handle)
            else:
                os.unlink(entry, dir_fd=handle)
    finally:
        os.close(handle)
    os.rmdir(name, dir_fd=parent)
