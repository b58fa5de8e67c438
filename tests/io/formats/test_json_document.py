"""Files that are one JSON document: a list of records, records over many lines, an object with the list in it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import COMPRESSORS, everything, make, open_files, out_in, read, rejected_lines

import dedup
from dedup.errors import ColumnError, InputError
from dedup.io.bytes.paths import InputFile
from dedup.io.format_registry import STDIN_FORMAT
from dedup.io.formats.json_document import JsonDocument
from dedup.io.places.local_file import LocalFile

RECORDS = [{"id": "a", "text": 'one "{[,]}" \\'}, {"text": "two\nlines", "id": "b", "tags": [{"name": "x"}, []]}]
TEXTS = [record["text"].encode() for record in RECORDS]


def pretty(value) -> bytes:
    return json.dumps(value, indent=2).encode()


DOCUMENTS = {
    "one line": json.dumps(RECORDS).encode(),
    "pretty": pretty(RECORDS),
    "tabs and returns": json.dumps(RECORDS, indent="\t").replace("\n", "\r\n").encode(),
    "a record a line": b"[\n" + b",\n".join(json.dumps(one).encode() for one in RECORDS) + b"\n]\n",
    "one after the other": b"\n".join(map(pretty, RECORDS)),
    "several lists": pretty(RECORDS[:1]) + b"\n" + pretty(RECORDS[1:]),
    "in an object": pretty({"status": "ok", "articles": RECORDS, "total": 2, "more": {"pages": [{"page": 1}]}}),
    "in an object, on one line": json.dumps({"articles": RECORDS}).encode(),
    "deep in an object": pretty({"meta": {"q": "]"}, "response": {"docs": RECORDS, "facets": [3, {"text": "4"}]}}),
    "JSON Feed": pretty({"title": "News", "description": "All the news", "items": RECORDS}),
}
PATHS = {"in an object": "articles", "deep in an object": "response.docs", "JSON Feed": "items"}


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.json.gz"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_records_are_read_and_kept(tmp_path, name, document):
    data = DOCUMENTS[document]
    path = make(tmp_path, name, COMPRESSORS[".gz"](data) if name.endswith("gz") else data)
    source = open_files([path])
    records = everything(source)
    assert (records.id, records.row, records.text) == (["a", "b"], [1, 2], TEXTS)
    assert not records.rejected
    assert source.write_kept(np.array([False, True]), out_in(tmp_path)) == ["kept.jsonl"]
    (kept,) = (tmp_path / "out" / "kept.jsonl").read_bytes().splitlines()
    assert json.loads(kept) == RECORDS[1]
    assert source.kept_table(np.array([True, False])).to_pylist() == RECORDS[:1]
    if document in PATHS:
        assert f"the records of {path} are the list {PATHS[document]}; what is beside it is not read" in source.notes


def test_one_record_over_many_lines(tmp_path):
    record = {"text": "x", "description": "y", "comments": [{"text": "a comment"}]}
    records = read(make(tmp_path, "a.json", pretty(record)))
    assert (records.row, records.text) == ([1], [b"x"])


def test_malformed_records_are_rejected_one_by_one(tmp_path):
    source = open_files([make(tmp_path, "a.json", b'[{"text": "a"}, 7,\n{"text" "b"},\n{"text": "c"},, {"text": 4}]')])
    rejected = rejected_lines(source, tmp_path / "rejected.jsonl")
    assert [(one["row"], one["reason"].partition(" at ")[0]) for one in rejected] == [
        (2, "a number, expected an object"),
        (3, "not JSON: expecting ':' delimiter"),
        (5, "text is a number, expected a string"),
    ]
    assert [text for text in read(tmp_path / "a.json").text if text] == [b"a", b"c"]


def test_a_malformed_record_of_a_list_in_an_object_on_one_line_is_rejected_alone(tmp_path):
    data = b'{"articles": [{"text": "a"}, {"text": broken}, {"text": "c"}]}'
    source = open_files([make(tmp_path, "a.json", data)])
    rejected = rejected_lines(source, tmp_path / "rejected.jsonl")
    assert [(one["row"], one["reason"].partition(" at ")[0]) for one in rejected] == [(2, "not JSON: expecting value")]
    assert [text for text in read(tmp_path / "a.json").text if text] == [b"a", b"c"]


def test_a_line_feed_in_a_string_stays_in_it(tmp_path):
    path = make(tmp_path, "a.json", b'[{"text":\n "a\nb"}]')
    source = open_files([path])
    assert everything(source).text == [b"a\nb"]
    source.write_kept(np.ones(1, bool), out_in(tmp_path))
    assert (tmp_path / "out" / "kept.jsonl").read_bytes() == b'{"text": "a\\nb"}\n'


def test_a_list_that_is_cut_off(tmp_path):
    path = make(tmp_path, "a.json", b'[{"text": "a"},\n{"text": "b"},\n')
    with pytest.raises(InputError, match=r"a\.json ends within its list of records after row 2\. Hint: .*append \]"):
        read(path)
    records = read(make(tmp_path, "b.json", b'[{"text": "a"},\n{"text": "b'))
    assert records.text == [b"a", None]
    assert list(records.rejected) == [1]


def test_a_long_record_is_rejected_and_the_others_are_read(tmp_path):
    path = make(tmp_path, "a.json", pretty([{"text": "a"}, {"text": "b" * 5_000}, {"text": "c"}]))
    records = read(path, longest=1_000)
    assert records.text == [b"a", None, b"c"]
    assert records.rejected[1][0].startswith("too long: 5,0")


def test_several_lists_with_texts_are_refused(tmp_path):
    path = make(tmp_path, "a.json", pretty({"news": RECORDS, "sport": RECORDS}))
    with pytest.raises(
        InputError, match=r"several lists of records: news, sport; expected one\. Hint: .*jq -c '\.news"
    ):
        read(path)


def test_an_object_without_texts(tmp_path):
    with pytest.raises(ColumnError, match=r"a\.json has the fields name, list"):
        read(make(tmp_path, "a.json", pretty({"name": "x", "list": [{"name": "y"}]})))


def test_lines_remain_lines(tmp_path):
    broken = b'{"text": "a\n{"text": "b"}\n'
    assert list(read(make(tmp_path, "a.jsonl", broken)).rejected) == [0]
    pages = b'{"text": "a", "list": [{"text": "x"}]}\n{"text": "b"}\n'
    assert read(make(tmp_path, "b.jsonl", pages)).text == [b"a", b"b"]


def test_a_named_text_field_finds_the_list(tmp_path):
    path = make(tmp_path, "a.json", pretty({"text": "about", "hits": [{"wortlaut": "x"}]}))
    assert read(path, fields=dedup.Fields(text="wortlaut")).text == [b"x"]


def test_limit(tmp_path):
    path = make(tmp_path, "a.json", pretty({"articles": RECORDS * 3}))
    source = open_files([path], limit=3)
    assert len(everything(source)) == 3
    source.write_kept(np.array([True, False, True]), out_in(tmp_path))
    assert len((tmp_path / "out" / "kept.jsonl").read_bytes().splitlines()) == 2


def test_a_run_is_opened_again(tmp_path):
    long = [{"id": str(number), "text": f"text number {number} about a harbour " * 9} for number in range(3)]
    make(tmp_path, "a.json", pretty({"articles": long}))
    dedup.deduplicate(tmp_path / "a.json", tmp_path / "out")
    run = dedup.RunOutput(tmp_path / "out")
    assert run.texts([2, 0]) == {0: long[0]["text"], 2: long[2]["text"]}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text('a"\\[]{},:\n\r é', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"[{', max_size=2), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(
    records=st.lists(st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=3), max_size=4),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    is_list=st.booleans(),
    size=st.integers(1, 20),
)
def test_lines_hold_the_records_whatever_the_chunks(records, indent, is_list, size):
    file = InputFile(LocalFile(Path("a.json")), "a.json", "a.json", STDIN_FORMAT)
    if is_list:
        data = json.dumps(records, indent=indent, ensure_ascii=False).encode()
    else:
        data = "\n".join(json.dumps(one, indent=indent, ensure_ascii=False) for one in records).encode()
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    lines = b"".join(JsonDocument().lines(file, chunks)).splitlines()
    assert [json.loads(line) for line in lines] == records


PAGES = [
    b'{"status": "ok", "page": 1, "articles": [{"id": "a", "text": "one, {[two]}"}, {"id": "b", "text": "2"}]}',
    b'{"status": "ok", "page": 2, "articles": []}',
    b'{"page": 3, "articles": [{"text": "three", "n": 1.50, "id": "c"}], "status": "ok"}',
]


@pytest.mark.parametrize("end", [b"\n", b""])
def test_each_line_holds_a_list_as_where_pages_of_an_api_were_appended(tmp_path, end):
    lines = [PAGES[0], PAGES[2], PAGES[1], b"", b'{"error": "none today"}', PAGES[2][:50]]
    path = make(tmp_path, "a.jsonl", b"\n".join(lines) + end)
    source = open_files([path])
    found = everything(source)
    assert found.id == ["a", "b", "c", f"{path}:4", f"{path}:5"]
    assert found.text == [b"one, {[two]}", b"2", b"three", None, None]
    assert list(found.rejected) == [4]
    assert f"the records of {path} are the list articles; what is beside it is not read" in source.notes
    source.write_kept(np.array([False, True, True, True, False]), out_in(tmp_path))
    kept = (tmp_path / "out" / "kept.jsonl").read_bytes().splitlines()
    assert kept == [b'{"id": "b", "text": "2"}', b'{"text": "three", "n": 1.50, "id": "c"}', b'{"error": "none today"}']
    assert source.kept_table(np.array([True] + [False] * 4)).to_pylist() == [{"id": "a", "text": "one, {[two]}"}]


def test_lines_with_texts_of_their_own_are_records_whatever_lists_they_hold(tmp_path):
    comments = b'"comments": [{"text": "first"}]'
    for own in (b'"text": "article"', b'"summary": "article"'):
        line = b"{%s, %s}\n" % (own, comments)
        assert read(make(tmp_path, "a.jsonl", line * 2)).text == [b"article"] * 2
    assert len(read(make(tmp_path, "a.jsonl", b'{%s}\n{"text": "article"}\n' % comments))) == 2


def test_a_line_of_a_page_that_is_too_long_is_rejected(tmp_path):
    long = b'{"articles": [{"id": "d", "text": "%s"}]}' % (b"word " * 100)
    found = read(make(tmp_path, "a.jsonl", b"\n".join([PAGES[0], PAGES[2], long])), longest=300)
    assert [text is None for text in found.text] == [False, False, False, True]


STRINGS = ["One text.", 'Two "quoted"\nlines \\', "größe 😀"]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(STRINGS),
        json.dumps(STRINGS, indent=1),
        "\n".join(map(json.dumps, STRINGS)),
        json.dumps(STRINGS, ensure_ascii=False),
    ],
)
def test_strings_are_texts_where_the_first_record_is_one(tmp_path, data):
    path = make(tmp_path, "a.json", data.encode())
    source = open_files([path])
    found = everything(source)
    assert found.id == [f"{path}:{row}" for row in (1, 2, 3)]
    assert found.text == [text.encode() for text in STRINGS]
    source.write_kept(np.array([False, True, False]), out_in(tmp_path))
    (line,) = (tmp_path / "out" / "kept.jsonl").read_bytes().splitlines()
    assert json.loads(line) == STRINGS[1]
    assert read(tmp_path / "out").text == [STRINGS[1].encode()]
    again = open_files([path])
    again.restore(source.state())
    assert again.kept_table(np.array([True, False, False])).to_pylist() == [{"text": STRINGS[0]}]


def test_among_strings_what_is_none_is_rejected_and_fields_that_are_named_are_missing(tmp_path):
    path = make(tmp_path, "a.jsonl", b'"One"\n2\n{"text": "Three"}\n')
    found = read(path)
    assert (found.text, list(found.rejected)) == ([b"One", None, b"Three"], [1])
    with pytest.raises(ColumnError, match="has no field 'body'"):
        read(path, fields=dedup.Fields(text="body"))


def test_documents_are_kept_in_utf_8_and_so_not_mixed_with_others(tmp_path):
    documents = [{"id": "1", "text": "größe der Häuser"}], [{"id": "2", "text": "größe der Dinge"}]
    paths = [
        make(tmp_path, f"{encoding}.json", json.dumps(document, ensure_ascii=False).encode(encoding))
        for encoding, document in zip(("latin-1", "utf-8"), documents, strict=True)
    ]
    source = open_files(paths)
    everything(source)
    assert not any("lines are kept as they were" in note for note in source.notes)
    source.write_kept(np.array([True, True]), out_in(tmp_path))
    assert [json.loads(line) for line in (tmp_path / "out" / "kept.jsonl").read_bytes().splitlines()] == [
        *documents[0],
        *documents[1],
    ]
