"""A run writes the passages of its matches: those that `dedup.compare` finds, at the characters of the plain texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import article, edited

import dedup
from dedup.cli.main import main
from dedup.run.options import RunTuning
from dedup.schema import PASSAGES

STORY = article(1, 40)
RECORDS = [
    {"id": "story", "text": STORY},
    {"id": "edited", "text": edited(STORY, 1, 0.01)},
    {"id": "shouted", "text": STORY.upper()},
    {"id": "page", "text": f"<p>Caf&eacute; \U0001f600</p><p>{edited(STORY, 2, 0.01)}</p>"},
    {"id": "story", "text": f"{article(2, 8)} {STORY}"},
    {"id": "other", "text": article(9, 40)},
    {"id": "none", "text": ""},
]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("passages") / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), "utf-8")
    return path


@pytest.fixture(scope="module")
def output(news: Path) -> Path:
    folder = news.parent / "out"
    dedup.deduplicate(str(news), folder, run=dedup.RunOptions(passages=True, threads=1), level="near")
    return folder


def rows(folder: Path) -> list[dict[str, Any]]:
    table = pq.read_table(folder / "passages.parquet")
    assert table.schema.equals(PASSAGES)
    return table.to_pylist()


def test_they_are_those_of_every_match(output: Path) -> None:
    run = dedup.RunOutput(output)
    texts = run.plain_texts(range(len(RECORDS)))
    expected = []
    for match in run.matches.to_pylist():
        left, right = match["left_record"], match["right_record"]
        for one in dedup.compare(texts[left], texts[right], html="keep").passages:
            places = {name: getattr(one, name) for name in PASSAGES.names[4:]}
            expected.append({**{name: match[name] for name in PASSAGES.names[:4]}, **places})
    found = rows(output)
    assert found == expected
    assert {(row["left_record"], row["right_record"]) for row in found} >= {(1, 0), (2, 0)}


def test_an_identical_text_is_one_passage(output: Path) -> None:
    (row,) = (row for row in rows(output) if {row["left"], row["right"]} == {"story", "shouted"} and row["kind"])
    whole = len(STORY.rstrip(". "))
    assert [row[name] for name in PASSAGES.names[4:]] == [0, whole, 0, whole, "verbatim"]


def test_places_are_in_the_texts_without_markup(output: Path) -> None:
    run = dedup.RunOutput(output)
    text = run.plain_texts([3])[3]
    assert text.startswith("Café \U0001f600")
    places = [
        (row[f"{side}_begin"], row[f"{side}_end"])
        for row in rows(output)
        for side in ("left", "right")
        if row[side] == "page"
    ]
    assert places
    assert all(text[begin - 1] in " \n" and text[end : end + 1] in ". ," for begin, end in places)


def test_the_summary_names_the_file_and_the_rest_is_unchanged(news: Path, output: Path, tmp_path: Path) -> None:
    dedup.deduplicate(str(news), tmp_path / "plain", run=dedup.RunOptions(threads=1), level="near")
    files = {
        folder: json.loads((folder / "summary.json").read_text("utf-8"))["files"]
        for folder in (output, tmp_path / "plain")
    }
    assert [name for name in files[output] if name != "passages.parquet"] == files[tmp_path / "plain"]
    assert "passages.parquet" in files[output]
    for name in files[tmp_path / "plain"]:
        if name != "summary.json":
            assert (tmp_path / "plain" / name).read_bytes() == (output / name).read_bytes()


@pytest.mark.parametrize("records_at_a_time", [1, 2, 3])
def test_they_are_the_same_piece_by_piece(news: Path, output: Path, tmp_path: Path, records_at_a_time: int) -> None:
    options = dedup.RunOptions(passages=True, tuning=RunTuning(passage_records=records_at_a_time))
    dedup.deduplicate(str(news), tmp_path / "out", run=options, level="near")
    assert rows(tmp_path / "out") == rows(output)


def test_records_in_memory_have_them_too(output: Path, tmp_path: Path) -> None:
    dedup.deduplicate(RECORDS, tmp_path / "out", run=dedup.RunOptions(passages=True), level="near")
    assert rows(tmp_path / "out") == rows(output)


def test_a_run_without_them_takes_away_the_old_ones(news: Path, tmp_path: Path) -> None:
    dedup.deduplicate(str(news), tmp_path / "out", run=dedup.RunOptions(passages=True), level="near")
    dedup.deduplicate(str(news), tmp_path / "out", level="near")
    assert not (tmp_path / "out" / "passages.parquet").exists()


def test_documents_of_an_index_have_none(news: Path, tmp_path: Path) -> None:
    with dedup.Index(tmp_path / "news.index", level="near") as index:
        index.add("before", STORY)
    options = dedup.RunOptions(passages=True)
    result = dedup.deduplicate(
        str(news), tmp_path / "out", index=str(tmp_path / "news.index"), run=options, level="near"
    )
    assert "before" in {*result.matches["left"].to_pylist(), *result.matches["right"].to_pylist()}
    assert "before" not in {name for row in rows(tmp_path / "out") for name in (row["left"], row["right"])}


def test_without_matches_the_table_is_empty(tmp_path: Path) -> None:
    dedup.deduplicate([STORY], tmp_path / "out", run=dedup.RunOptions(passages=True), level="near")
    assert rows(tmp_path / "out") == []


def test_without_an_output_they_are_refused(news: Path) -> None:
    with pytest.raises(dedup.ParamsError, match="passages without an output"):
        dedup.deduplicate(str(news), run=dedup.RunOptions(passages=True), level="near")


def test_the_command_line_writes_them(
    news: Path, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(news), "-o", str(tmp_path / "out"), "--passages", "--level", "near"]) == 0
    assert "passages.parquet" in capsys.readouterr().out
    assert rows(tmp_path / "out") == rows(output)
    assert main(["run", str(news), "--passages", "--level", "near"]) == 2
    assert "passages without an output" in capsys.readouterr().err
