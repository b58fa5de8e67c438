"""Decide again what a run has found, by other parameters, without reading or comparing its texts again.

The measures of every pair are in the matches of the run, and the rest of what a decision needs is in two small tables.
So the decisions are those that a run with these parameters would make: its search would be the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import Agencies
from dedup.dates import UnreadableDates
from dedup.errors import ParamsError
from dedup.judge.clusters import keep_policy
from dedup.judge.match_table import Matches
from dedup.kernels import leader_clusters as kernel
from dedup.params import Level, Params
from dedup.run.clustering import cluster, judged
from dedup.run.conclusion import conclude
from dedup.run.exact import ranked
from dedup.run.findings import OF_DECISIONS, search_params
from dedup.run.index_matches import IndexMatches
from dedup.run.records import Records, Rejected
from dedup.run.result import Result
from dedup.run.run_view import RunView, SearchTables
from dedup.run.search_tables import credits_of, findings_of, numbering_of
from dedup.run.summary import limits_at
from dedup.schema import IDENTICAL, LEFT, NEITHER, NO_DATE, RIGHT, UPDATE
from dedup.store.corpus import Segments

OF_THE_INPUT = ("text_bytes", "tokens", "inputs", "scratch_bytes")
"""What the summary says of the input, whatever is decided."""


def redecide(run: RunView, params: Params, agencies: Agencies | None = None) -> Result:
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

    Returns
    -------
    Result

    Raises
    ------
    ParamsError
        When it cannot be told from what the run has found.
    InputError
        When a file of the run is missing or damaged.
    """
    agencies = agencies or Agencies.read()
    search = _require_search(run, agencies)
    params = settled(run.params, params)
    documents = search.documents
    numbering = numbering_of(documents)
    findings = findings_of(documents, search.near, run.matches, numbering)
    records = _records(run, search)
    credits = credits_of(documents, agencies)
    policy = keep_policy(params, records.has_dates)
    hashes = np.asarray(pc.fill_null(documents["text_hash"], 0))
    numbering, rank = ranked(records, numbering, policy, params, agencies, hashes.__getitem__, credits)
    none = IndexMatches.none(len(rank))
    matching = cluster(findings, rank, params, none.decided)
    left = search if params.level >= Level.syndicated else SearchTables(documents, None)
    result = conclude(records, numbering, matching, none, policy, params, run.source, agencies, credits, left)
    result.summary["notes"] += limits_at(params.level, search.about.limits)
    _complete(result.summary, run)
    return result


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


def _require_search(run: RunView, agencies: Agencies) -> SearchTables:
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


def _records(run: RunView, search: SearchTables) -> Records:
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
    """Add to a summary what only the run knows."""
    begins = {one["id"]: one["begins"] for one in run.summary["largest_clusters"]}
    for one in summary["largest_clusters"]:
        one["begins"] = begins.get(one["id"], "")
    summary.update({name: run.summary[name] for name in OF_THE_INPUT if name in run.summary})
    summary["seconds"] = {}


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of the records of a run by other parameters; arrays of shape (n_records,).

    Parameters
    ----------
    relation : int8 array
        Code of the relation by which a record is dropped; -1 where it is not.
    score : float64 array
        Of the match by which it is dropped; 1.0 where it is identical, NaN where it is not dropped.
    leader : int64 array
        The record that is kept in its place; itself where it is kept, or rejected.
    match : int64 array
        The match by which it is dropped; -1 where there is none.
    side : int8 array
        Its side of that match, LEFT or RIGHT.
    is_direct : bool array
        Whether that match is with the kept record itself.
    matches : Matches
    """

    relation: npt.NDArray[np.int8]
    score: npt.NDArray[np.float64]
    leader: npt.NDArray[np.int64]
    match: npt.NDArray[np.int64]
    side: npt.NDArray[np.int8]
    is_direct: npt.NDArray[np.bool_]
    matches: Matches

    @property
    def is_dropped(self) -> npt.NDArray[np.bool_]:
        """Whether each record is dropped."""
        return self.relation >= 0


class Trials:
    """Try many parameters on one run: what `redecide` decides, without its tables.

    Parameters
    ----------
    run : RunView
    agencies : Agencies, optional
        Those of the run; by default the shipped ones.

    Raises
    ------
    ParamsError
        As for `redecide`.
    """

    def __init__(self, run: RunView, agencies: Agencies | None = None) -> None:
        agencies = agencies or Agencies.read()
        search = _require_search(run, agencies)
        documents = search.documents
        self._params = run.params
        self._searched = numbering_of(documents)
        self._findings = findings_of(documents, search.near, run.matches, self._searched)
        records = _records(run, search)
        policy = keep_policy(run.params, records.has_dates)
        hashes = np.asarray(pc.fill_null(documents["text_hash"], 0)).__getitem__
        credits = credits_of(documents, agencies)
        self._numbering, self._rank = ranked(records, self._searched, policy, run.params, agencies, hashes, credits)

    def at(self, params: Params) -> Trial:
        """Return what would become of the records; ``params`` as for `redecide`, with the keep policy of the run.

        Raises
        ------
        ParamsError
        """
        params = settled(self._params, params)
        n = len(self._rank)
        matching = cluster(self._findings, self._rank, params, np.zeros(n, bool))
        matches, clusters = matching.matches, matching.clusters
        document, record = self._numbering.document, self._numbering.record
        here = np.arange(len(document))
        (worded,) = np.nonzero(document >= 0)
        own = document[worded]
        leader, match = here.copy(), np.full(len(document), -1)
        leader[worded], match[worded] = record[clusters.leader[own]], clusters.match[own]
        relation = np.where(leader != here, IDENTICAL, -1).astype(np.int8)
        score = np.where(leader != here, 1.0, np.nan)
        (by,) = np.nonzero(match >= 0)
        relation[by], score[by] = matches.relation[match[by]], matches.score[match[by]]
        is_left = matches.left[match[by]] == document[by]
        side, is_direct = np.full(len(document), NEITHER, np.int8), np.zeros(len(document), bool)
        side[by] = np.where(is_left, LEFT, RIGHT)
        is_direct[by] = record[np.where(is_left, matches.right[match[by]], matches.left[match[by]])] == leader[by]
        return Trial(relation, score, leader, match, side, is_direct, matches)

    def stories(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the story of each record, from 0 and -1 where it has no words, and the distinct texts of each story.

        Stories as a sample draws them: linked by the copies and updates of the search.
        """
        params = search_params(self._params)
        found = self._findings.near if params.level < Level.syndicated else self._findings.rare
        root = np.arange(len(self._searched.record))
        if found is not None:
            matches = judged(found, params)
            linked = matches.take(np.flatnonzero(matches.relation <= UPDATE))
            kernel.connect(linked.left, linked.right, root)
        _, story = np.unique(root, return_inverse=True)
        return np.append(story, -1)[self._searched.document], np.bincount(story)
