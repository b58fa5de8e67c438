"""Form leader clusters: decide which documents are kept, and which kept document each dropped one joins."""

from __future__ import annotations

from dedup.kernels.arrays import Array
from dedup.kernels.compiled import inner_kernel, kernel

WAITING, OPEN, KEPT, DROPPED = range(4)


@inner_kernel
def best_kept(
    document: int, starts: Array, others: Array, relations: Array, scores: Array, contains: Array, state: Array
) -> int:
    """Return the position of a document's best match with a kept one that it may join, -1 if there is none.

    Best: the closest relation, then the highest score, then the earliest document. A container never joins its excerpt.
    """
    best = -1
    for at in range(starts[document], starts[document + 1]):
        if state[others[at]] != KEPT or contains[at]:
            continue
        if (
            best < 0
            or relations[at] < relations[best]
            or (
                relations[at] == relations[best]
                and (scores[at] > scores[best] or (scores[at] == scores[best] and others[at] < others[best]))
            )
        ):
            best = at
    return best


@kernel
def lead(
    starts: Array,
    others: Array,
    relations: Array,
    scores: Array,
    contains: Array,
    is_contained: Array,
    state: Array,
    joined: Array,
    stack: Array,
    progress: Array,
) -> None:
    """Visit documents in order, containers before the documents they contain; keep those that no kept one matches.

    Parameters
    ----------
    starts : int64 array, shape (n_documents + 1,)
        Matches of document ``i`` are at ``starts[i]:starts[i + 1]``; each match occurs twice, once for each side.
    others : int64 array
        The other document of the match.
    relations : int8 array
    scores : float64 array
    contains, is_contained : bool array
        This document is the container of the other; the other is that of this one.
    state : int8 array, shape (n_documents,)
        Zero, or KEPT or DROPPED where that is decided already; receives KEPT or DROPPED.
    joined : int64 array, shape (n_documents,)
        Receives the position of the match by which a document is dropped, -1 for kept ones.
    stack, progress : int64 array, shape (n_documents,)
        Room.
    """
    for first in range(starts.size - 1):
        if state[first] != WAITING:
            continue
        depth = 0
        stack[0] = first
        progress[first] = starts[first]
        state[first] = OPEN
        while depth >= 0:
            document = stack[depth]
            # Look for a container that is not decided yet. It is longer, so there is no way round back to here.
            at = progress[document]
            while at < starts[document + 1] and not (is_contained[at] and state[others[at]] == WAITING):
                at += 1
            progress[document] = at + 1
            if at < starts[document + 1]:
                depth += 1
                stack[depth] = others[at]
                progress[others[at]] = starts[others[at]]
                state[others[at]] = OPEN
                continue
            joined[document] = best_kept(document, starts, others, relations, scores, contains, state)
            state[document] = KEPT if joined[document] < 0 else DROPPED
            depth -= 1


@kernel
def connect(left: Array, right: Array, root: Array) -> None:
    """Write the first document of each document's connected component to ``root``, which begins as 0, 1, 2 ...

    Parameters
    ----------
    left, right : int64 array, shape (n_pairs,)
    root : int64 array, shape (n_documents,)
    """
    for k in range(left.size):
        one, other = left[k], right[k]
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        while root[other] != other:
            root[other] = root[root[other]]
            other = root[other]
        root[max(one, other)] = min(one, other)
    for document in range(root.size):
        root[document] = root[root[document]]  # a root comes before its component
