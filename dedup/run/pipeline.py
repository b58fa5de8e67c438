"""Run the stages in their order: records in, decisions and matches out.

Documents are the distinct texts. The search sees them in one order, whatever the keep policy, and judges by the usual
parameters; by those of the run it is decided last which are kept.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import Agencies
from dedup.candidates import lsh
from dedup.errors import ParamsError
from dedup.io import Output, Source, open_output
from dedup.io.kept_form import KeptForm
from dedup.judge.clusters import keep_policy
from dedup.params import Level, Params
from dedup.run.clustering import cluster
from dedup.run.conclusion import conclude
from dedup.run.context import RunContext
from dedup.run.disk import announce_scratch
from dedup.run.events import log_end, log_notes, log_output, log_start
from dedup.run.exact import DistinctTexts, distinct_texts, text_hashes
from dedup.run.findings import Findings, search_params
from dedup.run.guard import guard
from dedup.run.index_matches import IndexMatches
from dedup.run.index_stories import story_links
from dedup.run.ingest import read_records
from dedup.run.interruption import Interruption
from dedup.run.matching import match
from dedup.run.options import RunOptions
from dedup.run.progress import Progress, run_steps
from dedup.run.ranking import Ranking, ranked
from dedup.run.record_credits import Credits
from dedup.run.records import Records
from dedup.run.result import Result
from dedup.run.resumption import open_checkpoint, require_resumable, run_identity
from dedup.run.same_pages import pages_of
from dedup.run.sample_estimate import sample_summary
from dedup.run.search_tables import credited, search_tables
from dedup.run.story_sample import drawn_texts, sampled
from dedup.run.summary import limit_notes, limits_at

if TYPE_CHECKING:
    from dedup.run.index_step import IndexStep


def run(
    source: Source,
    output: Path | str | None,
    params: Params,
    options: RunOptions,
    agencies: Agencies,
    index: IndexStep | None = None,
    progress: Progress | None = None,
    stream: int | None = None,
) -> Result:
    """Run all stages on an opened source; `dedup.deduplicate` and the command line both end here.

    Parameters
    ----------
    source : Source
    output : Path, str or None
        The folder to write to, or its URL.
    params : Params
        Those of the index, where there is one.
    options : RunOptions
    agencies : Agencies
    index : IndexStep, optional
        Compared with the documents first, and added to last.
    progress : Progress, optional
        By default as the options say.
    stream : int, optional
        The number of an open file to which the kept records are written instead of a folder.

    Raises
    ------
    DedupError
    """
    require_resumable(source, output, options)
    if options.passages and output is None:
        raise ParamsError("passages without an output", "a folder to write passages.parquet to")
    form = _form_of_kept(options, output, stream)
    source.require_form(form)
    if options.sample is not None and index is not None:
        raise ParamsError("a sample with an index", "a run without --index, or one of everything")
    bands = lsh.bands_and_rows(search_params(params)) if params.level >= Level.near else (0, 0)
    progress = progress or Progress(options.progress, options.progress)
    progress.steps = run_steps(
        params.level, options.passages, output is not None or stream is not None, index is not None
    )
    identity = run_identity(source, params, options, agencies, None if index is None else index.identity)
    with Interruption(progress) as interruption, ExitStack() as resources:
        log_start(source, params, options)
        resources.enter_context(progress.announcing_compilation())
        inputs = [*source.inputs, *(() if index is None else [Path(index.place)])]
        if output is None:
            folder = None
        else:
            opened = open_output(output, inputs, options.resume, options.scratch_folder)
            folder = resources.enter_context(opened)
        interruption.output = folder
        announce_scratch(source, folder, params, options, progress)
        checkpoint = resources.enter_context(open_checkpoint(source, folder, identity, options, progress))
        interruption.checkpoint = checkpoint
        context = RunContext(params, options.chosen_threads, checkpoint, progress, options.tuning, options.sample)

        records, result = _decide(source, bands, agencies, index, context)
        if options.sample is None:  # stories with many copies are drawn more often: no share of a source is true
            guard(records, result, options)
        log_notes(result)
        result.summary["scratch_bytes"] = context.scratch.total_bytes
        if folder is not None:
            _write(result, folder, options, progress)
            folder.is_unfinished = checkpoint.has_saved
            folder.commit()
            log_output(result)
        if stream is not None:  # written before the index has them, which would drop them if the run were repeated
            with progress.stage("write"):
                result.write_stream(stream, form, progress)
        if index is not None:
            with progress.stage("add"):
                index.add(records, agencies, output, result.summary, progress)
        if folder is None or index is not None:  # else they are those of the summary that was written
            result.summary["seconds"] = progress.rounded()
    log_end(result)
    return result


def _form_of_kept(options: RunOptions, output: Path | str | None, stream: int | None) -> KeptForm:
    """Return how the kept records are written.

    Raises
    ------
    ParamsError
        When they are to be written in a form, and nowhere; or to a stream that they cannot be written to.
    """
    form = options.kept_form
    if stream is not None and not options.kept:
        raise ParamsError("no kept records to standard output", "a folder to write the other files to")
    if stream is None and output is None and form.asked:
        raise ParamsError(f"{form.asked[0]} without an output", "a folder to write kept records to")
    return replace(form, is_stream=stream is not None)


def _write(result: Result, folder: Output, options: RunOptions, progress: Progress) -> None:
    """Write all files; the summary has the seconds until here."""
    with progress.stage("write"):
        result.write(folder, options.decisions, options.kept, options.kept_form, progress)
    if options.passages:
        with progress.stage("passages"):
            result.write_passages(folder, options.tuning.passage_records, progress)
    result.summary["seconds"] = progress.rounded()
    result.write_summary(folder)


def _read(source: Source, bands: tuple[int, int], index: IndexStep | None, context: RunContext) -> Records:
    with context.progress.bar("read", source.total_bytes, "B"):
        if index is None:
            return read_records(source, bands, context.checkpoint.key, context)
        return read_records(source, bands, index.key, context, index.check)


def _decide(
    source: Source, bands: tuple[int, int], agencies: Agencies, index: IndexStep | None, context: RunContext
) -> tuple[Records, Result]:
    """Run the stages from reading to deciding; nothing is written yet."""
    progress = context.progress
    records = _read(source, bands, index, context)
    with progress.stage("exact", len(records), "records"):
        texts = distinct_texts(records)
        pages = pages_of(records.urls, texts.numbering)
    index_matches = IndexMatches.none(len(texts.corpus))
    if index is not None:
        with progress.stage("index"):
            index_matches = index.find(records, texts, context.checkpoint, progress)
    sample = None
    if context.sample is None:
        findings = match(records, texts, context, index_matches, None, pages)
    else:
        drawn = drawn_texts(texts.corpus, context.sample, context.tuning.sample_seed)
        sample = sampled(records, texts, match(records, texts, context, None, drawn, pages), drawn)
        records, texts, findings = sample.records, sample.texts, sample.findings
        pages = pages_of(records.urls, texts.numbering)
        source, index_matches = sample.of_source(source), IndexMatches.none(len(texts.corpus))
    with progress.stage("decide", len(records), "records"):
        result = _concluded(source, records, texts, findings, pages, index_matches, agencies, index, context)
        if sample is not None:
            result.summary |= sample_summary(sample, result.decisions, context.sample or 1.0)
    return records, result


def _concluded(
    source: Source,
    records: Records,
    texts: DistinctTexts,
    findings: Findings,
    pages: npt.NDArray[np.int64] | None,
    index_matches: IndexMatches,
    agencies: Agencies,
    index: IndexStep | None,
    context: RunContext,
) -> Result:
    """Decide from what the search found, by the parameters of the run."""
    params, policy = context.params, keep_policy(context.params, records.has_dates)
    ranking = Ranking(texts.numbering, np.arange(len(texts.corpus)))
    if policy != keep_policy(Params(), records.has_dates) or params.protect or params.within is not None:
        ranking = ranked(records, texts.numbering, policy, params, agencies, partial(text_hashes, records))
    which = credited(texts.numbering, findings, index_matches.matches.right)
    credits = Credits.read(records, which, agencies)
    limits = limit_notes(records, texts, findings, context.memory)
    search = None
    if index is None:
        search = search_tables(records, texts.numbering, findings, credits, agencies, source, limits)
    index_matches = index_matches.in_keep_order(ranking.rank)
    matching = cluster(findings, ranking, params, index_matches.decided)
    of_run = records, ranking, matching, index_matches, pages
    result = conclude(*of_run, policy, params, source, agencies, credits, search)
    if index is not None:
        numbering = ranking.numbering
        copies, again = index_matches.copies(numbering), index_matches.again(numbering, records.ids)
        index.settle(records, result.is_kept, copies, again, result.summary)
        index.link(story_links(result.decisions, index_matches, numbering, index.added))
    result.summary["notes"] += limits_at(params.level, limits)
    return result
