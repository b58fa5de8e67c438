"""Read a file as decompressed chunks of bytes, and report any damage to it in one line.

Compression is recognised by the first bytes, not by the name: a download that a browser has already unpacked still
reads. So is the encoding of text, by `encodings`. The formats take `text_chunks`, which are UTF-8 whatever the file is
in, or `raw_chunks`, which are the file as it is; `lines` makes whole lines of them.
"""

from __future__ import annotations

import itertools
import re
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

from dedup.errors import InputError
from dedup.io.bytes.decompression import DecompressionError, LongWindowError, TruncatedError, ahead, decompressed
from dedup.io.bytes.encodings import (
    MORE_BYTES,
    SAMPLE_BYTES,
    UTF_8,
    Charset,
    charset_named,
    encoding_of_mark,
    is_utf8,
    iso_2022_jp,
    recognise,
    utf_16_without_mark,
)
from dedup.io.bytes.file_digests import FileDigest
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.surrogates import to_bytes
from dedup.io.format_registry import SIGNATURE_BYTES, Compression, compression_of, content_name

HEAD_BYTES = 64 << 10
"""Decompressed bytes that are looked at to tell text from binary content."""

_BEYOND_ASCII = re.compile(b"[\x80-\xff]")

_SMALL_BYTES = 4 << 10
"""Bytes asked of a decompressor at a time where data is damaged, so that the message can name the last good row."""


@dataclass(slots=True)
class Reading:
    """A pass over files: its settings, and how far it has come.

    Parameters
    ----------
    bytes_read : int
        Bytes read from disk, compressed as they lie there.
    ahead : bool
        Decompress in a separate thread, a few chunks ahead.
    charset : Charset
        The encoding of the file that is being read: set before the first of its bytes that is not ASCII.
    is_certain : bool
        Whether nothing that follows in the file changes the encoding: a byte that is not ASCII was read, or its end.
    left : int or None
        How many more records are to be read; None: all.
    digest : FileDigest or None
        That of the file that is being read, if it is wanted; it gets the bytes of a file that is not compressed.
    is_small : bool
        Whether the file that is being read is no larger than what of every file is looked at first.
    """

    bytes_read: int = 0
    ahead: bool = False
    charset: Charset = UTF_8
    is_certain: bool = False
    left: int | None = None
    digest: FileDigest | None = None
    is_small: bool = False

    def take(self, records: int) -> int:
        """Return how many of the next records are to be read, and count them."""
        if self.left is None:
            return records
        taken = min(records, self.left)
        self.left -= taken
        return taken

    @property
    def recognised(self) -> Charset | None:
        """The encoding of the file, for another pass over it; None if this pass has not read far enough to know it."""
        return self.charset if self.is_certain else None


class NotTextError(InputError):
    """A file whose beginning is not text."""


