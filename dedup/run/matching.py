"""Find the pairs of documents that match, in two passes.

The near pass compares documents whose shingles meet, the rare pass documents that share rare word pairs. Each searches
for candidates and judges them, in rounds; the matches are saved, a step at a time. Both judge as every run does,
whatever its level, its keep policy and what becomes of updates, so that all decisions can be made from one search.
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
from dedup.judge.clusters import form_clusters
from dedup.judge.evidence import Evidence
from dedup.judge.families import Families
from dedup.judge.match_table import Matches
from dedup.judge.pairs_to_matches import Bodies
from dedup.params import Level, Params
from dedup.run.checkpoint import Arrays
from dedup.run.context import RunContext
from dedup.run.exact import DistinctTexts
from dedup.run.findings import Findings, Found, search_params
from dedup.run.index_matches import IndexMatches
from dedup.run.pass_result import PassResult
from dedup.run.records import Records
from dedup.run.same_pages import pairs_of_pages
from dedup.run.saved_stages import bodies_of, families_of, rare_pairs_of
from dedup.run.story_sample import GrowingStories
from dedup.schema import NEAR_DUPLICATE

MEETINGS = 3
"""How often copies of a dropped document meet the one it is dropped for, and late versions a kept one."""

Documents = npt.NDArray[np.int64]


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
    """The pass for near duplicates: documents whose signatures share a band; ``params`` are those of the search."""

    records: Records
    texts: DistinctTexts
    bodies: Bodies
    context: RunContext
    params: Params
    name: str = "near"
    stages: tuple[str, str] = ("near candidates", "near evidence")

    def candidates(self, documents: Documents, limit: int) -> Candidates:
        """Search the buckets of the bands."""
        return lsh.pairs_in_buckets(self.records.keys, self.texts.record, documents, limit, self.context.progress)

    def judge(self, pairs: Pairs) -> Matches:
        """Return near duplicates and templates."""
        params, room = self.params, (self.context.threads, self.context.memory)
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
    known : Evidence
        Near duplicates as they were measured.
    context : RunContext
    params : Params
        Those of the search.
    """

    sketches: Sketches
    compared: Documents
    bodies: Bodies
    close: Pairs
    known: Evidence
    context: RunContext
    params: Params
    name: str = "rare"
    stages: tuple[str, str] = ("candidates", "evidence")

    def candidates(self, documents: Documents, limit: int) -> Candidates:
        """Search the posting lists of rare word pairs."""
        params = self.params
        sketches = self.sketches
        if len(documents) < len(self.compared):
            sketches = sketches[np.searchsorted(self.compared, documents)]
        least = min(sketch_join.LEAST_OVERLAP, params.sketch_overlap)
        room = self.context.scratch, self.context.threads, self.context.progress
        found = sketch_join.pairs_in_postings(sketches, documents, params.sketch_overlap, least, limit, *room)
        return found._replace(pairs=distinct(found.pairs, self.close))

    def judge(self, pairs: Pairs) -> Matches:
        """Return the matches of all relations."""
        params, room = self.params, (self.context.threads, self.context.memory)
        return pairs_to_matches.copies(
            self.bodies, _in_window(pairs, self.bodies, params.window), self.close, params, *room, self.known
        )


def match(
    records: Records,
    texts: DistinctTexts,
    context: RunContext,
    index_matches: IndexMatches | None = None,
    drawn: npt.NDArray[np.bool_] | None = None,
    pages: npt.NDArray[np.int64] | None = None,
) -> Findings:
    """Find and judge the pairs of documents.

    Parameters
    ----------
    records : Records
    texts : DistinctTexts
    context : RunContext
    index_matches : IndexMatches, optional
        Documents that are dropped for one of an index lead no cluster.
    drawn : bool array, shape (n_documents,), optional
        Judge only pairs that touch the story of one of these documents, but for near duplicates.
    pages : int64 array, shape (n_records,), optional
        From `dedup.run.same_pages`: the texts of a page are compared, whether or not the search brings them together.
    """
    params, progress, corpus = context.params, context.progress, texts.corpus
    if params.level < Level.near:
        return Findings()
    dropped = np.zeros(len(corpus), bool) if index_matches is None else index_matches.decided
    with progress.stage("furniture"):
        stripped, segments = bodies_of(texts, context)
        (compared,) = np.nonzero(corpus.lengths >= params.min_tokens)
        compared = compared[~furniture.are_stubs(stripped, compared)]
    bodies = Bodies(stripped, records.published[texts.record], whole=corpus.lengths)
    near_pass = NearPass(records, texts, bodies, context, replace(search_params(params), level=Level.near))
    near = PassResult(dropped, NEAR_DUPLICATE)
    rounds, hidden = _compare(near_pass, near, compared, params.bucket_limit, context)
    of_pages = None if pages is None else pairs_of_pages(pages, texts.document, compared)
    if of_pages is not None:
        _judge(near_pass, near, rounds.new(of_pages), context)
    found_near = Found(near.matches, stripped.lengths, near.met(rounds.crowded), hidden)
    if params.level < Level.syndicated:
        return Findings(found_near)
    with progress.stage("families"):
        versions = families_of(stripped, segments, compared, context)
    found = _rare_matches(found_near, near_pass, versions, compared, dropped, drawn, of_pages)
    return Findings(found_near, found, versions.root)


