"""Records of the packages that make news out of pages and feeds: made here by these, from pages of our own."""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from reading import Everything, json_lines, make, read

PARAGRAPHS = [
    "The harbour authority of Tellmouth will dredge the inner basin before the herring comes, its director said.",
    "Trawlers of more than eighteen metres have not reached the auction hall at low tide since the storm of last year.",
    "Skippers have landed their catch at Oxenby instead, forty miles up the coast, and lost a third of their turnover.",
    "The county pays half of the work, which begins in March and should take no longer than five weeks in all.",
    "Anglers had feared for the mussel beds; the sand will now be dumped beyond the lighthouse, in deeper water.",
]
URL, SITE, DAY = "https://courier.example/news/1", "Tellmouth Courier", 1_709_280_000_000_000

PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Basin to be dredged | {SITE}</title>
<meta property="og:site_name" content="{SITE}"><meta property="og:type" content="article">
<meta property="og:url" content="{URL}"><link rel="canonical" href="{URL}">
<meta property="article:published_time" content="2024-03-01T08:00:00+00:00">
</head><body><nav><a href="/">Home</a></nav><article><h1>Basin to be dredged</h1>
<time datetime="2024-03-01T08:00:00+00:00">1 March 2024</time>
{"".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)}</article>
<footer>All rights reserved</footer></body></html>"""

FEED = f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>{SITE}</title><link>https://courier.example</link><item><title>Basin to be dredged</title>
<link>{URL}</link><guid>{URL}</guid><pubDate>Fri, 01 Mar 2024 08:00:00 GMT</pubDate>
<description>What the director said.</description><content:encoded><![CDATA[{" ".join(PARAGRAPHS)}]]></content:encoded>
<source url="https://courier.example/rss">{SITE}</source></item>
<item><link>https://courier.example/news/2</link><pubDate>Fri, 01 Mar 2024 08:00:00 GMT</pubDate>
<description>{PARAGRAPHS[0]}</description></item></channel></rss>"""


def package(name: str) -> ModuleType:
    """Import a package, or skip the test with the command that installs it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what these packages do without
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name.split(".")[0]:
                raise
            pytest.skip(f"{name} is not installed: pip install '.[test-producers]'")


def written(folder: Path, *records: Any) -> Everything:
    return read(make(folder, "news.jsonl", json_lines(*records)))


def trafilatura() -> Any:
    extract: Callable[..., str] = package("trafilatura").extract
    return json.loads(extract(PAGE, url=URL, output_format="json", with_metadata=True))


def newspaper4k() -> Any:
    return json.loads(package("newspaper").article(URL, input_html=PAGE).to_json())


def news_please() -> Any:
    return package("newsplease").NewsPlease.from_html(PAGE, url=URL).get_serializable_dict()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("produce", [trafilatura, newspaper4k, news_please])
def test_pages(produce: Callable[[], Any], tmp_path: Path) -> None:
    record = produce()
    found = written(tmp_path, record)
    text = (found.text[0] or b"").decode()
    assert all(paragraph in text for paragraph in PARAGRAPHS)
    assert "All rights reserved" not in text
    assert [date is not None and date // 86_400_000_000 for date in found.published] == [DAY // 86_400_000_000]
    assert found.source[0] in (SITE, "courier.example")
    assert not found.rejected
    if record.get("url"):
        assert found.id == [URL]


@pytest.mark.filterwarnings("ignore")
def test_a_page_without_a_date(tmp_path: Path) -> None:
    """news-please writes the string None for it."""
    page = PAGE.replace("2024-03-01T08:00:00+00:00", "").replace("1 March 2024", "")
    record = package("newsplease").NewsPlease.from_html(page, url=URL).get_serializable_dict()
    assert record["date_publish"] == "None"
    found = written(tmp_path, record)
    assert (found.published, found.unread.count) == ([None], 0)


def test_entries_of_a_feed(tmp_path: Path) -> None:
    entries = package("feedparser").parse(FEED).entries
    found = written(tmp_path, *entries)
    assert found.text == [" ".join(PARAGRAPHS).encode(), PARAGRAPHS[0].encode()]
    assert found.id == [URL, "https://courier.example/news/2"]
    assert found.published == [DAY] * 2
    assert found.source == [SITE, None]


def test_items_that_scrapy_exports(tmp_path: Path) -> None:
    exporters = package("scrapy.exporters")
    with open(tmp_path / "items.jl", "wb") as file:
        exporter = exporters.JsonLinesItemExporter(file)
        exporter.start_exporting()
        exporter.export_item({"url": URL, "body": " ".join(PARAGRAPHS), "date": "2024-03-01", "publisher": SITE})
        exporter.finish_exporting()
    found = read(tmp_path)
    assert (found.id, found.text, found.source) == ([URL], [" ".join(PARAGRAPHS).encode()], [SITE])
    assert found.published == [DAY - 8 * 3_600_000_000]
