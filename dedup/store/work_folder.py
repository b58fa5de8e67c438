"""Create the hidden folder that a run works in, and find it again, by a marker, after the run was killed.

It lies beside the output, where others may be allowed to write. So its name cannot be foreseen, only its owner may read
it, and a folder that is there already is used only if it is no link, belongs to this user, cannot be written to by
anybody else and has a marker that names this output. Only names that a run gives are ever removed from it, by a handle
of the folder and not by its path, which others might turn elsewhere.
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
from dedup.store.durable import replace_json, sync_folder

OUTPUT = "output"
"""Name of the folder within that becomes the output."""

MANIFEST = "unfinished.json"
"""Name of the file that lists the finished steps of a run."""

SCRATCH_SUFFIX = ".scratch"

_MARKER, _LOCK = "work.json", "lock"
_NAME = re.compile(r"\.dedup-([0-9a-f]{12})-[0-9a-f]{16}(-scratch)?")
_REMOVED = re.compile(rf"{re.escape(MANIFEST)}(\.new)?|{re.escape(_MARKER)}\.new|[^/]+(\.npz|{SCRATCH_SUFFIX})")
"""Names that may be removed; marker and lock are removed last, by their own names."""

_BY_HANDLE = {os.open, os.unlink, os.rmdir, os.mkdir, os.rename} <= os.supports_dir_fd  # not on Windows

WAIT_SECONDS = 1.0
"""Of two runs that begin at the same time the first waits this long for the second to give up."""


class WorkFolder:
    """A hidden folder that this process has created, or taken over, and holds locked.

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
        Make the lock file. Never in a folder that was found: its process may just be removing it.

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
            flags = os.O_RDWR | (os.O_CREAT if is_new else 0)
            self._lock = private.open_in(path, handle, _LOCK, flags)
            locking.lock(self._lock)
        except BaseException:
            self.release()
            raise

    @staticmethod
    def create(place: Path, output: Path) -> WorkFolder:
        """Create a hidden folder in a place.

        Raises
        ------
        OSError
        """
        return _made(place / _new_name(output), output)

    @staticmethod
    def reopen(path: Path, output: Path) -> WorkFolder | None:
        """Return the folder that an earlier process of this user made for the output; None if it is anything else.

        Raises
        ------
        BlockingIOError
            When that process is still there.
        """
        marked = _marked(path, output)
        try:
            return None if marked is None else WorkFolder(path, output, *marked)
        except FileNotFoundError:  # that process has just come to its end
            return None

    @property
    def scratch(self) -> Path | None:
        """The folder of the run's scratch files, if they are not in this one."""
        return None if self._note["scratch"] is None else Path(self._note["scratch"])

    @property
    def has_saved(self) -> bool:
        """Whether an earlier process left finished steps that this one can continue from."""
        return os.path.lexists((self.scratch or self.path) / MANIFEST)

    def scratch_in(self, place: Path) -> WorkFolder:
        """Return a folder for scratch files elsewhere: that of the earlier process, or a new one.

        Raises
        ------
        OSError
        """
        if self.scratch is not None and (found := WorkFolder.reopen(self.scratch, self._output)) is not None:
            return found
        path = place.resolve() / f"{_new_name(self._output)}-scratch"
        self._mark(path)  # first: whatever is made can be found again
        return _made(path, self._output)

    def remove_output(self) -> None:
        """Remove the folder that would have become the output, as far as possible."""
        with suppress(OSError):
            if self._handle >= 0:
                _remove_tree(OUTPUT, self._handle)
            else:
                shutil.rmtree(self.path / OUTPUT)

    def remove(self) -> None:
        """Remove the folder, and scratch files elsewhere, as far as possible; files that are not of a run stay."""
        with suppress(OSError):
            if self.scratch is not None and (found := WorkFolder.reopen(self.scratch, self._output)) is not None:
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
        """Write the names of the folder and of its marker to the disk."""
        sync_folder(self.path)
        with suppress(PermissionError):  # its place may not be ours to read
            sync_folder(self.path.parent)

    def release(self) -> None:
        """Release the lock; the folder stays. That a close failed is not reported: it would hide what came before."""
        handles, self._lock, self._handle = (self._lock, self._handle), -1, -1
        for handle in handles:
            if handle >= 0:
                with suppress(OSError):
                    os.close(handle)

    def _mark(self, scratch: Path | None) -> None:
        self._note = {"output": str(self._output), "scratch": None if scratch is None else str(scratch)}
        replace_json(self.path, _MARKER, self._note, self._handle)

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


def claim(places: Sequence[Path], output: Path, resume: bool) -> WorkFolder:
    """Return the work folder of a run, new or taken over, and remove those that killed runs have left.

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
    """Return whether a run to the output has left a work folder, or is still running."""
    return any(_exists(path, output) for path in _candidates(places, output))


def _left_by_others(mine: WorkFolder, places: Sequence[Path], output: Path) -> list[WorkFolder]:
    """Return the folders of killed runs, locked; if two runs begin at once, the one with the later name gives up."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        left, rivals = [], []
        for path in _candidates(places, output):
            if path == mine.path:
                continue
            try:
                if (one := WorkFolder.reopen(path, output)) is not None:
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
    """Yield everything with the name of a work folder of the output."""
    key = _key(output)
    for place in places:
        with suppress(OSError):  # it need not be ours to list
            for name in sorted(os.listdir(place)):
                match = _NAME.fullmatch(name)
                if match and match[1] == key and not match[2]:
                    yield place / name


def _marked(path: Path, output: Path) -> tuple[int, dict[str, Any]] | None:
    """Return handle and marker of a folder that this user made for the output; None if it is anything else."""
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
    marked = _marked(path, output)
    if marked is not None and marked[0] >= 0:
        os.close(marked[0])
    return marked is not None


def _is_path(value: object) -> bool:
    return value is None or (isinstance(value, str) and os.path.isabs(value) and "\0" not in value)


def _is_ours(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _key(output: Path) -> str:
    """Return 12 hex digits that are the same for the same output, so that folders of others need not be opened."""
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
    """Remove a folder with everything in it; links are removed, not followed."""
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
