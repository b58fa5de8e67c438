"""Say in what form the kept records of a run are written, and refuse forms that they cannot have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dedup.errors import ParamsError
from dedup.io.format_registry import COMPRESSIONS, Compression, FileFormat, compression_named
from dedup.io.sizes import bytes_in

COMPRESSED = tuple(one.suffix.removeprefix(".") for one in COMPRESSIONS)
"""The compressions of kept files, as they are called in options."""


LAYOUTS = ("joined", "same")

_AS_INPUT = "with layout 'same' each file is compressed as the input file, and holds what is kept of it"

OPTIONS = ("compress", "shards", "layout")
"""The options that a user has for the form of kept records."""

MOST_SHARDS = 100_000
"""Files that kept records can be written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """The form in which kept records are written.

    Parameters
    ----------
    compress : str or None
        One of `COMPRESSED`; None: as they are, and tables as the first of the input files.
    shards : int, str or None
        How many files the kept records of a format are written to; or a size such as "500MB", the most bytes of records
        in each before they are compressed, unless a single one has more.
    layout : str
        "joined": those of all files of a format together; "same": a file for each input file, with its name, in a
        folder, compressed as that one is.
    threads : int
        With more than one, a second one compresses.
    is_stream : bool
        They go to one stream of bytes, not to files.

    Raises
    ------
    ParamsError
        When it is none that can be.
    """

    compress: str | None = None
    shards: int | str | None = None
    layout: str = LAYOUTS[0]
    threads: int = 1
    is_stream: bool = False

    def __post_init__(self) -> None:
        if self.compress is not None and self.compress not in COMPRESSED:
            raise ParamsError(f"compress {self.compress!r}", f"one of {', '.join(COMPRESSED)}")
        if self.shards is not None and not self.shard_count and not self.shard_bytes:
            expected = f"a number of files from 1 to {MOST_SHARDS:,}, or a size such as '500MB'"
            raise ParamsError(f"shards {self.shards!r}", expected)
        if self.layout not in LAYOUTS:
            raise ParamsError(f"layout {self.layout!r}", f"one of {', '.join(LAYOUTS)}")
        for name in ("compress", "shards"):
            if self.is_same and getattr(self, name) is not None:
                raise ParamsError(f"{name} {getattr(self, name)!r} with layout 'same'", "one of the two", _AS_INPUT)
        if self.is_stream and (apart := [name for name in ("shards", "layout") if name in self.asked]):
            raise ParamsError(f"{apart[0]} {getattr(self, apart[0])!r} with standard output", "a folder to write to")

    @property
    def is_same(self) -> bool:
        """Whether each input file has a file of kept records, which is as it is."""
        return self.layout == "same"

    @property
    def asked(self) -> list[str]:
        """Which options are not the defaults."""
        usual = KeptForm()
        return [name for name in OPTIONS if getattr(self, name) != getattr(usual, name)]

    @property
    def shard_count(self) -> int | None:
        """How many files are written, None if that is not said."""
        text = str(self.shards)
        return int(text) if text.isdecimal() and 1 <= int(text) <= MOST_SHARDS else None

    @property
    def shard_bytes(self) -> int | None:
        """Bytes of records in each of the files, None if they are not limited."""
        text = str(self.shards)
        return bytes_in(text) or None if text[-1:].isalpha() else None

    def require(self, formats: Iterable[FileFormat]) -> None:
        """Refuse formats that kept records cannot be written to in this form.

        Raises
        ------
        ParamsError
        """
        every = list(formats)
        if self.is_stream and len(every) > 1:
            found = f"files of {' and '.join(one.name for one in every)}, and standard output"
            raise ParamsError(found, "files of one format", "run them separately, or write to a folder: -o DIR")
        for one in every:
            if self.is_stream and (one.is_packed or one.is_one_record):
                found = f"files of {one.name}, and standard output"
                raise ParamsError(found, "lines, such as those of .jsonl or .csv", "write to a folder: -o DIR")
            if self.compress is not None and one.is_packed and self.compress not in dict(one.codecs):
                found = f"compress {self.compress!r} with files of {one.name}, which are compressed within"
                raise ParamsError(found, f"one of {', '.join(name for name, _ in one.codecs)}")
            if self.shards is not None and one.is_one_record:
                found = f"shards {self.shards!r} with files of {one.name}, each of which is a record"
                raise ParamsError(found, "formats of many records a file", "kept files are copied one by one")

    def codec(self, file_format: FileFormat) -> str | None:
        """Return what compresses within a file of a format that does so itself, None: nothing that was asked for."""
        return dict(file_format.codecs).get(self.compress or "")

    def compression(self, file_format: FileFormat) -> Compression | None:
        """Return the compression of files of a format, None where they have none or their own."""
        return None if self.compress is None or file_format.is_packed else compression_named(self.compress)
