"""A run writes its kept records in any form, and an output folder of any form is a run to all that reads one."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import article
from reading import json_lines, make

import dedup
from dedup.attribution.agencies import Agencies
from dedup.cli.main import main
from dedup.errors import OutputError, ParamsError
from dedup.io import open_source
from dedup.run.deduplication import open_index
from dedup.run.pipeline import run
from dedup.run.result import Result

FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "compressed": {"compress": "gz"},
    "shards": {"shards": 3},
    "shards of a size": {"shards": "2KB", "compress": "zst"},
    "layout": {"layout": "same"},
    "none": {"kept": False},
}


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    some = [{"id": f"a{n}", "text": article(n, 5)} for n in range(8)]
    make(folder, "in/one.jsonl", json_lines(*some[:5], {**some[0], "id": "b0"}))
    make(folder, "in/deep/two.jsonl.gz", gzip.compress(json_lines(*some[5:], {**some[1], "id": "b1"})))
    return folder / "in"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("kept"))


@pytest.mark.parametrize("form", FORMS)
def test_the_names_of_all_files_are_in_the_summary_and_the_folder_is_a_run(news, tmp_path, form) -> None:
    out = tmp_path / "out"
    result = dedup.deduplicate(news, out, level="near", run=dedup.RunOptions(**FORMS[form]))
    assert sorted(result.summary["files"]) == sorted(path.name for path in out.iterdir())
    run = dedup.RunOutput(out)
    assert run.decisions.equals(result.decisions)
    assert run.decide(level="identical").kept.num_rows == 8
    assert sorted(run.texts(range(2))) == [0, 1]
    assert result.kept.num_rows == result.counts["kept"] == 8
    if form == "none":
        assert names_in(out) == []


def test_each_form_replaces_the_files_of_the_one_before(news, tmp_path) -> None:
    out = tmp_path / "out"
    for form in ("shards", "layout", "compressed", "shards of a size", "none", "plain"):
        dedup.deduplicate(news, out, level="identical", run=dedup.RunOptions(**FORMS[form]))
        files = json.loads((out / "summary.json").read_text())["files"]
        assert sorted(path.name for path in out.iterdir()) == sorted(files)
    assert names_in(out) == ["kept.jsonl"]
    (out / "kept-00001-of-00003.jsonl").write_text("mine")
    with pytest.raises(OutputError, match="exists, and was not written by an earlier run"):
        dedup.deduplicate(news, out, run=dedup.RunOptions(shards=3))
    assert (out / "kept-00001-of-00003.jsonl").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compress": "rar"}, "compress 'rar'; expected one of gz, zst"),
        ({"shards": "some"}, "shards 'some'; expected a number of files from 1"),
        ({"layout": "flat"}, "layout 'flat'; expected one of joined, same"),
        ({"layout": "same", "shards": 2}, "shards 2 with layout 'same'"),
        ({"kept": False, "compress": "gz"}, "compress 'gz' without kept records"),
        ({"kept": False, "layout": "same"}, "layout 'same' without kept records"),
    ],
)
def test_what_cannot_be_together_is_refused_at_once(options, words) -> None:
    with pytest.raises(ParamsError, match=words):
        dedup.RunOptions(**options)


def test_a_form_wants_an_output(news) -> None:
    with pytest.raises(ParamsError, match="shards without an output; expected a folder"):
        dedup.deduplicate(news, run=dedup.RunOptions(shards=2))


def streamed(source: Any, stream: int, options: dict[str, Any], index: Path | None = None) -> Result:
    """Run with the kept records written to an open file."""
    run_options = dedup.RunOptions(**options)
    with open_index(index, {"level": "near"}, run_options.tuning) as (params, step):
        opened = open_source(source)
        return run(opened, None, params, run_options, Agencies.read(None), step, stream=stream)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("compress", [None, "gz"])
def test_a_stream_gets_what_the_file_would_hold(news, tmp_path, compress, threads) -> None:
    dedup.deduplicate(news, tmp_path / "out", level="near")
    with open(tmp_path / "stream", "wb") as stream:
        stream.write(b"")
        result = streamed(news, stream.fileno(), {"compress": compress, "threads": threads})
        assert result.summary["files"] == []
        stream.write(b"")  # it is still open
    data = (tmp_path / "stream").read_bytes()
    unpacked = gzip.decompress(data) if compress else data
    assert unpacked == (tmp_path / "out/kept.jsonl").read_bytes()


def test_nothing_is_added_to_an_index_before_all_is_written(news, tmp_path) -> None:
    index = tmp_path / "index"
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        streamed(news, writing, {}, index)
    os.close(writing)
    assert not index.exists()
    if os.path.exists("/dev/full"):
        with (
            open("/dev/full", "wb") as full,
            pytest.raises(OutputError, match="cannot write the kept records: No space"),
        ):
            streamed(news, full.fileno(), {}, index)
        assert not index.exists()
    with open(tmp_path / "stream", "wb") as stream:
        streamed(news, stream.fileno(), {}, index)
    assert len(dedup.Index(index, mode="r")) == (tmp_path / "stream").read_bytes().count(b"\n") == 8


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.parquet", {}, "files of parquet, and standard output; expected lines"),
        ("a.txt", {}, "files of txt, and standard output; expected lines"),
        ("a.jsonl", {"shards": 2}, "shards 2 with standard output; expected a folder"),
        ("a.jsonl", {"layout": "same"}, "layout 'same' with standard output"),
        ("a.jsonl", {"kept": False}, "no kept records to standard output"),
    ],
)
def test_what_standard_output_cannot_be(tmp_path, name, options, words) -> None:
    path = make(tmp_path, name, b"")  # which is refused before it is read
    with open(os.devnull, "wb") as stream, pytest.raises(ParamsError, match=words):
        streamed(path, stream.fileno(), options)


def test_files_of_two_formats_are_no_stream(tmp_path) -> None:
    make(tmp_path, "in/a.jsonl", b"")
    make(tmp_path, "in/b.csv", b"")
    with (
        open(os.devnull, "wb") as stream,
        pytest.raises(ParamsError, match="files of jsonl and csv, and standard output"),
    ):
        streamed(tmp_path / "in", stream.fileno(), {})


def test_csv_is_a_stream_with_its_header(tmp_path) -> None:
    path = make(tmp_path, "a.csv", "\n".join(["id,text", *(f"a{n},{article(n % 2, 3)}" for n in range(4))]).encode())
    with open(tmp_path / "stream", "wb") as stream:
        streamed(path, stream.fileno(), {})
    assert [line[:2] for line in (tmp_path / "stream").read_text().splitlines()] == ["id", "a0", "a1"]


def written_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0].startswith("kept")
    }


@pytest.mark.parametrize("form", ["compressed", "shards", "layout"])
def test_a_later_decision_writes_the_same_files(news, tmp_path, form, capsys) -> None:
    arguments = [f"--{name}={value}" for name, value in FORMS[form].items()]
    assert main(["run", str(news), "-o", str(tmp_path / "run"), "--level", "near", "--no-kept"]) == 0
    assert main(["decide", str(tmp_path / "run"), "-o", str(tmp_path / "again"), "--write", *arguments]) == 0
    dedup.deduplicate(news, tmp_path / "out", level="near", run=dedup.RunOptions(**FORMS[form]))
    assert written_in(tmp_path / "again") == written_in(tmp_path / "out") != {}
    assert "written to" in capsys.readouterr().out


def test_a_later_decision_leaves_texts_in_their_folders(tmp_path) -> None:
    for name in ("a/x.txt", "b/x.txt", "y.txt"):
        make(tmp_path / "in", name, article(len(name) + ord(name[0]), 4).encode())
    dedup.deduplicate(tmp_path / "in", tmp_path / "out")
    before = written_in(tmp_path / "out")
    assert [*before] == ["kept/a/x.txt", "kept/b/x.txt", "kept/y.txt"]
    assert main(["decide", str(tmp_path / "out"), "-o", str(tmp_path / "again"), "--write", "--json"]) == 0
    assert written_in(tmp_path / "again") == before
