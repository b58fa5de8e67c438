"""Reading and writing by format.

- ``opening`` anything a caller may pass to a source; ``source`` what a source, its pieces and batches are
- ``tally`` what was accepted of a source
- ``paths`` files, folders and globs; ``stream`` a file as decompressed chunks; ``lines`` chunks as lines
- ``decompress`` gzip and zstd
- ``files`` many files as one source, over the formats ``jsonl``, ``delimited``, ``parquet``, ``plaintext``
- ``memory`` tables, DataFrames and iterables; ``tabular`` Arrow columns to batches; ``inferred`` dicts to a table
- ``shapes`` names of fields; ``fields`` which is which; ``columns`` the values of many records; ``usage`` what is told;
  ``dates`` dates to microseconds; ``assembly`` parsed values to a batch
- ``charset`` which encoding a file is in; ``doubts`` texts that are hardly what was written
- ``encoding`` text that Unicode forbids; ``unchanged`` inputs that changed meanwhile
- ``output`` the output folder, all or nothing, and the files that are not records
"""

from dedup.io.bytes.paths import InputFile, expand
from dedup.io.formats.plain_text import read_text
from dedup.io.opening import open_files, open_source
from dedup.io.output import Output, write_parquet, write_rejected
from dedup.io.source import Batch, Fields, Piece, Rejection, Source, checked_longest

__all__ = [
    "Batch",
    "Fields",
    "InputFile",
    "Output",
    "Piece",
    "Rejection",
    "Source",
    "checked_longest",
    "expand",
    "open_files",
    "open_source",
    "read_text",
    "write_parquet",
    "write_rejected",
]
