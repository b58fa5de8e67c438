"""Rank documents by the keep policy, and cut them into units: the records of a text that may stand for each other.

A search numbers the documents in one order, whatever the keep policy. When it is decided which are kept, they are
numbered again, the one to keep first. Usually a document is one unit. If only records of one source, or of one day, are
copies of each other, it has a unit for each; and each record that is protected has one, because it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.direction import origins
from dedup.judge.clusters import keep_order, same_source
from dedup.params import Params
from dedup.run.record_credits import Credits
from dedup.run.records import Records
from dedup.schema import NO_DATE

MICROSECONDS_A_DAY = 86_400_000_000

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
class Units:
    """The units of documents; both are in keep order.

    Parameters
    ----------
    numbering : Numbering
        The unit of each record, and the record that stands for each.
    document : int64 array, shape (n_units,)
        The document of each.
    group : int64 array, shape (n_units,)
        Only units of one group can be copies of each other.
    protected : bool array, shape (n_units,)
        Which are never dropped.
    """

    numbering: Numbering
    document: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    protected: npt.NDArray[np.bool_]

    def of(
        self, documents: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the units that each document has in a group: the place of the document given, and the unit."""
        n_groups = int(self.group.max(initial=0)) + 1
        keys = self.document * n_groups + self.group
        order = np.argsort(keys, kind="stable")
        wanted = documents * n_groups + groups
        first, last = (np.searchsorted(keys[order], wanted, side) for side in ("left", "right"))
        place = np.repeat(np.arange(len(wanted)), last - first)
        before = np.cumsum(last - first) - (last - first)
        at = np.arange(len(place)) - np.repeat(before, last - first) + np.repeat(first, last - first)
        return place, order[at]

    def all_of(self, documents: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return all units of each document, in the same form."""
        one_group = Units(self.numbering, self.document, np.zeros_like(self.group), self.protected)
        return one_group.of(documents, np.zeros_like(documents))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Documents in keep order.

    Parameters
    ----------
    numbering : Numbering
    rank : int64 array, shape (n_documents,)
        The place in keep order of each document of the search.
    units : Units or None
        None where each document is one.
    """

    numbering: Numbering
    rank: npt.NDArray[np.int64]
    units: Units | None = None


def ranked(
    records: Records,
    numbering: Numbering,
    policy: str,
    params: Params,
    agencies: Agencies,
    text_hashes: TextHashes,
    credits: Credits | None = None,
) -> Ranking:
    """Rank the documents by the keep policy, the one to keep first, and before them all what is protected.

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
        is_agency = _codes(records.sources, lambda name: agencies.code(name) != UNKNOWN) == 1
        origin = origins(is_agency, credits.agency, credits.drawn_on)
    order = order_of(records, policy, text_hashes, params.prefer, agencies, origin)
    protected = protected_records(records, params, agencies)
    order = order[np.argsort(~protected[order], kind="stable")]
    in_order, rank = numbering.in_order(order)
    if not params.protect and params.within is None:
        return Ranking(in_order, rank)
    return Ranking(in_order, rank, _units(in_order, order, _groups(records, params, agencies), protected))


def order_of(
    records: Records,
    policy: str,
    text_hashes: TextHashes,
    prefer: tuple[str, ...] = (),
    agencies: Agencies | None = None,
    origin: npt.NDArray[np.int8] | None = None,
) -> npt.NDArray[np.int64]:
    """Order the records by a keep policy; the other parameters are those of `keep_order`."""
    dates_and_sizes = records.published, records.lengths
    return keep_order(policy, records.ids, *dates_and_sizes, records.sources, text_hashes, prefer, agencies, origin)


def protected_records(records: Records, params: Params, agencies: Agencies) -> npt.NDArray[np.bool_]:
    """Return which records are never dropped."""
    if not params.protect:
        return np.zeros(len(records), bool)
    wanted = {same_source(name, agencies) for name in params.protect}
    is_one = _codes(records.sources, lambda name: bool(name) and same_source(name, agencies) in wanted) == 1
    return np.asarray(is_one)


def _groups(records: Records, params: Params, agencies: Agencies) -> npt.NDArray[np.int64]:
    """Return the group of each record: only those of one group can be copies of each other."""
    n = len(records)
    if params.within is None:
        return np.zeros(n, np.int64)
    if params.within == "day":
        group, is_known = records.published // MICROSECONDS_A_DAY, records.published != NO_DATE
    else:
        numbers: dict[str | int, int] = {}
        group = _codes(
            records.sources,
            lambda name: numbers.setdefault(same_source(name, agencies), len(numbers) + 1) if name else 0,
        )
        is_known = group > 0
    # Of what is not known to be of one group each is one of its own.
    _, group = np.unique(np.where(is_known, group, np.int64(0)), return_inverse=True)
    return np.asarray(np.where(is_known, group, int(group.max(initial=0)) + 1 + np.arange(n)))


def _codes(sources: pa.LargeStringArray, code: Callable[[str], int]) -> npt.NDArray[np.int64]:
    """Return a number for each source, 0 where there is none."""
    coded = sources.dictionary_encode()
    codes = np.array([*(int(code(name)) for name in coded.dictionary.to_pylist()), 0])
    return np.asarray(codes[np.asarray(pc.fill_null(coded.indices, len(codes) - 1))])


def _units(
    numbering: Numbering,
    order: npt.NDArray[np.int64],
    group: npt.NDArray[np.int64],
    protected: npt.NDArray[np.bool_],
) -> Units:
    """Cut documents into units; each protected record but the first of a document and group is one of its own."""
    records = order[numbering.document[order] >= 0]
    keys = np.stack([numbering.document[records], group[records], np.zeros(len(records), np.int64)])
    by_key = np.lexsort(keys[::-1])
    is_first = np.ones(len(records), bool)
    is_first[by_key[1:]] = (np.diff(keys[:, by_key], axis=1) != 0).any(axis=0)
    keys[2] = np.where(protected[records] & ~is_first, records + 1, 0)
    by_key = np.lexsort(keys[::-1])
    begins = np.concatenate([[True], (np.diff(keys[:, by_key], axis=1) != 0).any(axis=0)])[: len(records)]
    firsts = by_key[begins]  # `lexsort` is stable: the first in keep order of each unit
    number = np.empty(len(firsts), np.int64)
    number[np.argsort(firsts)] = np.arange(len(firsts))
    unit = np.full(len(order), -1)
    unit[records[by_key]] = number[np.cumsum(begins) - 1]
    record = records[np.sort(firsts)]
    return Units(Numbering(unit, record), numbering.document[record], group[record], protected[record])
