"""Run the stages of the package on files and record what passes between them: candidates, frequencies, matches.

Nothing is computed a second way here: the package's own pipeline runs, and we listen to what it hands from one stage
to the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from dedup.candidates import lsh, word_pairs
from dedup.candidates.pairs import Pairs
from dedup.io import Fields, ReadOptions, open_source
from dedup.judge import differences, evidence, relation
from dedup.judge.clusters import Clusters
from dedup.judge.evidence import Evidence
from dedup.judge.match_table import Matches
from dedup.kernels import word_pair_sketches as kernel
from dedup.params import Level, Params
from dedup.run.checkpoint import Checkpoint
from dedup.run.clustering import cluster
from dedup.run.context import RunContext
from dedup.run.exact import distinct_texts
from dedup.run.ingest import read_records
from dedup.run.matching import match
from dedup.run.ranking import Ranking
from dedup.schema import NEAR_DUPLICATE
from dedup.store.corpus import Corpus
from dedup.store.scratch import Scratch
from dedup.store.secret import process_key

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """A run and the arrays that its stages passed on.

    Parameters
    ----------
    params : Params
    corpus : Corpus
        Documents in the order of the input.
    document : dict of str to int
        By id; -1 where a record has no words.
    digests : set of (int, int)
        Of the texts.
    published : int64 array
        Microseconds since 1970 UTC, or NO_DATE.
    bodies : Corpus
        The documents without the furniture of their pages.
    candidates : uint64 array, sorted
        Pairs that were compared to the end the level asks for.
    frequencies : uint8 array
        Of word pairs; empty where the level does not need them.
    rare_pairs : RarePairs or None
        Of all documents.
    matches : Matches
    clusters : Clusters
    seconds : float
        Without the time to compile.
    """

    params: Params
    corpus: Corpus
    document: dict[str, int]
    digests: list[tuple[int, int]]
    published: npt.NDArray[np.int64]
    bodies: Corpus
    candidates: Pairs
    frequencies: npt.NDArray[np.uint8]
    rare_pairs: word_pairs.RarePairs | None
    matches: Matches
    clusters: Clusters
    seconds: float

    def documents_of(self, ids: Sequence[str]) -> Ints:
        """Return the documents that are these ids' texts, -1 where one has no words."""
        return np.array([self.document[key] for key in ids], np.int64)


@contextmanager
def run_stages(files: Sequence[Path], params: Params, threads: int) -> Iterator[Run]:
    """Run the pipeline on files, in this order, and yield what passed between its stages.

    Yields
    ------
    Run
        Its arrays lie in scratch files, gone when the context ends.
    """
    started = time.perf_counter()
    bands = lsh.bands_and_rows(params)
    with closing(Scratch()) as scratch:
        context = RunContext(params, threads, Checkpoint(scratch))
        source = open_source(list(files), ReadOptions(Fields("id", "text")))
        records = read_records(source, bands, process_key(), context)
        texts = distinct_texts(records)
        stage = "shingle_evidence" if params.level < Level.syndicated else "agreement_evidence"
        with _listening(evidence, stage) as heard, _listening(word_pairs, "sketches") as sketched:
            findings = match(records, texts, context)
        n = len(texts.corpus)
        matching = cluster(findings, Ranking(texts.numbering, np.arange(n)), params, np.zeros(n, bool))
        # Pairs with words of one token hash are measured once more, in a corpus of their own.
        heard = [call for call in heard if call[0][0] is heard[0][0][0]]
        candidates = np.unique(np.concatenate([np.empty(0, np.uint64), *(call[1] for call, _ in heard)]))
        bodies = heard[-1][0][0] if heard else texts.corpus
        frequencies, rare_pairs = np.empty(0, np.uint8), None
        if sketched:
            (bodies, _, frequencies, *_), (_, _, rare_pairs) = sketched[-1]
        document: dict[str, int] = {}
        for key, place in zip(records.ids.to_pylist(), texts.document.tolist(), strict=True):
            document.setdefault(key, place)
        digests = [(high, low) for high, low in records.digests[texts.record].tolist()]
        seconds = time.perf_counter() - started
        seen = bodies, candidates, frequencies, rare_pairs, matching.matches, matching.clusters
        published = records.published[texts.record]
        yield Run(params, texts.corpus, document, digests, published, *seen, seconds)


@contextmanager
def _listening(module: ModuleType, stage: str) -> Iterator[list[tuple[tuple[Any, ...], Any]]]:
    """Record the arguments and the result of every call of a stage."""
    heard: list[tuple[tuple[Any, ...], Any]] = []
    real = getattr(module, stage)

    def listen(*arguments: Any, **more: Any) -> Any:
        result = real(*arguments, **more)
        heard.append((arguments, result))
        return result

    with mock.patch.object(module, stage, listen):
        yield heard


def packed(left: Ints, right: Ints) -> Pairs:
    """Return pairs as the stages take them: the earlier document in the upper half, not sorted."""
    return np.minimum(left, right).astype(np.uint64) << np.uint64(32) | np.maximum(left, right).astype(np.uint64)


def pairs_of(found: Evidence | Matches) -> Pairs:
    """Return the pairs of evidence or matches in the same form."""
    return packed(found.left, found.right)


