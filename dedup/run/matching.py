"""The pairs of documents, found and judged: candidates by both roads, matches, and the clusters that these make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dedup.candidates import background, lsh, sketch_join, word_pairs
from dedup.candidates.pairs import Bucket, Candidates, Pairs, compare_in_rounds, distinct, joined, within
from dedup.judge import families, furniture, pairs_to_matches, relation, rewrite_crowds
from dedup.judge.clusters import Clusters, form_clusters, merge_within_families
from dedup.judge.match_table import Matches
from dedup.judge.pairs_to_matches import Bodies
from dedup.params import Level, Params
from dedup.run.checkpoint import Arrays, Checkpoint
from dedup.run.exact import Collapsed
from dedup.run.index_matches import Known
from dedup.run.progress import Progress
from dedup.run.records import Records
from dedup.schema import NEAR_DUPLICATE, UPDATE
from dedup.store.corpus import Corpus, Segments

T = TypeVar("T", bound=np.generic)

MEETINGS = 3
"""How often what copies a dropped document meets the one that is kept for it, and late versions one that is kept."""

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
    published = records.published[collapsed.record]
    with progress.stage("furniture"):
        bodies, segments = _bodies(collapsed, checkpoint, threads)
        compared = compared[~furniture.are_stubs(bodies, compared)]
    texts = Bodies(bodies, published, whole=corpus.lengths)
    versions = None
    if params.level >= Level.syndicated:
        with progress.stage("families"):
            versions = _families(bodies, segments, compared, threads, checkpoint)

    def near_pairs(documents: Documents, limit: int) -> Candidates:
        with progress.stage("near candidates"):
            return lsh.pairs_in_buckets(records.keys, collapsed.record, documents, limit)

    def near_matches(pairs: Pairs) -> Matches:
        return pairs_to_matches.near_duplicates(texts, within(pairs, published, params.window), params, threads, memory)

    def judge_near(pairs: Pairs) -> Kept:
        with progress.stage("near evidence"):
            return near.add(pairs, near_matches)

    delegates = compared if versions is None else compared[versions.delegates[compared]]
    _, hidden = compare_in_rounds(delegates, params.bucket_limit, near_pairs, judge_near)
    if versions is None:
        return near.matches, near.clusters, hidden

    # What an index knows is no copy of anything here: its words count.
    articles = form_clusters(len(corpus), near.copies()) if known.decided.any() else near.clusters
    with progress.stage("word pairs"):
        counted = versions.counted(np.flatnonzero(articles.kept), bodies.lengths)
        found = _WordPairs(bodies, counted, compared, params, threads, checkpoint)
    listed = replace(texts, rare_pairs=found.rare_pairs)
    judged = _Judged("rare", known.decided, relation.LAST_COPY[params.level], checkpoint)
    least = min(sketch_join.LEAST_OVERLAP, params.sketch_overlap)
    # Near duplicates, and what shares passages, are measured even if all articles have their words.
    close = distinct(joined(near.matches.left, near.matches.right), versions.met)

    def rare_pairs(documents: Documents, limit: int) -> Candidates:
        with progress.stage("candidates"):
            some = found.sketches
            if len(documents) < len(compared):
                some = some[np.searchsorted(compared, documents)]
            overlaps = params.sketch_overlap, least
            here = sketch_join.pairs_in_postings(some, documents, *overlaps, limit, checkpoint.scratch, threads)
            return here._replace(pairs=distinct(here.pairs, close))

    def rare_matches(pairs: Pairs) -> Matches:
        return pairs_to_matches.copies(listed, within(pairs, published, params.window), close, params, threads, memory)

    def judge(pairs: Pairs) -> Kept:
        with progress.stage("evidence"):
            return judged.add(pairs, rare_matches)

    done, hidden_rare = compare_in_rounds(delegates, sketch_join.posting_limit(params), rare_pairs, judge)
    for turn in range(MEETINGS):
        meeting = distinct(judged.copies_of_copies(), judged.late_versions(versions, turn))
        left = np.setdiff1d(meeting, done, assume_unique=True)
        done = distinct(done, left)
        if len(left):
            judge(left)
    judged.gather(versions)
    return judged.matches, judged.clusters, hidden or hidden_rare


def _bodies(collapsed: Collapsed, checkpoint: Checkpoint, threads: int) -> tuple[Corpus, Segments]:
    """Return the documents without the furniture of their pages, and their segments."""
    corpus, segments = collapsed.corpus, collapsed.segments

    def strip() -> Arrays:
        found = furniture.strip_furniture(corpus, segments, threads)
        return found.documents, found.tokens, found.fingerprints, found.ends, found.stops, found.stop_ends

    left = furniture.StrippedDocuments(*checkpoint.once("furniture", strip))
    if len(left.documents) == 0:
        return corpus, segments
    begins = corpus.starts, corpus.ends
    tokens, starts, ends = _behind(checkpoint, "tokens", left.tokens, left.documents, left.ends, *begins)
    marks, _, _ = _behind(checkpoint, "fingerprints", left.fingerprints, left.documents, left.ends, *begins)
    bodies = Corpus(tokens, starts, ends, marks)
    places = left.stops, left.documents, left.stop_ends, segments.firsts, segments.lasts
    return bodies, Segments(*_behind(checkpoint, "segments", *places))


def _behind(
    checkpoint: Checkpoint,
    name: str,
    values: npt.NDArray[T],
    documents: Documents,
    ends: npt.NDArray[np.int64],
    all_starts: npt.NDArray[np.int64],
    all_ends: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[T], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Put new values of some documents behind those of all, in the same scratch file; return where all have theirs.

    A process that resumes puts them there anew.
    """
    array = checkpoint.scratch[name]
    first = len(array)
    array.append(values)
    starts, stops = all_starts.copy(), all_ends.copy()
    stops[documents] = first + ends
    starts[documents] = first + np.concatenate([[0], ends[:-1]])
    return array.view(), starts, stops


