"""Evidence told to a person."""

from __future__ import annotations

from collections.abc import Mapping

from dedup.schema import EXCERPT, IDENTICAL, NEAR_DUPLICATE, PARTIAL, RELATED, REVISED, REWRITTEN


def reason(relation: int, measures: Mapping[str, float]) -> str:
    """Say in a few words why a pair has its relation.

    Parameters
    ----------
    relation : int
        A code of `dedup.schema`.
    measures : mapping
        By the names of `dedup.schema.MEASURES`.
    """
    if relation == IDENTICAL:
        return "the same words in the same order"
    if relation == NEAR_DUPLICATE:
        return f"resemblance {measures['resemblance']:.2f}"
    verbatim = f"{measures['verbatim']:.0%} of the shorter one stands word for word in the other"
    order = f"{measures['order']:.0%} of its other words come in the same order"
    rare = f"{measures['rare_containment']:.0%} of its rare word pairs, weighted, are in the other"
    if relation == EXCERPT:
        return f"{verbatim}, a longer one; {order}"
    if relation == REVISED:
        return f"{verbatim}; {rare}"
    if relation == REWRITTEN:
        return f"{verbatim}; {order}; {rare}"
    if relation == PARTIAL:
        return f"{verbatim}, but only {order}"
    if relation == RELATED:
        return f"{verbatim}; {rare}: the same story, written independently"
    raise ValueError(f"relation {relation}")
