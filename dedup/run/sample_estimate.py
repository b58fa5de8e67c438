"""Reckon up what was found in a sample of stories for the whole input, with intervals.

Each story stands for the reciprocal of its probability to be drawn (Horvitz and Thompson 1952). Stories are drawn
independently of each other, so the variance is a sum over those that were drawn. Counts are small and their
distribution is lopsided; the intervals are those for weighted sums of rare events, with two gamma distributions
(Fay and Feuer 1997).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dedup.kernels import leader_clusters as kernel
from dedup.params import Params
from dedup.run.clustering import judged
from dedup.run.findings import Findings, search_params
from dedup.run.ranking import Numbering
from dedup.run.story_sample import StorySample, inclusion
from dedup.schema import RELATIONS, UPDATE

NORMAL = 1.959964
"""Quantile of the normal distribution, for intervals of 95 %."""

CHI_SQUARED_2 = 7.377759
"""The same of the distribution of the square of two normal values."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Total:
    """An estimated number of records, with its interval of 95 %."""

    value: float
    low: float
    high: float

    def as_dict(self, records: int) -> dict[str, Any]:
        """Return the number, and the share of all records that it is."""
        whole = max(records, 1)
        shares = (min(1.0, round(one / whole, 6)) for one in (self.value, self.low, self.high))
        return {"records": round(self.value), **dict(zip(("share", "low", "high"), shares, strict=True))}


def total(counts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], share: float) -> Total:
    """Estimate a sum over all stories.

    Parameters
    ----------
    counts : int64 array, shape (n_stories,)
        Records of each drawn story that count.
    sizes : int64 array, shape (n_stories,)
        Distinct texts of each.
    share : float
        Probability of a text to be drawn, in (0, 1].
    """
    chance = inclusion(sizes, share)
    parts = counts / chance
    value = float(parts.sum())
    if share >= 1.0:
        return Total(value, value, value)
    variance = float(((1.0 - chance) * parts**2).sum())
    if value == 0.0:
        return Total(0.0, 0.0, CHI_SQUARED_2 / (2.0 * share))
    # One story more, of the weight of the heaviest, might have been drawn.
    largest = float(parts.max())
    low = variance / (2.0 * value) * _chi_squared(2.0 * value**2 / variance, -NORMAL) if variance else value
    wide, more = variance + largest**2, value + largest
    high = wide / (2.0 * more) * _chi_squared(2.0 * more**2 / wide, NORMAL)
    return Total(value, min(low, value), high)


def _chi_squared(degrees: float, normal: float) -> float:
    """Return a quantile of the chi-squared distribution, by that of the normal one (Wilson and Hilferty 1931)."""
    spread = 2.0 / (9.0 * degrees)
    return float(degrees * max(0.0, 1.0 - spread + normal * np.sqrt(spread)) ** 3)


def stories_of(
    findings: Findings, numbering: Numbering, params: Params
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the stories of a run as a sample draws them: linked by the copies and updates of its search.

    Parameters
    ----------
    findings : Findings
    numbering : Numbering
        That of the search.
    params : Params
        Of the run.

    Returns
    -------
    story : int64 array, shape (n_records,)
        From 0; -1 where a record has no words.
    sizes : int64 array, shape (n_stories,)
        Distinct texts of each.
    """
    found = findings.rare or findings.near
    root = np.arange(len(numbering.record))
    if found is not None:
        matches = judged(found, search_params(params))
        linked = matches.take(np.flatnonzero(matches.relation <= UPDATE))
        kernel.connect(linked.left, linked.right, root)
    _, story = np.unique(root, return_inverse=True)
    return np.append(story, -1)[numbering.document], np.bincount(story)


def estimate_of(
    decisions: pa.Table,
    stories: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    share: float,
    records: int,
) -> dict[str, Any]:
    """Estimate how many records of the whole input would be dropped, and by which relation.

    Parameters
    ----------
    decisions : pyarrow.Table
        Of the records of the sample.
    stories : (int64 array, int64 array)
        The story of each record, and the distinct texts of each story.
    share : float
        Of the texts that were drawn.
    records : int
        Of the whole input.
    """
    story, sizes = stories
    relations = pc.index_in(decisions["relation"], value_set=pa.array(RELATIONS))
    by = np.where(np.asarray(decisions["kept"]), -1, np.asarray(pc.fill_null(relations, -1)))

    def of(which: npt.NDArray[np.bool_]) -> dict[str, Any]:
        counts = np.bincount(story[which & (story >= 0)], minlength=len(sizes))
        return total(counts, sizes, share).as_dict(records)

    by_relation = {name: of(by == code) for code, name in enumerate(RELATIONS) if (by == code).any()}
    return {"dropped": of(by >= 0), "relations": by_relation}


def sample_summary(sample: StorySample, decisions: pa.Table, share: float) -> dict[str, Any]:
    """Return what the summary of a run says of a sample: its size, and an estimate for the whole input."""
    sizes = np.bincount(sample.story)
    size = {"share": share, "records_read": sample.size, "texts_drawn": sample.drawn, "stories": len(sizes)}
    stories = sample.story_of_record, sizes
    return {"sample": size, "estimate": estimate_of(decisions, stories, share, sample.size)}
