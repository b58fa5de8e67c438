"""An output by URL is whole when its summary is there, and replaces only what a run has written; S3 is moto's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reading import json_lines
from remote_servers import memory_system, s3_server

import dedup
from dedup.errors import InputError, OutputError
from dedup.io import open_output
from dedup.io.output_names import UNFINISHED
from dedup.io.places.transfers import RemoteTuning
from dedup.io.remote_output import RemoteOutput

REPORT = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
RECORDS = [{"id": "a", "text": REPORT}, {"id": "b", "text": REPORT.upper()}, {"id": "c", "text": f"{REPORT} And more."}]
QUICK = RemoteTuning(tries=2, wait_seconds=0.001)
FILES = ["decisions.parquet", "documents.parquet", "kept.jsonl", "matches.parquet", "rejected.jsonl"]


@pytest.fixture(scope="module")
def s3():
    with s3_server() as client:
        yield client


@pytest.fixture
def memory():
    return memory_system()


def names(system, folder="/box/out"):
    return sorted(Path(name).name for name in system.find(folder))


def run(output, **options):
    options.setdefault("level", "near")
    return dedup.deduplicate("memory://box/in/a.jsonl", output, **options)


@pytest.fixture
def box(memory):
    memory.pipe("/box/in/a.jsonl", json_lines(*RECORDS))
    return memory


def test_a_run_between_buckets(s3, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    s3.put_object(Bucket="news", Key="runs/in/a.jsonl", Body=json_lines(*RECORDS))
    result = dedup.deduplicate("s3://news/runs/in", "s3://news/out", level="near")
    assert result.output == "s3://news/out"
    there = {one["Key"] for one in s3.list_objects_v2(Bucket="news", Prefix="out/")["Contents"]}
    assert there == {f"out/{name}" for name in result.summary["files"]}
    assert s3.get_object(Bucket="news", Key="out/kept.jsonl")["Body"].read() == json_lines(RECORDS[0])
    again = dedup.RunOutput("s3://news/out")
    assert again.decisions.equals(result.decisions)
    assert again.matches.equals(result.matches)
    assert again.texts([1]) == {1: REPORT.upper()}
    assert list(again.rejections()) == []
    assert repr(again) == "RunOutput('s3://news/out', records=3)"
    assert not list(tmp_path.glob(".dedup-*"))
    s3.put_object(Bucket="news", Key="runs/in/a.jsonl", Body=json_lines(*RECORDS[::-1]))
    with pytest.raises(InputError, match=r"a\.jsonl has changed since the run in s3://news/out"):
        dedup.RunOutput("s3://news/out").texts([1])


def test_the_command_line_takes_urls(s3, tmp_path):
    s3.put_object(Bucket="news", Key="cli/a.jsonl", Body=json_lines(*RECORDS))
    code = (
        "import sys; from dedup.cli.main import main\n"
        "for line in sys.stdin: sys.argv[1:] = line.split(); print(main(line.split()))"
    )
    lines = [
        "run s3://news/cli/*.jsonl -o s3://news/first --level near --quiet",
        "show s3://news/first a",
        "decide s3://news/first -o s3://news/second --keep longest --write",
        "diff s3://news/first s3://news/second",
        f"report s3://news/second -o {tmp_path / 'report'} --quiet",
        "compare s3://news/cli/a.jsonl s3://news/cli/a.jsonl",
        f"index create {tmp_path / 'index'} --level near",
        f"index add {tmp_path / 'index'} s3://news/cli/a.jsonl",
        "run s3://nosuch/a.jsonl",
    ]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], input="\n".join(lines), capture_output=True, text=True, env=env, timeout=120
    )
    assert [line for line in done.stdout.splitlines() if line in {"0", "1", "2"}] == ["0"] * 8 + ["1"], done.stdout
    assert "written to s3://news/second: kept.jsonl, decisions.parquet" in done.stdout
    assert (tmp_path / "report" / "index.html").is_file()
    assert json.loads(s3.get_object(Bucket="news", Key="second/kept.jsonl")["Body"].read())["id"] == "c"


def test_an_earlier_run_is_replaced_and_nothing_else(box):
    run("memory://box/out", run=dedup.RunOptions(passages=True))
    box.pipe("/box/out/mine.txt", b"notes")
    assert names(box) == sorted([*FILES, "passages.parquet", "mine.txt", "summary.json"])
    run("memory://box/out/", level="identical")
    assert names(box) == sorted([*FILES, "mine.txt", "summary.json"])
    assert dedup.RunOutput("memory://box/out").summary["kept"] == 2


def test_what_a_reader_may_see_is_whole_at_any_time(box, monkeypatch):
    run("memory://box/out")
    seen = []
    output = RemoteOutput("memory://box/out", [], tuning=QUICK)
    with output:
        for name in ("kept.jsonl", "matches.parquet", "summary.json"):
            output.path(name).write_text("{}")

        def watched(change):
            def changed(path, *args, **options):
                there = names(box)
                seen.append((Path(str(path if change != box.put_file else args[0])).name, there))
                return change(path, *args, **options)

            return changed

        for name in ("pipe_file", "put_file", "rm"):
            monkeypatch.setattr(box, name, watched(getattr(box, name)))
        output.commit()
    assert names(box) == ["kept.jsonl", "matches.parquet", "summary.json"]
    steps = [step for step, _ in seen]
    assert steps[:2] == [UNFINISHED, "summary.json"]
    assert steps[-2:] == ["summary.json", UNFINISHED]
    assert all("summary.json" not in there for step, there in seen[2:-1])


def test_files_of_others_are_refused(box):
    box.pipe("/box/out/kept.jsonl", b"mine")
    with pytest.raises(OutputError, match=r"//box/out/kept\.jsonl exists, and was not written by an earlier run"):
        run("memory://box/out")
    box.pipe("/box/out/summary.json", b'{"mine": 1}')
    with pytest.raises(OutputError, match="was not written by an earlier run"):
        run("memory://box/out")
    assert box.cat_file("/box/out/kept.jsonl") == b"mine"
    assert names(box) == ["kept.jsonl", "summary.json"]


@pytest.mark.parametrize("output", ["memory://box", "memory://box/in", "memory://box/in/out"])
def test_an_output_in_an_input_is_refused(box, output):
    box.pipe("/box/kept.jsonl", json_lines(*RECORDS))
    with pytest.raises(OutputError, match=r"input"):
        dedup.deduplicate("memory://box/in" if output != "memory://box" else "memory://box/kept.jsonl", output)


def test_an_upload_that_fails_leaves_no_marker_and_is_resumed(box, tmp_path, monkeypatch):
    run("memory://box/out")
    options = dedup.RunOptions(scratch=tmp_path)
    put = box.put_file

    def refuse(path, name, **more):
        if name.endswith("matches.parquet"):
            raise PermissionError("denied")
        put(path, name, **more)

    monkeypatch.setattr(box, "put_file", refuse)
    with pytest.raises(OutputError, match=r"cannot write to memory://box/out: access denied.*--resume"):
        run("memory://box/out", run=options)
    assert "summary.json" not in names(box)
    with pytest.raises(InputError, match=r"is not the output folder of a run.*not finished.*--resume"):
        dedup.RunOutput("memory://box/out")
    monkeypatch.setattr(box, "put_file", put)
    run("memory://box/out", run=dedup.RunOptions(scratch=tmp_path, resume=True))
    assert names(box) == sorted([*FILES, "summary.json"])
    assert dedup.RunOutput("memory://box/out").summary["kept"] == 1
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written_to(box):
    for url, message in [
        ("foo://a/b", "foo:// in foo://a/b is unknown"),
        ("https://zed:pass1@host/out", "https://host/out cannot be written to; expected a folder, or a URL"),
        ("s3://nosuch/out", "credentials|bucket|cannot"),
    ]:
        with pytest.raises(OutputError, match=message):
            open_output(url, [])


def test_a_secret_of_the_url_is_not_said(box):
    output = RemoteOutput("memory://zed:pass1@box/out", [])
    assert output.directory == "memory://box/out"
    assert "pass1" not in str(output.place)


def test_a_run_that_may_not_write_there_is_refused_before_it_begins(box, monkeypatch):
    run("memory://box/out")

    def refuse(*args, **options):
        raise PermissionError("denied")

    monkeypatch.setattr(box, "pipe_file", refuse)
    reading, cat_file = [], box.cat_file
    monkeypatch.setattr(box, "cat_file", lambda *args, **more: reading.append(args) or cat_file(*args, **more))
    with pytest.raises(OutputError, match="cannot write to memory://box/out: access denied"):
        run("memory://box/out")
    assert [path for (path, *_) in reading] == ["/box/out/summary.json"]
    assert names(box) == sorted([*FILES, "summary.json"])


def test_a_run_that_fails_leaves_the_earlier_one_as_it_was(box):
    run("memory://box/out")
    before = {name: box.cat_file(name) for name in box.find("/box/out")}
    with RemoteOutput("memory://box/out", []) as output:  # which is left without a commit, as by an error
        output.path("kept.csv").write_text("x")
    assert {name: box.cat_file(name) for name in box.find("/box/out")} == before
    box.pipe("/box/out/kept.csv", b"mine")
    with RemoteOutput("memory://box/out", []) as output:
        output.path("summary.json").write_text("{}")
        output.commit()
    assert names(box) == ["kept.csv", "summary.json"]
