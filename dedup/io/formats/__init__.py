"""Read and write files: one module for each format of `dedup.io.format_registry`, and the code that several share.

A format is a class like `FormatReader`. The registry loads it when a file of it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from dedup.io.bytes.paths import InputFile
    from dedup.io.bytes.streams import Reading
    from dedup.io.fields.field_survey import FieldSurvey
    from dedup.io.fields.field_tree import FieldTree
    from dedup.io.format_registry import FileFormat
    from dedup.io.kept_files import KeptFiles
    from dedup.io.read_options import ReadOptions
    from dedup.io.source import FilePiece

    KeptRecords = tuple[InputFile, npt.NDArray[np.bool_]]
    """A file, and which of its records are kept."""


class FormatReader(Protocol):
    """The reader of all files of one format in an input, which also writes their kept records back.

    Parameters
    ----------
    file_format : FileFormat
    tree : FieldTree
        The fields to read.
    options : ReadOptions
    is_tolerant : bool
        Of a format whose files are a record each: reject one that cannot be read, rather than stop at it.
    """

    surveys: dict[str, FieldSurvey]
    """By name of a file what its first records have; files without fields are missing."""

    def __init__(
        self, file_format: FileFormat, tree: FieldTree, options: ReadOptions, is_tolerant: bool = False
    ) -> None: ...

    def read(self, file: InputFile, reading: Reading) -> Iterator[FilePiece]:
        """Yield one file in pieces, none for a file without records."""

    def names(self, file: InputFile) -> Iterable[str]:
        """Return the fields of all records of a file."""

    def write_kept(self, kept: Sequence[KeptRecords], files: KeptFiles) -> None:
        """Write the kept records of the input files, in order."""

    def kept_table(self, kept: Sequence[KeptRecords]) -> pa.Table:
        """Return the kept records of the files, in order."""
