"""`dedup.compare` and ``dedup compare`` give the passages of the texts without their markup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import dedup
from dedup.cli.main import main

REPORT = "The council voted on Monday to close the old bridge for 12 weeks, and Ellen Prior said so."
PAGE = f"<p>Caf&eacute; &amp; bar</p>\n<p>{REPORT.replace('12', '<b>14</b>')}</p>"


def test_places_are_in_the_texts_without_markup() -> None:
    comparison = dedup.compare(REPORT, PAGE)
    (passage,) = comparison.passages
    assert comparison.text_a is REPORT
    assert comparison.text_a[passage.left_begin : passage.left_end] == REPORT.rstrip(".")
    assert comparison.text_b[passage.right_begin : passage.right_end] == REPORT.rstrip(".").replace("12", "14")
    assert comparison.text_b.startswith("Café & bar")
    assert (passage.kind, passage.contradicted) == ("verbatim", ("12 → 14",))


def test_markup_that_is_kept_counts() -> None:
    comparison = dedup.compare(REPORT, PAGE, html="keep")
    assert comparison.text_b is PAGE
    assert PAGE[comparison.passages[0].right_begin :].startswith("The council")


def test_a_lone_surrogate_is_one_character() -> None:
    text = f"\ud800 {REPORT} \U0001f600"
    (passage,) = dedup.compare(text, f"Others. {REPORT}").passages
    assert text[passage.left_begin : passage.left_end] == REPORT.rstrip(".")


def test_the_least_number_of_words_is_chosen() -> None:
    texts = REPORT, "He spoke of those who voted on Monday to close the shop"
    assert [one.left_begin for one in dedup.compare(*texts, min_words=6).passages] == [12]
    assert dedup.compare(*texts).passages == ()
    with pytest.raises(dedup.ParamsError, match="min_words 0"):
        dedup.compare(*texts, min_words=0)


def test_comparisons_are_equal_by_their_verdict() -> None:
    assert dedup.compare(REPORT, REPORT) == dedup.compare(REPORT, REPORT.upper())


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    (tmp_path / "a.txt").write_text(REPORT, "utf-8")
    (tmp_path / "b.txt").write_text(PAGE, "utf-8")
    assert main(["compare", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), *options]) == 0
    return capsys.readouterr().out


def test_json_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(tmp_path, capsys, "--json"))
    (passage,) = found["passages"]
    assert found["text_a"] is None
    assert found["text_b"][passage["right_begin"] : passage["right_end"]].startswith("The council")
    assert (passage["kind"], passage["contradicted"], passage["added"]) == ("verbatim", ["12 → 14"], [])


def test_texts_are_shown_with_numbered_passages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(tmp_path, capsys, "--color", "never")
    assert f"[[1: {REPORT.rstrip('.')}]]." in out
    assert out.splitlines()[-1] == "  1 verbatim  contradicted: 12 → 14"
    assert "\x1b[1;31m1: The council" in run(tmp_path, capsys, "--color", "always")
    assert "[[" not in run(tmp_path, capsys, "--color", "never", "--min-words", "50")
