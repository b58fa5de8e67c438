"""Kept records on the command line: to standard output in a pipe, and in the forms that options name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article
from reading import json_lines, make

DEDUP = [sys.executable, "-m", "dedup"]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    some = [{"id": f"a{n}", "text": article(n % 300, 6)} for n in range(400)]
    return make(tmp_path_factory.mktemp("news"), "news.jsonl", json_lines(*some))


def test_kept_lines_go_through_a_pipe_and_the_summary_beside_it(news, tmp_path) -> None:
    with news.open("rb") as lines:
        command = [*DEDUP, "run", "-", "-o", "-", "--level", "identical"]
        done = subprocess.run(command, stdin=lines, capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout == b"".join(news.read_bytes().splitlines(keepends=True)[:300])
    assert b"\nrecords " in b"\n" + done.stderr  # kernels may have been compiled, which is said
    assert b"written to" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_with_json_the_summary_on_standard_error_is_json(news, tmp_path) -> None:
    command = [*DEDUP, "run", str(news), "-o", "-", "--level", "identical", "--json", "--quiet"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout.count(b"\n") == json.loads(done.stderr)["kept"] == 300


def test_a_reader_that_goes_is_no_error_to_report(news, tmp_path) -> None:
    command = [*DEDUP, "run", str(news), "-o", "-", "--level", "identical", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == news.read_bytes().splitlines(keepends=True)[0]
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run x.jsonl -o out --shards 0", "argument --shards: '0': expected a number of files from 1 to 100,000"),
        ("run x.jsonl -o out --compress rar", "argument --compress: invalid choice: 'rar'"),
        ("run x.jsonl -o out --layout same --shards 3", "shards '3' with layout 'same'; expected one of the two"),
        ("run x.jsonl -o out --layout same --compress gz", "compress 'gz' with layout 'same'"),
        ("run x.jsonl -o out --no-kept --compress gz", "compress 'gz' without kept records"),
        ("run x.jsonl -o - --layout same", "layout 'same' with standard output; expected a folder"),
        ("run x.jsonl --shards 3", "shards without an output"),
        ("decide out -o new --compress gz", "--compress is for kept records, which are not written: add --write"),
    ],
)
def test_misuse_is_named(arguments, words, tmp_path, capfd, monkeypatch) -> None:
    from dedup.cli.main import main

    make(tmp_path, "x.jsonl", b"")
    monkeypatch.chdir(tmp_path)
    try:
        code = main(arguments.split())
    except SystemExit as error:
        code = int(str(error.code))
    assert code == 2
    assert words in capfd.readouterr().err
    assert os.listdir(tmp_path) == ["x.jsonl"]
