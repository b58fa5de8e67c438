"""Make pairs whose truth is known, out of candidate pairs of a background, for fitting.

Labelled sets hold few articles that reuse passages of another, and few that share a template; a background is full of
pairs of one topic from which such pairs can be made. ``spliced`` puts passages of one article into the other and so
makes partial reuse, revised articles and excerpts; ``templates`` are pairs that agree word for word, but in words that
many articles have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.quality.labelled_sets import NO, YES
from benchmarks.stages import Run, completed, measure_pairs, pairs_of
from dedup.candidates.pairs import Pairs, split
from dedup.candidates.word_pairs import rare_pairs
from dedup.judge.evidence import Evidence, agreement_evidence, shingle_evidence
from dedup.judge.relation import model_inputs
from dedup.store.corpus import Corpus

PARTIAL, REVISED, EXCERPT, TEMPLATE = "partial", "revised", "excerpt", "template"

BASE_PAIRS = 12_000
BASE_TOKENS = (90, 1500)
BASE_CONTAINMENT = 0.02
"""Splicing begins with pairs of one topic that have next to no wording in common."""

PARTIAL_SHARES = (0.12, 0.42)
REVISED_SHARES = (0.72, 1.0)
EXCERPT_SHARES = (0.15, 0.6)
"""How much of the new text is the other's (excerpt: how much of the other)."""

NOISE = (0.0, 0.0, 0.03, 0.08)
"""Shares of the words lost on the way."""

TEMPLATE_VERBATIM = 0.4
TEMPLATE_COMMON = 0.3
TEMPLATE_PAIRS = 600
TEMPLATE_TIMES = 3
"""Least share verbatim, and of that in common words; pairs at most, and how many of them a document may be in."""

Tokens = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class MadePair:
    """The labels of a made pair: see `labelled_sets.Pair`."""

    level: str
    label: int
    group: str


def spliced(run: Run, barred: set[int], seed: int) -> tuple[list[MadePair], Pairs, Evidence]:
    """Splice pairs of articles and measure the new texts against the articles they took from.

    Parameters
    ----------
    run : Run
        Of the background.
    barred : set of int
        Documents that must not be used: those of labelled sets.
    seed : int

    Returns
    -------
    made : list of MadePair
        Partial, revised, excerpt in turn.
    pairs : uint64 array
        The same as pairs of documents, of a corpus of their own.
    evidence : Evidence
        Some may be left out as unlike.
    """
    rng = np.random.default_rng(seed)
    recipes = (_partial, PARTIAL, NO), (_revised, REVISED, YES), (_excerpt, EXCERPT, YES)
    made: list[MadePair] = []
    texts: list[Tokens] = []
    for first, second in _of_one_topic(run, barred, rng):
        taker, giver = (run.corpus.tokens[run.corpus.starts[d] : run.corpus.ends[d]] for d in (first, second))
        make, level, label = recipes[len(made) % len(recipes)]
        texts += [giver, make(taker, giver, float(rng.choice(NOISE)), rng)]
        made.append(MadePair(level, label, f"background {second}"))
    ends = np.cumsum([len(text) for text in texts])
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    at = np.arange(0, len(texts), 2, dtype=np.uint64)
    corpus = Corpus(np.concatenate(texts), starts, ends)
    pairs = at << np.uint64(32) | at + np.uint64(1)
    listed = rare_pairs(corpus, run.frequencies)
    return (
        made,
        pairs,
        completed(corpus, agreement_evidence(corpus, pairs, listed), listed, None, run.params, whole=True),
    )


def templates(run: Run, barred: set[int], seed: int) -> tuple[list[MadePair], Pairs, Evidence]:
    """Return pairs of the background that agree in common words only: templates, no copies; as `spliced` does."""
    found = agreement_evidence(run.bodies, run.candidates, run.rare_pairs)
    inputs = model_inputs(found)
    alike = (inputs["verbatim"] >= TEMPLATE_VERBATIM) & (inputs["common"] >= TEMPLATE_COMMON)
    times: dict[int, int] = {}
    chosen: list[int] = []
    for k in np.random.default_rng(seed).permutation(np.flatnonzero(alike)).tolist():
        sides = int(found.left[k]), int(found.right[k])
        if barred.isdisjoint(sides) and all(times.get(side, 0) < TEMPLATE_TIMES for side in sides):
            times.update({side: times.get(side, 0) + 1 for side in sides})
            chosen.append(k)
    pairs = np.sort(pairs_of(found)[chosen[:TEMPLATE_PAIRS]])
    made = [MadePair(TEMPLATE, NO, f"background {left}") for left in split(pairs)[0].tolist()]
    return made, pairs, measure_pairs(run, pairs, whole=True)


