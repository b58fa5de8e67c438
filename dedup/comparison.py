"""Two texts judged as a run judges a pair, with the evidence at hand to show."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from dedup.attribution.agencies import UNKNOWN, Agencies
from dedup.attribution.credits import HEAD_BYTES, TAIL_BYTES, Credit, credit_at_ends
from dedup.attribution.direction import Sides, derived
from dedup.candidates import background, word_pairs
from dedup.errors import InputError
from dedup.judge import pairs_to_matches, relation
from dedup.judge.pairs_to_matches import Bodies
from dedup.judge.reasons import reason
from dedup.params import Params
from dedup.schema import ALL_OF_IDENTICAL, IDENTICAL, LEFT, MEASURES, NEITHER, NO_DATE, RELATIONS, SAME_EVENT
from dedup.store.corpus import Corpus
from dedup.text.markup import without_markup
from dedup.text.tokens import encode, spans, tokenise

PASSAGE = 3
"""Tokens in a row that both texts must have to be shown as a shared passage."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two texts.

    Parameters
    ----------
    relation : str or None
        One of the eight of `dedup.schema.RELATIONS`; None where the texts have nothing to do with each other.
    score : float
        In [0, 1]: resemblance of near duplicates, else how surely one is a copy.
    measures : dict of str to float
        By the names of `dedup.schema.MEASURES`; ``left`` is the first text. Those that were
        measured: few of identical texts, none of a text without words.
    derived : str or None
        ``"a"`` or ``"b"``, the one that seems to be the copy, where the texts tell: `dedup.attribution.direction`.
    credit_a, credit_b : str or None
        The agency that each text credits: `dedup.attribution.credits`.
    reason : str
        What decided, in words.
    """

    relation: str | None
    score: float
    measures: dict[str, float]
    derived: str | None
    credit_a: str | None
    credit_b: str | None
    reason: str


def compare(
    a: str, b: str, params: Params | None = None, *, agencies: str | os.PathLike[str] | None = None
) -> Comparison:
    """Say what kind of copy two texts are of each other.

    Parameters
    ----------
    a, b : str
    params : Params, optional
        ``threshold``, ``shingle_size``, ``html`` and ``model`` count.
    agencies : path, optional
        A file of news agencies, to be found as credits besides those in ``agencies.json``, whose form it has.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        When one of them is not a string, or the file cannot be used.

    Notes
    -----
    Two texts alone do not tell which word pairs are rare: those common in English news are known, every other counts as
    rare. A run over a corpus knows better, and
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
    table = Agencies.read(agencies)
    params = params or Params()
    given = pa.array([encode(a), encode(b)], pa.large_binary())
    texts = without_markup(given, params.html).to_pylist()
    credits = [credit_at_ends(text[:HEAD_BYTES], text[-TAIL_BYTES:], len(text), table) for text in texts]
    names = [None if credit.agency == UNKNOWN else table.names[credit.agency] for credit in credits]
    return replace(_judged(texts, credits, params), credit_a=names[0], credit_b=names[1])


def _judged(texts: list[bytes], credits: list[Credit], params: Params) -> Comparison:
    """Return the verdict on two texts, but for the names of those they credit."""
    tokens = tokenise(pa.array(texts, pa.large_binary()))
    corpus = Corpus(tokens.hashes, tokens.offsets[:-1], tokens.offsets[1:], tokens.fingerprints)
    if corpus.lengths.min() == 0:
        return _verdict(None, 0.0, {}, "a text without words")
    if (tokens.digests[0] == tokens.digests[1]).all():
        measures = dict.fromkeys(ALL_OF_IDENTICAL, 1.0)
        side = _derived(credits, IDENTICAL, measures)
        return _verdict(RELATIONS[IDENTICAL], 1.0, measures, reason(IDENTICAL, {}), side)
    rare_pairs = word_pairs.rare_pairs(corpus, background.frequencies())
    pair = np.array([1], np.uint64)
    bodies = Bodies(corpus, rare_pairs=rare_pairs)
    measured = pairs_to_matches.measure_pairs(bodies, pair, pair, params, whole=True)
    verdict = relation.judge(measured, params)
    code, score = int(verdict.relation[0]), float(verdict.score[0])
    measured_of = zip(MEASURES, verdict.measures[:, 0].tolist(), strict=True)
    measures = {name: value for name, value in measured_of if value == value}  # furniture takes many texts to see
    if code == SAME_EVENT and max(score, measures["rare_containment"]) < relation.SAME_EVENT_FROM:
        return _verdict(None, score, measures, reason(None, measures))
    side = _derived(credits, code, measures)
    words = float(min(measured.lengths_left[0], measured.lengths_right[0]))
    why = reason(code, measures, relation.Models.of(params), words=words)
    return _verdict(RELATIONS[code], score, measures, why, side)


def _verdict(
    relation: str | None, score: float, measures: dict[str, float], reason: str, derived: str | None = None
) -> Comparison:
    return Comparison(relation, score, measures, derived, None, None, reason)


def _derived(credits: list[Credit], code: int, measures: dict[str, float]) -> str | None:
    """Return the side that seems to be the copy; of two texts alone neither source nor date is known."""
    left, right = (
        Sides(np.array([UNKNOWN]), np.array([credit.agency]), np.array([credit.drawn_on]), np.array([NO_DATE]))
        for credit in credits
    )
    containments = (np.array([measures[f"containment_{side}"]]) for side in ("left", "right"))
    side = derived(left, right, np.array([code], np.int8), *containments)[0]
    return None if side == NEITHER else "a" if side == LEFT else "b"


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
