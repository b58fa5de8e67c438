"""Number the distinct texts of a run in the order of the search: later stages see each text once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import xxhash

from dedup.judge.clusters import keep_policy
from dedup.params import Params
from dedup.run.ranking import Numbering, order_of
from dedup.run.records import Records
from dedup.store.corpus import Corpus, Segments
from dedup.store.scratch import release


@dataclass(frozen=True, slots=True)
class DistinctTexts:
    """The distinct texts of a run, its documents, in the order of the search.

    Parameters
    ----------
    corpus : Corpus
    segments : Segments
        Of each document.
    document, record : int64 array
        As in `Numbering`.
    """

    corpus: Corpus
    segments: Segments
    document: npt.NDArray[np.int64]
    record: npt.NDArray[np.int64]

    @property
    def numbering(self) -> Numbering:
        """The numbers of the documents, without their texts."""
        return Numbering(self.document, self.record)


def distinct_texts(records: Records) -> DistinctTexts:
    """Number the distinct texts in the order of the search."""
    order = order_of(records, keep_policy(Params(), records.has_dates), partial(text_hashes, records))
    order = order[records.lengths[order] > 0]
    digests = records.digests[order]
    release(records.digests, records.published)
    by_digest = np.lexsort((np.arange(len(order)), digests[:, 1], digests[:, 0]))
    in_turn = digests[by_digest]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (in_turn[1:] != in_turn[:-1]).any(axis=1)
    # Of each group of equal digests the first in the order stands for it; documents are numbered by their firsts.
    firsts = by_digest[is_first]
    number = np.empty(len(firsts), np.int64)
    number[np.argsort(firsts, kind="stable")] = np.arange(len(firsts))
    document = np.full(len(records), -1, np.int64)
    document[order[by_digest]] = number[np.cumsum(is_first) - 1]
    record = order[np.sort(firsts)]
    corpus = Corpus(records.tokens, records.starts[record], records.ends[record], records.fingerprints)
    return DistinctTexts(corpus, records.segments.take(record), document, record)


def text_hashes(records: Records, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the XXH3-64 of the token hashes of some records."""
    texts = zip(records.starts[places].tolist(), records.ends[places].tolist(), strict=True)
    tokens = records.tokens.view(np.uint8).data
    found = np.array([xxhash.xxh3_64_intdigest(tokens[4 * start : 4 * end]) for start, end in texts], np.uint64)
    release(records.tokens)
    return found


def shared_hashes(records: Records) -> npt.NDArray[np.uint64]:
    """Return the hash of the text of each record whose id occurs again, 0 for all others."""
    hashes = np.zeros(len(records), np.uint64)
    if pc.count_distinct(records.ids).as_py() < len(records):
        coded = np.asarray(records.ids.dictionary_encode().indices)
        (again,) = np.nonzero(np.bincount(coded)[coded] > 1)
        hashes[again] = text_hashes(records, again)
    return hashes
