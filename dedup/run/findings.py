"""Hold what a search found among documents: everything that decisions are made from, whatever the parameters.

A search does not see which copy is kept, how far a copy may be from its original, or what becomes of updates. It judges
by `search_params`, and documents are numbered in one order; so every decision can be made from what it found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dedup.candidates.pairs import Bucket
from dedup.judge.evidence import Evidence
from dedup.judge.match_table import Matches
from dedup.params import Level, Params

OF_DECISIONS = ("level", "threshold", "score", "keep", "prefer", "protect", "within", "updates", "certainty")
"""Parameters that a search does not see, but for how far it goes: `search_params`."""


def search_params(params: Params) -> Params:
    """Return the parameters by which a search judges: the usual ones, down to the floor, at its farthest level."""
    usual = Params()
    fields = {name: getattr(usual, name) for name in OF_DECISIONS}
    fields["level"] = min(params.level, Level.near) if params.level < Level.syndicated else Level.rewritten
    return replace(params, **fields | {"threshold": params.least_resemblance, "floor": None})


@dataclass(frozen=True, slots=True)
class Found:
    """What one pass found.

    Parameters
    ----------
    matches : Matches
        By the judgement of the search; the measures are complete. Documents are numbered as in the search.
    lengths : int64 array, shape (n_documents,)
        Words of each document, as the pass measured it.
    met : int64 array, shape (n_documents,)
        Of documents that were set aside when they matched one, before they had met all others: that one. Else -1.
    hidden : Bucket or None
        The largest bucket or posting list whose documents were not all compared with one another.
    is_judged : bool
        Whether the matches have a relation; otherwise only their measures count.
    """

    matches: Matches
    lengths: npt.NDArray[np.int64]
    met: npt.NDArray[np.int64]
    hidden: Bucket | None = None
    is_judged: bool = True

    @property
    def evidence(self) -> Evidence:
        """The measures of the matches."""
        left, right = self.matches.left, self.matches.right
        return Evidence(left, right, self.lengths[left], self.lengths[right], self.matches.measures)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the passes of a search found.

    Parameters
    ----------
    near : Found or None
        None at level identical, where nothing is searched for.
    rare : Found or None
        None below level syndicated.
    root : int64 array, shape (n_documents,), or None
        The family of each document, as in `dedup.judge.families.Families`; None below level syndicated.
    """

    near: Found | None = None
    rare: Found | None = None
    root: npt.NDArray[np.int64] | None = None
