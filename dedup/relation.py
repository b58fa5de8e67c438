"""From the evidence of a pair to its relation and score: every rule in one place."""

from __future__ import annotations

import numpy as np

from dedup.evidence import Evidence
from dedup.matches import LEFT, NEITHER, RIGHT, Matches
from dedup.params import Params
from dedup.schema import EXCERPT, NEAR_DUPLICATE, PARTIAL, RELATED, REVISED, REWRITTEN

RELATED_FROM = 0.1
"""Rare containment from which two texts that are no copies are called related."""


def near_duplicates(evidence: Evidence, params: Params) -> Matches:
    """Return the pairs whose resemblance is at least the threshold; their score is the resemblance."""
    (at,) = np.nonzero(evidence["resemblance"] >= params.threshold)
    return Matches(
        evidence.left[at],
        evidence.right[at],
        np.full(len(at), NEAR_DUPLICATE, np.int8),
        evidence["resemblance"][at],
        np.full(len(at), NEITHER, np.int8),
        evidence.measures[:, at],
    )


def judge(evidence: Evidence, params: Params, related: bool = False) -> Matches:
    """Return the pairs that have a relation worth telling: all but ``related``, unless they are asked for."""
    verbatim, order, near, low = (evidence[name] for name in ("verbatim", "order", "near", "low"))
    rare = np.maximum(evidence["rare_containment"], evidence["rare_containment_longer"])
    logit = -6.0 + 8.0 * verbatim + 12.0 * order + 5.0 * near + 8.0 * low + 6.0 * rare
    score = 1.0 / (1.0 + np.exp(-logit))
    is_near = evidence["resemblance"] >= params.threshold
    is_copy = score >= 0.5
    shorter = np.minimum(evidence.lengths_left, evidence.lengths_right)
    longer = np.maximum(evidence.lengths_left, evidence.lengths_right)
    relation = np.full(len(score), RELATED, np.int8)
    relation[rare >= 0.15] = PARTIAL
    relation[is_copy] = REWRITTEN
    relation[is_copy & (verbatim >= 0.5)] = REVISED
    relation[is_copy & (verbatim >= 0.85) & (shorter <= 0.8 * longer)] = EXCERPT
    relation[is_near] = NEAR_DUPLICATE
    score[is_near] = evidence["resemblance"][is_near]
    container = np.where(evidence.lengths_left > evidence.lengths_right, LEFT, RIGHT)
    container[relation != EXCERPT] = NEITHER
    (at,) = np.nonzero(relation < RELATED + related)
    return Matches(
        evidence.left[at],
        evidence.right[at],
        relation[at],
        score[at],
        container[at].astype(np.int8),
        evidence.measures[:, at],
    )
