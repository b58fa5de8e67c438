"""The example of the page on remote files runs, and what it says of settings is so."""

from __future__ import annotations

import re
from pathlib import Path

import fsspec
import pytest

from dedup.io.places.remote_errors import CREDENTIALS
from dedup.io.places.remote_tuning import RemoteTuning
from dedup.io.places.urls import shown_url
from dedup.io.remote_output import UNFINISHED

PAGE = (Path(__file__).parents[2] / "docs" / "places.md").read_text("utf-8")


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    fsspec.filesystem("memory").store.clear()
    code, shown = re.findall(r"```python\n(.*?)```\n\n    (.*?)\n", PAGE, flags=re.DOTALL)[0]
    exec(code, {})
    assert capsys.readouterr().out.strip() == shown


def test_its_figures_and_names_are_those_of_the_program() -> None:
    tuning = RemoteTuning()
    assert f"then of {tuning.block_bytes >> 20} MB" in PAGE
    assert (tuning.ahead, tuning.tries) == (2, 4)
    assert f"`{UNFINISHED}`" in PAGE
    assert shown_url("https://ann:pw@host/a.jsonl?sig=xyz&page=2") in PAGE
    for hint in CREDENTIALS.values():
        for name in re.findall(r"[A-Z]{2,}_[A-Z_]+", hint):
            assert f"`{name}" in PAGE


def test_the_extra_has_the_packages() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    (extra,) = re.findall(r"^remote = (\[.*\])$", project, re.MULTILINE)
    assert {"s3fs", "gcsfs", "huggingface_hub", "aiohttp", "fsspec"} == set(re.findall(r'"(\w+)>', extra))
