"""Say in what form the kept records of a run are written, and refuse forms that they cannot have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dedup.errors import ParamsError
from dedup.io.format_registry import COMPRESSIONS, Compression, FileFormat, compression_named

COMPRESSED = tuple(one.suffix.removeprefix(".") for one in COMPRESSIONS)
"""The compressions of kept files, as they are called in options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """The form in which kept records are written.

    Parameters
    ----------
    compress : str or None
        One of `COMPRESSED`; None: as they are, and tables as the first of the input files.
    threads : int
        With more than one, a second one compresses.

    Raises
    ------
    ParamsError
        When it is none that can be.
    """

    compress: str | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        if self.compress is not None and self.compress not in COMPRESSED:
            raise ParamsError(f"compress {self.compress!r}", f"one of {', '.join(COMPRESSED)}")

    def require(self, formats: Iterable[FileFormat]) -> None:
        """Refuse formats that kept records cannot be written to in this form.

        Raises
        ------
        ParamsError
        """
        for one in formats:
            if self.compress is not None and one.is_packed and self.compress not in dict(one.codecs):
                found = f"compress {self.compress!r} with files of {one.name}, which are compressed within"
                raise ParamsError(found, " or ".join(name for name, _ in one.codecs))

    def codec(self, file_format: FileFormat) -> str | None:
        """Return what compresses within a file of a format that does so itself, None: nothing that was asked for."""
        return dict(file_format.codecs).get(self.compress or "")

    def compression(self, file_format: FileFormat) -> Compression | None:
        """Return the compression of files of a format, None where they have none or their own."""
        return None if self.compress is None or file_format.is_packed else compression_named(self.compress)
