"""Make the furniture of a page, of ten kinds: consent notices, link trailers, captions, forms for comments."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.corpora.moulds.mould import filled
from benchmarks.corpora.pages.wordings import WEB, WORDINGS

GROUP = (2, 6)
"""Pages that share a link trailer, or the captions of a gallery: at least and at most."""


_JUNCTION = re.compile(r"([a-z0-9)%][.!?][”\"’']?)(?=[A-Z“‘\"])")
"""Where one paragraph ends and the next begins in texts that have lost their line breaks."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“‘\"])")


@dataclass(frozen=True, slots=True)
class Furniture:
    """Blocks around and between the paragraphs of a page.

    Parameters
    ----------
    head, between, foot : tuple of str
        Blocks before the text, within it at even distances, and after it.
    around : tuple of (str, str)
        Before and after each paragraph of the text.
    """

    head: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    around: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Site:
    """A made-up site with furniture of one kind.

    Parameters
    ----------
    name : str
        Its address.
    kind : str
        Of its furniture: one of `KINDS`.
    gap : str
        Between paragraphs.
    """

    name: str
    kind: str
    gap: str


def cookie(site: Site, page: int, lines: Lines) -> Furniture:
    """Return a consent notice at the head."""
    return Furniture(head=(_of_site(site, "cookie"),))


def company(site: Site, page: int, lines: Lines) -> Furniture:
    """Return the foot of a release: about the company, and that the future may turn out otherwise."""
    return Furniture(foot=(_of_site(site, "about"), _of_site(site, "forward")))


def trailers(site: Site, page: int, lines: Lines) -> Furniture:
    """Return a list of links to other stories, at the foot, the same on few pages only."""
    return Furniture(foot=(_of_site(site, "more"), *lines.headlines(site, page)))


def gallery(site: Site, page: int, lines: Lines) -> Furniture:
    """Return the captions of a gallery, the same on few pages only."""
    captions = lines.captions(site, page)
    credit = _of_site(site, "picture credit")
    numbered = tuple(f"{at} of {len(captions)} {one} {credit}" for at, one in enumerate(captions, 1))
    half = len(numbered) // 2
    return Furniture(between=numbered[:half], foot=numbered[half:])


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
    """Return a bit of everything, as most pages have it."""
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


def _of_site(site: Site, block: str) -> str:
    """Return a block of furniture in the wording of a site: the same on all its pages."""
    of = replace(WEB, pools={**WEB.pools, "site": [site.name]})
    rng = random.Random(f"{site.name} {block}")
    named = random.Random(site.name)  # one company and town a site, whatever the block
    company_name, town = named.choice(of.pools["company"]), named.choice(of.pools["town"])
    of = replace(of, pools={**of.pools, "company": [company_name], "town": [town]})
    return filled(rng.choice(WORDINGS[block]), of, rng)


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
