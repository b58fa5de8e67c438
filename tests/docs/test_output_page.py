"""The page on the output names every column, and its examples run."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import orjson
import pytest
from conftest import article

from dedup.cli.main import main
from dedup.schema import DECISIONS, MATCHES, MEASURES

PAGE = (Path(__file__).parents[2] / "docs" / "output.md").read_text("utf-8")


def test_every_column_is_named() -> None:
    cells = re.findall(r"^\| (`.*?) \|", PAGE.split("## Decisions")[1], re.MULTILINE)
    decisions = re.findall(r"`(\w+)`", "".join(cells))
    assert decisions[: len(DECISIONS)] == DECISIONS.names
    of_matches = PAGE.split("## Matches")[1].split("## ")[0]
    assert {*MATCHES.names} - {*MEASURES} <= {*re.findall(r"`(\w+)`", of_matches)}


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"id": "a", "text": article(1, 4)}, {"id": "b", "text": article(1, 4).upper()}]
    (tmp_path / "news.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(code, names)
    assert capsys.readouterr().out.startswith("b the same words in the same order ")
    assert np.asarray(names["weights"]) == pytest.approx([1 + np.log(2)])


def ran(command: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command of the page, and return what it prints."""
    first, *then = (shlex.split(part) for part in command.split(" | "))
    if first[0] == "find":
        return "".join(f"{path.as_posix()}\n" for path in sorted(Path(first[1]).rglob("*")) if path.is_file())
    with ExitStack() as opened:
        if first[0] == "cat":
            monkeypatch.setattr(sys, "stdin", opened.enter_context(open(first[1], encoding="utf-8")))
            first, *then = then
        assert main(first[1:]) == 0
    lines = capfd.readouterr().out.splitlines(keepends=True)
    return lines[-1] if then == [["tail", "-1"]] else f"{len(lines)}\n"


def test_what_commands_write_is_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    some = [{"id": f"a{n}", "text": article(n, 20)} for n in range(8)]
    for year in ("2024", "2025"):
        Path("news", year).mkdir(parents=True)
    Path("news/2024/articles.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in some[:3]))
    lines = b"".join(orjson.dumps(one) + b"\n" for one in [*some[3:6], {**some[0], "id": "copy"}])
    Path("news/2025/articles.jsonl.gz").write_bytes(gzip.compress(lines))
    Path("news/2025/api.json").write_text(json.dumps({"status": "ok", "articles": some[6:]}))
    commands = 0
    for block in re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL):
        for one in block.removeprefix("$ ").split("\n$ "):
            command, _, shown = one.partition("\n")
            assert ran(command, capfd, monkeypatch).rstrip("\n") == shown.rstrip("\n"), command
            commands += 1
    assert commands == 7
