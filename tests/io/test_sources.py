"""The door and what stands behind it: files of several formats, standard input, tables, iterables."""

from __future__ import annotations

import gc
import io
import json
import types
from collections import UserDict
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import everything, has_dates, json_lines, make, open_files, open_source, out_in

from dedup import deduplicate
from dedup.errors import ColumnError, InputError, OutputError, RecordError
from dedup.io import Fields

FIELDS = Fields()


def standard_input(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO(data)))


@pytest.mark.parametrize("wrap", [str, Path, lambda path: [path], lambda path: (path,)])
def test_paths(tmp_path, wrap):
    path = make(tmp_path, "a.jsonl", json_lines({"text": "x"}))
    assert everything(open_source(wrap(path), FIELDS)).text == [b"x"]


def test_list_of_file_names_as_strings(tmp_path):
    path = make(tmp_path, "a.jsonl", json_lines({"text": "x"}))
    with pytest.raises(InputError, match=r"all names of files.*pass pathlib\.Path"):
        open_source([str(path)], FIELDS)


def test_an_empty_path_is_not_the_current_folder(tmp_path, monkeypatch):
    make(tmp_path, "a.jsonl", json_lines({"text": "x"}))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"an empty path; expected a path, .*\"\.\" is the current folder"):
        open_source("", FIELDS)
    assert everything(open_source(".", FIELDS)).text == [b"x"]


def test_a_text_is_not_taken_for_a_path_without_a_hint(tmp_path):
    for text in ("The council voted on Monday.", "no-such-file", "x" * 5000, "a\0b", "no-such-*.jsonl"):
        with pytest.raises(InputError, match="Hint: a string is a path; texts are passed in a list"):
            open_source(text, FIELDS)
    with pytest.raises(InputError, match=r"gone\.jsonl: No such file or directory$"):
        open_source(tmp_path / "gone.jsonl", FIELDS)


def test_a_lazy_frame_must_be_collected():
    with pytest.raises(InputError, match=r"an input of type LazyFrame; .* Hint: collect\(\) it"):
        open_source(pl.LazyFrame({"text": ["x"]}), FIELDS)


def test_records_in_memory_have_no_name_of_a_format():
    with pytest.raises(InputError, match=r"row 1: a number, expected a dict or a string$"):
        everything(open_source([1, 2], FIELDS))


@pytest.mark.parametrize("nonsense", [None, 5, b"bytes", {"text": "x"}, pl.LazyFrame({"text": ["x"]})])
def test_anything_else(nonsense):
    with pytest.raises(InputError, match=r"an input of type .*; expected a path, a list of"):
        open_source(nonsense, FIELDS)


@pytest.mark.parametrize(
    ("records", "fields"),
    [
        ([{"id": "a", "body_text": "x"}], Fields()),
        ([{"id": "a", "text": "x"}], Fields(text="txet")),
        (pa.table({"id": ["a"], "title": ["x"]}), Fields()),
        (pa.table({"text": [1]}), Fields()),
    ],
)
def test_a_hint_says_how_to_name_a_field_in_python_too(records, fields):
    with pytest.raises(ColumnError, match=r"--text-field, in Python with Fields\(text=\.\.\.\)"):
        everything(open_source(records, fields))


def test_standard_input(monkeypatch, tmp_path):
    out = out_in(tmp_path)
    lines = json_lines({"text": "a"}, {"text": "b"})
    standard_input(monkeypatch, lines)
    source = open_files(["-"], FIELDS, scratch=tmp_path)
    assert source.total_bytes is None
    assert source.inputs == []
    records = everything(source)
    assert records.file == ["-", "-"]
    assert records.id == ["-:1", "-:2"]
    assert source.bytes_read == source.total_bytes == len(lines)
    assert list(tmp_path.glob("dedup-stdin-*"))
    source.write_kept(np.array([False, True]), out)
    assert (out / "kept.jsonl").read_bytes() == json_lines({"text": "b"})
    del source
    gc.collect()
    assert not list(tmp_path.glob("dedup-stdin-*"))


