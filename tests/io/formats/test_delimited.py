from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import COMPRESSORS, everything, has_dates, make, open_files, out_in, read, reader_of

from dedup.errors import ColumnError, InputError, OutputError
from dedup.io import Fields
from dedup.io.bytes.paths import expand
from dedup.io.bytes.streams import Reading
from dedup.io.kept_files import KeptFiles


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_csv(tmp_path, suffix):
    data = b'id,text,date,source\n1,"a, ""b""\nc",2024-01-31,AP\n\n,d,x,\n'
    path = make(tmp_path, "a.csv" + suffix, COMPRESSORS[suffix](data))
    source = open_files([path], Fields())
    records = everything(source)
    assert has_dates(source)
    assert records.row == [1, 2]
    assert records.id == ["1", f"{path}:2"]
    assert records.text == [b'a, "b"\nc', b"d"]
    assert records.source == ["AP", None]
    assert records.published == [1706659200000000, None]
    assert records.unread.count == 1


def test_tsv(tmp_path):
    out = out_in(tmp_path)
    path = make(tmp_path, "a.tsv", b"text\tid\nx,y\t1\nz\t2\n")
    source = open_files([path], Fields())
    records = everything(source)
    assert (records.id, records.text) == (["1", "2"], [b"x,y", b"z"])
    assert source.write_kept(np.array([False, True]), out) == ["kept.tsv"]
    assert (out / "kept.tsv").read_bytes() == b"text\tid\nz\t2\n"


def test_byte_order_mark_and_undecodable_bytes(tmp_path):
    out = out_in(tmp_path)
    path = make(tmp_path, "a.csv", b"\xef\xbb\xbftext,id\r\ncaf\xe9,1\r\nb,2")
    source = open_files([path], Fields())
    assert everything(source).text == [b"caf\xe9", b"b"]
    source.write_kept(np.ones(2, bool), out)
    assert (out / "kept.csv").read_bytes() == b"text,id\r\ncaf\xe9,1\r\nb,2\r\n"
    assert source.kept_table(np.ones(2, bool)).to_pylist() == [
        {"text": "caf\\udce9", "id": "1"},
        {"text": "b", "id": "2"},
    ]


def test_a_table_without_a_header_is_refused_in_few_words(tmp_path):
    article = "The council voted on Monday to close the old bridge for repairs. " * 50
    with pytest.raises(ColumnError) as caught:
        read(make(tmp_path, "a.csv", f"1,{article}\n2,{article}\n".encode()))
    assert "has the fields 1, The council voted on Monday to close th…;" in str(caught.value)
    assert "; the first line must hold the names" in caught.value.hint
    assert len(str(caught.value)) < 500


def test_a_quote_on_the_last_line_is_never_closed(tmp_path):
    records = read(make(tmp_path, "a.csv", b'id,text\n1,a\n2,"b'))
    assert records.rejected == {1: ("a quote is never closed: 1 line, up to the end of the file", b'2,"b')}


def test_wrong_number_of_cells_is_rejected(tmp_path):
    records = read(make(tmp_path, "a.csv", b"id,text\n1,a\n2\n3,b,c\n4,d\n"))
    assert records.rejected == {1: ("1 cell, expected 2", b"2"), 2: ("3 cells, expected 2", b"3,b,c")}
    assert records.row == [1, 2, 3, 4]
    assert records.text == [b"a", None, None, b"d"]


def test_unclosed_quote_is_rejected_with_all_its_bytes(tmp_path):
    records = read(make(tmp_path, "a.csv", b'id,text\n1,a\n2,"b\n3,c\n4,d'))
    assert records.text == [b"a", None]
    assert records.rejected == {1: ("a quote is never closed: 3 lines, up to the end of the file", b'2,"b\n3,c\n4,d')}


def test_long_cell(tmp_path):
    text = "x" * 300_000
    assert read(make(tmp_path, "a.csv", f'id,text\n1,"{text}"\n'.encode())).text == [text.encode()]


@pytest.mark.parametrize("data", [b",,\n1,2,3\n", b'"",""\n', b'"id,text\n1,a\n'])
def test_no_header(tmp_path, data):
    with pytest.raises(InputError, match=r"a\.csv has no header"):
        read(make(tmp_path, "a.csv", data))


def test_header_without_text(tmp_path):
    with pytest.raises(ColumnError, match=r"a\.csv has the fields 1, hello there; expected"):
        read(make(tmp_path, "a.csv", b"1,hello there\n2,b\n"))


def test_header_alone(tmp_path):
    path = make(tmp_path, "a.csv", b"id,text\n")
    assert len(read(path)) == 0
    with pytest.raises(InputError, match="no records"):
        read(path, fail_on_empty=True)


def test_files_with_different_headers(tmp_path):
    one, two = make(tmp_path, "1.csv", b"id,text\n1,a\n"), make(tmp_path, "2.csv", b"text,id\na,1\n")
    with pytest.raises(
        InputError, match=r"2\.csv has a different header from .*1\.csv; expected the same columns: id, text"
    ):
        read(one, two)


def test_header_is_written_once(tmp_path):
    out = out_in(tmp_path)
    one, two = make(tmp_path, "1.csv", b'id,text\n1,a\n\n2,"b\n b"'), make(tmp_path, "2.csv", b'"id",text\n3,c\n4,d\n')
    source = open_files([one, two], Fields())
    everything(source)
    source.write_kept(np.array([False, True, True, False]), out)
    assert (out / "kept.csv").read_bytes() == b'id,text\n2,"b\n b"\n3,c\n'


def test_csv_and_tsv_do_not_mix(tmp_path):
    out = out_in(tmp_path)
    source = open_files([make(tmp_path, "1.csv", b"text\na\n"), make(tmp_path, "2.tsv", b"id\ttext\n1\tb\n")], Fields())
    everything(source)
    assert source.write_kept(np.ones(2, bool), out) == ["kept.csv", "kept.tsv"]


@pytest.mark.parametrize("records", [1, 3])
def test_other_number_of_records_than_read(tmp_path, records):
    out = out_in(tmp_path)
    file = expand([make(tmp_path, "a.csv", b"text\na\nb\n")])[0]
    reader = reader_of("csv")
    list(reader.read(file, Reading()))
    with pytest.raises(OutputError, match="has changed"):
        reader.write_kept([(file, np.ones(records, bool))], KeptFiles(out))


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))] * 2), min_size=1
    ),
    size=st.integers(1, 50),
    data=st.data(),
)
def test_records_survive_any_chunk_size_and_mask(tmp_path_factory, rows, size, data):
    folder = tmp_path_factory.mktemp("csv")
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("id", "text"), *rows])
    path = folder / "a.csv"
    path.write_bytes(text.getvalue().encode())
    file = expand([path])[0]
    reader = reader_of("csv", chunk_bytes=size)
    texts = [value for piece in reader.read(file, Reading()) for value in piece().text.to_pylist()]
    assert texts == [cells[1].encode() for cells in rows]
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    reader.write_kept([(file, kept)], KeptFiles(folder))
    expected = io.StringIO(newline="")
    chosen = [cells for cells, keep in zip(rows, kept, strict=True) if keep]
    csv.writer(expected, quoting=csv.QUOTE_ALL).writerows([("id", "text"), *chosen])
    assert (folder / "kept.csv").read_bytes() == expected.getvalue().encode()
