"""What of a run is finished, so that another process can go on where one was killed.

Every step of a run is determined by its input. So a step that is done need only leave its result: a run that is resumed
takes that instead of working it out, and ends with the same bytes. Results are synced to the disk before the list of
finished steps names them, and that list is replaced as a whole: whatever the moment, what it names is there.
"""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import ParamsError
from dedup.store import secret
from dedup.store.durable import sync_folder
from dedup.store.private import opener
from dedup.store.scratch import Scratch, ScratchArray, damaged, scratch_error
from dedup.store.work_folder import MANIFEST, SCRATCH_SUFFIX

FORMAT = 4
"""Raised when what is saved is laid out in another way: nothing of an older format is resumed."""

SAVE_AFTER = 5.0
"""Seconds of work worth saving: syncing takes time, too, and what took less is done again as soon."""

Arrays = tuple[npt.NDArray[Any], ...]


class Checkpoint:
    """The finished steps of a run.

    Parameters
    ----------
    scratch : Scratch
        Lasting if steps are to be saved.
    folder : Path or None
        That of the scratch files; None: nothing is saved.
    identity : mapping
        What decides the result, by its name, as JSON has it.
    resume : bool
        Take what an earlier process has finished, if anything; else forget it.

    Raises
    ------
    ParamsError
        When what is there belongs to a run that was called otherwise: tells what changed.
    """

    def __init__(
        self,
        scratch: Scratch,
        folder: Path | None = None,
        identity: Mapping[str, Any] | None = None,
        resume: bool = False,
    ) -> None:
        self.scratch = scratch
        self._folder = folder
        self._saved = time.monotonic()
        self._manifest: dict[str, Any] = {
            "format": FORMAT,
            "identity": json.loads(json.dumps(identity)),
            "secret": secret.draw().hex(),
            "reading": None,
            "steps": {},
        }
        self._has_saved = False
        if folder is None:
            return
        found = _read(folder / MANIFEST) if resume else None
        if found is not None:
            _refuse_changes(found, self._manifest)
            self._manifest = found
            self._has_saved = True
        else:
            for path in (folder / MANIFEST, *folder.glob("*.npz"), *folder.glob(f"*{SCRATCH_SUFFIX}")):
                path.unlink(missing_ok=True)

    @property
    def has_saved(self) -> bool:
        """Whether there is anything that a process to come could take."""
        return self._has_saved

    @property
    def key(self) -> secret.Key:
        """The key of the fingerprints and digests of the run: the one that it began with."""
        return secret.key_of(bytes.fromhex(self._manifest["secret"]))

    @property
    def reading(self) -> dict[str, Any] | None:
        """What `save_reading` was told last, by an earlier process."""
        told: dict[str, Any] | None = self._manifest["reading"]
        return told

    def array(self, name: str, dtype: npt.DTypeLike) -> ScratchArray:
        """Return a scratch array of the reading: what was saved of it, or a new one."""
        size = self.reading["sizes"].get(name, 0) if self.reading else 0
        return self.scratch.array(name, dtype, size)

    def save_reading(self, state: Callable[[], dict[str, Any]], done: bool = False) -> None:
        """Save how far reading has come, if that is worth it: all scratch arrays, and the state."""
        if self._folder is None or (time.monotonic() - self._saved < SAVE_AFTER and not done):
            return
        self._manifest["reading"] = {**state(), "sizes": self.scratch.sizes(), "done": done}
        if time.monotonic() - self._saved >= SAVE_AFTER:
            self.scratch.sync()
            self._publish()

    def once(self, step: str, work: Callable[[], Arrays], arrays: Sequence[tuple[str, npt.DTypeLike]] = ()) -> Arrays:
        """Return what the step results in: as it was saved, or worked out now, and saved if that is worth it.

        Parameters
        ----------
        step : str
            Its name: no other step of the run has it.
        work : callable
            Returns arrays.
        arrays : sequence of (str, dtype)
            Scratch arrays that the step leaves, besides.
        """
        steps = self._manifest["steps"]
        if step in steps:
            for name, dtype in arrays:
                self.scratch.array(name, dtype, steps[step][name])
            return _loaded(self._file(step))
        made = work()
        if self._folder is None or time.monotonic() - self._saved < SAVE_AFTER:
            return made
        try:
            with open(self._file(step), "wb", opener=opener) as file:
                np.savez(file, *made)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise scratch_error(error, self._folder) from error
        sizes = self.scratch.sizes()
        steps[step] = {name: sizes[name] for name, _ in arrays}
        self.scratch.sync()
        self._publish()
        return made

    def _file(self, step: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{step}.npz"

    def _publish(self) -> None:
        """Replace the list of finished steps."""
        assert self._folder is not None
        new = self._folder / f"{MANIFEST}.new"
        try:
            with open(new, "w", encoding="utf-8", opener=opener) as file:
                json.dump(self._manifest, file)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._folder)  # what it names, by their names
            new.replace(self._folder / MANIFEST)
            sync_folder(self._folder)
        except OSError as error:
            raise scratch_error(error, self._folder) from error
        self._saved = time.monotonic()
        self._has_saved = True


def _loaded(path: Path) -> Arrays:
    """Return the arrays that a step has left.

    Raises
    ------
    InputError
        When they are not what was saved, or cannot be read.
    """
    try:
        with path.open("rb") as file, np.load(file) as saved:
            return tuple(saved[name] for name in saved.files)
    except OSError as error:
        raise damaged(path, f"cannot be read ({(error.strerror or str(error)).lower()})", "what was saved") from error
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise damaged(path, "has other bytes", "those that were saved") from error


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def _refuse_changes(found: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    before, here = found["identity"], now["identity"]
    changes = [
        f"{name} was {json.dumps(before.get(name))} and is {json.dumps(here.get(name))}"
        for name in {**before, **here}
        if before.get(name) != here.get(name)
    ]
    if changes:
        raise ParamsError(
            f"the unfinished run was another: {'; '.join(changes)}",
            "the same parameters to resume with",
            "run with those, or without --resume to begin anew",
        )
