"""Texts are shown side by side, wrapped, with what they share, and cannot steer the terminal."""

from __future__ import annotations

from dedup.report.escaping import harmless
from dedup.report.marked_text import marked
from dedup.report.side_by_side import DIM, OFF, beside
from dedup.report.text_columns import columns_of


def test_texts_are_shown_side_by_side() -> None:
    shown = beside(["one two three four five six", "alpha\n\nbeta"], ["left", "right"], 27).splitlines()
    assert shown == [
        "left         | right",
        "------------ | ------------",
        "one two      | alpha",
        "three four   | beta",
        "five six     |",
    ]


def test_shared_words_are_dim_and_lines_left_out_are_counted() -> None:
    texts = ["ours then the very same words end here", "theirs and the very same words go on"]
    shown = beside(texts, ["", ""], 200, color=True)
    assert shown.count(f"{DIM}the very same words{OFF}") == 2
    assert "... 3 more lines" in beside(["a\nb\nc\nd", "x"], ["", ""], 40, limit=1)


def test_wide_and_long_words_keep_to_their_column() -> None:
    shown = beside(["漢" * 30 + " " + "x" * 50, "y"], ["", ""], 43).splitlines()
    assert {columns_of(line.split("|")[0].rstrip()) for line in shown[2:] if "漢" in line} == {20}
    assert all(columns_of(line) <= 43 for line in shown)
    assert "".join(line.split("|")[0].strip() for line in shown[2:]) == ("漢" * 30 + "x" * 50)


def test_nothing_in_a_text_steers_the_terminal() -> None:
    assert harmless("a\x1b[2Jb\u202ec\td\r\ne\x9b") == "a·[2Jb·c d \ne·"
    assert "\x1b" not in beside(["\x1b]0;title\x07", "b"], ["\x1b[31m", ""], 40)


def test_passages_are_marked_and_cannot_be_forged() -> None:
    assert marked("one two three\n", [(4, 7)], color=False) == "one [[two]] three"
    assert marked("a\x1b[1mb", [(0, 1)], color=True) == "\x1b[1;31ma\x1b[0m·[1mb"


def test_a_head_that_does_not_fit_is_above_the_texts_as_a_whole() -> None:
    id = "https://example.org/" + "a" * 60
    assert beside(("One.", "Two."), (id, "b"), 80).splitlines()[:3] == [f"left   {id}", "right  b", ""]
    assert beside(("One.", "Two."), ("a", "b"), 80).splitlines()[0].split() == ["a", "|", "b"]
