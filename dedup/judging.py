"""Candidate pairs to matches: measure what must be measured of each, tell forged words apart, ask for the verdict.

The same for a run, where pairs come in rounds, and for an index, where they come with each text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dedup import collisions, differences, evidence, relation
from dedup.candidates import Pairs, joined
from dedup.evidence import Evidence
from dedup.matches import Matches
from dedup.params import Level, Params
from dedup.rare import RarePairs
from dedup.store import DEFAULT_MEMORY, Corpus

Documents = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bodies:
    """Documents as they are compared, and what else is known of them.

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
        """Words of each: its tokens, where no rare pairs are known."""
        return self.corpus.lengths if self.rare_pairs is None else self.rare_pairs.words

    def renamed(self, left: Documents, right: Documents) -> tuple[Documents, Bodies]:
        """Return the documents of some pairs, words of one hash told apart: their numbers, and they."""
        found = collisions.renamed(self.corpus, left, right, self.rare_pairs)
        others = (None if values is None else values[found.documents] for values in (self.published, self.whole))
        published, whole = others
        return found.documents, Bodies(found.corpus, published, found.rare_pairs, whole)


Measure = Callable[[Bodies, Documents, Documents], Evidence]
"""Measures pairs of left and right documents, all of them."""


def near_duplicates(
    bodies: Bodies, pairs: Pairs, params: Params, threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Matches:
    """Return the near duplicates among pairs, and those of one mould.

    Parameters
    ----------
    bodies : Bodies
    pairs : uint64 array, sorted
    params : Params
        At levels beyond near no news is looked for: all are judged once more, by `copies`.
    threads, memory : int
    """
    room = threads, memory
    found = evidence.shingle_evidence(bodies.corpus, pairs, params, *room)
    found = found.take(np.flatnonzero(found["resemblance"] >= params.threshold))

    def complete(bodies: Bodies, found: Evidence) -> Evidence:
        corpus, alike = bodies.corpus, found["resemblance"] >= params.threshold
        found = differences.with_contradictions(corpus, found, None, alike, *room)
        if bodies.whole is not None:
            found = evidence.with_furniture(found, bodies.whole, corpus.lengths)
        if params.level == Level.near:
            found = evidence.with_agreement(corpus, found, alike, *room)
            found = differences.with_news(corpus, found, corpus.lengths, bodies.published, alike, *room)
        return found

    def again(bodies: Bodies, left: Documents, right: Documents) -> Evidence:
        return complete(bodies, evidence.shingle_evidence(bodies.corpus, joined(left, right), params, *room))

    found = _told_apart(bodies, complete(bodies, found), again, *room)
    return relation.near_duplicates(found, params if params.level == Level.near else replace(params, updates="drop"))


def copies(
    bodies: Bodies, pairs: Pairs, close: Pairs, params: Params, threads: int = 1, memory: int = DEFAULT_MEMORY
) -> Matches:
    """Return the matches among pairs; parameters as for `measured`."""
    found = measured(bodies, pairs, close, params, threads, memory)
    # Where words were told apart there may be nothing left to report.
    is_close = np.isin(joined(found.left, found.right), close)
    return relation.judge(found.take(np.flatnonzero(relation.is_reported(found, params) | is_close)), params)


def measured(
    bodies: Bodies,
    pairs: Pairs,
    close: Pairs,
    params: Params,
    threads: int = 1,
    memory: int = DEFAULT_MEMORY,
    whole: bool = False,
) -> Evidence:
    """Measure everything of the pairs that are worth it.

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
    assert bodies.rare_pairs is not None
    found = evidence.agreement_evidence(bodies.corpus, pairs, bodies.rare_pairs, *room, close)
    is_close = np.isin(joined(found.left, found.right), close)
    found = found.take(np.flatnonzero(relation.is_reported(found, params) | is_close))

    def complete(bodies: Bodies, found: Evidence) -> Evidence:
        corpus, rare_pairs = bodies.corpus, bodies.rare_pairs
        aligned = relation.may_be_template(found, params)
        found = differences.with_contradictions(corpus, found, rare_pairs, aligned, *room)
        if bodies.whole is not None:
            found = evidence.with_furniture(found, bodies.whole, corpus.lengths)
        found = evidence.with_shingles(corpus, found, params, *room)
        carried = relation.may_be_update(found, params) | (found["resemblance"] >= params.threshold) | whole
        return differences.with_news(corpus, found, bodies.words, bodies.published, carried, *room)

    def again(bodies: Bodies, left: Documents, right: Documents) -> Evidence:
        assert bodies.rare_pairs is not None
        some = joined(left, right)
        return complete(bodies, evidence.agreement_evidence(bodies.corpus, some, bodies.rare_pairs, *room, some))

    return _told_apart(bodies, complete(bodies, found), again, *room)


def _told_apart(bodies: Bodies, measured: Evidence, measure: Measure, threads: int, memory: int) -> Evidence:
    """Return the evidence, of pairs in which two words have one token hash that with the words told apart."""
    (at,) = np.nonzero(collisions.collide(bodies.corpus, measured.left, measured.right, threads, memory))
    if len(at) == 0:
        return measured
    left, right = measured.left[at], measured.right[at]
    documents, some = bodies.renamed(left, right)
    again = measure(some, np.searchsorted(documents, left), np.searchsorted(documents, right))
    values, lengths = measured.measures.copy(), (measured.lengths_left.copy(), measured.lengths_right.copy())
    values[:, at] = again.measures
    lengths[0][at], lengths[1][at] = again.lengths_left, again.lengths_right
    return Evidence(measured.left, measured.right, *lengths, values)
