"""Page furniture: do cookie notices, company blocks and link trailers make copies of pages, or hide them?

    python benchmarks/furniture.py articles.jsonl [--articles 3000] [--seed 1] [--json FILE]

draws articles as pages of made-up sites, each with furniture of one kind, and plants among them copies and excerpts on
other sites, and pages that reuse a passage of another. The pages are run twice at each level: bare, with their own
matter only, and with furniture. What is found and what is dropped should be the same. Half of the sites keep line
breaks, the others are in one line, as careless extraction leaves them. Some pages have so little of their own that the
furniture outweighs it. Ends with 1 if a page with furniture was dropped for an unrelated one.

What is a site's own (its names, the choice among wordings) is drawn once; what is a page's own (picture addresses,
numbers of comments) for every page. Headlines of link trailers and captions are lines of articles of the input that are
no pages here, shared by two to six pages. The furniture itself is made up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.corpora import truth
from benchmarks.corpora.plant import read_articles
from benchmarks.quality.moulds import ENGLISH, Language, filled

LEVELS = ("near", "syndicated", "rewritten")

SIZES = (2, 3, 4, 5, 6, 9, 15, 30, 60)
"""Pages of the sites of each kind, in turn."""

GROUP = (2, 6)
"""Pages that share a link trailer, or the captions of a gallery: at least and at most."""

SHORT = (30, 120)
"""Words of its own that a short page has."""

SHARE_SHORT = 1 / 3
LONG = 250
"""Words of a page that is cut for an excerpt, or has a passage in common with another."""

SHARE_PLANTED = 0.05
"""For so many of the pages there is a plant, of each kind of plants."""

SPOTS = 6
"""Room for plants: so many pages of sites for one of each kind, since a copy needs other furniture than its source."""

PLANTS = ("copy", "short copy", "excerpt", "reused")

EXCERPT = 0.4
"""Share of the words of an article that an excerpt has."""

PASSAGE_WORDS, PASSAGE = 45, 0.15
"""A passage that is reused has so many words, and is so much of the shorter page, at least; at most twice that."""

ALIKE = 0.2
"""Pages of which so much stands in one another, by the oracle and without furniture, are not unrelated."""

_JUNCTION = re.compile(r"([a-z0-9)%][.!?][”\"’']?)(?=[A-Z“‘\"])")
"""Where one paragraph ends and the next begins in texts that have lost their line breaks."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“‘\"])")


