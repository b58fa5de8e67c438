"""Run the steps of the pages below: ``python tests/docs/tutorial.py`` writes what they print into the pages."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
PAGES = (PAGE, ROOT / "docs" / "show.md", ROOT / "docs" / "notebooks.md")


def refreshed(page: str) -> str:
    """Return the page with what its steps print now."""
    names: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        for name in ("seeds", "examples"):
            shutil.copytree(ROOT / name, name)

        def run(block: re.Match[str]) -> str:
            kind, content = block[1], block[2]
            shown = _console(content) if kind == "console" else _python(content, names)
            return f"```{kind}\n{shown}```\n"

        return re.sub(r"^```(console|pycon)\n(.*?)^```\n", run, page, flags=re.MULTILINE | re.DOTALL)


@contextlib.contextmanager
def _inside(folder: str) -> Any:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _console(content: str) -> str:
    """Run the commands of a block; show what each prints, without what differs from run to run."""
    shown = ""
    for line in re.findall(r"^\$ (.+)$", content, flags=re.MULTILINE):
        command, _, lines = line.partition(" | head -n ")
        command, _, target = command.partition(" > ")
        words = [
            str(path)
            for word in shlex.split(command)[1:]
            for path in (sorted(Path().glob(word)) if "*" in word else [word])
        ]
        done = subprocess.run(
            [sys.executable, "-m", "dedup", *words],
            capture_output=True,
            text=True,
            check=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "110"},
        )
        if target:
            Path(target).write_text(done.stdout, "utf-8")
        printed = ("" if target else done.stdout) + done.stderr
        printed = re.sub(r"^[0-9.]+ s(, .*)?\n+|^dedup: compiling.*\n", "", printed, flags=re.MULTILINE).strip("\n")
        if lines:
            printed = "\n".join(printed.split("\n")[: int(lines)])
        shown += f"$ {line}\n{printed}\n".rstrip("\n") + "\n"
    return shown


def _python(content: str, names: dict[str, Any]) -> str:
    """Run the statements of a block; show what each prints."""
    shown = ""
    for example in doctest.DocTestParser().get_examples(content):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example.source, "<page>", "single"), names)
        first, *more = example.source.rstrip("\n").split("\n")
        shown += "".join([f">>> {first}\n", *(f"... {line}\n" for line in more)]) + printed.getvalue()
    return shown.rstrip("\n") + "\n"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(refreshed(page.read_text("utf-8")), "utf-8")
