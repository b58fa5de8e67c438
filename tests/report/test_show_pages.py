"""A record is shown with its decision, its story and the reasons, two with their texts; no text harms a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited
from run_tables import made_run
from show_runs import HOSTILE, written

import dedup
from dedup import InputError, RunOutput
from dedup.report.run_pages import run_page
from dedup.report.text_columns import columns_of


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("show"))


def one_line(shown: str) -> str:
    return " ".join(shown.split())


def lines(out: Path, *names: str, columns: int = 120, whole: bool = False, color: bool = False) -> str:
    return "\n".join(run_page(RunOutput(out), *names, whole=whole).lines(columns, whole, color))


def test_a_dropped_record_is_shown_in_its_story_with_the_reason(out: Path) -> None:
    shown = lines(out, "first")
    assert shown.startswith("first is dropped: near duplicate of kept, score 0.")
    versions = [line for line in shown.splitlines() if re.match(r"[> ] +\d", line)]
    assert len(versions) == 5
    assert [version.startswith(">   1  2024-03-04 09:30  first") for version in versions] == [True, *[False] * 4]
    assert "2024-03-04 12:00  +2 h 30 min" in shown
    assert re.search(r"no date .* Times", shown)
    assert "why: nearly the same text" in shown
    assert "a story of 5 versions by 4 sources, over 2 d" in shown


def test_a_kept_record_names_its_copies_by_their_numbers(out: Path) -> None:
    shown = lines(out, "kept")
    assert shown.startswith("kept is kept: the first of ")
    assert "title      Bridge closed" in shown
    assert re.search(r"Agency +near duplicate of 2 +first", shown)
    assert re.search(r"> +2 .* Post +kept +kept +Bridge closed", shown)


def test_first_words_stand_for_titles_and_wide_letters_keep_the_columns(out: Path) -> None:
    rows = [line for line in lines(out, "kept").splitlines() if re.match(r"[> ] +\d", line)]
    assert len({columns_of(row[: row.index("The ")]) for row in rows if "The " in row}) == 1
    assert sum(article(1)[:20] in row for row in rows) >= 2


def test_ids_and_titles_are_escaped(out: Path) -> None:
    for shown in (lines(out, HOSTILE), lines(out, HOSTILE, "kept"), lines(out, "kept")):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert r"evil\x1b[2J\u202eid is dropped" in lines(out, HOSTILE)


def test_two_records_are_shown_side_by_side_with_brackets_or_colors(out: Path) -> None:
    shown = lines(out, "kept", "excerpt")
    assert shown.startswith("excerpt, score ") or shown.startswith("revised, score ")
    assert "[[" in shown
    assert "]]" in shown
    assert " | 新闻社, 2024-03-06 10:00, excerpt" in shown
    colored = lines(out, "kept", "excerpt", color=True)
    assert "\x1b[32m" in colored
    assert "[[" not in colored


def test_two_records_without_a_match_are_compared_now(out: Path) -> None:
    shown = lines(out, "kept", "alone")
    assert "the run has no match of the two, so they were compared now" in shown
    assert "no relation" in shown


def test_an_id_that_occurs_twice_is_named_by_its_place(out: Path) -> None:
    place = f"{out.parent / 'news.jsonl'}:7"
    with pytest.raises(InputError, match=re.escape(place)):
        lines(out, "twice")
    assert lines(out, place).startswith("twice is kept")
    assert "twice is kept" in lines(out, place, f"{out.parent / 'news.jsonl'}:8")


def test_a_wrong_id_gets_suggestions(out: Path) -> None:
    with pytest.raises(InputError, match="did you mean undated"):
        lines(out, "undatd")
    with pytest.raises(InputError, match="same record"):
        lines(out, "kept", "kept")


def test_as_plain_values(out: Path) -> None:
    page = run_page(RunOutput(out), "first").as_dict()
    assert page["record"]["original"] == "kept"
    assert [version["id"] for version in page["story"]["versions"]][:2] == ["first", "kept"]
    assert page["story"]["versions"][1]["lag_hours"] == 2.5
    assert page["verdict"]["measures"]["resemblance"] > 0.7
    pair = run_page(RunOutput(out), "kept", "excerpt").as_dict()
    for passage in pair["passages"]:
        assert pair["a"]["text"][passage["left_begin"] : passage["left_end"]]
    assert pair["is_match"]


def test_without_inputs_a_record_is_shown_and_texts_are_left_out(tmp_path: Path) -> None:
    out = written(tmp_path)
    (tmp_path / "news.jsonl").unlink()
    shown = lines(out, "first")
    assert "first is dropped" in shown
    assert "note: first words are left out: " in shown
    pair = lines(out, "first", "kept")
    assert "note: the texts cannot be shown: " in pair
    assert "near duplicate" in pair


def test_a_changed_input_is_noticed(tmp_path: Path) -> None:
    out = written(tmp_path)
    (tmp_path / "news.jsonl").write_text("{}\n")
    assert "has changed since the run" in one_line(lines(out, "first", "kept"))


def test_a_rejected_record_has_no_story(tmp_path: Path) -> None:
    with (tmp_path / "broken.jsonl").open("w") as file:
        file.write('{"id": "a", "text": "The bridge is closed."}\n{"id": "b", "te\n')
    dedup.deduplicate(str(tmp_path / "broken.jsonl"), tmp_path / "out")
    out, name = tmp_path / "out", f"{tmp_path / 'broken.jsonl'}:2"
    shown = lines(out, name)
    assert re.match(r"\S.* is rejected: ", shown)
    assert "story" not in shown


def test_a_long_story_is_shortened_around_the_record(tmp_path: Path) -> None:
    text = article(1)
    records = [
        {"id": f"v{n}", "text": text, "published": f"2024-03-04T{n // 60:02}:{n % 60:02}:00Z"} for n in range(100)
    ]
    out = written(tmp_path, records, keep="first")
    shown = lines(out, "v50")
    numbers = [int(found) for found in re.findall(r"^[> ] +(\d+)  ", shown, re.MULTILINE)]
    assert numbers == [*range(1, 6), *range(43, 60), *range(98, 101)]
    assert "... 37 more versions (--all shows them)" in shown
    assert len(re.findall(r"^[> ] +(\d+)  ", lines(out, "v50", whole=True), re.MULTILINE)) == 100


def test_updates_are_steps_that_point_back(tmp_path: Path) -> None:
    from dedup.report.stories import Stories
    from dedup.report.story_lines import story_lines

    run = made_run(
        [{"id": "a", "hour": 1}, {"id": "b", "hour": 2}, {"id": "c", "of": 1, "hour": 3}, {"id": "d", "of": "old"}],
        [{"left": 0, "right": 2, "relation": "update"}, {"left": 3, "right": 0, "relation": "update"}],
    )
    shown = "\n".join(story_lines(Stories(run).at(0), 0, {}, 100))
    assert re.search(r"2 .* kept, update of 1 +b", shown)
    assert re.search(r"3 .* revised from 2 +c", shown)
    assert re.search(r"4 .* revised from old +d", shown)


def test_ids_that_are_long_have_a_line_of_their_own() -> None:
    from dedup.report.stories import Stories
    from dedup.report.story_lines import story_lines

    id = "https://example.org/2024/03/04/bridge-closed-until-spring"
    shown = story_lines(Stories(made_run([{"id": id}, {"id": "b", "of": 0}])).at(0), 0, {0: "Bridge closed"}, 80)
    assert shown[2].strip() == id
    assert shown[1].endswith("Bridge closed")


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120, 160])
def test_a_story_keeps_to_the_width_of_the_terminal(out: Path, columns: int) -> None:
    shown = lines(out, "kept", columns=columns).split("a story of")[1].split("why")[0]
    assert max(map(columns_of, shown.splitlines())) <= max(columns, 66)
    assert shown.count("Bridge closed") == 1


def test_a_text_of_an_edited_copy_is_marked_word_by_word(tmp_path: Path) -> None:
    text = article(5, 12)
    changed = edited(text, 3, 0.05)
    out = written(tmp_path, [{"id": "a", "text": text}, {"id": "b", "text": changed}])
    pair: dict[str, Any] = run_page(RunOutput(out), "a", "b").as_dict()
    assert pair["passages"]
    shown = lines(out, "a", "b", whole=True)
    assert "more lines" not in shown


def test_two_records_whose_texts_are_gone_are_not_called_compared(tmp_path: Path) -> None:
    out = written(tmp_path)
    (tmp_path / "news.jsonl").unlink()
    shown = lines(out, "excerpt", "alone")
    assert shown.startswith("the run has no match of the two, and without their texts they cannot be compared\n")
    assert "compared now" not in shown
    assert "one cluster" not in shown
    unmatched = lines(out, "excerpt", "undated")
    assert "they are in one cluster" in unmatched or "compared" not in unmatched
