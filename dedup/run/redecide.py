"""Decide again what a run has found, by other parameters, without reading or comparing its texts again.

The measures of every pair are in the matches of the run, and the rest of what a decision needs is in two small tables.
So the decisions are those that a run with these parameters would make: its search would be the same.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import Agencies
from dedup.dates import UnreadableDates
from dedup.errors import ParamsError
from dedup.io.bytes.surrogates import printable
from dedup.judge.clusters import keep_policy
from dedup.params import Level, Params, with_fields
from dedup.run.clustering import cluster
from dedup.run.conclusion import conclude
from dedup.run.findings import OF_DECISIONS
from dedup.run.guard import guard
from dedup.run.index_matches import IndexMatches
from dedup.run.options import RunOptions
from dedup.run.ranking import ranked
from dedup.run.records import Records, Rejected
from dedup.run.result import Result
from dedup.run.run_view import RunView, SearchTables
from dedup.run.same_pages import pages_of
from dedup.run.sample_estimate import estimate_of, stories_of
from dedup.run.search_tables import credits_of, findings_of, numbering_of
from dedup.run.summary import limits_at
from dedup.schema import NO_DATE
from dedup.store.corpus import Segments

OF_THE_INPUT = ("text_bytes", "tokens", "inputs", "scratch_bytes")
"""What the summary says of the input, whatever is decided."""


def redecide(
    run: RunView, params: Params, agencies: Agencies | None = None, options: RunOptions | None = None
) -> Result:
    """Decide again which records of a run are kept, as a run with these parameters would.

    Parameters
    ----------
    run : RunView
        A `RunOutput` or a `Result`.
    params : Params
        Those of the run, but for the ones of a decision: `OF_DECISIONS`. The level is no higher than that of the run,
        and the threshold no lower than its floor; a floor that is not given is that of the run.
    agencies : Agencies, optional
        Those of the run; by default the shipped ones.
    options : RunOptions, optional
        Its guard is checked; nothing else of it matters.

    Returns
    -------
    Result

    Raises
    ------
    GuardError
        If the options ask for an error.
    ParamsError
        When it cannot be told from what the run has found.
    InputError
        When a file of the run is missing or damaged.
    """
    started = time.perf_counter()
    agencies = agencies or Agencies.read()
    search = required_search(run, agencies)
    params = settled(run.params, params)
    documents = search.documents
    numbering = numbering_of(documents)
    findings = findings_of(documents, search.near, run.matches, numbering)
    records = records_of_run(run, search)
    credits = credits_of(documents, agencies)
    policy = keep_policy(params, records.has_dates)
    hashes = np.asarray(pc.fill_null(documents["text_hash"], 0))
    ranking = ranked(records, numbering, policy, params, agencies, hashes.__getitem__, credits)
    none = IndexMatches.none(len(ranking.rank))
    matching = cluster(findings, ranking, params, none.decided)
    left = search if params.level >= Level.syndicated else SearchTables(documents, None)
    of_run = records, ranking, matching, none, pages_of(records.urls, numbering)
    result = conclude(*of_run, policy, params, run.source, agencies, credits, left)
    result.summary["notes"] += limits_at(params.level, search.about.limits)
    sample = run.summary.get("sample")
    if sample is None:  # as in a run
        guard(records, result, options or RunOptions())
    _complete(result.summary, run)
    if sample is not None:
        stories = stories_of(findings, numbering, run.params)
        estimate = estimate_of(result.decisions, stories, sample["share"], sample["records_read"])
        result.summary |= {"sample": sample, "estimate": estimate}
    result.summary["seconds"] = {"total": round(time.perf_counter() - started, 3)}
    return result


def asked_params(found: Params, fields: Mapping[str, Any]) -> Params:
    """Return the parameters of a run with some of them replaced, to decide again by them.

    Parameters
    ----------
    found : Params
        Those of the run.
    fields : mapping
        Field to value; without ``prefer`` another keep policy has no preferred sources.

    Raises
    ------
    ParamsError
    """
    values = {field.name: getattr(found, field.name) for field in dataclasses.fields(Params)}
    values.update(floor=None)
    if fields.get("keep", "source") != "source":
        values.update(prefer=())
    return with_fields(None, {**values, **fields})


def settled(found: Params, asked: Params) -> Params:
    """Return the parameters of a decision, with the floor of the run.

    Raises
    ------
    ParamsError
        When they differ from those of the run in what only a new run can change.
    """
    here, there = asked.as_dict(), found.as_dict()
    others = [name for name in here if name not in (*OF_DECISIONS, "floor") and here[name] != there[name]]
    again = "run again with it"
    if others:
        names = ", ".join(others)
        raise ParamsError(f"another {names} than the run had", f"one of {', '.join(OF_DECISIONS)}", again)
    if asked.level > found.level:
        found_levels = f"a level up to {found.level.name}, as far as the run has searched"
        raise ParamsError(f"level {asked.level.name!r}", found_levels, again)
    floor = found.least_resemblance
    if asked.floor not in (None, floor):
        raise ParamsError(f"floor {asked.floor:g}", f"the floor of the run, {floor:g}", again)
    if asked.threshold < floor:
        known = f"a threshold of at least {floor:g}, the floor of the run: nothing is known of what is less alike"
        raise ParamsError(f"threshold {asked.threshold:g}", known, f"run again with --floor {asked.threshold:g}")
    return replace(asked, floor=floor)


def required_search(run: RunView, agencies: Agencies) -> SearchTables:
    """Return what the run has left for a later decision.

    Raises
    ------
    ParamsError
        When it has left nothing, or has recognised credits by other agencies.
    """
    if "index" in run.summary:
        found = "a run with an index, whose documents have decided a part of it"
        raise ParamsError(found, "a run without --index", "run again with the other parameters")
    if run.search is None:
        raise ParamsError("a run of an earlier version", "one that has left documents.parquet", "run again")
    if run.search.about.agencies != agencies.fingerprint:
        raise ParamsError("other agencies than in the run", "the same list", "name it with --agencies, as in the run")
    return run.search


def records_of_run(run: RunView, search: SearchTables) -> Records:
    """Return the records of a run without their texts."""
    decisions, documents = run.decisions, search.documents
    n = len(decisions)
    files = decisions["file"].combine_chunks().dictionary_encode()
    published = np.asarray(pc.fill_null(decisions["published"].cast(pa.int64()), NO_DATE))
    lengths = np.asarray(documents["tokens"])
    none = np.empty(0, np.int64)
    return Records(
        ids=_strings(decisions["id"]),
        sources=_strings(decisions["source"]),
        titles=_strings(decisions["title"]),
        urls=_strings(decisions["url"]),
        files=files.dictionary.to_pylist(),
        file=np.asarray(files.indices),
        row=np.asarray(decisions["row"]),
        published=published,
        sizes=np.asarray(documents["bytes"]),
        digests=np.empty((0, 2), np.uint64),
        starts=np.zeros(n, np.int64),
        ends=lengths,
        tokens=np.empty(0, np.uint32),
        fingerprints=np.empty(0, np.uint16),
        segments=Segments(np.empty(0, np.uint32), none, none),
        keys=(),
        text_ends=np.empty((n, 0), np.uint8),
        rejected=_rejected(run, np.flatnonzero(np.asarray(decisions["cluster"].is_null()))),
        text_bytes=0,
        unread=UnreadableDates(*search.about.unread),
        has_dates=bool((published != NO_DATE).any()),
    )


def _strings(column: pa.ChunkedArray) -> pa.LargeStringArray:
    found = column.cast(pa.large_string()).combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _rejected(run: RunView, records: npt.NDArray[np.int64]) -> Rejected:
    found = [*run.rejections()] if len(records) else []
    _, _, reasons, raw, sizes = zip(*found, strict=True) if found else ((),) * 5
    return Rejected(
        records, pa.array(reasons, pa.large_string()), pa.array(raw, pa.large_binary()), np.array(sizes, np.int64)
    )


def _complete(summary: dict[str, Any], run: RunView) -> None:
    """Add to a summary what only the run knows, and where it is."""
    folder = getattr(run, "folder", None) or getattr(run, "output", None)
    begins = {one["id"]: one["begins"] for one in run.summary["largest_clusters"]}
    for one in summary["largest_clusters"]:
        one["begins"] = one["begins"] or begins.get(one["id"], "")
    summary.update({name: run.summary[name] for name in OF_THE_INPUT if name in run.summary})
    summary["decided_from"] = None if folder is None else printable(str(folder))
