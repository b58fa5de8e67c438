"""Which fields are read (record by record, along paths, joined), and what is reported about them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import naive
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Everything, batches, everything, json_lines, make, open_files, open_source, read, reader_of

import dedup
from dedup.errors import ColumnError, ParamsError
from dedup.io import Fields
from dedup.io.bytes.paths import expand
from dedup.io.bytes.streams import Reading
from dedup.io.fields.field_tree import MISSING_RANK, FieldTree, paths_of
from dedup.io.fields.producers import GUESSES, PRODUCERS

DAY, TEXT = "2024-01-31T12:00:00Z", "The council voted on Monday to close the old bridge for repairs."
MICROS = 1_706_702_400_000_000

RECORDS: dict[str, dict[str, Any]] = {
    "NewsAPI": {"source": {"id": None, "name": "Hill Press"}, "url": "u1", "publishedAt": DAY, "content": TEXT},
    "newspaper4k": {
        **{"url": "u1", "source_url": "https://hill.example", "meta_site_name": "Hill Press", "publish_date": DAY},
        **{"text": TEXT, "summary": ""},
    },
    "news-please": {"url": "u1", "source_domain": "Hill Press", "date_publish": "2024-01-31 12:00", "maintext": TEXT},
    "trafilatura": {
        **{"id": None, "url": "u1", "hostname": "hill.example", "source-hostname": "Hill Press", "date": DAY},
        **{"source": "https://hill.example/1", "text": TEXT, "raw_text": "raw"},
    },
    "schema.org": {
        **{"url": "u1", "publisher": {"@type": "Organization", "name": "Hill Press"}, "datePublished": DAY},
        "articleBody": TEXT,
    },
    "a graph of schema.org": {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "url": "https://hill.example", "name": "Hill"},
            {"@type": "NewsArticle", "articleBody": TEXT, "datePublished": DAY, "publisher": {"name": "Hill Press"}},
            {"@type": "WebPage", "mainEntityOfPage": {"@id": "u1"}},
        ],
    },
    "feedparser": {
        **{"id": "u1", "link": "u2", "published": "Wed, 31 Jan 2024 12:00:00 GMT", "summary": "Short."},
        **{"content": [{"type": "text/html", "value": TEXT}], "source": {"title": "Hill Press", "href": "h"}},
    },
    "a feed of summaries": {
        "url": "u2",
        "guid": "u1",
        "pubDate": "Wed, 31 Jan 2024 12:00:00 GMT",
        "summary": TEXT,
        "source": "Hill Press",
    },
    "WordPress without ids": {
        "guid": {"rendered": "u1"},
        "link": "l",
        "date_gmt": DAY,
        "source": "Hill Press",
        "text": TEXT,
    },
    "CCNet": {"url": "u1", "source_domain": "Hill Press", "published": DAY, "raw_content": TEXT},
    "WordPress": {
        **{
            "id": "u1",
            "date": "2024-01-31T14:00:00",
            "date_gmt": "2024-01-31T12:00:00",
            "link": "l",
            "site_name": "Hill Press",
        },
        **{"guid": {"rendered": "g"}, "title": {"rendered": "T"}, "content": {"rendered": TEXT, "protected": False}},
    },
    "Guardian API": {
        **{"id": "u1", "webUrl": "w", "webPublicationDate": DAY, "webTitle": "T"},
        "fields": {"bodyText": TEXT, "body": f"<p>{TEXT}</p>", "publication": "Hill Press"},
    },
    "Elasticsearch": {
        **{"_index": "news", "_id": "u1", "_score": 1.0},
        "_source": {"body": TEXT, "published": DAY, "publisher": {"name": "Hill Press"}, "url": "u2"},
    },
    "MongoDB": {"_id": {"$oid": "u1"}, "text": TEXT, "date": {"$date": DAY}, "source": "Hill Press"},
    "GDELT": {"url": "u1", "seendate": "20240131T120000Z", "domain": "Hill Press", "text": TEXT},
    "JSON Feed": {"id": "u1", "content_text": TEXT, "date_published": DAY, "source": "Hill Press"},
    "other case": {"ID": "u1", "Text": TEXT, "PublishedAt": DAY, "Publisher": {"Name": "Hill Press"}},
}


def write_jsonl(folder: Path, record: dict[str, Any]) -> Path:
    return make(folder, "news.jsonl", json_lines(record))


def write_parquet(folder: Path, record: dict[str, Any]) -> Path:
    pq.write_table(pa.Table.from_pylist([record]), folder / "news.parquet")
    return folder / "news.parquet"


def write_csv(folder: Path, record: dict[str, Any]) -> Path:
    """As pandas' json_normalize would: columns of dotted names."""
    flat: dict[str, Any] = {}

    def add(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(inner, f"{name}.{key}" if name else key)
        else:
            flat.setdefault(name, value)

    add(record, "")
    with open(folder / "news.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([flat.keys(), flat.values()])
    return folder / "news.csv"


WRITERS: dict[str, Callable[[Path, dict[str, Any]], Path]] = {
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "csv": write_csv,
}


NOT_IN_CELLS = {"a graph of schema.org", "feedparser", "MongoDB"}
"""Shapes with lists, and with objects that are no fields."""


@pytest.mark.parametrize(
    ("shape", "form"), [(s, f) for s in RECORDS for f in WRITERS if not (f == "csv" and s in NOT_IN_CELLS)]
)
def test_fields_of_common_producers_are_found(shape: str, form: str, tmp_path: Path) -> None:
    record = RECORDS[shape]
    found = read(WRITERS[form](tmp_path, record))
    assert (found.id, found.text, found.source) == (["u1"], [TEXT.encode()], ["Hill Press"])
    assert found.published == [MICROS]


TITLED = {
    "WordPress": ("T", "l"),
    "Guardian API": ("T", "w"),
    "NewsAPI": (None, "u1"),
    "feedparser": (None, "u2"),
    "a graph of schema.org": (None, "u1"),
    "Elasticsearch": (None, "u2"),
    "MongoDB": (None, None),
}


@pytest.mark.parametrize(("shape", "form"), [(s, f) for s in TITLED for f in WRITERS if f != "csv"])
def test_titles_and_urls_of_common_producers_are_found(shape: str, form: str, tmp_path: Path) -> None:
    (batch,) = batches(open_files([WRITERS[form](tmp_path, RECORDS[shape])], Fields()))
    assert (batch.labels["title"].to_pylist(), batch.labels["url"].to_pylist()) == tuple([one] for one in TITLED[shape])


@pytest.mark.parametrize("shape", RECORDS)
def test_fields_of_common_producers_are_found_in_memory(shape: str) -> None:
    for source in ([RECORDS[shape]], pa.Table.from_pylist([RECORDS[shape]])):
        found = everything(open_source(source, Fields()))
        assert (found.id, found.text, found.source) == (["u1"], [TEXT.encode()], ["Hill Press"])
        assert found.published == [MICROS]


def test_every_name_of_a_producer_is_guessed() -> None:
    for producer in PRODUCERS:
        for role, names in GUESSES.items():
            assert set(getattr(producer, role)) <= set(names), producer.name


# ---- record by record


def texts_in_chunks(path: Path, size: int) -> list[Any]:
    (file,) = expand([path])
    pieces = reader_of("jsonl", chunk_bytes=size).read(file, Reading())
    batches = [piece() for piece in pieces]
    return [value for batch in batches for value in zip(batch.text.to_pylist(), batch.published.tolist(), strict=True)]


def test_a_field_that_comes_late_is_read_from_where_it_is(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [{"id": str(n), "text": f"{TEXT} {n}"} for n in range(30_000)]
    records += [{"id": str(n), "text": f"{TEXT} {n}", "published": DAY} for n in range(30_000, 60_000)]
    path = make(tmp_path, "a.jsonl", json_lines(*records))
    for fields in (Fields(), Fields(date="published")):
        source = open_files([path], fields)
        found = everything(source)
        assert found.batches > 1
        assert found.published == [None] * 30_000 + [MICROS] * 30_000
        assert source.fields["used"]["date"] == {"published": 30_000}
    whole = texts_in_chunks(path, 1 << 26)
    assert texts_in_chunks(path, 10_007) == whole


def test_a_text_that_comes_late_is_looked_for(tmp_path: Path) -> None:
    lines = json_lines(*({"headline": "x"} for _ in range(300)), {"story": "x"}, {"body": TEXT})
    assert read(make(tmp_path, "a.jsonl", lines)).text == [None] * 301 + [TEXT.encode()]
    with pytest.raises(ColumnError, match=r"a\.jsonl has the fields headline, story; expected a text field named text"):
        read(make(tmp_path, "a.jsonl", lines[: lines.index(b'{"body')]))


def test_each_record_takes_its_best_field(tmp_path: Path) -> None:
    records = [
        {"text": "a", "content": "b", "published": DAY},
        {"text": "", "content": "b", "date": DAY},
        {"text": " \n", "body": "c", "published": None, "publishedAt": DAY},
        {"text": None, "article": "d", "published": "", "source": {"name": None}, "domain": "e"},
        {"content": {"rendered": ""}, "body": "f"},
        {"text": "", "summary": "not this"},
        {"text": ""},
        {"summary": "g"},
        {"text": 5, "body": "h"},
        {"title": "x"},
    ]
    found = read(make(tmp_path, "a.jsonl", json_lines(*records)))
    assert found.text == [b"a", b"b", b"c", b"d", b"f", b"", b"", b"g", b"h", None]
    assert found.published[:3] == [MICROS] * 3
    assert found.source[3] == "e"
    assert not found.rejected


def test_what_is_no_text_anywhere_is_rejected_by_its_name(tmp_path: Path) -> None:
    records = [{"text": TEXT}, {"content": {"html": "x"}}, {"body": ["a", "b"], "text": None}, {"text": True}]
    found = read(make(tmp_path, "a.jsonl", json_lines(*records)))
    assert [found.rejected[at][0] for at in (1, 2, 3)] == [
        "content is an object, expected a string",
        "body is a list, expected a string",
        "text is true or false, expected a string",
    ]


def test_an_object_in_the_place_of_a_guessed_id_is_no_id(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jsonl", json_lines({"text": TEXT, "guid": {"a": 1}, "link": ["x"]}))
    assert read(path).id == [f"{path}:1"]


# ---- names, paths, several


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize(
    ("name", "record", "expected"),
    [
        ("content.rendered", {"content": {"rendered": "x"}}, "x"),
        ("a.b.c", {"a": {"b": {"c": "x"}}}, "x"),
        ("a.b.c", {"a": {"b.c": "x"}}, "x"),
        ("a.b", {"a.b": "x", "a": {"b": "y"}}, "x"),
        ("title,text", {"title": "T", "text": "x"}, "T\n\nx"),
        ("text, title", {"title": "T", "text": "x"}, "x\n\nT"),
        ("title,text", {"title": None, "text": "x"}, "x"),
        ("title,text", {"title": "T", "text": "  "}, "T"),
        ("title,text", {"title,text": "x", "title": "T", "text": "y"}, "x"),
        ("title,body.html", {"title": "T", "body": {"html": "x"}}, "T\n\nx"),
        ("a..b", {"a..b": "x"}, "x"),
    ],
)
def test_names_paths_and_several(form: str, name: str, record: dict[str, Any], expected: str, tmp_path: Path) -> None:
    path = WRITERS[form](tmp_path, record)
    assert read(path, fields=Fields(text=name)).text == [expected.encode()]


def test_other_roles_have_paths_too(tmp_path: Path) -> None:
    record = {"body": TEXT, "meta": {"key": 7, "when": DAY, "by": {"name": "Hill Press"}}}
    fields = Fields(text="body", id="meta.key", date="meta.when", source="meta.by")
    for path in (write_jsonl(tmp_path, record), write_parquet(tmp_path, record)):
        found = read(path, fields=fields)
        assert (found.id, found.published, found.source) == (["7"], [MICROS], ["Hill Press"])


def test_a_field_asked_for_is_not_taken_in_other_case(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="has no field 'body'; expected one of its fields: Body"):
        read(make(tmp_path, "a.jsonl", json_lines({"Body": "x"})), fields=Fields(text="body"))


def test_a_field_asked_for_keeps_its_case_beside_guesses(tmp_path: Path) -> None:
    """The same name may be guessed for one thing, in any case, and asked for another."""
    record = {"Text": TEXT, "Source": {"Name": "Hill Press", "by": "no"}}
    path = make(tmp_path, "a.jsonl", json_lines(record, {"text": "x", "source": {"by": "Lake Post"}}))
    for fields in (Fields(source="text"), Fields(source="source.by")):
        for source in (
            open_files([path], fields),
            open_source([record, {"text": "x", "source": {"by": "Lake Post"}}], fields),
        ):
            found = everything(source)
            assert found.text == [TEXT.encode(), b"x"]
            assert found.source == [None, "x" if fields.source == "text" else "Lake Post"]


def test_paths_of_a_name() -> None:
    assert paths_of("a") == [("a",)]
    assert len(paths_of("a.b.c.d")) == 8
    assert paths_of("a.b.c.d.e.f.g")[1:] == [tuple("abcdefg")]
    assert paths_of(".a") == [(".a",)]


def test_joined_texts_make_one_comparison(tmp_path: Path) -> None:
    records = [
        {"head": TEXT, "lead": "Buses go round."},
        {"head": None, "lead": f"{TEXT} Buses go round."},
        {"lead": "x"},
    ]
    result = dedup.deduplicate(records, fields=dedup.Fields(text="head,lead"))
    assert result.decisions["relation"].to_pylist() == [None, "identical", None]
    assert result.summary["fields"]["used"]["text"] == {"lead": 3, "head": 1}


# ---- the definition


KEYS = st.sampled_from(
    ["text", "Text", "TEXT", "content", "rendered", "body", "source", "name", "id", "url", "URL", "title", "summary"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", " ", "a", "b", "c"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
)
ASKED = st.sampled_from([None, "text", "content.rendered", "body.text", "source"])


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5), ASKED, ASKED)
def test_the_tree_finds_what_the_definition_says(record: dict[str, Any], text: str | None, source: str | None) -> None:
    tree = FieldTree(Fields(text=text, source=source))
    found = tree.match(record)
    for role, name in enumerate(("text", "id", "date", "source", "title", "url")):
        taken = tree.choose(role, found[role])
        expected = naive.field_of(record, name, tree.names[role], getattr(tree.fields, name))
        assert (taken.value if taken.rank != MISSING_RANK else None) == expected


# ---- what is reported


def notes_of(path: Path, **fields: str) -> list[str]:
    source = open_files([path], Fields(**fields))
    everything(source)
    return source.notes


def test_a_text_field_that_is_empty_everywhere_is_reported(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jsonl", json_lines(*({"text": "", "content": TEXT} for _ in range(3))))
    assert notes_of(path) == ["text is empty in every record that has it; the text is read from content"]
    path = make(tmp_path, "b.jsonl", json_lines(*({"text": "", "story": f"{TEXT} {TEXT}"} for _ in range(3))))
    expected = ["text is empty in every record; story holds texts: read it with --text-field story"]
    assert notes_of(path) == notes_of(path, text="text") == expected


def test_fields_that_differ_between_records_are_reported(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jsonl", json_lines({"text": "a"}, {"content": "b"}, {"text": "c"}))
    assert notes_of(path) == ["the text is read from text in 2 records, from content in 1 record"]


def test_a_likely_text_that_is_not_used_is_reported(tmp_path: Path) -> None:
    record = {"text": TEXT, "body": TEXT, "summary": "Short.", "raw_text": TEXT}
    (note,) = notes_of(make(tmp_path, "a.jsonl", json_lines(record, record)))
    assert note == (
        "body is not empty either, and is not used: --text-field body reads it instead of text, "
        "--text-field text,body both"
    )
    assert notes_of(make(tmp_path, "b.jsonl", json_lines(record, record)), text="text") == []


@pytest.mark.parametrize("form", WRITERS)
def test_dates_in_a_field_that_is_not_used_are_reported(form: str, tmp_path: Path) -> None:
    path = WRITERS[form](tmp_path, {"text": TEXT, "count": 20240131, "erschienen": "2024-01-31", "gilt": "immer 1"})
    assert notes_of(path) == [
        "no date is read, but erschienen holds dates, such as '2024-01-31': read them with --date-field erschienen"
    ]
    assert notes_of(path, date="erschienen") == []


def test_a_field_that_no_record_has_is_an_error_at_the_end(tmp_path: Path) -> None:
    one = make(tmp_path, "a.jsonl", json_lines({"text": "a", "when": DAY}))
    two = make(tmp_path, "b.csv", b"text,printed\nb,2024-01-31\n")
    with pytest.raises(ColumnError, match=r"has no field 'published'; expected one of its fields: text, when, printed"):
        read(one, two, fields=Fields(date="published"))
    found = everything(source := open_files([one, two], Fields(date="when")))
    assert found.published == [MICROS, None]
    assert source.notes == [f"1 file has no field 'when': {two}"]


def test_the_error_names_fields_that_come_late(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [{"text": str(n)} for n in range(150)] + [{"text": "x", "meta": {"published": DAY}}]
    for source in (
        open_files([make(tmp_path, "a.jsonl", json_lines(*records))], Fields(date="publishd")),
        open_source(records, Fields(date="publishd")),
    ):
        with pytest.raises(
            ColumnError, match=r"no field 'publishd'; expected one of its fields: text, meta\.published\."
        ):
            everything(source)


def test_of_no_records_the_types_may_be_anything(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array([], pa.float64())})
    pq.write_table(table, tmp_path / "a.parquet")
    for source in (
        open_source(table, Fields()),
        open_source(pa.table({}), Fields()),
        open_files([tmp_path / "a.parquet"], Fields(date="x")),
    ):
        assert len(everything(source)) == 0
    assert dedup.deduplicate([]).summary["notes"] == ["no records: there is nothing in the list"]


def test_each_of_several_fields_must_be_somewhere(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jsonl", json_lines({"text": "a"}, {"title": "b"}))
    assert read(path, fields=Fields(text="title,text")).text == [b"a", b"b"]
    with pytest.raises(
        ColumnError, match=r"has no field 'titel'; expected one of .* text, title.*did you mean 'title'\?"
    ):
        read(path, fields=Fields(text="titel,text"))
    with pytest.raises(ColumnError, match=r"no field 'titel'"):
        everything(open_source(pa.table({"text": ["a"]}), Fields(text="titel,text")))


def test_the_fields_used_stand_in_the_summary(tmp_path: Path) -> None:
    one = make(tmp_path, "a.jsonl", json_lines({"id": "1", "text": TEXT}, {"id": "2", "content": f"{TEXT} Late."}))
    two = make(tmp_path, "b.csv", b"url,body,date\nu,words,2024-01-31\n")
    three = make(tmp_path, "c.txt", b"words of a plain text")
    result = dedup.deduplicate([one, two, three])
    none: dict[str, list[str]] = {"date": [], "source": [], "title": [], "url": []}
    assert result.summary["fields"] == {
        "named": {},
        "used": {
            "text": {"text": 1, "content": 1, "body": 1},
            "id": {"id": 2, "url": 1},
            "date": {"date": 1},
            "source": {},
            "title": {},
            "url": {"url": 1},
        },
        "by_file": [
            {**none, "text": ["content", "text"], "id": ["id"], "files": [str(one)], "count": 1},
            {
                **none,
                "text": ["body"],
                "id": ["url"],
                "date": ["date"],
                "url": ["url"],
                "files": [str(two)],
                "count": 1,
            },
        ],
    }
    line = "fields                text: text 1, content 1, body 1; id: id 2, url 1; date: date; source: -; url: url"
    assert line in str(result).splitlines()
    assert not any(line.startswith("fields") for line in str(dedup.deduplicate(three)).splitlines())


def test_a_source_that_is_the_url_of_a_page_is_its_host() -> None:
    records = [
        {"text": TEXT, "source": "https://www.hill.example:443/1?a=b"},
        {"text": TEXT, "source_url": "http://user@lake.example"},
        {"text": TEXT, "source": "Http Daily"},
        {"text": TEXT, "source": "https://"},
    ]
    expected = ["www.hill.example", "lake.example", "Http Daily", "https://"]
    columns = pa.schema([(name, pa.string()) for name in ("text", "source", "source_url")])
    for source in (records, pa.Table.from_pylist(records, columns)):
        assert everything(open_source(source, Fields())).source == expected


def test_fields_are_the_same_on_any_way_of_running(tmp_path: Path) -> None:
    lines = json_lines(*(RECORDS[shape] for shape in RECORDS)) * 50
    path = make(tmp_path, "a.jsonl", lines)
    results: list[Everything] = [
        read(path),
        everything(open_source([json.loads(line) for line in lines.splitlines()], Fields())),
    ]
    assert results[0].text == results[1].text
    assert results[0].source == results[1].source
    assert results[0].fields == results[1].fields


# ---- dates


def test_a_form_of_dates_is_read(tmp_path: Path) -> None:
    records = [{"text": TEXT, "date": date} for date in ("12/05/2024", "2024-05-12", "31/01/2024", "x", None)]
    for path in (
        make(tmp_path, "a.jsonl", json_lines(*records)),
        make(tmp_path, "b.csv", b"text,date\n" + b"".join(f"a,{r['date'] or ''}\n".encode() for r in records)),
    ):
        day = 1_715_472_000_000_000
        found = read(path, fields=Fields(date_format="%d/%m/%Y"))
        assert found.published == [day, day, 1_706_659_200_000_000, None, None]
        assert (found.unread.count, found.unread.example, found.unread.ambiguous) == (1, "x", 0)


def test_ambiguous_dates_are_reported_with_the_option(tmp_path: Path) -> None:
    def note(*dates: str) -> str:
        found = read(make(tmp_path, "a.jsonl", json_lines(*({"text": TEXT, "date": date} for date in dates))))
        assert found.published == [None] * len(dates)
        return found.unread.note

    assert note("12/05/2024", "soon") == (
        "2 dates cannot be read, or stand for no date, and count as missing, such as '12/05/2024'; it is unclear "
        "whether the day or the month comes first in 1 of them, such as '12/05/2024': set --date-format '%d/%m/%Y' "
        "or --date-format '%m/%d/%Y'"
    )
    assert note("1/2/2024", "3/31/2024").endswith("in 2 of them, such as '3/31/2024': set --date-format '%m/%d/%Y'")
    assert note("13-5-24 10:30").endswith("comes first in it: set --date-format '%d-%m-%y %H:%M'")
    assert note("soon") == "1 date cannot be read, or stands for no date, and counts as missing, such as 'soon'"


def test_examples_of_dates_do_not_depend_on_the_cut(tmp_path: Path) -> None:
    dates = ["12/05/2024", "soon", "31/05/2024", "05/31/2024"]
    path = make(tmp_path, "a.jsonl", json_lines(*({"text": TEXT, "date": date} for date in dates)))
    (file,) = expand([path])
    unread = []
    for size in (10, 1 << 20):
        total = None
        for piece in reader_of("jsonl", chunk_bytes=size).read(file, Reading()):
            total = piece().unread if total is None else total.and_then(piece().unread)
        unread.append(total)
    assert unread[0] == unread[1]
    assert unread[0].ambiguous_example == "31/05/2024"


@pytest.mark.parametrize("form", ["", "%Y", "%d/%m", "%Q", "day", 5])
def test_what_is_no_form_of_dates_is_refused(form: Any) -> None:
    with pytest.raises(ParamsError, match="such as %d/%m/%Y"):
        Fields(date_format=form)
