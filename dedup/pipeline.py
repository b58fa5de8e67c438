"""The run: records in, decisions and matches out. The stages in their order, and nothing else.

Documents are the distinct texts, numbered in keep order: from `collapse` on, nothing sees the order of the input.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from dedup import lsh, rare
from dedup.agencies import Agencies
from dedup.candidates import Bucket
from dedup.checkpoint import Checkpoint
from dedup.cluster import keep_policy
from dedup.collapse import Collapsed, collapse
from dedup.decisions import conclude
from dedup.errors import ParamsError
from dedup.io import Fields, Output, Source, open_source
from dedup.matching import match
from dedup.params import Level, Params
from dedup.progress import Progress
from dedup.reading import read_records
from dedup.records import Records
from dedup.result import Result
from dedup.store import DEFAULT_MEMORY, Scratch

CROWDED = "the table of word pairs is smaller than it should be: some rewrites are missed; give more --memory"


def deduplicate(
    source: Any,
    output: str | os.PathLike[str] | None = None,
    params: Params | None = None,
    *,
    id_field: str | None = None,
    text_field: str | None = None,
    date_field: str | None = None,
    source_field: str | None = None,
    agencies: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    memory: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    strict: bool = False,
    progress: bool = False,
) -> Result:
    """Find the copies among documents and decide what to keep.

    Parameters
    ----------
    source : path, list of paths, Arrow table, data frame, or iterable of dicts or strings
        A string is a path (file, folder or glob); a list of strings are texts.
    output : path, optional
        Folder for kept records, decisions, matches, rejected records and the summary. Written aside, then renamed.
    params : Params, optional
    id_field, text_field, date_field, source_field : str, optional
        Names of the fields; guessed where not given.
    agencies : path, optional
        A file of news agencies, to be found as credits besides those in ``agencies.json``, whose form it has.
    threads : int, optional
        All processors by default. The answer does not depend on it.
    memory : int
        Bytes, 4 GB by default; bounds the table of word-pair frequencies to a quarter. Where that is less than half a
        slot for each token of the corpus, rare pairs look frequent and rewrites are missed: the summary has a note.
    scratch : path, optional
        Folder for temporary files; the system's by default.
    strict : bool
        Stop at the first malformed record instead of rejecting it.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    Result

    Raises
    ------
    ParamsError, InputError, OutputError
        What was found, expected, and what to do.

    Examples
    --------
    >>> import dedup
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> result = dedup.deduplicate([report, report.upper(), "Something else, long enough to be compared with it."])
    >>> result.decisions.column("relation").to_pylist()
    [None, 'identical', None]
    """
    if params is not None and not isinstance(params, Params):
        raise ParamsError(f"params of type {type(params).__name__}", "dedup.Params", 'as in Params(level="near")')
    scratch_path = None if scratch is None else Path(scratch)
    opened = open_source(source, Fields(id_field, text_field, date_field, source_field), strict, scratch_path)
    way = Way.of(threads, memory, scratch_path, progress)
    return run(opened, None if output is None else Path(output), params or Params(), way, Agencies.read(agencies))


@dataclass(frozen=True, slots=True)
class Way:
    """How a run is run. It does not change the answer, but for a memory too small, which the summary then tells."""

    threads: int
    memory: int
    scratch: Path | None
    progress: Progress
    resume: bool

    @staticmethod
    def of(
        threads: int | None = None,
        memory: int | None = None,
        scratch: Path | None = None,
        progress: bool = False,
        resume: bool = False,
    ) -> Way:
        """Return the way with the defaults filled in.

        Raises
        ------
        ParamsError
        """
        for name, value in (("threads", threads), ("memory", memory)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < 1):
                raise ParamsError(f"{name} {value!r}", "a whole number of at least 1")
        return Way(threads or os.cpu_count() or 1, memory or DEFAULT_MEMORY, scratch, Progress(progress), resume)


def run(source: Source, output: Path | None, params: Params, way: Way, agencies: Agencies) -> Result:
    """Run all stages on an opened source; `deduplicate` and the command line both end here."""
    bands, rows = lsh.bands_and_rows(params) if params.level >= Level.near else (0, 0)
    progress = way.progress
    with ExitStack() as resources:
        folder = None if output is None else resources.enter_context(Output(output, source.inputs))
        scratch = Scratch(way.scratch, way.memory)
        resources.callback(scratch.close)
        checkpoint = Checkpoint(scratch)
        with progress.bar("read", source.total_bytes, "B"):
            records = read_records(source, params, bands, rows, way.threads, checkpoint, progress)
        policy = keep_policy(params, records.has_dates)
        with progress.stage("collapse"):
            collapsed = collapse(records, policy, params)
        matches, found, hidden = match(records, collapsed, params, way.threads, checkpoint, progress)
        with progress.stage("decide"):
            result = conclude(records, collapsed, matches, found, policy, params, source, agencies)
        if params.level >= Level.syndicated and rare.is_crowded(int(collapsed.corpus.lengths.sum()), way.memory):
            result.summary["notes"].append(CROWDED)
        if hidden is not None:
            result.summary["notes"].append(_hidden(hidden, records, collapsed))
        if folder is not None:
            with progress.stage("write"):
                result.write(folder)
        result.summary["seconds"] = progress.rounded()
        if folder is not None:
            result.write_summary(folder)
            folder.commit()
    return result


def _hidden(bucket: Bucket, records: Records, collapsed: Collapsed) -> str:
    """Name the boilerplate that more documents share than could be compared with one another."""
    record = int(collapsed.record[bucket.document])
    return (
        f"{bucket.size:,} kept documents have passages in common with {records.ids[record].as_py()} "
        f"({records.head(record)[:40].rstrip()}…); not all of them were compared with one another"
    )
