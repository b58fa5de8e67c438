"""What decided is told, and only what did."""

from __future__ import annotations

import pytest

from dedup.judge.reasons import reason
from dedup.judge.relation import Models
from dedup.params import Params
from dedup.schema import EXCERPT, IDENTICAL, MEASURES, NEAR_DUPLICATE, PARTIAL, REVISED, REWRITTEN, SAME_EVENT, TEMPLATE

NOTHING = dict.fromkeys(MEASURES, 0.0)


def test_near_and_identical_are_told_by_their_definition() -> None:
    assert reason(IDENTICAL, {}) == "the same words in the same order"
    assert reason(NEAR_DUPLICATE, {"resemblance": 0.834}) == "resemblance 0.83"


@pytest.mark.parametrize(("relation", "grounds"), [(EXCERPT, 1), (REVISED, 1), (REWRITTEN, 2)])
def test_a_copy_is_told_by_what_adds_most(relation: int, grounds: int) -> None:
    told = reason(
        relation, NOTHING | {"verbatim": 0.3, "anchor_order": 0.5, "least_covered_third": 0.6, "anchors_in_order": 0.2}
    )
    assert told.startswith("30% of the shorter one stands word for word in the other; ")
    assert told.count(";") == grounds
    model = Models.of(Params()).carried
    first = (
        "50% of its other words"
        if model.added("anchor_order", 0.5) > model.added("least_covered_third", 0.6)
        else "covered by 60%"
    )
    assert first in told
    assert "rare word pairs" not in told


@pytest.mark.parametrize("relation", [PARTIAL, SAME_EVENT])
@pytest.mark.parametrize(
    ("measures", "words"),
    [
        ({"contradicted": 0.1, "anchor_order": 0.9, "rare_containment": 0.9}, "least covered third only 0%"),
        ({"verbatim": 0.7, "rare_containment": 0.1}, "words that many articles have"),
        ({"least_covered_third": 0.9, "rare_containment": 0.9, "anchor_order": 0.05}, "only 5% of its other words"),
        ({"least_covered_third": 0.9, "rare_containment": 0.02, "anchor_order": 0.9}, "only 2% of its rare word pairs"),
    ],
)
def test_no_copy_is_told_by_what_lacks(relation: int, measures: dict[str, float], words: str) -> None:
    assert words in reason(relation, NOTHING | measures)


def test_a_template_is_told_by_what_is_contradicted() -> None:
    told = reason(TEMPLATE, NOTHING | {"verbatim": 0.7, "contradicted": 0.34, "rare_containment": 0.1})
    assert told.startswith("70% of the shorter one stands word for word in the other, but 34% of the facts")


@pytest.mark.parametrize("relation", range(IDENTICAL, SAME_EVENT + 1))
def test_every_relation_is_told(relation: int) -> None:
    assert "nan" not in reason(relation, NOTHING | {"contradicted": 0.5})


def test_unknown_relations_are_refused() -> None:
    with pytest.raises(ValueError, match="relation 9"):
        reason(9, NOTHING)
