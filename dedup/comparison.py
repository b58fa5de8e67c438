"""Two texts judged as a run judges a pair, with the evidence at hand to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dedup import background, evidence, rare, relation
from dedup.errors import InputError
from dedup.explain import reason
from dedup.matches import LEFT
from dedup.params import Params
from dedup.schema import ALL_OF_IDENTICAL, EXCERPT, IDENTICAL, MEASURES, RELATED, RELATIONS
from dedup.store import Corpus
from dedup.text import encode, spans, tokenise

PASSAGE = 3
"""Tokens in a row that both texts must have to be shown as a shared passage."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two texts.

    Parameters
    ----------
    relation : str or None
        One of the seven of `dedup.schema.RELATIONS`; None where the texts have nothing to do with each other.
    score : float
        In [0, 1]: resemblance of near duplicates, else how surely one is a copy.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`; ``left`` is the first text. Those that were
        measured: few of identical texts, none of a text without words.
    derived : str or None
        ``"a"`` or ``"b"``, the one that seems to be the copy, where the texts tell.
    reason : str
        What decided, in words.
    """

    relation: str | None
    score: float
    measures: dict[str, float]
    derived: str | None
    reason: str


def compare(a: str, b: str, params: Params | None = None) -> Comparison:
    """Say what kind of copy two texts are of each other.

    Parameters
    ----------
    a, b : str
    params : Params, optional
        ``threshold`` and ``shingle_size`` count.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        When one of them is not a string.

    Notes
    -----
    Two texts alone do not tell which word pairs are rare: each counts as rare. A run over a corpus knows better, and
    may judge differently what two articles share by fashion or template.

    Examples
    --------
    >>> import dedup
    >>> text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> dedup.compare(text, text.upper()).relation
    'identical'
    """
    for name, text in (("a", a), ("b", b)):
        if not isinstance(text, str):
            raise InputError(f"{name} of type {type(text).__name__}", "a string")
    params = params or Params()
    tokens = tokenise(pa.array([encode(a), encode(b)], pa.large_binary()))
    corpus = Corpus(tokens.hashes, tokens.offsets[:-1], tokens.offsets[1:])
    if corpus.lengths.min() == 0:
        return Comparison(None, 0.0, {}, None, "a text without words")
    if (tokens.digests[0] == tokens.digests[1]).all():
        return Comparison(RELATIONS[IDENTICAL], 1.0, dict.fromkeys(ALL_OF_IDENTICAL, 1.0), None, reason(IDENTICAL, {}))
    at_tokens = rare.look_up(corpus, background.frequencies())
    measured = evidence.agreement_evidence(corpus, np.array([1], np.uint64), at_tokens)
    if len(measured.left) == 0:
        return Comparison(None, 0.0, {}, None, "hardly anything in common")
    verdict = relation.judge(evidence.with_shingles(corpus, measured, params), params)
    code = int(verdict.relation[0])
    measures = dict(zip(MEASURES, verdict.measures[:, 0].tolist(), strict=True))
    derived = None
    if code == EXCERPT:
        derived = "b" if verdict.container[0] == LEFT else "a"
    if code == RELATED and measures["rare_containment"] < relation.RELATED_FROM:
        return Comparison(None, float(verdict.score[0]), measures, None, "hardly anything in common")
    return Comparison(RELATIONS[code], float(verdict.score[0]), measures, derived, reason(code, measures))


def shared_passages(a: str, b: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return where in each text the passages stand that both have: runs of at least `PASSAGE` tokens.

    Returns
    -------
    in_a, in_b : list of (start, stop)
        Character positions, ascending, apart.
    """
    tokens_a, tokens_b = spans(a), spans(b)
    return _covered(tokens_a, _runs(tokens_b)), _covered(tokens_b, _runs(tokens_a))


Spans = Sequence[tuple[str, int, int]]


def _runs(tokens: Spans) -> set[tuple[str, ...]]:
    words = [token for token, _, _ in tokens]
    return {tuple(words[at : at + PASSAGE]) for at in range(len(words) - PASSAGE + 1)}


def _covered(tokens: Spans, runs: set[tuple[str, ...]]) -> list[tuple[int, int]]:
    words = [token for token, _, _ in tokens]
    found: list[tuple[int, int]] = []
    last = -1  # token up to which the last passage goes
    for at in range(len(words) - PASSAGE + 1):
        if tuple(words[at : at + PASSAGE]) not in runs:
            continue
        start = tokens[at][1]
        if found and at <= last:
            start = found.pop()[0]
        last = at + PASSAGE
        found.append((start, tokens[last - 1][2]))
    return found
