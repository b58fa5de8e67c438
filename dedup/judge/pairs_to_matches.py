"""Turn candidate pairs into matches: measure each pair, and name its relation.

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
from dedup.store.corpus import DEFAULT_MEMORY, Corpus


@dataclass(frozen=True, slots=True)
class Bodies:
    """The bodies of documents, which are what is left of them without furniture, and their dates and rare words.

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
        """How many words each has; tokens, where no rare pairs are known."""
        return self.corpus.lengths if self.rare_pairs is None else self.rare_pairs.words


def near_duplicates(
    bodies: Bodies, pairs: Pairs, params: Params, threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Matches:
    """Measure pairs by their shingles; return the near duplicates and the pieces from one mould.

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
    found = evidence.shingle_evidence(corpus, pairs, params, *room)
    found = found.take(np.flatnonzero(found["resemblance"] >= params.threshold))
    everyone = np.ones(len(found.left), bool)
    found = differences.with_contradictions(corpus, found, None, everyone, *room)
    if bodies.whole is not None:
        found = evidence.with_furniture(found, bodies.whole, corpus.lengths)
    if params.level > Level.near:
        return relation.near_duplicates(found, replace(params, updates="drop"))
    found = evidence.with_agreement(corpus, found, everyone, *room)
    found = differences.with_news(corpus, found, corpus.lengths, bodies.published, everyone, *room)
    return relation.near_duplicates(found, params)


def copies(
    bodies: Bodies, pairs: Pairs, close: Pairs, params: Params, threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Matches:
    """Measure pairs and return the matches among them; parameters as for `measured`."""
    return relation.judge(measured(bodies, pairs, close, params, threads, memory), params)


def measured(
    bodies: Bodies,
    pairs: Pairs,
    close: Pairs,
    params: Params,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    whole: bool = False,
) -> Evidence:
    """Measure pairs, each costly measure only where it can change the relation.

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
    """
    room = threads, memory
    corpus = bodies.corpus
    assert bodies.rare_pairs is not None
    found = evidence.agreement_evidence(corpus, pairs, bodies.rare_pairs, *room, close)
    is_close = np.isin(joined(found.left, found.right), close)
    found = found.take(np.flatnonzero(relation.is_reported(found, params) | is_close))

    aligned = relation.may_be_template(found, params)
    found = differences.with_contradictions(corpus, found, bodies.rare_pairs, aligned, *room)
    if bodies.whole is not None:
        found = evidence.with_furniture(found, bodies.whole, corpus.lengths)
    found = evidence.with_shingles(corpus, found, params, *room)
    carried = relation.may_be_update(found, params) | (found["resemblance"] >= params.threshold) | whole
    return differences.with_news(corpus, found, bodies.words, bodies.published, carried, *room)
