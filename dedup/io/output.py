"""The output folder: checked before any work, written aside, moved into place whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from dedup.durable import sync_folder, sync_tree
from dedup.errors import OutputError

SUMMARY = "summary.json"

LISTED_UNDER = "files"
"""The key under which the summary lists the names that a run has written."""

ASIDE = "replaced"
"""Where what an earlier run has written is while the new takes its place."""

OURS = (
    "kept.jsonl",
    "kept.csv",
    "kept.tsv",
    "kept.parquet",
    "kept",
    "decisions.parquet",
    "matches.parquet",
    "rejected.jsonl",
    SUMMARY,
)
"""Every name that a run may write."""

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
    """An output folder that changes only when everything was written.

    Parameters
    ----------
    directory : Path
        The output folder; it and folders above it are created when missing.
    inputs : sequence of Path
        Folders and files that are read, as ``Source.inputs``.

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
    unless ``is_unfinished`` was set: what a killed run had finished is kept there, too. The folder is named after
    the output, so that it is found again, and locked, so that two runs do not write to one output.

    Examples
    --------
    >>> with Output(Path("deduplicated"), source.inputs) as output:  # doctest: +SKIP
    ...     source.write_kept(kept, output.folder)
    ...     write_parquet(decisions, output.path("decisions.parquet"))
    ...     output.commit()
    """

    def __init__(self, directory: Path, inputs: Sequence[Path]) -> None:
        self.directory = directory
        self._earlier = _files_of_earlier_run(directory)
        _refuse_place(directory)
        _refuse_inputs(directory, inputs)
        self._work = self._place() / f".dedup-{self.key}"
        if self._earlier is None:
            # Where a run was killed in the middle of moving its files, they are ours without a summary that says so.
            self._earlier = [name for name in OURS if os.path.lexists(directory / name)]
            if self._earlier and not self._work.exists():
                raise OutputError(
                    f"{directory / self._earlier[0]} is there already, and no earlier run has written it",
                    "an empty or new folder, or that of an earlier run",
                    "choose another -o, or move it away",
                )
        self._folder: Path | None = None
        self._lock = -1
        self.is_unfinished = False
        self._is_torn = False

    @property
    def key(self) -> str:
        """12 hex digits that are the same for the same output folder."""
        place = os.fsencode(self.directory.absolute())
        return hashlib.blake2b(place, digest_size=6).hexdigest()

    @property
    def is_open(self) -> bool:
        """Whether there is something to be written still."""
        return self._folder is not None

    @property
    def work(self) -> Path:
        """The hidden folder, inside the ``with`` block; gone when the output is complete."""
        return self._work

    @property
    def folder(self) -> Path:
        """The folder to write to, inside the ``with`` block and before ``commit``."""
        if self._folder is None:
            raise RuntimeError("the output is not open")
        return self._folder

    def path(self, name: str) -> Path:
        """Return where to write the file that is going to be ``name`` in the output folder."""
        if name not in OURS:
            raise ValueError(f"{name} is not among the names of output files")
        return self.folder / name

    def _place(self) -> Path:
        """Return where the hidden folder is, or is going to be."""
        above = _nearest_folder(self.directory)
        if self.directory.is_dir() and not (above / f".dedup-{self.key}").exists():
            return self.directory
        return above

    def __enter__(self) -> Output:
        folder = self._work / "output"
        try:
            self._work.mkdir(exist_ok=True)
            self._lock = _locked(self._work)
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir()
        except BlockingIOError as error:
            raise OutputError(
                f"another run is writing to {self.directory}", hint="wait for it, or choose another -o"
            ) from error
        except OSError as error:
            raise self._plain(error, 0) from error
        self._folder = folder
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is None:
            return
        written = self._discard()
        if isinstance(error, OSError) and error.errno in _PLAIN:
            raise self._plain(error, written) from error

    def commit(self) -> None:
        """Move what was written into place, and what an earlier run has left behind out of it.

        Raises
        ------
        OutputError
            When a file cannot be moved; those moved before are moved back.
        """
        try:
            # All of it is on the disk before it takes a place, and the place before what it was made from is removed.
            sync_tree(self.folder)
            if self.directory.is_dir():
                self._replace()
            else:
                self._create()
        except OSError as error:
            raise self._plain(error, _size(self.folder)) from error
        else:
            self.is_unfinished = False
        finally:
            self._discard()

    def _discard(self) -> int:
        """Remove the folder written to, and return how many bytes it held."""
        written = _size(self.folder)
        if not self._is_torn:
            shutil.rmtree(self.folder if self.is_unfinished else self._work, ignore_errors=True)
        with suppress(OSError):  # it holds what is unfinished, unless that has a place of its own
            self._work.rmdir()
        self._folder = None
        if self._lock >= 0:
            with suppress(OSError):  # it is closed all the same
                os.close(self._lock)
            self._lock = -1
        return written

    def _create(self) -> None:
        above = [parent for parent in self.directory.parents if not parent.exists()]
        try:
            self.directory.parent.mkdir(parents=True, exist_ok=True)
            self.folder.rename(self.directory)
            for parent in (self.directory.parent, *(one.parent for one in above)):
                with suppress(PermissionError):  # it may not be ours to read
                    sync_folder(parent)
        except BaseException:
            with suppress(OSError):  # what may not be there after a power failure must not be taken for written
                self.directory.rename(self.folder)
            for parent in above:
                with suppress(OSError):
                    parent.rmdir()
            raise

    def _replace(self) -> None:
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
                move(self.directory / name, aside / name)
            for name in new:
                if name == SUMMARY:
                    sync_folder(self.directory)
                move(self.directory / name, aside / name)
                move(self.folder / name, self.directory / name)
            sync_folder(self.directory)
        except BaseException:
            self._is_torn = not _moved_back(moved)
            raise

    def _plain(self, error: OSError, written: int) -> OutputError:
        problem = _PLAIN.get(error.errno or 0, error.strerror or str(error))
        place = error.filename or self.directory
        if self._is_torn:
            found = f"{problem}: {place}; {self.directory} is not whole, what stood there and is missing is in"
            return OutputError(f"{found} {self.folder / ASIDE}", hint="run the same command again, or move it back")
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            found = f"{problem} for {self.directory} after writing {written:,} bytes; they were removed again"
            return OutputError(found, hint="free some space, or choose another -o")
        return OutputError(f"{problem}: {place}; nothing was written", hint="choose another -o")


def write_parquet(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> None:
    """Write tables as one Parquet file, a row group each, compressed with zstd."""
    import pyarrow.parquet as pq  # 7 ms that a run without output need not wait

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def write_rejected(rejections: Iterable[tuple[str, int, str, bytes, int]], path: Path) -> None:
    """Write a JSON line with ``file``, ``row``, ``reason`` and ``raw`` for each rejected record.

    Where ``raw`` is only the beginning there is ``bytes``, too: how many there were, null where reading stopped.

    Parameters
    ----------
    rejections : iterable of (file, row, reason, raw, size)
        The size is -1 where it is not known.
    path : Path
        Written, if empty, even when no record is rejected.

    Notes
    -----
    Bytes that are not UTF-8 stand in ``raw`` as lone surrogates (Python's ``surrogateescape``), written as escapes:
    ``json.loads(line)["raw"].encode("utf-8", "surrogateescape")`` are the record's very bytes.
    """
    with open(path, "w", encoding="ascii", newline="\n") as output:
        for file, row, reason, raw, size in rejections:
            told = raw.decode("utf-8", "surrogateescape")
            line: dict[str, str | int | None] = {"file": file, "row": row, "reason": reason, "raw": told}
            if size != len(raw):
                line["bytes"] = None if size < 0 else size
            output.write(json.dumps(line) + "\n")


def _files_of_earlier_run(directory: Path) -> list[str] | None:
    """Return the names that the summary there lists, or None when there is none of ours."""
    try:
        summary = json.loads((directory / SUMMARY).read_bytes())
    except (OSError, ValueError):
        return None
    files = summary.get(LISTED_UNDER) if isinstance(summary, dict) else None
    return [name for name in files if name in OURS] if isinstance(files, list) else None


def _refuse_place(directory: Path) -> None:
    try:
        if directory.exists() and not directory.is_dir():
            raise OutputError(f"{directory} is a file", "a folder to write to", "choose another -o")
        place = directory if directory.is_dir() else _nearest_folder(directory)
    except OSError as error:
        raise OutputError(f"cannot use {directory}: {error.strerror}", hint="choose another -o") from error
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(f"no permission to write in {place}", hint="choose another -o")


def _refuse_inputs(directory: Path, inputs: Sequence[Path]) -> None:
    place = directory.resolve()
    for given in inputs:
        source = given.resolve()
        if source.is_dir() and place.is_relative_to(source):
            where = "is an input folder" if place == source else f"lies in the input folder {given}"
            raise OutputError(f"{directory} {where}", "a folder outside the inputs", "choose another -o")
        for name in OURS:
            if source.is_relative_to(place / name):
                found = f"{given} is an input, and the output {place / name} would overwrite it"
                raise OutputError(found, hint="choose another -o")


def _moved_back(moves: Sequence[tuple[Path, Path]]) -> bool:
    """Undo moves, the last of which may not have happened; return whether that went well."""
    went_well = True
    for back, now in reversed(moves):
        try:
            if os.path.lexists(now):
                os.replace(now, back)
        except OSError:
            went_well = False
    return went_well


def _locked(folder: Path) -> int:
    """Lock a folder until the handle returned is closed, if by the end of the process; -1 where there are no locks."""
    try:
        import fcntl
    except ImportError:  # on Windows
        return -1
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _nearest_folder(directory: Path) -> Path:
    for parent in directory.absolute().parents:
        if parent.is_dir():
            return parent
        if os.path.lexists(parent):
            raise OutputError(f"{parent} is a file", "a folder to write to", "choose another -o")
    raise OutputError(f"{directory} has no folder above it that exists", hint="choose another -o")


def _size(folder: Path) -> int:
    sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        return sum(sizes)
    except OSError:
        return 0
