"""A file as decompressed chunks of bytes, with every way it can be broken told in one line.

Compression is recognised by the first bytes, not by the name: a download that a browser has already unpacked still
reads. The formats take ``text_chunks``; whole lines come from ``lines``.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pyarrow as pa

from dedup.errors import InputError
from dedup.io.paths import InputFile

CHUNK_BYTES = 1 << 20
"""Decompressed bytes read at a time: what is made of them should still be in the cache when it is used."""

HEAD_BYTES = 64 << 10
"""Decompressed bytes that are looked at to tell text from binary content."""

_STEP_BYTES = 4 << 10
"""Bytes asked of a decompressor at a time.

Where data is damaged the step is lost. Small, so that the message can name the last good row; smaller ones cost time.
"""

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
class Meter:
    """Counts the bytes read from disk, compressed as they lie there."""

    bytes_read: int = 0


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


def text_chunks(file: InputFile, size: int = CHUNK_BYTES, meter: Meter | None = None) -> Generator[bytes]:
    """Yield the decompressed bytes of a text file, without a byte order mark.

    Parameters
    ----------
    file : InputFile
        A plain, gzip or zstd file.
    size : int
        Most bytes of a chunk.
    meter : Meter or None
        Counts the bytes read.

    Raises
    ------
    InputError
        When the file cannot be opened or read, or its beginning is not text in UTF-8.
    DamagedError
        When it cannot be decompressed to its end; what could be was yielded before.
    """
    with closing(chunks(file, HEAD_BYTES)) as beginning:
        head = next(beginning, b"")
    _refuse_binary(file, head)
    skip = len(BOM) if head.startswith(BOM) else 0
    for chunk in chunks(file, size, meter):
        rest = chunk[skip:]
        skip -= len(chunk) - len(rest)
        if rest:
            yield rest


def chunks(file: InputFile, size: int, meter: Meter | None = None) -> Generator[bytes]:
    """Yield the decompressed bytes of a file as they are; parameters and errors as for ``text_chunks``."""
    meter = meter or Meter()
    before = meter.bytes_read
    with ExitStack() as stack:
        raw, stream = _open(file, stack)
        step = size if stream is raw else min(size, _STEP_BYTES)
        while True:
            chunk, error = _gather(stream, size, step)
            meter.bytes_read = before + raw.tell()
            if chunk:
                yield chunk
            if error is not None:
                # What the system refuses has a number, what a decompressor refuses has not.
                raise (_damage(file, error) if error.errno is None else unreadable(file, error)) from error
            if not chunk:
                return


def unreadable(file: InputFile, error: OSError) -> InputError:
    """Return the error for a file that the system does not let us open or read."""
    return InputError(f"cannot read {file.name}: {error.strerror or error}")


def _open(file: InputFile, stack: ExitStack) -> tuple[pa.PythonFile, pa.NativeFile]:
    try:
        handle = stack.enter_context(file.path.open("rb", buffering=0))
        magic = handle.read(4)
        handle.seek(0)
    except OSError as error:
        raise unreadable(file, error) from error
    raw = stack.enter_context(pa.PythonFile(handle, mode="r"))
    if magic[:2] == b"\x1f\x8b":
        return raw, stack.enter_context(pa.CompressedInputStream(raw, "gzip"))
    # A zstd file may also begin with a skippable frame, as the parallel compressor pzstd writes it.
    if magic == b"\x28\xb5\x2f\xfd" or (magic[1:] == b"\x2a\x4d\x18" and magic[0] >> 4 == 5):
        return raw, stack.enter_context(pa.CompressedInputStream(raw, "zstd"))
    return raw, raw


def _gather(stream: pa.NativeFile, size: int, step: int) -> tuple[bytes, OSError | None]:
    """Read up to ``size`` bytes, fewer only at the end or at an error, which is returned with the bytes before it."""
    pieces = []
    try:
        for _ in range(0, size, step):
            pieces.append(stream.read(step))
            if len(pieces[-1]) < step:
                break
    except OSError as error:
        return b"".join(pieces), error
    return b"".join(pieces), None


def _damage(file: InputFile, error: OSError) -> DamagedError:
    # Arrow tells the two apart in words only.
    if "truncated" in str(error).lower():
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
