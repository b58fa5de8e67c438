"""The page on the output names every column, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import orjson
import pytest
from conftest import article

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
