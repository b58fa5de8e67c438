"""Draw articles as pages of sites, and plant copies, excerpts and reused passages among them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.corpora.pages.furniture import KINDS, Lines, Site, furnished, paragraphs, sentences

SIZES = (2, 3, 4, 5, 6, 9, 15, 30, 60)
"""Pages of the sites of each kind, in turn."""

SHORT = (30, 120)
"""Words of its own that a short page has, least and most."""

SHARE_SHORT = 1 / 3

LONG = 250
"""Words of a page that is cut for an excerpt, or shares a passage with another, at least."""

SHARE_PLANTED = 0.05
"""Plants of each kind, as a share of the pages."""

SPOTS = 6
"""Pages of sites kept free for each plant: a copy needs other furniture than its source."""

PLANTS = ("copy", "short copy", "excerpt", "reused")

EXCERPT = 0.4
"""Share of the words of an article that an excerpt has."""

PASSAGE_WORDS, PASSAGE = 45, 0.15
"""Words of a reused passage, and its share of the shorter page, at least; at most twice that."""

_STEMS = ("harbour", "valley", "summit", "meadow", "canal", "granite", "willow", "copper", "north", "prairie", "lagoon")
_TAILS = ("times", "herald", "post", "wire", "courier", "observer", "gazette", "mail", "echo", "report")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site: its own matter, and its text with furniture.

    Parameters
    ----------
    key : str
    origin : str
        Key of the page with the same article, for most its own.
    site : Site
    own : str
        Its own matter.
    text : str
        With the furniture.
    is_short : bool
        Whether its own matter was cut so that furniture outweighs it.
    """

    key: str
    origin: str
    site: Site
    own: str
    text: str
    is_short: bool


@dataclass(frozen=True, slots=True)
class Plant:
    """A planted pair: two pages that share matter.

    Parameters
    ----------
    left, right : str
        Keys of the pages.
    kind : str
        One of `PLANTS`.
    """

    left: str
    right: str
    kind: str


def shortened(own: Sequence[str], rng: random.Random) -> list[str]:
    """Return the first sentences of an article, as many words as a short page has."""
    wanted = rng.randint(*SHORT)
    taken: list[str] = []
    count = 0
    for sentence in sentences("\n".join(own)):
        if count >= SHORT[0] and count + len(sentence.split()) > wanted:
            break
        taken.append(sentence)
        count += len(sentence.split())
    return [" ".join(taken[at : at + 2]) for at in range(0, len(taken), 2)]


def excerpt(own: Sequence[str], rng: random.Random) -> list[str]:
    """Return `EXCERPT` of the words of an article, in one piece, as paragraphs."""
    wanted = round(EXCERPT * _count(own))
    starts = [at for at in range(len(own)) if _count(own[at:]) >= wanted]
    taken: list[str] = []
    for part in own[rng.choice(starts) :]:
        words = part.split()[:wanted]
        wanted -= len(words)
        taken.append(" ".join(words))
        if not wanted:
            break
    return taken


def passage(own: Sequence[str], words: int, rng: random.Random) -> str:
    """Return a paragraph of this many to twice as many words, or neighbouring sentences if there is none."""
    fitting = [part for part in own if words <= len(part.split()) <= 2 * words]
    if fitting:
        return rng.choice(fitting)
    following = sentences("\n".join(own))
    starts = [at for at in range(len(following)) if len(" ".join(following[at:]).split()) >= words]
    taken: list[str] = []
    for sentence in following[rng.choice(starts) :]:
        taken.append(sentence)
        if len(" ".join(taken).split()) >= words:
            break
    return " ".join(taken)


