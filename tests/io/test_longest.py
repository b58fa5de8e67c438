"""Records that are too long: rejected while they are read, not held, and those behind them are read as ever."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import (
    COMPRESSORS,
    Everything,
    everything,
    json_lines,
    make,
    open_files,
    open_source,
    reader_of,
    rejected_lines,
    zstd,
)

import dedup
from dedup.cli.main import main
from dedup.errors import ColumnError
from dedup.io import Fields, ReadTuning
from dedup.io.bytes.lines import LongLine, Part, line_blocks, whole_lines
from dedup.io.bytes.paths import InputFile
from dedup.io.bytes.streams import Reading
from dedup.io.format_registry import format_named
from dedup.io.kept_files import KeptFiles
from dedup.io.places.local_file import LocalFile
from dedup.kernels import csv_records as kernel

LIMIT = 50


def read(path: Path, longest: int = LIMIT) -> Everything:
    return everything(open_files([path], Fields(), longest=longest))


@given(
    lines=st.lists(st.integers(0, 12), max_size=12),
    has_end=st.booleans(),
    size=st.integers(1, 40),
    least=st.integers(1, 30),
    longest=st.integers(1, 10),
)
def test_long_lines_come_alone_wherever_chunks_end(
    lines: list[int], has_end: bool, size: int, least: int, longest: int
) -> None:
    data = b"\n".join(bytes([97 + n]) * n for n in lines) + b"\n" * has_end
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    blocks = list(line_blocks(chunks, longest, least))
    assert b"".join(blocks) == data
    assert all(len(part) > 0 for part in blocks)
    found: list[object] = []
    for block in whole_lines(blocks, 1 << 20):
        if isinstance(block, LongLine):
            found.append((block.size, block.head))
        else:
            assert not isinstance(block, Part)
            found += block.removesuffix(b"\n").split(b"\n")
    expected = data.removesuffix(b"\n").split(b"\n") if data else []
    assert found == [(len(line), line) if len(line) > longest else line for line in expected]


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 22])
def test_json_lines(tmp_path: Path, suffix: str, chunk: int) -> None:
    lines = [
        json_lines({"id": "a", "body": "short"}),
        json_lines({"id": "b", "body": "x" * LIMIT}),
        b"\n",
        json_lines({"id": "c", "body": "y" * (LIMIT - len('{"id": "c", "body": ""}'))}),
        b" " * (LIMIT + 1) + b"\n",
        json_lines({"id": "d", "body": "y" * (LIMIT - len('{"id": "d", "body": ""}') + 1)}),
        json_lines({"id": "e", "body": "last"}).rstrip(),
    ]
    path = make(tmp_path, f"a.jsonl{suffix}", COMPRESSORS[suffix](b"".join(lines)))
    file = InputFile(LocalFile(path), "a", "a", format_named("jsonl"))
    found = [piece() for piece in reader_of("jsonl", chunk_bytes=chunk, longest=LIMIT).read(file, Reading())]
    texts = [text for batch in found for text in batch.text.to_pylist()]
    assert texts == [b"short", None, b"y" * 27, None, None, b"last"]
    assert np.concatenate([batch.row for batch in found]).tolist() == [1, 2, 4, 5, 6, 7]
    rejected = [rejection for batch in found for rejection in batch.rejected.values()]
    assert [one.size for one in rejected] == [len(line) - 1 for line in (lines[1], lines[4], lines[5])]
    assert rejected[0].raw == lines[1].rstrip(b"\n")
    assert "too long: 73 bytes, more than 50 bytes (--longest)" in rejected[0].reason


def test_kept_lines_stand_around_the_long_ones(tmp_path: Path) -> None:
    lines = [json_lines({"id": str(k), "text": f"{k} " * (40 if k % 3 == 1 else 2)}) for k in range(20)]
    path = make(tmp_path, "a.jsonl", b"".join(lines))
    result = dedup.deduplicate(path, tmp_path / "out", run=dedup.RunOptions(longest=60))
    assert result.counts["rejected"] == 7
    assert (tmp_path / "out" / "kept.jsonl").read_bytes() == b"".join(
        line for k, line in enumerate(lines) if k % 3 != 1
    )
    assert result.kept.num_rows == 13
    assert result.counts["records"] == result.counts["kept"] + result.counts["dropped"] + result.counts["rejected"]


def test_a_first_line_that_is_too_long(tmp_path: Path) -> None:
    """The fields are those of the lines behind it, or of the records behind it in a list."""
    path = make(tmp_path, "a.jsonl", json_lines({"body": "x" * 99}, {"body": "a b"}))
    assert read(path).text == [None, b"a b"]
    assert read(make(tmp_path, "b.json", b'[{"text": "' + b"x" * 99 + b'"}, {"text": "a b"}]')).text == [None, b"a b"]


CELLS = st.text(st.sampled_from('ab",\n\r x'), max_size=8)


@given(records=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6), size=st.integers(1, 50), data=st.data())
def test_records_end_where_the_standard_library_says(records: list[list[str]], size: int, data: st.DataObject) -> None:
    escape = data.draw(st.sampled_from([None, "\\"]))
    written = io.StringIO()
    how = {"lineterminator": "\n", "quoting": csv.QUOTE_ALL, "escapechar": escape, "doublequote": escape is None}
    csv.writer(written, **how).writerows(records)
    written_bytes = written.getvalue().encode()
    ends, at, state, begun = [], 0, kernel.START, 0
    while at < len(written_bytes):
        piece = np.frombuffer(written_bytes[at : at + size], np.uint8)
        end, state = kernel.record_end(piece, ord(","), ord(escape) if escape else -1, state)
        at += len(piece) if end < 0 else end
        if end >= 0:
            ends.append(written_bytes[begun:at])
            begun, state = at, kernel.START
    assert [next(csv.reader(io.StringIO(one.decode(), newline=""), escapechar=escape)) for one in ends] == records


@given(text=st.text(st.sampled_from('ab",\n\\'), max_size=40), escape=st.sampled_from([None, "\\"]))
def test_records_end_there_whatever_the_text(text: str, escape: str | None) -> None:
    reader = csv.reader(io.StringIO(text, newline=""), escapechar=escape)
    ends = [reader.line_num for _ in reader]
    lines = text.splitlines(keepends=True)
    found, state = [], kernel.START
    for number, line in enumerate(lines, 1):
        end, state = kernel.record_end(
            np.frombuffer(line.encode(), np.uint8), ord(","), ord(escape) if escape else -1, state
        )
        assert end in (-1, len(line))
        if end >= 0 or number == len(lines):
            found.append(number)
            state = kernel.START
    assert found == ends


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 22])
def test_csv(tmp_path: Path, chunk: int) -> None:
    long_line = b'b,"' + b"x" * LIMIT + b'"\n'
    long_lines = b'c,"one ""two""' + b"\nthree, four" * 9 + b'\nfive"\n'
    both = b'd,"' + b"y" * LIMIT + b'\n"",""\n' + b"z" * LIMIT + b'"\n'
    data = b"".join([b"id,text\n", b"a,short\n", long_line, b"A,B\n", long_lines, b"\n", both, b"e,last"])
    file = InputFile(LocalFile(make(tmp_path, "a.csv", data)), "a.csv", "a.csv", format_named("csv"))
    reader = reader_of("csv", chunk_bytes=chunk, longest=LIMIT)
    found = [piece() for piece in reader.read(file, Reading())]
    texts = [text for batch in found for text in batch.text.to_pylist()]
    assert texts == [b"short", None, b"B", None, None, b"last"]
    rejected = [batch.rejected[at] for batch in found for at in sorted(batch.rejected)]
    assert [one.size for one in rejected] == [len(long_line), len(long_lines), len(both)]
    assert [one.raw + b"\n" for one in rejected] == [long_line, long_lines, both]
    mask = np.array([text is not None for text in texts])
    reader.write_kept([(file, mask)], KeptFiles(tmp_path))
    assert (tmp_path / "kept.csv").read_bytes() == b"id,text\na,short\nA,B\ne,last\n"


def test_a_quote_that_is_never_closed_is_not_held(tmp_path: Path) -> None:
    data = b'text\nfirst\n"second' + b"\nmore words" * 1000
    found = read(make(tmp_path, "a.csv", data), longest=500)
    assert found.text == [b"first", None]
    assert "too long: 11,007 bytes" in found.rejected[1][0]


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_text_files(tmp_path: Path, suffix: str) -> None:
    for name, size in (("exact", LIMIT), ("more", LIMIT + 1)):
        make(tmp_path, f"{name}.txt{suffix}", COMPRESSORS[suffix](b"a" * size))
    found = read(tmp_path)
    assert found.text == [b"a" * LIMIT, None]
    rejections = {name: piece().rejected for name, piece in zip("em", open_files(
        [tmp_path], Fields(), longest=LIMIT).pieces(), strict=True)}  # fmt: skip
    assert rejections["m"][0].size == (None if suffix else LIMIT + 1)


def test_tables_and_records_in_memory(tmp_path: Path) -> None:
    texts = ["short", "x" * LIMIT, "é" * LIMIT, None, "last"]
    table = pa.table({"text": texts, "id": list("abcde")})
    pq.write_table(table, tmp_path / "a.parquet")
    encoded = table.set_column(0, "text", table["text"].dictionary_encode())
    rows = table.to_pylist()
    for source in (tmp_path / "a.parquet", table, encoded, rows, [text or "" for text in texts]):
        found = everything(open_source(source, Fields(), longest=LIMIT))
        assert [text or None for text in found.text] == [b"short", b"x" * LIMIT, None, None, b"last"]
        assert {at: raw for at, (_, raw) in found.rejected.items()} == {2: ("é" * LIMIT).encode()}
        assert "too long: 100 bytes" in found.rejected[2][0]


def test_the_fields_that_are_there_are_named_beside_a_record_that_is_too_long(tmp_path: Path) -> None:
    first, last = {"text": "a", "by": "x"}, {"text": "b", "when": "y"}
    path = make(tmp_path, "a.jsonl", json_lines(first, {"text": "x" * LIMIT, "of": "the long one"}, last))
    with pytest.raises(ColumnError, match=r"no field .day.; expected one of its fields: text, by, when\. "):
        everything(open_files([path], Fields(date="day"), longest=LIMIT))


def test_fields_that_are_joined_are_one_text(tmp_path: Path) -> None:
    rows = [{"title": "a" * 20, "text": "b" * 28}, {"title": "a" * 20, "text": "b" * 29}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    for source in (tmp_path / "a.parquet", pa.Table.from_pylist(rows), rows):
        found = everything(open_source(source, Fields(text="title,text"), longest=LIMIT))
        assert found.text == [b"a" * 20 + b"\n\n" + b"b" * 28, None]
        assert list(found.rejected) == [1]


def test_a_table_of_few_long_texts_among_short_ones_is_cut(tmp_path: Path) -> None:
    texts = ["a"] * 1000 + ["b" * 3_000] * 10 + ["c"] * 1000
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    source = open_source(tmp_path / "a.parquet", tuning=ReadTuning(table_bytes=10_000))
    batches = [piece() for piece in source.pieces()]
    assert [text.decode() for batch in batches for text in batch.text.to_pylist()] == texts
    assert np.concatenate([batch.row for batch in batches]).tolist() == list(range(1, 2011))
    assert max(batch.text.nbytes for batch in batches) < 20_000


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5, "64MB", 2_000_000_001])
def test_limits_that_cannot_be(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(dedup.ParamsError, match="longest"):
        dedup.RunOptions(longest=wrong)  # type: ignore[arg-type]


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = make(tmp_path, "a.jsonl", json_lines({"id": "a", "text": "short"}, {"id": "b", "text": "x" * 2000}))
    assert main(["run", str(path), "--longest", "1kB", "-o", str(tmp_path / "out")]) == 0
    (line,) = map(json.loads, (tmp_path / "out" / "rejected.jsonl").read_text().splitlines())
    assert (line["row"], line.get("bytes")) == (2, None)
    assert main(["run", str(path), "--longest", "3GB"]) == 2
    assert "from 1 to 2,000,000,000" in capsys.readouterr().err
    assert main(["index", "add", str(tmp_path / "index"), str(path), "--longest", "1kB"]) == 0
    assert "too long" in capsys.readouterr().out


def test_what_is_rejected_is_strict_json(tmp_path: Path) -> None:
    """Whatever was in it: control characters, NaN, half characters, bytes of another encoding, cut in the middle."""
    odd = [
        b'{"text": NaN, "id": \x01\x7f}', b'{"text": "\xe9\xff\x80"', b'{"text": "\\ud800" \x1b[2J',
        b'["\xe2\x80\xa8"]', b'{"text": ' + "漢".encode() * 40,
    ]  # fmt: skip
    path = make(tmp_path, "a.jsonl", b"\n".join([*odd, *json_lines({"text": "good"}).splitlines()]))
    make(tmp_path, "b.txt", b"\x00\xff" * 100)
    source = open_files([path, tmp_path / "b.txt"], longest=100, tuning=ReadTuning(raw_bytes=64))
    rejected_lines(source, tmp_path / "rejected.jsonl")
    written = (tmp_path / "rejected.jsonl").read_bytes()
    assert written.isascii()
    assert not any(byte < 32 or byte == 127 for byte in written.replace(b"\n", b""))

    def refuse(name: str) -> None:
        raise AssertionError(name)

    lines = [json.loads(line, parse_constant=refuse) for line in written.splitlines()]
    assert len(lines) == 6
    raws = [line["raw"].encode("utf-8", "surrogateescape") for line in lines]
    assert raws[:4] == odd[:4]
    assert raws[4] == odd[4][:64]
    assert lines[4]["bytes"] == len(odd[4])


BOMB = """
import sys
import dedup
options = dedup.RunOptions(longest=1_000_000, memory=50_000_000)
result = dedup.deduplicate(sys.argv[1], sys.argv[2], run=options)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(result.counts["rejected"], result.counts["kept"], peak)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in Linux' units")
@pytest.mark.parametrize("kind", ["jsonl.gz", "jsonl.zst", "csv.gz", "txt.gz", "txt.zst"])
def test_bombs_are_not_held(tmp_path: Path, kind: str) -> None:
    """Two hundred times what may be held; measured against the same run without it."""
    compress = gzip.compress if kind.endswith("gz") else zstd
    good = {"jsonl": json_lines({"text": "good words"}), "csv": b"text\ngood words\n", "txt": b"good words"}
    body = b"x" * 200_000_000
    bomb = {"jsonl": b'{"text": "' + body + b'"}\n', "csv": b'"' + body + b'"\n', "txt": body}
    name = kind.split(".")[0]
    peaks = []
    for number, has_bomb in enumerate((False, True)):
        folder = tmp_path / str(number)
        if name == "txt":
            make(folder, "good.txt", good[name])
            if has_bomb:
                make(folder, f"bomb.{kind}", compress(bomb[name]))
        else:
            make(folder, f"a.{kind}", compress(good[name] + bomb[name] * has_bomb + good[name].splitlines(True)[-1]))
        command = [sys.executable, "-c", BOMB, str(folder), str(tmp_path / f"out{number}")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rejected, kept, peak = map(int, done.stdout.split())
        assert (rejected, kept) == (has_bomb, 1)
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 100_000
