"""A run that was killed is resumed where it was, and ends as if nothing had happened; a run that changed is not."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import article, edited
from stopping import at_every_save, eager, killed_at

import dedup
from dedup.params import Params
from dedup.run.checkpoint import Checkpoint
from dedup.run.options import RunOptions, RunTuning
from dedup.store.scratch import Scratch


def records() -> list[dict[str, str]]:
    originals = [{"id": f"a{n}", "text": article(n, 120), "published": f"2024-01-{n % 28 + 1:02}"} for n in range(40)]
    copies = [{"id": f"c{n}", "text": edited(article(n, 120), n, 0.02 + 0.02 * n)} for n in range(12)]
    return [*originals, *copies, {"id": "same", "text": article(3, 120)}]


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for part in range(4):
        lines = [json.dumps(record) for record in records()[part::4]]
        (folder / f"{part}.jsonl").write_text("\n".join([*lines, "{broken", ""]))
    return folder


def content(folder: Path) -> dict[str, object]:
    """What a run has written, without how long it took."""
    found: dict[str, object] = {path.name: path.read_bytes() for path in folder.iterdir()}
    summary = json.loads((folder / "summary.json").read_text())
    del summary["seconds"]
    return {**found, "summary.json": summary}


def test_resumed_after_every_step(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dedup.deduplicate(news, tmp_path / "undisturbed", run=eager())
    expected = content(tmp_path / "undisturbed")
    out = tmp_path / "out"
    steps = 0
    while killed_at(steps, monkeypatch, news, out):
        assert bool(list(tmp_path.glob(".dedup-*"))) == (steps > 0), "what was saved is left, and nothing else"
        dedup.deduplicate(news, out, run=eager(resume=True))
        assert content(out) == expected
        assert not list(tmp_path.glob(".dedup-*"))
        for path in out.iterdir():
            path.unlink()
        out.rmdir()
        steps += 1
    assert steps > 10


def test_resumed_again_and_again(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process comes a step farther than the one before."""
    dedup.deduplicate(news, tmp_path / "undisturbed", run=eager())
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    scratch.mkdir()
    processes = 0
    while killed_at(1, monkeypatch, news, out, eager(scratch=scratch, resume=True)):
        processes += 1
    assert processes > 10
    assert content(out) == content(tmp_path / "undisturbed")
    assert not list(scratch.iterdir())


