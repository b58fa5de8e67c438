"""Save the finished steps of a run, so that another process can continue if one is killed.

Every step of a run is determined by its input. So a step that is finished need only leave its result: a run that is
resumed loads that instead of computing it, and ends with the same bytes. Results are synced to the disk before the list
of finished steps names them, and that list is replaced as a whole: at any moment, what it names is there.
"""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import ParamsError
from dedup.run.options import RunTuning
from dedup.store import secret
from dedup.store.durable import replace_json, sync_folder
from dedup.store.private import opener
from dedup.store.scratch import Scratch, ScratchArray, damaged, scratch_error
from dedup.store.work_folder import MANIFEST, SCRATCH_SUFFIX

FORMAT = 6
"""Raised when what is saved is laid out differently: a run of an older format is not resumed."""

Arrays = tuple[npt.NDArray[Any], ...]
ScratchNames = Sequence[tuple[str, npt.DTypeLike]]


class Checkpoint:
    """The finished steps of a run.

    Parameters
    ----------
    scratch : Scratch
        Lasting if steps are to be saved.
    folder : Path or None
        That of the scratch files; None: nothing is saved.
    identity : mapping
        What decides the result, by name, as JSON can hold it.
    resume : bool
        Continue from what an earlier process has finished, if anything; otherwise forget it.
    save_after : float
        Seconds of work worth saving.

    Raises
    ------
    ParamsError
        When the unfinished run was called with other arguments; the message names them.

    Examples
    --------
    >>> arrays = checkpoint.load("families")  # doctest: +SKIP
    >>> if arrays is None:  # doctest: +SKIP
    ...     arrays = checkpoint.save("families", compute())
    """

    def __init__(
        self,
        scratch: Scratch,
        folder: Path | None = None,
        identity: Mapping[str, Any] | None = None,
        resume: bool = False,
        save_after: float = RunTuning().save_after,
    ) -> None:
        self.scratch = scratch
        self._folder = folder
        self._save_after = save_after
        self._saved_at = time.monotonic()
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
        earlier = _read(folder / MANIFEST) if resume else None
        if earlier is not None:
            _refuse_changes(earlier["identity"], self._manifest["identity"])
            self._manifest = earlier
            self._has_saved = True
        else:
            for path in (folder / MANIFEST, *folder.glob("*.npz"), *folder.glob(f"*{SCRATCH_SUFFIX}")):
                path.unlink(missing_ok=True)

    @property
    def folder(self) -> Path | None:
        """That of the scratch files; None if nothing is saved."""
        return self._folder

    @property
    def has_saved(self) -> bool:
        """Whether a later process could continue from saved steps."""
        return self._has_saved

    @property
    def is_due(self) -> bool:
        """Whether enough work has been done since the last save."""
        return self._folder is not None and time.monotonic() - self._saved_at >= self._save_after

    @property
    def key(self) -> secret.Key:
        """The key of the run's fingerprints and digests, drawn when it began."""
        return secret.key_of(bytes.fromhex(self._manifest["secret"]))

    @property
    def reading(self) -> dict[str, Any] | None:
        """The state last passed to `save_reading`, with ``done``; None if nothing was read."""
        state: dict[str, Any] | None = self._manifest["reading"]
        return state

    def array(self, name: str, dtype: npt.DTypeLike) -> ScratchArray:
        """Return a scratch array for reading, with its saved values or new."""
        size = self.reading["sizes"].get(name, 0) if self.reading else 0
        return self.scratch.array(name, dtype, size)

    def save_reading(self, state: Mapping[str, Any], done: bool = False) -> None:
        """Save the progress of reading: all scratch arrays, and the state; but only if it is due.

        Parameters
        ----------
        state : mapping
            As JSON can hold it.
        done : bool
            Whether all is read. Then the next save holds it, too.
        """
        if self._folder is None or not (done or self.is_due):
            return
        self._manifest["reading"] = {**state, "sizes": self.scratch.sizes(), "done": done}
        if self.is_due:
            self.scratch.sync()
            self._publish()

    def load(self, step: str, scratch_arrays: ScratchNames = ()) -> Arrays | None:
        """Return the arrays that a finished step saved, None if it must be computed.

        Parameters
        ----------
        step : str
            Its name: no other step of the run has it.
        scratch_arrays : sequence of (str, dtype)
            Scratch arrays that the step leaves, besides; they are opened.

        Raises
        ------
        InputError
            When what was saved is damaged.
        """
        steps = self._manifest["steps"]
        if step not in steps:
            return None
        for name, dtype in scratch_arrays:
            self.scratch.array(name, dtype, steps[step][name])
        return _loaded(self._file(step))

    def save(self, step: str, arrays: Arrays, scratch_arrays: ScratchNames = ()) -> Arrays:
        """Save the arrays of a step, if that is worth it, and return them; parameters as for `load`.

        Raises
        ------
        OutputError
            When they cannot be written.
        """
        if not self.is_due:
            return arrays
        try:
            with open(self._file(step), "wb", opener=opener) as file:
                np.savez(file, *arrays)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise scratch_error(error, self._folder) from error
        sizes = self.scratch.sizes()
        self._manifest["steps"][step] = {name: sizes[name] for name, _ in scratch_arrays}
        self.scratch.sync()
        self._publish()
        return arrays

    def _file(self, step: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{step}.npz"

    def _publish(self) -> None:
        """Replace the list of finished steps."""
        assert self._folder is not None
        try:
            sync_folder(self._folder)  # the files that it names, by their names
            replace_json(self._folder, MANIFEST, self._manifest)
        except OSError as error:
            raise scratch_error(error, self._folder) from error
        self._saved_at = time.monotonic()
        self._has_saved = True


def _loaded(path: Path) -> Arrays:
    try:
        with path.open("rb") as file, np.load(file) as saved:
            return tuple(saved[name] for name in saved.files)
    except OSError as error:
        raise damaged(path, f"cannot be read ({(error.strerror or str(error)).lower()})", "what was saved") from error
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise damaged(path, "differs from what was saved", "the saved bytes") from error


def _read(path: Path) -> dict[str, Any] | None:
    """Return the list of finished steps, None if there is none that this version can use."""
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None


def _refuse_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    if before.get("version") != now.get("version"):
        raise ParamsError(
            f"the unfinished run is of version {before.get('version')} of this program",
            f"one of version {now.get('version')}, which is running",
            f"resume with version {before.get('version')}, or run without --resume to start from the beginning",
        )
    changes = [
        f"{name} was {json.dumps(before.get(name))} and is {json.dumps(now.get(name))}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]
    if changes:
        raise ParamsError(
            f"the unfinished run was called with other arguments: {'; '.join(changes)}",
            "the same arguments",
            "run with those, or without --resume to start from the beginning",
        )
