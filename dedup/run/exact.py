"""Number the distinct texts of a run, and rank them by the keep policy: later stages see each text once.

A search sees them in one order, whatever the keep policy: by date, or as they come where there are no dates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.direction import origins
from dedup.judge.clusters import keep_order, keep_policy
from dedup.params import Params
from dedup.run.record_credits import Credits
from dedup.run.records import Records
from dedup.store.corpus import Corpus, Segments
from dedup.store.scratch import release

TextHashes = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint64]]


@dataclass(frozen=True, slots=True)
class Numbering:
    """Which document is the text of each record, and which record stands for each document.

    Parameters
    ----------
    document : int64 array, shape (n_records,)
        The document that is each record's text; -1 where it has no words.
    record : int64 array, shape (n_documents,)
        The record that stands for each document: the first of its records in the order that the numbers follow.
    """

    document: npt.NDArray[np.int64]
    record: npt.NDArray[np.int64]

    def in_order(self, order: npt.NDArray[np.int64]) -> tuple[Numbering, npt.NDArray[np.int64]]:
        """Return the numbering by another order of the records, and the new number of each document."""
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        (worded,) = np.nonzero(self.document >= 0)
        first = np.full(len(self.record), len(order))
        np.minimum.at(first, self.document[worded], place[worded])
        by_first = np.argsort(first)
        rank = np.empty(len(first), np.int64)
        rank[by_first] = np.arange(len(first))
        document = self.document.copy()
        document[worded] = rank[document[worded]]
        return Numbering(document, order[first[by_first]]), rank


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
    order = _order(records, keep_policy(Params(), records.has_dates), partial(text_hashes, records))
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


def ranked(
    records: Records,
    numbering: Numbering,
    policy: str,
    params: Params,
    agencies: Agencies,
    text_hashes: TextHashes,
    credits: Credits | None = None,
) -> tuple[Numbering, npt.NDArray[np.int64]]:
    """Number the documents by the keep policy, the one to keep first; return the new number of each as well.

    Parameters
    ----------
    records : Records
    numbering : Numbering
        That of the search.
    policy : str
        Which of several copies is kept.
    params : Params
    agencies : Agencies
    text_hashes : callable
        As for `keep_order`.
    credits : Credits, optional
        Of all records; None: they are read where the policy needs them.
    """
    origin = None
    if policy == "original":
        everyone = np.arange(len(records))
        credits = credits or Credits.read(records, everyone, agencies)
        origin = origins(_are_agencies(records.sources, agencies), credits.agency, credits.drawn_on)
    return numbering.in_order(_order(records, policy, text_hashes, params.prefer, agencies, origin))


def _order(
    records: Records,
    policy: str,
    text_hashes: TextHashes,
    prefer: tuple[str, ...] = (),
    agencies: Agencies | None = None,
    origin: npt.NDArray[np.int8] | None = None,
) -> npt.NDArray[np.int64]:
    dates_and_sizes = records.published, records.lengths
    return keep_order(policy, records.ids, *dates_and_sizes, records.sources, text_hashes, prefer, agencies, origin)


def text_hashes(records: Records, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the XXH3-64 of the token hashes of some records."""
    texts = zip(records.starts[places].tolist(), records.ends[places].tolist(), strict=True)
    tokens = records.tokens.view(np.uint8).data
    found = np.array([xxhash.xxh3_64_intdigest(tokens[4 * start : 4 * end]) for start, end in texts], np.uint64)
    release(records.tokens)
    return found


def _are_agencies(sources: pa.LargeStringArray, agencies: Agencies) -> npt.NDArray[np.bool_]:
    """Return which sources are agencies."""
    coded = sources.dictionary_encode()
    is_one = np.array([*(agencies.code(name) != UNKNOWN for name in coded.dictionary.to_pylist()), False])
    return np.asarray(is_one[np.asarray(pc.fill_null(coded.indices, len(is_one) - 1))])


def shared_hashes(records: Records) -> npt.NDArray[np.uint64]:
    """Return the hash of the text of each record whose id occurs again, 0 for all others."""
    hashes = np.zeros(len(records), np.uint64)
    if pc.count_distinct(records.ids).as_py() < len(records):
        coded = np.asarray(records.ids.dictionary_encode().indices)
        (again,) = np.nonzero(np.bincount(coded)[coded] > 1)
        hashes[again] = text_hashes(records, again)
    return hashes
