"""Mojibake is compared as what it was where that is asked for, and what is kept stays as it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import naive
import pyarrow as pa
import pytest
from conftest import article
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.cli.main import main
from dedup.text.mojibake_repair import without_mojibake

TEXT = f"François Müller a déjà visité Genève, où l’été été était chaud. {article(5, 12)}"
BROKEN = TEXT.encode().decode("cp1252")


def batch(*texts: str | bytes | None) -> pa.LargeBinaryArray:
    return pa.array([text.encode() if isinstance(text, str) else text for text in texts], pa.large_binary())


def test_only_mojibake_is_repaired() -> None:
    pytest.importorskip("ftfy", reason="ftfy is not installed: pip install 'newsdedup[mojibake]'")
    texts = batch(TEXT, None, BROKEN, "", "plain", b"caf\xe9 " + BROKEN.encode(), "SÃO PAULO")
    found = without_mojibake(texts, "repair").to_pylist()
    assert found == [TEXT.encode(), None, TEXT.encode(), *texts.to_pylist()[3:]]
    assert without_mojibake(texts, "keep") is texts


@given(st.text(alphabet="aé“’Ã©â€™ß ", max_size=40))
def test_what_is_no_mojibake_stays(text: str) -> None:
    pytest.importorskip("ftfy", reason="ftfy is not installed: pip install 'newsdedup[mojibake]'")
    (found,) = without_mojibake(batch(text), "repair").to_pylist()
    assert "mojibake" in naive.doubts(text.encode()) or found == text.encode()


def test_texts_are_identical_after_repair_and_kept_as_they_were(tmp_path: Path) -> None:
    pytest.importorskip("ftfy", reason="ftfy is not installed: pip install 'newsdedup[mojibake]'")
    records = [{"id": "broken", "text": BROKEN}, {"id": "whole", "text": TEXT}]
    source = tmp_path / "news.jsonl"
    source.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert dedup.compare(BROKEN, TEXT, mojibake="repair").relation == "identical"
    assert dedup.deduplicate(source).matches["relation"].to_pylist() != ["identical"]
    found = dedup.deduplicate(source, tmp_path / "out", mojibake="repair")
    assert found.matches["relation"].to_pylist() == ["identical"]
    assert (tmp_path / "out" / "kept.jsonl").read_text("utf-8") == source.read_text("utf-8").splitlines(True)[0]
    assert dedup.RunOutput(tmp_path / "out").plain_texts([0]) == {0: TEXT}
    with dedup.Index(tmp_path / "news.index", mojibake="repair") as index:
        index.add("whole", TEXT)
        assert index.add("broken", BROKEN).relation == "identical"


def test_the_note_says_what_to_do() -> None:
    (note,) = [one for one in dedup.deduplicate([{"text": BROKEN}]).summary["notes"] if "mojibake" in one]
    assert note.startswith("1 text")
    assert "--mojibake repair" in note


def test_repair_needs_its_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "ftfy", None)  # as if it were not installed
    assert main(["run", "-", "--mojibake", "repair"]) == 2
    assert "pip install 'newsdedup[mojibake]'" in capsys.readouterr().err
