"""The pairs of documents, found and judged: candidates by both roads, matches, and the clusters that these make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial

import numpy as np
import numpy.typing as npt

from dedup import background, crowds, evidence, frames, lsh, postings, rare, relation
from dedup.candidates import Bucket, Found, Pairs, compare_in_rounds, distinct, joined
from dedup.checkpoint import Arrays, Checkpoint
from dedup.cluster import Clusters, clusters
from dedup.collapse import Collapsed
from dedup.known import Known
from dedup.matches import Matches
from dedup.params import Level, Params
from dedup.progress import Progress
from dedup.records import Records
from dedup.schema import IDENTICAL, NEAR_DUPLICATE, REVISED, REWRITTEN
from dedup.store import Corpus

LAST_COPY = {
    Level.identical: IDENTICAL,
    Level.near: NEAR_DUPLICATE,
    Level.syndicated: REVISED,
    Level.rewritten: REWRITTEN,
}
"""The farthest relation that still counts as a copy at a level."""

PAIRS_AT_A_TIME = 1 << 19
"""Candidate pairs that are judged before what was found is noted and the rest forgotten."""

Documents = npt.NDArray[np.int64]
Kept = npt.NDArray[np.bool_]


def match(
    records: Records,
    collapsed: Collapsed,
    params: Params,
    threads: int,
    checkpoint: Checkpoint,
    progress: Progress,
    known: Known | None = None,
) -> tuple[Matches, Clusters, Bucket | None]:
    """Find and judge the pairs of documents.

    Parameters
    ----------
    records : Records
    collapsed : Collapsed
    params : Params
    threads : int
    checkpoint : Checkpoint
        Holds the scratch files, and what was finished.
    progress : Progress
    known : Known, optional
        Documents that are dropped for one of an index lead no cluster.

    Returns
    -------
    matches : Matches
    clusters : Clusters
        At the level of ``params``; documents that are dropped for one of an index stand as their own leaders.
    hidden : Bucket or None
        The largest bucket or posting list whose documents were not all compared with one another.
    """
    corpus = collapsed.corpus
    (compared,) = np.nonzero(corpus.lengths >= params.min_tokens)
    known = Known.none(len(corpus)) if known is None else known
    near = _Judged("near", known.decided, NEAR_DUPLICATE, checkpoint)
    if params.level < Level.near:
        return near.matches, near.clusters, None
    memory = checkpoint.scratch.memory

    def near_pairs(documents: Documents, limit: int) -> Found:
        with progress.stage("near candidates"):
            return lsh.pairs_in_buckets(records.keys, collapsed.record, documents, limit)

    def near_matches(pairs: Pairs) -> Matches:
        return relation.near_duplicates(evidence.shingle_evidence(corpus, pairs, params, threads, memory), params)

    def judge_near(pairs: Pairs) -> Kept:
        with progress.stage("near evidence"):
            return near.add(pairs, near_matches)

    met, hidden = compare_in_rounds(compared, params.bucket_limit, near_pairs, judge_near)
    if params.level < Level.syndicated:
        return near.matches, near.clusters, hidden

    with progress.stage("word pairs"):
        # What an index knows is no copy of anything here: its words count.
        articles = clusters(len(corpus), near.matches) if known.decided.any() else near.clusters
        found = _WordPairs(corpus, articles, compared, params, threads, checkpoint)
    judged = _Judged("rare", known.decided, LAST_COPY[params.level], checkpoint)
    least = min(postings.LEAST_OVERLAP, params.sketch_overlap)
    # Near duplicates stay so, even of words that all articles have.
    close = joined(near.matches.left, near.matches.right)

    def rare_pairs(documents: Documents, limit: int) -> Found:
        with progress.stage("candidates"):
            some = found.sketches
            if len(documents) < len(compared):
                some = some[np.searchsorted(compared, documents)]
            overlaps = params.sketch_overlap, least
            here = postings.pairs_in_postings(some, documents, *overlaps, limit, checkpoint.scratch, threads)
            return here._replace(pairs=distinct(here.pairs, met))

    def rare_matches(pairs: Pairs) -> Matches:
        measured = evidence.agreement_evidence(found.bodies, pairs, found.rare_pairs, threads, memory, close)
        told = relation.is_told(measured, params.related) & ~crowds.is_series(measured, found.crowd)
        told |= np.isin(joined(measured.left, measured.right), close)
        measured = evidence.with_shingles(corpus, measured.take(np.nonzero(told)[0]), params, threads, memory)
        return relation.judge(measured, params)

    def judge(pairs: Pairs) -> Kept:
        with progress.stage("evidence"):
            return judged.add(pairs, rare_matches)

    _, hidden_rare = compare_in_rounds(compared, postings.posting_limit(params), rare_pairs, judge)
    return judged.matches, judged.clusters, hidden or hidden_rare


class _WordPairs:
    """What the word pairs of a corpus tell: ``bodies``, ``sketches``, ``rare_pairs`` and ``crowd``."""

    def __init__(
        self,
        corpus: Corpus,
        near: Clusters,
        compared: Documents,
        params: Params,
        threads: int,
        checkpoint: Checkpoint,
    ) -> None:
        self._of = corpus, compared, params, threads
        self._scratch = checkpoint.scratch
        # Counted over distinct articles: a story carried by hundreds would make its own words frequent.
        (self._articles,) = np.nonzero(near.kept)
        starts, ends, self.crowd, *sketched = checkpoint.once("word pairs", self._make, rare.SCRATCH)
        self.bodies = Corpus(corpus.tokens, starts, ends)
        self.sketches, self.rare_pairs = rare.from_scratch(params, self._scratch, *sketched)

    def _make(self) -> Arrays:
        corpus, compared, _, threads = self._of
        bodies = frames.bodies(corpus, self._articles, self._scratch.memory)
        found, crowd_sketches, listed = self._sketch(bodies, self._articles)
        crowd, counted = crowds.find(crowd_sketches, compared, self._articles, len(corpus), self._scratch, threads)
        if len(counted) < len(self._articles):
            found, _, listed = self._sketch(bodies, counted)
        self._scratch.drop("crowd sketches")
        lists = listed.firsts, listed.lasts, listed.words, listed.is_unspaced
        return bodies.starts, bodies.ends, crowd, found.sizes, *lists

    def _sketch(self, bodies: Corpus, articles: Documents) -> tuple[rare.Sketches, rare.Sketches, rare.RarePairs]:
        """Count the word pairs of the articles, and sketch all documents that are compared by them."""
        corpus, compared, params, threads = self._of
        bits = rare.frequency_bits(int(corpus.lengths.sum()), self._scratch.memory)
        frequencies = rare.pair_frequencies(bodies, articles, bits, threads)
        background.count_in(frequencies, len(articles))
        return rare.sketches(bodies, compared, frequencies, params, self._scratch, threads)


class _Judged:
    """Matches so far, and the clusters they make."""

    def __init__(self, name: str, decided: Kept, last_copy: int, checkpoint: Checkpoint) -> None:
        self._name = name
        self._decided = decided
        self._last_copy = last_copy
        self._checkpoint = checkpoint
        self._parts = 0
        self.matches = Matches.none()
        self.clusters = clusters(len(decided), self.matches)

    def add(self, pairs: Pairs, judge: Callable[[Pairs], Matches]) -> Kept:
        """Judge new pairs and add the matches; return which documents are kept now."""
        found = [self.matches]
        for first in range(0, len(pairs), PAIRS_AT_A_TIME):
            some = pairs[first : first + PAIRS_AT_A_TIME]
            found.append(Matches(*self._checkpoint.once(f"{self._name} {self._parts}", partial(_columns, judge, some))))
            self._parts += 1
        self.matches = Matches.concatenate(found)
        (copies,) = np.nonzero(self.matches.relation <= self._last_copy)
        led = clusters(len(self._decided), self.matches.take(copies), self._decided)
        match = led.match.copy()
        match[led.match >= 0] = copies[led.match[led.match >= 0]]
        self.clusters = Clusters(led.leader, match)
        return self.clusters.kept & ~self._decided


def _columns(judge: Callable[[Pairs], Matches], pairs: Pairs) -> Arrays:
    found = judge(pairs)
    return tuple(getattr(found, field.name) for field in fields(found))
