"""List the input files that a caller names as files, folders, globs or ``-``."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import RawIOBase
from pathlib import Path, PurePath, PurePosixPath

from dedup.errors import InputError
from dedup.io.bytes.encodings import Charset
from dedup.io.bytes.surrogates import printable
from dedup.io.format_registry import READABLE, STDIN_FORMAT, FileFormat, format_of, is_archive, suffixes_of
from dedup.io.places.input_place import Place, State
from dedup.io.places.local_file import LocalFile
from dedup.io.places.remote_tuning import RemoteTuning
from dedup.io.places.urls import is_url, shown_url
from dedup.io.wording import listed

STDIN = "-"

_SHORT_URL = re.compile("[a-z][a-z0-9+.-]+:/[^/]")

COPIED_BYTES = 1 << 20
"""Bytes that are copied at a time."""

SIDE_FILES = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
"""What Hugging Face writes beside the records of a data set; a description in it is no article."""


DESCRIPTION = "which describes a data set"


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    Parameters
    ----------
    place : Place
        Where it is, and what opens it.
    name : str
        What to call it: its path as the caller wrote it, or as it was found in a folder or by a glob.
    relative : str
        With forward slashes: the way from the folder it was found in, or the file's name.
    format : FileFormat
    folder : Path, str or None
        The folder that is an input and in which the file was found, a path or a URL.
    encoding : str or None
        What the caller says that it is in, if it is not UTF-8; None: to be recognised.
    charset : Charset or None
        The encoding that was recognised when the file was read before.
    found_state : State or None
        Its state when it was found, if that was said with its name; else it is asked for.
    """

    place: Place
    name: str
    relative: str
    format: FileFormat
    folder: Path | str | None = None
    encoding: str | None = None
    charset: Charset | None = None
    found_state: State | None = None

    @property
    def is_stdin(self) -> bool:
        """Whether this is standard input."""
        return self.name == STDIN

    @property
    def local_path(self) -> Path | None:
        """The path of a file of this machine; None for members of archives and remote files."""
        return self.place.local_path

    @property
    def suffixes(self) -> list[str]:
        """The suffixes of its name, in lower case."""
        return suffixes_of(self.relative.rpartition("/")[2])

    def open(self) -> RawIOBase:
        """Open it to be read: binary, without a buffer, with ``read``, ``seek`` and ``tell``.

        Raises
        ------
        OSError, InputError
        """
        return self.place.open()

    def size(self) -> int:
        """Return its size in bytes, as it is stored; errors as for ``open``."""
        return self.place.size()

    def state(self) -> State:
        """Return its state, which changes when it is written to; errors as for ``open``."""
        return self.place.state()

    def copy_to(self, target: str | Path) -> None:
        """Copy its bytes to a file, which is created; errors as for ``open``."""
        with self.open() as opened, open(target, "wb", buffering=0) as copy:
            while chunk := opened.read(COPIED_BYTES):
                left = memoryview(chunk)
                while len(left):
                    left = left[copy.write(left) :]


class SkippedFiles:
    """The files in folders that are not read: hidden ones, links out of the folder, and unreadable kinds.

    Parameters
    ----------
    suffixes : Counter of str
        How many have a suffix that cannot be read.
    hidden : list of str
        Names of hidden files and folders.
    others : list of (str, str)
        Name and reason of those that are pipes, devices, links that lead out of the folder, or no records.
    """

    def __init__(self) -> None:
        self.suffixes: Counter[str] = Counter()
        self._counted: set[str] = set()
        self.hidden: list[str] = []
        self.others: list[tuple[str, str]] = []

    def of_another_kind(self, path: PurePath) -> None:
        """Count a file of an unreadable kind, once even if several inputs lead to it."""
        if str(path) not in self._counted:
            self._counted.add(str(path))
            self.suffixes[printable(path.suffix.lower())] += 1

    @property
    def kinds(self) -> str:
        """The suffixes that cannot be read, with the number of files of each."""
        most = sorted(self.suffixes.items(), key=lambda kind: (-kind[1], kind[0]))
        return listed((f"{suffix or 'no suffix'} {count:,}" for suffix, count in most), noun="kinds")

    @property
    def notes(self) -> list[str]:
        """Notes on the skipped files, for the summary."""
        notes = []
        if self.suffixes:
            count = self.suffixes.total()
            notes.append(f"{count:,} {'file' if count == 1 else 'files'} of another kind not read: {self.kinds}")
        if self.hidden:
            notes.append(f"hidden, and not read: {listed(sorted(set(self.hidden)))}")
        if self.others:
            others = (f"{name}, {reason}" for name, reason in sorted(self.others))
            notes.append(f"not read: {listed(others, joint='; ')}")
        return notes


