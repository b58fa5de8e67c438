"""Build the table of decisions, one for each record: kept, dropped or rejected, for which other record and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dedup.attribution.agencies import UNKNOWN
from dedup.judge.match_table import Matches
from dedup.judge.reasons import (
    CARRIES_ON,
    KEPT_TEXT,
    NO_COPY,
    NO_WORDS,
    OTHER_VERSION,
    SHORT,
    VIA,
    of_same_page,
    reason,
)
from dedup.judge.relation import Models
from dedup.params import Params
from dedup.run.kept_reasons import KeptReasons
from dedup.run.outcome import Outcome
from dedup.run.page_versions import PageVersions
from dedup.run.record_origins import Origins
from dedup.run.records import Records
from dedup.schema import DECISIONS, IDENTICAL, MEASURES, NO_DATE, PARTIAL, RELATIONS

IN_INDEX = "; the kept text is in the index"
"""Added to the reason of a record that is dropped for a document of an index."""

PROTECTED = "has copies, but its source is protected"
"""Why a record is kept that would go for another."""

SLICE = 1 << 16
"""Decisions that are in memory at a time, and a row group of their file."""


class Decisions:
    """The decisions of a run, one for each record, made into tables a slice at a time.

    Parameters
    ----------
    records : Records
    ids : pyarrow.LargeStringArray
        Those of the records, followed by those of the documents of an index.
    matches : Matches
    outcome : Outcome
    origins : Origins
    versions : PageVersions
    continued : mapping
        Records that carry on another version of their page, by their numbers, and that one.
    policy : str
        Which of several copies is kept.
    params : Params
    """

    def __init__(
        self,
        records: Records,
        ids: pa.LargeStringArray,
        matches: Matches,
        outcome: Outcome,
        origins: Origins,
        versions: PageVersions,
        continued: Mapping[int, int],
        policy: str,
        params: Params,
    ) -> None:
        self._records = records
        self._ids = ids
        self._matches = matches
        self._outcome = outcome
        self._origins = origins
        self._versions = versions
        self._continued = continued
        self._kept_reasons = KeptReasons(records, outcome, matches, policy)
        self._min_tokens = params.min_tokens
        self._models = Models.of(params)
        self._is_dropped = ~outcome.kept & ~outcome.rejected

    def __len__(self) -> int:
        return len(self._records)

    @property
    def leader(self) -> npt.NDArray[np.int64]:
        """The number of the kept record in each record's cluster, -1 for rejected ones."""
        return self._outcome.leader

    def by_relation(self) -> dict[str, int]:
        """Return the number of dropped records for each relation."""
        by_match = self._matches.relation[self._outcome.match[self._is_dropped & ~self._outcome.twin]]
        counts = np.bincount(by_match, minlength=len(RELATIONS))
        counts[IDENTICAL] += self._outcome.twin.sum()
        return dict(zip(RELATIONS[:PARTIAL], counts.tolist(), strict=False))

    def slices(self) -> Iterator[pa.Table]:
        """Yield the decisions of all records, in input order, at least one table."""
        for first in range(0, max(1, len(self)), SLICE):
            yield self._slice(slice(first, min(first + SLICE, len(self))))

    def rejections(self) -> Iterator[tuple[str, int, str, bytes, int]]:
        """Yield file, row, reason, raw bytes and their number for each rejected record, in input order."""
        rejected = self._records.rejected
        for number, record in enumerate(rejected.records.tolist()):
            file, row = self._records.files[self._records.file[record]], int(self._records.row[record])
            raw, size = rejected.raw[number].as_py(), int(rejected.sizes[number])
            yield file, row, rejected.reasons[number].as_py(), raw, size

    def _slice(self, block: slice) -> pa.Table:
        records, matches, outcome = self._records, self._matches, self._outcome
        n = block.stop - block.start
        dropped, twin, match = self._is_dropped[block], outcome.twin[block], outcome.match[block]
        by_match = dropped & ~twin
        relation = np.full(n, IDENTICAL, np.int8)
        relation[by_match] = matches.relation[match[by_match]]
        score = np.ones(n)
        score[by_match] = matches.score[match[by_match]]
        lo, hi = np.searchsorted(self._origins.records, [block.start, block.stop])
        credit = np.full(n, UNKNOWN)
        credit[self._origins.records[lo:hi] - block.start] = self._origins.credit[lo:hi]
        leader, rejected = outcome.leader[block], outcome.rejected[block]
        files = pa.array(records.files, pa.string())
        in_run = np.where(dropped & ~outcome.in_index[block], leader, -1)
        published = records.published[block]
        columns = [
            records.ids[block.start : block.stop],
            files.take(pa.array(records.file[block])),
            pa.array(records.row[block]),
            pa.array(outcome.kept[block]),
            self._ids.take(pa.array(leader, mask=~dropped)),
            files.take(pa.array(records.file[in_run], mask=in_run < 0)),
            pa.array(records.row[in_run], mask=in_run < 0),
            pa.array(RELATIONS, pa.string()).take(pa.array(relation, mask=~dropped)),
            pa.array(score, mask=~dropped),
            self._ids.take(pa.array(leader, mask=rejected)),
            self._ids.take(pa.array(outcome.story[block], mask=rejected)),
            pa.array(outcome.story_size[outcome.story[block]], mask=rejected),
            pa.array(outcome.cluster_size[block] - 1, mask=~outcome.kept[block]),
            pa.array(published, mask=published == NO_DATE),
            records.sources[block.start : block.stop],
            records.titles[block.start : block.stop],
            records.urls[block.start : block.stop],
            pa.array(self._origins.names, pa.string()).take(pa.array(credit, mask=credit == UNKNOWN)),
            pa.array(self._reasons(block, by_match, credit), pa.string()),
        ]
        return pa.table([column.cast(field.type) for column, field in zip(columns, DECISIONS, strict=True)], DECISIONS)

    def _reasons(
        self, block: slice, by_match: npt.NDArray[np.bool_], credit: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.object_]:
        records, matches, outcome = self._records, self._matches, self._outcome
        lengths = records.lengths[block]
        reasons = np.full(len(lengths), NO_COPY, object)
        reasons[(lengths < self._min_tokens) & (lengths > 0)] = SHORT
        reasons[lengths == 0] = NO_WORDS
        reasons[records.sizes[block] == 0] = "no text"
        sizes = outcome.cluster_size[block]
        leads = np.nonzero(outcome.kept[block] & (sizes > 1))[0]
        reasons[leads] = self._kept_reasons.of(block.start + leads, sizes[leads])
        for record in np.nonzero(outcome.spared[block])[0].tolist():
            reasons[record] = PROTECTED + (f", {sizes[record] - 1} dropped for it" if sizes[record] > 1 else "")
        reasons[outcome.twin[block]] = reason(IDENTICAL, {})
        for record in np.nonzero(by_match)[0].tolist():
            match = outcome.match[block.start + record]
            measures = dict(zip(MEASURES, matches.measures[:, match].tolist(), strict=True))
            via = int(outcome.via[block.start + record])
            reasons[record] = reason(
                int(matches.relation[match]),
                measures,
                self._models,
                dropped=int(outcome.side[block.start + record]),
                other=KEPT_TEXT if via < 0 else OTHER_VERSION,
            )
            other = int(outcome.leader[block.start + record]) if via < 0 else via
            order = self._versions.order(block.start + record, other, records.published)
            if order is not None:
                reasons[record] = of_same_page(reasons[record], order)
            if via >= 0:
                reasons[record] += VIA.format(self._ids[via].as_py())
        for record, other in self._continued.items():
            if block.start <= record < block.stop and outcome.kept[record]:
                reasons[record - block.start] += CARRIES_ON.format(self._ids[other].as_py())
        reasons[outcome.in_index[block]] += IN_INDEX
        for record in np.nonzero(credit != UNKNOWN)[0].tolist():
            reasons[record] += f"; credits {self._origins.names[credit[record]]}"
        rejected = records.rejected
        lo, hi = np.searchsorted(rejected.records, [block.start, block.stop])
        for number in range(lo, hi):
            reasons[rejected.records[number] - block.start] = f"rejected: {rejected.reasons[number]}"
        return reasons
