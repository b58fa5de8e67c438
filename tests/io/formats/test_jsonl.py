from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import COMPRESSORS, batches, everything, has_dates, json_lines, make, open_files, out_in, read, reader_of

from dedup.errors import ColumnError, InputError, OutputError, RecordError
from dedup.io import Fields
from dedup.io.bytes.paths import expand
from dedup.io.bytes.streams import Reading
from dedup.io.kept_files import KeptFiles


def micros(*when: int) -> int:
    return int(datetime(*when, tzinfo=timezone.utc).timestamp()) * 1_000_000


def test_fields_are_guessed_and_read(tmp_path):
    path = make(
        tmp_path,
        "news.jsonl",
        json_lines(
            {"id": "a", "text": "Größe 漢字 🙂", "published": "2024-01-31T10:30:00Z", "source": "AP"},
            {"id": 7, "text": "two", "published": None, "source": None},
            {"text": None},
        ),
    )
    source = open_files([path], Fields())
    records = everything(source)
    assert has_dates(source)
    assert records.id == ["a", "7", f"{path}:3"]
    assert records.text == ["Größe 漢字 🙂".encode(), b"two", None]
    assert records.published == [micros(2024, 1, 31, 10, 30), None, None]
    assert records.source == ["AP", None, None]
    assert records.row == [1, 2, 3]
    assert records.file == [str(path)] * 3
    assert not records.rejected
    assert source.bytes_read == source.total_bytes == path.stat().st_size


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "A.JSONL"])
def test_suffixes_and_compression(tmp_path, name, suffix):
    path = make(tmp_path, name + suffix, COMPRESSORS[suffix](json_lines({"text": "one"}, {"text": "two"})))
    source = open_files([path], Fields())
    assert everything(source).text == [b"one", b"two"]
    assert source.bytes_read == path.stat().st_size
    assert not has_dates(source)


def test_blank_lines_count_as_rows_but_are_no_records(tmp_path):
    out = out_in(tmp_path)
    path = make(tmp_path, "a.jsonl", b'\n{"text":"one"}\r\n\r\n  \t\n{"text":"two"}\n\n{"text":"three"}')
    source = open_files([path], Fields())
    records = everything(source)
    assert records.row == [2, 5, 7]
    assert records.text == [b"one", b"two", b"three"]
    assert source.write_kept(np.array([True, False, True]), out) == ["kept.jsonl"]
    assert (out / "kept.jsonl").read_bytes() == b'{"text":"one"}\r\n{"text":"three"}\n'


def test_empty_text_is_not_rejected(tmp_path):
    path = make(tmp_path, "a.jsonl", json_lines({"text": ""}, {"text": " \n"}, {"text": "x"}, {"other": 1}))
    records = read(path)
    assert records.text == [b"", b" \n", b"x", None]
    assert not records.rejected


def test_malformed_records_are_rejected_with_reason_and_bytes(tmp_path):
    lines = [
        b'{"id": "ok", "text": "fine"}',
        b'{"id": "cut", "text": "fi',
        b"[1, 2]",
        b'"text"',
        b"17",
        b'{"id": "n", "text": 5}',
        b'{"id": "b", "text": true}',
        b'{"id": ["l"], "text": "x"}',
        b'{"id": {"d": 1}, "text": "x"}',
        b'{"id": false, "text": "x"}',
        b"{" + b'"text":[' * 100_000,
    ]
    path = make(tmp_path, "a.jsonl", b"\n".join(lines))
    records = read(path)
    assert records.text == [b"fine"] + [None] * (len(lines) - 1)
    assert {position: raw for position, (_, raw) in records.rejected.items()} == dict(enumerate(lines[1:], 1))
    reasons = [records.rejected[position][0] for position in range(1, len(lines))]
    assert reasons[0].startswith("not JSON: unterminated string")
    assert reasons[0].endswith("starting at column 23")
    assert reasons[1:-1] == [
        "a list, expected an object",
        "a string, expected an object",
        "a number, expected an object",
        "text is a number, expected a string",
        "text is true or false, expected a string",
        "id is a list, expected a string or a number",
        "id is an object, expected a string or a number",
        "id is true or false, expected a string or a number",
    ]
    assert "not" in reasons[-1]
    assert records.id[5] == "n"
    assert records.id[1] == f"{path}:2"


