"""Measure detected passages against labelled ones as the PAN competitions do: precision, recall, granularity, plagdet.

By the definition of M. Potthast, B. Stein, A. Barrón-Cedeño, P. Rosso, *An Evaluation Framework for Plagiarism
Detection*, COLING 2010, macro-averaged: each labelled case and each detection counts the same, however long it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A passage of one text and where it stands in another, labelled or detected; in characters, from 0."""

    source: Span
    derived: Span

    @property
    def size(self) -> int:
        """Characters in both texts."""
        return sum(end - begin for begin, end in (self.source, self.derived))


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of a detector on a set of pairs."""

    precision: float
    recall: float
    granularity: float

    @property
    def plagdet(self) -> float:
        """The harmonic mean of precision and recall, less where a case is detected in several pieces."""
        if self.precision + self.recall == 0:
            return 0.0
        harmonic = 2 * self.precision * self.recall / (self.precision + self.recall)
        return harmonic / math.log2(1 + self.granularity)


def scores(pairs: Iterable[tuple[Sequence[Case], Sequence[Case]]]) -> Scores:
    """Return the figures over the labelled and the detected cases of each pair of texts.

    Precision is 0 if nothing is detected, recall 0 if nothing is labelled, granularity 1 if nothing is found.
    """
    precisions: list[float] = []
    recalls: list[float] = []
    pieces: list[int] = []
    for labelled, detected in pairs:
        precisions += [covered(one, labelled) for one in detected]
        recalls += [covered(one, detected) for one in labelled]
        found = [sum(detects(one, case) for one in detected) for case in labelled]
        pieces += [count for count in found if count]
    return Scores(_mean(precisions, 0.0), _mean(recalls, 0.0), _mean(pieces, 1.0))


def detects(one: Case, other: Case) -> bool:
    """Return whether two cases have characters in common in both texts."""
    return _common(one.source, other.source) is not None and _common(one.derived, other.derived) is not None


def covered(case: Case, others: Iterable[Case]) -> float:
    """Return the share of a case's characters, in both texts, that lie in those of others which detect it."""
    detecting = [other for other in others if detects(case, other)]
    total = sum(
        _length_of_union(_common(mine, theirs) for theirs in side)
        for mine, side in (
            (case.source, [other.source for other in detecting]),
            (case.derived, [other.derived for other in detecting]),
        )
    )
    return total / case.size


def _common(one: Span, other: Span) -> Span | None:
    begin, end = max(one[0], other[0]), min(one[1], other[1])
    return (begin, end) if begin < end else None


def _length_of_union(spans: Iterable[Span | None]) -> int:
    total = reached = 0
    for begin, end in sorted(span for span in spans if span is not None):
        begin = max(begin, reached)
        if begin < end:
            total += end - begin
            reached = end
    return total


def _mean(values: Sequence[float], without: float) -> float:
    return sum(values) / len(values) if values else without
