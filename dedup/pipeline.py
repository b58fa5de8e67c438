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

import numpy as np
import numpy.typing as npt

from dedup import background, crowds, evidence, frames, lsh, rare, relation
from dedup.agencies import Agencies
from dedup.candidates import Bucket, Pairs, compare_in_rounds, joined
from dedup.cluster import Clusters, clusters, keep_policy
from dedup.collapse import Collapsed, collapse
from dedup.decisions import conclude
from dedup.errors import ParamsError
from dedup.io import Fields, Output, Source, open_source
from dedup.matches import Matches
from dedup.params import Level, Params
from dedup.progress import Progress
from dedup.records import Records, read_records
from dedup.result import Result
from dedup.schema import IDENTICAL, NEAR_DUPLICATE, REVISED, REWRITTEN
from dedup.store import Corpus, ScratchArray

LAST_COPY = {
    Level.identical: IDENTICAL,
    Level.near: NEAR_DUPLICATE,
    Level.syndicated: REVISED,
    Level.rewritten: REWRITTEN,
}
"""The farthest relation that still counts as a copy at a level."""

DEFAULT_MEMORY = 4_000_000_000

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

    @staticmethod
    def of(threads: int | None, memory: int | None, scratch: Path | None, progress: bool) -> Way:
        """Return the way with the defaults filled in.

        Raises
        ------
        ParamsError
        """
        for name, value in (("threads", threads), ("memory", memory)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, Integral) or value < 1):
                raise ParamsError(f"{name} {value!r}", "a whole number of at least 1")
        return Way(threads or os.cpu_count() or 1, memory or DEFAULT_MEMORY, scratch, Progress(progress))


def run(source: Source, output: Path | None, params: Params, way: Way, agencies: Agencies) -> Result:
    """Run all stages on an opened source; `deduplicate` and the command line both end here."""
    bands, rows = lsh.bands_and_rows(params) if params.level >= Level.near else (0, 0)
    progress = way.progress
    with ExitStack() as resources:
        folder = None if output is None else resources.enter_context(Output(output, source.inputs))
        *arrays, spare = (ScratchArray(dtype, way.scratch) for dtype in (np.uint32, np.uint64, np.uint8, np.uint8))
        for array in (*arrays, spare):
            resources.callback(array.close)
        with progress.bar("read", source.total_bytes, "B"):
            records = read_records(source, params, bands, rows, way.threads, arrays, progress)
        policy = keep_policy(params, records.has_dates)
        with progress.stage("collapse"):
            collapsed = collapse(records, policy, params)
        matches, found, hidden = _match(collapsed, params, way, spare)
        with progress.stage("decide"):
            result = conclude(records, collapsed, matches, found, policy, params, source, agencies)
        if params.level >= Level.syndicated and rare.is_crowded(int(collapsed.corpus.lengths.sum()), way.memory):
            result.summary["notes"].append(CROWDED)
        if hidden is not None:
            result.summary["notes"].append(_hidden(hidden, records, collapsed))
        if folder is not None:
            with progress.stage("write"):
                result.write(folder, records.rejected)
        result.summary["seconds"] = progress.rounded()
        if folder is not None:
            result.write_summary(folder)
            folder.commit()
    return result


