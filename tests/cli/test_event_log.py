"""Progress on a terminal, and events for a log: of any command, on stderr, as lines or as JSON."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article, edited

from dedup.cli.main import main

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO|WARNING|ERROR) dedup\.\w+: .+")


@pytest.fixture
def news(tmp_path: Path) -> Path:
    texts = [article(n) for n in range(20)] + [edited(article(n), n, 0.02) for n in range(4)]
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps({"id": f"a{n}", "text": text}) + "\n" for n, text in enumerate(texts)))
    return path


COMMAND = "import sys\nfrom dedup.cli.main import end, main, start\nstart()\nend(main(sys.argv[1:], shown_after=0.0))"

SLOW_WORK = """
import time
from dedup.run.progress import Progress, Step
progress = Progress(True, steps=[Step("reading", ("read",)), Step("matching", ("evidence",))], shown_after=0.0)
with progress.stage("evidence", 6, "pairs"):
    for _ in range(3):
        time.sleep(0.2)
        progress.advance(2)
"""


def on_terminal(*arguments: object, code: str = COMMAND) -> str:
    """Return what a program prints on stderr where that is a terminal."""
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"\x18\0\x78\0\0\0\0\0")  # 24 lines of 120 columns
    command = [sys.executable, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    read = b""
    while True:
        try:
            some = os.read(ours, 1 << 16)
        except OSError:  # nobody writes to it any more
            break
        if not some:
            break
        read += some
    os.close(ours)
    assert process.wait(timeout=60) == 0, read
    return read.decode()


def test_a_terminal_shows_each_stage_with_its_rest(news: Path, tmp_path: Path) -> None:
    shown = on_terminal("run", news, "-o", tmp_path / "out")
    bar = r" +\d+% \|[^|]*\| [\d.]+[kM]? of [\d.]+[kM]?(B| \w+), [\d.?]+[kM]?(B| \w+)/s, [\d:?]+ left"
    for stage in (
        "2/6 near evidence",
        "3/6 word pairs: sketches",
        "4/6 evidence",
        "5/6 decide",
        "6/6 write: decisions",
    ):
        assert re.search(re.escape(stage) + bar, shown), (stage, shown)
    assert "%" not in shown.splitlines()[-1].split("\r")[-1]  # nothing is left on the screen


def test_the_rest_is_estimated_and_the_end_is_reached() -> None:
    shown = on_terminal(code=SLOW_WORK)
    assert re.search(r"2/2 evidence +33% \|[^|]*\| 2 of 6 pairs, +[\d.]+ ?(pairs/s|s/ pairs), 00:0\d left", shown)
    assert re.search(r"2/2 evidence 100% \|[^|]*\| 6 of 6 pairs, +[\d.]+ ?(pairs/s|s/ pairs), 00:00 left", shown)


def test_a_log_and_bars_do_not_run_into_each_other(news: Path, tmp_path: Path) -> None:
    shown = on_terminal("run", news, "-o", tmp_path / "out", "--log-level", "info")
    events = [line for line in re.split(r"[\r\n]+", shown) if "INFO" in line]
    assert len(events) > 10
    assert [line for line in events if not LINE.fullmatch(line)] == []


def test_without_a_terminal_there_are_events_if_they_are_asked_for(
    news: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(news), "-o", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err == ""
    assert main(["run", str(news), "-o", str(tmp_path / "out"), "--log-level", "info"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    said = [line.split(": ", 1)[1] for line in lines]
    assert said[0].startswith("run of version ")
    assert re.match(r"read: [\d,]+ bytes in \d+\.\d s", said[1])
    assert any(re.match(r"evidence: \d+ pairs in ", one) for one in said)
    assert said[-2].startswith(f"written to {tmp_path / 'out'}: kept.jsonl, ")
    assert re.match(r"run ended after \d+\.\d s: 24 records, 20 kept, 4 dropped", said[-1])
    assert main(["run", str(news), "-o", str(tmp_path / "out"), "--log-level", "error"]) == 0
    assert capsys.readouterr().err == ""
    assert logging.getLogger("dedup").level == logging.NOTSET


def test_json_is_all_there_is_on_stderr(news: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "news.index")
    runs = ["run", str(news), "-o", str(tmp_path / "out")], ["index", "add", place, str(news)], ["run", "nothing.jsonl"]
    assert [main([*run, "--log-json"]) for run in runs] == [0, 0, 1]
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    for event in events:
        assert [*event][:4] == ["time", "level", "logger", "message"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"])
    assert events[0]["inputs"] == [str(news)]
    assert events[0]["params"]["level"] == "rewritten"
    read = next(event for event in events if event.get("stage") == "read")
    assert read["amount"] == news.stat().st_size
    assert [event["counts"]["kept"] for event in events if "counts" in event] == [20]
    assert events[-1]["level"] == "error"
    assert events[-1]["message"].startswith("cannot read nothing.jsonl")


def test_a_library_is_silent_and_can_be_listened_to(news: Path) -> None:
    code = (
        "import dedup, logging, sys\n"
        "result = dedup.deduplicate(sys.argv[1])\n"
        "logging.getLogger('dedup.run').warning('unheard')\n"
        "logging.basicConfig(level='INFO')\n"
        "dedup.deduplicate(sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, news], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "unheard" not in done.stderr
    assert "INFO:dedup.run:run ended after" in done.stderr