def test_formats_side_by_side(tmp_path):
    out = out_in(tmp_path)
    make(tmp_path, "in/1.jsonl", json_lines({"id": 1, "text": "a"}))
    make(tmp_path, "in/2.csv", b"id,text\n2,b\n")
    make(tmp_path, "in/3.txt", b"c")
    pq.write_table(pa.table({"id": ["4"], "text": ["d"], "n": [1]}), tmp_path / "in/4.parquet")
    make(tmp_path, "in/5.jsonl", json_lines({"id": 5, "text": "e"}))
    source = open_source(tmp_path / "in", FIELDS)
    assert everything(source).text == [b"a", b"b", b"c", b"d", b"e"]
    assert source.inputs[0] == tmp_path / "in"
    everyone = np.ones(5, bool)
    assert source.write_kept(everyone, out) == ["kept.jsonl", "kept.csv", "kept", "kept.parquet"]
    assert (out / "kept.jsonl").read_bytes() == json_lines({"id": 1, "text": "a"}, {"id": 5, "text": "e"})
    table = source.kept_table(everyone)
    assert table["text"].to_pylist() == ["a", "e", "b", "c", "d"]
    assert table["id"].to_pylist() == ["1", "5", "2", "3.txt", "4"]
    assert table["n"].to_pylist() == [None, None, None, None, 1 if table["n"].type == pa.int64() else "1"]


def test_a_source_can_be_read_again(tmp_path):
    source = open_source(make(tmp_path, "a.jsonl", json_lines({"text": "a"})), FIELDS)
    assert everything(source).text == everything(source).text


def test_mask_of_another_length(tmp_path):
    out = out_in(tmp_path)
    source = open_source(make(tmp_path, "a.jsonl", json_lines({"text": "a"})), FIELDS)
    everything(source)
    with pytest.raises(ValueError, match="kept has 2 values for 1 records"):
        source.write_kept(np.ones(2, bool), out)


def test_file_touched_meanwhile(tmp_path):
    path = make(tmp_path, "a.jsonl", json_lines({"text": "a"}))
    source = open_source(path, FIELDS)
    everything(source)
    path.write_bytes(json_lines({"text": "bb"}))
    with pytest.raises(OutputError, match="has changed"):
        source.kept_table(np.ones(1, bool))


TABLE = pa.table({"id": [1, 2], "text": ["a", None], "published": [date(2024, 1, 31), None], "publisher": ["AP", None]})


@pytest.mark.parametrize(
    "convert",
    [
        lambda table: table,
        lambda table: table.to_batches()[0],
        lambda table: table.to_reader(),
        lambda table: table.to_pandas(),
        pl.from_arrow,
    ],
    ids=["table", "batch", "reader", "pandas", "polars"],
)
def test_tables(tmp_path, convert):
    out = out_in(tmp_path)
    source = open_source(convert(TABLE), FIELDS)
    records = everything(source)
    assert has_dates(source)
    assert source.bytes_read == source.total_bytes
    assert records.id == ["1", "2"]
    assert records.text == [b"a", None]
    assert records.published == [1706659200000000, None]
    assert records.source == ["AP", None]
    assert records.file == ["table", "table"]
    kept = np.array([True, False])
    assert source.write_kept(kept, out) == ["kept.parquet"]
    assert pq.read_table(out / "kept.parquet")["text"].to_pylist() == ["a"]
    assert source.kept_table(kept).column_names == TABLE.column_names


def test_columns_that_arrow_cannot_filter():
    column = pa.array([["a"], ["b"], [], None, ["e"]], pa.list_(pa.string_view()))
    table = pa.table({"text": ["x"] * 5, "tags": column})
    source = open_source(table, FIELDS)
    everything(source)
    for kept in ([0, 1, 1, 0, 1], [0] * 5, [1] * 5):
        expected = [row for row, keep in zip(table.to_pylist(), kept, strict=True) if keep]
        assert source.kept_table(np.array(kept, bool)).to_pylist() == expected


def test_large_table_in_batches():
    source = open_source(pa.table({"text": ["x"] * 45_000}), FIELDS)
    records = everything(source)
    assert records.batches >= 3
    assert records.row == list(range(1, 45_001))
    assert records.id[-1] == "table:45000"


def test_table_without_text():
    with pytest.raises(ColumnError, match="table has the fields n; expected a text field"):
        open_source(pa.table({"n": [1]}), FIELDS)


def test_table_without_rows():
    assert len(everything(open_source(TABLE.slice(0, 0), FIELDS))) == 0
    with pytest.raises(InputError, match="no records in the table"):
        everything(open_source(TABLE.slice(0, 0), FIELDS, fail_on_empty=True))


@pytest.mark.parametrize("make", [pd.Series, pl.Series, pa.array, lambda texts: pa.chunked_array([texts])])
def test_one_column_is_texts(make):
    assert everything(open_source(make(["x", None, "y z"]), FIELDS)).text == [b"x", None, b"y z"]
    with pytest.raises(ColumnError, match="column 'text' is int64"):
        open_source(make([1, 2]), FIELDS)


