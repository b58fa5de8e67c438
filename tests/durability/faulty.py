"""A process with `faults.c` in it that runs command lines, each in a copy of itself, and has their calls fail.

`faults.Faulty` starts it and talks with it, a line of JSON each way. Everything is loaded once, so that a command takes
a tenth of a second; each copy has the one process's memory, threads of its own, and ends as the command line does.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from typing import Any

from dedup.cli.main import end, main, start

start()

from dedup.index.tuning import IndexTuning, tuned  # noqa: E402
from dedup.run.options import RunTuning  # noqa: E402

KINDS = ("write", "sync", "open", "rename", "unlink", "mmap", "truncate", "mkdir", "read", "close", "lock")
ACTIONS = ("fail", "short", "kill", "stop")
TUNING = RunTuning(index_step=16, index_documents=10, save_after=0.0)
"""Few documents are enough for blocks and steps, and all that is finished is saved."""

SMALL = IndexTuning(run_documents=8, vocabulary_documents=12, fan=3, closing_documents=4, flush_documents=10)
"""Few documents are enough for runs and merges of an index."""

PATIENCE = 60.0
"""Seconds after which a command hangs."""


class Report(ctypes.Structure):
    """As `struct report` of faults.c."""

    _fields_ = [
        ("counts", ctypes.c_long * len(KINDS)),
        ("seen", ctypes.c_long),
        ("fired", ctypes.c_long),
        ("call", ctypes.c_char * 64),
        ("path", ctypes.c_char * 512),
    ]


LIBRARY = ctypes.CDLL(None)
LIBRARY.faults_report.restype = ctypes.POINTER(Report)


def begin(command: list[str], out: str, err: str, fault: dict[str, Any]) -> int:
    """Run a command in a copy of this process, its output and errors in files; return the copy."""
    child = os.fork()
    if child:
        return child
    for handle, name in ((1, out), (2, err)):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(file, handle)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    LIBRARY.faults_arm(
        os.fsencode(fault["folder"]),
        sum(1 << KINDS.index(kind) for kind in fault["kinds"]),
        ctypes.c_long(fault["nth"]),
        ACTIONS.index(fault["action"]),
        fault["error"],
        int(fault["lasts"]),
    )
    try:
        code = main(command, tuning=TUNING)
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 70
    end(code)


def waited(child: int) -> dict[str, Any]:
    """Return how a copy has ended, or where it has stopped."""
    until = time.monotonic() + PATIENCE
    while True:
        found, status = os.waitpid(child, os.WUNTRACED | os.WNOHANG)
        if found:
            break
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return {"code": None, "signal": None, "hangs": True, **reported()}
        time.sleep(0.002)
    if os.WIFSTOPPED(status):
        return {"stopped": child, **reported()}
    ended = os.WIFSIGNALED(status)
    code, by = (None, os.WTERMSIG(status)) if ended else (os.WEXITSTATUS(status), None)
    return {"code": code, "signal": by, "hangs": False, **reported()}


def reported() -> dict[str, Any]:
    """Return what the library counted in the last copy."""
    report = LIBRARY.faults_report().contents
    counts = dict(zip(KINDS, report.counts, strict=True))
    call, path = os.fsdecode(report.call), os.fsdecode(report.path)
    return {"counts": counts, "seen": report.seen, "fired": report.fired, "call": call, "path": path}


def serve() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the first commands say
    for line in sys.stdin:
        request = json.loads(line)
        if "warm" in request:
            answer: dict[str, Any] = {"code": main(request["warm"], tuning=TUNING)}
        elif "go" in request:
            os.kill(request["go"], signal.SIGCONT)
            answer = waited(request["go"])
        elif "end" in request:
            os.kill(request["end"], signal.SIGKILL)
            answer = waited(request["end"])
        else:
            answer = waited(begin(**request))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    with tuned(SMALL):
        serve()
