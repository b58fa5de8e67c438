"""Whatever the form of kept files, what they hold together is what the plain ones hold, byte for byte."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import COMPRESSORS, DECOMPRESSORS, batches, json_lines, make, open_files, open_source, out_in

from dedup.errors import OutputError, ParamsError
from dedup.io import ReadTuning
from dedup.io.kept_files import KeptFiles
from dedup.io.kept_form import COMPRESSED, KeptForm

RNG = np.random.default_rng(16)


def records(count: int) -> list[dict[str, Any]]:
    """Return records of very different sizes."""
    return [{"id": f"r{n}", "text": "word " * int(RNG.integers(1, 400)), "n": n} for n in range(count)]


def csv_lines(some: list[dict[str, Any]]) -> bytes:
    rows = [f'{one["id"]},"{one["text"]}\r\n and a line",{one["n"]}\r\n' for one in some]
    return "".join(["id,text,n\r\n", *rows]).encode()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Two files of each format."""
    folder = tmp_path_factory.mktemp("inputs")
    first, second = records(70), records(50)
    listed = b"[\n  " + b",\n  ".join(json_lines(*second).splitlines()) + b"\n]\n"
    made = {
        "jsonl": [
            make(folder, "a.jsonl.gz", gzip.compress(json_lines(*first)[:-1])),
            make(folder, "b.json", listed),
        ],
        "csv": [make(folder, "a.csv", csv_lines(first)[:-2]), make(folder, "b.csv", csv_lines(second))],
        "txt": [make(folder, f"texts/{n}.txt", one["text"].encode()) for n, one in enumerate(second[:9])],
    }
    made["txt"].append(make(folder, "texts/more/9.txt.gz", gzip.compress(b"packed")))
    for name, some in (("a", first), ("b", second)):
        table = pa.Table.from_pylist(some)
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=30)
        with pa.ipc.new_file(folder / f"{name}.arrow", table.schema) as file:
            file.write_table(table)
    made["parquet"] = [folder / "a.parquet", folder / "b.parquet"]
    made["arrow"] = [folder / "a.arrow", folder / "b.arrow"]
    return made


def written(
    inputs: list[Path], out: Path, form: KeptForm | None = None, keep: Any = None, size: int = 3000
) -> tuple[list[str], int]:
    """Write the kept ones of some records, and return the names that were written, and how many are kept."""
    out.mkdir(parents=True)
    folder = {path.parent if path.parent.name != "more" else path.parent.parent for path in inputs}.pop()
    tuning = ReadTuning(chunk_bytes=size, batch_bytes=size, batch_records=17)
    source = open_files([folder] if folder.name == "texts" else inputs, tuning=tuning)
    count = sum(len(batch.row) for batch in batches(source))
    kept = np.random.default_rng(5).random(count) < 0.7 if keep is None else np.full(count, keep)
    return source.write_kept(kept, out, form), int(kept.sum())


