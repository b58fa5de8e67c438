"""A file as decompressed chunks of bytes, with every way it can be broken told in one line.

Compression is recognised by the first bytes, not by the name: a download that a browser has already unpacked still
reads. The formats take ``text_chunks``; whole lines come from ``lines``.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass

from dedup.errors import InputError
from dedup.io.decompress import DecompressionError, TruncatedError, ahead, decompressed, is_compressed
from dedup.io.paths import InputFile

CHUNK_BYTES = 1 << 22
"""Decompressed bytes read at a time: few enough to stay in the cache, so many that threads seldom wait."""

HEAD_BYTES = 64 << 10
"""Decompressed bytes that are looked at to tell text from binary content."""

_SMALL_BYTES = 4 << 10
"""Bytes asked of a decompressor at a time where data is damaged, so that the message can name the last good row."""

BOM = b"\xef\xbb\xbf"

_MAGIC = (
    (b"PAR1", "a Parquet file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x1f\x8b", "a gzip file inside a compressed file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file inside a compressed file"),
    (b"%PDF-", "a PDF"),
    (b"ARROW1", "an Arrow file"),
)


@dataclass(slots=True)
class Reading:
    """A pass over files: how it is done, and how far it is.

    Parameters
    ----------
    bytes_read : int
        Bytes read from disk, compressed as they lie there.
    ahead : bool
        Decompress in a thread of its own, a few chunks ahead.
    """

    bytes_read: int = 0
    ahead: bool = False


class NotTextError(InputError):
    """A file whose beginning is not text in UTF-8."""


class DamagedError(InputError):
    """Compressed data that stops before its end, or is not what it should be.

    Parameters
    ----------
    file : str
        The file as a person would name it.
    what : str
        What is wrong, as the rest of a sentence that begins with the file.
    hint : str
        What to do.
    """

    def __init__(self, file: str, what: str, hint: str) -> None:
        super().__init__(f"{file} {what}", hint=hint)
        self.file = file
        self.what = what

    def after(self, row: int) -> InputError:
        """Return the error that also names the last good row, if there is one."""
        where = f" after row {row}" if row else ""
        return InputError(f"{self.file} {self.what}{where}", hint=self.hint)


def text_chunks(file: InputFile, size: int = CHUNK_BYTES, reading: Reading | None = None) -> Generator[bytes]:
    """Yield the decompressed bytes of a text file, without a byte order mark.

    Parameters
    ----------
    file : InputFile
        A plain, gzip or zstd file.
    size : int
        Most bytes of a chunk.
    reading : Reading or None
        The pass that this is part of.

    Raises
    ------
    InputError
        When the file cannot be opened or read, or its beginning is not text in UTF-8.
    DamagedError
        When it cannot be decompressed to its end; what could be was yielded before.
    """
    with closing(chunks(file, max(size, HEAD_BYTES), reading)) as whole:
        first = next(whole, b"")
        _refuse_binary(file, first[:HEAD_BYTES])
        first = first.removeprefix(BOM)
        for chunk in itertools.chain([first], whole):
            for start in range(0, len(chunk), size):
                yield chunk[start : start + size]


def chunks(file: InputFile, size: int, reading: Reading | None = None) -> Generator[bytes]:
    """Yield the decompressed bytes of a file as they are; parameters and errors as for ``text_chunks``."""
    given = 0
    try:
        for chunk in _decompressed(file, size, reading or Reading()):
            given += len(chunk)
            yield chunk
    except DecompressionError as error:
        # The last step is lost, as a whole. Again in small ones: slow, but what is good is read and counted.
        with suppress(DecompressionError):
            yield from _behind(given, _decompressed(file, _SMALL_BYTES, Reading()))
        raise _damage(file, error) from error


def size_of(file: InputFile) -> int | None:
    """Return how many bytes a file has when decompressed; None where only reading it would tell."""
    try:
        with file.path.open("rb", buffering=0) as handle:
            return None if is_compressed(handle.read(4)) else os.fstat(handle.fileno()).st_size
    except OSError as error:
        raise unreadable(file, error) from error


def unreadable(file: InputFile, error: OSError) -> InputError:
    """Return the error for a file that the system does not let us open or read."""
    return InputError(f"cannot read {file.name}: {error.strerror or error}")


def _decompressed(file: InputFile, size: int, reading: Reading) -> Generator[bytes]:
    before = reading.bytes_read
    try:
        with file.path.open("rb", buffering=0) as handle:
            magic = handle.read(4)
            handle.seek(0)
            found = decompressed(handle, magic, size)
            with closing(ahead(found) if reading.ahead and is_compressed(magic) else found) as whole:
                for chunk in whole:
                    reading.bytes_read = before + handle.tell()
                    yield chunk
            reading.bytes_read = before + handle.tell()
    except OSError as error:
        raise unreadable(file, error) from error


def _behind(given: int, whole: Generator[bytes]) -> Generator[bytes]:
    """Yield what comes after the first so many bytes."""
    for chunk in whole:
        if given < len(chunk):
            yield chunk[given:]
        given = max(0, given - len(chunk))


def _damage(file: InputFile, error: DecompressionError) -> DamagedError:
    if isinstance(error, TruncatedError):
        return DamagedError(file.name, "ends early", "is the download complete?")
    return DamagedError(file.name, f"cannot be decompressed ({error})", "fetch or compress it again")


def _refuse_binary(file: InputFile, head: bytes) -> None:
    expected = "text in UTF-8"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        convert = "convert it: iconv -f UTF-16 -t UTF-8"
        raise NotTextError(f"{file.name} is in UTF-16 (it begins with that byte order mark)", expected, convert)
    for magic, name in _MAGIC:
        if head.startswith(magic):
            raise NotTextError(f"{file.name} holds {name}", expected, "unpack it, or give it its own suffix")
    if (position := head.find(0)) >= 0:
        raise NotTextError(
            f"{file.name} holds binary content (a NUL byte at byte {position + 1:,})",
            expected,
            "is this the format that the file's name says?",
        )
