from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import read

from dedup.errors import ColumnError
from dedup.io import Fields
from dedup.io.columns import Columns, choose_columns


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (["body", "content", "text"], Columns("text")),
        (["article", "body"], Columns("body")),
        (["Text", "content"], Columns("content")),
        (["BODY", "Url", "DATE", "Publisher"], Columns("BODY", "Url", "DATE", "Publisher")),
        (
            ["url", "id", "text", "date", "published", "publisher", "source"],
            Columns("text", "id", "published", "source"),
        ),
        (["TEXT", "Text"], Columns("TEXT")),
    ],
)
def test_guesses(found, expected):
    assert choose_columns(Fields(), found, "x") == expected


def test_long_lists_are_cut():
    with pytest.raises(ColumnError, match="f29 and 70 more; expected"):
        choose_columns(Fields(), [f"f{number}" for number in range(100)], "x")


def test_no_fields():
    with pytest.raises(ColumnError, match=r"fields \(none\)"):
        choose_columns(Fields(), [], "x")


DAY, TEXT = "2024-01-31T12:00:00Z", "The council voted on Monday to close the old bridge for repairs."

SHAPES = {
    "NewsAPI": {"source": {"id": None, "name": "Hill Press"}, "url": "u1", "publishedAt": DAY, "content": TEXT},
    "newspaper4k": {"url": "u1", "source_url": "Hill Press", "publish_date": DAY, "text": TEXT},
    "news-please": {"url": "u1", "source_domain": "Hill Press", "date_publish": "2024-01-31 12:00", "maintext": TEXT},
    "trafilatura": {"id": "u1", "sitename": "Hill Press", "date": DAY, "text": TEXT},
    "schema.org": {"url": "u1", "publisher": {"name": "Hill Press"}, "datePublished": DAY, "articleBody": TEXT},
    "feedparser": {"guid": "u1", "published": "Wed, 31 Jan 2024 12:00:00 GMT", "summary": TEXT, "source": "Hill Press"},
    "CCNet": {"url": "u1", "source_domain": "Hill Press", "date_download": DAY, "published": DAY, "raw_content": TEXT},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_fields_of_common_feeds_and_crawlers_are_found(shape: str, suffix: str, tmp_path: Path) -> None:
    record = SHAPES[shape]
    path = tmp_path / f"news.{suffix}"
    if suffix == "jsonl":
        path.write_text(json.dumps(record) + "\n")
    else:
        flat = {name: value["name"] if isinstance(value, dict) else value for name, value in record.items()}
        pq.write_table(pa.Table.from_pylist([flat]), path)
    found = read(path)
    assert (found.id, found.text, found.source) == (["u1"], [TEXT.encode()], ["Hill Press"])
    assert found.published == [1_706_702_400_000_000]
