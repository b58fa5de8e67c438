"""What the tests share: made-up articles, and edits of them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import servers
from hypothesis import settings

settings.register_profile("dedup", deadline=None)  # kernels are compiled in the first example
settings.load_profile("dedup")

SUBJECTS = [
    "council",
    "minister",
    "club",
    "player",
    "bank",
    "harbour",
    "museum",
    "union",
    "farmers",
    "court",
    "airline",
    "hospital",
    "village",
    "school",
]
VERBS = [
    "announced",
    "rejected",
    "opened",
    "sold",
    "repaired",
    "visited",
    "won",
    "lost",
    "delayed",
    "questioned",
    "praised",
    "measured",
    "painted",
    "closed",
]
OBJECTS = [
    "bridge",
    "budget",
    "match",
    "ticket",
    "loan",
    "ferry",
    "picture",
    "strike",
    "harvest",
    "verdict",
    "runway",
    "ward",
    "road",
    "lesson",
    "report",
    "tower",
]
ENDS = [
    "on Monday after a long debate",
    "in the spring of last year",
    "despite the rain that fell all night",
    "for the third time",
    "against the advice of its own experts",
    "with the help of two neighbours",
    "before anybody had noticed",
    "to loud applause",
    "at a cost of four million",
    "while the mayor was abroad",
    "as had been expected by few",
    "without a word to the press",
]
NAMES = [
    "Arvelo",
    "Brinkley",
    "Castane",
    "Dorfeld",
    "Ekberg",
    "Fontaine",
    "Galloway",
    "Hartwig",
    "Iversen",
    "Jurado",
    "Kessler",
    "Lindqvist",
    "Moreau",
]


def article(seed: int, sentences: int = 20) -> str:
    """Write a made-up article, always the same for a seed."""
    draw = random.Random(seed)
    lines = []
    for _ in range(sentences):
        who = f"The {draw.choice(SUBJECTS)} of {draw.choice(NAMES)} {draw.randrange(2, 990)}"
        lines.append(f"{who} {draw.choice(VERBS)} the {draw.choice(OBJECTS)} {draw.choice(ENDS)}.")
    return " ".join(lines)


def edited(text: str, seed: int, share: float) -> str:
    """Replace about this share of a text's words."""
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(10**6)}" if draw.random() < share else word for word in text.split())


@pytest.fixture
def articles() -> list[str]:
    """Forty different articles."""
    return [article(seed) for seed in range(40)]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.RedisServer]:
    """A server that all tests of a session share; each uses names of its own."""
    if servers.BINARY is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    server = servers.RedisServer("--appendonly", "no")
    yield server
    server.close()


Place = Callable[[str], "str | Path"]
"""Returns where an index of some name is to be."""

_COUNT = itertools.count()


@pytest.fixture(params=["folder", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Both kinds of places where an index can be."""
    if request.param == "folder":
        return lambda name: tmp_path / name
    server = request.getfixturevalue("redis_server")
    number = next(_COUNT)
    return lambda name: server.url(f"{name}-{number}")
