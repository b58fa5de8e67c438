"""The hidden folder of a run: private, found again by its user alone, and nothing of others is touched on the way."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import article
from stopping import at_every_save, eager, killed_at

import dedup
from dedup.cli.main import main
from dedup.run.options import RunOptions
from dedup.store.work_folder import WorkFolder, claim

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and links are POSIX's")


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps({"id": f"n{k}", "text": article(k % 7)}) + "\n" for k in range(9)))
    return path


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that everybody may write to."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "victim"
    (folder / "output").mkdir(parents=True)
    for name in ("thesis.txt", "ids.scratch", "unfinished.json", "output/letter.txt"):
        (folder / name).write_text("precious")
    return folder


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def killed(news: Path, out: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """A run that ends in the middle, some steps of it saved."""
    assert killed_at(1, monkeypatch, news, out, eager(**options))


def hidden(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.glob(".dedup-*")]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("scratch", [False, True])
def test_links_with_its_name_are_not_followed(
    news: Path, shared: Path, victim: Path, monkeypatch: pytest.MonkeyPatch, resume: bool, scratch: bool
) -> None:
    """Whoever has seen one of our folders can give their own the same name, and copy its marker."""
    out = shared / "out"
    killed(news, out, monkeypatch)
    (ours,) = hidden(shared)
    shutil.copy(ours / "work.json", victim)
    shutil.rmtree(ours)
    ours.symlink_to(victim)
    before = {path: path.read_text() for path in victim.rglob("*") if path.is_file()}
    dedup.deduplicate(news, out, run=eager(scratch=shared if scratch else None, resume=resume))
    assert {path: path.read_text() for path in victim.rglob("*") if path.is_file()} == before
    assert hidden(shared) == [ours]


def test_the_name_cannot_be_foreseen(news: Path, shared: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    for _ in range(2):
        with monkeypatch.context() as patch:
            at_every_save(patch, lambda: seen.update(path.name for path in hidden(shared)))
            dedup.deduplicate(news, shared / "out", run=eager())
        shutil.rmtree(shared / "out")
    assert len(seen) == 2
    monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
    (shared / "out").mkdir()
    key = seen.pop().split("-")[1]
    (shared / "out" / f".dedup-{key}-{'0' * 16}").symlink_to(victim)
    with pytest.raises(dedup.OutputError, match="File exists"):
        dedup.deduplicate(news, shared / "out")
    assert (victim / "thesis.txt").exists()
    assert (victim / "ids.scratch").exists()


@pytest.mark.parametrize("how", ["writable", "of another", "for another output", "without a marker"])
def test_folders_of_others_are_neither_resumed_nor_removed(
    news: Path, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    out = shared / "out"
    killed(news, out, monkeypatch)
    (left,) = hidden(shared)
    if how == "writable":
        left.chmod(0o777)
    elif how == "of another":
        monkeypatch.setattr(os, "geteuid", lambda: os.stat(left).st_uid + 1)
    elif how == "for another output":
        note = json.loads((left / "work.json").read_text())
        (left / "work.json").write_text(json.dumps({**note, "output": str(shared / "other")}))
    else:
        (left / "work.json").unlink()
    before = sorted(os.listdir(left))
    again = dedup.deduplicate(news, out, run=eager(resume=True))
    assert "tokens and signatures" in again.summary["seconds"], "all is read again"
    dedup.deduplicate(news, out)
    assert sorted(os.listdir(left)) == before


@pytest.mark.parametrize("scratch", [False, True])
def test_what_a_killed_run_left_is_removed_and_nothing_else(
    news: Path, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, scratch: bool
) -> None:
    killed(news, tmp_path / "out", monkeypatch, scratch=shared if scratch else None)
    (work,) = hidden(tmp_path)
    assert len(hidden(shared)) == scratch
    dedup.deduplicate(news, tmp_path / "out")
    assert hidden(tmp_path, shared, tmp_path / "out") == []
    killed(news, tmp_path / "out", monkeypatch, scratch=shared if scratch else None)
    (work,) = hidden(shared) if scratch else hidden(tmp_path / "out")
    (work / "notes.txt").write_text("by hand")
    dedup.deduplicate(news, tmp_path / "out")
    assert work in hidden(tmp_path, shared, tmp_path / "out")
    assert sorted(os.listdir(work)) == ["lock", "notes.txt", "work.json"]
    (work / "notes.txt").unlink()
    dedup.deduplicate(news, tmp_path / "out")
    assert hidden(tmp_path, shared, tmp_path / "out") == []


def test_a_run_is_resumed_with_the_scratch_it_had(
    news: Path, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    killed(news, out, monkeypatch, scratch=shared)
    with pytest.raises(dedup.OutputError, match=f"expected --scratch {shared}"):
        dedup.deduplicate(news, out, run=eager(resume=True))
    dedup.deduplicate(news, out, run=eager(resume=True, scratch=shared))
    assert hidden(tmp_path, shared, out) == []
    killed(news, out, monkeypatch)
    with pytest.raises(dedup.OutputError, match="beside the output; expected no --scratch"):
        dedup.deduplicate(news, out, run=eager(resume=True, scratch=shared))
    dedup.deduplicate(news, out, run=eager(resume=True))
    assert hidden(tmp_path, shared, out) == []


def test_a_scratch_that_is_not_there_leaves_nothing(news: Path, tmp_path: Path) -> None:
    with pytest.raises(dedup.OutputError, match="choose another --scratch"):
        dedup.deduplicate(news, tmp_path / "out", run=RunOptions(scratch=tmp_path / "absent"))
    assert sorted(os.listdir(tmp_path)) == ["news.jsonl"]


@pytest.mark.parametrize("exists", [False, True])
def test_one_output_has_one_name(news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    """By whatever link it is called: a second run is refused, and a killed one is found."""
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder)
    if exists:
        (folder / "out").mkdir()
    refused = []

    def meanwhile() -> None:
        for name in (link / "out", folder / "out", link / ".." / "folder" / "out"):
            with pytest.raises(dedup.OutputError, match="another run is writing to"):
                dedup.deduplicate(news, name)
            refused.append(name)

    with monkeypatch.context() as patch:
        at_every_save(patch, meanwhile)
        dedup.deduplicate(news, folder / "out", run=eager())
    assert len(refused) >= 3
    killed(news, link / "out", monkeypatch)
    dedup.deduplicate(news, folder / "out", run=eager(resume=True))
    assert hidden(folder, folder / "out") == []


def test_an_output_that_is_a_link_to_nothing_is_made_where_it_leads(news: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("runs/today")
    dedup.deduplicate(news, tmp_path / "latest")
    assert (tmp_path / "runs" / "today" / "summary.json").is_file()
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(dedup.OutputError, match="circle"):
        dedup.deduplicate(news, tmp_path / "circle")


def test_two_machines_share_no_scratch_folder(tmp_path: Path, shared: Path) -> None:
    """Each has an output of the same name, and one place for scratch files."""
    output = Path("/out")
    places = [tmp_path / "one", tmp_path / "other"]
    for place in places:
        place.mkdir()
    one, other = (claim([place], output, resume=False) for place in places)
    scratches = [work.scratch_in(shared) for work in (one, other)]
    assert scratches[0].path != scratches[1].path
    for work, scratch in zip((one, other), scratches, strict=True):
        (scratch.path / "unfinished.json").write_text("{}")
        with pytest.raises(BlockingIOError):
            WorkFolder.reopen(scratch.path, output)
        scratch.release()
        work.release()
    again = claim([places[0]], output, resume=True)
    assert again.scratch_in(shared).path == scratches[0].path
    again.remove()
    assert scratches[1].path.exists()


def test_of_two_runs_that_begin_at_once_one_runs(tmp_path: Path) -> None:
    for turn in range(20):
        output, ready = tmp_path / f"out{turn}", threading.Barrier(3)
        won: list[WorkFolder] = []

        def begin(output: Path = output, ready: threading.Barrier = ready, won: list[WorkFolder] = won) -> None:
            ready.wait()
            try:
                won.append(claim([tmp_path], output, resume=False))
            except BlockingIOError:
                return

        threads = [threading.Thread(target=begin) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        won[0].remove()
        assert hidden(tmp_path) == []


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_what_is_hidden_is_private_and_the_output_as_the_umask_says(
    news: Path, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, mask: int
) -> None:
    seen: dict[str, int] = {}

    def look() -> None:
        for folder in hidden(tmp_path, shared):
            seen[folder.name[-7:]] = mode(folder)
            seen.update({f"{folder.name[-7:]}/{path.name}": mode(path) for path in folder.iterdir() if path.is_file()})

    at_every_save(monkeypatch, look)
    os.umask(mask)
    dedup.deduplicate(news, tmp_path / "out", run=eager(scratch=shared))
    assert len(seen) > 10
    assert {bits & 0o077 for bits in seen.values()} == {0}
    out = tmp_path / "out"
    assert mode(out) == 0o777 & ~mask
    assert {mode(path) for path in out.iterdir()} == {0o666 & ~mask}


def test_killed_for_real(news: Path, tmp_path: Path, shared: Path) -> None:
    """By a signal, in the middle: its folders are found by the next run, and by no other."""
    program = (
        "import os, signal, sys; from dedup.cli.main import main; from dedup.run.options import RunTuning;"
        "replace = os.replace;"
        "kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        "os.replace = lambda a, b, **how: kill() if str(b).endswith('unfinished.json') else replace(a, b, **how);"
        "main(sys.argv[1:], tuning=RunTuning(save_after=0.0))"
    )
    command = [sys.executable, "-c", program, "run", str(news), "--quiet", "-o", "out", "--scratch", str(shared)]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == -9
    assert len(hidden(tmp_path)) == len(hidden(shared)) == 1
    dedup.deduplicate(news, tmp_path / "other", run=RunOptions(scratch=shared))
    assert len(hidden(tmp_path)) == len(hidden(shared)) == 1
    dedup.deduplicate(news, tmp_path / "out")
    assert hidden(tmp_path, shared) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the summary nor the terminal, nor pyarrow, can have them as they are."""
    out, index = tmp_path / os.fsdecode(b"caf\xe9"), tmp_path / os.fsdecode(b"ind\xe9x")
    records = [{"id": str(k), "text": article(k)} for k in range(4)]
    for _ in range(2):
        dedup.deduplicate(records, out, index=index)
        assert json.loads((out / "summary.json").read_text("utf-8"))["index"]["path"] == str(index)
    path = tmp_path / os.fsdecode(b"n\xe9ws.jsonl")
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    for command in (["run", str(path), "-o", str(out), "--index", str(index)], ["index", "info", str(index)]):
        for more in ([], ["--json"]):
            assert main([*command, *more]) == 0
            capsys.readouterr().out.encode("utf-8")
    table = dedup.deduplicate(pa.Table.from_pylist(records), out)
    assert table.counts["kept"] == pq.read_table(pa.BufferReader((out / "kept.parquet").read_bytes())).num_rows == 4


