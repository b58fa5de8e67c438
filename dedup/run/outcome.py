"""From clusters of documents back to records: one decision each, the matches by id, and the summary of a run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.credits import credits_at_ends
from dedup.attribution.direction import Sides, derived
from dedup.candidates.pairs import distinct
from dedup.io import Source
from dedup.judge.clusters import Clusters, same_source
from dedup.judge.match_table import Matches
from dedup.judge.reasons import KEPT_TEXT, reason
from dedup.judge.relation import Models
from dedup.kernels import leader_clusters as kernel
from dedup.params import Params
from dedup.run.exact import Collapsed
from dedup.run.index_matches import Known
from dedup.run.records import Records
from dedup.run.result import Result
from dedup.schema import (
    ALL_OF_IDENTICAL,
    DECISIONS,
    IDENTICAL,
    LEFT,
    MATCHES,
    MEASURES,
    NEITHER,
    PARTIAL,
    RELATIONS,
    RIGHT,
    UPDATE,
)

LARGEST_SHOWN = 5

OTHER_VERSION = "the other version of the story"

VIA = "; that is {}, which is dropped too"
"""What the reason says besides, of a record that matches a dropped version, not the kept one."""

IN_INDEX = "; the kept text is in the index"
"""What the reason says besides, of a record that is dropped for a document of an index."""

SLICE = 1 << 16
"""Decisions that are in memory at a time, and a row group of their file."""


def conclude(
    records: Records,
    collapsed: Collapsed,
    matches: Matches,
    found: Clusters,
    policy: str,
    params: Params,
    source: Source,
    agencies: Agencies,
    known: Known,
) -> Result:
    """Return the result of a run; in ``matches`` and ``found`` documents of an index stand behind those of the run.

    Raises
    ------
    RuntimeError
        If a record were neither kept nor dropped nor rejected: a bug, never the input's fault.
    """
    collapsed = known.behind(collapsed, len(records))
    fates = _Fates(records, collapsed, matches, found)
    left, right, match = _record_pairs(collapsed, matches, fates)
    origins = _Origins(records, known, distinct(left, right), agencies)
    ids = _behind(records.ids, known.ids)
    decisions = Decisions(records, ids, matches, fates, origins, policy, params)
    table = _matches(ids, matches, left, right, match, origins)
    summary = _summary(records, ids, table, decisions, fates, policy, params, agencies)
    summary["fields"] = source.fields
    summary["notes"] = [*source.notes, *summary["notes"]]
    if summary["records"] != summary["kept"] + sum(summary["dropped"].values()) + summary["rejected"]:
        raise RuntimeError(f"records are missing: {summary}")
    return Result(decisions, table, summary, fates.kept, source)


class _Fates:
    """What becomes of each record, as arrays of shape (n_records,).

    ``kept``; ``twin``: dropped as identical to the record that stands for its text; ``stands``: that record, itself
    where it has no words; ``leader``: the kept record of its cluster, or the document of an index behind the
    records, -1 for rejected ones; ``match``: by which it is dropped, ``side``: as which of its sides; ``via``: the
    dropped version of the same story that it matches, -1 where that is the kept record itself; ``contained``: how many
    of its cluster the keep policy ranks before it, which stand in it; ``story``: the first kept record of its story, -1
    where no other cluster belongs to it. ``cluster_size`` counts kept ones, too, behind the records those of the index.
    """

    def __init__(self, records: Records, collapsed: Collapsed, matches: Matches, found: Clusters) -> None:
        n = len(records)
        here = np.arange(n)
        worded = collapsed.document >= 0
        document = np.maximum(collapsed.document, 0)
        self.rejected = np.zeros(n, bool)
        self.rejected[records.rejected.records] = True
        self.stands = here.copy()
        self.leader = here.copy()
        self.match = np.full(n, -1)
        if len(collapsed.record):
            self.stands = np.where(worded, collapsed.record[document], here)
            self.leader = np.where(worded, collapsed.record[found.leader[document]], here)
            self.match = np.where(worded, found.match[document], -1)
        self.via = np.full(n, -1)
        self.side = np.full(n, NEITHER, np.int8)
        (matched,) = np.nonzero(self.match >= 0)
        self.side[matched] = np.where(matches.left[self.match[matched]] == document[matched], LEFT, RIGHT)
        other = collapsed.record[_other_sides(matches, self.match[matched], document[matched])]
        self.via[matched] = np.where(other == self.leader[matched], -1, other)
        self.leader[self.rejected] = -1
        self.story = self._stories(collapsed, matches, found)
        self.kept = (self.leader == here) & ~self.rejected
        self.twin = ~self.kept & ~self.rejected & (self.match < 0)
        self.in_index = self.leader >= n
        (ranked,) = np.nonzero(worded & ~self.rejected & (self.leader < n))
        before = document[ranked] < document[self.leader[ranked]]
        self.contained = np.bincount(self.leader[ranked[before]], minlength=n)
        self.cluster_size = np.bincount(self.leader[~self.rejected], minlength=n)
        self.cluster_size[n:] += self.cluster_size[n:] > 0

    def _stories(self, collapsed: Collapsed, matches: Matches, found: Clusters) -> npt.NDArray[np.int64]:
        """Join the clusters of which one carries another on with news; return the first leader, -1 of one alone."""
        n = len(self.leader)
        is_update = matches.relation == UPDATE
        if not is_update.any():
            return np.full(n, -1)
        leader = np.arange(len(collapsed.record))  # also of what an index holds, which stands behind
        leader[: len(found.leader)] = found.leader
        root = np.arange(max(n, int(collapsed.record.max()) + 1))
        left, right = (collapsed.record[leader[side[is_update]]] for side in (matches.left, matches.right))
        kernel.connect(left, right, root)
        here = root[np.maximum(self.leader, 0)]
        leaders = distinct(self.leader[self.leader >= 0], left, right)
        steps = np.bincount(root[leaders], minlength=len(root))
        return np.where((self.leader >= 0) & (steps[here] > 1), here, -1)


class _Origins:
    """What credits, sources and dates tell of the records that have a match, as columns of these records.

    ``records``: ascending; ``names``: of agencies, by code; ``source``, ``credit``, ``drawn_on``: as in
    `dedup.attribution.direction.Sides`.
    """

    def __init__(self, records: Records, known: Known, which: npt.NDArray[np.int64], agencies: Agencies) -> None:
        self.records = which
        self.names = agencies.names
        first = int(np.searchsorted(which, len(records)))
        here, there = which[:first], which[first:] - len(records)
        self.published = np.concatenate([records.published[here], known.published[there]])
        credit, drawn_on = credits_at_ends(records.text_ends, records.sizes, here, agencies)
        code_of = {name: code for code, name in enumerate(agencies.names)}
        credit_there = [code_of.get(name, UNKNOWN) for name in known.credits.take(pa.array(there)).to_pylist()]
        self.credit = np.concatenate([credit, np.array(credit_there, np.int64)])
        self.drawn_on = np.concatenate([drawn_on, known.drawn_on[there]])
        sources = _behind(records.sources.take(pa.array(here)), known.sources.take(pa.array(there)))
        named = sources.dictionary_encode()
        codes: dict[str, int] = {}
        for number, name in enumerate(named.dictionary.to_pylist()):
            agency = agencies.code(name)
            codes[name] = agency if agency != UNKNOWN or not name else len(agencies.names) + number
        code = np.array([*codes.values(), UNKNOWN])
        self.source = code[np.asarray(pc.fill_null(named.indices, len(codes)))]

    def of(self, records: npt.NDArray[np.int64]) -> Sides:
        """Return what is known of some of the records."""
        at = np.searchsorted(self.records, records)
        return Sides(self.source[at], self.credit[at], self.drawn_on[at], self.published[at])


class Decisions:
    """One decision for each record, made into tables a slice at a time."""

    def __init__(
        self,
        records: Records,
        ids: pa.LargeStringArray,
        matches: Matches,
        fates: _Fates,
        origins: _Origins,
        policy: str,
        params: Params,
    ) -> None:
        self._records = records
        self._ids = ids
        self._matches = matches
        self._fates = fates
        self._origins = origins
        self._policy = policy
        self._min_tokens = params.min_tokens
        self._models = Models.of(params)
        self._is_dropped = ~fates.kept & ~fates.rejected

    def __len__(self) -> int:
        return len(self._records)

    @property
    def leader(self) -> npt.NDArray[np.int64]:
        """The kept record of each one's cluster, by number; -1 for rejected ones."""
        return self._fates.leader

    def by_relation(self) -> dict[str, int]:
        """Return how many records are dropped, by relation."""
        by_match = self._matches.relation[self._fates.match[self._is_dropped & ~self._fates.twin]]
        counts = np.bincount(by_match, minlength=len(RELATIONS))
        counts[IDENTICAL] += self._fates.twin.sum()
        return dict(zip(RELATIONS[:PARTIAL], counts.tolist(), strict=False))

    def slices(self) -> Iterator[pa.Table]:
        """Yield the decisions of all records, in input order, at least one table."""
        for first in range(0, max(1, len(self)), SLICE):
            yield self._slice(slice(first, min(first + SLICE, len(self))))

    def rejections(self) -> Iterator[tuple[str, int, str, bytes, int]]:
        """Yield file, row, reason, raw bytes and their number of every rejected record, in input order."""
        rejected = self._records.rejected
        for number, record in enumerate(rejected.records.tolist()):
            file, row = self._records.files[self._records.file[record]], int(self._records.row[record])
            raw, size = rejected.raw[number].as_py(), int(rejected.sizes[number])
            yield file, row, rejected.reasons[number].as_py(), raw, size

    def _slice(self, some: slice) -> pa.Table:
        records, matches, fates = self._records, self._matches, self._fates
        n = some.stop - some.start
        dropped, twin, match = self._is_dropped[some], fates.twin[some], fates.match[some]
        by_match = dropped & ~twin
        relation = np.full(n, IDENTICAL, np.int8)
        relation[by_match] = matches.relation[match[by_match]]
        score = np.ones(n)
        score[by_match] = matches.score[match[by_match]]
        lo, hi = np.searchsorted(self._origins.records, [some.start, some.stop])
        credit = np.full(n, UNKNOWN)
        credit[self._origins.records[lo:hi] - some.start] = self._origins.credit[lo:hi]
        copied = pa.array(fates.leader[some], mask=~dropped)
        leader = pa.array(fates.leader[some], mask=fates.rejected[some])
        story = pa.array(fates.story[some], mask=fates.story[some] < 0)
        columns = [
            records.ids[some.start : some.stop],
            pa.array(records.files, pa.string()).take(pa.array(records.file[some])),
            pa.array(records.row[some]),
            pa.array(fates.kept[some]),
            self._ids.take(copied),
            pa.array(RELATIONS, pa.string()).take(pa.array(relation, mask=~dropped)),
            pa.array(score, mask=~dropped),
            self._ids.take(leader),
            self._ids.take(story),
            pa.array(self._origins.names, pa.string()).take(pa.array(credit, mask=credit == UNKNOWN)),
            pa.array(self._reasons(some, by_match, credit), pa.string()),
        ]
        return pa.table([column.cast(field.type) for column, field in zip(columns, DECISIONS, strict=True)], DECISIONS)

    def _reasons(
        self, some: slice, by_match: npt.NDArray[np.bool_], credit: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.object_]:
        records, matches, fates = self._records, self._matches, self._fates
        lengths = records.lengths[some]
        reasons = np.full(len(lengths), "no copy found", object)
        reasons[(lengths < self._min_tokens) & (lengths > 0)] = "very short: compared for identity only"
        reasons[lengths == 0] = "no words"
        reasons[records.sizes[some] == 0] = "no text"
        sizes = fates.cluster_size[some]
        leads = np.nonzero(fates.kept[some] & (sizes > 1))[0]
        contained = fates.contained[some][leads].tolist()
        reasons[leads] = [_kept(self._policy, *two) for two in zip(sizes[leads].tolist(), contained, strict=True)]
        reasons[fates.twin[some]] = reason(IDENTICAL, {})
        for record in np.nonzero(by_match)[0].tolist():
            match = fates.match[some.start + record]
            measures = dict(zip(MEASURES, matches.measures[:, match].tolist(), strict=True))
            via = int(fates.via[some.start + record])
            reasons[record] = reason(
                int(matches.relation[match]),
                measures,
                self._models,
                dropped=int(fates.side[some.start + record]),
                other=KEPT_TEXT if via < 0 else OTHER_VERSION,
            )
            if via >= 0:
                reasons[record] += VIA.format(self._ids[via].as_py())
        reasons[fates.in_index[some]] += IN_INDEX
        for record in np.nonzero(credit != UNKNOWN)[0].tolist():
            reasons[record] += f"; credits {self._origins.names[credit[record]]}"
        rejected = records.rejected
        lo, hi = np.searchsorted(rejected.records, [some.start, some.stop])
        for number in range(lo, hi):
            reasons[rejected.records[number] - some.start] = f"rejected: {rejected.reasons[number]}"
        return reasons


