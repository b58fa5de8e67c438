"""Write the output folder: check it before any work, write to a hidden folder, and move all into place or nothing."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from dedup.errors import OutputError
from dedup.io.bytes.paths import RealPaths
from dedup.io.output_names import FIXED, SUMMARY, is_ours
from dedup.store.durable import sync_folder, sync_tree
from dedup.store.work_folder import OUTPUT, WorkFolder, claim, is_left

LISTED_UNDER = "files"
"""The key under which the summary lists the names that a run has written."""

ASIDE = "replaced"
"""The folder that holds the files of an earlier run while the new ones take their place."""

_PLAIN = {
    errno.ENOSPC: "no space left",
    errno.EDQUOT: "disk quota exceeded",
    errno.EACCES: "no permission to write",
    errno.EPERM: "no permission to write",
    errno.EROFS: "read-only file system",
    errno.EFBIG: "file too large for the file system",
    errno.EIO: "input/output error",
    errno.ENAMETOOLONG: "file name too long",
}


class Output:
    """An output folder that changes only after everything has been written.

    Parameters
    ----------
    directory : Path
        The output folder; it and folders above it are created when missing.
    inputs : sequence of Path or str
        Folders and files that are read, as ``Source.inputs``; URLs are no concern of a folder of this machine.
    resume : bool
        Take over what a killed run to this output has left; else it is removed.

    Raises
    ------
    OutputError
        When the folder cannot be written to, is or lies in an input folder, when writing would overwrite an input, or
        when files that no earlier run has written stand where ours would.

    Notes
    -----
    Files are written to a hidden folder next to where they are going to be, on the same file system; ``commit`` has
    them written to the disk and moves them: after a power failure they are there as a whole, or the run is
    unfinished. Leaving the ``with`` block without it, as by an error or an interruption, removes every trace,
    unless ``is_unfinished`` was set: what a killed run had finished is kept there, too. The folder is private and
    locked, so that two runs do not write to one output, by whatever links it is named: `dedup.store.work_folder`.

    Examples
    --------
    >>> with Output(Path("deduplicated"), source.inputs) as output:  # doctest: +SKIP
    ...     source.write_kept(kept, output.folder)
    ...     write_parquet(decisions, output.path("decisions.parquet"))
    ...     output.commit()
    """

    def __init__(self, directory: Path, inputs: Sequence[Path | str], resume: bool = False) -> None:
        self.directory: Path | str = directory
        self._resume = resume
        self._target = _resolved(directory)
        self._earlier = _files_of_earlier_run(self._target)
        _refuse_place(directory, self._target)
        _refuse_inputs(directory, [one for one in inputs if isinstance(one, Path)])
        there = [name for name in _names_in(self._target) if is_ours(name)]
        if self._earlier is None:
            # Where a run was killed in the middle of moving its files, they are ours without a summary that says so.
            self._earlier = there
            if there and not is_left(self._places(), self._target):
                raise _of_others(directory, there[0])
        elif others := [name for name in there if name not in FIXED and name not in self._earlier]:
            raise _of_others(directory, others[0])
        # Then only the hidden folder says that they are ours: it stays until they are replaced.
        self._is_unmarked = bool(self._earlier) and not os.path.lexists(self._target / SUMMARY)
        self._work: WorkFolder | None = None
        self._scratch: WorkFolder | None = None
        self._is_open = False
        self.is_unfinished = self.is_committed = False
        self._is_torn = False

    @property
    def is_open(self) -> bool:
        """Whether something may still be written."""
        return self._is_open

    @property
    def has_saved(self) -> bool:
        """Whether a resumed run finds work that a killed run saved."""
        return self._work is not None and self._work.has_saved

    @property
    def place(self) -> Path:
        """The folder in which the hidden folder is, or will be."""
        return self._places()[0]

    @property
    def folder(self) -> Path:
        """The folder to write to, inside the ``with`` block and before ``commit``."""
        if self._work is None or not self._is_open:
            raise RuntimeError("the output is not open")
        return self._work.path / OUTPUT

    def scratch(self, place: Path | None) -> Path:
        """Return the folder for scratch files, inside the ``with`` block: the hidden one, or one elsewhere.

        Raises
        ------
        OutputError
            When the run that is resumed has its own in another place.
        OSError
        """
        if self._work is None:
            raise RuntimeError("the output is not open")
        left = self._work.scratch.parent if self._work.scratch is not None else None
        if self._work.has_saved and left != (None if place is None else place.resolve()):
            raise OutputError(
                f"the temporary files of the run to resume are {f'in {left}' if left else 'beside the output'}",
                f"--scratch {left}" if left else "no --scratch",
                "name the same folder, or run without --resume to start again",
            )
        if place is None:
            return self._work.path
        self._scratch = self._work.scratch_in(place)
        return self._scratch.path

    def path(self, name: str) -> Path:
        """Return the path to write the file to that will be ``name`` in the output folder."""
        if not is_ours(name):
            raise ValueError(f"{name} is not among the names of output files")
        return self.folder / name

    def _places(self) -> list[Path]:
        """Return the folders in which hidden folders may be; new ones are made in the first.

        A run that was killed may have made the folders between since.
        """
        return [place for place in (self._target, *self._target.parents) if place.is_dir()]

    def __enter__(self) -> Output:
        try:
            self._work = claim(self._places(), self._target, self._resume)
            self.is_unfinished = self._work.has_saved  # whatever fails from here on, what is resumed stays
            self._work.remove_output()
            (self._work.path / OUTPUT).mkdir()  # open to whom the umask says, once it is in its place
        except BlockingIOError as error:
            raise OutputError(
                f"another run is writing to {self.directory}", hint="wait for it, or choose another -o"
            ) from error
        except OSError as error:
            self._let_go()
            raise self._plain(error, 0) from error
        self._is_open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        written = _size(self.folder) if self._is_open else 0
        was_open, self._is_open = self._is_open, False
        self._let_go()
        if was_open and isinstance(error, OSError) and error.errno in _PLAIN:
            raise self._plain(error, written) from error

    def commit(self) -> None:
        """Move the written files into place, and those of an earlier run out of it.

        Raises
        ------
        OutputError
            When a file cannot be moved; those moved before are moved back.
        """
        folder = self.folder
        try:
            # All of it is on the disk before it takes a place, and the place before what it was made from is removed.
            sync_tree(folder)
            if self._target.is_dir():
                self._replace()
            else:
                self._create()
        except OSError as error:
            raise self._plain(error, _size(folder)) from error
        else:
            self.is_committed = True
            self.is_unfinished = self._is_unmarked = False
        finally:
            self._is_open = False
            if self._scratch is None:  # else it is found by what is in ours
                self._let_go()

    def finish(self) -> None:
        """End a run whose files are in their place: what it has left on this machine is removed."""
        self.is_committed = True
        self.is_unfinished = self._is_unmarked = self._is_open = False
        if self._scratch is None:  # else it is found by what is in ours
            self._let_go()

    def _let_go(self) -> None:
        """Remove hidden files, except those that another run may resume from."""
        for one in (self._scratch, self._work):
            if one is None:
                continue
            if one is self._work and (self._is_torn or self._is_unmarked):
                if not self._is_torn:
                    one.remove_output()
                one.release()
            elif self.is_unfinished:
                one.remove_output()
                one.release()
            else:
                one.remove()
        self._scratch = self._work = None

    def _create(self) -> None:
        above = [parent for parent in self._target.parents if not parent.exists()]
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self.folder.rename(self._target)
            for parent in (self._target.parent, *(one.parent for one in above)):
                with suppress(PermissionError):  # it may not be ours to read
                    sync_folder(parent)
        except BaseException:
            with suppress(OSError):  # what a power failure may undo must not count as written
                self._target.rename(self.folder)
            for parent in above:
                with suppress(OSError):
                    parent.rmdir()
            raise

    def _replace(self) -> None:
        assert self._work is not None
        self._work.sync()  # it says whose the files are while no summary does
        new = sorted(os.listdir(self.folder), key=lambda name: (name == SUMMARY, name))
        aside = self.folder / ASIDE
        aside.mkdir()
        stale = [name for name in self._earlier or () if name not in new]
        moved: list[tuple[Path, Path]] = []

        def move(source: Path, target: Path) -> None:
            if os.path.lexists(source):
                moved.append((source, target))
                os.replace(source, target)

        try:
            # The summary marks a folder as ours and its files as whole: the old one goes first, the new one comes last.
            for name in [SUMMARY, *stale]:
                move(self._target / name, aside / name)
            sync_folder(self._target)
            for name in new:
                if name == SUMMARY:
                    sync_folder(self._target)
                move(self._target / name, aside / name)
                move(self.folder / name, self._target / name)
            sync_folder(self._target)
        except BaseException:
            self._is_torn = not _moved_back(moved)
            raise

    def _plain(self, error: OSError, written: int) -> OutputError:
        problem = _PLAIN.get(error.errno or 0, error.strerror or str(error))
        place = error.filename or self.directory
        if self._is_torn:
            found = f"{problem}: {place}; {self.directory} is incomplete, and its missing files are in"
            return OutputError(f"{found} {self.folder / ASIDE}", hint="run the same command again, or move them back")
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            found = f"{problem} for {self.directory} after writing {written:,} bytes; they were removed again"
            return OutputError(found, hint="free some space, or choose another -o")
        return OutputError(f"{problem}: {place}; nothing was written", hint="choose another -o")


def _files_of_earlier_run(directory: Path) -> list[str] | None:
    """Return the file names in the summary of an earlier run, or None if there is no summary of ours."""
    try:
        return files_in_summary((directory / SUMMARY).read_bytes())
    except OSError:
        return None


def files_in_summary(content: bytes) -> list[str] | None:
    """Return the file names in the summary of an earlier run, or None if it is none of ours."""
    try:
        summary = json.loads(content)
    except ValueError:
        return None
    files = summary.get(LISTED_UNDER) if isinstance(summary, dict) else None
    return [name for name in files if isinstance(name, str) and is_ours(name)] if isinstance(files, list) else None


def _names_in(folder: Path) -> list[str]:
    """Return the names in a folder, none if it is none; what is wrong with it is reported when it is written to."""
    try:
        return sorted(os.listdir(folder))
    except PermissionError:  # to list it; what is in it may be reached all the same
        return [name for name in FIXED if os.path.lexists(folder / name)]
    except OSError:
        return []


def _of_others(directory: Path, name: str) -> OutputError:
    return OutputError(
        f"{directory / name} exists, and was not written by an earlier run",
        "an empty or new folder, or that of an earlier run",
        "choose another -o, or move it away",
    )


def _resolved(directory: Path) -> Path:
    """Return the real folder behind all links, so that one output has one name."""
    try:
        return directory.resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise OutputError(f"cannot use {directory}: {error}", hint="choose another -o") from error


def _refuse_place(directory: Path, target: Path) -> None:
    try:
        if target.exists() and not target.is_dir():
            raise OutputError(f"{directory} is a file", "a folder to write to", "choose another -o")
        place = target if target.is_dir() else _nearest_folder(target)
    except OSError as error:
        raise OutputError(f"cannot use {directory}: {error.strerror}", hint="choose another -o") from error
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(f"no permission to write in {place}", hint="choose another -o")


def _refuse_inputs(directory: Path, inputs: Sequence[Path]) -> None:
    place = directory.resolve()
    at_or_above = {os.path.normcase(one) for one in (place, *place.parents)}
    within = os.path.normcase(os.path.join(place, ""))
    real = RealPaths()
    for input_path in inputs:
        real_path = os.path.normcase(real.of(input_path))
        if real_path not in at_or_above and not real_path.startswith(within):
            continue  # as nearly all of many inputs
        source = Path(real_path)
        if real_path in at_or_above and source.is_dir():
            where = "is an input folder" if place == source else f"lies in the input folder {input_path}"
            raise OutputError(f"{directory} {where}", "a folder outside the inputs", "choose another -o")
        name = next(iter(source.relative_to(place).parts), "") if real_path.startswith(within) else ""
        if is_ours(name):
            found = f"{input_path} is an input, and the output {place / name} would overwrite it"
            raise OutputError(found, hint="choose another -o")


def _moved_back(moves: Sequence[tuple[Path, Path]]) -> bool:
    """Undo moves, the last of which may not have happened; return whether that succeeded."""
    went_well = True
    for back, now in reversed(moves):
        try:
            if os.path.lexists(now):
                os.replace(now, back)
        except OSError:
            went_well = False
    return went_well


def _nearest_folder(directory: Path) -> Path:
    for parent in directory.absolute().parents:
        if parent.is_dir():
            return parent
        if os.path.lexists(parent):
            raise OutputError(f"{parent} is a file", "a folder to write to", "choose another -o")
    raise OutputError(f"{directory} has no existing parent folder", hint="choose another -o")


def _size(folder: Path) -> int:
    sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        return sum(sizes)
    except OSError:
        return 0
