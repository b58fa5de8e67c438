"""What frames articles and is no part of them: how many begin, how many end. Before word pairs are counted.

Newsletter offers, legal lines, bylines with their portraits, "read more" lists stand at the head or the foot of all
articles of a source. They are verbatim, and rare if the source has few articles: to every measure, copies. What at
least `SHARED_BY` distinct articles begin or end with is therefore taken off before articles are compared for
anything but their resemblance. Versions of one article share their beginnings too, hence no more than `MOST` of a
document at either end.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.store import Corpus

SHARED_BY = 5
STEP = 4  # tokens by which a frame grows
MOST = 1 / 3
LONGEST = 160

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def bodies(corpus: Corpus, articles: npt.NDArray[np.int64]) -> Corpus:
    """Return the corpus with each article's span narrowed to what stands between its frames.

    Parameters
    ----------
    corpus : Corpus
    articles : int64 array
        Distinct articles: near copies left out, so that an article is no frame for being carried by many.

    Returns
    -------
    Corpus
        The same documents; others than the articles lose the frames that articles have.
    """
    is_article = np.zeros(len(corpus), bool)
    is_article[articles] = True
    heads = _framed(corpus, is_article, from_end=False)
    tails = _framed(corpus, is_article, from_end=True)
    return Corpus(corpus.tokens, corpus.starts + heads, corpus.ends - tails)


def _framed(corpus: Corpus, is_article: npt.NDArray[np.bool_], from_end: bool) -> npt.NDArray[np.int64]:
    """Return how many tokens of each document stand at the head, or at the foot, of `SHARED_BY` articles or more."""
    framed = np.zeros(len(corpus), np.int64)
    most = np.minimum(corpus.lengths * MOST, LONGEST)
    alive = np.arange(len(corpus))
    keys = np.zeros(len(corpus), np.uint64)
    for stop in range(STEP, LONGEST + 1, STEP):
        fits = most[alive] >= stop
        alive, keys = alive[fits], keys[fits]
        first = corpus.ends[alive] - stop if from_end else corpus.starts[alive] + stop - STEP
        for k in range(STEP):
            keys = (keys + corpus.tokens[first + k] + np.uint64(1)) * _MULTIPLIER
            keys ^= keys >> np.uint64(29)
        order = np.argsort(keys, kind="stable")
        begins = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
        shared_by = np.add.reduceat(is_article[alive[order]].astype(np.int64), begins) if len(order) else begins
        shared = np.empty(len(order), bool)
        shared[order] = np.repeat(shared_by >= SHARED_BY, np.diff(begins, append=len(order)))
        alive, keys = alive[shared], keys[shared]
        if len(alive) == 0:
            break
        framed[alive] = stop
    return framed