class RealPaths:
    """The real paths behind all links of many files; each folder is followed only once."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def of(self, path: Path) -> str:
        """Return what ``os.path.realpath`` does, where the folders do not change meanwhile."""
        folder, name = os.path.split(path)
        # Windows has a short name for each file, too, which only the system resolves.
        if name in ("", ".", "..") or os.name == "nt" or os.path.islink(path):
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)


def expand(
    inputs: Sequence[str | Path],
    skipped: SkippedFiles | None = None,
    remote: RemoteTuning | None = None,
    scratch: Path | None = None,
) -> list[InputFile]:
    """List the files to read.

    Parameters
    ----------
    inputs : sequence of str or Path
        Files, folders (read with all below them), zip archives (read as folders are), globs, or ``-`` for JSON lines
        on standard input. A URL names any of the first two and the last but one. A member of an archive is named as if
        that were a folder.
    skipped : SkippedFiles, optional
        Receives what is not read.
    remote : RemoteTuning, optional
        Sizes and times of requests to remote files.
    scratch : Path, optional
        Folder for copies of remote files whose servers send only the whole.

    Returns
    -------
    list of InputFile
        In the order of the inputs, sorted by path within a folder or glob; a file met twice stands once.

    Raises
    ------
    InputError
        When an input does not exist, cannot be listed, or holds files, but none that can be read. A folder without any
        file is none, unless it is remote, where there are no such folders.
    """
    files: dict[str, InputFile] = {}
    skipped = SkippedFiles() if skipped is None else skipped
    real = RealPaths()
    for name in inputs:
        found = _remote(str(name), skipped, remote, scratch) if is_url(name) else _expand_one(os.fspath(name), skipped)
        for file in found:
            files.setdefault(_key(file, real), file)
    if not inputs:
        raise InputError("no input", "files, folders, globs, or - for standard input")
    return list(files.values())


def _key(file: InputFile, real: RealPaths) -> str:
    """Return what is the same for two names of one file."""
    path = file.local_path
    return STDIN if file.is_stdin else file.place.shown if path is None else real.of(path)


def _expand_one(name: str, skipped: SkippedFiles) -> Iterator[InputFile]:
    path = Path(name)
    if name == STDIN:
        yield InputFile(LocalFile(path), STDIN, STDIN, STDIN_FORMAT)
    elif os.path.isdir(path):  # unlike Path.is_dir, False when not allowed to look
        yield from _in_folder(path, skipped)
    elif (archive := archive_in(path)) is not None:
        yield from _in_archive(archive, skipped, path.relative_to(archive).as_posix())
    elif os.path.lexists(path) or not glob.has_magic(name):
        yield _single(path)
    else:
        yield from _matching(name, skipped)


def _remote(url: str, skipped: SkippedFiles, remote: RemoteTuning | None, scratch: Path | None) -> Iterator[InputFile]:
    """Yield the files that a URL names."""
    from dedup.io.places.remote_object import has_magic, objects_at  # which other inputs need not wait for
    from dedup.io.places.transfers import Transfers

    files, is_single = objects_at(url, Transfers(remote, scratch))
    folder = None if is_single or has_magic(url) else shown_url(url)
    is_any = False
    for relative, place in files:
        name, path = printable(place.shown), PurePosixPath(printable(relative).lstrip("/"))
        file_format = format_of(path)
        if is_single and file_format is None:
            hint = "JSON lines can also come on standard input, as -"
            hint = "download it: archives are read on this machine" if is_archive(path.name) else hint
            raise InputError(f"{name} has an unknown suffix", f"one of {READABLE}", hint)
        if not is_single and any(part.startswith(".") for part in path.parts):
            skipped.hidden.append(name)
        elif file_format is None:
            skipped.of_another_kind(PurePosixPath(name))
        elif not is_single and path.name in SIDE_FILES:
            skipped.others.append((name, "which describes a data set"))
        else:
            is_any = True
            yield InputFile(place, name, str(path), file_format, folder, found_state=place.found_state)
    if not is_any:
        found = f"no file in {printable(shown_url(url))} can be read: there are {skipped.kinds}"
        raise InputError(found, f"files with one of {READABLE}")


def _single(path: Path) -> InputFile:
    name = printable(str(path))
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        hint = "a URL is a string: pathlib makes one slash of two" if _SHORT_URL.match(name) else ""
        raise InputError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}", hint=hint) from error
    if not stat.S_ISREG(mode):
        hint = "JSON lines can come on standard input, as -"
        raise InputError(f"{name} is a pipe or a device", "a file, which can be read several times", hint)
    file_format = format_of(path)
    if file_format is None:
        hint = "rename it; JSON lines can also come on standard input, as -"
        raise InputError(f"{name} has an unknown suffix", f"one of {READABLE}", hint)
    return InputFile(LocalFile(path), name, printable(path.name), file_format)


def _in_folder(folder: Path, skipped: SkippedFiles) -> list[InputFile]:
    before = skipped.suffixes.total()
    paths = sorted(_walk(folder, skipped), key=_parts)
    found = [file for path in paths for file in _input_files(path, folder, folder, skipped)]
    if not found and skipped.suffixes.total() > before:
        found_instead = f"no file in {printable(str(folder))} can be read: there are {skipped.kinds}"
        raise InputError(found_instead, f"files with one of {READABLE}")
    return found


def _matching(pattern: str, skipped: SkippedFiles) -> Iterator[InputFile]:
    if ".." in Path(pattern).parts[len(_fixed_part(pattern).parts) :]:
        found = f"{printable(pattern)}, with .. after a wildcard"
        raise InputError(found, "a glob that stays below its fixed part", "put .. in front of the first wildcard")
    base = _fixed_part(pattern)
    matches = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]
    if not matches:
        raise InputError(f"nothing matches {printable(pattern)}")
    is_any = False
    below: list[Path]
    for match in matches:
        if os.path.isdir(match):
            below = sorted(_walk(match, skipped), key=_parts)
        elif format_of(match) or is_archive(match.name):
            below = [match]
        else:
            below = []
            skipped.of_another_kind(match)
        for path in below:
            for file in _input_files(path, base, None, skipped):
                is_any = True
                yield file
    if not is_any:
        raise InputError(f"no file that matches {printable(pattern)} can be read", f"files with one of {READABLE}")


def _input_files(path: Path, base: Path, folder: Path | None, skipped: SkippedFiles) -> Iterator[InputFile]:
    """Yield a file that was found below a folder, or the members of an archive."""
    name, above = str(path), os.path.join(base, "")
    # Nearly always the base is how the path begins; pathlib takes ten times as long to see it.
    within = name[len(above) :].replace(os.sep, "/") if name.startswith(above) else path.relative_to(base).as_posix()
    relative = printable(within)
    file_format = format_of(path)
    if file_format is not None:
        yield InputFile(LocalFile(path), printable(name), relative, file_format, folder)
        return
    try:
        yield from (replace(one, relative=f"{relative}/{one.relative}") for one in _in_archive(path, skipped))
    except InputError as error:
        skipped.others.append((printable(name), error.found.removeprefix(f"{printable(name)} ")))


def archive_in(path: Path) -> Path | None:
    """Return the archive that a path names, or leads into; None if there is none."""
    return next((one for one in (path, *path.parents) if is_archive(one.name) and os.path.isfile(one)), None)


def _in_archive(archive: Path, skipped: SkippedFiles, within: str = ".") -> list[InputFile]:
    """Return the members of an archive that can be read, as those of a folder are; or only one, or those below it.

    Raises
    ------
    InputError
        When it cannot be read; when a member of a format that is known cannot, or there is none.
    """
    from dedup.io.places.zip_archive import LINK, members_of  # half a hundredth of a second

    name = printable(str(archive))
    try:
        members = members_of(archive)
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {error.strerror or error}", hint="is the download complete?"
        ) from error
    found: list[InputFile] = []
    if within in members:
        members = {within: members[within]}
    elif within != ".":
        members = {name: member for name, member in members.items() if name.startswith(f"{within}/")}
    for place, trouble in members.values():
        shown = f"{name}/{printable(place.name)}"
        file_format = format_of(Path(place.name))
        if any(part.startswith((".", "__MACOSX")) for part in place.name.split("/")):
            skipped.hidden.append(shown)
        elif Path(place.name).name in SIDE_FILES:
            skipped.others.append((shown, DESCRIPTION))
        elif file_format is None:
            skipped.of_another_kind(archive / place.name)
        elif trouble == LINK:
            skipped.others.append((shown, "a link in an archive"))
        elif trouble:
            raise InputError(f"{name} has {printable(place.name)}, which {trouble}", hint="unpack it first")
        else:
            found.append(InputFile(place, shown, printable(place.name), file_format, archive))
    if not found:
        where = name if within == "." else f"{name}/{within}"
        kinds = f": there are {skipped.kinds}" if skipped.suffixes else ""
        raise InputError(f"no file in {where} can be read{kinds}", f"files with one of {READABLE}")
    return found


def _parts(path: Path) -> tuple[str, ...]:
    """Return the parts of a path, by which paths are compared; made once for each, sorting takes half the time."""
    return path.parts


def _walk(folder: Path, skipped: SkippedFiles) -> Iterator[Path]:
    """Yield the readable files below a folder; hidden files and folders are only noted."""

    def refuse(error: OSError) -> None:
        raise InputError(f"cannot list {printable(str(error.filename))}: {error.strerror}") from error

    root = os.path.realpath(folder)
    for parent, folders, names in os.walk(folder, onerror=refuse):
        skipped.hidden += [f"{printable(str(Path(parent, name)))}/" for name in folders if name.startswith(".")]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if name.startswith("."):
                skipped.hidden.append(printable(str(path)))
            elif format_of(path) is None and not is_archive(name):
                skipped.of_another_kind(path)
            elif reason := _refused(path, root):
                skipped.others.append((printable(str(path)), reason))
            else:
                yield path


def _blobs_of(root: str) -> str | None:
    """Return the folder with the files of a Hugging Face cache, to which all links in one of its snapshots lead."""
    above, _, below = root.rpartition(f"{os.sep}snapshots{os.sep}")
    return os.path.join(above, "blobs") if above and below else None


def _refused(path: Path, root: str) -> str:
    """Return why a file of a folder is not read, or an empty string.

    It may be a pipe, a device, a link out of the folder, or no records.

    An input that the caller names is read, whatever it is; but a folder may belong to someone else, who could make us
    read anything.
    """
    try:
        if path.name in SIDE_FILES:
            return DESCRIPTION
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            target = os.path.realpath(path)
            allowed = filter(None, (root, _blobs_of(root)))
            if not any(os.path.commonpath([one, target]) == one for one in allowed):
                return "a link that leads out of the folder"
            mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return "no regular file"
    except OSError:
        return ""  # what is wrong is reported when it is read
    return ""


def _fixed_part(pattern: str) -> Path:
    """Return the folder before the first part of a glob that has a wildcard."""
    fixed: list[str] = []
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)