@dataclass(frozen=True, slots=True)
class Furniture:
    """What a page has around and between its own paragraphs.

    Parameters
    ----------
    head, between, foot : tuple of str
        Blocks before the text, within it at even distances, and after it.
    around : tuple of (str, str)
        What stands before and after each paragraph of the text.
    """

    head: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    around: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Site:
    """A made-up site.

    Parameters
    ----------
    name : str
        Its address.
    kind : str
        Of its furniture: one of `KINDS`.
    gap : str
        What stands between paragraphs.
    """

    name: str
    kind: str
    gap: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

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
    """Two pages that have something in common.

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


def cookie(site: Site, page: int, lines: Lines) -> Furniture:
    """Return a consent notice at the head."""
    return Furniture(head=(_of_site(site, "cookie"),))


def company(site: Site, page: int, lines: Lines) -> Furniture:
    """Return what stands at the foot of releases: about the company, and that the future may be otherwise."""
    return Furniture(foot=(_of_site(site, "about"), _of_site(site, "forward")))


def trailers(site: Site, page: int, lines: Lines) -> Furniture:
    """Return a list of links to other stories, at the foot, the same on few pages only."""
    return Furniture(foot=(_of_site(site, "more"), *lines.headlines(site, page)))


def gallery(site: Site, page: int, lines: Lines) -> Furniture:
    """Return the captions of a gallery, the same on few pages only."""
    captions = lines.captions(site, page)
    credit = _of_site(site, "picture credit")
    told = tuple(f"{at} of {len(captions)} {one} {credit}" for at, one in enumerate(captions, 1))
    half = len(told) // 2
    return Furniture(between=told[:half], foot=told[half:])


def newsletter(site: Site, page: int, lines: Lines) -> Furniture:
    """Return the offer of a newsletter within the text and a paywall behind it."""
    return Furniture(between=(_of_site(site, "newsletter"),), foot=(_of_site(site, "paywall"),))


def picture(site: Site, page: int, lines: Lines) -> Furniture:
    """Return the description of pictures for machines, left within the text, and that of the page behind it."""
    rng = random.Random(f"{site.name} {page}")
    publisher = {"@type": "NewsMediaOrganization", "name": site.name, "url": f"https://www.{site.name}/"}
    logo = {"@type": "ImageObject", "url": f"https://static.{site.name}/logo/600x60.png", "width": 600, "height": 60}
    images = []
    for _ in range(3):
        address = f"https://static.{site.name}/images/{rng.randrange(2012, 2026)}/{rng.randrange(10**6, 10**7)}.jpg"
        size = {"width": rng.choice((640, 1024, 1600)), "height": rng.choice((427, 683, 1067))}
        kind = {"@context": "https://schema.org", "@type": "ImageObject", "representativeOfPage": True}
        images.append(json.dumps(kind | {"contentUrl": address, "url": address} | size | {"publisher": publisher}))
    whole = {"@context": "https://schema.org", "@type": "NewsArticle", "isAccessibleForFree": True, "inLanguage": "en"}
    whole |= {"mainEntityOfPage": f"https://www.{site.name}/story/{rng.randrange(10**6)}", "image": "primary"}
    return Furniture(between=tuple(images), foot=(json.dumps(whole | {"publisher": publisher | {"logo": logo}}),))


def comments(site: Site, page: int, lines: Lines) -> Furniture:
    """Return buttons at the head and a form for comments at the foot."""
    rng = random.Random(f"{site.name} {page}")
    count = filled("{2-99} responses to this story. {2-900} shares.", WEB, rng)
    return Furniture(head=(_of_site(site, "share"),), foot=(count, _of_site(site, "comment")))


def wordpress(site: Site, page: int, lines: Lines) -> Furniture:
    """Return the tags and class names of a publishing system around every paragraph."""
    rng = random.Random(f"{site.name} {page}")
    theme = random.Random(site.name).choice(("harbour", "quill", "newsprint"))
    post = f'<article id="post-{rng.randrange(10**5)}" class="post type-post status-publish format-standard {theme}">'
    head = f'{post}<div class="entry-content wp-block-post-content has-global-padding is-layout-constrained {theme}">'
    before = (
        f'<!-- wp:paragraph {{"className":"{theme}-body"}} --><p class="{theme}-body has-text-color has-medium-size">'
    )
    return Furniture((head,), (), ("</div></article><!-- .entry-content -->",), (before, "</p><!-- /wp:paragraph -->"))


def mixed(site: Site, page: int, lines: Lines) -> Furniture:
    """Return some of everything, as most pages have it."""
    head = (_of_site(site, "menu"), *cookie(site, page, lines).head)
    foot = (*trailers(site, page, lines).foot, *comments(site, page, lines).foot)
    return Furniture(head, newsletter(site, page, lines).between, foot)


def bare(site: Site, page: int, lines: Lines) -> Furniture:
    """Return no furniture."""
    return Furniture()


KINDS: Mapping[str, Callable[[Site, int, Lines], Furniture]] = {
    made.__name__: made
    for made in (cookie, company, trailers, gallery, newsletter, picture, comments, wordpress, mixed, bare)
}
"""Furniture by kind: for a site and the number of the page on it; pages of ``company`` are short releases."""


class Lines:
    """Headlines and captions: lines of articles that are no pages.

    Parameters
    ----------
    texts : sequence of str
    seed : int
    """

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self._texts = texts
        self._seed = seed

    def headlines(self, site: Site, page: int) -> tuple[str, ...]:
        """Return links to other stories, the same for a few neighbouring pages of a site."""
        rng = self._shared(site, page)
        return tuple(
            " ".join(text.split()[: rng.randint(7, 13)]) for text in rng.sample(self._texts, rng.randint(6, 9))
        )

    def captions(self, site: Site, page: int) -> tuple[str, ...]:
        """Return captions of pictures, the same for a few neighbouring pages of a site."""
        rng = self._shared(site, page)
        return tuple(
            " ".join(rng.choice(sentences(text)).split()[:30])
            for text in rng.sample(self._texts, 2 * rng.randint(2, 4))
        )

    def _shared(self, site: Site, page: int) -> random.Random:
        """Return a generator that is the same for all pages of a group."""
        rng = random.Random(f"{self._seed} {site.name}")
        group, end = 0, rng.randint(*GROUP)
        while end <= page:
            group, end = group + 1, end + rng.randint(*GROUP)
        return random.Random(f"{self._seed} {site.name} {group}")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of an article, also of one that has lost its line breaks."""
    return [part for part in (part.strip() for part in _JUNCTION.sub("\\1\n", text).split("\n")) if part]