def _match(
    collapsed: Collapsed, params: Params, way: Way, scratch: ScratchArray
) -> tuple[Matches, Clusters, Bucket | None]:
    """Find and judge the pairs of documents; return matches, the clusters at the level, and what was not compared."""
    corpus = collapsed.corpus
    (compared,) = np.nonzero(corpus.lengths >= params.min_tokens)
    near = _Judged(len(corpus), NEAR_DUPLICATE)
    if params.level < Level.near:
        return near.matches, near.clusters, None

    def near_pairs(documents: npt.NDArray[np.int64], limit: int) -> tuple[Pairs, Bucket]:
        with way.progress.stage("near candidates"):
            return lsh.pairs_in_buckets(collapsed.keys, documents, limit)

    def judge_near(pairs: Pairs) -> npt.NDArray[np.bool_]:
        with way.progress.stage("near evidence"):
            measured = evidence.shingle_evidence(corpus, pairs, params, way.threads)
            return near.add(relation.near_duplicates(measured, params))

    met, hidden = compare_in_rounds(compared, params.bucket_limit, near_pairs, judge_near)
    if params.level < Level.syndicated:
        return near.matches, near.clusters, hidden

    with way.progress.stage("word pairs"):
        # Counted over distinct articles: a story carried by hundreds would make its own words frequent.
        (articles,) = np.nonzero(near.clusters.kept)
        bodies = frames.bodies(corpus, articles)
        bits = rare.frequency_bits(int(corpus.lengths.sum()), way.memory)
        sketches, crowd_sketches, at_tokens = _sketches(bodies, articles, compared, bits, params, scratch, way.threads)
        crowd, counted = crowds.find(crowd_sketches, compared, articles, len(corpus), way.threads)
        if len(counted) < len(articles):
            sketches, _, at_tokens = _sketches(bodies, counted, compared, bits, params, scratch, way.threads)
    judged = _Judged(len(corpus), LAST_COPY[params.level])
    least = min(rare.LEAST_OVERLAP, params.sketch_overlap)
    # Near duplicates stay so, even of words that all articles have.
    known = joined(near.matches.left, near.matches.right)

    def rare_pairs(documents: npt.NDArray[np.int64], limit: int) -> tuple[Pairs, Bucket]:
        with way.progress.stage("candidates"):
            some = sketches[np.searchsorted(compared, documents)]
            pairs, longest = rare.pairs_in_postings(some, documents, params.sketch_overlap, least, limit, way.threads)
            return np.union1d(pairs, met), longest

    def judge(pairs: Pairs) -> npt.NDArray[np.bool_]:
        with way.progress.stage("evidence"):
            measured = evidence.agreement_evidence(bodies, pairs, at_tokens, way.threads, known)
            told = relation.is_told(measured, params.related) & ~crowds.is_series(measured, crowd)
            told |= np.isin(joined(measured.left, measured.right), known)
            measured = evidence.with_shingles(corpus, measured.take(np.nonzero(told)[0]), params, way.threads)
            return judged.add(relation.judge(measured, params))

    _, hidden_rare = compare_in_rounds(compared, rare.posting_limit(params), rare_pairs, judge)
    return judged.matches, judged.clusters, hidden or hidden_rare


def _sketches(
    bodies: Corpus,
    articles: npt.NDArray[np.int64],
    compared: npt.NDArray[np.int64],
    bits: int,
    params: Params,
    scratch: ScratchArray,
    threads: int,
) -> tuple[rare.Sketches, rare.Sketches, rare.PairsAtTokens]:
    """Count the word pairs of the articles, and sketch all documents that are compared by them."""
    frequencies = rare.pair_frequencies(bodies, articles, bits, threads)
    background.count_in(frequencies, len(articles))
    return rare.sketches(bodies, compared, frequencies, params, scratch, threads)


class _Judged:
    """Matches so far, and the clusters they make."""

    def __init__(self, n_documents: int, last_copy: int) -> None:
        self._n = n_documents
        self._last_copy = last_copy
        self.matches = Matches.none()
        self.clusters = clusters(n_documents, self.matches)

    def add(self, matches: Matches) -> npt.NDArray[np.bool_]:
        """Add new matches; return which documents are kept now."""
        self.matches = Matches.concatenate([self.matches, matches])
        (copies,) = np.nonzero(self.matches.relation <= self._last_copy)
        found = clusters(self._n, self.matches.take(copies))
        match = found.match.copy()
        match[found.match >= 0] = copies[found.match[found.match >= 0]]
        self.clusters = Clusters(found.leader, match)
        return self.clusters.kept


def _hidden(bucket: Bucket, records: Records, collapsed: Collapsed) -> str:
    """Name the boilerplate that more documents share than could be compared with one another."""
    record = int(collapsed.record[bucket.document])
    return (
        f"{bucket.size:,} kept documents have passages in common with {records.ids[record].as_py()} "
        f"({records.head(record)[:40].rstrip()}…); not all of them were compared with one another"
    )