def test_what_strict_json_refuses_is_read_leniently(tmp_path):
    path = make(
        tmp_path,
        "a.jsonl",
        b'{"text": "caf\xe9 ' + "éééééé".encode() + b'", "id": "\xff"}\n'
        b'{"text": "lone \\ud800 and \xff", "id": "\\ud800"}\n'
        b'{"text": "nan", "score": NaN}\n'
        b'{"text": "a\ttab and \\u0000"}\n'
        b'\xef\xbb\xbf{"text": "order mark within"}\n',
    )
    records = read(path)
    assert records.text == [
        b"caf\xe9 " + "éééééé".encode(),
        b"lone \xed\xa0\x80 and \xff",
        b"nan",
        b"a\ttab and \0",
        b"order mark within",
    ]
    assert records.id[:2] == ["\\udcff", "\\ud800"]
    assert not records.rejected


def test_ids_are_not_rounded(tmp_path):
    big = 123456789012345678901234567890
    path = make(
        tmp_path,
        "a.jsonl",
        f'{{"id": {big}, "text": "x"}}\n{{"id": 1.5, "text": "x"}}\n{{"id": "", "text": "x"}}'.encode(),
    )
    assert read(path).id == [str(big), "1.5", f"{path}:3"]


def test_byte_order_mark_is_skipped(tmp_path):
    out = out_in(tmp_path)
    path = make(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + json_lines({"text": "one"}))
    source = open_files([path], Fields())
    assert everything(source).text == [b"one"]
    source.write_kept(np.ones(1, bool), out)
    assert (out / "kept.jsonl").read_bytes() == json_lines({"text": "one"})


def test_one_record_larger_than_any_chunk(tmp_path):
    text = "word " * 4_000_000
    path = make(tmp_path, "a.jsonl", json_lines({"text": "before"}, {"text": text}, {"text": "after"}))
    assert read(path).text == [b"before", text.encode(), b"after"]


def test_batches_are_bounded(tmp_path):
    path = make(tmp_path, "a.jsonl", b'{"text":"x"}\n' * 50_001)
    sizes = [len(batch.row) for batch in batches(open_files([path], Fields()))]
    assert sum(sizes) == 50_001
    assert max(sizes) == 20_000


def test_each_record_is_guessed_by_itself_whatever_the_chunk(tmp_path):
    records = [{"body": "b"}] * 50 + [{"text": "t", "body": "b"}] + [{"text": "u"}] * 100
    file = expand([make(tmp_path, "a.jsonl", json_lines(*records))])[0]
    for size in (5, 1000, 1 << 20):
        texts = [
            text
            for piece in reader_of("jsonl", chunk_bytes=size).read(file, Reading())
            for text in piece().text.to_pylist()
        ]
        assert texts == [b"b"] * 50 + [b"t"] + [b"u"] * 100


def test_named_fields(tmp_path):
    path = make(tmp_path, "a.jsonl", json_lines({"k": "1", "t": "hello", "d": "2024-01-31", "s": "AP", "text": "no"}))
    records = everything(open_files([path], Fields(id="k", text="t", date="d", source="s")))
    assert (records.id, records.text, records.source) == (["1"], [b"hello"], ["AP"])
    assert records.published == [micros(2024, 1, 31)]


@pytest.mark.parametrize("role", ["id", "text", "date", "source"])
def test_named_field_that_is_missing(tmp_path, role):
    path = make(tmp_path, "a.jsonl", json_lines({"text": "x", "author": "y"}))
    with pytest.raises(ColumnError, match=rf"a\.jsonl has no field 'nope'.*text, author.*--{role}-field"):
        everything(open_files([path], Fields(**{role: "nope"})))


def test_no_text_field(tmp_path):
    path = make(tmp_path, "a.jsonl", json_lines({"headline": "x", "author": "y"}))
    with pytest.raises(ColumnError, match=r"headline, author; expected a text field named text, .* --text-field"):
        read(path)


def test_unreadable_dates_are_counted(tmp_path):
    dates = ["yesterday", "2024-01-31", None, "", [1, 2]]
    path = make(tmp_path, "a.jsonl", json_lines(*({"text": "x", "date": value} for value in dates)))
    records = read(path)
    assert records.published == [None, micros(2024, 1, 31), None, None, None]
    assert records.unread.count == 2


def test_strict_refuses_the_first_rejected_record(tmp_path):
    path = make(tmp_path, "a.jsonl", json_lines({"text": "x"}, {"id": "seven", "text": 7}))
    with pytest.raises(RecordError, match=r"a\.jsonl, row 2, id 'seven': text is a number, expected a string"):
        read(path, strict=True)