def _of_one_topic(run: Run, barred: set[int], rng: np.random.Generator) -> list[tuple[int, int]]:
    """Draw candidate pairs with next to no wording in common."""
    left, right = split(run.candidates)
    lengths = run.corpus.lengths
    low, high = BASE_TOKENS
    fits = (np.minimum(lengths[left], lengths[right]) >= low) & (np.maximum(lengths[left], lengths[right]) <= high)
    fits &= ~np.isin(left, list(barred)) & ~np.isin(right, list(barred))
    drawn: Pairs = np.sort(rng.permutation(run.candidates[fits])[: 4 * BASE_PAIRS])
    found = shingle_evidence(run.corpus, drawn, run.params)
    is_left_shorter = found.lengths_left <= found.lengths_right
    contained = np.where(is_left_shorter, found["containment_left"], found["containment_right"])
    chosen = rng.permutation(pairs_of(found)[contained < BASE_CONTAINMENT])[:BASE_PAIRS]
    return list(zip(*(side.tolist() for side in split(chosen)), strict=True))


def _partial(taker: Tokens, giver: Tokens, noise: float, rng: np.random.Generator) -> Tokens:
    """Return the taker's text with some of it replaced by passages of the giver."""
    wanted = int(rng.uniform(*PARTIAL_SHARES) * len(taker))
    passages: list[tuple[int, Tokens]] = []
    while wanted > 0:
        length = int(min(wanted, rng.integers(15, 90), len(giver) // 2))
        start = int(rng.integers(0, len(giver) - length + 1))
        passages.append((start, _lossy(giver[start : start + length], noise, rng)))
        wanted -= max(length, 5)
    if rng.random() < 0.7:
        passages.sort(key=lambda passage: passage[0])
    own = taker[: max(20, len(taker) - sum(len(passage) for _, passage in passages))]
    cuts = np.sort(rng.integers(0, len(own) + 1, len(passages)))
    parts: list[Tokens] = []
    for part, (_, passage) in zip(np.split(own, cuts), passages, strict=False):
        parts += [part, passage]
    return np.concatenate([*parts, own[cuts[-1] :]])


def _revised(taker: Tokens, giver: Tokens, noise: float, rng: np.random.Generator) -> Tokens:
    """Return most of the giver's text, some sentences lost, with a passage or two of the taker's."""
    share = rng.uniform(*REVISED_SHARES)
    length = int(len(giver) * rng.uniform(0.5, 1.0))
    pieces = np.array_split(giver, max(2, length // 60))
    kept = [_lossy(piece, noise, rng) for piece in pieces if rng.random() < 0.92] or [giver]
    size = int(sum(map(len, kept)) * (1.0 - share) / share)
    start = int(rng.integers(0, max(1, len(taker) - size)))
    before, within = np.array_split(taker[start : start + size], 2)
    cut = int(rng.integers(0, len(kept) + 1))
    return np.concatenate([before, *kept[:cut], within, *kept[cut:]])


def _excerpt(taker: Tokens, giver: Tokens, noise: float, rng: np.random.Generator) -> Tokens:
    """Return a passage of the giver's text, perhaps behind some words of the taker's."""
    length = max(int(len(giver) * rng.uniform(*EXCERPT_SHARES)), 45)
    start = 0 if rng.random() < 0.5 else int(rng.integers(0, max(1, len(giver) - length)))
    lead = taker[: int(rng.integers(0, max(1, length // 8)))]
    return np.concatenate([lead, _lossy(giver[start : start + length], noise, rng)])


def _lossy(tokens: Tokens, share: float, rng: np.random.Generator) -> Tokens:
    return tokens[rng.random(len(tokens)) >= share] if share else tokens