def table_of(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    with pa.ipc.open_file(path) as file:
        return file.read_all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("compress", COMPRESSED)
@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_compressed_files_hold_the_bytes_of_the_plain_one(inputs, tmp_path, name, compress, threads) -> None:
    assert written(inputs[name], tmp_path / "plain")[0] == [f"kept.{name}"]
    form = KeptForm(compress=compress, threads=threads)
    assert written(inputs[name], tmp_path / "packed", form)[0] == [f"kept.{name}.{compress}"]
    packed = (tmp_path / "packed" / f"kept.{name}.{compress}").read_bytes()
    assert DECOMPRESSORS[f".{compress}"](packed) == (tmp_path / "plain" / f"kept.{name}").read_bytes()


@pytest.mark.parametrize("compress", COMPRESSED)
def test_a_compressed_file_of_nothing_is_one(inputs, tmp_path, compress) -> None:
    written(inputs["jsonl"], tmp_path / "out", KeptForm(compress=compress), keep=False)
    assert DECOMPRESSORS[f".{compress}"]((tmp_path / "out" / f"kept.jsonl.{compress}").read_bytes()) == b""


def test_texts_are_compressed_each_and_not_twice(inputs, tmp_path) -> None:
    written(inputs["txt"], tmp_path / "out", KeptForm(compress="xz"), keep=True)
    found = {path.name: lzma.decompress(path.read_bytes()) for path in (tmp_path / "out").rglob("*.xz")}
    assert found.pop("9.txt.xz") == b"packed"
    assert found == {f"{path.name}.xz": path.read_bytes() for path in inputs["txt"][:-1]}
    assert (tmp_path / "out/kept/more/9.txt.xz").exists()


@pytest.mark.parametrize(
    ("name", "compress", "codec"), [("parquet", "gz", "GZIP"), ("parquet", "zst", "ZSTD"), ("parquet", "lz4", "LZ4")]
)
def test_tables_are_compressed_within(inputs, tmp_path, name, compress, codec) -> None:
    written(inputs[name], tmp_path / "plain")
    written(inputs[name], tmp_path / "packed", KeptForm(compress=compress))
    plain, packed = tmp_path / f"plain/kept.{name}", tmp_path / f"packed/kept.{name}"
    assert table_of(packed).equals(table_of(plain))
    assert pq.read_metadata(packed).row_group(0).column(0).compression == codec
    assert pq.read_metadata(plain).row_group(0).column(0).compression == "SNAPPY"


@pytest.mark.parametrize("compress", ["zst", "lz4"])
def test_arrow_files_are_compressed_within(inputs, tmp_path, compress) -> None:
    written(inputs["arrow"], tmp_path / "plain")
    written(inputs["arrow"], tmp_path / "packed", KeptForm(compress=compress))
    plain, packed = tmp_path / "plain/kept.arrow", tmp_path / "packed/kept.arrow"
    assert table_of(packed).equals(table_of(plain))
    assert packed.stat().st_size < plain.stat().st_size / 2


def test_records_in_memory_are_compressed_too(tmp_path) -> None:
    some = records(30)
    for source in (open_source(iter(some)), open_source(pa.Table.from_pylist(some))):
        kept = np.ones(sum(len(batch.row) for batch in batches(source)), bool)
        (name,) = source.write_kept(kept, tmp_path, KeptForm(compress="gz"))
        if name == "kept.parquet":
            assert pq.read_table(tmp_path / name).to_pylist() == some
            assert pq.read_metadata(tmp_path / name).row_group(0).column(0).compression == "GZIP"
        else:
            assert name == "kept.jsonl.gz"
            assert gzip.decompress((tmp_path / name).read_bytes()).count(b"\n") == len(some)


SHARDS = [1, 2, 3, 7, 16, 300]


@pytest.mark.parametrize("compress", [None, "gz"])
@pytest.mark.parametrize("count", SHARDS)
@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_shards_of_a_number_are_balanced_and_together_the_whole(inputs, tmp_path, name, count, compress) -> None:
    _, kept = written(inputs[name], tmp_path / "plain")
    whole = (tmp_path / f"plain/kept.{name}").read_bytes()
    form = KeptForm(shards=count, compress=compress)
    names, _ = written(inputs[name], tmp_path / "out", form)
    suffix = f".{compress}" if compress else ""
    assert names == [f"kept-{number:05}-of-{count:05}.{name}{suffix}" for number in range(count)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    parts = [DECOMPRESSORS[suffix]((tmp_path / "out" / one).read_bytes()) for one in names]
    header = whole[: whole.index(b"\n") + 1] if name == "csv" else b""
    assert all(part.startswith(header) for part in parts)
    assert header + b"".join(part.removeprefix(header) for part in parts) == whole
    lines = 2 if name == "csv" else 1  # of a record
    sizes = [(part.count(b"\n") - bool(header)) / lines for part in parts]
    assert sum(sizes) == kept
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("most", [1, 700, 5_000, 60_000, 10_000_000])
@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_shards_of_a_size_are_as_full_as_they_can_be(inputs, tmp_path, name, most) -> None:
    written(inputs[name], tmp_path / "plain")
    whole = (tmp_path / f"plain/kept.{name}").read_bytes()
    names, _ = written(inputs[name], tmp_path / "out", KeptForm(shards=f"{most}B"))
    assert names == [f"kept-{number:05}.{name}" for number in range(len(names))]
    header = whole[: whole.index(b"\n") + 1] if name == "csv" else b""
    parts = [(tmp_path / "out" / one).read_bytes().removeprefix(header) for one in names]
    assert header + b"".join(parts) == whole
    expected: list[bytes] = []
    end = b"\r\n" if name == "csv" else b"\n"
    lines = whole.removeprefix(header).split(end)[:-1]
    records = [
        b"".join(line + end for line in lines[at : at + 1 + bool(header)])
        for at in range(0, len(lines), 1 + bool(header))
    ]
    for record in records:
        if expected and len(expected[-1]) + len(record) <= most:
            expected[-1] += record
        else:
            expected.append(record)
    assert parts == expected


@pytest.mark.parametrize("shards", [1, 4, 200, "20KB", "1GB"])
@pytest.mark.parametrize("name", ["parquet", "arrow"])
def test_shards_of_tables_are_together_the_whole(inputs, tmp_path, name, shards) -> None:
    written(inputs[name], tmp_path / "plain")
    names, _ = written(inputs[name], tmp_path / "out", KeptForm(shards=shards))
    whole, parts = table_of(tmp_path / f"plain/kept.{name}"), [table_of(tmp_path / "out" / one) for one in names]
    assert pa.concat_tables(parts).equals(whole)
    sizes = [part.num_rows for part in parts]
    if isinstance(shards, int):
        assert (len(sizes), max(sizes) - min(sizes) <= 1) == (shards, True)
    else:
        assert len(sizes) == {"20KB": pytest.approx(whole.nbytes / 20_000, rel=0.3), "1GB": 1}[shards]


@pytest.mark.parametrize("shards", [3, "1KB"])
def test_records_in_memory_have_shards(tmp_path, shards) -> None:
    some = records(30)
    for source in (open_source(iter(some)), open_source(pa.Table.from_pylist(some))):
        kept = np.ones(sum(len(batch.row) for batch in batches(source)), bool)
        names = source.write_kept(kept, tmp_path, KeptForm(shards=shards))
        assert len(names) == 3 if shards == 3 else len(names) > 10
        if names[0].endswith(".parquet"):
            assert pa.concat_tables([pq.read_table(tmp_path / name) for name in names]).to_pylist() == some
        else:
            assert b"".join((tmp_path / name).read_bytes() for name in names).count(b"\n") == len(some)


def test_shards_of_nothing_are_empty(inputs, tmp_path) -> None:
    assert len(written(inputs["jsonl"], tmp_path / "number", KeptForm(shards=4), keep=False)[0]) == 4
    assert written(inputs["csv"], tmp_path / "size", KeptForm(shards="1MB"), keep=False)[0] == ["kept-00000.csv"]
    assert (tmp_path / "size/kept-00000.csv").read_bytes() == b"id,text,n\r\n"
    assert not any((tmp_path / "number").joinpath(f"kept-0000{n}-of-00004.jsonl").read_bytes() for n in range(4))


@pytest.mark.parametrize("shards", [0, -1, True, 2.5, "2.5", "", "many", "0", "0MB", "1e3", 100_001, "5XB"])
def test_shards_that_there_are_not(shards) -> None:
    with pytest.raises(ParamsError, match=r"expected a number of files from 1 to 100,000, or a size such as '500MB'"):
        KeptForm(shards=shards)


def test_texts_have_no_shards(inputs) -> None:
    with pytest.raises(ParamsError, match=r"shards 2 with files of txt, each of which is a record; expected .* Hint"):
        open_files(inputs["txt"]).require_form(KeptForm(shards=2))


@pytest.mark.parametrize("name", ["kept/../x.txt", "kept/a/../../x.txt", "kept/.."])
def test_no_name_leads_out_of_the_output(tmp_path, name) -> None:
    with pytest.raises(OutputError, match="leads out of the output"):
        KeptFiles(tmp_path / "out").open(name)
    KeptFiles(out_in(tmp_path)).open("kept//etc/x.txt").close()
    assert [path.name for path in tmp_path.rglob("*.txt")] == ["x.txt"]


def test_compressions_that_there_are_not(inputs) -> None:
    with pytest.raises(ParamsError, match="compress 'zip'; expected one of gz, zst, xz, bz2, lz4"):
        KeptForm(compress="zip")
    with pytest.raises(ParamsError, match=r"files of parquet, .* within; expected one of zst, lz4, gz"):
        open_files(inputs["parquet"]).require_form(KeptForm(compress="xz"))
    with pytest.raises(ParamsError, match="files of arrow, which are compressed within; expected one of zst, lz4"):
        open_files(inputs["arrow"]).require_form(KeptForm(compress="gz"))
    open_files(inputs["jsonl"] + inputs["csv"]).require_form(KeptForm(compress="xz"))


def test_all_compressions_that_are_read_are_written() -> None:
    assert {f".{name}" for name in COMPRESSED} == COMPRESSORS.keys() - {""}
