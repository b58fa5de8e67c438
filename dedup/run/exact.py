"""Number the distinct texts of a run in keep order: later stages see each text once, and no input order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.credits import credits_at_ends
from dedup.attribution.direction import origins
from dedup.judge.clusters import keep_order
from dedup.params import Params
from dedup.run.records import Records
from dedup.store.corpus import Corpus, Segments
from dedup.store.scratch import release


@dataclass(frozen=True, slots=True)
class DistinctTexts:
    """The distinct texts of a run, numbered in keep order: its documents.

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


def distinct_texts(records: Records, policy: str, params: Params, agencies: Agencies | None = None) -> DistinctTexts:
    """Number the distinct texts in the order in which they are preferred as the one to keep.

    Parameters
    ----------
    records : Records
    policy : str
        Which of several copies is kept.
    params : Params
    agencies : Agencies, optional
        Without them no source and no credit is recognised as an agency.
    """
    origin = None
    if policy == "original" and agencies is not None:
        everyone = np.arange(len(records))
        credit, drawn_on = credits_at_ends(records.text_ends, records.sizes, everyone, agencies)
        origin = origins(_are_agencies(records.sources, agencies), credit, drawn_on)
    order = keep_order(
        policy,
        records.ids,
        records.published,
        records.lengths,
        records.sources,
        partial(_text_hashes, records),
        params.prefer,
        agencies,
        origin,
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
    corpus = Corpus(records.tokens, records.starts[record], records.ends[record], records.fingerprints)
    return DistinctTexts(corpus, records.segments.take(record), document, record)


def _text_hashes(records: Records, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
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