def _rare_matches(
    near: Found,
    near_pass: NearPass,
    versions: Families,
    compared: Documents,
    dropped: npt.NDArray[np.bool_],
    drawn: npt.NDArray[np.bool_] | None,
    of_pages: Pairs | None,
) -> Found:
    """Find the copies of every kind; of large families only the delegates are searched."""
    context, bodies = near_pass.context, near_pass.bodies
    params, corpus = search_params(context.params), bodies.corpus
    among = np.flatnonzero(versions.delegates[near.matches.left] & versions.delegates[near.matches.right])
    close = near.evidence.take(among)
    with context.progress.stage("word pairs"):
        # An update of near the same words is the same article. What an index knows is no copy here: its words count.
        copies = relation.near_duplicates(close, replace(near_pass.params, updates="drop"))
        articles = form_clusters(len(corpus), copies.take(copies.are_copies(NEAR_DUPLICATE)))
        counted = versions.counted(np.flatnonzero(articles.kept), corpus.lengths)
        sketches, rare_pairs = rare_pairs_of(corpus, counted, compared, context)
    pairs = distinct(joined(close.left, close.right), versions.met)
    # What was measured in tokens is still to be measured in words, where these differ.
    same = rare_pairs.words == corpus.lengths
    known = near.evidence
    known = known.take(np.flatnonzero(same[known.left] & same[known.right]))
    known = known.take(np.lexsort((known.right, known.left)))
    bodies = replace(bodies, rare_pairs=rare_pairs)
    rare_pass = RarePass(sketches, compared, bodies, pairs, known, context, params)
    rare = PassResult(dropped, relation.LAST_COPY[params.level])
    delegates = compared[versions.delegates[compared]]
    stories = None if drawn is None else GrowingStories(drawn, versions.root)
    rounds, hidden = _compare(rare_pass, rare, delegates, sketch_join.posting_limit(params), context, stories)
    if of_pages is not None:
        of_pages = of_pages if stories is None else stories.touching(of_pages)
        _judge(rare_pass, rare, rounds.new(of_pages), context)
    for turn in range(MEETINGS):
        meeting = distinct(rare.copies_of_copies(), rare.late_versions(versions, turn))
        if stories is not None:
            meeting = stories.touching(meeting)
        if len(new := rounds.new(meeting)):
            _judge(rare_pass, rare, new, context)
    partly = distinct(rounds.crowded, compared[~versions.delegates[compared]])
    return Found(rare.matches, rare_pairs.words, rare.met(partly), hidden)


def _compare(
    search: Pass,
    result: PassResult,
    documents: Documents,
    limit: int,
    context: RunContext,
    stories: GrowingStories | None = None,
) -> tuple[Rounds, Bucket | None]:
    """Search and judge in rounds; return the rounds, and the largest bucket whose pairs were not all compared."""
    rounds = Rounds(documents, limit)
    while rounds.is_open:
        with context.progress.stage(search.stages[0]):
            found = search.candidates(rounds.documents, rounds.limit)
        if stories is None:
            _judge(search, result, rounds.new(found.pairs), context)
            rounds.close(found.crowded, result.kept)
        else:
            while len(new := rounds.new(stories.touching(found.pairs))):
                _judge(search, result, new, context)
                stories.grow(result.matches)
            rounds.close(found.crowded[stories.members[found.crowded]], result.kept)
    if rounds.is_complete:
        return rounds, None
    with context.progress.stage(search.stages[0]):
        return rounds, search.candidates(rounds.documents, 1).largest


def _judge(search: Pass, result: PassResult, pairs: Pairs, context: RunContext) -> None:
    """Judge new pairs and add the matches to the result of the pass; saved matches are loaded."""
    size, checkpoint = context.tuning.pairs_at_a_time, context.checkpoint
    with context.progress.stage(search.stages[1], len(pairs), "pairs"):
        parts: list[Matches] = []
        for first in range(0, len(pairs), size):
            step = f"{search.name} {result.steps + len(parts)}"
            columns = checkpoint.load(step)
            if columns is None:
                columns = checkpoint.save(step, _columns(search.judge(pairs[first : first + size])))
            parts.append(Matches(*columns))
            context.progress.advance(len(pairs[first : first + size]))
        result.add(parts)


def _in_window(pairs: Pairs, bodies: Bodies, window: float | None) -> Pairs:
    return pairs if bodies.published is None else within(pairs, bodies.published, window)


def _columns(matches: Matches) -> Arrays:
    return tuple(getattr(matches, field.name) for field in fields(matches))
