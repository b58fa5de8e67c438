"""The examples of ``docs/index.md``, one after the other, do what their comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "index.md"


def test_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = [block.split("```")[0] for block in PAGE.read_text("utf-8").split("```python\n")[1:]]
    for code in blocks:
        exec(compile(code, str(PAGE), "exec"), names)
        told = re.findall(r"^    # (.+)$", code, flags=re.MULTILINE)
        assert capsys.readouterr().out.splitlines() == told
    assert len(blocks) == 2
