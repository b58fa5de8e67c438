"""Make a small corpus of stories in several versions."""

from __future__ import annotations

import itertools
import random

WORDS = [f"{a}{b}{c}" for a, b, c in itertools.product("bdfgklmnprst", "aeiou", "lnrstx")]


def _article(rng: random.Random) -> list[str]:
    return [rng.choice(WORDS) for _ in range(150)]


def _version(rng: random.Random, words: list[str]) -> list[str]:
    """Return the article again: the same, with a few words changed, or a part of it."""
    kind = rng.randrange(3)
    if kind == 0:
        return list(words)
    if kind == 1:
        return [rng.choice(WORDS) if rng.random() < 0.02 else word for word in words]
    return words[: len(words) // 2]


def versions(seed: int = 5, stories: int = 160) -> list[dict[str, str]]:
    """Return records of made stories, most of one text and some of several versions, in no order."""
    rng = random.Random(seed)
    texts = []
    for _ in range(stories):
        article = _article(rng)
        texts += [article, *(_version(rng, article) for _ in range(rng.choice([0, 0, 0, 1, 2, 6])))]
    rng.shuffle(texts)
    return [{"id": f"r{number}", "text": " ".join(words) + "."} for number, words in enumerate(texts)]
