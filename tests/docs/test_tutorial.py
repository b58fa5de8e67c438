"""The pages whose steps are run show what their steps print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tutorial

from dedup.run.viewed_run import ViewedRun


@pytest.mark.parametrize("path", tutorial.PAGES, ids=lambda path: path.stem)
def test_the_page_is_real(path: Path) -> None:
    page = path.read_text("utf-8")
    assert tutorial.refreshed(page) == page, "run tests/docs/tutorial.py"


def test_it_does_every_kind_of_work() -> None:
    page = tutorial.PAGE.read_text("utf-8")
    commands = re.findall(r"^\$ dedup (\w+(?: add| query| info)?)", page, flags=re.MULTILINE)
    assert {*commands} == {"run", "compare", "index add", "index query", "index info"}
    assert len(re.findall(r"^>>> ", page, flags=re.MULTILINE)) >= 10


def test_the_page_on_notebooks_names_every_view() -> None:
    page = (tutorial.ROOT / "docs" / "notebooks.md").read_text("utf-8")
    views = [name for name in vars(ViewedRun) if not name.startswith("_") and name != "summary"]
    assert [name for name in views if not re.search(rf"`{name}\b", page)] == []
