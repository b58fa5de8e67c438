from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import everything, has_dates, make, open_files, open_source, out_in, read, reader_of

from dedup.errors import ColumnError, InputError, OutputError
from dedup.io import Fields, ReadTuning
from dedup.io.bytes.paths import expand
from dedup.io.fields.field_tree import FieldTree
from dedup.io.formats.arrow_columns import arrow_batch
from dedup.io.kept_files import KeptFiles

TEXTS = ["one", None, "", "漢字"]


@pytest.fixture
def write(tmp_path):
    def write(name, table, **options):
        pq.write_table(table, tmp_path / name, **options)
        return tmp_path / name

    return write


VIEWS = [pa.string_view(), pa.binary_view()] if int(pa.__version__.split(".")[0]) >= 21 else []
"""Types that Arrow writes to Parquet only from version 21 on."""


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
        *VIEWS,
    ],
    ids=str,
)
def test_text_types(tmp_path, write, kind):
    out = out_in(tmp_path)
    column = pa.array(TEXTS, pa.string()).dictionary_encode() if "dict" in str(kind) else pa.array(TEXTS, kind)
    path = write("a.parquet", pa.table({"text": column}))
    source = open_files([path], Fields())
    assert everything(source).text == [None if text is None else text.encode() for text in TEXTS]
    source.write_kept(np.array([True, False, False, True]), out)
    kept = pq.read_table(out / "kept.parquet")
    assert kept.schema.equals(pq.read_schema(path))
    assert kept["text"].cast(pa.large_binary()).to_pylist() == [b"one", "漢字".encode()]


def test_columns_of_all_kinds(write):
    instant = datetime(2024, 1, 31, tzinfo=timezone.utc)
    table = pa.table(
        {
            "id": pa.array([1, None, 3]),
            "text": ["a", "b", "c"],
            "date": pa.array([instant, None, instant], pa.timestamp("ns", "Europe/Rome")),
            "source": pa.array(["AP", "", None]).dictionary_encode(),
            "other": [[1], [], None],
        }
    )
    path = write("a.parquet", table, row_group_size=2)
    source = open_files([path], Fields())
    records = everything(source)
    assert has_dates(source)
    assert records.id == ["1", f"{path}:2", "3"]
    assert records.row == [1, 2, 3]
    micros = int(instant.timestamp()) * 1_000_000
    assert records.published == [micros, None, micros]
    assert records.source == ["AP", None, None]
    assert source.bytes_read == source.total_bytes


def test_invalid_utf8_is_kept(write):
    text = pa.array([b"caf\xe9"]).view(pa.string())
    records = read(write("a.parquet", pa.table({"text": text, "id": text})))
    assert records.text == [b"caf\xe9"]
    assert records.id == ["caf\\xe9"]


@pytest.mark.parametrize("column", [pa.array([1]), pa.array([[1]]), pa.array([{"x": 1}]), pa.array([1.5])])
def test_text_of_another_type(write, column):
    with pytest.raises(
        ColumnError, match=r"a\.parquet: column 'text' is .*; expected strings or lists of them. Hint: .*--text-field"
    ):
        read(write("a.parquet", pa.table({"text": column})))


@pytest.mark.parametrize("column", [pa.array([["x"]]), pa.array([True])])
def test_id_of_a_type_that_names_nothing(write, column):
    with pytest.raises(ColumnError, match=r"column 'id' is .*--id-field"):
        read(write("a.parquet", pa.table({"id": column, "text": ["x"]})))


