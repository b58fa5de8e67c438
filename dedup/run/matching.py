"""Find the pairs of documents that match, in two passes, and the clusters that they form.

The near pass compares documents whose shingles meet, the rare pass documents that share rare word pairs. Each searches
for candidates and judges them, in rounds; the matches are saved, a step at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dedup.candidates import lsh, sketch_join
from dedup.candidates.pairs import Bucket, Candidates, Pairs, distinct, joined, within
from dedup.candidates.rounds import Rounds
from dedup.candidates.word_pairs import Sketches
from dedup.judge import furniture, pairs_to_matches, relation
from dedup.judge.clusters import Clusters, form_clusters
from dedup.judge.match_table import Matches
from dedup.judge.pairs_to_matches import Bodies
from dedup.params import Level
from dedup.run.checkpoint import Arrays
from dedup.run.context import RunContext
from dedup.run.exact import DistinctTexts
from dedup.run.index_matches import IndexMatches
from dedup.run.pass_result import PassResult
from dedup.run.records import Records
from dedup.run.saved_stages import bodies_of, families_of, rare_pairs_of
from dedup.schema import NEAR_DUPLICATE

MEETINGS = 3
"""How often copies of a dropped document meet the one it is dropped for, and late versions a kept one."""

Documents = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matching:
    """The matches between the documents of a run, and the clusters that they form.

    Parameters
    ----------
    matches : Matches
    clusters : Clusters
        At the level of the run; documents that are dropped for one of an index stand as their own leaders.
    hidden : Bucket or None
        The largest bucket or posting list whose documents were not all compared with one another.
    """

    matches: Matches
    clusters: Clusters
    hidden: Bucket | None


class Pass(Protocol):
    """A pass: how to find candidate pairs of documents, and how to judge them."""

    @property
    def name(self) -> str:
        """The name of its saved steps."""

    @property
    def stages(self) -> tuple[str, str]:
        """The stages under which the seconds of searching and of judging are reported."""

    def candidates(self, documents: Documents, limit: int) -> Candidates:
        """Find candidate pairs among documents, each of which meets up to ``limit`` others in a bucket."""

    def judge(self, pairs: Pairs) -> Matches:
        """Return the matches among candidate pairs."""


@dataclass(frozen=True, slots=True)
class NearPass:
    """The pass for near duplicates: documents whose signatures share a band."""

    records: Records
    texts: DistinctTexts
    bodies: Bodies
    context: RunContext
    name: str = "near"
    stages: tuple[str, str] = ("near candidates", "near evidence")

    def candidates(self, documents: Documents, limit: int) -> Candidates:
        """Search the buckets of the bands."""
        return lsh.pairs_in_buckets(self.records.keys, self.texts.record, documents, limit)

    def judge(self, pairs: Pairs) -> Matches:
        """Return near duplicates and templates."""
        params, room = self.context.params, (self.context.threads, self.context.memory)
        return pairs_to_matches.near_duplicates(
            self.bodies, _in_window(pairs, self.bodies, params.window), params, *room
        )


@dataclass(frozen=True, slots=True)
class RarePass:
    """The pass for copies of every kind: documents that share rare word pairs, and pairs found before.

    Parameters
    ----------
    sketches : Sketches
        Of the compared documents.
    compared : int64 array, ascending
        All documents that are compared.
    bodies : Bodies
        With their rare pairs.
    close : uint64 array, sorted
        Near duplicates, and pairs that share passages: measured even if all articles have their words.
    context : RunContext
    """

    sketches: Sketches
    compared: Documents
    bodies: Bodies
    close: Pairs
    context: RunContext
    name: str = "rare"
    stages: tuple[str, str] = ("candidates", "evidence")

    def candidates(self, documents: Documents, limit: int) -> Candidates:
        """Search the posting lists of rare word pairs."""
        params = self.context.params
        sketches = self.sketches
        if len(documents) < len(self.compared):
            sketches = sketches[np.searchsorted(self.compared, documents)]
        least = min(sketch_join.LEAST_OVERLAP, params.sketch_overlap)
        room = self.context.scratch, self.context.threads
        found = sketch_join.pairs_in_postings(sketches, documents, params.sketch_overlap, least, limit, *room)
        return found._replace(pairs=distinct(found.pairs, self.close))

    def judge(self, pairs: Pairs) -> Matches:
        """Return the matches of all relations."""
        params, room = self.context.params, (self.context.threads, self.context.memory)
        return pairs_to_matches.copies(
            self.bodies, _in_window(pairs, self.bodies, params.window), self.close, params, *room
        )


def match(
    records: Records, texts: DistinctTexts, context: RunContext, index_matches: IndexMatches | None = None
) -> Matching:
    """Find and judge the pairs of documents.

    Parameters
    ----------
    records : Records
    texts : DistinctTexts
    context : RunContext
    index_matches : IndexMatches, optional
        Documents that are dropped for one of an index lead no cluster.
    """
    params, progress, corpus = context.params, context.progress, texts.corpus
    dropped = np.zeros(len(corpus), bool) if index_matches is None else index_matches.decided
    near = PassResult(dropped, NEAR_DUPLICATE)
    if params.level < Level.near:
        return Matching(near.matches, near.clusters, None)
    with progress.stage("furniture"):
        stripped, segments = bodies_of(texts, context)
        (compared,) = np.nonzero(corpus.lengths >= params.min_tokens)
        compared = compared[~furniture.are_stubs(stripped, compared)]
    bodies = Bodies(stripped, records.published[texts.record], whole=corpus.lengths)
    if params.level < Level.syndicated:
        _, hidden = _compare(NearPass(records, texts, bodies, context), near, compared, params.bucket_limit, context)
        return Matching(near.matches, near.clusters, hidden)
    with progress.stage("families"):
        versions = families_of(stripped, segments, compared, context)
    delegates = compared[versions.delegates[compared]]
    _, hidden = _compare(NearPass(records, texts, bodies, context), near, delegates, params.bucket_limit, context)

    with progress.stage("word pairs"):
        # What an index knows is no copy of anything here: its words count.
        articles = form_clusters(len(corpus), near.copies()) if dropped.any() else near.clusters
        counted = versions.counted(np.flatnonzero(articles.kept), stripped.lengths)
        sketches, rare_pairs = rare_pairs_of(stripped, counted, compared, context)
    close = distinct(joined(near.matches.left, near.matches.right), versions.met)
    rare_pass = RarePass(sketches, compared, replace(bodies, rare_pairs=rare_pairs), close, context)
    rare = PassResult(dropped, relation.LAST_COPY[params.level])
    rounds, hidden_rare = _compare(rare_pass, rare, delegates, sketch_join.posting_limit(params), context)
    for turn in range(MEETINGS):
        meeting = distinct(rare.copies_of_copies(), rare.late_versions(versions, turn))
        if len(new := rounds.new(meeting)):
            _judge(rare_pass, rare, new, context)
    rare.gather(versions)
    return Matching(rare.matches, rare.clusters, hidden or hidden_rare)


def _compare(
    search: Pass, result: PassResult, documents: Documents, limit: int, context: RunContext
) -> tuple[Rounds, Bucket | None]:
    """Search and judge in rounds; return the rounds, and the largest bucket whose pairs were not all compared."""
    rounds = Rounds(documents, limit)
    while rounds.is_open:
        with context.progress.stage(search.stages[0]):
            found = search.candidates(rounds.documents, rounds.limit)
        _judge(search, result, rounds.new(found.pairs), context)
        rounds.close(found.crowded, result.kept)
    if rounds.is_complete:
        return rounds, None
    with context.progress.stage(search.stages[0]):
        return rounds, search.candidates(rounds.documents, 1).largest


def _judge(search: Pass, result: PassResult, pairs: Pairs, context: RunContext) -> None:
    """Judge new pairs and add the matches to the result of the pass; saved matches are loaded."""
    size, checkpoint = context.tuning.pairs_at_a_time, context.checkpoint
    with context.progress.stage(search.stages[1]):
        parts: list[Matches] = []
        for first in range(0, len(pairs), size):
            step = f"{search.name} {result.steps + len(parts)}"
            columns = checkpoint.load(step)
            if columns is None:
                columns = checkpoint.save(step, _columns(search.judge(pairs[first : first + size])))
            parts.append(Matches(*columns))
        result.add(parts)


def _in_window(pairs: Pairs, bodies: Bodies, window: float | None) -> Pairs:
    return pairs if bodies.published is None else within(pairs, bodies.published, window)


def _columns(matches: Matches) -> Arrays:
    return tuple(getattr(matches, field.name) for field in fields(matches))
