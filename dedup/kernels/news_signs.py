"""Find signs of news between two texts: other stages of the story in their openings, other weekdays."""

from __future__ import annotations

from numba import i8, u4

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, kernel
from dedup.kernels.contradicted_slots import in_table

STAGES, WEEKDAYS = 15, 7  # bits of the set of what a word shows, the stages lowest
OPENING = 60  # words
FEW_STAGES, FEW_DAYS = 3, 1  # added below each bar

NEW_STAGES, NEW_WEEKDAYS = range(2)
N_NEWS = 2


@inlined_kernel
def members(bits: int) -> int:
    """Return the number of members of a set of bits."""
    count = i8(0)
    while bits != u4(0):
        bits &= u4(bits - u4(1))
        count += 1
    return count


@inlined_kernel
def shown_by(text: Array, size: int, words: Array) -> int:
    """Return the set of all stages and weekdays that the first words of a text show."""
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
    """Measure which stages and weekdays only one document of each pair shows.

    Parameters
    ----------
    tokens : uint32 array
    starts, ends : int64 array, shape (n_documents,)
    words : uint32 array, shape (n, 2)
        From `dedup.judge.story_stages.table`.
    left, right : int64 array, shape (n_pairs,)
    out : float64 array, shape (n_pairs, N_NEWS)
        Stages that only one opening shows, over them and FEW_STAGES; weekdays that only one text names, over all that
        are named and FEW_DAYS.
    """
    for q in range(left.size):
        x, y = tokens[starts[left[q]] : ends[left[q]]], tokens[starts[right[q]] : ends[right[q]]]
        stages = members((shown_by(x, i8(OPENING), words) ^ shown_by(y, i8(OPENING), words)) & u4((1 << STAGES) - 1))
        x_days, y_days = shown_by(x, x.size, words) >> u4(STAGES), shown_by(y, y.size, words) >> u4(STAGES)
        out[q, NEW_STAGES] = stages / (stages + FEW_STAGES)
        out[q, NEW_WEEKDAYS] = members(x_days ^ y_days) / (members(x_days | y_days) + FEW_DAYS)
