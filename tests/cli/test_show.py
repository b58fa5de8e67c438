"""``dedup show`` on the command line: runs and indexes, as text and as JSON, with errors of one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article

import dedup


def show(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dedup", "show", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    records = [{"id": id, "text": article(1), "title": "Bridge"} for id in ("a", "b")]
    (folder / "news.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    dedup.deduplicate(str(folder / "news.jsonl"), folder / "out")
    with dedup.Index(folder / "news.index") as index:
        index.add("a", article(1))
        index.add("b", article(1))
    return folder


def test_a_record_and_two_records(folder: Path) -> None:
    done = show(folder, "out", "b")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("b is dropped: identical to a, score 1.00")
    done = show(folder, "out", "a", "b")
    assert done.stdout.startswith("identical, score 1.00")
    assert "[[" in done.stdout  # it is not a terminal
    assert "\x1b[" in show(folder, "out", "a", "b", "--color", "always").stdout


def test_an_index(folder: Path) -> None:
    assert show(folder, "news.index", "b").stdout.startswith("b is dropped: identical to a, score 1.00")
    assert json.loads(show(folder, "news.index", "a", "b", "--json").stdout)["relation"] == "identical"


def test_without_an_id_the_stories_are_listed(folder: Path) -> None:
    done = show(folder, "out")
    assert done.stdout.splitlines()[0] == "one story"
    assert "Bridge" in done.stdout
    page = json.loads(show(folder, "out", "--by", "largest", "--count", "3", "--json").stdout)
    assert (page["by"], [one["id"] for one in page["stories"]]) == ("largest", ["a"])
    refused = show(folder, "news.index")
    assert refused.returncode == 2
    assert "an index has no list of its stories" in refused.stderr
    assert "leave the id out" in show(folder, "out", "a", "--count", "3").stderr


def test_as_json(folder: Path) -> None:
    page = json.loads(show(folder, "out", "b", "--json").stdout)
    assert page["record"]["duplicate_of"] == 0
    assert [version["title"] for version in page["story"]["versions"]] == ["Bridge", "Bridge"]


def test_of_standard_input_it_says_so(folder: Path) -> None:
    news = (folder / "news.jsonl").read_text()
    for command in (["run", "-", "-o", "piped"], ["show", "piped", "b"], ["tune", "piped"]):
        call = [sys.executable, "-m", "dedup", *command]
        done = subprocess.run(call, input=news, capture_output=True, text=True, cwd=folder, check=False)
        if command[0] == "show":
            assert "input      standard input, record 2" in done.stdout
    assert (done.returncode, "expected --examples 0" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["decide", "out", "--window", "72h"], "--window is part of the search: dedup run again with it"),
        (["show", "out", "-x"], "after --: -- -x"),
        (["tune", "news.index"], "news.index is an index"),
        (["show", "pages", "a"], "it looks like a report: name the folder of its run"),
        (["show", "lost", "a"], "matches.parquet: no such file"),
    ],
)
def test_a_wrong_call_is_told_what_to_do(folder: Path, command: list[str], words: str) -> None:
    (folder / "pages").mkdir(exist_ok=True)
    (folder / "pages" / "index.html").touch()
    shutil.copytree(folder / "out", folder / "lost", dirs_exist_ok=True)
    (folder / "lost" / "matches.parquet").unlink()
    call = [sys.executable, "-m", "dedup", *command]
    done = subprocess.run(call, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode in (1, 2)
    assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("out", "bb"), "no record 'bb'"),
        (("news.index", "c"), "no document 'c'"),
        ((".", "a"), "is not the output folder of a run"),
        (("redis://127.0.0.1:1/0?name=x", "a"), "127.0.0.1"),
    ],
)
def test_errors_are_one_line(folder: Path, arguments: tuple[str, str], words: str) -> None:
    done = show(folder, *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
