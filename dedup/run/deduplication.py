"""Find the copies among documents: the function that a program calls, which opens everything and starts the run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup.attribution.agencies import Agencies
from dedup.errors import ParamsError
from dedup.io import Fields, open_source
from dedup.io.places.urls import is_url
from dedup.params import Level, Params, chosen_fields, require_type
from dedup.run.options import RunOptions, RunTuning, read_options
from dedup.run.pipeline import run as run_stages
from dedup.run.result import Result

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.run.index_step import IndexStep


def deduplicate(
    records: Any,
    output: str | os.PathLike[str] | None = None,
    params: Params | None = None,
    *,
    fields: Fields | None = None,
    index: Index | str | os.PathLike[str] | None = None,
    agencies: str | os.PathLike[str] | None = None,
    run: RunOptions | None = None,
    **params_fields: Any,
) -> Result:
    """Find the copies among documents and decide which of them to keep.

    Parameters
    ----------
    records : path, list of paths, URL, Arrow table, data frame, or iterable of dicts or strings
        A string is a path or URL (of a file, folder or glob); a list of strings are texts, or nothing but URLs.
    output : path or URL, optional
        Folder for kept records, decisions, matches, rejected records and the summary. It changes only when all of them
        are written.
    params : Params, optional
        The parameters that decide what counts as a copy, and which of several copies is kept.
    fields : Fields, optional
        Which fields hold id, text, date and source, how dates are written, and the encoding of files. By default they
        are recognised.
    index : path, URL or Index, optional
        An index whose documents come before all others, whatever ``params.keep`` is: a record that copies a kept
        document of the index is dropped, and the kept records are added once the output is in place. The index is
        created if it does not exist; one that is open for writing stays open. ``params`` must be those of the index,
        except for ``keep`` and ``prefer``; by default they are.
    agencies : path, optional
        A file of news agencies that are recognised as credits in addition to the shipped ones.
    run : RunOptions, optional
        Threads, memory, temporary files, resuming: how the run is carried out.
    **params_fields
        Fields of `Params` as keywords, such as ``level="near"``; they replace those of ``params``.

    Returns
    -------
    Result
        Its ``decisions`` is a table with one row for each record, its ``matches`` one with a row for each pair, its
        ``kept`` one of the kept records with all their fields.

    Raises
    ------
    ParamsError
        If an argument cannot be used, or a keyword is not a field of `Params`.
    InputError
        When the input cannot be read; `ColumnError` when a field is missing, `RecordError` at a malformed record, if
        the run is strict.
    OutputError
        When the output, or a temporary file, cannot be written.
    StorageError
        When the index cannot be opened, read or written.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> other = "Something else, long enough to be compared with it."
    >>> result = dedup.deduplicate([report, report.upper(), other], level="near")
    >>> result
    Result(records=3, kept=2, dropped=1, rejected=0)
    >>> result.decisions.column("relation").to_pylist()
    [None, 'identical', None]

    Records may be dicts; name the fields that have unusual names:

    >>> rows = [{"key": "a", "story": report}, {"key": "b", "story": report + " It is 90 years old."}]
    >>> result = dedup.deduplicate(rows, fields=dedup.Fields(id="key", text="story"), keep="longest")
    >>> result.kept.column("key").to_pylist()
    ['b']
    """
    chosen = chosen_fields(params, params_fields, deduplicate.__kwdefaults__)
    require_type("fields", fields, Fields, 'as in Fields(text="body")')
    require_type("run", run, RunOptions, "as in RunOptions(threads=1)")
    if output is not None and not isinstance(output, (str, os.PathLike)):
        raise ParamsError(f"an output of type {type(output).__name__}", "the path of a folder")
    if output in Level.__members__:
        hint = f'level="{output}", or "./{output}" for a folder of that name'
        raise ParamsError(f"{output!r} as the output folder", "a folder", hint)
    options = run or RunOptions()
    source = open_source(records, read_options(options, fields or Fields()))
    with open_index(index, chosen, options.tuning) as (settled, step):
        folder = str(output) if is_url(output) else None if output is None else Path(output)
        result = run_stages(source, folder, settled, options, Agencies.read(agencies), step)
    _ = result.decisions  # as a table, so that the scratch files can go
    return result


@contextmanager
def open_index(
    index: Index | str | os.PathLike[str] | None, chosen: Mapping[str, Any], tuning: RunTuning
) -> Iterator[tuple[Params, IndexStep | None]]:
    """Open the index of a run, if there is one, and determine the parameters.

    Parameters
    ----------
    index : path, URL, Index or None
    chosen : mapping
        Fields of `Params` that the caller chose; all others are those of the index.
    tuning : RunTuning

    Yields
    ------
    params : Params
    step : IndexStep or None

    Raises
    ------
    ParamsError, StorageError
    """
    if index is None:
        yield Params(**chosen), None
        return
    from dedup.run.index_step import opened  # SQLite and all: other runs need not wait for it

    with opened(index, chosen, tuning) as step:
        yield step.params, step