def test_strings(tmp_path):
    out = out_in(tmp_path)
    source = open_source(["a", "b \ud800"], FIELDS)
    records = everything(source)
    assert records.id == ["1", "2"]
    assert records.text == [b"a", b"b \xed\xa0\x80"]
    source.write_kept(np.ones(2, bool), out)
    assert [json.loads(line) for line in (out / "kept.jsonl").read_bytes().splitlines()] == [
        {"id": "1", "text": "a"},
        {"id": "2", "text": "b \ud800"},
    ]
    assert source.kept_table(np.array([True, False])).to_pylist() == [{"id": "1", "text": "a"}]


def test_dicts_of_a_generator(tmp_path):
    out = out_in(tmp_path)
    records = [
        {"id": np.int64(7), "text": "a", "date": date(2024, 1, 31), "tags": ["x"]},
        UserDict({"text": None, "source": "AP", "tags": "y", "price": Decimal(1)}),
        "a text",
    ]
    source = open_source(iter(records), FIELDS)
    read = everything(source)
    assert has_dates(source)
    assert read.id == ["7", "records:2", "3"]
    assert read.text == [b"a", None, b"a text"]
    assert read.source == [None, "AP", None]
    kept = np.array([True, True, False])
    assert source.write_kept(kept, out) == ["kept.jsonl"]
    lines = [json.loads(line) for line in (out / "kept.jsonl").read_bytes().splitlines()]
    assert lines[0] == {"id": 7, "text": "a", "date": "2024-01-31", "tags": ["x"]}
    table = source.kept_table(kept)
    assert table.column_names == ["id", "text", "date", "tags", "source", "price"]
    assert table["tags"].to_pylist() == ['["x"]', "y"]


def test_malformed_records_of_an_iterable():
    read = everything(open_source([{"text": "a"}, 5, {"id": [1], "text": "b"}, {"text": b"c"}, None], FIELDS))
    assert read.rejected == {
        1: ("a number, expected a dict or a string", b"5"),
        2: ("id is a list, expected a string or a number", b'{"id":[1],"text":"b"}'),
        3: ("text is bytes, expected a string", b"""{"text":"b'c'"}"""),
        4: ("null, expected a dict or a string", b"null"),
    }


def test_strict_iterable():
    with pytest.raises(RecordError, match="records, row 2: a number, expected a dict or a string"):
        everything(open_source(["a", 5], FIELDS, strict=True))


def test_unusable_iterables():
    with pytest.raises(InputError, match="not one usable record among 2; row 1: a number"):
        everything(open_source([1, 2], FIELDS))
    assert len(everything(open_source([], FIELDS))) == 0
    with pytest.raises(InputError, match="no records"):
        everything(open_source([], FIELDS, fail_on_empty=True))
    with pytest.raises(ColumnError, match="records has the fields headline"):
        everything(open_source([{"headline": "x"}], FIELDS))


def test_large_iterable_in_batches():
    read = everything(open_source(({"text": "x", "id": n} for n in range(45_000)), FIELDS))
    assert read.batches == 3
    assert read.id == [str(n) for n in range(45_000)]
    assert everything(open_source(("y" * 9_000_000 for _ in range(5)), FIELDS)).batches == 3


def test_a_table_with_what_python_cannot_hold_is_read() -> None:
    """A byte that is not UTF-8, and a date far beyond all calendars: neither is in a field that is asked for."""
    raw = pa.py_buffer(b"caf\xe9x")
    broken = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 4, 5], np.int32)), raw)
    far = pa.array([4 * 10**17, 0], pa.timestamp("us"))
    table = pa.table({"text": ["The ferry sails again.", "It does not."], "note": broken, "seen": far})
    assert deduplicate(table).decisions.num_rows == 2


@pytest.mark.parametrize("nothing", [None, float("nan"), np.float64("nan"), pd.NaT, pd.NA])
@pytest.mark.parametrize("field", ["id", "text", "published", "source", "title", "url"])
def test_what_data_frames_have_for_nothing_is_missing(field, nothing):
    """As in ``frame.to_dict("records")``: no record is refused for it, whatever the field."""
    record = {
        "id": "a",
        "text": "x",
        "published": "2024-01-31",
        "source": "y",
        "title": "z",
        "url": "u",
        field: nothing,
    }
    read = everything(open_source([record, {"id": "b", "text": "x"}], FIELDS))
    assert read.text == [None if field == "text" else b"x", b"x"]


@pytest.mark.parametrize("field", ["id", "published"])
def test_arrays_in_other_fields_are_no_values(field):
    record = {"id": "a", "text": "x", field: np.array([1, 2])}
    outcome = deduplicate([record, {"id": "b", "text": "x y"}], level="identical")
    assert outcome.counts["records"] == 2
