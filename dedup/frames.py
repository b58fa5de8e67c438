"""What frames articles and is no part of them: how many begin, how many end. Before word pairs are counted.

Newsletter offers, legal lines, bylines with their portraits, "read more" lists stand at the head or the foot of all
articles of a source. They are verbatim, and rare if the source has few articles: to every measure, copies. What at
least `SHARED_BY` distinct articles begin or end with is therefore taken off before articles are compared for
anything but their resemblance: if the articles have little else in common, since versions of one article begin alike,
too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.candidates import distinct, joined
from dedup.evidence import shingle_evidence
from dedup.params import Params
from dedup.store import DEFAULT_MEMORY, Corpus, release

SHARED_BY = 5
SHORTEST, LONGEST = 8, 400
STEP = 4  # tokens by which a frame grows
MOST = 0.8  # of a document, at either end and in all

ALIKE = 0.28
"""Documents whose words between the frames are so much the same (their resemblance, a word a shingle) are versions of
one article, or pieces of a series: what they begin with is theirs."""

AT_A_TIME = 1 << 10
"""Documents whose ends are resident: the system maps sixteen pages around each."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def bodies(corpus: Corpus, articles: npt.NDArray[np.int64], memory: int = DEFAULT_MEMORY) -> Corpus:
    """Return the corpus with each article's span narrowed to what stands between its frames.

    Parameters
    ----------
    corpus : Corpus
    articles : int64 array
        Distinct articles: near copies left out, so that an article is no frame for being carried by many.
    memory : int
        Bytes of a run: documents are compared so many at a time.

    Returns
    -------
    Corpus
        The same documents; others than the articles lose the frames that articles have.
    """
    is_article = np.zeros(len(corpus), bool)
    is_article[articles] = True
    heads, head_keys = _framed(corpus, is_article, from_end=False)
    tails, tail_keys = _framed(corpus, is_article, from_end=True)
    heads = np.minimum(heads, (corpus.lengths * MOST - tails).astype(np.int64) // STEP * STEP)
    between = Corpus(corpus.tokens, corpus.starts + heads, corpus.ends - tails)
    heads[_alike(between, head_keys, memory)] = 0
    tails[_alike(between, tail_keys, memory)] = 0
    return Corpus(corpus.tokens, corpus.starts + heads, corpus.ends - tails)


def _framed(
    corpus: Corpus, is_article: npt.NDArray[np.bool_], from_end: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Return how many tokens of each document begin, or end, `SHARED_BY` articles, and their hash; 0 for none."""
    framed = np.zeros(len(corpus), np.int64)
    frame_keys = np.zeros(len(corpus), np.uint64)
    most = np.minimum(corpus.lengths * MOST, LONGEST)
    alive = np.arange(len(corpus))
    keys = np.zeros(len(corpus), np.uint64)
    for stop in range(STEP, LONGEST + 1, STEP):
        fits = most[alive] >= stop
        alive, keys = alive[fits], keys[fits]
        first = corpus.ends[alive] - stop if from_end else corpus.starts[alive] + stop - STEP
        for some in (slice(at, at + AT_A_TIME) for at in range(0, len(alive), AT_A_TIME)):
            for k in range(STEP):
                mixed = (keys[some] + corpus.tokens[first[some] + k] + np.uint64(1)) * _MULTIPLIER
                keys[some] = mixed ^ (mixed >> np.uint64(29))
            release(corpus.tokens)
        order = np.argsort(keys, kind="stable")
        begins = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
        shared_by = np.add.reduceat(is_article[alive[order]].astype(np.int64), begins) if len(order) else begins
        shared = np.empty(len(order), bool)
        shared[order] = np.repeat(shared_by >= SHARED_BY, np.diff(begins, append=len(order)))
        alive, keys = alive[shared], keys[shared]
        if len(alive) == 0:
            break
        if stop >= SHORTEST:
            framed[alive], frame_keys[alive] = stop, keys
    return framed, frame_keys


def _alike(between: Corpus, keys: npt.NDArray[np.uint64], memory: int) -> npt.NDArray[np.int64]:
    """Return the documents that between their frames are like the one before or after them with the same frame."""
    framed = np.flatnonzero(keys)
    order = framed[np.argsort(keys[framed], kind="stable")]
    neighbours = keys[order][1:] == keys[order][:-1]
    pairs = joined(order[:-1][neighbours], order[1:][neighbours])
    measured = shingle_evidence(between, pairs, Params(shingle_size=1), memory=memory)
    alike = measured["resemblance"] >= ALIKE
    return distinct(measured.left[alike], measured.right[alike])
