"""Find the runs of words that two texts have in common, and chain them over small gaps: verbatim passages.

Time and memory grow with the number of words, whatever the texts are: a run of SEED words that either text has more
than OFTEN times is paired with its counterpart of the same rank alone.
"""

from __future__ import annotations

import numpy as np
from numba import i8, u8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inlined_kernel, inner_kernel, kernel
from dedup.kernels.xxh import fmix64

OFTEN = 32  # places of a seed in a text up to which each is paired with each in the other
OVERLAP = 8  # words by which two runs of a chain may overlap in a text
GAP_TOKENS = 15  # tokens of a gap that is bridged: three words in an alphabet without spaces


@kernel
def seed_hashes(words: Array, seed: int, multiplier: int, out: Array) -> None:
    """Hash each run of ``seed`` words; ``out`` is a uint64 array of as many as there are."""
    for i in range(out.size):
        key = u8(multiplier)
        for k in range(i, i + seed):
            key = fmix64(key ^ u8(words[k]))
        out[i] = key


@kernel
def seed_places(hashes: Array, order: Array, n_left: int, out: Array) -> int:
    """Pair the places of equal seeds of two texts; return how many pairs there are.

    Parameters
    ----------
    hashes : uint64 array
        Of the seeds of the left text, then of the right one.
    order : int64 array
        Sorts the hashes; equal ones stay in order.
    n_left : int
        Seeds of the left text.
    out : int64 array
        Receives, unless it is empty, the number of the diagonal times ``n_left``, plus the place in the left text. The
        number of a diagonal is ``n_left``, plus the right place, less the left one.
    """
    count = i8(0)
    first = i8(0)
    while first < order.size:
        last = first
        middle = first
        while last < order.size and hashes[order[last]] == hashes[order[first]]:
            middle += i8(order[last] < n_left)
            last += 1
        lefts, rights = middle - first, last - middle
        by_rank = max(lefts, rights) > OFTEN
        for k in range(first, middle):
            begin, stop = middle, last
            if by_rank:
                begin = min(middle + (k - first), last)
                stop = min(begin + 1, last)
            if out.size > 0:
                for m in range(begin, stop):
                    out[count + m - begin] = (order[m] - order[k]) * n_left + order[k]
            count += stop - begin
        first = last
    return count


@kernel
def longest_runs(x: Array, y: Array, places: Array, n_left: int, out: Array) -> int:
    """Extend seeds to runs that no word more on either end would leave equal; return how many there are.

    Parameters
    ----------
    x, y : uint64 array
        The words of the texts.
    places : int64 array
        From `seed_places`, ascending.
    n_left : int
        As there.
    out : int64 array, shape (len(places), 3)
        Receives where each run begins in both texts, and how many words it has.
    """
    count = i8(0)
    on, done = i8(-1), i8(0)
    for place in places:
        diagonal, i = place // n_left, place % n_left
        if diagonal != on:
            on, done = diagonal, i8(0)
        if i < done:
            continue
        j = i + diagonal - n_left
        size = i8(0)
        while i + size < x.size and j + size < y.size and x[i + size] == y[j + size]:
            size += 1
        if size == 0:  # two seeds of one hash
            continue
        done = i + size
        while i > 0 and j > 0 and x[i - 1] == y[j - 1]:
            i -= 1
            j -= 1
            size += 1
        out[count, 0], out[count, 1], out[count, 2] = i, j, size
        count += 1
    return count


@kernel
def chain(runs: Array, x_sums: Array, y_sums: Array, widest: int, scores: Array, previous: Array) -> None:
    """Chain runs that follow one another closely in both texts.

    Parameters
    ----------
    runs : int64 array, shape (n_runs, 3)
        From `longest_runs`, in order of their places.
    x_sums, y_sums : int64 array
        Weight of the words of either text before each place.
    widest : int
        Weight of the words of a gap that is bridged.
    scores : int64 array
        Receives the weight of the best chain that ends with each run: of its words, less half of the wider side of
        each gap.
    previous : int64 array
        Receives the run before it in that chain, -1 for none.
    """
    last_with_end = np.full(x_sums.size, i8(-1))
    before = np.full(runs.shape[0], i8(-1))
    for b in range(runs.shape[0]):
        i, j, size = runs[b, 0], runs[b, 1], runs[b, 2]
        best = x_sums[i + size] - x_sums[i]
        from_run = i8(-1)
        for end in range(max(i8(0), i - GAP_TOKENS), min(i + OVERLAP, x_sums.size - 1) + 1):
            a = last_with_end[end]
            while a >= 0:
                over, left_gap, right_gap = join(runs, a, b)
                if over < size and left_gap <= GAP_TOKENS and right_gap <= GAP_TOKENS and over >= 0:
                    gap = max(x_sums[i + over] - x_sums[end], y_sums[j + over] - y_sums[j + over - right_gap])
                    score = scores[a] + x_sums[i + size] - x_sums[i + over] - gap // 2
                    if gap <= widest and score > best:
                        best, from_run = score, a
                a = before[a]
        scores[b], previous[b] = best, from_run
        before[b] = last_with_end[i + size]
        last_with_end[i + size] = b


