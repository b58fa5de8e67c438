"""From clusters of documents back to records: one decision each, the matches by id, and the summary of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.cluster import Clusters
from dedup.collapse import Collapsed
from dedup.explain import reason
from dedup.io import Source
from dedup.matches import LEFT, NEITHER, RIGHT, Matches
from dedup.params import Params
from dedup.records import Records
from dedup.result import Result
from dedup.schema import ALL_OF_IDENTICAL, DECISIONS, EXCERPT, IDENTICAL, MATCHES, MEASURES, NO_DATE, PARTIAL, RELATIONS

LARGEST_SHOWN = 5


def conclude(
    records: Records,
    collapsed: Collapsed,
    matches: Matches,
    found: Clusters,
    policy: str,
    params: Params,
    source: Source,
) -> Result:
    """Return the result of a run.

    Raises
    ------
    RuntimeError
        If a record were neither kept nor dropped nor rejected: a bug, never the input's fault.
    """
    fates = _Fates(records, collapsed, found)
    decisions = _decisions(records, matches, fates, policy, params)
    table = _matches(records, matches, *_record_pairs(collapsed, matches, fates))
    summary = _summary(records, table, decisions, fates, policy, params)
    if summary["records"] != summary["kept"] + sum(summary["dropped"].values()) + summary["rejected"]:
        raise RuntimeError(f"records are missing: {summary}")
    return Result(decisions, table, summary, fates.kept, source)


class _Fates:
    """What becomes of each record, as arrays of shape (n_records,).

    ``kept``; ``twin``: dropped as identical to the record that stands for its text; ``stands``: that record, itself
    where it has no words; ``leader``: the kept record of its cluster, -1 for rejected ones; ``match``: by which it is
    dropped.
    """

    def __init__(self, records: Records, collapsed: Collapsed, found: Clusters) -> None:
        n = len(records)
        here = np.arange(n)
        worded = collapsed.document >= 0
        document = np.maximum(collapsed.document, 0)
        self.rejected = np.zeros(n, bool)
        self.rejected[list(records.rejected)] = True
        self.stands = here.copy()
        self.leader = here.copy()
        self.match = np.full(n, -1)
        if len(collapsed.record):
            self.stands = np.where(worded, collapsed.record[document], here)
            self.leader = np.where(worded, collapsed.record[found.leader[document]], here)
            self.match = np.where(worded, found.match[document], -1)
        self.leader[self.rejected] = -1
        self.kept = (self.leader == here) & ~self.rejected
        self.twin = ~self.kept & ~self.rejected & (self.match < 0)
        self.cluster_size = np.bincount(self.leader[~self.rejected], minlength=n)


def _decisions(
    records: Records,
    matches: Matches,
    fates: _Fates,
    policy: str,
    params: Params,
) -> pa.Table:
    n = len(records)
    dropped = ~fates.kept & ~fates.rejected
    by_match = dropped & ~fates.twin
    relation = np.full(n, IDENTICAL, np.int8)
    relation[by_match] = matches.relation[fates.match[by_match]]
    score = np.ones(n)
    score[by_match] = matches.score[fates.match[by_match]]
    reasons = np.full(n, "no copy found", object)
    reasons[(records.lengths < params.min_tokens) & (records.lengths > 0)] = "very short: compared for identity only"
    reasons[records.lengths == 0] = "no words"
    reasons[~records.has_text] = "no text"
    leads = np.nonzero(fates.kept & (fates.cluster_size > 1))[0]
    reasons[leads] = [f"{policy} of {size} copies" for size in fates.cluster_size[leads].tolist()]
    reasons[fates.twin] = reason(IDENTICAL, {})
    for record in np.nonzero(by_match)[0].tolist():
        match = fates.match[record]
        measures = dict(zip(MEASURES, matches.measures[:, match].tolist(), strict=True))
        reasons[record] = reason(int(matches.relation[match]), measures)
    for record, rejection in records.rejected.items():
        reasons[record] = f"rejected: {rejection.reason}"

    leader = pa.array(fates.leader, mask=fates.rejected)
    return pa.table(
        [
            _flat(records.ids),
            pa.array(records.files, pa.string()).take(pa.array(records.file)),
            pa.array(records.row),
            pa.array(fates.kept),
            _flat(records.ids).take(pa.array(fates.leader, mask=~dropped)),
            pa.array(RELATIONS, pa.string()).take(pa.array(relation, mask=~dropped)),
            pa.array(score, mask=~dropped),
            _flat(records.ids).take(leader),
            pa.array(reasons, pa.string()),
        ],
        schema=DECISIONS,
    )


def _record_pairs(
    collapsed: Collapsed, matches: Matches, fates: _Fates
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the matches as pairs of records: left, right, and the match between their texts (-1: identical).

    Identical records are not expanded into all their pairs: each has a match with the one that stands for their text
    and, if that one is dropped, with the kept one as well.
    """
    twins = np.nonzero(fates.stands != np.arange(len(fates.stands)))[0]
    follow = twins[fates.match[twins] >= 0]
    match = fates.match[follow]
    is_left = matches.left[match] == collapsed.document[follow]
    return (
        np.concatenate(
            [collapsed.record[matches.left], fates.stands[twins], np.where(is_left, follow, fates.leader[follow])]
        ),
        np.concatenate([collapsed.record[matches.right], twins, np.where(is_left, fates.leader[follow], follow)]),
        np.concatenate([np.arange(len(matches)), np.full(len(twins), -1), match]),
    )


