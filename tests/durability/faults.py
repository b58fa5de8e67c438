"""Commands whose n-th call to the system fails, is cut short, or is their last."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
COMPILER = shutil.which("cc") or shutil.which("gcc")
IS_POSSIBLE = sys.platform == "linux" and COMPILER is not None
WHY_NOT = "faults need Linux and a C compiler (Debian: apt-get install gcc libc6-dev)"

KINDS = ("write", "sync", "open", "rename", "unlink", "mmap", "truncate", "mkdir", "read", "close", "lock")


@dataclasses.dataclass(frozen=True)
class Fault:
    """What becomes of a call.

    Parameters
    ----------
    name : str
    kinds : tuple of str
        The kinds of calls, of `KINDS`, that count and fail.
    action : {"fail", "short", "kill", "stop"}
    error : int
        With which they fail.
    lasts : bool
        All those after the n-th, too, as on a disk that stays full.
    """

    name: str
    kinds: tuple[str, ...] = KINDS
    action: str = "fail"
    error: int = 0
    lasts: bool = False


_ROOM = ("write", "sync", "open", "rename", "mmap", "truncate", "mkdir")

FAULTS = (
    Fault("full once", _ROOM, error=errno.ENOSPC),
    Fault("full", _ROOM, error=errno.ENOSPC, lasts=True),
    Fault("failing once", error=errno.EIO),
    Fault("failing", error=errno.EIO, lasts=True),
    Fault("no rename", ("rename",), error=errno.EIO, lasts=True),
    Fault("interrupted", ("write", "sync", "open", "truncate", "read", "close", "lock"), error=errno.EINTR),
    Fault("short", ("write", "read"), "short"),
    Fault("short from then on", ("write", "read"), "short", lasts=True),
    Fault("killed", action="kill"),
)


class Ended(NamedTuple):
    """How a command has ended.

    Parameters
    ----------
    code, signal : int or None
        Neither: it hung.
    seen, fired : int
        Calls that counted; those that failed.
    call : str
        The first that failed, and on what.
    out, err : str
    counts : dict
        Calls by kind.
    stopped : int or None
        The process, if it is stopped before a call.
    """

    code: int | None
    signal: int | None
    seen: int
    fired: int
    call: str
    out: str
    err: str
    counts: dict[str, int]
    stopped: int | None


def library(folder: Path) -> Path:
    """Compile faults.c."""
    assert COMPILER is not None
    made = folder / "faults.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", made, HERE / "faults.c", "-ldl"], check=True)
    return made


class Faulty:
    """The process of `faulty.py`.

    Parameters
    ----------
    folder : Path
        For the library, and what is said on standard error.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        path = os.pathsep.join(filter(None, [str(HERE.parent.parent), os.environ.get("PYTHONPATH")]))
        with (folder / "server.err").open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, HERE / "faulty.py"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                # Unbuffered, as in many containers: then Python does not write the rest of what was cut short.
                env={**os.environ, "PYTHONPATH": path, "LD_PRELOAD": str(library(folder)), "PYTHONUNBUFFERED": "1"},
            )

    def warm(self, *command: object) -> None:
        """Run a command in the process itself, so that its copies have loaded what it needs."""
        assert self._ask(warm=list(map(str, command))) == {"code": 0}

    def run(self, folder: Path, *command: object, fault: Fault | None = None, nth: int = 0) -> Ended:
        """Run a command in a copy of the process, and have the n-th call below the folder fail.

        What the command prints is in a file there, ``said``, and errors in none.
        """
        chosen = fault or Fault("none", ())
        more = {name: getattr(chosen, name) for name in ("kinds", "action", "error", "lasts")}
        self._out, self._err = folder / "said", self._folder / "command.err"
        answer = self._ask(
            command=list(map(str, command)),
            out=str(self._out),
            err=str(self._err),
            fault={"folder": str(folder), "nth": nth, **more},
        )
        return self._ended(answer)

    def go(self, stopped: Ended) -> Ended:
        """Let a stopped command continue."""
        return self._ended(self._ask(go=stopped.stopped))

    def end(self, stopped: Ended) -> None:
        """End a command that is stopped."""
        if stopped.stopped is not None:
            self._ask(end=stopped.stopped)

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=60)

    def _ended(self, answer: dict[str, Any]) -> Ended:
        return Ended(
            answer.get("code"),
            answer.get("signal"),
            answer["seen"],
            answer["fired"],
            f"{answer['call']} {answer['path']}",
            self._out.read_text("utf-8", "replace") if self._out.exists() else "",
            self._err.read_text("utf-8", "replace"),
            answer["counts"],
            answer.get("stopped"),
        )

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError((self._folder / "server.err").read_text())
        answer: dict[str, Any] = json.loads(line)
        return answer
