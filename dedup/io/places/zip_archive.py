"""List the members of zip archives, and open them where they are: nothing is unpacked to the disk."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
import zlib
from functools import lru_cache
from io import RawIOBase
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from dedup.io.places.input_place import State
from dedup.io.places.local_file import LocalFile

OPEN_ARCHIVES = 4
"""Archives that are held open: the list of its members is read each time that one is opened."""

BOMB_RATIO, BOMB_BYTES = 200, 64_000_000
"""A member that becomes so many times as large, and larger than so many bytes, is no text: that becomes five times as
large, and thirty times in an extreme case."""

LINK = "is a link"

_ENCRYPTED = 0x1

_METHODS = (ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA, getattr(zipfile, "ZIP_ZSTANDARD", ZIP_STORED))
"""The last is new in Python 3.14."""


class ZipMember(NamedTuple):
    """A member of a zip archive of this machine; all else as `dedup.io.places.input_place.Place`.

    Parameters
    ----------
    archive : Path
    name : str
        The way to it within the archive, without parts that lead out of it.
    info : ZipInfo
    """

    archive: Path
    name: str
    info: ZipInfo

    @property
    def local_path(self) -> None:
        """Return None: it is no file of its own."""
        return None

    @property
    def stored_in(self) -> Path:
        """The path of the archive."""
        return self.archive

    @property
    def shown(self) -> str:
        """The absolute path of the archive, and the way within it."""
        return f"{os.path.abspath(self.archive)}/{self.name}"

    def open(self) -> RawIOBase:
        """Open it to be read; going back in it means to read it again from its beginning."""
        try:
            return _MemberStream(_archive_of(self.archive, *LocalFile(self.archive).state()).open(self.info))
        except (BadZipFile, NotImplementedError, RuntimeError) as error:
            raise _damaged(error) from error

    def size(self) -> int:
        """Return its size in bytes when it is unpacked."""
        return self.info.file_size

    def state(self) -> State:
        """Return its size, and nanoseconds of the last change of the archive."""
        return self.info.file_size, LocalFile(self.archive).state()[1]

    def shown_state(self, state: State) -> str:
        """Return size and time of the last change."""
        return LocalFile(self.archive).shown_state(state)

    def version(self) -> None:
        """Return None: only its content names it."""
        return None


class ArchiveMember(NamedTuple):
    """What an archive holds.

    Parameters
    ----------
    place : ZipMember
    trouble : str
        Why it cannot be read, as the rest of a sentence that begins with its name; else empty.
    """

    place: ZipMember
    trouble: str


def members_of(archive: Path) -> dict[str, ArchiveMember]:
    """Return the files of an archive by their names, which lead nowhere out of it, in the order of these.

    Raises
    ------
    OSError
        When it cannot be opened, or is no zip archive.
    """
    return _members_of(archive, *LocalFile(archive).state())


@lru_cache(OPEN_ARCHIVES)
def _members_of(archive: Path, size: int, changed: int) -> dict[str, ArchiveMember]:
    try:
        infos = [info for info in _archive_of(archive, size, changed).infolist() if not info.is_dir()]
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged(error) from error
    overlap = sum(info.compress_size for info in infos) > size
    found: dict[str, ArchiveMember] = {}
    for info in infos:
        name = _harmless(info.filename)
        trouble = "shares its bytes with other members, as in a bomb" if overlap else _trouble(info)
        if name in found:
            found[name] = found[name]._replace(trouble=found[name].trouble or "is there more than once")
        elif name:
            found[name] = ArchiveMember(ZipMember(archive, name, info), trouble)
    return dict(sorted(found.items()))


def _harmless(name: str) -> str:
    """Return a name without parts that lead out of the archive, and without a drive."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def _trouble(info: ZipInfo) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        return LINK
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if info.compress_type not in _METHODS:
        return f"is compressed by method {info.compress_type}, which Python does not know"
    if info.file_size > max(BOMB_BYTES, BOMB_RATIO * info.compress_size):
        return f"becomes {info.file_size:,} bytes from {info.compress_size:,}, as a bomb does"
    return ""


@lru_cache(OPEN_ARCHIVES)
def _archive_of(path: Path, size: int, changed: int) -> ZipFile:
    """Open an archive, once for each state of it."""
    return ZipFile(path)


class _MemberStream(RawIOBase):
    """A member that is read; what is wrong with it is an error of the system."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._member.read(size)
        except (BadZipFile, zlib.error, EOFError, LZMAError, ValueError) as error:
            raise _damaged(error) from error

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._member.seek(offset, whence)
        except (BadZipFile, zlib.error, EOFError, LZMAError, ValueError) as error:
            raise _damaged(error) from error

    def tell(self) -> int:
        return self._member.tell()

    def close(self) -> None:
        self._member.close()
        super().close()


def _damaged(error: Exception) -> OSError:
    return OSError(errno.EIO, f"the archive is damaged: {error or type(error).__name__}")
