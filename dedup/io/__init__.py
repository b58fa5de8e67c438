"""Read records of any format from files, tables and iterables, and write the kept ones back unchanged.

- `opening`: whatever a caller may pass, as a source. `read_options`: what the caller asks of it.
- `source`: what a source, its pieces and its batches are. `file_source`, `memory_source`: the sources.
- `format_registry`: the table of formats and compressions. `formats`: one module for each format.
- `places`: where a file is, and what opens it.
- `bytes`: files to read, decompressed, decoded, cut into lines.
- `fields`: which field is the text, the id, the date and the source (`roles`, `producers`).
- `notes`: what is reported of an input. `wording`: lists of names in messages.
- `output`: the output folder, all or nothing, and the files that are not records; `output_names` what they are called.
- `kept_form`, `kept_files`: how kept records are written, and the files that they are written to.

Names are loaded when they are first used: the command line lists the formats without loading a reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.io.bytes.paths import InputFile, expand
    from dedup.io.formats.plain_text import read_text
    from dedup.io.opening import open_files, open_output, open_source
    from dedup.io.output import Output
    from dedup.io.read_options import Fields, ReadOptions, ReadTuning, checked_longest
    from dedup.io.source import Batch, Piece, Rejection, Rows, Source
    from dedup.io.table_files import WRITERS, read_table, write_parquet, write_rejected

_MODULES = {
    "Batch": "source",
    "Fields": "read_options",
    "InputFile": "bytes.paths",
    "Output": "output",
    "Piece": "source",
    "ReadOptions": "read_options",
    "ReadTuning": "read_options",
    "Rejection": "source",
    "Rows": "source",
    "Source": "source",
    "WRITERS": "table_files",
    "checked_longest": "read_options",
    "expand": "bytes.paths",
    "open_files": "opening",
    "open_output": "opening",
    "open_source": "opening",
    "read_text": "formats.plain_text",
    "read_table": "table_files",
    "write_parquet": "table_files",
    "write_rejected": "table_files",
}

__all__ = [
    "WRITERS",
    "Batch",
    "Fields",
    "InputFile",
    "Output",
    "Piece",
    "ReadOptions",
    "ReadTuning",
    "Rejection",
    "Rows",
    "Source",
    "checked_longest",
    "expand",
    "open_files",
    "open_output",
    "open_source",
    "read_table",
    "read_text",
    "write_parquet",
    "write_rejected",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"dedup.io.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
