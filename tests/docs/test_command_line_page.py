"""The calls in ``docs/command-line.md`` print what stands below them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import article, edited

from dedup.cli.completion import SHELLS
from dedup.cli.settings import OF_A_CALL, WRITTEN

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "command-line.md").read_text("utf-8")
CALLS = [
    (section, call)
    for section in TEXT.split("\n## ")
    for block in re.findall(r"^```console\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
    for call in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "news.jsonl").write_text(json.dumps({"id": "a", "body": article(1)}) + "\n", "utf-8")
    for name, text in (("a", article(1)), ("b", edited(article(1), 1, 0.02)), ("other", article(2))):
        (folder / f"{name}.txt").write_text(text, "utf-8")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "dedup").write_text(f'#!/bin/sh\nexec {sys.executable} -m dedup "$@"\n')
    (programs / "dedup").chmod(0o755)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="the calls are for a shell of POSIX")
@pytest.mark.parametrize(("section", "call"), CALLS, ids=[call.split("\n")[0][:50] for _, call in CALLS])
def test_the_call(section: str, call: str, folder: Path) -> None:
    command, _, expected = call.partition("\n")
    settings = re.findall(r"^```toml\n# dedup.toml\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
    (folder / "dedup.toml").write_text("".join(settings), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")}
    environment |= {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", f"({command}) 2>&1"], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    assert done.stdout.replace(str(folder.resolve()), "/home/desk/news") == expected


def test_what_a_file_cannot_set_is_on_the_page() -> None:
    for option in (*WRITTEN, "scratch", "resume", "dry-run", "sample", "limit", "json", "before"):
        assert f"`--{option}`" in TEXT
    assert {"resume", "dry_run", "sample", "limit", "json", "before"} <= OF_A_CALL
    for shell in SHELLS:
        assert f"dedup completion {shell}" in TEXT