def _families(
    bodies: Corpus, segments: Segments, compared: Documents, threads: int, checkpoint: Checkpoint
) -> families.Families:
    def find() -> Arrays:
        found = families.find_families(bodies, segments, compared, checkpoint.scratch, threads)
        return found.root, found.article, found.met, found.delegates

    return families.Families(*checkpoint.once("families", find))


class _WordPairs:
    """What the word pairs of a corpus tell: ``sketches`` and ``rare_pairs``.

    Counted over distinct articles: a story carried by hundreds would make its own words frequent.
    """

    def __init__(
        self,
        bodies: Corpus,
        counted: Documents,
        compared: Documents,
        params: Params,
        threads: int,
        checkpoint: Checkpoint,
    ) -> None:
        self._of = bodies, compared, params, threads
        self._scratch = checkpoint.scratch
        sketched = checkpoint.once("word pairs", partial(self._count, counted), word_pairs.SCRATCH)
        self.sketches, self.rare_pairs = word_pairs.from_scratch(params, self._scratch, *sketched)

    def _count(self, counted: Documents) -> Arrays:
        bodies, compared, _, threads = self._of
        found, crowd_sketches, listed = self._sketch(counted)
        left = rewrite_crowds.thinned_articles(bodies, crowd_sketches, compared, counted, self._scratch, threads)
        if len(left) < len(counted):
            found, _, listed = self._sketch(left)
        self._scratch.drop("crowd sketches")
        return found.sizes, listed.firsts, listed.lasts, listed.words, listed.is_unspaced

    def _sketch(self, articles: Documents) -> tuple[word_pairs.Sketches, word_pairs.Sketches, word_pairs.RarePairs]:
        """Count the word pairs of the articles, and sketch all documents that are compared by them."""
        bodies, compared, params, threads = self._of
        bits = word_pairs.frequency_bits(int(bodies.lengths.sum()), self._scratch.memory)
        frequencies = word_pairs.pair_frequencies(bodies, articles, bits, threads)
        background.count_in(frequencies, len(articles))
        return word_pairs.sketches(bodies, compared, frequencies, params, self._scratch, threads)


