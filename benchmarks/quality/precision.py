"""Find which documents that a tool drops are truly copies, searching the whole corpus without code of the package.

A dropped document is truly alike if some other document of the corpus resembles it by the threshold or more. A partner
is looked for by a few of its shingles, spread over the text: two documents of resemblance 0.7 share four of five
shingles or more, so that a partner that shares none of twenty, or fewer than a quarter, does not exist in practice
(chance under 1e-9). What is found is measured by the oracle of the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from benchmarks.corpora import truth

PROBES = 20
"""Shingles by which a document's partners are looked for."""

ENOUGH = 5
"""Least number of them found in another document that makes it worth measuring."""

SIZE = 5

_WORD = re.compile(r"\w+")

Documents = Callable[[], Iterator[tuple[str, str]]]
"""Starts to read the corpus: id and text of every document."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How many of the dropped documents are copies.

    Parameters
    ----------
    dropped : int
    alike : float or None
        Share of them that resemble another document by the threshold or more; None if none is dropped.
    copies : float or None
        Share of them that do, or are on either side of a planted pair, of whatever resemblance: excerpts are copies.
    """

    dropped: int
    alike: float | None
    copies: float | None


def precision(dropped: Set[str], alike: Set[str], planted: Set[str]) -> Precision:
    """Return the shares for one tool.

    Parameters
    ----------
    dropped : set of str
        Ids that the tool drops.
    alike : set of str
        From `find_alike`, for all of these.
    planted : set of str
        Ids on either side of a planted pair.
    """
    if not dropped:
        return Precision(0, None, None)
    true = sum(key in alike for key in dropped)
    either = sum(key in alike or key in planted for key in dropped)
    return Precision(len(dropped), true / len(dropped), either / len(dropped))


def find_alike(wanted: Set[str], documents: Documents, threshold: float) -> set[str]:
    """Return which of the documents wanted resemble another of the corpus by the threshold or more.

    Parameters
    ----------
    wanted : set of str
        Their ids.
    documents : callable
    threshold : float
    """
    probes: dict[tuple[str, ...], list[str]] = {}
    least: dict[str, int] = {}
    for key, text in documents():
        if key in wanted:
            shingles = _probes(_shingles(text))
            least[key] = min(ENOUGH, len(shingles))
            for shingle in shingles:
                probes.setdefault(shingle, []).append(key)
    pairs: set[tuple[str, str]] = set()
    for key, text in documents():
        shared: dict[str, int] = {}
        for shingle in probes.keys() & set(_shingles(text)):
            for other in probes[shingle]:
                if other != key:
                    shared[other] = shared.get(other, 0) + 1
        pairs.update((other, key) for other, count in shared.items() if count >= least[other])
    needed = {key for pair in pairs for key in pair}
    texts = {key: text for key, text in documents() if key in needed}
    alike: set[str] = set()
    for left, right in sorted(pairs):
        if left not in alike and truth.resemblance(texts[left], texts[right]) >= threshold:
            alike |= {left, right} & wanted
    return alike


def _shingles(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    if len(words) < SIZE:
        return [tuple(words)] if words else []
    return list(zip(*(words[k:] for k in range(SIZE)), strict=False))


def _probes(shingles: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return distinct shingles from all over a text."""
    distinct = list(dict.fromkeys(shingles))
    step = max(1, len(distinct) // PROBES)
    return distinct[::step][:PROBES]
