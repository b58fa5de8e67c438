"""Say why a record is kept of its cluster: by the keep policy, or because of what it has besides what others have.

A container is kept although the policy prefers its excerpts: so the sentence names how many those are, and why they go.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.judge.match_table import Matches
from dedup.run.outcome import Outcome
from dedup.run.records import Records
from dedup.schema import EXCERPT, LEFT, REVISED, RIGHT, UPDATE

CONTAINED, SHORTER, CONTINUED, OTHERS = range(4)
"""What a preferred record is to the kept one: its excerpt, a version that lacks much of it, what it carries on with
news; or matched by fewer copies."""

KINDS = {EXCERPT: CONTAINED, REVISED: SHORTER, UPDATE: CONTINUED}

BY_POLICY = {
    "first": "the first of {} copies",
    "earliest": "the earliest of {} copies",
    "latest": "the latest of {} copies",
    "longest": "the longest of {} copies",
    "source": "the preferred one of {} copies",
    "original": "the most original of {} copies",
}

PREFERRED = {"first": "preceding", "earliest": "earlier", "latest": "later", "longest": "longer"}
"""What a record is that the policy prefers to the kept one, where that says more than that."""


class KeptReasons:
    """Why the records that lead clusters are kept.

    Parameters
    ----------
    records : Records
    outcome : Outcome
    matches : Matches
        Of units.
    policy : str
        Which of several copies is kept.
    """

    def __init__(self, records: Records, outcome: Outcome, matches: Matches, policy: str) -> None:
        self._policy = policy
        passed = outcome.outranked
        leader, match = outcome.leader[passed], outcome.match[passed]
        is_container = matches.container[match] == np.where(outcome.side[passed] == LEFT, RIGHT, LEFT)
        is_container &= outcome.via[passed] < 0
        kind = np.full(len(passed), OTHERS)
        for relation, of_relation in KINDS.items():
            kind[is_container & (matches.relation[match] == relation)] = of_relation
        self._leaders, place = np.unique(leader, return_inverse=True)
        shape = len(self._leaders), len(KINDS) + 1
        self._counts = np.bincount(place * shape[1] + kind, minlength=shape[0] * shape[1]).reshape(shape)
        same_date = records.published[passed] == records.published[leader]
        self._is_tied = np.bincount(place[same_date], minlength=len(self._leaders)) > 0

    def of(self, leaders: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> list[str]:
        """Return the sentences of records that lead clusters, given the sizes of these.

        Parameters
        ----------
        leaders, sizes : int64 array, shape (n_leaders,)
        """
        reasons = [BY_POLICY[self._policy].format(f"{size:,}") for size in sizes.tolist()]
        places = np.searchsorted(self._leaders, leaders)
        (known,) = np.nonzero(np.append(self._leaders, -1)[places] == leaders)
        for at in known.tolist():
            place = int(places[at])
            adjective = PREFERRED.get(self._policy, "preferred")
            if self._policy in ("earliest", "latest") and self._is_tied[place]:
                adjective += " or equally dated"
            reasons[at] = kept_although(self._counts[place].tolist(), adjective)
        return reasons


def kept_although(counts: list[int], adjective: str) -> str:
    """Return why a record is kept although the policy prefers others.

    Parameters
    ----------
    counts : list of int
        Of those others, by what they are to it: CONTAINED, SHORTER, CONTINUED, OTHERS.
    adjective : str
        What they are by the policy.

    Examples
    --------
    >>> kept_although([2, 0, 0, 0], "earlier"), kept_although([1, 1, 0, 0], "earlier")
    ('contains 2 earlier copies', 'fuller than 2 earlier copies')
    >>> kept_although([1, 0, 0, 1], "longer"), kept_although([0, 0, 0, 1], "earlier")
    ('contains 1 of 2 longer copies', 'matched by more copies than 1 earlier copy is')
    """
    total, less = sum(counts), sum(counts[:OTHERS])
    copies = f"{total:,} {adjective} {'copy' if total == 1 else 'copies'}"
    if not less:
        return f"matched by more copies than {copies} {'is' if total == 1 else 'are'}"
    of = copies if less == total else f"{less:,} of {copies}"
    if counts[CONTINUED]:
        return f"carries {of} on with news" if less == counts[CONTINUED] else f"has more than {of}"
    return f"fuller than {of}" if counts[SHORTER] else f"contains {of}"