def sentences(text: str) -> list[str]:
    """Return the sentences of an article."""
    return [sentence for part in paragraphs(text) for sentence in _SENTENCE.split(part)]


def furnished(own: Sequence[str], furniture: Furniture, gap: str) -> str:
    """Return paragraphs with furniture around and between them."""
    before, after = furniture.around
    body = [f"{before}{part}{after}" for part in own]
    blocks = furniture.between
    for number in range(len(blocks), 0, -1):
        body.insert(number * len(body) // (len(blocks) + 1), blocks[number - 1])
    return gap.join([*furniture.head, *body, *furniture.foot])


def shortened(own: Sequence[str], rng: random.Random) -> list[str]:
    """Return the first sentences of an article, so many words as a short page has."""
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
    """Return a paragraph of so many words to twice as many, or neighbouring sentences if there is none."""
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run says.

    Parameters
    ----------
    leader : dict
        Key of each page to that of the page kept in its place.
    relations : dict
        Pair of keys, the smaller first, to their relation.
    """

    leader: dict[str, str]
    relations: dict[tuple[str, str], str]

    def relation(self, plant: Plant) -> str | None:
        """Return the relation of a planted pair, or None."""
        return self.relations.get((min(plant.left, plant.right), max(plant.left, plant.right)))


def run(pages: Sequence[Page], level: str, is_bare: bool) -> Answer:
    """Run the pages, bare or with furniture."""
    import dedup

    corpus = [{"id": page.key, "text": page.own if is_bare else page.text} for page in pages]
    result = dedup.deduplicate(corpus, params=dedup.Params(level=level))
    columns = (result.matches[name].to_pylist() for name in ("left", "right", "relation"))
    leader = {page.key: pages[at].key for page, at in zip(pages, result.leader.tolist(), strict=True)}
    return Answer(leader, {(left, right): relation for left, right, relation in zip(*columns, strict=True)})


def false_drops(pages: Sequence[Page], answer: Answer) -> Iterator[tuple[Page, Page]]:
    """Yield the pages that were dropped for an unrelated one, with that one."""
    by_key = {page.key: page for page in pages}
    for page in pages:
        kept = by_key[answer.leader[page.key]]
        if kept.origin != page.origin:
            shorter, longer = sorted((page.own, kept.own), key=lambda own: len(own.split()))
            if truth.containment(shorter, longer) < ALIKE:
                yield page, kept


def figures(pages: Sequence[Page], plants: Sequence[Plant], answer: Answer) -> dict[str, Any]:
    """Return what became of the pages and of the plants in one run."""
    planted = {(min(one.left, one.right), max(one.left, one.right)) for one in plants}
    origin = {page.key: page.origin for page in pages}
    dropped = [(page, kept) for page, kept in false_drops(pages, answer)]
    told: dict[str, Any] = {"dropped": {}, "dropped_short": {}, "plants": {}}
    for kind in KINDS:
        of_kind = [page for page, _ in dropped if page.site.kind == kind]
        told["dropped"][kind] = len(of_kind)
        told["dropped_short"][kind] = sum(page.is_short for page in of_kind)
    for kind in PLANTS:
        of_plants = [one for one in plants if one.kind == kind]
        relations = [answer.relation(one) or "none" for one in of_plants]
        leaders = [(answer.leader[one.left], answer.leader[one.right], origin[one.left]) for one in of_plants]
        told["plants"][kind] = {
            "planted": len(of_plants),
            "together": sum(left == right and origin[left] == source for left, right, source in leaders),
            "partial": relations.count("partial"),
            "relations": {name: relations.count(name) for name in sorted(set(relations))},
        }
    told["partial_unrelated"] = sum(
        relation == "partial" and origin[pair[0]] != origin[pair[1]] and pair not in planted
        for pair, relation in answer.relations.items()
    )
    told["pairs_dropped"] = [(page.key, kept.key, page.site.kind, kept.site.kind) for page, kept in dropped]
    return told


def print_tables(pages: Sequence[Page], told: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what was dropped falsely by kind of furniture, and what became of the plants."""
    print(f"{'unrelated pages dropped':24}{'pages':>6}{'short':>6}{'words':>7}{'own':>5}", end="")
    for level in told:
        print(f"  | {level + ': bare':>16}{'with':>6}{'short':>6}", end="")
    print()
    for kind in (*KINDS, "all"):
        of_kind = [page for page in pages if kind in (page.site.kind, "all")]
        words = sorted(len(page.text.split()) for page in of_kind)[len(of_kind) // 2]
        own = sorted(len(page.own.split()) for page in of_kind)[len(of_kind) // 2]
        print(f"{kind:24}{len(of_kind):6}{sum(page.is_short for page in of_kind):6}{words:7}{own:5}", end="")
        for runs in told.values():
            bare_drops, drops, short = (
                sum(count for name, count in runs[which][what].items() if kind in (name, "all"))
                for which, what in (("bare", "dropped"), ("furnished", "dropped"), ("furnished", "dropped_short"))
            )
            print(f"  | {bare_drops:16}{drops:6}{short:6}", end="")
        print()
    print(f"\n{'plants together':24}{'planted':>8}", end="")
    for level in told:
        print(f"  | {level + ': bare':>16}{'with':>6}", end="")
    print()
    for kind in PLANTS:
        for figure in ("together", "partial") if kind == "reused" else ("together",):
            rows = [[runs[which]["plants"][kind] for which in ("bare", "furnished")] for runs in told.values()]
            name = "reused, called partial" if figure == "partial" else kind
            print(f"{name:24}{rows[0][0]['planted']:8}", end="")
            for without, having in rows:
                print(f"  | {without[figure]:16}{having[figure]:6}", end="")
            print()
    print(f"{'partial, unrelated':24}{'':8}", end="")
    for runs in told.values():
        print(f"  | {runs['bare']['partial_unrelated']:16}{runs['furnished']['partial_unrelated']:6}", end="")
    print("\n\nrelations of the plants, bare and with furniture")
    for level, runs in told.items():
        for kind in PLANTS:
            both = (runs[which]["plants"][kind]["relations"] for which in ("bare", "furnished"))
            print(f"  {level:12}{kind:12}", " | ".join(", ".join(f"{k} {v}" for k, v in one.items()) for one in both))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="JSON lines with id and text; .gz and .zst too")
    parser.add_argument("--articles", type=int, default=3000, help="pages, drawn from the input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--levels", nargs="+", default=list(LEVELS), choices=LEVELS, metavar="LEVEL")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    args = parser.parse_args()
    pages, plants = made(read_articles(args.input), args.articles, args.seed)
    print(f"{len(pages)} pages of {len({page.site.name for page in pages})} sites, {len(plants)} plants")
    print("words, own: medians of the words of a page and of its own matter\n")
    told = {
        level: {
            "bare": figures(pages, plants, run(pages, level, is_bare=True)),
            "furnished": figures(pages, plants, run(pages, level, is_bare=False)),
        }
        for level in args.levels
    }
    print_tables(pages, told)
    if args.json:
        head = {"articles": args.articles, "seed": args.seed, "pages": len(pages)}
        args.json.write_text(json.dumps(head | {"levels": told}, indent=2))
    return 1 if any(sum(runs["furnished"]["dropped"].values()) for runs in told.values()) else 0


def _of_site(site: Site, block: str) -> str:
    """Return a block of furniture in the wording of a site: the same on all its pages."""
    of = replace(WEB, pools={**WEB.pools, "site": [site.name]})
    rng = random.Random(f"{site.name} {block}")
    named = random.Random(site.name)  # one company and town a site, whatever the block
    company_name, town = named.choice(of.pools["company"]), named.choice(of.pools["town"])
    of = replace(of, pools={**of.pools, "company": [company_name], "town": [town]})
    return filled(rng.choice(_WORDINGS[block]), of, rng)


_STEMS = ("harbour", "valley", "summit", "meadow", "canal", "granite", "willow", "copper", "north", "prairie", "lagoon")
_TAILS = ("times", "herald", "post", "wire", "courier", "observer", "gazette", "mail", "echo", "report")

WEB = Language(
    frames={},
    pools={
        "name": ENGLISH.pools["name"],
        "town": ENGLISH.pools["town"],
        "road": ENGLISH.pools["road"],
        "company": ENGLISH.pools["company"],
        "site": ["site.example"],
        "goods": [
            f"{what} for {whom}"
            for what, whom in itertools.product(
                ("pumps", "software", "packaging", "sensors", "coatings", "fibres", "test kits", "bearings"),
                ("hospitals", "shipyards", "farms", "railways", "bakeries", "power stations", "laboratories"),
            )
        ],
    },
    sentence="",
)

_WORDINGS: Mapping[str, Sequence[str]] = {
    "cookie": (
        "We care about your privacy. {site} and its {120-890} partners store and read information on your device, such "
        "as cookies, and process personal data, such as unique identifiers, in order to show advertising and content "
        "that suit you, to measure how well they do, to learn about our readers and to improve what we offer. With "
        "your permission we and our partners may use precise location data. You may click to agree to this, or open "
        "the settings to refuse or to make finer choices before you agree. Some of the processing does not need your "
        "agreement, but you have a right to object to it. Your choices count for this site only, and you can change "
        "them at any time by the link at the foot of each page. Accept all Reject all More options",
        "Cookies on {site}. We use cookies that are needed to make this website work. We would also like to set other "
        "cookies to understand how you use it, to remember your settings and to show you relevant offers of ours and "
        "of {20-300} selected companies. You have accepted additional cookies. You can change your cookie settings at "
        "any time. Read our cookie policy to learn which cookies are set, by whom, and how long they are kept. If you "
        "carry on without changing your settings we take it that you are happy to receive all of them. Hide this "
        "message",
        "This website uses cookies and similar techniques. By clicking on the button you allow {site} and third "
        "parties to follow your behaviour inside and outside of this website, so that advertisements can be adapted to "
        "your interests and you can share articles on social networks. If you refuse, only functional and analytical "
        "cookies are placed. You may take back your consent whenever you like. More about this in our privacy "
        "statement, which was last changed in {2019-2025}. Agree and continue Set preferences Log in to read without "
        "advertising",
    ),
    "about": (
        "About {company} {company} is a leading maker of {goods} and {goods2}. Founded in {1890-2004} and with its "
        "head office in {town}, the group employs {300-9900} people at {4-40} sites in {6-70} countries and had sales "
        "of {120-990} million pounds in its latest financial year. Its shares are listed on the main market. The group "
        "is committed to reducing the use of energy in its plants by {10-50} per cent by the end of the decade. For "
        "more information visit www.{site}. Media contact: {name}, telephone {200-899} {1000-9899}, press@{site}. "
        "Investor contact: {name2}, telephone {200-899} {1000-9899}, investors@{site}.",
        "About {company}. For more than {20-120} years {company} has supplied {goods}. Today customers in {6-70} "
        "countries rely on what our {300-9900} colleagues develop and make in {town} and {3-30} other places. We "
        "believe that good engineering can make life safer, cleaner and simpler, and we spend {3-12} per cent of our "
        "turnover on research. Follow us on social networks or subscribe to our releases at www.{site}. Contacts for "
        "editors: {name}, head of communications, {company}, {road}, {town}, telephone {200-899} {1000-9899}, e-mail "
        "media@{site}. Pictures in high resolution can be had on request.",
    ),
    "forward": (
        "Forward-looking statements. This release contains statements that are not historical facts but concern the "
        "future, and that can be recognised by words such as expects, believes, plans, intends, may, will, should or "
        "similar ones. They rest on the present plans, estimates and assumptions of the management and are subject to "
        "known and unknown risks and uncertainties, many of which are beyond the control of the company, so that "
        "actual results may differ materially from what is said or implied here. Among these are changes in demand, in "
        "the prices of raw materials, in exchange rates and in the law, the loss of important customers, delays in the "
        "approval of products, and disputes. Readers should not rely unduly on such statements, which are true as of "
        "the date of this release only. The company undertakes no duty to update any of them, whether because of new "
        "information, of later events or for any other reason, except as the law requires.",
        "Certain statements in this announcement are forward-looking within the meaning of the securities laws. They "
        "include statements on the strategy, the prospects, the financial position and the operations of {company}. By "
        "their nature they involve risk, because they relate to events and depend on circumstances that may or may not "
        "occur. Factors that could cause outcomes to be different are described under the heading of principal risks "
        "in the annual report, which may be had from the company. Past performance is no guide to the future, and "
        "nothing in this announcement should be read as a forecast of profit. Neither the company nor its directors, "
        "advisers or employees accept any responsibility to revise these statements after publication. This "
        "announcement is no offer to sell and no invitation to buy securities in any place where that would be against "
        "the law.",
    ),
    "more": (
        "More stories",
        "Read more on {site}",
        "You may also like",
        "Most read on {site} today",
        "Related coverage",
    ),
    "picture credit": (
        "(Picture: {name} for {site})",
        "Photograph: {name}. Click to enlarge. Share this picture.",
        "Image courtesy of {name}",
    ),
    "newsletter": (
        "Get the best of {site} in your inbox. Our free newsletter brings you the stories that matter every morning, "
        "picked by our editors. Enter your e-mail address to sign up. By doing so you agree to our terms and to "
        "receiving offers from us, and you can unsubscribe at any time. Thank you for signing up. Something went "
        "wrong, please try again later.",
        "Sign up for our daily briefing. Start the day with what you need to know, sent to you before {6-9} o'clock on "
        "working days. Your address will be used by {site} only, as our privacy notice explains. Sign up Already have "
        "an account? Log in here Not now",
        "Don't miss a thing: join {11-99} thousand readers who get the weekly letter of {site}. No advertising, no "
        "nonsense, and one click to leave. Type your e-mail and press subscribe. Please check your inbox to confirm.",
    ),
    "paywall": (
        "To continue reading this article you need a subscription. Subscribe now and get the first {2-6} months for "
        "{3-9} pounds: all articles on {site}, the app, the newspaper of the day as an electronic edition from the "
        "evening before, and puzzles. Cancel whenever you like. Are you a subscriber already? Sign in. Do you get the "
        "printed newspaper? Then digital access costs nothing: activate it with your customer number.",
        "You have {1-5} free articles left this month. {site} is funded by its readers. If you value independent "
        "reporting, please support us from {2-9} pounds a month, it takes less than a minute. Choose how you would "
        "like to contribute: monthly, yearly, once. Remind me in {5-30} days. We accept all usual cards. Thank you.",
    ),
    "share": (
        "Share this article Facebook Twitter WhatsApp E-mail Copy link Print Save for later Listen to this article "
        "Text size Smaller Larger",
        "Save Saved Share Tweet Pin Send by mail Open comments Follow {site} Add us as a preferred source",
    ),
    "comment": (
        "Leave a comment. Your e-mail address will not be published. Required fields are marked with a star. Comment "
        "Name E-mail Website Save my name, e-mail address and website in this browser for the next time I comment. "
        "Notify me of follow-up comments by e-mail. Notify me of new posts by e-mail. Post comment. This site fights "
        "spam with a filter; learn how the data of your comments are processed. Comments are moderated between {6-9} "
        "in the morning and {6-11} at night. Please stay on the subject and respect other readers, or your account on "
        "{site} will be closed.",
        "Join the conversation. You must be logged in to post a comment. All our readers are welcome to debate, but we "
        "ask you to be polite: contributions that insult people, advertise goods or break the law are removed by the "
        "moderators of {site}. Newest first Oldest first Most liked Show more replies Report this comment Reply Like. "
        "By submitting your comment you agree to the rules of the community. Comments on this article close after "
        "{2-9} days. Load all comments",
    ),
    "menu": (
        "Skip to content Menu Search Home News Politics Business Sport Culture Opinion Weather {town} Jobs Notices "
        "Puzzles Subscribe Log in My account Log out {site}",
        "{site} Sections Latest Local World Money Football Film Food Travel Letters Obituaries Podcasts Video "
        "Newsletters Sign in Become a member Close menu",
    ),
}


if __name__ == "__main__":
    sys.exit(main())
