"""The command line as its users meet it: good runs, broken inputs, and never half an answer."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import article, edited, report

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: object, **how: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dedup", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, **how)  # type: ignore[call-overload,no-any-return]

    return run


def write_jsonl(path: Path, records: list[object]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def news(tmp_path: Path) -> Path:
    records: list[object] = [{"id": f"a{n}", "text": article(n)} for n in range(10)]
    records += [{"text": article(n), "id": f"exact{n}", "other": [1]} for n in range(3)]
    records += [{"id": f"near{n}", "text": edited(article(n), n, 0.02)} for n in range(3, 5)]
    return write_jsonl(tmp_path / "news.jsonl", records)


def failed(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Assert one clear line and this exit code."""
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("dedup")
    for word in words:
        assert word in done.stderr
    assert done.stdout == ""


def test_a_run_writes_kept_records_decisions_matches_and_summary(run: Run, news: Path, tmp_path: Path) -> None:
    done = run("run", news, "-o", "out", "--level", "near")
    assert done.returncode == 0, done.stderr
    assert "written to out: kept.jsonl, decisions.parquet" in done.stdout
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "decisions.parquet",
        "documents.parquet",
        "kept.jsonl",
        "matches.parquet",
        "rejected.jsonl",
        "summary.json",
    ]
    lines = news.read_bytes().splitlines(keepends=True)
    assert (out / "kept.jsonl").read_bytes() == b"".join(lines[:10])
    decisions = pq.read_table(out / "decisions.parquet").to_pylist()
    assert [row["id"] for row in decisions] == [json.loads(line)["id"] for line in lines]
    assert [row["row"] for row in decisions] == list(range(1, 16))
    assert decisions[10]["duplicate_of"] == "a0"
    assert decisions[13]["relation"] == "near_duplicate"
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["records"], summary["kept"], summary["rejected"]) == (15, 10, 0)
    assert summary["dropped"]["identical"] == 3


def test_json_prints_json_alone_and_quiet_prints_nothing(run: Run, news: Path) -> None:
    done = run("run", news, "--json", "--level", "near")
    assert json.loads(done.stdout)["kept"] == 10
    assert done.stderr == ""
    assert run("run", news, "-o", "out", "--quiet").stdout == ""


def test_pieces_from_one_mould_are_counted_in_the_answer(run: Run, tmp_path: Path) -> None:
    pieces = write_jsonl(tmp_path / "market.jsonl", [{"id": f"day{n}", "text": report(n)} for n in range(3)])
    done = run("run", pieces)
    assert done.returncode == 0, done.stderr
    assert "template           3  pairs from one template" in done.stdout


def test_standard_input_is_read_as_json_lines(run: Run, news: Path, tmp_path: Path) -> None:
    done = run("run", "-", "-o", "out", "--level", "near", input=news.read_text())
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "kept.jsonl").read_bytes() == b"".join(news.read_bytes().splitlines(keepends=True)[:10])


def test_malformed_records_are_rejected_with_place_and_reason(run: Run, tmp_path: Path) -> None:
    good = json.dumps({"id": "good", "text": article(1)})
    lines = [good, good[:50], "[1, 2]", '{"id": "n", "text": null}', '{"id": "x", "text": 7}', '{"id": "m"}', ""]
    (tmp_path / "mixed.jsonl").write_text("\n".join(lines))
    done = run("run", "mixed.jsonl", "-o", "out")
    assert done.returncode == 0, done.stderr
    rejected = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert [(row["row"], row["raw"]) for row in rejected] == [(2, lines[1]), (3, lines[2]), (5, lines[4])]
    assert (tmp_path / "out" / "kept.jsonl").read_text().split("\n") == [lines[0], lines[3], lines[5], ""]
    reasons = pq.read_table(tmp_path / "out" / "decisions.parquet")["reason"].to_pylist()
    assert [reason.split(":")[0] for reason in reasons] == [
        "no copy found", "rejected", "rejected", "no text", "rejected", "no text",
    ]  # fmt: skip
    failed(run("run", "mixed.jsonl", "--strict", "-o", "strict"), 1, "mixed.jsonl, row 2")
    assert not (tmp_path / "strict").exists()


