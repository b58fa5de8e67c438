"""Run the stages in their order: records in, decisions and matches out.

Documents are the distinct texts, numbered in keep order: once they are numbered, nothing sees the order of the input.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dedup.attribution.agencies import Agencies
from dedup.candidates import lsh
from dedup.errors import ParamsError
from dedup.io import Output, Source
from dedup.judge.clusters import keep_policy
from dedup.params import Level, Params
from dedup.run.conclusion import conclude
from dedup.run.context import RunContext
from dedup.run.disk import announce_scratch
from dedup.run.exact import distinct_texts
from dedup.run.guard import guard
from dedup.run.index_matches import IndexMatches
from dedup.run.ingest import read_records
from dedup.run.matching import match
from dedup.run.options import RunOptions
from dedup.run.progress import Progress
from dedup.run.records import Records
from dedup.run.result import Result
from dedup.run.resumption import open_checkpoint, require_resumable, run_identity
from dedup.run.summary import limit_notes

if TYPE_CHECKING:
    from dedup.run.index_step import IndexStep


def run(
    source: Source,
    output: Path | None,
    params: Params,
    options: RunOptions,
    agencies: Agencies,
    index: IndexStep | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run all stages on an opened source; `dedup.deduplicate` and the command line both end here.

    Parameters
    ----------
    source : Source
    output : Path or None
        The folder to write to.
    params : Params
        Those of the index, where there is one.
    options : RunOptions
    agencies : Agencies
    index : IndexStep, optional
        Compared with the documents first, and added to last.
    progress : Progress, optional
        By default as the options say.

    Raises
    ------
    DedupError
    """
    require_resumable(source, output, options)
    if options.passages and output is None:
        raise ParamsError("passages without an output", "a folder to write passages.parquet to")
    bands = lsh.bands_and_rows(params) if params.level >= Level.near else (0, 0)
    progress = progress or Progress(options.progress, options.progress)
    identity = run_identity(source, params, options, agencies, None if index is None else index.identity)
    with ExitStack() as resources:
        inputs = [*source.inputs, *(() if index is None else [Path(index.place)])]
        folder = None if output is None else resources.enter_context(Output(output, inputs, options.resume))
        announce_scratch(source, folder, params, options, progress)
        checkpoint = resources.enter_context(open_checkpoint(source, folder, identity, options, progress))
        context = RunContext(params, options.chosen_threads, checkpoint, progress, options.tuning)

        records, result = _decide(source, bands, agencies, index, context)
        guard(records, result, options, progress)
        if folder is not None:
            with progress.stage("write"):
                result.write(folder, options.decisions)
            if options.passages:
                with progress.stage("passages"):
                    result.write_passages(folder, options.tuning.passage_records)
        result.summary["scratch_bytes"] = context.scratch.total_bytes
        result.summary["seconds"] = progress.rounded()
        if folder is not None:
            result.write_summary(folder)
            folder.is_unfinished = checkpoint.has_saved
            folder.commit()
        if index is not None:
            with progress.stage("add"):
                index.add(records, agencies, output, result.summary, progress)
            result.summary["seconds"] = progress.rounded()
    return result


def _decide(
    source: Source, bands: tuple[int, int], agencies: Agencies, index: IndexStep | None, context: RunContext
) -> tuple[Records, Result]:
    """Run the stages from reading to deciding; nothing is written yet."""
    params, progress = context.params, context.progress
    with progress.bar("read", source.total_bytes, "B"):
        if index is None:
            records = read_records(source, bands, context.checkpoint.key, context)
        else:
            records = read_records(source, bands, index.key, context, index.check)
    policy = keep_policy(params, records.has_dates)
    with progress.stage("exact"):
        texts = distinct_texts(records, policy, params, agencies)
    index_matches = IndexMatches.none(len(texts.corpus))
    if index is not None:
        with progress.stage("index"):
            index_matches = index.find(records, texts, context.checkpoint)
    matching = match(records, texts, context, index_matches)
    with progress.stage("decide"):
        result = conclude(records, texts, matching, index_matches, policy, params, source, agencies)
        if index is not None:
            copies, again = index_matches.copies(texts), index_matches.again(texts, records.ids)
            index.settle(records, result.is_kept, copies, again, result.summary)
    result.summary["notes"] += limit_notes(records, texts, matching.hidden, params, context.memory)
    return records, result