class _Judged:
    """Matches so far, and the clusters they make."""

    def __init__(self, name: str, decided: Kept, last_copy: int, checkpoint: Checkpoint) -> None:
        self._name = name
        self._decided = decided
        self._last_copy = last_copy
        self._checkpoint = checkpoint
        self._parts = 0
        self.matches = Matches.none()
        self.clusters = form_clusters(len(decided), self.matches)

    def add(self, pairs: Pairs, judge: Callable[[Pairs], Matches]) -> Kept:
        """Judge new pairs and add the matches; return which documents are kept now."""
        found = [self.matches]
        for first in range(0, len(pairs), PAIRS_AT_A_TIME):
            some = pairs[first : first + PAIRS_AT_A_TIME]
            found.append(Matches(*self._checkpoint.once(f"{self._name} {self._parts}", partial(_columns, judge, some))))
            self._parts += 1
        self.matches = Matches.concatenate(found)
        (copies,) = np.nonzero(self.matches.are_copies(self._last_copy))
        led = form_clusters(len(self._decided), self.matches.take(copies), self._decided)
        match = led.match.copy()
        match[led.match >= 0] = copies[led.match[led.match >= 0]]
        self.clusters = Clusters(led.leader, match)
        return self.clusters.kept & ~self._decided

    def copies(self) -> Matches:
        """Return the matches that count as copies."""
        return self.matches.take(self.matches.are_copies(self._last_copy))

    def gather(self, versions: families.Families) -> None:
        """Let versions that copy a dropped one of their family go with it."""
        (copies,) = np.nonzero(self.matches.are_copies(self._last_copy))
        if len(copies) == 0:
            return
        some, found = self.matches.take(copies), self.clusters
        before = np.full(len(self.matches), -1)
        before[copies] = np.arange(len(copies))
        match = np.where(found.match >= 0, before[found.match], -1)
        is_update = self.matches.relation == UPDATE
        updates = distinct(joined(self.matches.left[is_update], self.matches.right[is_update]))
        led = merge_within_families(Clusters(found.leader, match), some, versions.root, ~self._decided, updates)
        self.clusters = Clusters(led.leader, np.where(led.match >= 0, copies[led.match], -1))

    def copies_of_copies(self) -> Pairs:
        """Return the pairs of a kept document, and of the one for which a copy of it was dropped."""
        matches, leader = self.matches, self.clusters.leader
        kept = self.clusters.kept & ~self._decided
        pairs = []
        for one, other in ((matches.left, matches.right), (matches.right, matches.left)):
            some = matches.are_copies(self._last_copy) & kept[one] & ~kept[other] & ~self._decided[other]
            this, its = one[some], leader[other[some]]
            apart = this != its
            pairs.append(joined(np.minimum(this, its)[apart], np.maximum(this, its)[apart]))
        return distinct(*pairs)

    def late_versions(self, versions: families.Families, turn: int) -> Pairs:
        """Return the pairs of versions that have met nobody, and are kept so far, with a kept one of their family.

        That is the first one with a large cluster, in the next turn the next.
        """
        kept = self.clusters.kept & ~self._decided
        (leaders,) = np.nonzero(kept & versions.delegates)
        sizes = np.bincount(self.clusters.leader, minlength=len(kept))
        # The first of those with large clusters: a later one would go for a version that comes before it.
        most = np.zeros(len(kept), np.int64)
        np.maximum.at(most, versions.root[leaders], sizes[leaders])
        is_small = 2 * sizes[leaders] < most[versions.root[leaders]]
        leaders = leaders[np.lexsort((leaders, is_small, versions.root[leaders]))]
        roots = versions.root[leaders]
        its = np.full(len(kept), -1)
        (begins,) = np.nonzero(np.diff(roots, prepend=-1))
        has_more = begins + turn < np.append(begins[1:], len(leaders))
        its[roots[begins[has_more]]] = leaders[begins[has_more] + turn]
        (late,) = np.nonzero(kept & ~versions.delegates)
        late = late[its[versions.root[late]] >= 0]
        leader = its[versions.root[late]]
        return joined(np.minimum(late, leader), np.maximum(late, leader))


def _columns(judge: Callable[[Pairs], Matches], pairs: Pairs) -> Arrays:
    found = judge(pairs)
    return tuple(getattr(found, field.name) for field in fields(found))