def measure_pairs(run: Run, pairs: Pairs, threads: int = 1, whole: bool = False) -> Evidence:
    """Measure pairs of a run, whether or not they were candidates; sorted, some may be left out as unlike.

    Parameters
    ----------
    run : Run
    pairs : uint64 array, sorted
    threads : int
    whole : bool
        As for `completed`.
    """
    if run.params.level < Level.syndicated:
        found = near_evidence(run.bodies, pairs, run.params, threads)
        is_near = found["resemblance"] >= run.params.threshold
        found = evidence.with_agreement(run.bodies, found, is_near, threads)
        return differences.with_news(run.bodies, found, run.bodies.lengths, run.published, is_near, threads)
    found = evidence.agreement_evidence(run.bodies, pairs, run.rare_pairs, threads)
    return completed(run.bodies, found, run.rare_pairs, run.published, run.params, threads, whole)


def near_evidence(bodies: Corpus, pairs: Pairs, params: Params, threads: int = 1) -> Evidence:
    """Measure shingles, and of pairs that are near how their numbers agree: what near duplicates are judged by."""
    found = evidence.shingle_evidence(bodies, pairs, params, threads)
    return differences.with_contradictions(bodies, found, None, found["resemblance"] >= params.threshold, threads)


def completed(
    bodies: Corpus,
    found: Evidence,
    rare_pairs: word_pairs.RarePairs,
    published: npt.NDArray[np.int64] | None,
    params: Params,
    threads: int = 1,
    whole: bool = False,
) -> Evidence:
    """Add shingles, contradictions and news to the agreement of pairs.

    Parameters
    ----------
    bodies : Corpus
    found : Evidence
        From `dedup.judge.evidence.agreement_evidence`.
    rare_pairs : RarePairs
    published : int64 array, or None
    params : Params
    threads : int
    whole : bool
        Measure contradictions and news of all pairs, not only of those that may need it by the shipped model.
    """
    found = evidence.with_shingles(bodies, found, params, threads)
    wanted = relation.may_be_template(found, params) | (found["resemblance"] >= params.threshold) | whole
    found = differences.with_contradictions(bodies, found, rare_pairs, wanted, threads)
    wanted = relation.may_be_update(found, params) | (found["resemblance"] >= params.threshold) | whole
    return differences.with_news(bodies, found, rare_pairs.words, published, wanted, threads)


class Alone:
    """Measures pairs as if only their two documents had been added to the background.

    A set that holds dozens of versions of a text makes the text's own word pairs frequent, as no archive of distinct
    articles does.

    Parameters
    ----------
    background : Run
        Must outlive this; its frequencies are copied.
    """

    def __init__(self, background: Run) -> None:
        self._frequencies = background.frequencies.copy()
        self._digests = set(background.digests)

    @property
    def frequencies(self) -> npt.NDArray[np.uint8]:
        """Frequencies of word pairs in the background."""
        return self._frequencies

    def measure(self, run: Run, pairs: Pairs, whole: bool = False) -> Evidence:
        """Measure pairs of another run; in order, those left out that are unlike; ``whole`` as for `completed`."""
        return concatenate([self._measure_one(run, pair, whole) for pair in pairs.tolist()])

    def _measure_one(self, run: Run, pair: int, whole: bool) -> Evidence:
        both = np.array([pair >> 32, pair & 0xFFFFFFFF], np.int64)
        bodies = run.bodies.part(both)
        one = np.array([1], np.uint64)
        near = relation.near_duplicates(near_evidence(bodies, one, run.params), replace(run.params, updates="drop"))
        is_near = (near.relation == NEAR_DUPLICATE).any()
        new = np.array([k for k in (0, 1) if run.digests[both[k]] not in self._digests], np.int64)
        if is_near:
            new = new[:1] if len(new) == 2 else new[:0]  # near copies count as one article
        slots = self._slots(bodies)
        before = self._frequencies[slots]
        kernel.count_pairs(
            bodies.tokens, bodies.starts, bodies.ends, new, bodies.longest, 0, len(self._frequencies), self._frequencies
        )
        rare_pairs = word_pairs.rare_pairs(bodies, self._frequencies)
        found = evidence.agreement_evidence(bodies, one, rare_pairs)
        found = completed(bodies, found, rare_pairs, None, run.params, whole=whole)
        self._frequencies[slots] = before
        return Evidence(both[found.left], both[found.right], found.lengths_left, found.lengths_right, found.measures)

    def _slots(self, corpus: Corpus) -> npt.NDArray[np.uint64]:
        """Return the slots of the frequency table that the documents' word pairs have."""
        room = np.empty(corpus.longest, np.uint64)
        found = []
        for start, end in zip(corpus.starts, corpus.ends, strict=True):
            count = kernel.word_pairs(corpus.tokens, start, end, room)
            found.append(room[:count] & np.uint64(len(self._frequencies) - 1))
        return np.concatenate(found)


def concatenate(parts: Sequence[Evidence]) -> Evidence:
    """Return the evidence of all parts, of one at least."""
    return Evidence(
        *(np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(Evidence))
    )
