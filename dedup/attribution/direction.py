"""Decide which side of a match seems to be the copy, by credits, sources, dates and measures.

These are the grounds, the strongest first. The first one that applies decides; if none does, the answer is open.

1. *Credit.* One credits the agency that the other comes from, and does not come from it itself. The other comes from
   an agency where its ``source`` says so; or where it has no source but bears the agency's mark ("LONDON (Reuters) -")
   while the first only says that it draws on it ("with reporting by Reuters").
2. *Common origin.* Both credit the same agency, and come from two other sources: both carry the agency's copy. Neither
   was made from the other, whatever their dates: open.
3. *Date.* The later one, where both are dated and the dates differ.
4. *Cut.* For near duplicates and revised texts, the one that has nothing of its own, if the other has much.

A credit in only one of the two is no ground: the other one may be the agency's own copy, or a copy whose credit was
cut. Length alone is no ground either: reports grow by updates as often as they shrink by cuts, and of 820 excerpts in
dated web news 46 of 100 were later than the text that contains them (`benchmarks/quality/direction.py`). A ``partial``
match is decided by credit and date alone, because either text may have had the shared passages first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.attribution.agencies import UNKNOWN
from dedup.schema import LEFT, NEAR_DUPLICATE, NEITHER, NO_DATE, REVISED, RIGHT, SAME_EVENT

NOTHING_OF_ITS_OWN = 0.98
"""Containment from which a document has nothing of its own but a word or two."""

MUCH_OF_ITS_OWN = 0.8
"""Containment up to which the other has much: a fifth of it is not in the first."""


class Sides(NamedTuple):
    """Source, credit and date of one side of each pair.

    Parameters
    ----------
    source : int64 array, shape (n_pairs,)
        Where the document was published: the code of an agency, a higher number for each other source, or UNKNOWN.
    credit : int64 array
        Code of the agency it credits, or UNKNOWN.
    drawn_on : bool array
        Whether it credits it in words, instead of bearing its mark.
    published : int64 array
        Microseconds since 1970 UTC, or NO_DATE.
    """

    source: npt.NDArray[np.int64]
    credit: npt.NDArray[np.int64]
    drawn_on: npt.NDArray[np.bool_]
    published: npt.NDArray[np.int64]


def derived(
    left: Sides,
    right: Sides,
    relation: npt.NDArray[np.int8],
    containment_left: npt.NDArray[np.float64],
    containment_right: npt.NDArray[np.float64],
) -> npt.NDArray[np.int8]:
    """Return the side of each pair that seems to be the copy of the other.

    Parameters
    ----------
    left, right : Sides
    relation : int8 array, shape (n_pairs,)
        Codes of `dedup.schema`.
    containment_left, containment_right : float64 array
        NaN where not measured.

    Returns
    -------
    int8 array, shape (n_pairs,)
        LEFT, RIGHT, or NEITHER where the grounds are thin.
    """
    left_owes, right_owes = _owes(left, right), _owes(right, left)
    dated = (left.published != NO_DATE) & (right.published != NO_DATE) & (left.published != right.published)
    can_be_cut = (relation == NEAR_DUPLICATE) | (relation == REVISED)
    grounds = (
        (relation == SAME_EVENT, NEITHER),  # written independently
        (left_owes & ~right_owes, LEFT),
        (right_owes & ~left_owes, RIGHT),
        (_common_origin(left, right), NEITHER),
        (dated, np.where(left.published > right.published, LEFT, RIGHT)),
        (can_be_cut & _is_cut(containment_left, containment_right), LEFT),
        (can_be_cut & _is_cut(containment_right, containment_left), RIGHT),
    )
    sides = np.select(
        [ground for ground, _ in grounds],
        [np.broadcast_to(side, relation.shape) for _, side in grounds],
        NEITHER,
    )
    return sides.astype(np.int8)


def origins(
    is_agency: npt.NDArray[np.bool_], credit: npt.NDArray[np.int64], drawn_on: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int8]:
    """Rank documents by how close they seem to be to the origin of their copies; the closest is 0.

    An agency's own; one that bears an agency's mark, as the agency sent it; one that credits none; one that says that
    it draws on another.

    Parameters
    ----------
    is_agency : bool array, shape (n,)
        Whether it was published by an agency.
    credit, drawn_on : arrays, shape (n,)
        As in `Sides`.
    """
    bears_mark = (credit != UNKNOWN) & ~drawn_on
    return np.select([is_agency, bears_mark, credit == UNKNOWN], [0, 1, 2], 3).astype(np.int8)


def _owes(this: Sides, other: Sides) -> npt.NDArray[np.bool_]:
    """Return where one side credits the agency that the other comes from, and does not come from it itself."""
    bears_mark = (other.source == UNKNOWN) & ~other.drawn_on & (other.credit == this.credit)
    comes_from_it = (this.credit == other.source) | (this.drawn_on & bears_mark)
    return np.asarray((this.credit != UNKNOWN) & (this.credit != this.source) & comes_from_it)


def _common_origin(left: Sides, right: Sides) -> npt.NDArray[np.bool_]:
    """Return where two other sources carry the copy of one agency."""
    same = (left.credit == right.credit) & (left.credit != UNKNOWN) & (left.source != right.source)
    are_known = (left.source != UNKNOWN) & (right.source != UNKNOWN)
    return np.asarray(same & are_known & (left.source != left.credit) & (right.source != right.credit))


def _is_cut(containment: npt.NDArray[np.float64], of_other: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return where a document has nothing of its own and the other has much."""
    return np.asarray((containment >= NOTHING_OF_ITS_OWN) & (of_other <= MUCH_OF_ITS_OWN))
