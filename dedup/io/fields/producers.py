"""The table of news producers: the names under which their records hold text, id, date, source, title and URL.

A name with dots is a path into objects within objects. Each record is read by the best of its names, whatever other
records have; so one table serves all producers, also of files in which they are mixed.
"""

from __future__ import annotations

from typing import NamedTuple

from dedup.io.fields.roles import ROLE_NAMES


class Producer(NamedTuple):
    """The names that one producer gives to fields; of several, the best first.

    Parameters
    ----------
    name : str
    text, id, date, source, title, url : tuple of str
    """

    name: str
    text: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    url: tuple[str, ...] = ()


PRODUCERS = (
    # The names of the first two say more than the common ones, which their records hold as well.
    #
    # WordPress REST API: `date` is in the time zone of the site, `date_gmt` in UTC.
    # https://developer.wordpress.org/rest-api/reference/posts/
    Producer("WordPress", text=("content.rendered",), date=("date_gmt",), title=("title.rendered",)),
    # trafilatura: in its JSON `source` is the URL of the page, `source-hostname` the name of the site.
    # https://trafilatura.readthedocs.io/en/latest/usage-python.html
    Producer("trafilatura", source=("source-hostname",)),
    # A guid stays when the URL of an article changes, and two articles may share a URL:
    # https://www.rssboard.org/rss-specification#ltguidgtSubelementOfLtitemgt
    Producer(
        "many",
        text=("text", "content", "body", "article"),
        id=("id", "guid", "guid.rendered", "url", "link"),
        date=("published", "date"),
        source=("source", "publisher"),
        title=("title", "headline"),
        url=("url", "link"),
    ),
    # NewsAPI: `source` is an object of `id` and `name`. https://newsapi.org/docs/endpoints/everything
    Producer("NewsAPI", text=("content",), id=("url",), date=("publishedAt",), source=("source.name",)),
    # schema.org, as in the JSON-LD of pages; several objects of one page are in a list `@graph`.
    # https://schema.org/NewsArticle and https://www.w3.org/TR/json-ld11/#named-graphs
    Producer(
        "schema.org",
        text=("articleBody", "@graph.articleBody"),
        id=(
            "@id",
            "mainEntityOfPage",
            "mainEntityOfPage.@id",
            "@graph.mainEntityOfPage",
            "@graph.mainEntityOfPage.@id",
        ),
        date=("datePublished", "@graph.datePublished"),
        source=("publisher.name", "@graph.publisher.name"),
        title=("@graph.headline",),
        url=(
            "mainEntityOfPage",
            "mainEntityOfPage.@id",
            "@graph.mainEntityOfPage",
            "@graph.mainEntityOfPage.@id",
        ),
    ),
    # news-please. https://github.com/fhamborg/news-please/blob/master/newsplease/NewsArticle.py
    Producer("news-please", text=("maintext",), id=("url",), date=("date_publish",), source=("source_domain",)),
    # newspaper4k. https://newspaper4k.readthedocs.io/en/latest/user_guide/api_reference.html
    Producer(
        "newspaper4k",
        text=("text", "summary"),
        id=("url",),
        date=("publish_date",),
        source=("meta_site_name", "source_url"),
    ),
    # CCNet; its `date_download` is that of the crawl. https://github.com/facebookresearch/cc_net
    Producer("CCNet", text=("raw_content",), id=("url",), source=("source_domain",)),
    # Guardian Open Platform. https://open-platform.theguardian.com/documentation/item
    Producer(
        "Guardian API",
        text=("fields.bodyText", "fields.body", "blocks.body.bodyTextSummary"),
        id=("id", "webUrl"),
        date=("webPublicationDate",),
        source=("fields.publication",),
        title=("webTitle", "fields.headline"),
        url=("webUrl",),
    ),
    # RSS and Atom by their own names, and as feedparser writes them: `content` is a list of objects with a `value`.
    # https://feedparser.readthedocs.io/en/latest/reference-entry.html
    Producer(
        "feedparser",
        text=("content.value", "summary"),
        id=("id", "link"),
        date=("published", "pubDate", "updated"),
        source=("source.title",),
    ),
    # JSON Feed. https://www.jsonfeed.org/version/1.1/
    Producer(
        "JSON Feed",
        text=("content_text", "content_html", "summary"),
        id=("id", "url"),
        date=("date_published",),
    ),
    # GDELT: what its DOC API lists, and the columns of the Global Knowledge Graph in BigQuery.
    # https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/
    # https://blog.gdeltproject.org/introducing-gkg-2-0-the-next-generation-of-the-gdelt-global-knowledge-graph/
    Producer(
        "GDELT",
        id=("url", "DocumentIdentifier"),
        date=("seendate",),
        source=("domain", "SourceCommonName"),
        url=("DocumentIdentifier",),
    ),
    # MongoDB's exports: an id is an object. https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
    Producer("MongoDB", id=("_id", "_id.$oid")),
    Producer(
        "others",
        text=("full_text", "fulltext", "raw_text"),
        date=("published_at", "publication_date", "pub_date"),
        source=("sitename", "site_name", "hostname"),
        title=("heading",),
        url=("permalink", "canonical_url"),
    ),
)
"""The first is preferred; a later producer adds the names that none before it has."""

ABSTRACTS = ("summary",)
"""Names that hold a text of their own, or what a longer one is about: read only where a record has no other field of
a text, not even an empty one. Articles whose text is missing may well have one and the same summary."""

VARIANTS = (*ABSTRACTS, "raw_text", "content_html", "fields.body", "blocks.body.bodyTextSummary")
"""Names that are not reported as unused: producers write them beside another form of the same text."""

UPDATES = ("updated",)
"""Dates that may be later than the publication: read only where a record has no other."""

HITS = "_source"
"""The key under which exports of Elasticsearch hold the document, beside its `_id`:
https://www.elastic.co/guide/en/elasticsearch/reference/current/mapping-source-field.html"""


def _names(role: str) -> tuple[str, ...]:
    names = dict.fromkeys(name for producer in PRODUCERS for name in getattr(producer, role))
    first = [name for name in names if name not in (*ABSTRACTS, *UPDATES)]
    last = [name for name in names if name not in first]
    return (*first, *_in_hits(first), *last, *_in_hits(last))


def _in_hits(names: list[str]) -> list[str]:
    return [f"{HITS}.{name}" for name in names if not name.startswith(("@", "_"))]


GUESSES = {role: _names(role) for role in ROLE_NAMES}
"""Names tried for each field, the best first."""


def is_abstract(name: str) -> bool:
    """Return whether a name of `GUESSES` is one of the `ABSTRACTS`."""
    return name.removeprefix(f"{HITS}.") in ABSTRACTS
