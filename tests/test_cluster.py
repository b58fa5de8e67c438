"""Leader clusters equal the oracle and keep their guarantees; keep orders are what they say."""

from __future__ import annotations

import naive
import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.cluster import clusters, keep_order
from dedup.known import best
from dedup.matches import LEFT, NEITHER, RIGHT, Matches
from dedup.schema import EXCERPT, MEASURES, NO_DATE


@st.composite
def matched(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int, float, int]]]:
    """Some documents, and matches among them; containers are longer than what they contain."""
    n = draw(st.integers(1, 12))
    lengths = draw(st.permutations(range(n)))
    pairs = draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=25))
    found = []
    for left, right in sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}):
        relation = draw(st.integers(1, 4))
        container = (left if lengths[left] > lengths[right] else right) if relation == EXCERPT else -1
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
    assert clusters(n, matches_of(found)).leader.tolist() == naive.leader_clusters(n, found)


@settings(max_examples=300)
@given(matched(), st.sets(st.integers(0, 11)))
def test_documents_decided_elsewhere_are_as_if_they_matched_nothing(
    given_matches: tuple[int, list[tuple[int, int, int, float, int]]], some: set[int]
) -> None:
    n, found = given_matches
    decided = np.isin(np.arange(n), list(some))
    others = [match for match in found if not decided[match[0]] and not decided[match[1]]]
    formed = clusters(n, matches_of(found), decided)
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
    assert best(matches_of(found), original, last_copy, n).tolist() == expected


@settings(max_examples=500)
@given(matched())
def test_guarantees(given_matches: tuple[int, list[tuple[int, int, int, float, int]]]) -> None:
    n, found = given_matches
    formed = clusters(n, matches_of(found))
    for document in range(n):
        if formed.kept[document]:
            assert formed.leader[document] == document
            continue
        leader = formed.leader[document]
        left, right, relation, _, container = found[formed.match[document]]
        assert {left, right} == {document, leader}
        assert formed.kept[leader]
        assert relation != EXCERPT or container == leader
    assert all(not (formed.kept[left] and formed.kept[right]) for left, right, *_ in found)


def test_an_excerpt_goes_for_its_container_even_if_it_came_first() -> None:
    formed = clusters(3, matches_of([(0, 1, EXCERPT, 1.0, 1), (1, 2, EXCERPT, 1.0, 2)]))
    assert formed.kept.tolist() == [True, False, True]  # 1 goes for 2; 0 has no match with 2 and stays


def orders(policy: str, prefer: tuple[str, ...] = ()) -> list[int]:
    digests = np.arange(12, dtype=np.uint64).reshape(6, 2)
    return keep_order(
        policy,
        pa.chunked_array([["d", "b", "a"], ["c", "e", "é"]]),
        np.array([5, NO_DATE, 5, 3, NO_DATE, 3]),
        np.array([7, 9, 7, 1, 2, 9]),
        pa.chunked_array([["AP", None, "dpa"], ["AP", "Reuters", "x"]]),
        digests,
        prefer,
    ).tolist()


def test_keep_orders() -> None:
    assert orders("first") == [0, 1, 2, 3, 4, 5]
    assert orders("earliest") == [3, 5, 2, 0, 1, 4]
    assert orders("latest") == [2, 0, 3, 5, 1, 4]
    assert orders("longest") == [1, 5, 2, 0, 4, 3]
    assert orders("source", ("Reuters", "AP")) == [4, 3, 0, 5, 2, 1]
    assert orders("source", ("reuters ", "ap")) == orders("source", ("Reuters", "AP"))
