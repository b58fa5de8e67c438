"""With the layout of the input each file has one of what is kept of it: its name, its format, its compression."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import COMPRESSORS, DECOMPRESSORS, batches, json_lines, make, open_files, open_source

from dedup.errors import ParamsError
from dedup.io import ReadTuning
from dedup.io.kept_form import KeptForm

LAYOUT = KeptForm(layout="same")


def records(count: int) -> list[dict[str, Any]]:
    return [{"id": f"r{n}", "text": "word " * (1 + n), "n": n} for n in range(count)]


def csv_lines(some: list[dict[str, Any]]) -> bytes:
    rows = [f'{one["id"]},"{one["text"]}\r\n and a line",{one["n"]}\r\n' for one in some]
    return "".join(["id,text,n\r\n", *rows]).encode()


def is_even(name: str) -> bool:
    return int(name[1:]) % 2 == 0


def same_layout(folder: Path, out: Path) -> dict[str, bytes]:
    """Write what is kept of all files of a folder, each to its own, and return these by name."""
    out.mkdir()
    source = open_files([folder])
    source.require_form(LAYOUT)
    ids = [name for batch in batches(source) for name in batch.id.to_pylist()]
    assert source.write_kept(np.array([*map(is_even, ids)]), out, LAYOUT) == ["kept"]
    return {path.relative_to(out / "kept").as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files in folders, with all compressions that lines can have."""
    folder = tmp_path_factory.mktemp("tree")
    some = records(40)
    for at, (suffix, compressed) in enumerate(COMPRESSORS.items()):
        make(folder, f"{at}/news.jsonl{suffix}", compressed(json_lines(*some[at * 3 : at * 3 + 5])[:-1]))
        make(folder, f"{at}/news.csv{suffix}", compressed(csv_lines(some[at : at + 4])))
    make(folder, "excel.csv", "\ufeffid,text,n\nr1,ä,1\nr2,ö,2".encode())
    make(folder, "empty.jsonl", b"")
    make(folder, "header.csv", b"id,text,n\n")
    make(folder, "odd.jsonl.gz", gzip.compress(json_lines(some[1], some[3])))
    make(folder, "even.jsonl.xz", lzma.compress(json_lines(some[2], some[4]), preset=1))
    make(folder, "plain.jsonl.gz", json_lines(some[1], some[2]))  # as a browser has unpacked it
    return folder


