"""Crowds: hundreds of versions of one text, which make its own words frequent. Between sketches and candidates.

Rarity tells copying from habit, but a text that was rewritten three hundred times has no rare words left: its versions
would hide one another. Such a crowd is known by word pairs of middling frequency that stand together, again and again,
in the same documents. Of each crowd only `COUNTED` documents are then counted, and its words are rare again.

A series in one mould (the daily money market report) is a crowd, too. What tells its pieces from versions are their
numbers: of two documents of a crowd one is no copy if it brings numbers that the other has not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates import split
from dedup.evidence import Evidence
from dedup.kernels import cluster as kernel
from dedup.postings import pairs_in_postings
from dedup.rare import Sketches
from dedup.store import Scratch

OVERLAP, LEAST = 5, 48
"""Two documents of a crowd share so many of the `dedup.rare.CROWD_SKETCH` pairs; a crowd has so many articles."""

DENSE_OVERLAP, LEAST_DENSE, LEAST_LOOSE = 7, 34, 96
"""A crowd is thinned if it is more alike, or that large."""

WORTH = 500
"""Crowds are thinned where so large a part of the articles is left out, at least: one in so many. To count anew takes
time, and a small series in a large corpus hides nothing."""

COUNTED = 32
"""Documents of a crowd whose word pairs are counted: enough to be met by the others, few enough to stay rare."""

MET = 24
"""In a posting list each document meets so many: a crowd gathers around its first documents."""

NEW_NUMBERS = 0.1
"""Two documents of a crowd with more new numbers are pieces of a series."""


def find(
    crowd_sketches: Sketches,
    documents: npt.NDArray[np.int64],
    articles: npt.NDArray[np.int64],
    n_documents: int,
    scratch: Scratch,
    threads: int = 1,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find the crowds of a corpus.

    Parameters
    ----------
    crowd_sketches : Sketches
        From `dedup.rare.sketches`.
    documents : int64 array, ascending
        Whose they are.
    articles : int64 array
        Distinct articles: so many of them are a crowd, however many copies they have.
    n_documents : int
        Of the corpus.
    scratch : Scratch
    threads : int

    Returns
    -------
    crowd, counted : int64 arrays
        Of each document the first one of its crowd, -1 for most; the articles that are left when crowds are thinned.
    """
    crowd = _connected(crowd_sketches, documents, OVERLAP, n_documents, scratch, threads)
    sizes = np.bincount(crowd[articles], minlength=n_documents)[crowd]
    counted = articles
    rows = np.flatnonzero(sizes[documents] >= LEAST_DENSE)
    if len(rows):
        dense = _connected(crowd_sketches[rows], documents[rows], DENSE_OVERLAP, n_documents, scratch, threads)
        dense_sizes = np.bincount(dense[articles], minlength=n_documents)[dense]
        dense[dense_sizes < LEAST_DENSE] = -1
        left = thinned(articles, np.where(sizes >= LEAST_LOOSE, crowd, dense))
        if WORTH * (len(articles) - len(left)) >= len(articles):
            counted = left
    crowd[sizes < LEAST] = -1
    return crowd, counted


def _connected(
    crowd_sketches: Sketches,
    documents: npt.NDArray[np.int64],
    overlap: int,
    n_documents: int,
    scratch: Scratch,
    threads: int,
) -> npt.NDArray[np.int64]:
    pairs = pairs_in_postings(crowd_sketches, documents, overlap, overlap, MET, scratch, threads).pairs
    first = np.arange(n_documents)
    kernel.connect(*split(pairs), first)
    return first


def thinned(articles: npt.NDArray[np.int64], crowd: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the articles without those of each crowd behind its first `COUNTED`; both in keep order."""
    order = np.argsort(crowd[articles], kind="stable")
    crowds = crowd[articles][order]
    begins = np.flatnonzero(np.diff(crowds, prepend=-2))
    place = np.arange(len(articles)) - np.repeat(begins, np.diff(begins, append=len(articles)))
    counted = np.empty(len(articles), bool)
    counted[order] = (place < COUNTED) | (crowds < 0)
    return articles[counted]


def is_series(evidence: Evidence, crowd: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which pairs are pieces of a series: of one crowd, the shorter with numbers that the longer has not."""
    together = (crowd[evidence.left] >= 0) & (crowd[evidence.left] == crowd[evidence.right])
    return np.asarray(together & (evidence["new_numbers"] > NEW_NUMBERS))
