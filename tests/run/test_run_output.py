"""What a run has written is opened again: decisions with their columns, matches, and the texts of the inputs."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import naive
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
from conftest import article, edited

import dedup
from dedup import schema
from dedup.cli.main import main
from dedup.errors import InputError, ParamsError
from dedup.run.run_output import RunView

PLAIN = article(1, 6)


def records() -> list[dict[str, Any]]:
    """A text, the same with markup, a near copy, another text, and a record without one."""
    texts = [PLAIN, f"<p>{PLAIN}</p><br>", edited(PLAIN, 1, 0.02), article(2, 6), ""]
    return [
        {
            **{"id": f"r{number}", "text": text, "title": f'T "{number}",\nü', "url": f"https://x.example/{number}"},
            **{"source": ["AP", "BBC"][number % 2], "date": f"2024-03-0{number + 1}T10:00:00Z"},
        }
        for number, text in enumerate(texts)
    ]


def write_jsonl(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "news.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def write_table(folder: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), folder / "news.parquet", row_group_size=2)
    return folder / "news.parquet"


def write_cells(folder: Path, rows: list[dict[str, Any]]) -> Path:
    with open(folder / "news.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0].keys(), *(row.values() for row in rows)])
    return folder / "news.csv"


INPUTS: dict[str, Callable[[Path, list[dict[str, Any]]], Any]] = {
    "jsonl": write_jsonl,
    "parquet": write_table,
    "csv": write_cells,
    "list": lambda folder, rows: rows,
    "table": lambda folder, rows: pa.Table.from_pylist(rows),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_decisions_have_what_the_records_have(kind: str, tmp_path: Path) -> None:
    rows = records()
    result = dedup.deduplicate(INPUTS[kind](tmp_path, rows), tmp_path / "out", level="near")
    view: RunView = result
    found = dedup.RunOutput(tmp_path / "out")
    assert view.decisions.schema == schema.DECISIONS
    assert found.decisions.equals(view.decisions)
    assert found.matches.equals(view.matches)
    assert (found.params, found.summary) == (view.params, json.loads(json.dumps(view.summary)))
    for row, decision in zip(rows, found.decisions.to_pylist(), strict=True):
        assert [decision[name] for name in ("title", "url", "source")] == [row["title"], row["url"], row["source"]]
        assert decision["published"].isoformat() == row["date"].replace("Z", "+00:00")
    first, again, near, other, _ = found.decisions.to_pylist()
    assert (again["duplicate_of"], again["duplicate_of_file"], again["duplicate_of_row"]) == ("r0", first["file"], 1)
    assert (first["copies"], near["copies"], other["copies"]) == (2, None, 0)
    assert [row["story_size"] for row in found.decisions.to_pylist()] == [3, 3, 3, 1, 1]
    texts = view.texts([4, 1, 1])
    assert texts == {1: rows[1]["text"], 4: ""}
    assert view.plain_texts([1])[1].split() == PLAIN.split()
    assert view.records_of("r3") == [3]
    if kind not in ("list", "table"):
        assert found.texts([4, 1, 1]) == texts
        assert found.plain_texts([1]) == view.plain_texts([1])
        assert found.kept.equals(result.kept)
        assert (found.counts, found.is_kept.tolist()) == (result.counts, result.is_kept.tolist())


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_decisions_in_any_form_say_the_same(form: str, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path, [*records(), {"id": 'a,"b"\n', "text": PLAIN.upper(), "title": "", "url": " "}])
    expected = dedup.deduplicate(path, level="near").decisions
    assert main(["run", str(path), "-o", str(tmp_path / "out"), "--level", "near", "--decisions", form, "--quiet"]) == 0
    files = sorted(one.name for one in (tmp_path / "out").iterdir())
    assert [name for name in files if name.startswith("decisions")] == [f"decisions.{form}"]
    assert dedup.RunOutput(tmp_path / "out").decisions.equals(expected)


def test_there_is_no_other_form() -> None:
    with pytest.raises(ParamsError, match="decisions 'xml'; expected one of parquet, csv, jsonl"):
        dedup.RunOptions(decisions="xml")


def test_texts_come_from_several_files_and_fields_that_were_named(tmp_path: Path) -> None:
    rows = [{"key": str(number), "story": article(number, 3)} for number in range(30)]
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text("\n\n".join(json.dumps(row) for row in rows[:20]), "utf-8")
    two.write_text("".join(f"{json.dumps(row)}\n" for row in rows[20:]), "utf-8")
    named = dedup.Fields(id="key", text="story")
    dedup.deduplicate([one, two], tmp_path / "out", level="near", fields=named)
    run = dedup.RunOutput(tmp_path / "out")
    assert run.summary["fields"]["named"] == {"id": "key", "text": "story"}
    wanted = [29, 3, 19, 20]
    assert run.texts(wanted) == {record: rows[record]["story"] for record in wanted}
    assert run.records_of(f"{one}:3") == [1]
    assert run.records_of("nobody") == run.records_of("nobody:1") == run.records_of(f"{one}:{2**63}") == []
    assert dedup.RunOutput(tmp_path / "out", dedup.Fields(text="key")).texts([7]) == {7: "7"}


def test_plain_files_are_read_again(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.txt").write_text(article(number, 3), "utf-8")
    dedup.deduplicate(tmp_path / "in", tmp_path / "out", level="near")
    assert dedup.RunOutput(tmp_path / "out").texts([2]) == {2: article(2, 3)}


def test_files_are_named_with_size_and_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jsonl(tmp_path, records())
    (tmp_path / "news.jsonl.gz").write_bytes(gzip.compress((tmp_path / "news.jsonl").read_bytes()))
    (tmp_path / "none.jsonl").write_bytes(b"")
    write_table(tmp_path, records())
    monkeypatch.chdir(tmp_path)
    names = ["news.jsonl", "news.jsonl.gz", "none.jsonl", "news.parquet"]
    found = dedup.deduplicate([Path(name) for name in names], level="near").summary["files_read"]
    for name, one in zip(names, found, strict=True):
        whole = (tmp_path / name).read_bytes()
        assert one == {
            "path": name,
            "absolute": str(tmp_path / name),
            "bytes": len(whole),
            "digest": xxhash.xxh3_128_hexdigest(whole),
        }
    assert dedup.deduplicate(records(), level="near").summary["files_read"] == []


def test_standard_input_has_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = write_jsonl(tmp_path, records()).read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    result = dedup.deduplicate("-", tmp_path / "out", level="near")
    assert result.summary["files_read"] == [{"path": "-", "absolute": None, "bytes": len(lines), "digest": None}]
    assert result.texts([3]) == {3: article(2, 6)}
    with pytest.raises(InputError, match="standard input cannot be read again"):
        dedup.RunOutput(tmp_path / "out").texts([3])


def test_an_input_that_is_gone_or_has_changed_is_refused(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path, records())
    whole = path.read_bytes()
    dedup.deduplicate(path, tmp_path / "out", level="near")
    for other in (whole + b"\n", whole.replace(b"e", b"E"), whole.replace(b"r0", b"r9")):
        path.write_bytes(other)
        with pytest.raises(InputError, match=r"news\.jsonl has changed since the run in .*run it again"):
            dedup.RunOutput(tmp_path / "out").texts([0])
    path.unlink()
    with pytest.raises(InputError, match=r"news\.jsonl: no such file"):
        dedup.RunOutput(tmp_path / "out").texts([0])


def test_records_that_were_in_memory_are_not_looked_for_in_files(tmp_path):
    text = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    rows = [{"id": "a", "text": text}, {"id": "b", "text": text}]
    dedup.deduplicate(rows, tmp_path / "out", level="identical")
    run = dedup.RunOutput(tmp_path / "out")
    assert "identical" in run.show("b").html
    with pytest.raises(InputError, match="records in memory cannot be read again; expected a run on files"):
        run.show("a", "b")


def test_what_is_no_run_of_this_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not the output folder of a run"):
        dedup.RunOutput(tmp_path)
    dedup.deduplicate(records(), tmp_path / "out", level="near")
    for name in ("decisions", "matches"):
        path = tmp_path / "out" / f"{name}.parquet"
        old = pq.read_table(path)
        pq.write_table(old.select(old.column_names[:5]), path)
    run = dedup.RunOutput(tmp_path / "out")
    with pytest.raises(InputError, match=r"decisions\.parquet: no column .*run it again"):
        _ = run.decisions
    with pytest.raises(InputError, match=r"matches\.parquet: no column .*run it again"):
        _ = run.matches
    (tmp_path / "out" / "matches.parquet").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"matches\.parquet: .*run it again"):
        _ = dedup.RunOutput(tmp_path / "out").matches


def test_matches_name_the_records(tmp_path: Path) -> None:
    rows = [{"id": "same", "text": PLAIN}, {"id": "same", "text": edited(PLAIN, 1, 0.02)}, {"id": "a", "text": PLAIN}]
    result = dedup.deduplicate(rows, level="near")
    ids = result.decisions["id"].to_pylist()
    assert len(result.matches) == 2
    for match in result.matches.to_pylist():
        assert (ids[match["left_record"]], ids[match["right_record"]]) == (match["left"], match["right"])
    assert {frozenset((m["left_record"], m["right_record"])) for m in result.matches.to_pylist()} == {
        frozenset(pair) for pair in ((0, 1), (0, 2))
    }


TOPS = (
    "A man was arrested on Monday after the fire at the mill, police said.",
    "A jury convicted a man of arson on Thursday and the judge jailed him for nine years, the court heard. He had "
    "denied the charge throughout the trial and will appeal against the sentence, his lawyer told reporters. "
    "The prosecution called the verdict a relief for the families and said that witnesses had shown great courage.",
    "The man jailed for arson was freed on Friday after three judges of the court of appeal quashed his conviction. "
    "They said that a witness had lied, and that the police had known of it for eleven years before the trial. "
    "His daughter wept as he walked out of prison, and thanked all who had written to him in those long winters.",
)
"""What a report, its follow-up, and the follow-up of that begin with, above the same body."""


def story(seed: int) -> list[dict[str, Any]]:
    """Return a report and what carries it on, each in one version or more; of some seeds only a part of it."""
    body = article(seed, 40)
    return [
        {
            "id": f"{seed}-{step}-{copy}",
            "text": f"{top} {edited(body, seed, 0.01 * copy)}",
            "date": f"2024-0{step + 1}-01",
        }
        for step, top in enumerate(TOPS[: 1 + seed % 3])
        for copy in range(1 + (seed + step) % 2)
    ]


@pytest.mark.parametrize("with_index", [False, True])
def test_stories_sizes_and_copies_are_those_of_the_definition(with_index: bool, tmp_path: Path) -> None:
    rows = [row for seed in range(12) for row in story(seed)]
    index = tmp_path / "index" if with_index else None
    if index is not None:
        dedup.deduplicate(rows[::7], index=index)
        rows = [row for row in rows if row not in rows[::7]]
    result = dedup.deduplicate(rows, index=index)
    assert result.summary["stories"] > 1
    decisions, matches = result.decisions.to_pylist(), result.matches.to_pylist()
    assert {"update"} < {match["relation"] for match in matches}
    expected = naive.stories(decisions, matches)
    assert {row["id"]: (row["story"], row["story_size"], row["copies"]) for row in decisions} == expected
    if index is not None:
        stored = [row for row in decisions if row["duplicate_of"] and row["duplicate_of_file"] is None]
        assert stored
        assert all(row["duplicate_of_row"] is None for row in stored)
        assert any(match["left_record"] is None or match["right_record"] is None for match in matches)


@pytest.mark.parametrize("kind", INPUTS)
def test_no_records_are_no_texts(kind: str, tmp_path: Path) -> None:
    result = dedup.deduplicate(INPUTS[kind](tmp_path, records()), level="near")
    assert result.texts([]) == {}
    assert list(result.sample("same_event")) == []


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"published": 3}', b"\xff"])
def test_damaged_decisions_are_said_to_be(damage: bytes, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path, records())
    assert main(["run", str(path), "-o", str(tmp_path / "out"), "--decisions", "jsonl", "--quiet"]) == 0
    (tmp_path / "out" / "decisions.jsonl").write_bytes(damage)
    with pytest.raises(InputError, match=r"decisions\.jsonl"):
        _ = dedup.RunOutput(tmp_path / "out").decisions


def test_an_empty_run_can_be_decided_again_with_its_kept_records(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path, [])
    dedup.deduplicate(path, tmp_path / "out", level="near")
    assert main(["decide", str(tmp_path / "out"), "-o", str(tmp_path / "again"), "--write"]) == 0
    assert sorted(one.name for one in (tmp_path / "again").iterdir()) == sorted(
        one.name for one in (tmp_path / "out").iterdir()
    )


def test_the_files_of_a_run_with_a_limit_are_written_again_in_part(tmp_path: Path) -> None:
    rows = records()
    files = []
    for number, row in enumerate(rows):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text(row["text"] or "none", "utf-8")
    dedup.deduplicate(files, tmp_path / "out", level="near", run=dedup.RunOptions(limit=4))
    run = dedup.RunOutput(tmp_path / "out")
    assert len(run.decisions) == 4
    again = run.decide(level="identical")
    assert again.kept.num_rows == again.counts["kept"]
