"""Leader clusters equal the oracle and keep their guarantees; keep orders are what they say."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import naive
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.candidates.pairs import joined
from dedup.judge.clusters import Clusters, form_clusters, keep_order, merge_within_families
from dedup.judge.match_table import Matches
from dedup.params import KEEP_POLICIES
from dedup.report.run_table import WORDS_OF_POLICY
from dedup.run.index_matches import best_matches
from dedup.schema import EXCERPT, LEFT, MEASURES, NEAR_DUPLICATE, NEITHER, NO_DATE, REVISED, RIGHT


@st.composite
def matched(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int, float, int]]]:
    """Some documents, and matches among them; containers are longer than what they contain."""
    n = draw(st.integers(1, 12))
    lengths = draw(st.permutations(range(n)))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=25))
    found = []
    for left, right in sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}):
        relation = draw(st.integers(1, 4))
        longer = left if lengths[left] > lengths[right] else right
        container = longer if relation == EXCERPT or (relation == REVISED and draw(st.booleans())) else -1
        found.append((left, right, relation, draw(st.sampled_from([0.5, 0.75, 1.0])), container))
    return n, found


def matches_of(found: list[tuple[int, int, int, float, int]]) -> Matches:
    sides = [NEITHER if c < 0 else (LEFT if c == left else RIGHT) for left, _, _, _, c in found]
    return Matches(
        np.array([m[0] for m in found], np.int64),
        np.array([m[1] for m in found], np.int64),
        np.array([m[2] for m in found], np.int8),
        np.array([m[3] for m in found], np.float64),
        np.array(sides, np.int8),
        np.zeros((len(MEASURES), len(found))),
    )


# Two containers of one document that match each other: which is visited first decides.
TWO_CONTAINERS = (4, [(0, 2, 2, 0.5, 2), (1, 2, 2, 0.5, 1), (1, 3, 1, 0.5, -1), (2, 3, 2, 0.5, 3)])


@settings(max_examples=500)
@given(matched())
@example(TWO_CONTAINERS)
def test_clusters_equal_the_oracle(given_matches: tuple[int, list[tuple[int, int, int, float, int]]]) -> None:
    n, found = given_matches
    assert form_clusters(n, matches_of(found)).leader.tolist() == naive.leader_clusters(n, found)


@settings(max_examples=300)
@given(matched(), st.sets(st.integers(0, 11)))
def test_documents_decided_elsewhere_are_as_if_they_matched_nothing(
    given_matches: tuple[int, list[tuple[int, int, int, float, int]]], some: set[int]
) -> None:
    n, found = given_matches
    decided = np.isin(np.arange(n), list(some))
    others = [match for match in found if not decided[match[0]] and not decided[match[1]]]
    formed = form_clusters(n, matches_of(found), decided)
    assert formed.leader.tolist() == naive.leader_clusters(n, others)
    assert (formed.match[decided] == -1).all()


@settings(max_examples=300)
@given(matched(), st.integers(1, 4), st.sets(st.integers(0, 11)))
def test_the_best_match_with_an_old_document_is_taken(
    given_matches: tuple[int, list[tuple[int, int, int, float, int]]], last_copy: int, copies: set[int]
) -> None:
    n, found = given_matches
    original = ~np.isin(np.arange(n), list(copies))
    expected = []
    for document in range(n):
        may_join = [
            (relation, -score, left, at)
            for at, (left, right, relation, score, container) in enumerate(found)
            if right == document and original[left] and relation <= last_copy and container != document
        ]
        expected.append(min(may_join)[-1] if may_join else -1)
    assert best_matches(matches_of(found), original, last_copy, n).tolist() == expected


@settings(max_examples=500)
@given(matched())
def test_guarantees(given_matches: tuple[int, list[tuple[int, int, int, float, int]]]) -> None:
    n, found = given_matches
    formed = form_clusters(n, matches_of(found))
    for document in range(n):
        if formed.kept[document]:
            assert formed.leader[document] == document
            continue
        leader = formed.leader[document]
        left, right, relation, _, container = found[formed.match[document]]
        assert {left, right} == {document, leader}
        assert formed.kept[leader]
        assert container in (-1, leader)
        assert relation != EXCERPT or container == leader
    assert all(not (formed.kept[left] and formed.kept[right]) for left, right, *_ in found)


def test_an_excerpt_goes_for_its_container_even_if_it_came_first() -> None:
    formed = form_clusters(3, matches_of([(0, 1, EXCERPT, 1.0, 1), (1, 2, EXCERPT, 1.0, 2)]))
    assert formed.kept.tolist() == [True, False, True]  # 1 goes for 2; 0 has no match with 2 and stays


def test_a_version_that_has_more_stays_whatever_goes_for_it() -> None:
    """As the container of an excerpt does: what it has of its own would be lost."""
    for relation in (EXCERPT, REVISED):
        assert kept(2, [(0, 1, relation, 1.0, 1)]) == [1]
        assert kept(2, [(0, 1, relation, 1.0, 0)]) == [0]
    assert kept(2, [(0, 1, REVISED, 1.0, -1)]) == [0]


Found = list[tuple[int, int, int, float, int]]


def kept(n: int, found: Found) -> list[int]:
    return np.flatnonzero(form_clusters(n, matches_of(found)).kept).tolist()


# ---- versions that go with a dropped one of their family


def gathered(
    n: int, found: Found, root: list[int], free: list[bool] | None = None, updates: Sequence[tuple[int, int]] = ()
) -> Clusters:
    matches, may = matches_of(found), np.array([True] * n if free is None else free)
    apart = joined(np.array([a for a, _ in updates], int), np.array([b for _, b in updates], int))
    return merge_within_families(form_clusters(n, matches, ~may), matches, np.array(root), may, apart)


def near(*pairs: tuple[int, int], score: float = 1.0) -> Found:
    return [(*pair, NEAR_DUPLICATE, score, -1) for pair in pairs]


def test_a_version_goes_with_a_dropped_one_of_its_family() -> None:
    found = gathered(4, near((0, 1), (1, 2)), [0, 0, 0, 3])
    assert (found.leader.tolist(), found.match.tolist()) == ([0, 0, 0, 3], [-1, 0, 1, -1])


def test_a_version_with_news_does_not_go_by_way_of_another() -> None:
    chain = near((0, 1), (1, 2))
    assert gathered(3, chain, [0, 0, 0]).leader.tolist() == [0, 0, 0]
    assert gathered(3, chain, [0, 0, 0], updates=[(0, 2)]).leader.tolist() == [0, 0, 2]
    assert gathered(3, chain, [0, 0, 0], updates=[(0, 1)]).leader.tolist() == [0, 0, 0]


def test_and_those_that_went_for_it_with_it() -> None:
    """Nine copies of the first version; the other has two."""
    found = gathered(6, near((0, 1), (0, 2), (0, 3), (1, 4), (4, 5)), [0] * 6)
    assert (found.leader.tolist(), found.match.tolist()) == ([0] * 6, [-1, 0, 1, 2, 3, 4])


@pytest.mark.parametrize("root", [[0, 0, 2], [0, 1, 0], [0, 1, 1], [0, 1, 2]])
def test_none_goes_across_families(root: list[int]) -> None:
    """Neither the two nor the one that is kept may be of another."""
    assert gathered(3, near((0, 1), (1, 2)), root).leader.tolist() == [0, 0, 2]


def test_who_leads_documents_of_another_family_stays() -> None:
    found = gathered(5, near((0, 1), (0, 4), (1, 2), (2, 3)), [0, 0, 0, 3, 0])
    assert found.leader.tolist() == [0, 0, 2, 2, 0]
    assert gathered(5, near((0, 1), (0, 4), (1, 2), (2, 3)), [0] * 5).leader.tolist() == [0] * 5


@pytest.mark.parametrize("relation", [EXCERPT, REVISED])
def test_a_container_goes_with_no_part_of_it(relation: int) -> None:
    of = [(0, 1, NEAR_DUPLICATE, 1.0, -1)]
    assert gathered(3, [*of, (1, 2, relation, 1.0, 2)], [0] * 3).leader.tolist() == [0, 0, 2]
    assert gathered(3, [*of, (1, 2, relation, 1.0, 1)], [0] * 3).leader.tolist() == [0, 0, 0]


def test_the_smaller_cluster_goes_to_the_larger_and_the_later_to_the_earlier() -> None:
    larger = near((0, 1), (2, 3), (2, 4))
    assert gathered(5, [*larger, *near((0, 3), score=0.5)], [0] * 5).leader.tolist() == [2] * 5
    assert gathered(5, [*larger, *near((1, 2), score=0.5)], [0] * 5).leader.tolist() == [0, 0, 2, 2, 2]
    alike = near((0, 1), (2, 3))
    assert gathered(4, [*alike, *near((1, 2), score=0.5)], [0] * 4).leader.tolist() == [0] * 4
    assert gathered(4, [*alike, *near((0, 3), score=0.5)], [0] * 4).leader.tolist() == [0, 0, 2, 2]


def test_what_is_dropped_for_another_reason_takes_none_along() -> None:
    assert gathered(3, near((0, 1), (1, 2)), [0] * 3, [True, False, True]).leader.tolist() == [0, 1, 2]
    assert gathered(3, near((0, 1), (1, 2)), [0] * 3, [True, True, False]).leader.tolist() == [0, 0, 2]


@settings(max_examples=500)
@given(matched(), st.lists(st.integers(0, 2), min_size=12, max_size=12), st.sets(st.integers(0, 11), max_size=3))
def test_guarantees_of_families(given_matches: tuple[int, Found], family: list[int], decided: set[int]) -> None:
    n, found = given_matches
    root = [family[:n].index(family[k]) for k in range(n)]
    free = [k not in decided for k in range(n)]
    before = form_clusters(n, matches_of(found), ~np.array(free))
    formed = gathered(n, found, root, free)
    for document in range(n):
        leader, match = int(formed.leader[document]), int(formed.match[document])
        assert formed.match[leader] < 0
        assert formed.leader[leader] == leader
        if match < 0:
            assert leader == document
            continue
        left, right, _, _, container = found[match]
        assert document in (left, right)
        other = left + right - document
        assert container in (-1, other)
        # With the kept one, or with one that is dropped for it, too, all of one family.
        assert formed.leader[other] == leader
        assert other == leader or root[document] == root[other] == root[leader]
        assert before.match[document] in (-1, match)
        if leader != before.leader[document]:
            assert root[document] == root[leader] == root[before.leader[document]]


@settings(max_examples=500)
@given(matched(), st.lists(st.integers(0, 1), min_size=12, max_size=12), st.randoms(use_true_random=False))
def test_families_do_not_depend_on_the_order_of_matches(
    given_matches: tuple[int, Found], family: list[int], draw: random.Random
) -> None:
    n, found = given_matches
    root = [family[:n].index(family[k]) for k in range(n)]
    one = gathered(n, found, root)
    shuffled = found[:]
    draw.shuffle(shuffled)
    other = gathered(n, shuffled, root)
    assert one.leader.tolist() == other.leader.tolist()
    assert [found[k] if k >= 0 else None for k in one.match] == [shuffled[k] if k >= 0 else None for k in other.match]


def test_whoever_copies_the_same_version_the_order_decides_nothing() -> None:
    """Three clusters of two: 0 and 2 copy what went for 1. If 2 is tried first, 1 leads the largest, and 0 goes too."""
    found = [*near((0, 4), (1, 5), (2, 6)), *near((0, 5), (2, 5), score=0.5)]
    leaders = {tuple(gathered(7, list(some), [0] * 7).leader.tolist()) for some in itertools.permutations(found)}
    assert len(leaders) == 1


def orders(policy: str, prefer: tuple[str, ...] = ()) -> list[int]:
    return keep_order(
        policy,
        pa.chunked_array([["d", "b", "a"], ["c", "e", "é"]]),
        np.array([5, NO_DATE, 5, 3, NO_DATE, 3]),
        np.array([7, 9, 7, 1, 2, 9]),
        pa.chunked_array([["AP", None, "dpa"], ["AP", "Reuters", "x"]]),
        lambda some: np.arange(len(some), dtype=np.uint64),
        prefer,
        origin=np.array([1, 0, 0, 1, 0, 0], np.int8),
    ).tolist()


def test_keep_orders() -> None:
    assert orders("first") == [0, 1, 2, 3, 4, 5]
    assert orders("earliest") == [3, 5, 2, 0, 1, 4]
    assert orders("latest") == [2, 0, 3, 5, 1, 4]
    assert orders("longest") == [1, 5, 2, 0, 4, 3]
    assert orders("source", ("Reuters", "AP")) == [4, 3, 0, 5, 2, 1]
    assert orders("source", ("reuters ", "ap")) == orders("source", ("Reuters", "AP"))


def test_each_keep_policy_has_an_order_and_words() -> None:
    orders_of = {policy: tuple(orders(policy, ("Reuters",))) for policy in KEEP_POLICIES}
    assert len(set(orders_of.values())) == len(KEEP_POLICIES)
    assert set(KEEP_POLICIES) == set(WORDS_OF_POLICY)
    with pytest.raises(ValueError, match="shortest"):
        orders("shortest")
