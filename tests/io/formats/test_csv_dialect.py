"""CSV with other separators than commas, and with backslashes before quotes."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import everything, make, open_files, out_in, read

from dedup.errors import InputError
from dedup.io import Fields
from dedup.io.fields.field_tree import FieldTree
from dedup.io.formats.csv_dialect import CsvDialect, dialect_of

TREE = FieldTree(Fields())
TEXTS = ['He said, "no"; and went', "a|b\tc\nd", "C:\\news\\today", "plain"]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("has_escapes", [False, True])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_pandas_writes_is_read_and_kept(tmp_path, name, delimiter, has_escapes):
    how = {"doublequote": False, "escapechar": "\\"} if has_escapes else {}
    frame = pd.DataFrame({"id": list("abcd"), "text": TEXTS})
    frame.to_csv(tmp_path / name, sep=delimiter, index=False, quoting=csv.QUOTE_ALL, **how)
    source = open_files([tmp_path / name])
    records = everything(source)
    assert records.text == [text.encode() for text in TEXTS]
    assert not records.rejected
    source.write_kept(np.array([True, False, True, False]), out_in(tmp_path))
    kept = tmp_path / "out" / name.replace("a.", "kept.")
    assert read(kept).text == [TEXTS[0].encode(), TEXTS[2].encode()]
    assert source.kept_table(np.ones(4, bool))["text"].to_pylist() == TEXTS


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("id;text\n1;a,b\n", CsvDialect(";")),
        ("text\na;b;c\n", CsvDialect(",")),
        ("id,text;more\n1,a\n", CsvDialect(",")),
        ('"a;b",text\n', CsvDialect(",")),
        ('"id"|"text"\n', CsvDialect("|")),
        ('id,text\n1,"a \\"b\\" c"\n', CsvDialect(",", True)),
        ('id,text\n1,"C:\\"\n2,"D:\\"\n', CsvDialect(",")),
        ('id,text\n1,a \\" b\n', CsvDialect(",")),
        ('"id","text"\n"","\\""\n"\n",\n;",""\n', CsvDialect(",")),
        ("", CsvDialect(",")),
    ],
)
def test_the_dialect(sample, expected):
    assert dialect_of(sample, True, ",", TREE) == expected


def test_a_named_field_shows_the_separator():
    assert dialect_of("wortlaut;nr\na;1\n", True, ",", FieldTree(Fields(text="wortlaut"))) == CsvDialect(";")


def test_a_record_at_the_end_of_the_sample_may_be_cut():
    sample = 'id,text\n1,"a \\"b\\" c"\n2,"cut \\"'
    assert dialect_of(sample, False, ",", TREE) == CsvDialect(",", True)


def test_files_of_two_dialects_are_not_mixed(tmp_path):
    one, two = make(tmp_path, "1.csv", b"id,text\n1,a\n"), make(tmp_path, "2.csv", b"id;text\n1;a\n")
    with pytest.raises(InputError, match=r"2\.csv has cells separated by semicolons, .*1\.csv cells separated by com"):
        read(one, two)


CELLS = st.text('ab",;\n \\', max_size=6)


@settings(deadline=None, max_examples=400)
@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=4), delimiter=st.sampled_from(",;\t|"))
def test_the_usual_way_of_quotes_is_never_taken_for_another(rows, delimiter):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("id", "text"), *rows])
    assert dialect_of(written.getvalue(), True, ",", TREE) == CsvDialect(delimiter)