def _matches(
    records: Records,
    matches: Matches,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    match: npt.NDArray[np.int64],
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
    container = np.where(identical, NEITHER, matches.container[match])
    derived = _derived(records.published[left], records.published[right], relation, container)

    ids = _flat(records.ids)
    left_ids, right_ids = ids.take(pa.array(left)), ids.take(pa.array(right))
    swap = np.asarray(pc.greater(left_ids, right_ids))
    names = list(MEASURES)
    a, b = names.index("containment_left"), names.index("containment_right")
    measures[a], measures[b] = np.where(swap, measures[b], measures[a]), np.where(swap, measures[a], measures[b])
    left_ids, right_ids = pc.if_else(swap, right_ids, left_ids), pc.if_else(swap, left_ids, right_ids)
    derived = np.where(swap, -derived, derived)
    table = pa.table(
        [
            left_ids,
            right_ids,
            pa.array(RELATIONS, pa.string()).take(pa.array(relation)),
            pa.array(score),
            *(pa.array(values, from_pandas=True) for values in measures),  # NaN becomes null
            pc.if_else(
                pa.array(derived == NEITHER),
                pa.scalar(None, pa.string()),
                pc.if_else(pa.array(derived == LEFT), left_ids, right_ids),
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


def _derived(
    published_left: npt.NDArray[np.int64],
    published_right: npt.NDArray[np.int64],
    relation: npt.NDArray[np.int8],
    container: npt.NDArray[np.int8],
) -> npt.NDArray[np.int8]:
    """Return the side that seems to be the copy: the later one where both are dated, else an excerpt."""
    dated = (published_left != NO_DATE) & (published_right != NO_DATE)
    by_date = np.where(dated, np.sign(published_right - published_left), 0) * dated
    by_containment = np.where(relation == EXCERPT, -container, NEITHER)
    side = np.where(by_date != 0, np.where(by_date > 0, RIGHT, LEFT), by_containment)
    return side.astype(np.int8)


def _summary(
    records: Records,
    table: pa.Table,
    decisions: pa.Table,
    fates: _Fates,
    policy: str,
    params: Params,
) -> dict[str, Any]:
    sizes = fates.cluster_size
    largest = [record for record in np.argsort(-sizes, kind="stable")[:LARGEST_SHOWN].tolist() if sizes[record] > 1]
    notes = []
    if records.unread_dates:
        notes.append(f"{records.unread_dates:,} dates could not be read and count as missing")
    repeated = len(records) - pc.count_distinct(records.ids).as_py()
    if repeated:
        notes.append(f"{repeated:,} records have an id that another one has too; file and row tell them apart")
    return {
        "records": len(records),
        "kept": int(fates.kept.sum()),
        "dropped": _tally(decisions["relation"], PARTIAL),
        "rejected": len(records.rejected),
        "clusters": int((sizes > 1).sum()),
        "matches": _tally(table["relation"], len(RELATIONS)),
        "without_text": int((~records.has_text).sum()) - len(records.rejected),
        "keep": policy,
        "largest_clusters": [
            {"id": records.ids[record].as_py(), "size": int(sizes[record]), "begins": records.head(record)}
            for record in largest
        ],
        "rejections": [
            {"file": records.files[records.file[record]], "row": int(records.row[record]), "reason": rejection.reason}
            for record, rejection in list(records.rejected.items())[:LARGEST_SHOWN]
        ],
        "inputs": len(records.files),
        "text_bytes": records.text_bytes,
        "tokens": int(records.ends[-1]) if len(records) else 0,
        "notes": notes,
        "params": params.as_dict(),
        "fingerprint": params.fingerprint,
    }


def _tally(relations: pa.ChunkedArray, stop: int) -> dict[str, int]:
    """Count the relations before ``stop``, in their order."""
    counted = {row["values"]: row["counts"] for row in pc.value_counts(relations).to_pylist()}
    return {name: counted.get(name, 0) for name in RELATIONS[:stop]}


def _flat(strings: pa.ChunkedArray) -> pa.Array:
    return strings.combine_chunks()