def broken_gzip(folder: Path) -> None:
    whole = gzip.compress(b"".join(json.dumps({"text": article(n)}).encode() + b"\n" for n in range(200)))
    (folder / "in.jsonl.gz").write_bytes(whole[: len(whole) // 2])


def unknown_fields(folder: Path) -> None:
    write_jsonl(folder / "in.jsonl", [{"headline": "a", "story": "b"}])


EMPTY: dict[str, Callable[[Path], object]] = {
    "in.jsonl": lambda at: at.touch(),
    "in.json": lambda at: at.write_text("\n\n"),
    "in.csv": lambda at: at.write_text("id,text\n"),
    "in.tsv": lambda at: at.touch(),
    "in.parquet": lambda at: pq.write_table(pa.table({"text": pa.array([], pa.string())}), at),
    "folder": lambda at: at.mkdir(),
    "hidden": lambda at: (at.mkdir(), (at / ".git").mkdir(), (at / ".hidden.jsonl").write_text('{"text": "a"}')),
    "in.jsonl.gz": lambda at: at.write_bytes(gzip.compress(b"")),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_input_without_records_makes_an_empty_output(name: str, run: Run, tmp_path: Path) -> None:
    EMPTY[name](tmp_path / name)
    done = run("run", name, "-o", "out", "--index", "news.index")
    assert (done.returncode, done.stderr) == (0, "")
    assert "records            0" in done.stdout
    assert f"note: no records in {name if '.' in name else 'the input'}" in done.stdout
    assert ("hidden, and not read: hidden/.git/, hidden/.hidden.jsonl" in done.stdout) == (name == "hidden")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["records"], summary["kept"], summary["fields"]["used"]) == (0, 0, {})
    assert pq.read_table(tmp_path / "out" / "decisions.parquet").num_rows == 0
    kept = [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith("kept")]
    suffix = {"json": "jsonl"}.get(name.split(".")[1], name.split(".")[1]) if "." in name else None
    assert kept == ([] if suffix is None else [f"kept.{suffix}"])
    failed(run("run", name, "-o", "out2", "--fail-on-empty"), 1, "no records")
    assert not (tmp_path / "out2").exists()
    assert run("index", "add", "news.index", name).returncode == 0


def one_record(folder: Path) -> None:
    write_jsonl(folder / "in.jsonl", [{"text": "a"}])


@pytest.mark.parametrize(
    ("make", "arguments", "code", "words"),
    [
        (broken_gzip, ["in.jsonl.gz"], 1, ["in.jsonl.gz", "ends"]),
        (unknown_fields, ["in.jsonl"], 2, ["headline, story", "--text-field"]),
        (one_record, ["in.jsonl", "--text-field", "x"], 2, ["'x'", "text"]),
        (lambda at: (at / "in.jsonl").touch(), ["in.jsonl", "--fail-on-empty"], 1, ["in.jsonl", "no record"]),
        (lambda at: (at / "folder").mkdir(), ["folder", "--fail-on-empty"], 1, ["no record"]),
        (one_record, ["in.jsonl", "--date-field", "published"], 2, ["'published'", "text", "--date-field"]),
        (one_record, ["in.jsonl", "--date-format", "%q"], 2, ["date format '%q'", "%d/%m/%Y"]),
        (lambda at: (at / "folder").mkdir() or (at / "folder" / "a.pdf").touch(), ["folder"], 1, ["folder"]),
        (lambda at: (at / "in.jsonl").write_bytes(bytes(range(256)) * 9), ["in.jsonl"], 1, ["in.jsonl", "binary"]),
        (lambda at: pq.write_table(pa.table({"words": ["a"]}), at / "in.parquet"), ["in.parquet"], 2, ["words"]),
        (lambda at: (at / "in.parquet").write_bytes(b"PAR1 not really"), ["in.parquet"], 1, ["in.parquet"]),
        (lambda at: (at / "in.jsonl").write_text("[1]\n[2]\n"), ["in.jsonl"], 1, ["list"]),
        (lambda at: None, ["absent.jsonl"], 1, ["absent.jsonl"]),
        (lambda at: None, ["*.nothing"], 1, ["*.nothing"]),
        (lambda at: (at / "a.doc").touch(), ["a.doc"], 1, ["a.doc", ".parquet"]),
        (lambda at: None, ["x.jsonl", "--level", "nearly"], 2, ["nearly"]),
        (lambda at: None, ["x.jsonl", "--threshold", "7"], 2, ["threshold"]),
        (lambda at: None, ["x.jsonl", "--keep", "source"], 2, ["--prefer"]),
        (lambda at: None, ["x.jsonl", "--memory", "lots"], 2, ["lots"]),
        (lambda at: None, [], 2, ["INPUT"]),
        (lambda at: None, [""], 2, ["INPUT", "is a variable not set?"]),
    ],
)  # fmt: skip
def test_an_input_that_cannot_be_used_is_reported_in_a_line_and_nothing_is_written(
    make: Callable[[Path], object], arguments: list[str], code: int, words: list[str], run: Run, tmp_path: Path
) -> None:
    make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    failed(run("run", *arguments, "-o", "out"), code, *words)
    assert sorted(tmp_path.rglob("*")) == before


def test_inputs_are_never_written_over(run: Run, news: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(news, folder / "news.jsonl")
    failed(run("run", "folder", "-o", "folder"), 1, "folder", "input")
    failed(run("run", "folder", "-o", "folder/out"), 1, "folder", "input")
    failed(run("run", news, "-o", news), 1, "news.jsonl")
    shutil.copy(news, folder / "kept.jsonl")
    failed(run("run", "folder/kept.jsonl", "-o", "folder"), 1, "kept.jsonl")
    assert sorted(path.name for path in folder.iterdir()) == ["kept.jsonl", "news.jsonl"]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root on Linux to mount a small tmpfs")
def test_a_full_disk_is_reported_and_nothing_is_left(run: Run, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "big.jsonl", [{"id": n, "text": article(n, 60)} for n in range(2000)])
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        failed(run("run", source, "-o", "small/out", "--level", "near"), 1, "no space left", "small")
        assert list(small.iterdir()) == []
        failed(
            run("run", source, "-o", "out", "--level", "near", "--scratch", "small"), 1, "no space left", "--scratch"
        )
        assert not (tmp_path / "out").exists()
    finally:
        subprocess.run(["umount", small], check=True)
