"""Precision, recall, granularity and plagdet, against counting characters one by one as their definition does."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality.pan13 import detected
from benchmarks.quality.plagdet import Case, scores

spans = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda span: (span[0], span[0] + span[1]))
cases = st.lists(st.builds(Case, spans, spans), max_size=4)


def characters(case: Case) -> set[tuple[str, int]]:
    source, derived = ({(side, k) for k in range(*span)} for side, span in (("s", case.source), ("d", case.derived)))
    return source | derived


def meet(one: Case, other: Case) -> bool:
    common = characters(one) & characters(other)
    return {side for side, _ in common} == {"s", "d"}


def covered(one: Case, others: list[Case]) -> float:
    union = set().union(*(characters(one) & characters(other) for other in others if meet(one, other)))
    return len(union) / len(characters(one))


@given(st.lists(st.tuples(cases, cases), min_size=1, max_size=3))
def test_the_figures_equal_the_definition(pairs: list[tuple[list[Case], list[Case]]]) -> None:
    found = scores(pairs)
    shares = [covered(one, labelled) for labelled, detections in pairs for one in detections]
    recalls = [covered(one, detections) for labelled, detections in pairs for one in labelled]
    counts = [sum(meet(one, case) for one in detections) for labelled, detections in pairs for case in labelled]
    precision, recall = (sum(values) / len(values) if values else 0.0 for values in (shares, recalls))
    pieces = [count for count in counts if count]
    granularity = sum(pieces) / len(pieces) if pieces else 1.0
    assert math.isclose(found.precision, precision)
    assert math.isclose(found.recall, recall)
    assert math.isclose(found.granularity, granularity)
    harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    assert math.isclose(found.plagdet, harmonic / math.log2(1 + granularity))


def test_two_pieces_of_one_case_cost() -> None:
    case = Case((0, 100), (0, 100))
    halves = [Case((0, 50), (0, 50)), Case((50, 100), (50, 100))]
    assert scores([([case], [case])]).plagdet == 1.0
    assert math.isclose(scores([([case], halves)]).plagdet, 1 / math.log2(3))


def test_passages_that_adjoin_are_one_region() -> None:
    words = [f"w{k}" for k in range(120)]
    left = " ".join(words)
    right = " ".join([*words[:60], "entirely", "new", "words", "that", "were", "put", "in", *words[60:]])
    assert detected(left, right) == [Case((0, len(left)), (0, len(right)))]
    assert len(detected(left, right, joined=5)) == 2
    assert detected(left, right, least=10_000) == []