def test_what_was_read_is_not_read_again(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed_at(2, monkeypatch, news, tmp_path / "out")
    assert killed_at(1, monkeypatch, news, tmp_path / "out", eager(resume=True))
    (saved,) = tmp_path.glob(".dedup-*/unfinished.json")
    assert json.loads(saved.read_text())["reading"]["pieces"] == 3, "one piece after the two that were saved"
    assert dedup.deduplicate(news, tmp_path / "out", run=eager(resume=True)).counts["records"] == len(records()) + 4


@pytest.mark.parametrize("steps", [1, 3, 5, 7])
def test_other_formats_are_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    table = pa.Table.from_pylist(records())
    pq.write_table(table, tmp_path / "a.parquet")
    header = "id\ttext\n"
    (tmp_path / "b.tsv").write_text(header + "".join(f"{r['id']}\t{r['text']}\n" for r in records()))
    (tmp_path / "c.json").write_text(json.dumps({"articles": records()}, indent=1))
    with pa.ipc.new_stream(tmp_path / "d.arrow", table.schema) as stream:
        stream.write_table(table)
    inputs = [tmp_path / name for name in ("a.parquet", "b.tsv", "c.json", "d.arrow")]
    dedup.deduplicate(inputs, tmp_path / "undisturbed", run=eager())
    assert killed_at(steps, monkeypatch, inputs, tmp_path / "out")
    result = dedup.deduplicate(inputs, tmp_path / "out", run=eager(resume=True))
    assert content(tmp_path / "out") == content(tmp_path / "undisturbed")
    assert result.kept.num_rows == result.counts["kept"]


def test_another_run_is_refused(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    assert killed_at(6, monkeypatch, news, out)
    with pytest.raises(dedup.ParamsError, match=r"threshold was 0\.7 and is 0\.8.*without --resume"):
        dedup.deduplicate(news, out, Params(threshold=0.8), run=eager(resume=True))
    with pytest.raises(dedup.ParamsError, match="pairs_at_a_time was 40 and is 524288"):
        dedup.deduplicate(news, out, run=RunOptions(resume=True))
    with pytest.raises(dedup.ParamsError, match='level was "rewritten" and is "near"'):
        dedup.deduplicate(news, out, Params(level="near"), run=eager(resume=True))
    with (news / "2.jsonl").open("a") as lines:
        lines.write('{"id": "new", "text": "x"}\n')
    with pytest.raises(dedup.InputError, match=r"2\.jsonl"):
        dedup.deduplicate(news, out, run=eager(resume=True))
    (news / "4.jsonl").write_text('{"text": "x"}\n')
    with pytest.raises(dedup.InputError, match=r"4\.jsonl"):
        dedup.deduplicate(news, out, run=eager(resume=True))
    assert dedup.deduplicate(news, out).counts["records"] == len(records()) + 4 + 2, "starts from the beginning"


def test_a_run_of_another_version_is_refused(tmp_path: Path) -> None:
    before = {"version": "0.1.0", "memory": 1}
    Checkpoint(Scratch(tmp_path, lasting=True), tmp_path, before, save_after=0.0).save("step", (np.arange(3),))
    now = {"version": "0.2.0", "memory": 1, "index_step": 16_000}
    with pytest.raises(dedup.ParamsError) as caught:
        Checkpoint(Scratch(tmp_path, lasting=True), tmp_path, now, resume=True)
    assert str(caught.value) == (
        "the unfinished run is of version 0.1.0 of this program; expected one of version 0.2.0, which is running. "
        "Hint: resume with version 0.1.0, or run without --resume to start from the beginning"
    )


def test_damaged_state_is_refused(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed_at(4, monkeypatch, news, tmp_path / "out")
    (tokens,) = tmp_path.glob(".dedup-*/tokens.scratch")
    with tokens.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(dedup.InputError, match=r"tokens\.scratch holds 25 values.*without --resume"):
        dedup.deduplicate(news, tmp_path / "out", run=eager(resume=True))
    tokens.unlink()
    with pytest.raises(dedup.InputError, match=r"tokens\.scratch is missing"):
        dedup.deduplicate(news, tmp_path / "out", run=eager(resume=True))
    dedup.deduplicate(news, tmp_path / "out")


@pytest.mark.parametrize(
    "change", [lambda data: b"", lambda data: data[:-30], lambda data: data[:200] + b"?" + data[201:]]
)
def test_a_damaged_step_is_refused(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    identity = {"some": "parameters"}
    with closing(Scratch(tmp_path, lasting=True)) as scratch:
        Checkpoint(scratch, tmp_path, identity, save_after=0.0).save("step", (np.arange(100),))
        saved = tmp_path / "step.npz"
        saved.write_bytes(change(saved.read_bytes()))
        again = Checkpoint(scratch, tmp_path, identity, resume=True)
        with pytest.raises(dedup.InputError, match=r"step\.npz differs from what was saved.*run without --resume"):
            again.load("step")


def test_a_failed_write_keeps_what_is_finished(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(dedup.OutputError, match="no space left"):
            dedup.deduplicate(news, tmp_path / "out", run=eager())
    assert list(tmp_path.glob(".dedup-*/unfinished.json"))
    dedup.deduplicate(news, tmp_path / "out", run=eager(resume=True))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news", "out"]


def test_what_cannot_be_resumed(news: Path, tmp_path: Path) -> None:
    with pytest.raises(dedup.ParamsError, match="output folder"):
        dedup.deduplicate(news, run=eager(resume=True))
    with pytest.raises(dedup.ParamsError, match="cannot be read again"):
        dedup.deduplicate(["a", "b"], tmp_path / "out", run=eager(resume=True))


def test_nothing_to_resume_is_no_error(news: Path, tmp_path: Path) -> None:
    assert dedup.deduplicate(news, tmp_path / "out", run=eager(resume=True)).counts["records"] == len(records()) + 4


def test_two_runs_do_not_write_to_one_output(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = []

    def meanwhile() -> None:
        with pytest.raises(dedup.OutputError, match="another run is writing to"):
            dedup.deduplicate(news, tmp_path / "out")
        refused.append(True)

    at_every_save(monkeypatch, meanwhile)
    dedup.deduplicate(news, tmp_path / "out", run=eager())
    assert len(refused) > 10


def test_too_little_room_is_reported_before_the_run(
    news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = RunOptions(progress=True, tuning=RunTuning(announced_scratch=1_000))
    dedup.deduplicate(news, tmp_path / "out", run=options)
    assert "temporary files will take about 0.0 GB" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10_000, 9_000, 1_000))
    with pytest.raises(dedup.OutputError, match="are free for temporary files"):
        dedup.deduplicate(news, tmp_path / "other", run=options)
    assert not (tmp_path / "other").exists()


def test_bad_input_leaves_nothing(news: Path, tmp_path: Path) -> None:
    with pytest.raises(dedup.InputError):
        dedup.deduplicate([news, news / "absent.jsonl"], tmp_path / "out", run=eager())
    with pytest.raises(dedup.InputError):
        dedup.deduplicate(news, tmp_path / "out", run=eager(strict=True))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news"]


def test_a_step_is_loaded_by_every_later_process(tmp_path: Path) -> None:
    for process in range(3):
        scratch = Scratch(tmp_path, lasting=True)
        checkpoint = Checkpoint(scratch, tmp_path, {"a": 1}, resume=process > 0, save_after=0.0)
        arrays = checkpoint.load("step")
        assert (arrays is None) == (process == 0)
        first, second = checkpoint.save("step", (np.arange(3), np.ones((2, 2)))) if arrays is None else arrays
        assert first.tolist() == [0, 1, 2]
        assert second.shape == (2, 2)


def test_what_took_little_time_is_not_saved(tmp_path: Path) -> None:
    checkpoint = Checkpoint(Scratch(tmp_path, lasting=True), tmp_path, {"a": 1}, save_after=3_600.0)
    (made,) = checkpoint.save("step", (np.arange(3),))
    assert made.tolist() == [0, 1, 2]
    assert checkpoint.load("step") is None
    assert not checkpoint.has_saved
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_killed_for_real(news: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from dedup.cli.main import main; from dedup.run.options import RunTuning;"
        "sys.exit(main(sys.argv[1:], tuning=RunTuning(save_after=0.0, pairs_at_a_time=2)))"
    )
    command = [sys.executable, "-c", program, "run", str(news), "--quiet", "-o"]
    subprocess.run([*command, tmp_path / "undisturbed"], check=True)
    process = subprocess.Popen([*command, tmp_path / "out"])
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".dedup-*/unfinished.json")) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    subprocess.run([*command, tmp_path / "out", "--resume"], check=True, env={**os.environ})
    assert content(tmp_path / "out") == content(tmp_path / "undisturbed")


def test_what_is_reported_of_fields_and_side_files_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    some = [{**record, "text": "", "content": record["text"], "printed": "2024-01-31"} for record in records()]
    lines = [json.dumps(record) for record in some] + [json.dumps({"id": "z", "body": "b", "date": "12/05/2024"})]
    (folder / "a.jsonl").write_text("\n".join(lines))
    (folder / "sizes.csv").write_text("part,bytes\n0,12\n")
    (folder / "b.csv").write_text("id,text,printed\n1,words,2024-01-31\n")
    (folder / ".hidden").touch()
    result = dedup.deduplicate(folder, tmp_path / "undisturbed", run=eager())
    notes = " ".join(result.summary["notes"])
    for words in ("sizes.csv", ".hidden", "the text is read from content", "printed holds dates", "12/05/2024"):
        assert words in notes
    steps = 0
    while killed_at(steps, monkeypatch, folder, tmp_path / "out"):
        dedup.deduplicate(folder, tmp_path / "out", run=eager(resume=True))
        assert content(tmp_path / "out") == content(tmp_path / "undisturbed")
        shutil.rmtree(tmp_path / "out")
        steps += 1
    assert steps > 3
