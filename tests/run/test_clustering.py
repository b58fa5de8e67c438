"""The clusters of units, and the matches that are inferred, equal their definitions in plain Python."""

from __future__ import annotations

import naive
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.judge.match_table import Matches
from dedup.params import Params
from dedup.run.clustering import cluster
from dedup.run.findings import Findings, Found
from dedup.run.ranking import Numbering, Ranking, _units
from dedup.schema import LEFT, MEASURES, NEAR_DUPLICATE, NEITHER, REVISED, RIGHT

Match = tuple[int, int, int, float, int]
Search = tuple[int, list[Match], list[int]]


@st.composite
def searches(draw: st.DrawFn) -> Search:
    """Documents, the copies among them, and for which one each was set aside."""
    n = draw(st.integers(1, 10))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20))
    found: list[Match] = []
    for left, right in sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}):
        relation = draw(st.sampled_from((NEAR_DUPLICATE, REVISED)))
        container = draw(st.sampled_from((-1, -1, right))) if relation == REVISED else -1
        found.append((left, right, relation, draw(st.sampled_from([0.5, 0.75, 1.0])), container))
    met = [-1] * n
    for left, right, *_ in found:
        if draw(st.booleans()):
            met[left] = right
    return n, found, met


def findings_of(found: list[Match], met: list[int]) -> Findings:
    n = len(met)
    columns = [np.array([match[k] for match in found], kind) for k, kind in enumerate((int, int, np.int8, float, int))]
    container = np.select([columns[4] == columns[0], columns[4] == columns[1]], [LEFT, RIGHT], NEITHER)
    measures = np.zeros((len(MEASURES), len(found)))
    matches = Matches(*columns[:4], container.astype(np.int8), measures)
    near = Found(Matches.none(), np.zeros(n, np.int64), np.full(n, -1))
    return Findings(near, Found(matches, np.zeros(n, np.int64), np.array(met, np.int64)), np.arange(n))


@settings(max_examples=200)
@given(searches(), st.randoms(use_true_random=False))
def test_whatever_the_order_all_go_for_the_preferred_one(search: Search, draw: object) -> None:
    n, found, met = search
    rank = list(range(n))
    draw.shuffle(rank)  # type: ignore[attr-defined]
    turned = [
        (*sorted((rank[left], rank[right])), relation, score, rank[container] if container >= 0 else -1)
        for left, right, relation, score, container in found
    ]
    met_in_order = [-1] * n
    for document, other in enumerate(met):
        met_in_order[rank[document]] = rank[other] if other >= 0 else -1
    expected = naive.leader_clusters(n, turned + naive.inferred(n, turned, met_in_order))
    place = np.argsort(rank)
    ranking = Ranking(Numbering(np.array(rank), place), np.array(rank))
    formed = cluster(findings_of(found, met), ranking, Params(), np.zeros(n, bool))
    assert formed.clusters.leader.tolist() == expected
    for document in np.flatnonzero(formed.clusters.match >= 0):
        match = formed.clusters.match[document]
        assert document in (formed.matches.left[match], formed.matches.right[match])


@settings(max_examples=200)
@given(searches(), st.data())
def test_units_are_clustered_as_records_of_their_group(search: Search, data: st.DataObject) -> None:
    n, found, _ = search
    n_records = data.draw(st.integers(n, 2 * n + 3))
    more = st.lists(st.integers(-1, n - 1), min_size=n_records - n, max_size=n_records - n)
    document = np.array([*range(n), *data.draw(more)])
    numbers = st.lists(st.integers(0, 2), min_size=n_records, max_size=n_records)
    group, protected = np.array(data.draw(numbers)), np.array(data.draw(numbers)) == 0
    order = np.argsort(~protected, kind="stable")
    numbering, rank = Numbering(document, np.arange(n)).in_order(order)
    units = _units(numbering, order, group, protected)
    formed = cluster(findings_of(found, [-1] * n), Ranking(numbering, rank, units), Params(), np.zeros(n, bool))

    keys: dict[tuple[int, ...], list[int]] = {}
    for record in (record for record in order.tolist() if document[record] >= 0):
        key = (document[record], group[record])
        alone = protected[record] and key in keys
        keys.setdefault((*key, record) if alone else key, []).append(record)
    records_of = list(keys.values())
    number = {record: unit for unit, records in enumerate(records_of) for record in records}
    assert [number.get(record, -1) for record in range(n_records)] == units.numbering.document.tolist()
    assert [records[0] for records in records_of] == units.numbering.record.tolist()
    matches = []
    for left, right, relation, score, container in found:
        for one, other in ((o, p) for o in range(len(records_of)) for p in range(len(records_of))):
            here, there = records_of[one][0], records_of[other][0]
            if document[here] == left and document[there] == right and group[here] == group[there]:
                contains = {-1: -1, left: one, right: other}[container]
                matches.append((min(one, other), max(one, other), relation, score, contains))
    of_protected = [unit for unit, records in enumerate(records_of) if protected[records[0]]]
    assert formed.clusters.leader.tolist() == naive.leader_clusters(len(records_of), matches, of_protected)


def test_a_level_that_was_not_searched_has_no_clusters() -> None:
    ranking = Ranking(Numbering(np.arange(2), np.arange(2)), np.arange(2))
    assert cluster(Findings(), ranking, Params(level="identical"), np.zeros(2, bool)).clusters.kept.all()
