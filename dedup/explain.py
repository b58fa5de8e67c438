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
        By the names of `dedup.schema.MEASURES`; left is the document that is told about.
    """
    if relation == IDENTICAL:
        return "the same words in the same order"
    if relation == NEAR_DUPLICATE:
        return f"resemblance {measures['resemblance']:.2f}"
    if relation == EXCERPT:
        return f"{measures['containment_left']:.0%} of it stands in the longer one"
    rare = f"{measures['rare_containment']:.0%} of the shorter one's rare word pairs are in both"
    if relation == REVISED:
        return f"{rare}, {measures['containment_left']:.0%} of its passages word for word"
    if relation == REWRITTEN:
        return f"{rare}, in thin agreement from beginning to end"
    if relation == PARTIAL:
        return f"{rare}, but as passages within another article"
    if relation == RELATED:
        return f"{rare}: the same story, written independently"
    raise ValueError(f"relation {relation}")