class DamagedError(InputError):
    """Compressed data that is malformed, or stops before its end.

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


def text_chunks(file: InputFile, size: int, reading: Reading | None = None) -> Generator[bytes]:
    """Yield a text file as UTF-8, decompressed; errors as for ``raw_chunks``.

    Bytes that its encoding does not have stay as they are.
    """
    reading = reading or Reading()
    decoder = None
    with closing(raw_chunks(file, size, reading)) as whole:
        for chunk in whole:
            if reading.charset.is_utf8:
                yield chunk
                continue
            decoder = decoder or reading.charset.decoder()
            if text := decoder.decode(chunk):
                yield to_bytes(text)
        if decoder is not None and (rest := decoder.decode(b"", True)):
            yield to_bytes(rest)


def raw_chunks(file: InputFile, size: int, reading: Reading) -> Generator[bytes]:
    """Yield the decompressed bytes of a text file, in its own encoding, without a byte order mark.

    Parameters
    ----------
    file : InputFile
        Plain or compressed.
    size : int
        Most bytes of a chunk.
    reading : Reading
        The pass that this is part of; its encoding is set.

    Raises
    ------
    InputError
        When the file cannot be opened or read, or its beginning is not text.
    DamagedError
        When it cannot be decompressed to its end; what could be was yielded before.
    """
    with closing(chunks(file, max(size, HEAD_BYTES), reading)) as whole:
        first = next(whole, b"")
        found, mark = _encoding_shown(file, first[:HEAD_BYTES])
        found = found or file.charset
        reading.charset, reading.is_certain = found or UTF_8, found is not None
        pieces: Iterable[bytes] = itertools.chain([first[mark:]], whole)
        for chunk in pieces if found else _recognising(pieces, file, reading):
            for start in range(0, len(chunk), size):
                yield chunk[start : start + size]


def _recognising(pieces: Iterable[bytes], file: InputFile, reading: Reading) -> Iterator[bytes]:
    """Pass chunks on, and recognise the encoding at the first byte that is not ASCII."""
    asked = charset_named(file.encoding) if file.encoding else None
    coming = iter(pieces)
    for chunk in coming:
        if chunk.isascii():
            yield chunk
            continue
        held, start = [chunk], _first_beyond_ascii(chunk)
        damage = _read_on(coming, held, start + SAMPLE_BYTES)
        sample = b"".join(held)[start:] if len(held) > 1 else chunk[start : start + SAMPLE_BYTES]
        if not is_utf8(sample[:SAMPLE_BYTES], len(sample) < SAMPLE_BYTES and damage is None):
            damage = damage or _read_on(coming, held, start + MORE_BYTES)
            reading.charset = asked or recognise(b"".join(held)[start : start + MORE_BYTES])
        reading.is_certain = True
        yield from held
        if damage is not None:
            raise damage
        yield from coming
    reading.is_certain = True


def _first_beyond_ascii(chunk: bytes) -> int:
    """Return the position of the first byte of a chunk that is not ASCII; there must be one."""
    start = 0
    while chunk[start : start + SAMPLE_BYTES].isascii():
        start += SAMPLE_BYTES
    found = _BEYOND_ASCII.search(chunk, start)
    return found.start() if found else start


def _read_on(coming: Iterator[bytes], held: list[bytes], size: int) -> DamagedError | None:
    """Hold chunks until they have ``size`` bytes; return the damage that ended this early, if any."""
    try:
        while sum(map(len, held)) < size and (chunk := next(coming, b"")):
            held.append(chunk)
    except DamagedError as error:
        return error
    return None


def _encoding_shown(file: InputFile, head: bytes) -> tuple[Charset | None, int]:
    """Return the encoding, if the beginning of a file shows it, and the length of its byte order mark.

    Raises
    ------
    NotTextError
        Where it is none that text of this format can have.
    """
    found, mark = encoding_of_mark(head) or (None, 0)
    how = "it begins with that byte order mark"
    if found is None and file.encoding and not (asked := charset_named(file.encoding)).has_ascii:
        found, how = asked, "as --encoding says"
    if found is None and 0 in head and (guess := utf_16_without_mark(head)):
        found, how = guess, "by its zero bytes"
    found = found or iso_2022_jp(head)
    if found is None or found.has_ascii:
        _refuse_binary(file, head)
    elif file.format.has_lines and not found.has_lines:
        name = found.shown
        to_iconv = name.rpartition("-")[0] if mark else name.replace("-LE", "LE").replace("-BE", "BE")
        raise NotTextError(
            f"{file.name} is in {name} ({how})",
            "text in UTF-8, or in another encoding that extends ASCII, for kept lines are written unchanged",
            f"convert it: iconv -f {to_iconv} -t UTF-8",
        )
    return found, mark


def chunks(file: InputFile, size: int, reading: Reading | None = None) -> Generator[bytes]:
    """Yield the decompressed bytes of a file unchanged; parameters and errors as for ``text_chunks``."""
    done = 0
    try:
        for chunk in _decompressed(file, size, reading or Reading()):
            done += len(chunk)
            yield chunk
    except DecompressionError as error:
        # The last step is lost, as a whole. Again in small ones: slow, but what is good is read and counted.
        with suppress(DecompressionError):
            yield from _behind(done, _decompressed(file, _SMALL_BYTES, Reading()))
        raise damage_of(file, error) from error


def size_of(file: InputFile) -> int | None:
    """Return the decompressed size of a file in bytes, None if only reading all of it would show that."""
    try:
        with file.open() as handle:
            is_compressed = compression_of(handle.read(SIGNATURE_BYTES) or b"") is not None
        return None if is_compressed else file.size()
    except OSError as error:
        raise unreadable(file, error) from error


def compression_and_mark(file: InputFile) -> tuple[Compression | None, bytes]:
    """Return the compression of a file, and the byte order mark of UTF-8, if it has one; errors as for ``chunks``."""
    try:
        with file.open() as handle:
            compression = compression_of(handle.read(SIGNATURE_BYTES))
    except OSError as error:
        raise unreadable(file, error) from error
    with closing(chunks(file, _SMALL_BYTES)) as whole:
        first = next(whole, b"")
    return compression, first[:3] if first.startswith(BOM_UTF8) else b""


def unreadable(file: InputFile, error: OSError) -> InputError:
    """Return the error for a file that the system does not let us open or read."""
    return InputError(f"cannot read {file.name}: {error.strerror or error}")


def _decompressed(file: InputFile, size: int, reading: Reading) -> Generator[bytes]:
    before = reading.bytes_read
    try:
        with file.open() as handle:
            head = handle.read(SIGNATURE_BYTES) or b""
            handle.seek(0)
            found, is_compressed = decompressed(handle, head, size), compression_of(head) is not None
            with closing(ahead(found) if reading.ahead and is_compressed else found) as whole:
                for chunk in whole:
                    reading.bytes_read = before + handle.tell()
                    if reading.digest is not None and not is_compressed:
                        reading.digest.add(chunk)  # while it is in the cache
                    yield chunk
            reading.bytes_read = before + handle.tell()
    except OSError as error:
        raise unreadable(file, error) from error


def _behind(done: int, whole: Generator[bytes]) -> Generator[bytes]:
    """Yield the chunks after the first ``done`` bytes."""
    for chunk in whole:
        if done < len(chunk):
            yield chunk[done:]
        done = max(0, done - len(chunk))


def damage_of(file: InputFile, error: DecompressionError) -> DamagedError:
    """Return the error for a file that cannot be decompressed."""
    if isinstance(error, TruncatedError):
        return DamagedError(file.name, "ends early", "is the download complete?")
    if isinstance(error, LongWindowError):
        install = f"pip install '{error.requirement}', or " if error.requirement else ""
        hint = f"{install}decompress it first: zstd -d --long={max(10, (error.window - 1).bit_length())} {file.name}"
        return DamagedError(file.name, f"needs {error} to be decompressed", hint)
    return DamagedError(file.name, f"cannot be decompressed ({error})", "fetch or compress it again")


def _refuse_binary(file: InputFile, head: bytes) -> None:
    expected = "text"
    if (name := content_name(head)) is not None:
        raise NotTextError(f"{file.name} holds {name}", expected, "unpack it, or give it its own suffix")
    if (position := head.find(0)) >= 0:
        raise NotTextError(
            f"{file.name} holds binary content (a NUL byte at byte {position + 1:,})",
            expected,
            "is the suffix of its name right?",
        )
