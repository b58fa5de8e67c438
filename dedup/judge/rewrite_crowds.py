"""Thin out crowds: hundreds of rewrites of one text, which make the words of the story look common.

Rare words distinguish copying from habit, but a text that was rewritten three hundred times has no rare words left: its
rewrites would hide one another. A crowd of rewrites is recognised by word pairs of middling frequency that occur
together again and again in the same documents. These must also have similar words, because in a small corpus pairs of
that frequency are merely common. Only `COUNTED` documents of each crowd are then counted, and its words are rare again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import joined, split
from dedup.candidates.sketch_join import pairs_in_postings
from dedup.candidates.word_pairs import Sketches
from dedup.judge.evidence import shingle_evidence
from dedup.kernels import leader_clusters as kernel
from dedup.params import Params
from dedup.store.corpus import Corpus
from dedup.store.scratch import Scratch

OVERLAP = 5
"""How many of the `dedup.candidates.word_pairs.CROWD_SKETCH` pairs two documents of a crowd share."""

DENSE_OVERLAP, LEAST_DENSE, LEAST_LOOSE = 7, 34, 96
"""A crowd is thinned if it has `LEAST_LOOSE` articles, or `LEAST_DENSE` that share `DENSE_OVERLAP` pairs."""

ALIKE = 0.28
"""Least resemblance of two rewrites of one text, with single words as shingles."""

WORTH = 500
"""Crowds are thinned if at least one article in `WORTH` is left out. Counting again takes time, and a small crowd in a
large corpus hides nothing."""

COUNTED = 32
"""Documents of a crowd whose word pairs are counted: enough to be met by the others, few enough to stay rare."""

MET = 24
"""How many of a posting list each document meets: a crowd gathers around its first documents."""


def thinned_articles(
    corpus: Corpus,
    crowd_sketches: Sketches,
    documents: npt.NDArray[np.int64],
    articles: npt.NDArray[np.int64],
    scratch: Scratch,
    threads: int = 1,
    worth: float = WORTH,
) -> npt.NDArray[np.int64]:
    """Return the articles whose words are counted, without most members of each crowd.

    Parameters
    ----------
    corpus : Corpus
    crowd_sketches : Sketches
        From `dedup.candidates.word_pairs.sketches`.
    documents : int64 array, ascending
        Whose they are.
    articles : int64 array, ascending
        The documents whose words were counted.
    scratch : Scratch
    threads : int
    worth : float
        Crowds are thinned if at least one article in ``worth`` is left out.
    """
    if len(documents) == 0:  # all are too short to be compared
        return articles
    rows = np.searchsorted(documents, articles)
    there = documents[np.minimum(rows, len(documents) - 1)] == articles
    sketched_articles, rows = articles[there], rows[there]
    if len(sketched_articles) < LEAST_DENSE:
        return articles
    sketched = crowd_sketches[rows]
    crowd = _connected(corpus, sketched, sketched_articles, OVERLAP, LEAST_DENSE, scratch, threads)
    if (crowd < 0).all():
        return articles
    dense = _connected(corpus, sketched, sketched_articles, DENSE_OVERLAP, LEAST_DENSE, scratch, threads)
    crowd[np.bincount(np.maximum(crowd, 0), crowd >= 0, minlength=len(crowd))[crowd] < LEAST_LOOSE] = -1
    left = thinned(articles, np.where(crowd >= 0, crowd, dense))
    return left if worth * (len(articles) - len(left)) >= len(articles) else articles


def _connected(
    corpus: Corpus,
    crowd_sketches: Sketches,
    documents: npt.NDArray[np.int64],
    overlap: int,
    least: int,
    scratch: Scratch,
    threads: int,
) -> npt.NDArray[np.int64]:
    """Return the first document of each one's crowd; -1 if the crowd is too small."""
    pairs = pairs_in_postings(crowd_sketches, documents, overlap, overlap, MET, scratch, threads).pairs
    crowd = _components(pairs, len(corpus))
    large = np.bincount(crowd, minlength=len(corpus))[crowd] >= least
    pairs = pairs[large[split(pairs)[0]]]
    measured = shingle_evidence(corpus, pairs, Params(shingle_size=1), threads, scratch.memory)
    alike = measured["resemblance"] >= ALIKE
    crowd = _components(joined(measured.left[alike], measured.right[alike]), len(corpus))
    crowd[np.bincount(crowd, minlength=len(corpus))[crowd] < least] = -1
    return crowd


def _components(pairs: npt.NDArray[np.uint64], n_documents: int) -> npt.NDArray[np.int64]:
    first = np.arange(n_documents)
    kernel.connect(*split(pairs), first)
    return first


def thinned(articles: npt.NDArray[np.int64], crowd: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the articles without the members of each crowd after its first `COUNTED`; both in keep order."""
    order = np.argsort(crowd[articles], kind="stable")
    crowds = crowd[articles][order]
    begins = np.flatnonzero(np.diff(crowds, prepend=-2))
    place = np.arange(len(articles)) - np.repeat(begins, np.diff(begins, append=len(articles)))
    counted = np.empty(len(articles), bool)
    counted[order] = (place < COUNTED) | (crowds < 0)
    return articles[counted]