def test_each_file_has_its_own_of_the_same_name_and_compression(tree, tmp_path) -> None:
    found = same_layout(tree, tmp_path / "out")
    before = {path.relative_to(tree).as_posix(): path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    assert found.keys() == before.keys()
    for name in ("even.jsonl.xz", "empty.jsonl", "header.csv"):
        assert found.pop(name) == before[name]  # all is kept: they are copied
    assert found.pop("excel.csv") == "\ufeffid,text,n\nr2,ö,2\n".encode()
    assert gzip.decompress(found["odd.jsonl.gz"]) == b""
    for name, data in found.items():
        suffix = "" if name == "plain.jsonl.gz" else name.rpartition(".")[2]
        unpacked = DECOMPRESSORS.get(f".{suffix}", bytes)
        lines, whole = unpacked(data), unpacked(before[name])
        if ".csv" in name:
            header, *rows = whole.removesuffix(b"\r\n").split(b"\r\nr")
            kept = [row for row in rows if is_even("r" + row.split(b",")[0].decode())]
            assert lines == b"\r\nr".join([header, *kept]) + b"\r\n"
        else:
            every = [line + b"\n" for line in whole.splitlines()]
            assert lines == b"".join(line for line in every if is_even(json.loads(line)["id"]))


DOCUMENTS = {
    "list.json": '[{"id": "r1", "text": "a"},\n\n {"id": "r2",\n  "text": "b, [c]"}, {"id": "r4", "text": "d"}]',
    "deep.json": '{"status": "ok", "response": {"docs": [ {"id": "r2", "text": "a"}, {"id": "r3", "text": "b"} ],'
    ' "total": [2, {"x": "]}"}]},\n "end": null}\n\n',
    "none.json": '{"n": 1, "articles": [{"id": "r5", "text": "a"}], "next": "]"}',
    "one.json": '{\n  "id": "r6",\n  "text": "a"\n}\n',
    "other.json": '{\n  "id": "r7",\n  "text": "a"\n}\n',
    "several.json": '{\n  "id": "r1",\n  "text": "a"\n}\n{\n  "id": "r2",\n  "text": "b"\n}',
}


@pytest.mark.parametrize("compressed", [bytes, gzip.compress])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_json_document_stays_one(tmp_path, compressed, size) -> None:
    suffix = ".gz" if compressed is gzip.compress else ""
    for name, text in DOCUMENTS.items():
        make(tmp_path / "in", name + suffix, compressed(text.encode()))
    source = open_files([tmp_path / "in"], tuning=ReadTuning(chunk_bytes=size))
    ids = [name for batch in batches(source) for name in batch.id.to_pylist()]
    assert source.write_kept(np.array([*map(is_even, ids)]), tmp_path, LAYOUT) == ["kept"]
    found = {
        name: DECOMPRESSORS[suffix]((tmp_path / "kept" / (name + suffix)).read_bytes()).decode() for name in DOCUMENTS
    }
    assert [one["id"] for one in json.loads(found["list.json"])] == ["r2", "r4"]
    deep, before = (json.loads(text["deep.json"]) for text in (found, DOCUMENTS))
    assert deep["response"].pop("docs") == before["response"].pop("docs")[:1]
    assert deep == before
    assert json.loads(found["none.json"]) == {"n": 1, "articles": [], "next": "]"}
    assert found["one.json"] == DOCUMENTS["one.json"]
    assert found["other.json"] == ""
    assert [json.loads(line)["id"] for line in found["several.json"].splitlines()] == ["r2"]


def test_tables_have_each_their_own_file_with_their_own_compression(tmp_path) -> None:
    some = records(60)
    folder = tmp_path / "in"
    folder.mkdir()
    for name, codec, first in (("a", "gzip", 1), ("b", "zstd", 20), ("c", "snappy", 41)):
        pq.write_table(pa.Table.from_pylist(some[first : first + 19]), folder / f"{name}.parquet", compression=codec)
    pq.write_table(pa.Table.from_pylist(some[2:3]), folder / "even.parquet")
    for name, new in (("d", pa.ipc.new_file), ("e", pa.ipc.new_stream)):
        table = pa.Table.from_pylist(some[:9])
        with new(folder / f"{name}.arrow", table.schema) as file:
            file.write_table(table)
    found = same_layout(folder, tmp_path / "out")
    kept = tmp_path / "out/kept"
    assert found["even.parquet"] == (folder / "even.parquet").read_bytes()
    for name, codec in (("a", "GZIP"), ("b", "ZSTD"), ("c", "SNAPPY")):
        read, whole = pq.read_table(kept / f"{name}.parquet"), pq.read_table(folder / f"{name}.parquet")
        assert read.equals(whole.filter(pa.array([*map(is_even, whole["id"].to_pylist())])))
        assert pq.read_metadata(kept / f"{name}.parquet").row_group(0).column(0).compression == codec
    even = [one for one in some[:9] if is_even(one["id"])]
    with pa.ipc.open_file(kept / "d.arrow") as file:
        assert file.read_all().to_pylist() == even
    with pa.ipc.open_stream(kept / "e.arrow") as stream:
        assert stream.read_all().to_pylist() == even


@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_arrow_files_are_compressed_as_they_were(tmp_path, codec, new) -> None:
    some = [{**one, "kind": "news" if one["n"] % 3 else None} for one in records(200)]
    table = pa.Table.from_pylist(some)
    table = table.set_column(3, "kind", table["kind"].dictionary_encode())
    (tmp_path / "in").mkdir()
    for name, most in (("a", 200), ("b", 7)):
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with new(tmp_path / f"in/{name}.arrow", table.schema, options=options) as file:
            file.write_table(table, max_chunksize=most)
    same_layout(tmp_path / "in", tmp_path / "out")
    for name in "ab":
        kept = tmp_path / f"out/kept/{name}.arrow"
        magic = {"lz4": b"\x04\x22\x4d\x18", "zstd": b"\x28\xb5\x2f\xfd", None: b"word word word word"}[codec]
        assert magic in kept.read_bytes()
        opened = pa.ipc.open_file if new is pa.ipc.new_file else pa.ipc.open_stream
        with opened(kept) as file:
            assert file.read_all().to_pylist() == [one for one in some if is_even(one["id"])]


def test_texts_stand_as_they_did(tmp_path) -> None:
    make(tmp_path / "in", "a/r2.txt", b"two")
    make(tmp_path / "in", "b/r2.txt.gz", gzip.compress(b"two"))
    source = open_files([tmp_path / "in"])
    assert sum(len(batch.row) for batch in batches(source)) == 2
    assert source.write_kept(np.array([False, True]), tmp_path, LAYOUT) == ["kept"]
    assert [path.name for path in (tmp_path / "kept").rglob("*.*")] == ["r2.txt.gz"]


def test_with_a_limit_no_file_is_copied_as_a_whole(tmp_path) -> None:
    path = make(tmp_path, "a.jsonl", json_lines(*records(9)))
    source = open_files([path], limit=4)
    count = sum(len(batch.row) for batch in batches(source))
    source.write_kept(np.ones(count, bool), tmp_path, LAYOUT)
    assert (tmp_path / "kept/a.jsonl").read_bytes() == b"".join(path.read_bytes().splitlines(keepends=True)[:4])


def test_files_that_would_have_one_name(tmp_path) -> None:
    first = make(tmp_path, "2024/news.jsonl", json_lines(*records(1)))
    second = make(tmp_path, "2025/News.jsonl", json_lines(*records(1)))
    found = rf"{first} and {second} would both be kept/News\.jsonl; .* Hint: name the folder that both are in"
    with pytest.raises(ParamsError, match=found):
        open_files([first.parent, second.parent]).require_form(LAYOUT)
    open_files([tmp_path]).require_form(LAYOUT)
    make(tmp_path, "2026/news.jsonl/a.jsonl", json_lines(*records(1)))
    with pytest.raises(ParamsError, match=r"news\.jsonl would be kept/news\.jsonl, the folder of "):
        open_files([first.parent, tmp_path / "2026"]).require_form(LAYOUT)


def test_layouts_that_there_are_not() -> None:
    with pytest.raises(ParamsError, match="layout 'flat'; expected one of joined, same"):
        KeptForm(layout="flat")
    for other in ({"compress": "gz"}, {"shards": 3}):
        with pytest.raises(ParamsError, match=r"with layout .same.; expected one of the two\. Hint"):
            KeptForm(layout="same", **other)  # type: ignore[arg-type]
    with pytest.raises(ParamsError, match="layout 'same' with records in memory; expected files"):
        open_source(iter([])).require_form(LAYOUT)
    with pytest.raises(ParamsError, match="layout 'same' with standard input"):
        open_files(["-"]).require_form(LAYOUT)
