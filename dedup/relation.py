"""From the evidence of a pair to its relation and score: every rule in one place."""

from __future__ import annotations

import numpy as np

from dedup.evidence import Evidence
from dedup.matches import NEITHER, Matches
from dedup.params import Params
from dedup.schema import NEAR_DUPLICATE


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
