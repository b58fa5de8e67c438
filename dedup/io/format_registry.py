"""The table of file formats and compressions: their suffixes, their first bytes, and the module that reads each.

A format is one module in `dedup.io.formats` and one line in `FORMATS`; a compression is one module in `dedup.io.bytes`
and one line in `COMPRESSIONS`. The suffixes that messages, folders and the command line name all come from here. This
module loads nothing: a reader is imported when a file needs it, which is a tenth of the program's start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import PurePath
from typing import Any, NamedTuple


class FileFormat(NamedTuple):
    """A file format.

    Parameters
    ----------
    name : str
        Also the suffix of its kept records.
    suffixes : tuple of str
        In lower case.
    reader : str
        Module of `dedup.io.formats` and class in it, which is a `dedup.io.formats.FormatReader`.
    signature : (bytes, str), optional
        What all its files begin with, and what to call such a file where another format was expected.
    has_lines : bool
        Whether its files are lines of text, of which the kept ones are written as they stood.
    is_one_record : bool
        Whether a file is one record.
    is_packed : bool
        Whether its files hold compressed data, so that they are not compressed once more.
    codecs : tuple of (str, str)
        The compressions that it can have within, if it is packed: as options call them, and as Arrow does.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    signature: tuple[bytes, str] | None = None
    has_lines: bool = False
    is_one_record: bool = False
    is_packed: bool = False
    codecs: tuple[tuple[str, str], ...] = ()

    @property
    def written_as(self) -> str:
        """The suffix of the format in which its kept records are written, if it is another one; else empty."""
        _, point, other = self.name.partition(".")
        return point + other

    @property
    def kept_name(self) -> str:
        """The name of the file of kept records, or of the folder if each record has a file."""
        return "kept" if self.is_one_record else f"kept.{self.name}"

    def load(self) -> Any:
        """Return the class that reads and writes the format."""
        return _load(f"formats.{self.reader}")


class Compression(NamedTuple):
    """A compression that files of any format may have, unless the format has its own.

    Parameters
    ----------
    suffix : str
        In lower case.
    signature : bytes
        A regular expression for the first `SIGNATURE_BYTES` of a file.
    noun : str
        What to call a file of it.
    reader : str
        Module of `dedup.io.bytes` and function in it, which yields the decompressed bytes of an open file as
        `dedup.io.bytes.decompression.decompressed` does.
    writer : str
        Function in `dedup.io.bytes.compressors`.
    """

    suffix: str
    signature: bytes
    noun: str
    reader: str
    writer: str

    def load(self) -> Callable[..., Any]:
        """Return the function that decompresses."""
        function: Callable[..., Any] = _load(f"bytes.{self.reader}")
        return function

    def compressor(self) -> Any:
        """Return a new compressor, as `dedup.io.bytes.compressors` describes it."""
        return _load(f"bytes.compressors.{self.writer}")()


_OF_ARROW = ("zst", "zstd"), ("lz4", "lz4")
_OF_PARQUET = *_OF_ARROW, ("gz", "gzip")

FORMATS = (
    FileFormat("jsonl", (".jsonl", ".ndjson", ".jsonlines", ".jl", ".json"), "jsonl.JsonLines", has_lines=True),
    FileFormat("csv", (".csv",), "delimited.Delimited", has_lines=True),
    FileFormat("tsv", (".tsv",), "delimited.Delimited", has_lines=True),
    FileFormat(
        "parquet", (".parquet",), "parquet.Parquet", (b"PAR1", "a Parquet file"), is_packed=True, codecs=_OF_PARQUET
    ),
    FileFormat(
        "arrow",
        (".arrow", ".feather", ".ipc"),
        "arrow_ipc.ArrowIpc",
        (b"ARROW1", "an Arrow file"),
        is_packed=True,
        codecs=_OF_ARROW,
    ),
    FileFormat("feed.jsonl", (".rss", ".atom", ".xml"), "feeds.Feeds"),
    FileFormat("warc", (".warc", ".wet"), "warc.Warc"),
    FileFormat("txt", (".txt", ".html", ".htm"), "plain_text.PlainText", is_one_record=True),
)

TABLE_FORMS = ("parquet", "csv", "jsonl")
"""The forms in which the decisions of a run can be written; the suffixes of the file."""

