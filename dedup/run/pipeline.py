"""The run: records in, decisions and matches out. The stages in their order, and nothing else.

Documents are the distinct texts, numbered in keep order: from `collapse` on, nothing sees the order of the input.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedup._version import __version__
from dedup.attribution.agencies import Agencies
from dedup.candidates import lsh, word_pairs
from dedup.candidates.pairs import Bucket
from dedup.errors import InputError, OutputError, ParamsError
from dedup.io import Fields, Output, ReadOptions, Source, checked_longest, open_source
from dedup.judge.clusters import keep_policy
from dedup.params import Level, Params
from dedup.run.checkpoint import Checkpoint
from dedup.run.exact import Collapsed, collapse
from dedup.run.index_matches import Known
from dedup.run.ingest import read_records
from dedup.run.matching import match
from dedup.run.outcome import conclude
from dedup.run.progress import Progress
from dedup.run.records import Records
from dedup.run.result import Result
from dedup.store import limits
from dedup.store.corpus import Scratch, scratch_error

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.run.index_step import Against

SCRATCH_SHARE = {Level.identical: 1.3, Level.near: 1.4, Level.syndicated: 1.8, Level.rewritten: 1.8}
"""Bytes of scratch files for each byte of JSON lines, about."""

WORTH_TELLING = 1_000_000_000
"""Bytes of scratch files that are told before a run."""

CROWDED = "the table of word pairs is smaller than it should be: some copies are missed; give more --memory"


def deduplicate(
    source: Any,
    output: str | os.PathLike[str] | None = None,
    params: Params | None = None,
    *,
    id_field: str | None = None,
    text_field: str | None = None,
    date_field: str | None = None,
    source_field: str | None = None,
    date_format: str | None = None,
    encoding: str | None = None,
    agencies: str | os.PathLike[str] | None = None,
    index: Index | str | os.PathLike[str] | None = None,
    threads: int | None = None,
    memory: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    resume: bool = False,
    strict: bool = False,
    longest: int | None = None,
    fail_on_empty: bool = False,
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
        Names of the fields, or paths such as ``content.rendered``; of a text also several, such as ``title,text``.
        Guessed for each record where not given.
    date_format : str, optional
        How dates are written where no form that is known will do, as for ``datetime.strptime``: ``%d/%m/%Y``.
    encoding : str, optional
        What files are in that are not UTF-8, such as ``"windows-1251"``; by default they are recognised.
    agencies : path, optional
        A file of news agencies, to be found as credits besides those in ``agencies.json``, whose form it has.
    index : path or Index, optional
        An index whose documents come before all others, whatever ``params.keep``: what copies one that is no copy
        itself is dropped, and what is kept is added when the output is in place. Made if it is not there; one that is
        open for writing stays open. ``params`` must be those of the index, but for ``keep`` and ``prefer``; by default
        they are.
    threads : int, optional
        By default as many as this process may keep busy, by its affinity and its container's share. The answer does
        not depend on it.
    memory : int, optional
        Bytes that the run may take, by default a quarter of the machine's, or its container's; whatever is larger lies
        in scratch files. In far too little memory rare word pairs look frequent and some copies are missed: the summary
        then has a note.
    scratch : path, optional
        Folder for temporary files: up to 1.7 times the bytes of the input. By default a hidden folder beside the
        output, or the system's place where there is none.
    resume : bool
        Go on where an earlier run to the same output was killed; from the start if it had finished nothing.
    strict : bool
        Stop at the first malformed record instead of rejecting it.
    longest : int, optional
        Bytes of the longest record that is read, 64 MB by default: a longer line, record of CSV, text file or text of a
        table is rejected without being held.
    fail_on_empty : bool
        Refuse an input without records; else nothing comes of nothing, and a note tells it.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    Result

    Raises
    ------
    ParamsError, InputError, OutputError, StorageError
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
    fields = Fields(id_field, text_field, date_field, source_field, date_format, encoding)
    how = ReadOptions(fields, strict, checked_longest(longest), fail_on_empty, scratch_path)
    opened = open_source(source, how)
    way = Way.of(threads, memory, scratch_path, Progress(progress, tell=progress), resume)
    with settled({} if params is None else _as_given(params), index) as (chosen, against):
        folder = None if output is None else Path(output)
        result = run(opened, folder, chosen, way, Agencies.read(agencies), against)
    _ = result.decisions  # as a table, so that the scratch files can go
    return result


def _as_given(params: Params) -> dict[str, Any]:
    return {field.name: getattr(params, field.name) for field in dataclasses.fields(params)}


@contextmanager
def settled(
    given: Mapping[str, Any], index: Index | str | os.PathLike[str] | None
) -> Iterator[tuple[Params, Against | None]]:
    """Yield the parameters of a run and, if there is one, its index, opened; the others of those given are its own.

    Raises
    ------
    ParamsError, StorageError
    """
    if index is None:
        yield Params(**given), None
        return
    from dedup.run.index_step import opened  # SQLite and all: other runs need not wait for it

    with opened(index, given) as against:
        yield against.params, against


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
        progress: Progress | None = None,
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
        threads, memory = threads or limits.processors(), memory or limits.memory() // 4
        return Way(threads, memory, scratch, progress or Progress(), resume)


def run(
    source: Source, output: Path | None, params: Params, way: Way, agencies: Agencies, against: Against | None = None
) -> Result:
    """Run all stages on an opened source; `deduplicate` and the command line both end here."""
    if way.resume and (output is None or not source.can_resume):  # before anything that was saved is touched
        why = "without an output folder nothing is saved" if output is None else "this input cannot be read again"
        raise ParamsError(f"resume: {why}", "files as input, and an output folder")
    bands, rows = lsh.bands_and_rows(params) if params.level >= Level.near else (0, 0)
    progress = way.progress
    with ExitStack() as resources:
        inputs = [*source.inputs, *(() if against is None else [Path(against.place)])]
        folder = None if output is None else resources.enter_context(Output(output, inputs, way.resume))
        _tell_need(source, folder, params, way)
        checkpoint = resources.enter_context(_checkpoint(source, folder, params, way, agencies, against))
        with progress.bar("read", source.total_bytes, "B"):
            check = None if against is None else against.check
            key = checkpoint.key if against is None else against.key
            records = read_records(source, params, bands, rows, way.threads, checkpoint, progress, key, check)
        policy = keep_policy(params, records.has_dates)
        with progress.stage("collapse"):
            collapsed = collapse(records, policy, params, agencies)
        known = Known.none(len(collapsed.corpus))
        if against is not None:
            with progress.stage("index"):
                known = against.find(records, collapsed, checkpoint)
        matches, found, hidden = match(records, collapsed, params, way.threads, checkpoint, progress, known)
        with progress.stage("decide"):
            together = known.merged(matches, found)
            result = conclude(records, collapsed, *together, policy, params, source, agencies, known)
            if against is not None:
                copies, again = known.copies(collapsed), known.again(collapsed, records.ids)
                against.settle(records, result.is_kept, copies, again, result.summary)
        if params.level >= Level.syndicated and word_pairs.is_crowded(int(collapsed.corpus.lengths.sum()), way.memory):
            result.summary["notes"].append(CROWDED)
        if hidden is not None:
            result.summary["notes"].append(_hidden(hidden, records, collapsed))
        if folder is not None:
            with progress.stage("write"):
                result.write(folder)
        result.summary["scratch_bytes"] = checkpoint.scratch.total_bytes
        result.summary["seconds"] = progress.rounded()
        if folder is not None:
            result.write_summary(folder)
            folder.is_unfinished = checkpoint.has_saved
            folder.commit()
        if against is not None:
            with progress.stage("add"):
                against.add(records, agencies, output, result.summary, progress)
            result.summary["seconds"] = progress.rounded()
    return result


def _tell_need(source: Source, output: Output | None, params: Params, way: Way) -> None:
    """Tell how much room the scratch files of a large run will take, and refuse it where there is far too little.

    Raises
    ------
    OutputError
    """
    if source.unpacked_bytes is None or way.resume:
        return
    need = int(SCRATCH_SHARE[params.level] * source.unpacked_bytes)
    if need < WORTH_TELLING:
        return
    place = way.scratch or (Path(tempfile.gettempdir()) if output is None else output.place)
    try:
        free = limits.free_space(place)
    except OSError as error:
        raise scratch_error(error, way.scratch) from error
    way.progress.say(f"temporary files will take about {_gigabytes(need)} in {place}; {_gigabytes(free)} are free")
    if need > 2 * free:
        found = f"only {_gigabytes(free)} are free for temporary files in {place}"
        raise OutputError(found, f"about {_gigabytes(need)}", "choose another --scratch")


def _gigabytes(size: int) -> str:
    """Return a number of bytes as people write it."""
    return f"{size / 1e9:,.1f} GB"


@contextmanager
def _checkpoint(
    source: Source, output: Output | None, params: Params, way: Way, agencies: Agencies, against: Against | None
) -> Iterator[Checkpoint]:
    """Open the scratch files, and what an earlier process has finished; leave what a later one can take up."""
    if output is None or not source.can_resume:
        with closing(Scratch(way.scratch, way.memory)) as scratch:
            yield Checkpoint(scratch)
        return
    identity = {
        "version": __version__,
        **params.as_dict(),
        **source.settings,
        "agencies": agencies.fingerprint,
        "memory": way.memory,
        **({} if against is None else {"index": against.identity}),
    }
    checkpoint = None
    try:
        folder = output.scratch(way.scratch)
        with closing(Scratch(folder, way.memory, lasting=True)) as scratch:
            checkpoint = Checkpoint(scratch, folder, identity, way.resume)
            if way.resume:
                finished = f"going on from what is finished in {folder}"
                way.progress.say(finished if checkpoint.has_saved else "nothing to resume; beginning anew")
            yield checkpoint
    except BaseException as error:
        # Bad input stays bad: only what may go well the next time is worth the room. What was there before is not ours.
        is_bad = isinstance(error, (InputError, ParamsError))
        has_saved = output.has_saved if checkpoint is None else checkpoint.has_saved
        output.is_unfinished = output.is_open and has_saved and (way.resume or not is_bad)
        if output.is_unfinished and not is_bad and checkpoint is not None:
            way.progress.say(f"what was finished is kept in {folder}: --resume goes on from there")
        if isinstance(error, OSError) and checkpoint is None:
            raise scratch_error(error, way.scratch) from error
        raise


def _hidden(bucket: Bucket, records: Records, collapsed: Collapsed) -> str:
    """Name the boilerplate that more documents share than could be compared with one another."""
    record = int(collapsed.record[bucket.document])
    return (
        f"{bucket.size:,} kept documents have passages in common with {records.ids[record].as_py()} "
        f"({records.head(record)[:40].rstrip()}…); not all of them were compared with one another"
    )
