"""What others wrote reaches a terminal as text: no id, name or article clears the screen or forges a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedup.cli.main import main
from dedup.report.escaping import harmless, shown

CLEARS, TITLE, TURNS = "\x1b[2J", "\x1b]0;OWNED\x07", "\u202e"
TEXT = "The council voted on Monday to close the old bridge for repairs."


def steers(text: str) -> bool:
    return any(char in text for char in ("\x1b", "\x07", "\x9b", TURNS))


def test_a_line_is_escaped_and_stays_a_line() -> None:
    assert shown("a\x1b[2Jb\nc\u2028d\u202ee\x9bf") == "a\\x1b[2Jb\\nc\\u2028d\\u202ee\\x9bf"
    assert shown("café 東京 \U0001f600") == "café 東京 \U0001f600"


def test_a_text_keeps_its_length_and_lines() -> None:
    given = "a\x1b[2Jb\r\nc\td\u2066e"
    assert harmless(given) == "a·[2Jb \nc d·e"
    assert len(harmless(given)) == len(given)


def test_a_run_shows_ids_and_reasons_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        {"id": f"a{CLEARS}id\nrecords            999", "text": TEXT},
        {"id": f"b{TURNS}", "text": TEXT},
        {"id": "c", "text": 7, f"{TITLE}": 1},
    ]
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert main(["run", str(path)]) == 0
    printed = capsys.readouterr().out
    assert not steers(printed)
    assert sum(line.startswith("records ") for line in printed.splitlines()) == 1
    many = [{"id": f"{CLEARS}{k}", "text": f"{TITLE} {TEXT} {k // 2}"} for k in range(30)]
    path.write_text("".join(json.dumps(record) + "\n" for record in many))
    assert main(["run", str(path), "--level", "identical"]) == 0
    assert not steers(capsys.readouterr().out)


def test_a_comparison_shows_texts_without_what_steers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"{TITLE} {TEXT}\n{TEXT[::-1]} {name}")
    assert main(["compare", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--color", "never"]) == 0
    assert not steers(capsys.readouterr().out)


def test_an_error_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", f"no{CLEARS}where"]) != 0
    assert not steers(capsys.readouterr().err)
