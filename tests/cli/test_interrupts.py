"""Ctrl-C ends a command in order, whenever it comes: exit code 130, and a line that says what is left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import article, edited

from dedup import Index
from dedup.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

CHILD = """
import logging, os, signal, sys, threading
from dedup.cli.main import end, main, start
from dedup.run.options import RunTuning

moment, name, again = sys.argv[1], getattr(signal, sys.argv[2]), float(sys.argv[3])

class Stop(logging.Handler):
    def emit(self, record):
        if record.getMessage().startswith(moment):
            logging.getLogger("dedup").removeHandler(self)
            if again:
                threading.Timer(again, os.kill, (os.getpid(), name)).start()
            os.kill(os.getpid(), name)

start()
logging.getLogger("dedup").addHandler(Stop())
logging.getLogger("dedup").setLevel("DEBUG")
end(main(sys.argv[4:], tuning=RunTuning(save_after=0.0)))
"""
"""A command that gets a signal when it logs an event, and perhaps another a little later."""

KEPT = r"finished stages are kept in (\S+) \([\d.]+ [kM]B\): run the same command with --resume to continue, or .*"
NOTHING = "nothing is left"


def interrupted(place: Path, moment: str, *arguments: str, name: str = "SIGINT", again: float = 0.0) -> str:
    """Return what a command says that is interrupted at a moment."""
    command = [sys.executable, "-c", CHILD, moment, name, str(again), *arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 130, done.stderr
    assert done.stdout == ""
    *stopping, last = done.stderr.splitlines()
    # On a fresh machine kernels are compiled meanwhile, and that is announced.
    assert all(line.startswith("dedup: stopping") or "compil" in line for line in stopping), done.stderr
    return last


def left_in(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.name != "news.jsonl")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    texts = [article(seed) for seed in range(30)]
    texts += [edited(text, seed, 0.02) for seed, text in enumerate(texts[:10])]
    lines = [json.dumps({"id": f"a{number}", "text": text}) + "\n" for number, text in enumerate(texts)]
    (tmp_path / "news.jsonl").write_text("".join(lines))
    return tmp_path


@pytest.mark.parametrize(
    ("moment", "doing", "left"),
    [
        ("run of", "", NOTHING),
        ("read:", " while reading", KEPT),
        ("families: shared", " while matching", KEPT),
        ("evidence:", " while matching", KEPT),
        ("write: kept", " while writing", KEPT),
        ("written to", " while writing", "out is complete"),
    ],
)
def test_it_says_what_is_left(place: Path, moment: str, doing: str, left: str) -> None:
    said = interrupted(place, moment, "run", "news.jsonl", "-o", "out")
    found = re.fullmatch(f"dedup: interrupted{doing}; {left}", said)
    assert found, said
    if left == KEPT:
        assert left_in(place) == [Path(found[1]).name]
    else:
        assert left_in(place) == (["out"] if "complete" in left else [])


@pytest.mark.parametrize("again", [0.0, 0.001, 0.02])
def test_a_second_interrupt_breaks_nothing_and_the_run_can_be_resumed(
    place: Path, again: float, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = interrupted(place, "word pairs:", "run", "news.jsonl", "-o", "out", again=again)
    assert re.fullmatch(f"dedup: interrupted while matching; {KEPT}", said), said
    monkeypatch.chdir(place)
    assert main(["run", "news.jsonl", "-o", "out", "--resume"]) == 0
    assert "resuming from the finished steps" in capsys.readouterr().err
    assert left_in(place) == ["out"]


def test_without_an_output_nothing_is_left(place: Path) -> None:
    said = interrupted(place, "families", "run", "news.jsonl", name="SIGTERM")
    assert said == f"dedup: interrupted while matching; {NOTHING}"
    assert left_in(place) == []


def test_of_a_run_with_an_index_it_says_whether_anything_was_added(place: Path) -> None:
    arguments = "run", "news.jsonl", "-o", "out", "--index", "news.index"
    said = interrupted(place, "add: documents", *arguments)
    assert said.startswith(
        "dedup: interrupted while adding to the index; nothing was added to the index, though out is"
    )
    assert "run the same command again" in said
    assert left_in(place) == ["out"]


def test_an_index_has_what_was_answered(tmp_path: Path) -> None:
    for number in range(60):
        record = {"id": f"a{number}", "text": article(number)}
        (tmp_path / f"{number:02}.jsonl").write_text(json.dumps(record) + "\n")
    files = [f"{number:02}.jsonl" for number in range(60)]
    command = [sys.executable, "-m", "dedup", "index", "add", "news.index", *files]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    answers = [first, *rest.splitlines()]
    assert process.returncode == 130
    found = re.fullmatch(
        r"dedup: interrupted while adding; (\d+) documents? (?:is|are) in the index, and answers were printed for the "
        r"first (\d+) records?: run the same command with --known skip to add the rest",
        said.splitlines()[-1],
    )
    assert found, said
    assert len(answers) - 1 <= int(found[2]) <= len(answers) < 60  # it may have come just behind an answer
    with Index(tmp_path / "news.index", mode="r") as index:
        assert len(index) == int(found[1]) in (len(answers), len(answers) + 1)
        assert index.check() == []


def test_what_is_ignored_stays_ignored(place: Path) -> None:
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", CHILD, "families", "SIGINT", "0"]
    done = subprocess.run([*command, "run", "news.jsonl", "-o", "out"], cwd=place, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert left_in(place) == ["out"]


def test_a_third_interrupt_ends_at_once(tmp_path: Path) -> None:
    code = "import time\nfrom dedup.cli.interrupts import interrupt_once\ninterrupt_once()\nprint(flush=True)\n"
    code += "while True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        print(flush=True)\n"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    for answers in (process.stdout, process.stdout, process.stderr):
        assert answers.readline()
        time.sleep(0.01)
        os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    process.stdout.close()
    process.stderr.close()
