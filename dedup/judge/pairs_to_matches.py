"""Turn candidate pairs into matches: measure each pair, and determine its relation.

The same for a run, where pairs come in rounds, and for an index, where they come with each text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Pairs, joined
from dedup.candidates.word_pairs import RarePairs
from dedup.judge import differences, evidence, relation
from dedup.judge.evidence import Evidence
from dedup.judge.match_table import Matches
from dedup.params import Level, Params
from dedup.store.corpus import Corpus
from dedup.store.scratch import DEFAULT_MEMORY


@dataclass(frozen=True, slots=True)
class Bodies:
    """The bodies of documents, which are their texts without furniture, with dates and rare words.

    Parameters
    ----------
    corpus : Corpus
        Without their furniture.
    published : int64 array, shape (n_documents,), or None
        Microseconds since 1970 UTC, or NO_DATE.
    rare_pairs : RarePairs or None
        None at level near, where nobody asks for them.
    whole : int64 array, shape (n_documents,), or None
        Tokens of each with its furniture; None where it was not looked for.
    """

    corpus: Corpus
    published: npt.NDArray[np.int64] | None = None
    rare_pairs: RarePairs | None = None
    whole: npt.NDArray[np.int64] | None = None

    @property
    def words(self) -> npt.NDArray[np.int64]:
        """Number of words of each document; of tokens, if rare pairs are unknown."""
        return self.corpus.lengths if self.rare_pairs is None else self.rare_pairs.words


def near_duplicates(
    bodies: Bodies, pairs: Pairs, params: Params, threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Matches:
    """Measure pairs by their shingles; return the near duplicates and the templates.

    Parameters
    ----------
    bodies : Bodies
    pairs : uint64 array, sorted
    params : Params
        At levels beyond near no news is looked for: all are judged once more, by `copies`.
    threads, memory : int
    """
    room = threads, memory
    corpus = bodies.corpus
    pair_evidence = evidence.shingle_evidence(corpus, pairs, params, *room)
    pair_evidence = pair_evidence.take(np.flatnonzero(pair_evidence["resemblance"] >= params.threshold))
    everyone = np.ones(len(pair_evidence.left), bool)
    pair_evidence = differences.with_contradictions(corpus, pair_evidence, None, everyone, *room)
    if bodies.whole is not None:
        pair_evidence = evidence.with_furniture(pair_evidence, bodies.whole, corpus.lengths)
    if params.level > Level.near:
        return relation.near_duplicates(pair_evidence, replace(params, updates="drop"))
    pair_evidence = evidence.with_agreement(corpus, pair_evidence, everyone, *room)
    pair_evidence = differences.with_news(corpus, pair_evidence, corpus.lengths, bodies.published, everyone, *room)
    return relation.near_duplicates(pair_evidence, params)


def copies(
    bodies: Bodies,
    pairs: Pairs,
    close: Pairs,
    params: Params,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    known: Evidence | None = None,
) -> Matches:
    """Measure pairs and return the matches among them; parameters as for `measure_pairs`."""
    return relation.judge(measure_pairs(bodies, pairs, close, params, threads, memory, known=known), params)


def measure_pairs(
    bodies: Bodies,
    pairs: Pairs,
    close: Pairs,
    params: Params,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    whole: bool = False,
    known: Evidence | None = None,
) -> Evidence:
    """Measure pairs; costly measures are taken only if they can change the relation.

    Parameters
    ----------
    bodies : Bodies
        With rare pairs.
    pairs : uint64 array, sorted
    close : uint64 array, sorted
        Pairs to be measured even if all articles have their words.
    params : Params
    threads, memory : int
    whole : bool
        Look for news in pairs that are not carried on, too.
    known : Evidence, optional
        What was measured of near duplicates before: `dedup.judge.evidence.known_rows`.
    """
    room = threads, memory
    corpus = bodies.corpus
    assert bodies.rare_pairs is not None
    pair_evidence = evidence.agreement_evidence(corpus, pairs, bodies.rare_pairs, *room, close, known)
    is_close = np.isin(joined(pair_evidence.left, pair_evidence.right), close)
    pair_evidence = pair_evidence.take(np.flatnonzero(relation.is_reported(pair_evidence, params) | is_close))

    aligned = relation.may_be_template(pair_evidence, params)
    pair_evidence = differences.with_contradictions(corpus, pair_evidence, bodies.rare_pairs, aligned, *room)
    if bodies.whole is not None:
        pair_evidence = evidence.with_furniture(pair_evidence, bodies.whole, corpus.lengths)
    pair_evidence = evidence.with_shingles(corpus, pair_evidence, params, *room, known)
    carried = relation.may_be_update(pair_evidence, params) | (pair_evidence["resemblance"] >= params.threshold) | whole
    return differences.with_news(corpus, pair_evidence, bodies.words, bodies.published, carried, *room, known)