def sites(pages: int, seed: int) -> list[tuple[Site, int]]:
    """Return for every page its site and its number there: as many pages of every kind, sites of all `SIZES`."""
    rng = random.Random(f"sites {seed}")
    names = [f"{a}{b}{c}.example" for a, b, c in itertools.product(_STEMS, _TAILS, ("", "-news", "-daily", "-live"))]
    rng.shuffle(names)
    found: list[tuple[Site, int]] = []
    per_kind = -(-pages // len(KINDS))
    for kind in KINDS:
        left = per_kind
        for size, gap in zip(itertools.cycle(SIZES), itertools.cycle(("\n", " ")), strict=False):
            site = Site(names.pop(), kind, gap)
            found += [(site, number) for number in range(min(size, left))]
            left -= min(size, left)
            if not left:
                break
    rng.shuffle(found)
    return found[:pages]


def made(articles: Mapping[str, str], n: int, seed: int) -> tuple[list[Page], list[Plant]]:
    """Draw articles as pages and plant copies, excerpts and reused passages among them.

    Parameters
    ----------
    articles : mapping of str to str
        Id to text; more than are drawn, for the lines of trailers and galleries.
    n : int
        How many are drawn.
    seed : int
        Decides everything.

    Returns
    -------
    pages : list of Page
        Shuffled: the articles, some with a passage of another, then the copies and excerpts.
    plants : list of Plant
    """
    rng = random.Random(seed)
    eligible = sorted(key for key, text in articles.items() if len(text.split()) >= SHORT[1])
    drawn = rng.sample(eligible, min(n, len(eligible)))
    spare = sorted(set(eligible) - set(drawn))
    lines = Lines([articles[key] for key in rng.sample(spare, min(len(spare), 2 * n))], seed)
    own = {f"page/{number}": paragraphs(articles[key]) for number, key in enumerate(drawn)}
    count = round(SHARE_PLANTED * len(own))
    spots = sites(len(own) + SPOTS * count, seed)
    places = dict(zip(own, spots, strict=False))
    short = {key for key in own if places[key][0].kind == "company" or rng.random() < SHARE_SHORT}
    for key in (key for key in own if key in short):
        own[key] = shortened(own[key], rng)
    sources = _sources(own, short, places, count, rng)
    plants = _reuse(own, sources.pop("reused"), rng)
    free = spots[len(own) :]
    origin = {key: key for key in own}
    for kind, keys in sources.items():
        for key in keys:
            new = f"{kind}/{key.partition('/')[2]}"
            own[new] = excerpt(own[key], rng) if kind == "excerpt" else own[key]
            origin[new] = key
            places[new] = next(spot for spot in free if spot[0].kind not in ("bare", places[key][0].kind))
            free.remove(places[new])
            plants.append(Plant(key, new, kind))
    pages = []
    for key, parts in own.items():
        site, number = places[key]
        text = furnished(parts, KINDS[site.kind](site, number, lines), site.gap)
        pages.append(Page(key, origin[key], site, site.gap.join(parts), text, origin[key] in short))
    rng.shuffle(pages)
    return pages, plants


def _sources(
    own: Mapping[str, Sequence[str]],
    short: set[str],
    places: Mapping[str, tuple[Site, int]],
    count: int,
    rng: random.Random,
) -> dict[str, list[str]]:
    """Return for each kind of plants the pages that it is made of, each page once; two for a passage that is reused."""
    left = [key for key in own if places[key][0].kind != "bare"]
    rng.shuffle(left)
    fits: dict[str, Callable[[str], bool]] = {
        "copy": lambda key: key not in short,
        "short copy": lambda key: key in short,
        "excerpt": lambda key: key not in short and _count(own[key]) >= LONG,
        "reused": lambda key: key not in short and _count(own[key]) >= LONG,
    }
    sources: dict[str, list[str]] = {}
    for kind in PLANTS:
        wanted = 2 * count if kind == "reused" else count
        sources[kind] = [key for key in left if fits[kind](key)][:wanted]
        left = [key for key in left if key not in set(sources[kind])]
    return sources


def _reuse(own: dict[str, list[str]], keys: Sequence[str], rng: random.Random) -> list[Plant]:
    """Put a passage of every other page into the page after it, and return what was done."""
    plants = []
    for left, right in zip(keys[::2], keys[1::2], strict=False):
        shorter = min(_count(own[left]), _count(own[right]))
        taken = passage(own[left], max(PASSAGE_WORDS, round(PASSAGE * shorter)), rng)
        at = rng.randint(1, max(1, len(own[right]) - 1))
        own[right] = [*own[right][:at], taken, *own[right][at:]]
        plants.append(Plant(left, right, "reused"))
    return plants


def _count(own: Sequence[str]) -> int:
    """Return the words of paragraphs."""
    return sum(len(part.split()) for part in own)