def _kept(policy: str, size: int, contained: int) -> str:
    """Say why a record is kept of a cluster: the keep policy's choice, but for shorter ones that stand in it."""
    if not contained:
        return f"{policy} of {size} copies"
    rest = size - contained
    if rest == 1:
        return "contains the other" if contained == 1 else f"contains the {contained} others"
    return f"{policy} of {rest} copies, and contains {contained} more"


def _record_pairs(
    collapsed: Collapsed, matches: Matches, fates: _Fates
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the matches as pairs of records: left, right, and the match between their texts (-1: identical).

    Identical records are not expanded into all their pairs: each has a match with the one that stands for their text
    and, if that one is dropped, with the one it matches as well.
    """
    twins = np.nonzero(fates.stands != np.arange(len(fates.stands)))[0]
    follow = twins[fates.match[twins] >= 0]
    match = fates.match[follow]
    is_left = matches.left[match] == collapsed.document[follow]
    other = collapsed.record[_other_sides(matches, match, collapsed.document[follow])]
    return (
        np.concatenate([collapsed.record[matches.left], fates.stands[twins], np.where(is_left, follow, other)]),
        np.concatenate([collapsed.record[matches.right], twins, np.where(is_left, other, follow)]),
        np.concatenate([np.arange(len(matches)), np.full(len(twins), -1), match]),
    )


def _other_sides(
    matches: Matches, match: npt.NDArray[np.int64], document: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the other document of each match."""
    return np.where(matches.left[match] == document, matches.right[match], matches.left[match])


def _behind(names: pa.LargeStringArray, others: pa.LargeStringArray) -> pa.LargeStringArray:
    return pa.concat_arrays([names, others]) if len(others) else names


def _matches(
    ids: pa.LargeStringArray,
    matches: Matches,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    match: npt.NDArray[np.int64],
    origins: _Origins,
) -> pa.Table:
    """Return the table of matches, left id before right id, in order of both."""
    identical = match < 0
    match = np.maximum(match, 0)
    if len(matches) == 0:
        matches = _one_identical()
    relation = np.where(identical, IDENTICAL, matches.relation[match])
    score = np.where(identical, 1.0, matches.score[match])
    of_identical = np.where(np.isin(MEASURES, ALL_OF_IDENTICAL), 1.0, np.nan)[:, None]
    measures = np.where(identical, of_identical, matches.measures[:, match])
    names = list(MEASURES)
    a, b = names.index("containment_left"), names.index("containment_right")
    copy = derived(origins.of(left), origins.of(right), relation, measures[a], measures[b])

    left_ids, right_ids = (ids.take(pa.array(side)).cast(pa.string()) for side in (left, right))
    swap = np.asarray(pc.greater(left_ids, right_ids))
    measures[a], measures[b] = np.where(swap, measures[b], measures[a]), np.where(swap, measures[a], measures[b])
    measures[names.index("hours"), swap] *= -1.0
    left_ids, right_ids = pc.if_else(swap, right_ids, left_ids), pc.if_else(swap, left_ids, right_ids)
    copy = np.where(swap, -copy, copy)
    table = pa.table(
        [
            left_ids,
            right_ids,
            pa.array(RELATIONS, pa.string()).take(pa.array(relation)),
            pa.array(score),
            *(pa.array(values, from_pandas=True) for values in measures),  # NaN becomes null
            pc.if_else(
                pa.array(copy == NEITHER),
                pa.scalar(None, pa.string()),
                pc.if_else(pa.array(copy == LEFT), left_ids, right_ids),
            ),
        ],
        schema=MATCHES,
    )
    return table.take(pc.sort_indices(table, sort_keys=[("left", "ascending"), ("right", "ascending")]))


def _one_identical() -> Matches:
    """Return one match to point at where there is none but the identical ones, which read nothing of it."""
    empty = Matches.none()
    one = np.zeros(1, np.int64)
    return Matches(one, one, one.astype(np.int8), np.ones(1), one.astype(np.int8), np.ones((len(empty.measures), 1)))


def _summary(
    records: Records,
    ids: pa.LargeStringArray,
    table: pa.Table,
    decisions: Decisions,
    fates: _Fates,
    policy: str,
    params: Params,
    agencies: Agencies,
) -> dict[str, Any]:
    sizes = fates.cluster_size
    largest = [record for record in np.argsort(-sizes, kind="stable")[:LARGEST_SHOWN].tolist() if sizes[record] > 1]
    notes = []
    if records.unread.count:
        notes.append(records.unread.note)
    tally = _tally(table["relation"])
    if tally["update"] and not records.has_dates:
        notes.append("without dates, updates were told from copies by their words alone")
    if policy in ("earliest", "latest") and not records.has_dates:
        notes.append("no record has a date that could be read: of copies the first by id is kept")
    if policy == "source" and not _has_source(records, params.prefer, agencies):
        notes.append(f"no record has a source that is preferred ({', '.join(params.prefer)})")
    repeated = len(records) - pc.count_distinct(records.ids).as_py()
    if repeated:
        notes.append(f"{repeated:,} records have an id that another one has too; file and row tell them apart")
    return {
        "records": len(records),
        "kept": int(fates.kept.sum()),
        "dropped": decisions.by_relation(),
        "rejected": len(records.rejected),
        "clusters": int((sizes > 1).sum()),
        "matches": tally,
        "stories": len(np.unique(fates.story[fates.story >= 0])),
        "without_text": int((records.sizes == 0).sum()) - len(records.rejected),
        "keep": policy,
        "largest_clusters": [
            # Of a document of an index there is no text: its first copy begins much alike.
            {
                "id": ids[record].as_py(),
                "size": int(sizes[record]),
                "begins": records.head(record if record < len(records) else int(np.argmax(fates.leader == record))),
            }
            for record in largest
        ],
        "rejections": [
            {"file": file, "row": row, "reason": reason}
            for file, row, reason, *_ in itertools.islice(decisions.rejections(), LARGEST_SHOWN)
        ],
        "inputs": len(records.files),
        "text_bytes": records.text_bytes,
        "tokens": int(records.ends[-1]) if len(records) else 0,
        "notes": notes,
        "params": params.as_dict(),
        "fingerprint": params.fingerprint,
    }


def _has_source(records: Records, prefer: tuple[str, ...], agencies: Agencies) -> bool:
    """Whether any record comes from a preferred source."""
    names = {same_source(name, agencies) for name in pc.unique(records.sources).to_pylist()}
    return not names.isdisjoint(same_source(name, agencies) for name in prefer)


def _tally(relations: pa.ChunkedArray) -> dict[str, int]:
    """Count the relations, in their order."""
    counted = {row["values"]: row["counts"] for row in pc.value_counts(relations).to_pylist()}
    return {name: counted.get(name, 0) for name in RELATIONS}