COMPRESSIONS = (
    Compression(".gz", rb"\x1f\x8b", "a gzip file", "gzip_stream.gunzipped", "gzip"),
    # A zstd file may also begin with a skippable frame, as the parallel compressor pzstd writes it.
    Compression(".zst", rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", "a zstd file", "zstd_stream.unzstd", "zstd"),
    Compression(".xz", rb"\xfd7zXZ\x00", "an xz file", "stream_members.unxz", "xz"),
    Compression(".bz2", rb"BZh[1-9]", "a bzip2 file", "stream_members.unbzip2", "bzip2"),
    Compression(".lz4", rb"\x04\x22\x4d\x18", "an LZ4 file", "arrow_stream.unlz4", "lz4"),
)

FOREIGN_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive"),
    (b"%PDF-", "a PDF"),
)
"""How files begin that are often met and cannot be read, and what to call them."""

ARCHIVE_SUFFIXES = (".zip",)
"""Files that hold files, which are read as those of a folder are."""
_NO_TEXT = (*(one.signature for one in FORMATS if one.signature is not None), *FOREIGN_SIGNATURES)

_ANY_COMPRESSION = re.compile(b"|".join(one.signature for one in COMPRESSIONS))

SIGNATURE_BYTES = 8
"""Bytes at the beginning of a file in which a signature is looked for."""

STDIN_FORMAT = FORMATS[0]
"""What standard input is read as."""

SUFFIXES = tuple(suffix for one in FORMATS for suffix in one.suffixes)

_OF_SUFFIX = {suffix: one for one in reversed(FORMATS) for suffix in one.suffixes}

COMPRESSED_SUFFIXES = tuple(one.suffix for one in COMPRESSIONS)


def _in_words(names: Sequence[str], conjunction: str) -> str:
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"


READABLE = "{}; all but {} also with {}; and {} archives of these".format(
    ", ".join(SUFFIXES),
    _in_words([suffix for one in FORMATS if one.is_packed for suffix in one.suffixes], "and"),
    _in_words(COMPRESSED_SUFFIXES, "or"),
    " and ".join(ARCHIVE_SUFFIXES),
)
"""The suffixes of files that can be read, for messages."""


def format_named(name: str) -> FileFormat:
    """Return the format of a name."""
    return next(one for one in FORMATS if one.name == name)


def suffixes_of(name: str) -> list[str]:
    """Return the suffixes of a file name, in lower case, as `pathlib` has them, which takes long for many files."""
    if name.endswith("."):
        return []
    return [f".{suffix}" for suffix in name.lstrip(".").lower().split(".")[1:]]


def format_of(path: PurePath) -> FileFormat | None:
    """Return the format that the suffix of a file name stands for, or None; case does not matter."""
    suffixes = suffixes_of(path.name)
    is_compressed = bool(suffixes) and suffixes[-1] in COMPRESSED_SUFFIXES
    if is_compressed:
        suffixes.pop()
    found = _OF_SUFFIX.get(suffixes[-1]) if suffixes else None
    return None if found is not None and found.is_packed and is_compressed else found


def is_archive(name: str) -> bool:
    """Return whether the name of a file is that of an archive."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def plain_name(name: str) -> str:
    """Return the name of a file without the suffix of a compression.

    Examples
    --------
    >>> plain_name("a.txt.gz"), plain_name("a.txt")
    ('a.txt', 'a.txt')
    """
    return next((name[: -len(suffix)] for suffix in COMPRESSED_SUFFIXES if name.lower().endswith(suffix)), name)


def compression_named(name: str) -> Compression:
    """Return the compression of a name, which is its suffix without the point."""
    return next(one for one in COMPRESSIONS if one.suffix == f".{name}")


def compression_of(head: bytes) -> Compression | None:
    """Return the compression of a file with these first bytes, or None."""
    if not _ANY_COMPRESSION.match(head):  # as nearly always, of many small files
        return None
    return next((one for one in COMPRESSIONS if re.match(one.signature, head)), None)


def content_name(head: bytes) -> str | None:
    """Return the name of what a file holds that is not text, by its first decompressed bytes, or None."""
    if (compression := compression_of(head)) is not None:
        return f"{compression.noun} inside a compressed file"
    return next((noun for signature, noun in _NO_TEXT if head.startswith(signature)), None)


def _load(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(f"dedup.io.{module}"), attribute)
