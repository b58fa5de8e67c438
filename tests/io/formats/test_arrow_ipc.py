"""Arrow files of several producers: IPC files and Feather files, and streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from reading import everything, make, open_files, out_in, read, reader_of

import dedup
from dedup.errors import ColumnError, InputError, OutputError
from dedup.io import Fields
from dedup.io.bytes.paths import expand
from dedup.io.bytes.streams import Reading

TEXTS = ["one", "", "漢字", "four"]
TABLE = pa.table({"id": [1, 2, 3, 4], "text": TEXTS, "when": ["2024-01-31"] * 4})


def ipc(path: Path, table: pa.Table = TABLE, is_stream: bool = False, rows: int = 3, compression=None) -> Path:
    """Write a table in batches of a few rows."""
    new = pa.ipc.new_stream if is_stream else pa.ipc.new_file
    with new(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, rows)
    return path


WRITERS = {
    "pandas": ("a.feather", lambda path: TABLE.to_pandas().to_feather(path)),
    "pandas, zstd": ("a.feather", lambda path: TABLE.to_pandas().to_feather(path, compression="zstd")),
    "polars": ("a.arrow", lambda path: pl.from_arrow(TABLE).write_ipc(path)),
    "polars, lz4": ("a.ipc", lambda path: pl.from_arrow(TABLE).write_ipc(path, compression="lz4")),
    "polars, a stream": ("a.arrow", lambda path: pl.from_arrow(TABLE).write_ipc_stream(path)),
    "a file": ("a.arrow", ipc),
    "a stream": ("a.arrow", lambda path: ipc(path, is_stream=True)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_records_are_read_and_kept(tmp_path, writer):
    name, write = WRITERS[writer]
    path = tmp_path / name
    write(path)
    source = open_files([path])
    records = everything(source)
    assert (records.id, records.row) == (list("1234"), [1, 2, 3, 4])
    assert records.text == [text.encode() for text in TEXTS]
    assert any("when holds dates" in note for note in source.notes)
    assert source.bytes_read == source.total_bytes
    assert source.write_kept(np.array([True, False, True, False]), out_in(tmp_path)) == ["kept.arrow"]
    kept = tmp_path / "out" / "kept.arrow"
    assert read(kept).text == [b"one", "漢字".encode()]
    is_stream = writer.endswith("stream")
    with pa.memory_map(str(kept)) as mapped:
        found = (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(mapped).read_all()
    assert found.to_pylist() == TABLE.take([0, 2]).to_pylist()
    assert source.kept_table(np.array([False] * 3 + [True])).to_pylist() == TABLE.slice(3).to_pylist()


@pytest.mark.parametrize("is_stream", [False, True])
def test_batches_are_cut(tmp_path, is_stream):
    path = ipc(tmp_path / "a.arrow", is_stream=is_stream, rows=4)
    reader = reader_of("arrow", batch_records=3)
    assert [(piece.first, piece.rows) for piece in reader.read(expand([path])[0], Reading())] == [(1, 3), (4, 1)]


@pytest.mark.parametrize("is_stream", [False, True])
def test_limit(tmp_path, is_stream):
    source = open_files([ipc(tmp_path / "a.arrow", is_stream=is_stream, rows=2)], limit=3)
    assert everything(source).text == [b"one", b"", "漢字".encode()]
    assert source.kept_table(np.array([True, False, True]))["id"].to_pylist() == [1, 3]


def test_files_have_one_schema(tmp_path):
    one, two = ipc(tmp_path / "1.arrow"), ipc(tmp_path / "2.arrow", TABLE.drop_columns("when"), is_stream=True)
    with pytest.raises(InputError, match=r"2\.arrow has a different schema .*one schema for all Arrow inputs"):
        read(one, two)
    three = ipc(tmp_path / "3.arrow", is_stream=True)
    source = open_files([one, three])
    assert len(everything(source)) == 8
    assert source.kept_table(np.arange(8) % 4 == 1)["id"].to_pylist() == [2, 2]


@pytest.mark.parametrize("is_stream", [False, True])
def test_no_records(tmp_path, is_stream):
    assert len(read(ipc(tmp_path / "a.arrow", TABLE.slice(0, 0), is_stream))) == 0


def test_no_text(tmp_path):
    with pytest.raises(ColumnError, match=r"a\.arrow has the fields id, when"):
        read(ipc(tmp_path / "a.arrow", TABLE.drop_columns("text")))


@pytest.mark.parametrize("is_stream", [False, True])
def test_damage(tmp_path, is_stream):
    whole = ipc(tmp_path / "a.arrow", is_stream=is_stream).read_bytes()
    with pytest.raises(InputError, match=r"b\.arrow is not an Arrow file, or is damaged"):
        read(make(tmp_path, "b.arrow", whole[: len(whole) // 2]))
    with pytest.raises(InputError, match=r"c\.feather is not an Arrow file, or is damaged"):
        read(make(tmp_path, "c.feather", b"id,text\n1,a\n"))
    gone = expand([make(tmp_path, "d.arrow", b"")])[0]
    gone.local_path.unlink()
    with pytest.raises(InputError, match=r"cannot read .*d\.arrow: .*No such file"):
        list(reader_of("arrow").read(gone, Reading()))


def test_another_number_of_records_than_read(tmp_path):
    file = expand([ipc(tmp_path / "a.arrow")])[0]
    for length in (3, 5):
        with pytest.raises(OutputError, match="has changed"):
            reader_of("arrow").kept_table([(file, np.ones(length, bool))])


def test_the_suffix_of_another_format(tmp_path):
    with pytest.raises(InputError, match=r"a\.jsonl holds an Arrow file"):
        read(make(tmp_path, "a.jsonl", ipc(tmp_path / "a.arrow").read_bytes()))


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_a_run_is_opened_again(tmp_path, compression):
    texts = [f"text number {number} about a harbour " * 9 for number in range(3)]
    ipc(tmp_path / "a.arrow", pa.table({"body": texts, "more": [[1]] * 3}), compression=compression)
    dedup.deduplicate(tmp_path / "a.arrow", tmp_path / "out", fields=Fields(text="body"))
    run = dedup.RunOutput(tmp_path / "out")
    assert run.texts([2, 0]) == {0: texts[0], 2: texts[2]}
    assert pd.read_feather(tmp_path / "out" / "kept.arrow")["body"].to_list()[0] == texts[0]


def test_the_first_version_of_feather_is_refused(tmp_path):
    path = make(tmp_path, "a.feather", b"FEA1" + bytes(60) + b"FEA1")
    with pytest.raises(InputError, match=r"a\.feather is a Feather file of version 1; expected version 2.*to_parquet"):
        read(path)
