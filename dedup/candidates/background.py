"""Supply the word pairs that are common in news in general, for corpora too small to show which are.

A handful of articles does not show which of their word pairs are rare: "said on Monday that the" would be evidence. So
the pairs that are in more than `COMMON_DF` of `ARTICLES` news articles are shipped, as hashes, and count more if a run
has fewer articles; from `ARTICLES` on only the corpus counts. They do not include pairs of other languages, each of
which counts as rare until the corpus of the run shows otherwise.

``benchmarks/fit/background.py`` writes the file from any corpus.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt

BACKGROUND_FILE = Path(__file__).with_name("background.npz")

ARTICLES = 44_000
BITS = 24  # of a table in which the common pairs are few: one other pair in 250 meets one of them
COMMON_DF = 50
"""The default of ``rare_df``: a pair of the file is rare in no sense."""


def count_in(frequencies: npt.NDArray[np.uint8], n_articles: int) -> None:
    """Add the common word pairs to the frequencies of a small corpus, in place.

    Parameters
    ----------
    frequencies : uint8 array
        From `dedup.candidates.word_pairs.pair_frequencies`; a power of two long.
    n_articles : int
        How many articles were counted.

    Notes ----- A pair of the file is in more than ``COMMON_DF / ARTICLES`` of all articles, and so in about
    ``COMMON_DF * n_articles / ARTICLES`` of the articles of a run; its count is raised to more than `COMMON_DF`.
    """
    add(frequencies, lacking(n_articles))


def lacking(n_articles: int) -> int:
    """Return how many articles must be added to the count of each common pair in a corpus of this size."""
    return max(0, int(np.ceil((COMMON_DF + 1) * (1.0 - n_articles / ARTICLES))))


def add(frequencies: npt.NDArray[np.uint8], articles: int) -> None:
    """Raise or lower the frequencies of the common pairs by this number of articles, in place."""
    if articles == 0:
        return
    slots = np.unique(common_pairs() & np.uint32((len(frequencies) - 1) & 0xFFFFFFFF))
    frequencies[slots] = np.clip(frequencies[slots].astype(np.int64) + articles, 0, 255)


@functools.cache
def frequencies() -> npt.NDArray[np.uint8]:
    """Return the frequencies for comparing two texts alone: those of the background only."""
    alone = np.zeros(1 << BITS, np.uint8)
    count_in(alone, 0)
    return alone


@functools.cache
def common_pairs() -> npt.NDArray[np.uint32]:
    """Return the lower halves of the hashes of all common word pairs, ascending."""
    with np.load(BACKGROUND_FILE) as read:
        return np.cumsum(read["steps"], dtype=np.uint32)
