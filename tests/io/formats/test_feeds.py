"""Entries of RSS and Atom files, as feedgen writes them and as the web has them: damaged, hostile, or no feeds."""

from __future__ import annotations

import gzip
import json
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from reading import deduplicated, everything, json_lines, make, open_files, out_in, read

from dedup.errors import ColumnError, InputError
from dedup.io import Fields, ReadTuning
from dedup.io.kept_form import KeptForm
from dedup.params import Params

pytest.importorskip("feedparser")

MICROSECONDS = 1_709_280_000_000_000

ENTRIES = [
    {"id": "urn:1", "title": "Basin", "summary": "The basin.", "content": "<p>The basin will be dredged, it said.</p>"},
    {"id": "urn:2", "title": "Harbour", "summary": "The harbour opens in May.", "content": None},
]
TEXTS = [b"<p>The basin will be dredged, it said.</p>", b"The harbour opens in May."]


def feed(form: str) -> bytes:
    """Return a feed that feedgen writes."""
    feedgen = pytest.importorskip("feedgen.feed")
    made = feedgen.FeedGenerator()
    made.id("urn:feed")
    made.title("Tellmouth Courier")
    made.link(href="https://courier.example")
    made.description("News")
    for number, one in enumerate(ENTRIES):
        entry = made.add_entry(order="append")
        entry.id(one["id"])
        entry.title(one["title"])
        entry.link(href=f"https://courier.example/{number}")
        entry.published(datetime(2024, 3, 1, 8, tzinfo=timezone.utc))
        if form == "rss":
            entry.description(one["summary"])
        else:
            entry.summary(one["summary"])
        if one["content"]:
            entry.content(one["content"], type="CDATA" if form == "rss" else "html")
    written: bytes = made.rss_str(pretty=True) if form == "rss" else made.atom_str(pretty=True)
    return written


def rss(*items: str, before: str = "") -> bytes:
    whole = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?>{before}<rss version="2.0"><channel><title>C</title>{whole}</channel></rss>'.encode()


@pytest.mark.parametrize("name", ["a.rss", "a.atom", "rss.xml", "a.xml.gz"])
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_entries_are_read_and_kept(tmp_path, form, name):
    data = feed(form)
    source = open_files([make(tmp_path, name, gzip.compress(data) if name.endswith("gz") else data)])
    found = everything(source)
    assert (found.id, found.text, found.row) == (["urn:1", "urn:2"], TEXTS, [1, 2])
    assert found.published == [MICROSECONDS] * 2
    assert found.source == ["Tellmouth Courier"] * 2
    assert source.notes == []
    assert source.write_kept(np.array([True, False]), out_in(tmp_path)) == ["kept.feed.jsonl"]
    (line,) = (tmp_path / "out" / "kept.feed.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["id"], entry["link"], entry["title"]) == ("urn:1", "https://courier.example/0", "Basin")
    assert entry["source"]["title"] == "Tellmouth Courier"
    assert source.kept_table(np.array([False, True])).to_pylist()[0]["id"] == "urn:2"
    again = read(tmp_path / "out")
    assert (again.id, again.text, again.published, again.source) == tuple(
        one[:1] for one in (found.id, found.text, found.published, found.source)
    )


def test_layout_same_writes_json_lines(tmp_path):
    source = open_files([make(tmp_path, "a.rss", feed("rss"))])
    everything(source)
    source.write_kept(np.array([True, True]), out_in(tmp_path), KeptForm(layout="same"))
    assert read(tmp_path / "out" / "kept" / "a.rss.jsonl").id == ["urn:1", "urn:2"]


def test_the_longest_text_of_an_entry_is_read(tmp_path):
    content = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    item = f"<description>Long, long summary.</description><content:encoded {content}>Short.</content:encoded>"
    assert read(make(tmp_path, "a.rss", rss(item, "<title>No text</title>"))).text == [b"Long, long summary.", None]
    assert read(tmp_path / "a.rss", fields=Fields(text="title,text")).text == [b"Long, long summary.", b"No text"]
    with pytest.raises(ColumnError, match="has no field 'body'"):
        read(tmp_path / "a.rss", fields=Fields(text="body"))


def test_a_link_is_the_id_of_an_entry_without_one(tmp_path):
    assert read(make(tmp_path, "a.rss", rss("<link>https://c.example/1</link><description>T</description>"))).id == [
        "https://c.example/1"
    ]


def test_a_feed_that_is_cut_off_is_read_as_far_as_it_goes_and_noted(tmp_path):
    path = make(tmp_path, "a.rss", rss("<description>One</description>", "<description>Two</description>")[:-60])
    source = open_files([path])
    assert everything(source).text[0] == b"One"
    assert any(
        note.startswith(f"not well-formed, and read as far as it can be understood: {path} (") for note in source.notes
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<urlset><url><loc>x</loc></url></urlset>", "is no RSS or Atom feed: its first element is <urlset>"),
        (b"<?xml version='1.0'?><!-- <rss> --><items><item><title>A</title></item></items>", "is <items>"),
        (b"<html><body>Error 404", "is <html>"),
        (b"hello", "is no RSS or Atom feed"),
        (b"\0\1\2", "is no RSS or Atom feed"),
    ],
)
def test_what_is_no_feed_is_refused_and_left_out_of_a_folder(tmp_path, data, message):
    path = make(tmp_path, "in/a.xml", data)
    with pytest.raises(InputError, match=message):
        read(path)
    make(tmp_path, "in/b.jsonl", json_lines({"id": "b", "text": "B"}))
    source = open_files([tmp_path / "in"])
    assert everything(source).id == ["b"]
    assert f"not read, because they are no feeds: {path}" in source.notes


