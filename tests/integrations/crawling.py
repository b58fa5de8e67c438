"""A crawl in a process of its own, for a reactor cannot start twice: ``crawling.py ADDRESS OUT SETTINGS SPIDER...``."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import attrs
import scrapy
from scrapy.crawler import CrawlerProcess


class Declared(scrapy.Item):
    url = scrapy.Field()
    title = scrapy.Field()
    text = scrapy.Field()
    published = scrapy.Field()
    dedup = scrapy.Field()


@dataclass
class Data:
    url: str
    title: str
    text: str
    published: str
    dedup: dict[str, Any] | None = None


@attrs.define
class Attrs:
    url: str
    title: str
    text: str
    published: str


KINDS = {"dict": dict, "item": Declared, "dataclass": Data, "attrs": Attrs}


class News(scrapy.Spider):
    name = "news"

    async def start(self) -> Any:
        yield scrapy.Request(self.address + "/")

    def parse(self, response: Any) -> Any:
        for place, link in enumerate(response.css("a::attr(href)").getall()):
            yield response.follow(link, self.parse_article, priority=-place)

    def parse_article(self, response: Any) -> Any:
        yield KINDS[self.kind](
            url=response.url.removeprefix(self.address),
            title=response.css("h1::text").get(),
            text="\n".join(response.css("p::text").getall()),
            published=response.css("time::text").get(""),
        )


class Authors(scrapy.Spider):
    """Items that are no articles, and one that the index refuses."""

    name = "authors"

    async def start(self) -> Any:
        yield scrapy.Request("data:,")

    def parse(self, response: Any) -> Any:
        yield {"name": "A. Writer"}
        yield {"text": "An article of ten words or more that has no address at all."}


def main(address: str, out: str, given: str, *names: str) -> None:
    """Crawl; write the items to ``OUT-SPIDER-KIND.jsonl`` and the statistics, by spider, to ``OUT.stats``."""
    settings = {
        "ITEM_PIPELINES": {"dedup.integrations.scrapy.DedupPipeline": 300},
        "CONCURRENT_REQUESTS": 1,  # articles come in the order of the site
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "INFO",
        "FEEDS": {out + "-%(name)s-%(kind)s.jsonl": {"format": "jsonlines"}},
        **json.loads(given),
    }
    process = CrawlerProcess(settings)
    crawlers = []
    for name in names or ("news",):
        kind, _, spider = name.rpartition(":")
        crawler = process.create_crawler(Authors if spider == "authors" else News)
        crawlers.append(crawler)
        process.crawl(crawler, address=address, kind=kind or "dict")
    process.start()
    stats = [{key: value for key, value in one.stats.get_stats().items() if "dedup" in key or "item" in key}
             for one in crawlers]  # fmt: skip
    with open(out + ".stats", "w") as file:
        json.dump(stats, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