@pytest.mark.parametrize("is_table", [False, True])
def test_ids_that_are_bytes(write, is_table):
    digest = bytes(range(200, 216))
    name = "c8c9cacb-cccd-cecf-d0d1-d2d3d4d5d6d7"
    ids = {
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([digest, None], pa.binary(16))),
        "fixed": pa.array([digest, b"a" * 16], pa.binary(16)),
        "text of one length": pa.array([b"a" * 36, None], pa.binary(36)),
        "binary": pa.array([digest, b"caf\xc3\xa9"], pa.binary()),
        "control": pa.array([b"a\0", b"b"], pa.large_binary()),
    }
    expected = {
        "uuid": [name, None],
        "fixed": [digest.hex(), b"a".hex() * 16],
        "text of one length": ["a" * 36, None],
        "binary": [digest.hex(), "café"],
        "control": ["6100", "b"],
    }
    for kind, column in ids.items():
        table = pa.table({"id": column, "text": ["x", "y"]})
        path = write("a.parquet", table)
        found = everything(open_source(table)) if is_table else read(path)
        there = [one for one in expected[kind] if one is not None]
        assert found.id[: len(there)] == there, kind


@pytest.mark.parametrize("item", [pa.string(), pa.large_string(), pa.binary()], ids=str)
def test_lists_of_strings_are_joined(tmp_path, write, item):
    lists = [["a", "b"], [], None, ["c", None, "d"], [""]]
    table = pa.table({"paragraphs": pa.array(lists, pa.list_(item)), "n": range(5)})
    path = write("a.parquet", table.slice(0), row_group_size=2)
    source = open_files([path], Fields(text="paragraphs"))
    assert everything(source).text == [b"a\n\nb", b"", None, b"c\n\nd", b""]
    source.write_kept(np.array([True, False, False, True, False]), out_in(tmp_path))
    assert pq.read_table(tmp_path / "out" / "kept.parquet").equals(table.take([0, 3]))
    sliced = everything(open_source(table.slice(3), Fields(text="paragraphs")))
    assert sliced.text == [b"c\n\nd", b""]


def test_a_field_of_an_object_by_its_path(write):
    path = write("a.parquet", pa.table({"meta": [{"body": "x", "no": 7}], "text": ["y"]}))
    records = read(path, fields=Fields(text="meta.body", id="meta.no"))
    assert (records.text, records.id) == ([b"x"], ["7"])


def test_schema_metadata_and_compression_are_kept(tmp_path, write):
    out = out_in(tmp_path)
    schema = pa.schema(
        [pa.field("text", pa.string(), metadata={"k": "field"}), ("n", pa.int8())], metadata={"m": "all"}
    )
    table = pa.table({"text": ["a", "b", "c"] * 100, "n": [1, 2, 3] * 100}, schema)
    path = write("a.parquet", table, compression={"text": "gzip", "n": "none"}, row_group_size=70)
    source = open_files([path], Fields())
    everything(source)
    keep = np.arange(300) % 3 == 1
    assert source.write_kept(keep, out) == ["kept.parquet"]
    kept = pq.ParquetFile(out / "kept.parquet")
    assert kept.schema_arrow.equals(schema, check_metadata=True)
    group = kept.metadata.row_group(0)
    assert [group.column(index).compression for index in range(2)] == ["GZIP", "UNCOMPRESSED"]
    assert kept.read().equals(table.filter(pa.array(keep)))
    assert source.kept_table(keep).equals(table.filter(pa.array(keep)))
    kept.close()


def test_files_are_joined_in_bounded_pieces(tmp_path, write):
    out = out_in(tmp_path)
    tables = [pa.table({"text": [f"{part} {number}" for number in range(100)]}) for part in range(2)]
    paths = [write(f"{part}.parquet", table) for part, table in enumerate(tables)]
    source = open_files(paths, tuning=ReadTuning(row_group_bytes=500))
    everything(source)
    source.write_kept(np.ones(200, bool), out)
    assert pq.read_metadata(out / "kept.parquet").num_row_groups == 2
    assert pq.read_table(out / "kept.parquet").equals(pa.concat_tables(tables))
    source.write_kept(np.zeros(200, bool), out)
    assert pq.read_table(out / "kept.parquet").equals(tables[0].slice(0, 0))
    assert source.kept_table(np.zeros(200, bool)).num_rows == 0


def test_large_texts_make_small_batches(write):
    path = write(
        "a.parquet", pa.table({"text": [str(number) * 4_000_000 for number in range(10)]}), use_dictionary=False
    )
    assert read(path).batches >= 2


