"""Cut texts into statements, and find the statements of two texts that say much the same in other words."""

from __future__ import annotations

import numpy as np
from numba import i8

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel

OFTEN = 16  # statements of a text with a word up to which the word leads from one text to the other
LEADS = 2  # such words that two statements share before they are compared
BEST = 4  # statements of the right text that are kept for one of the left


@kernel
def cut(breaks: Array, used: Array, sums: Array, longest: int, least: int, out: Array) -> int:
    """Cut a text into statements at ends of sentences, and around words that are used; return how many there are.

    Parameters
    ----------
    breaks, used : uint8 array, shape (n_words,)
        1 for words at the end of a sentence or line; for words that are in no statement.
    sums : int64 array, shape (n_words + 1,)
        Weight of the words before each place.
    longest, least : int
        Weight at which a statement is cut, and that it has at least.
    out : int64 array, shape (n_words + 1, 2)
        Receives the first word of each statement and the one after its last.
    """
    count = first = i8(0)
    for k in range(breaks.size + 1):
        is_full = k < breaks.size and sums[k] - sums[first] >= longest
        if k == breaks.size or used[k] or is_full or (k > 0 and breaks[k - 1]):
            if sums[k] - sums[first] >= least:
                out[count, 0], out[count, 1] = first, k
                count += 1
            first = k + 1 if k < breaks.size and used[k] else k
    return count


@kernel
def count_statements(words: Array, statements: Array, counts: Array) -> None:
    """Add to ``counts``, for each word, the number of statements that have it."""
    last = np.full(counts.size, i8(-1))
    for s in range(statements.shape[0]):
        for k in range(statements[s, 0], statements[s, 1]):
            if last[words[k]] != s:
                last[words[k]] = s
                counts[words[k]] += 1


@kernel
def likeness(x: Array, y: Array, x_statements: Array, y_statements: Array, weights: Array, out: Array) -> int:
    """Compare statements of two texts that share words which are rare in the right one; return how many pairs.

    Parameters
    ----------
    x, y : int64 array
        Numbers of the words of either text.
    x_statements, y_statements : int64 array, shape (n_statements, 2)
        From `cut`.
    weights : float64 array
        Of each word.
    out : float64 array, shape (BEST * n_statements, 4)
        Receives the numbers of both statements, their likeness (the cosine of their weighted words), and how many
        different words both have, for the most similar ones of each left statement.
    """
    firsts, postings, norms = postings_of(y, y_statements, weights)
    in_x = np.full(weights.size, i8(-1))
    seen = np.full(weights.size, i8(-1))
    leads = np.zeros(y_statements.shape[0], np.int64)
    touched = np.zeros(y_statements.shape[0] + 1, np.int64)  # one more, to be written and not counted
    count = n_compared = i8(0)
    for s in range(x_statements.shape[0]):
        norm = 0.0
        n_touched = i8(0)
        for k in range(x_statements[s, 0], x_statements[s, 1]):
            w = x[k]
            if in_x[w] == s:
                continue
            in_x[w] = s
            norm += weights[w] ** 2
            if firsts[w + 1] - firsts[w] <= OFTEN:
                for t in postings[firsts[w] : firsts[w + 1]]:
                    touched[n_touched] = t
                    n_touched += i8(leads[t] == 0)
                    leads[t] += 1
        first = count
        for t in touched[:n_touched]:
            if leads[t] >= LEADS:
                n_compared += 1
                shared, n_shared = in_common(
                    y[y_statements[t, 0] : y_statements[t, 1]], in_x, s, seen, n_compared, weights
                )
                cosine = shared / np.sqrt(norm * norms[t])
                count = keep_best(out, first, count, s, t, cosine, n_shared)
            leads[t] = 0
    return count


@inner_kernel
def postings_of(words: Array, statements: Array, weights: Array) -> tuple[Array, Array, Array]:
    """List the statements that have each word; return where those of each word begin, the list, and their norms."""
    firsts = np.zeros(weights.size + 1, np.int64)
    last = np.full(weights.size, i8(-1))
    norms = np.zeros(statements.shape[0])
    for s in range(statements.shape[0]):
        for k in range(statements[s, 0], statements[s, 1]):
            if last[words[k]] != s:
                last[words[k]] = s
                firsts[words[k] + 1] += 1
                norms[s] += weights[words[k]] ** 2
    firsts = np.cumsum(firsts)
    free = firsts[:-1].copy()
    postings = np.zeros(firsts[weights.size], np.int64)
    last[:] = -1
    for s in range(statements.shape[0]):
        for k in range(statements[s, 0], statements[s, 1]):
            if last[words[k]] != s:
                last[words[k]] = s
                postings[free[words[k]]] = s
                free[words[k]] += 1
    return firsts, postings, norms


@inner_kernel
def in_common(
    statement: Array, in_x: Array, number: int, seen: Array, comparison: int, weights: Array
) -> tuple[float, int]:
    """Return the sum of the squared weights of the words that a statement shares with another, and how many these are.

    ``in_x`` holds the number of the other one for each word that it has; ``seen`` receives that of the comparison.
    """
    shared = 0.0
    count = i8(0)
    for word in statement:
        if in_x[word] == number and seen[word] != comparison:
            seen[word] = comparison
            shared += weights[word] ** 2
            count += 1
    return shared, count


@inner_kernel
def keep_best(out: Array, first: int, count: int, one: int, other: int, cosine: float, n_shared: int) -> int:
    """Write a pair of statements to ``out``, in place of the least alike of that statement if it has BEST already."""
    place = i8(count)
    if count - first == BEST:
        place = i8(first)
        for q in range(first + 1, count):
            if out[q, 2] < out[place, 2]:
                place = i8(q)
        if out[place, 2] >= cosine:
            return count
    out[place, 0], out[place, 1], out[place, 2], out[place, 3] = one, other, cosine, n_shared
    return max(count, place + 1)
