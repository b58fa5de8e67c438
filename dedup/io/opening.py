"""Open an input of any kind that a caller may pass, as the source that reads it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dedup.errors import InputError
from dedup.io.bytes.paths import SkippedFiles, expand
from dedup.io.file_source import FileSource
from dedup.io.places.urls import is_url
from dedup.io.read_options import ReadOptions
from dedup.io.source import Source

if TYPE_CHECKING:
    from dedup.io.output import Output

EXPECTED = "a path, a list of pathlib.Path, a URL, an Arrow table, a DataFrame, or an iterable of dicts or strings"


def open_source(source: Any, options: ReadOptions | None = None) -> Source:
    """Return the source for an input that is passed in Python.

    Parameters
    ----------
    source : object
        A path (``str`` or ``os.PathLike``) or a list of ``os.PathLike``: files, folders, globs, ``"-"``. The URL of a
        remote file, folder or glob, or a list of nothing but such.
        An Arrow table, record batch, reader or array of texts, or anything that speaks Arrow's C stream protocol, such
        as the DataFrames and Series of pandas and Polars. Any other iterable: records, as dicts or as strings that are
        texts.
    options : ReadOptions, optional

    Returns
    -------
    Source

    Raises
    ------
    InputError
        When it is none of these, or a path cannot be read.
    ColumnError
        When a table lacks a field; of files and records that is reported when they are read.
    """
    if isinstance(source, (str, os.PathLike)):
        return _open_path(source, options)
    options = options or ReadOptions()
    from dedup.io.memory_source import RecordSource, TableSource

    if isinstance(source, pa.RecordBatch):
        return TableSource(pa.Table.from_batches([source]), options)
    if isinstance(source, pa.RecordBatchReader):
        return TableSource(source.read_all(), options)
    if isinstance(source, (pa.Array, pa.ChunkedArray)):
        return TableSource(pa.table({"text": source}), options)
    if hasattr(source, "__arrow_c_stream__"):
        return TableSource(_table(source), options)
    if isinstance(source, (bytes, bytearray, memoryview, Mapping)) or not isinstance(source, Iterable):
        hint = "collect() it: every row is compared with all others" if hasattr(source, "collect") else ""
        raise InputError(f"an input of type {type(source).__name__}", EXPECTED, hint)
    if isinstance(source, (list, tuple)) and source:
        if all(isinstance(item, os.PathLike) for item in source):
            return open_files([_path(item) for item in source], options)
        if all(is_url(item) and not any(map(str.isspace, item)) for item in source):
            return open_files(source, options)
        if all(isinstance(item, str) and os.path.isfile(item) for item in source):
            hint = "strings in a list are texts; pass pathlib.Path objects to read files"
            raise InputError(f"a list of strings that are all names of files, as {source[0]!r}", EXPECTED, hint)
    return RecordSource(source, options)


def open_files(inputs: Sequence[str | Path], options: ReadOptions | None = None) -> FileSource:
    """Return the source for files, folders, globs, or ``-``; errors as for `expand`."""
    skipped, options = SkippedFiles(), options or ReadOptions()
    return FileSource(expand(inputs, skipped, options.tuning.remote, options.scratch), options, skipped)


def open_output(
    directory: str | Path, inputs: Sequence[Path | str], resume: bool = False, scratch: Path | None = None
) -> Output:
    """Return the output folder of a path or a URL; parameters and errors as for `Output` and `RemoteOutput`."""
    from dedup.io.output import Output  # which whoever only reads need not wait for

    if not is_url(directory):
        return Output(Path(directory), inputs, resume)
    from dedup.io.remote_output import RemoteOutput  # which other runs need not wait for

    return RemoteOutput(str(directory), inputs, resume, scratch)


def _open_path(source: str | os.PathLike[Any], options: ReadOptions | None) -> FileSource:
    path = _path(source)
    if not path:
        raise InputError("an empty path", EXPECTED, '"." is the current folder')
    try:
        return open_files([path], options)
    except InputError as error:
        if not isinstance(source, str) or error.hint or os.path.lexists(path) or is_url(source):
            raise
        hint = "a string is a path; texts are passed in a list"
        raise InputError(error.found, error.expected, hint) from error


def _path(source: str | os.PathLike[Any]) -> str:
    return os.fsdecode(source)


def _table(source: Any) -> pa.Table:
    try:
        if not hasattr(source, "columns"):  # one column, as a Series is: texts
            return pa.table({"text": pa.chunked_array(source)})
        return pa.table(source)
    except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
        found = f"an input of type {type(source).__name__} that is no table: {error}"
        raise InputError(found, EXPECTED, "pass the whole table, or its texts as a list") from error
