"""Answers arrive as a whole or are an error, whatever the standard streams of the process are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from conftest import article

Shell = Callable[..., subprocess.CompletedProcess[str]]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a line of a shell in which ``dedup`` is the command, in a folder with a few inputs."""
    (tmp_path / "one.txt").write_text(article(1), "utf-8")
    (tmp_path / "key.jsonl").write_text(
        json.dumps({"id": "ключ", "text": article(2)}, ensure_ascii=False) + "\n", "utf-8"
    )

    def run(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        line = line.replace("dedup ", f"{sys.executable} -m dedup ", 1)
        return subprocess.run(
            line,
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )

    return run


@posix
@pytest.mark.parametrize(
    "line",
    [
        "dedup run one.txt --level identical >&-",
        "dedup run one.txt --level identical 2>&-",
        "dedup run - --level identical <&-",
        "dedup compare one.txt one.txt >&-",
        "dedup index add i key.jsonl >&-",
        "dedup --help >&-",
    ],
)
def test_streams_that_are_closed_are_empty(line: str, shell: Shell) -> None:
    done = shell(line)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


@posix
@pytest.mark.parametrize(
    "arguments", ["run one.txt --level identical", "--help", "run --help", "compare one.txt one.txt"]
)
def test_a_closed_pipe_is_not_reported(arguments: str, shell: Shell) -> None:
    assert shell(f"dedup {arguments} | true").stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", ["run one.txt --level identical", "--help", "compare one.txt one.txt"])
def test_an_answer_that_cannot_be_printed_is_an_error(arguments: str, shell: Shell) -> None:
    done = shell(f"dedup {arguments} > /dev/full")
    assert (done.returncode, done.stderr) == (1, "dedup: No space left on device\n")


def test_what_an_encoding_lacks_is_printed_as_an_escape(shell: Shell) -> None:
    done = shell("dedup run key.jsonl --level identical", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u043a\u043b\u044e\u0447  kept" in done.stdout


def test_json_is_json_in_any_encoding(shell: Shell) -> None:
    for encoding in ("ascii", "cp1252", "utf-8"):
        done = shell(f"dedup index add i-{encoding} key.jsonl", PYTHONIOENCODING=encoding)
        assert json.loads(done.stdout)["id"] == "ключ"
        assert ("ключ" in done.stdout) == (encoding == "utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits")
def test_an_answer_that_is_printed_in_part_is_an_error(tmp_path: Path) -> None:
    """Unbuffered, as in containers, Python itself drops what the system did not take, and says nothing."""
    code = (
        "import resource, sys\n"
        "from dedup.cli.standard_streams import secure_streams\n"
        "secure_streams()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "sys.stdout.write('an answer of some length\\n')"
    )
    with (tmp_path / "answers").open("w") as answers:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, stdout=answers, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode != 0
    assert "File too large" in done.stderr


@posix
def test_a_text_to_compare_may_come_through_a_pipe(shell: Shell, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    Thread(target=lambda: pipe.write_text(article(1), "utf-8"), daemon=True).start()
    done = shell("dedup compare pipe one.txt --json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["relation"] == "identical"
