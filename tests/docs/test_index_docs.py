"""The examples of the pages on the index, one after the other, do what their comments say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "count"), [("the-index.md", 6), ("datasketch.md", 1)])
def test_the_examples(
    page: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = [block.split("```")[0] for block in (DOCS / page).read_text("utf-8").split("```python\n")[1:]]
    for code in blocks:
        exec(compile(code, page, "exec"), names)
        comments = re.findall(r"^    # (.+)$", code, flags=re.MULTILINE)
        assert capsys.readouterr().out.splitlines() == comments
    assert len(blocks) == count