def test_different_schemas(write):
    one, two = write("1.parquet", pa.table({"text": ["a"]})), write("2.parquet", pa.table({"text": ["a"], "n": [1]}))
    with pytest.raises(InputError, match=r"2\.parquet has a different schema from .*1\.parquet \(.*has n: int64\)"):
        read(one, two)


def test_metadata_alone_may_differ(tmp_path, write):
    out = out_in(tmp_path)
    one, two = (write(f"{n}.parquet", pa.table({"text": ["a"]}).replace_schema_metadata({"n": n})) for n in "12")
    source = open_files([one, two], Fields())
    everything(source)
    source.write_kept(np.ones(2, bool), out)
    assert pq.read_schema(out / "kept.parquet").metadata == {b"n": b"1"}
    assert source.kept_table(np.ones(2, bool)).num_rows == 2


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "middle"])
def test_damaged_file(tmp_path, write, damage):
    whole = write("whole.parquet", pa.table({"text": [str(number) for number in range(1000)]})).read_bytes()
    broken = {"empty": b"", "text": b"hello " * 50, "cut": whole[:-20], "middle": whole[:50] + b"x" * 200 + whole[250:]}
    with pytest.raises(InputError, match=r"a\.parquet is not a Parquet file, or is damaged: ") as caught:
        read(make(tmp_path, "a.parquet", broken[damage]))
    assert "\n" not in str(caught.value)


def test_no_rows(write):
    path = write("a.parquet", pa.table({"text": pa.array([], pa.string())}))
    assert len(read(path)) == 0
    with pytest.raises(InputError, match="no records"):
        read(path, fail_on_empty=True)


def test_missing_column(write):
    with pytest.raises(ColumnError, match="has the fields headline; expected a text field"):
        read(write("a.parquet", pa.table({"headline": ["x"]})))


def test_other_number_of_records_than_read(tmp_path, write):
    out = out_in(tmp_path)
    file = expand([write("a.parquet", pa.table({"text": ["a", "b"]}))])[0]
    with pytest.raises(OutputError, match="has changed"):
        reader_of("parquet").write_kept([(file, np.ones(3, bool))], KeptFiles(out))


def test_objects_in_lists_may_hold_bytes_that_are_not_utf8(tmp_path):
    """As feedparser's content: one value for the text, another for the source; the bytes stay what they are."""
    raw = [b"caf\xe9 closed", b"bridge open"]
    offsets = pa.array([0, 1, 2], pa.int32())
    items = pa.StructArray.from_arrays([_strings(raw), pa.array(["text/html", None])], ["value", "type"])
    names = pa.StructArray.from_arrays([_strings([b"Caf\xe9 Post", b"Lake Post"])], ["name"])
    content, publisher = (pa.ListArray.from_arrays(offsets, objects) for objects in (items, names))
    table = pa.table({"content": content, "publisher": publisher, "id": _strings([b"\xe9", b"b"])})
    pq.write_table(table, tmp_path / "a.parquet")
    for source in (open_files([tmp_path / "a.parquet"]), open_source(table)):
        found = everything(source)
        assert found.text == raw
        assert found.source == ["Caf\\xe9 Post", "Lake Post"]
        assert found.id == ["\\xe9", "b"]
        assert found.fields.used["text"] == {"content.value": 2}


def _strings(values: list[bytes]) -> pa.StringArray:
    """Return strings that nobody has checked, as files of other programs have them."""
    return pa.Array.from_buffers(pa.string(), len(values), pa.array(values, pa.binary()).buffers())


def test_objects_in_lists_are_walked_once_for_all_names():
    walked = []

    class WatchedTree(FieldTree):
        def walk_value(self, value, *place):
            walked.append(value)
            super().walk_value(value, *place)

    (records,) = pa.table({"content": [[{"value": "a b"}], [{"value": "c"}]]}).to_batches()
    assert arrow_batch("t", 1, records, WatchedTree(Fields())).text.to_pylist() == [b"a b", b"c"]
    assert walked == [[{"value": "a b"}], [{"value": "c"}]]