@inlined_kernel
def join(runs: Array, a: int, b: int) -> tuple[int, int, int]:
    """Return how many words of run ``b`` overlap run ``a``, -1 if it does not follow, and the gaps on both sides."""
    if runs[a, 0] >= runs[b, 0] or runs[a, 1] >= runs[b, 1]:
        return i8(-1), i8(0), i8(0)
    left_gap = runs[b, 0] - runs[a, 0] - runs[a, 2]
    right_gap = runs[b, 1] - runs[a, 1] - runs[a, 2]
    over = max(i8(0), -min(left_gap, right_gap))
    return over, left_gap + over, right_gap + over


@kernel
def choose_chains(
    runs: Array,
    previous: Array,
    order: Array,
    x_sums: Array,
    x_continued: Array,
    y_continued: Array,
    least: int,
    x_used: Array,
    y_used: Array,
    out: Array,
    passages: Array,
) -> int:
    """Choose chains, the heaviest first, so that no two have a word in common; return how many passages they give.

    A chain that meets words of a heavier one is cut there.

    Parameters
    ----------
    runs, previous, x_sums
        As in `chain`.
    order : int64 array
        Runs by the score of the chains that end with them, the heaviest first.
    x_continued, y_continued : uint8 array, shape (n_words + 1,)
        1 for words that go on with the number before them.
    least : int
        Weight that a passage has at least.
    x_used, y_used : uint8 array
        Receive 1 for the words of passages.
    out : int64 array, shape (n_words + 1, 3)
        Receives the runs of the passages, cut where they overlap.
    passages : int64 array, shape (n_words + 2,)
        Receives where the runs of each passage begin in ``out``, and at the end where those of the last one end.
    """
    taken = np.zeros(runs.shape[0], np.uint8)
    members = np.zeros(runs.shape[0], np.int64)
    count = n_out = i8(0)
    for last in order:
        n_members = i8(0)
        b = last
        while b >= 0 and not taken[b]:
            taken[b] = 1
            members[n_members] = b
            n_members += 1
            b = previous[b]
        first = n_out
        for m in range(n_members - 1, -1, -1):
            b = members[m]
            over = i8(0)
            if m + 1 < n_members:
                over = join(runs, members[m + 1], b)[0]
            i, j, size = runs[b, 0] + over, runs[b, 1] + over, runs[b, 2] - over
            if n_out > first and not is_free(out, n_out - 1, i, j, x_used, y_used):
                n_out, count = close(
                    out, first, n_out, x_sums, x_continued, y_continued, least, x_used, y_used, passages, count
                )
                first = n_out
            for k in range(size):
                if x_used[i + k] or y_used[j + k]:
                    n_out, count = close(
                        out, first, n_out, x_sums, x_continued, y_continued, least, x_used, y_used, passages, count
                    )
                    first = n_out
                    continue
                if n_out > first and out[n_out - 1, 0] + out[n_out - 1, 2] == i + k and k > 0:
                    out[n_out - 1, 2] += 1
                else:
                    out[n_out, 0], out[n_out, 1], out[n_out, 2] = i + k, j + k, 1
                    n_out += 1
        n_out, count = close(
            out, first, n_out, x_sums, x_continued, y_continued, least, x_used, y_used, passages, count
        )
    passages[count] = n_out
    return count


@inner_kernel
def is_free(out: Array, before: int, i: int, j: int, x_used: Array, y_used: Array) -> bool:
    """Return whether no word between a run and the next place belongs to a passage."""
    used = i8(0)
    for k in range(out[before, 0] + out[before, 2], i):
        used += i8(x_used[k])
    for k in range(out[before, 1] + out[before, 2], j):
        used += i8(y_used[k])
    return used == 0


@inner_kernel
def close(
    out: Array,
    first: int,
    last: int,
    x_sums: Array,
    x_continued: Array,
    y_continued: Array,
    least: int,
    x_used: Array,
    y_used: Array,
    passages: Array,
    count: int,
) -> tuple[int, int]:
    """Make a passage of the runs ``out[first:last]``, if they are heavy enough; return the new counts of both."""
    last = without_parts_of_numbers(out, first, last, x_continued, y_continued)
    weight = i8(0)
    for r in range(first, last):
        weight += x_sums[out[r, 0] + out[r, 2]] - x_sums[out[r, 0]]
    if weight < least or first == last:
        return first, count
    x_used[out[first, 0] : out[last - 1, 0] + out[last - 1, 2]] = 1
    y_used[out[first, 1] : out[last - 1, 1] + out[last - 1, 2]] = 1
    passages[count] = first
    return last, count + 1


@inner_kernel
def without_parts_of_numbers(out: Array, first: int, last: int, x_continued: Array, y_continued: Array) -> int:
    """Cut words off both ends of a passage that are part of a longer number in either text; return its new last run."""
    while first < last and (
        x_continued[out[last - 1, 0] + out[last - 1, 2]] or y_continued[out[last - 1, 1] + out[last - 1, 2]]
    ):
        out[last - 1, 2] -= 1
        last -= i8(out[last - 1, 2] == 0)
    while first < last and (x_continued[out[first, 0]] or y_continued[out[first, 1]]):
        out[first, 0] += 1
        out[first, 1] += 1
        out[first, 2] -= 1
        if out[first, 2] == 0:
            for r in range(first + 1, last):
                out[r - 1, 0], out[r - 1, 1], out[r - 1, 2] = out[r, 0], out[r, 1], out[r, 2]
            last -= 1
    return last
