"""The examples of ``docs/pipelines.md`` print what stands below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.integrations.scrapy import SETTINGS, DedupPipeline

PAGE = Path(__file__).parents[2] / "docs" / "pipelines.md"
TEXT = PAGE.read_text("utf-8")
EXAMPLES = re.findall(r"^## ([\w ]+)\n|^```python\n(?!# examples/)(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
FILES = re.findall(r"^```\w+\n# examples/(\S+)\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str]]:
    found, title = [], ""
    for heading, code in EXAMPLES:
        title = heading or title
        if code:
            found.append((title, code))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, as whoever works through the page has."""
    return tmp_path_factory.mktemp("pipelines")


@pytest.mark.parametrize(("title", "code"), examples(), ids=[title for title, _ in examples()])
def test_the_example(title: str, code: str, folder: Path) -> None:
    if title == "datatrove":
        pytest.importorskip("datatrove", reason="datatrove is not installed: pip install 'newsdedup[datatrove]'")
        pytest.importorskip("regex", reason="datatrove's filters need regex: pip install 'newsdedup[datatrove]'")
    script = folder / "example.py"
    script.write_text(code, "utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"^ *# (.+)$", code, flags=re.MULTILINE)


def test_there_is_an_example_of_each() -> None:
    assert {title for title, _ in examples()} == {"Scrapy", "asyncio", "Data frames", "datatrove"}


def test_the_files_are_shown_as_they_are() -> None:
    """Whether they work is tested in ``tests/examples``."""
    folder = PAGE.parents[1] / "examples"
    assert [name for name, _ in FILES] == [
        "fastapi_service.py", "celery_worker.py", "redis_streams_consumer.py", "Dockerfile",
    ]  # fmt: skip
    for name, shown in FILES:
        assert shown == (folder / name).read_text("utf-8")


def test_settings_are_documented_with_their_defaults() -> None:
    table = dict(re.findall(r"^\| `(DEDUP_\w+)`[^|]*\| ([^|]*) \|", TEXT, flags=re.MULTILINE))
    assert {*SETTINGS.values()} <= {*table}
    source = Path(sys.modules[DedupPipeline.__module__].__file__ or "").read_text("utf-8")
    assert {*re.findall(r"DEDUP_\w+", source)} == {*re.findall(r"DEDUP_\w+", TEXT)}
    for setting, default in re.findall(r'get\("(DEDUP_\w+)", "(\w+)"\)', source):
        assert table[setting] == f"`{default}`"
