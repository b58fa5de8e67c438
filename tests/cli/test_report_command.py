"""``dedup report`` as its users meet it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from reported import news, write_news

import dedup
from dedup.cli.main import main


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    dedup.deduplicate(write_news(folder / "news.jsonl", news()), folder / "out")
    return folder / "out"


def test_it_says_what_it_has_written(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(out), "--stories", "2", "--pairs", "3"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("10 pages, ")
    assert printed.out.endswith("with 2 stories, 3 pairs: report/index.html\n")
    assert all(line.startswith("dedup: compiling ") for line in printed.err.splitlines())  # in a fresh clone
    assert "news.jsonl" in (tmp_path / "report" / "index.html").read_text()


def test_json_has_the_numbers(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(out), "-o", str(tmp_path / "pages"), "--stories", "1", "--pairs", "1", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    files = [path for path in (tmp_path / "pages").rglob("*") if path.is_file() and path.name != "report.json"]
    assert answer == {
        "index": str(tmp_path / "pages" / "index.html"),
        "pages": sum(path.suffix == ".html" for path in files),
        "bytes": sum(path.stat().st_size for path in files),
        "stories": 1,
        "pairs": 1,
        "texts_problem": None,
    }


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "pages")]) == 1
    assert "is not the output folder of a run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_anything_else_is_refused(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert main(["report", str(out), "-o", str(tmp_path)]) == 1
    assert "is not empty and is no report" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_standard_input_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = write_news(tmp_path / "news.jsonl", [*news()[:2], {"id": "number", "text": 7}]).read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    dedup.deduplicate("-", tmp_path / "out")
    assert main(["report", str(tmp_path / "out"), "-o", str(tmp_path / "pages"), "--quiet"]) == 0
    page = (tmp_path / "pages" / "index.html").read_text()
    assert '<p class="of"><bdi>standard input</bdi></p>' in page
    assert "standard input, row 3" in page
