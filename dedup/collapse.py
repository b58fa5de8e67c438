"""Identical records become one document: from here on nothing sees the order of the input, nor any text twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.cluster import keep_order
from dedup.params import Params
from dedup.records import Records
from dedup.store import Corpus, Segments, release


@dataclass(frozen=True, slots=True)
class Collapsed:
    """The distinct texts.

    Parameters
    ----------
    corpus : Corpus
    segments : Segments
        Of each document.
    document : int64 array, shape (n_records,)
        The document that is each record's text; -1 where it has no words.
    record : int64 array, shape (n_documents,)
        The record that stands for each document: the most preferred one.
    """

    corpus: Corpus
    segments: Segments
    document: npt.NDArray[np.int64]
    record: npt.NDArray[np.int64]


def collapse(records: Records, policy: str, params: Params) -> Collapsed:
    """Number the distinct texts in keep order."""
    order = keep_order(
        policy,
        records.ids,
        records.published,
        records.lengths,
        records.sources,
        records.digests,
        params.prefer,
    )
    order = order[records.lengths[order] > 0]
    digests = records.digests[order]
    release(records.digests, records.published)
    by_digest = np.lexsort((np.arange(len(order)), digests[:, 1], digests[:, 0]))
    in_turn = digests[by_digest]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (in_turn[1:] != in_turn[:-1]).any(axis=1)
    # Of each group of equal digests the first in keep order stands for it; documents are numbered by their firsts.
    firsts = by_digest[is_first]
    number = np.empty(len(firsts), np.int64)
    number[np.argsort(firsts, kind="stable")] = np.arange(len(firsts))
    document = np.full(len(records), -1, np.int64)
    document[order[by_digest]] = number[np.cumsum(is_first) - 1]
    record = order[np.sort(firsts)]
    corpus = Corpus(records.tokens, records.starts[record], records.ends[record])
    return Collapsed(corpus, records.segments.take(record), document, record)
