"""What the tests share: made-up articles, and edits of them."""

from __future__ import annotations

import itertools
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import servers
from hypothesis import settings

if TYPE_CHECKING:
    from dedup.report.pages.report_pages import Report

os.environ.setdefault("MPLBACKEND", "agg")  # plots need no screen
settings.register_profile("dedup", deadline=None)  # kernels are compiled in the first example
settings.load_profile("dedup")

KINDS = """
    subject: council minister club player bank harbour museum union farmer court airline hospital village school
    orchestra brewery ministry library railway diocese shipyard foundation regiment parish college theatre newspaper
    cooperative fishery observatory monastery guild insurer publisher laboratory senate;
    verb: announced rejected opened sold repaired visited won lost delayed questioned praised measured painted
    closed bought inspected demolished defended borrowed auctioned abandoned approved blocked cancelled celebrated
    condemned copied criticised doubled examined financed guarded halved inherited insured leased mapped neglected
    postponed rebuilt renamed rented restored searched shortened studied translated welcomed;
    object: bridge budget match ticket loan ferry picture strike harvest verdict runway ward road lesson report
    tower archive barrel bell canal carpet cellar chapel contract dam engine fence festival fountain garden
    greenhouse hearing invoice ladder lantern letter lighthouse meadow merger mill monument mosaic orchard pavilion
    pension pier pipeline pond portrait prison canteen reservoir roof statue tariff treaty tunnel turbine vineyard
    warehouse wharf workshop;
    adjective: narrow costly quiet ancient muddy famous crooked modest stubborn hurried secret frozen shallow golden
    bitter generous rusty foreign anxious brief clumsy dusty elegant faded gloomy hollow idle jealous lavish mild
    noisy obscure patient rural silent tidy urgent vivid wooden zealous;
    people: mayor surgeon carpenter pilot widow engineer sergeant bishop grocer pianist sailor lawyer baker teacher
    plumber butcher gardener treasurer printer chemist jockey tailor nurse miner goalkeeper shepherd auditor
    architect novelist ranger welder clerk;
    deed: refused promised forgotten hidden counted ordered doubted mentioned ruined cleaned photographed described
    admired locked moved broken collected insulted weighed signed recorded emptied warned polished stolen returned
    covered divided watered lifted;
    time: yesterday today overnight again twice early late finally recently suddenly quickly briefly already
    secretly jointly gladly reluctantly openly partly officially;
    beginning: Arv Brink Cast Dorf Ek Font Gall Hart Iv Jur Kess Lind Mor Nor Os Pell Quin Roth Sand Tor;
    ending: elo ley ane feld berg aine oway wig ersen ado ler qvist eau mann wick stad ina ovic ham ton
"""
WORDS = {kind.split(":")[0].strip(): kind.split(":")[1].split() for kind in KINDS.split(";")}
"""Of what articles are made, by kind."""

ENDS = (
    "{time} after the {adjective} {object} of {name}",
    "because {name} had {deed} the {object}",
    "although {number} {people}s {verb} it {time}",
    "with {adjective} {object}s that {name} had {deed}",
    "at {adjective} {object}s for {number} crowns",
    "while the {people} {verb} {adjective} {object}s",
    "before {name} and the {people} {time} {verb}",
    "as {adjective} {people}s {verb} {number} {object}s",
    "without {people}s whom {name} {verb}",
    "{time} against {adjective} {people}s and the {subject}",
)
"""What a sentence ends with: thousands of variants each, so that strangers share no stock of clauses."""


def article(seed: int, sentences: int = 20) -> str:
    """Write a made-up article, always the same for a seed."""
    draw = random.Random(seed)

    def fill(slot: re.Match[str]) -> str:
        if slot[1] == "name":
            return draw.choice(WORDS["beginning"]) + draw.choice(WORDS["ending"])
        return draw.choice(WORDS[slot[1]]) if slot[1] in WORDS else str(draw.randrange(2, 990))

    lines = []
    for _ in range(sentences):
        sentence = f"The {{subject}} of {{name}} {{number}} {{verb}} the {{object}} {draw.choice(ENDS)}."
        lines.append(re.sub(r"{(\w+)}", fill, sentence))
    return " ".join(lines)


def edited(text: str, seed: int, share: float) -> str:
    """Replace about this share of a text's words."""
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(10**6)}" if draw.random() < share else word for word in text.split())


def report(seed: int) -> str:
    """The daily report of a market: one mould, other numbers."""
    draw = random.Random(seed)
    n = [f"{draw.randrange(10, 99)}.{draw.randrange(10, 99)}" for _ in range(9)]
    return (
        f"The harbour exchange said it took {n[0]} million crowns out of the money market today after {n[1]} million "
        f"on the day before. Bills of up to a month were sold at {n[2]} per cent, those of two months at {n[3]} per "
        f"cent and bank bills of three months at {n[4]} per cent. Dealers had looked for a shortage of about {n[5]} "
        f"million, while notes in circulation drained {n[6]} million and the banks' balances {n[7]} million below "
        f"target took the rest. The overnight rate stood at {n[8]} per cent at the close of trading on the exchange."
    )


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


@pytest.fixture(scope="session")
def news_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The pages of a run over ordinary news."""
    import reported

    folder = tmp_path_factory.mktemp("news")
    return reported.report_of(reported.write_news(folder / "news.jsonl", reported.news()), folder)


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The pages of a run over articles that mean harm; markup is compared as words, so that pages show it."""
    import reported

    folder = tmp_path_factory.mktemp("hostile")
    file = reported.write_news(folder / "<i>news'.jsonl", reported.hostile())
    return reported.report_of(file, folder, html="keep")