def test_file_without_a_usable_record(tmp_path):
    good = make(tmp_path, "a.jsonl", json_lines({"text": "x"}))
    bad = make(tmp_path, "b.jsonl", b"id,text\n1,hello\n")
    with pytest.raises(InputError, match=r"b\.jsonl: not one usable record among 2; row 1: not JSON: .* at column 1"):
        read(good, bad)


def test_json_document_of_another_kind(tmp_path):
    with pytest.raises(InputError, match=r"does not begin with \{ or \["):
        read(make(tmp_path, "a.json", b"17\n"))


def test_an_array_among_lines_is_only_one_bad_record(tmp_path):
    assert list(read(make(tmp_path, "a.jsonl", b'[1]\n{"text": "x"}\n')).rejected) == [0]


def test_kept_lines_of_several_files_are_joined(tmp_path):
    out = out_in(tmp_path)
    one = make(tmp_path, "1.jsonl", b'{"text":"a"}\n{"text": "b"}')
    two = make(tmp_path, "2.jsonl.gz", COMPRESSORS[".gz"](b'{"text":"c"}\r\n{"text":"d"}'))
    source = open_files([one, two], Fields())
    everything(source)
    source.write_kept(np.ones(4, bool), out)
    assert (out / "kept.jsonl").read_bytes() == b'{"text":"a"}\n{"text": "b"}\n{"text":"c"}\r\n{"text":"d"}\n'
    assert source.kept_table(np.array([True, False, True, True])).to_pylist() == [{"text": t} for t in "acd"]


def test_nothing_kept(tmp_path):
    out = out_in(tmp_path)
    source = open_files([make(tmp_path, "1.jsonl", json_lines({"text": "a"}))], Fields())
    everything(source)
    source.write_kept(np.zeros(1, bool), out)
    assert (out / "kept.jsonl").read_bytes() == b""


@pytest.mark.parametrize("change", ["shorter", "longer", "gone"])
def test_input_that_changes_meanwhile(tmp_path, change):
    out = out_in(tmp_path)
    path = make(tmp_path, "a.jsonl", json_lines({"text": "a"}, {"text": "b"}))
    source = open_files([path], Fields())
    everything(source)
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(json_lines(*[{"text": "a"}] * (1 if change == "shorter" else 3)))
    with pytest.raises(OutputError, match=r"a\.jsonl has changed since it was read"):
        source.write_kept(np.ones(2, bool), out)


@pytest.mark.parametrize("records", [1, 3])
def test_other_number_of_records_than_read(tmp_path, records):
    out = out_in(tmp_path)
    file = expand([make(tmp_path, "a.jsonl", json_lines({"text": "a"}, {"text": "b"}))])[0]
    with pytest.raises(OutputError, match="has changed"):
        reader_of("jsonl").write_kept([(file, np.ones(records, bool))], KeptFiles(out))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), size=st.integers(1, 60), final_newline=st.booleans())
def test_kept_lines_are_written_byte_for_byte(tmp_path_factory, data, size, final_newline):
    spaces = st.text(" \t\r", max_size=2)
    texts = st.text(max_size=20)
    line = st.one_of(
        st.builds(lambda a, t, z: a + json.dumps({"text": t}, ensure_ascii=False) + z, spaces, texts, spaces),
        spaces,
        st.just("broken"),
    )
    lines = [json.dumps({"text": "first"}), *data.draw(st.lists(line.filter(lambda x: "\ud800" not in x), max_size=12))]
    folder: Path = tmp_path_factory.mktemp("lines")
    path = folder / "a.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass") + b"\n" * final_newline)
    file = expand([path])[0]
    reader = reader_of("jsonl", chunk_bytes=size)
    batches = [piece() for piece in reader.read(file, Reading())]
    rows = [row for batch in batches for row in batch.row.tolist()]
    whole = [piece() for piece in reader_of("jsonl").read(file, Reading())]
    assert rows == [row for batch in whole for row in batch.row.tolist()]
    assert [text for batch in batches for text in batch.text.to_pylist()] == [
        text for batch in whole for text in batch.text.to_pylist()
    ]

    records = [line.encode("utf-8", "surrogatepass") + b"\n" for line in lines if line.strip(" \t\r")]
    assert len(records) == len(rows)
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    reader.write_kept([(file, kept)], KeptFiles(folder))
    expected = b"".join(record for record, keep in zip(records, kept, strict=True) if keep)
    assert (folder / "kept.jsonl").read_bytes() == expected