def test_what_cannot_be_resumed_removes_nothing(news: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records in memory cannot be read again; what a run over files has saved is not theirs to lose."""
    killed(news, shared / "out", monkeypatch)
    (saved,) = hidden(shared)
    with pytest.raises(dedup.ParamsError, match="this input cannot be read again"):
        dedup.deduplicate(iter(["a text"]), shared / "out", run=eager(resume=True))
    assert hidden(shared) == [saved]
    assert (saved / "unfinished.json").exists()


def test_an_interrupt_before_the_first_step_leaves_what_is_to_be_resumed(
    news: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(news, shared / "out", monkeypatch)

    def interrupted(place: object, *rest: object, **more: object) -> int:
        if str(place).endswith("unfinished.json"):
            raise KeyboardInterrupt
        return real(place, *rest, **more)  # type: ignore[arg-type]

    real = io.open
    with monkeypatch.context() as patch:
        patch.setattr(io, "open", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dedup.deduplicate(news, shared / "out", run=eager(resume=True))
    assert [(one / "unfinished.json").exists() for one in hidden(shared)] == [True]


def test_a_hidden_folder_is_found_though_folders_were_made_between(
    news: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = shared / "deep" / "er" / "out"
    killed(news, out, monkeypatch)
    assert len(hidden(shared)) == 1
    out.parent.mkdir(parents=True)
    dedup.deduplicate(news, out)
    assert hidden(shared, shared / "deep", out.parent, out) == []
