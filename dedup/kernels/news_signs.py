"""What is new in one text against the other: the stage at which its opening finds the story, the days that it names."""

from __future__ import annotations

from numba import i8, njit, u4

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import kernel
from dedup.kernels.contradicted_slots import in_table

STAGES, WEEKDAYS = 15, 7  # bits of the set that a word tells, the stages lowest
OPENING = 60  # words
FEW_STAGES, FEW_DAYS = 3, 1  # added below each bar

NEW_STAGES, NEW_WEEKDAYS = range(2)
N_NEWS = 2


@njit(inline="always")
def members(some: int) -> int:
    """Return how many members a set has."""
    count = i8(0)
    while some != u4(0):
        some &= u4(some - u4(1))
        count += 1
    return count


@njit(inline="always")
def told(text: Array, size: int, words: Array) -> int:
    """Return the set of all that the first words of a text tell."""
    found = u4(0)
    for k in range(min(size, text.size)):
        found |= words[in_table(words, text[k]), 1]
    return found


@kernel
def news(
    tokens: Array,
    starts: Array,
    ends: Array,
    words: Array,
    left: Array,
    right: Array,
    out: Array,
) -> None:
    """Measure what is new in the openings of each pair.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    words : uint32 array, shape (n, 2)
        From `dedup.judge.story_stages.table`.
    left, right : int64 array, shape (n_pairs,)
    out : float64 array, shape (n_pairs, N_NEWS)
        Stages that one opening tells and the other does not, over them and FEW_STAGES; days that one text names and the
        other does not, over all that are named and FEW_DAYS.
    """
    for q in range(left.size):
        x, y = tokens[starts[left[q]] : ends[left[q]]], tokens[starts[right[q]] : ends[right[q]]]
        stages = members((told(x, OPENING, words) ^ told(y, OPENING, words)) & u4((1 << STAGES) - 1))
        x_days, y_days = told(x, x.size, words) >> u4(STAGES), told(y, y.size, words) >> u4(STAGES)
        out[q, NEW_STAGES] = stages / (stages + FEW_STAGES)
        out[q, NEW_WEEKDAYS] = members(x_days ^ y_days) / (members(x_days | y_days) + FEW_DAYS)
