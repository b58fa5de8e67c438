"""Interim: passages that two texts share word for word, until `dedup.judge.passages` is there."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from dedup.text.tokens import spans


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that two texts share."""

    left_begin: int
    left_end: int
    right_begin: int
    right_end: int
    kind: str
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()


def passages(left: str, right: str) -> tuple[Passage, ...]:
    """Return the passages in order of the left text."""
    a, b = spans(left), spans(right)
    blocks = SequenceMatcher(None, [t for t, _, _ in a], [t for t, _, _ in b], autojunk=False).get_matching_blocks()
    return tuple(
        Passage(a[x][1], a[x + n - 1][2], b[y][1], b[y + n - 1][2], "verbatim") for x, y, n in blocks if n >= 5
    )