def test_feeds_without_entries(tmp_path):
    for name, data in (("a.rss", rss()), ("b.rss", b"")):
        source = open_files([make(tmp_path, name, data)])
        assert len(everything(source)) == 0
        assert source.notes == [f"no records in {tmp_path / name}"]


def test_entities_are_not_expanded_into_bombs_nor_read_from_files(tmp_path):
    more = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE rss [<!ENTITY b0 "lol">{more}]>'
    secret = make(tmp_path, "secret", b"a secret")
    outside = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    begun = time.process_time()
    for before, entity in ((bomb, "b9"), (outside, "x")):
        data = rss(f"<description>before &{entity}; behind</description>", before=before)
        (text,) = read(make(tmp_path, "a.rss", data)).text
        assert b"secret" not in text
        assert len(text) < 1_000
    assert time.process_time() - begun < 5


def test_a_feed_longer_than_a_record_may_be_is_refused(tmp_path):
    path = make(tmp_path, "a.rss", rss(f"<description>{'word ' * 500}</description>"))
    with pytest.raises(InputError, match=r"is longer; expected a feed of at most 1,000 bytes.*--longest"):
        read(path, longest=1_000)


def test_batches_and_a_limit(tmp_path):
    path = make(tmp_path, "a.rss", rss(*(f"<guid>{n}</guid><description>T {n}</description>" for n in range(7))))
    assert read(path, tuning=ReadTuning(batch_records=3)).batches == 3
    source = open_files([path], limit=4)
    assert everything(source).id == ["0", "1", "2", "3"]
    source.write_kept(np.array([False, True, False, True]), out_in(tmp_path))
    lines = (tmp_path / "out" / "kept.feed.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "3"]


def test_without_feedparser_a_feed_is_refused_and_left_out_of_a_folder(tmp_path, monkeypatch):
    path = make(tmp_path, "in/a.rss", rss("<description>T</description>"))
    make(tmp_path, "in/b.jsonl", json_lines({"id": "b", "text": "B"}))
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(InputError, match=r"not installed.*pip install 'newsdedup\[feeds\]'"):
        read(path)
    source = open_files([tmp_path / "in"])
    assert everything(source).id == ["b"]
    assert any("feedparser, which reads feeds, is not installed" in note for note in source.notes)


def test_a_run_over_a_feed_and_other_files(tmp_path):
    text = "The county pays half of the work, which begins in March and should take no longer than five weeks in all."
    make(tmp_path, "in/a.rss", rss(f"<guid>1</guid><description>{text}</description>"))
    make(tmp_path, "in/b.jsonl", json_lines({"id": "2", "text": text}))
    result = deduplicated(Path(tmp_path, "in"), Params(), 1, ReadTuning())
    assert result.decisions.column("kept").to_pylist() == [True, False]


def test_a_run_that_is_resumed_writes_the_same(tmp_path):
    path = make(tmp_path, "a.rss", feed("rss"))
    source, again = open_files([path]), open_files([path])
    everything(source)
    again.restore(json.loads(json.dumps(source.state())))
    for one, name in ((source, "one"), (again, "again")):
        assert one.write_kept(np.array([False, True]), out_in(make(tmp_path, f"{name}/in", b"").parent)) == [
            "kept.feed.jsonl"
        ]
        assert one.notes == source.notes
    assert read(tmp_path / "again" / "out").id == read(tmp_path / "one" / "out").id
