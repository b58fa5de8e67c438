"""Texts side by side: nothing is lost, nothing is shown twice, and every word is counted once."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from conftest import article, edited

from dedup.report.pages.alignment import SHOWN, Alignment, Piece
from dedup.text.tokens import spans


def versions() -> Iterator[tuple[str, str]]:
    """Pairs of texts: edited, cut, moved, with numbers changed, strangers, one empty, of other scripts."""
    for seed in range(6):
        text = article(seed)
        sentences = text.split(". ")
        draw = random.Random(seed)
        yield text, edited(text, seed, 0.05 * seed)
        yield text, ". ".join(draw.sample(sentences, len(sentences)))
        yield text, ". ".join(sentences[5:12])
        yield text, f"{article(seed + 50)} {text[: len(text) // 2]}\n\n{text[len(text) // 2 :]}"
    yield article(1), article(2)
    yield article(1), ""
    yield article(1), article(1)
    yield "「市議会は月曜日に橋を閉鎖すると決めた。」" * 9, "市議会は月曜日に古い橋を閉鎖すると決めた。" * 9


PAIRS = list(versions())


def bare(pieces: list[Piece]) -> str:
    return "".join("".join(piece.text for piece in pieces).split())


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
def test_rows_hold_both_texts_in_their_order(pair: tuple[str, str]) -> None:
    rows = Alignment(*pair).rows()
    assert bare([piece for row in rows for piece in row.left]) == "".join(pair[0].split())
    assert bare([piece for row in rows for piece in row.right]) == "".join(pair[1].split())


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
def test_a_passage_has_the_same_number_on_both_sides(pair: tuple[str, str]) -> None:
    rows = Alignment(*pair).rows()
    left = [(piece.number, piece.kind) for row in rows for piece in row.left if piece.number]
    right = [(piece.number, piece.kind) for row in rows for piece in row.right if piece.number]
    assert sorted(left) == sorted(right)
    assert len(set(left)) == len(left)
    in_place = [number for number, kind in right if kind != "moved"]
    assert in_place == sorted(in_place)


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
def test_parts_of_a_piece_are_its_text(pair: tuple[str, str]) -> None:
    for row in Alignment(*pair).rows():
        for piece in (*row.left, *row.right):
            assert not piece.words or "".join(text for text, _ in piece.words) == piece.text


@pytest.mark.parametrize("pair", PAIRS, ids=range(len(PAIRS)))
def test_every_word_is_counted_once(pair: tuple[str, str]) -> None:
    tally = Alignment(*pair).tally()
    assert tally.words == len(spans(pair[1]))
    assert 0 <= tally.left_out <= len(spans(pair[0]))
    assert min(tally.kept, tally.moved, tally.changed, tally.added) >= 0


def test_what_is_added_left_out_and_contradicted_is_named() -> None:
    before = (
        "The council said on Monday that 12 people were hurt when the old bridge fell into the river near the mill. "
        "The mayor of the town had warned of the bridge for years and asked the ministry for money. "
    )
    further = "A new bridge will be built by the end of the coming year, the ministry promised in the evening."
    after = before.replace("12 people", "14 people").replace("The mayor", f"{further} The mayor") + "It rained."
    alignment = Alignment(before + "Nobody from the ministry wanted to comment on the accident.", after)
    tally = alignment.tally()
    assert tally.contradicted == ("12 → 14",)
    assert tally.changed == 1
    assert any(further[:-1] in quote for quote in tally.additions)
    assert tally.omissions == ("Nobody from the ministry wanted to comment on the accident",)
    assert tally.added == len(spans(further)) + 2
    assert tally.left_out == 10
    marks = [word for row in alignment.rows() for piece in row.left for word in piece.words]
    assert ("12", "contradicted") in marks


def test_a_mark_is_on_a_word_and_not_inside_one() -> None:
    left = "Inflation in the islands rose, the bank of Arvelo said on Monday after a meeting in the old harbour town."
    right = left.replace("meeting in the", "meeting the")
    rows = Alignment(left, right).rows()
    parts = [part for row in rows for piece in row.left for part in piece.words]
    at = parts.index(("in", "changed"))
    assert parts[at - 1][0].endswith("after a meeting ")


def test_quotation_marks_stay_with_what_they_open() -> None:
    said = "“We shall repair the bridge before the winter comes and the river rises,” the engineer said on Monday."
    left = f"{article(1, 6)} {said} {article(2, 6)} {said.replace('bridge', 'weir')}"
    right = f"{article(3, 6)} {said} {article(4, 6)} {said.replace('bridge', 'weir')}"
    for row in Alignment(left, right).rows():
        assert not "".join(piece.text for piece in row.left).endswith("“")
        assert not "".join(piece.text for piece in row.right).endswith("“")


def test_a_long_text_is_cut() -> None:
    alignment = Alignment("word " * SHOWN, "other")
    assert len(alignment.left) == SHOWN
    assert (alignment.cut_left, alignment.cut_right) == (4 * SHOWN, 0)
