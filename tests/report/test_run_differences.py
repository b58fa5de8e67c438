"""What one run keeps and another drops: records are found again by place or id, counted, and shown with the reasons."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from conftest import article

import dedup
from dedup.cli.main import main
from dedup.report.run_differences import RunDifferences, same_records
from dedup.schema import DECISIONS

ROWS = [
    {"id": f"{kind}{number}", "text": text}
    for number in range(6)
    for kind, text in (
        ("a", article(number, 8)),
        ("b", f"{article(number, 8)} {'More of it.' if number % 2 else article(100 + number, 4)}"),
    )
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: at threshold 0.5, at 0.8 on the same file renamed, and on a file without its first line."""
    folder = tmp_path_factory.mktemp("diff")
    one = write(folder / "one.jsonl", ROWS)
    dedup.deduplicate(one, folder / "low", level="near", threshold=0.4, keep="first")
    dedup.deduplicate(one.rename(folder / "two.jsonl"), folder / "high", level="near", threshold=0.8, keep="first")
    dedup.deduplicate(write(folder / "two.jsonl", ROWS[1:]), folder / "part", level="near", threshold=0.4, keep="first")
    return folder


def opened(folder: Path, *names: str) -> RunDifferences:
    one, other = (dedup.RunOutput(folder / name) for name in names)
    return RunDifferences(one, other)


def test_what_differs_is_found_in_a_file_of_another_name(folder: Path) -> None:
    found = opened(folder, "low", "high")
    assert found.only == (0, 0)
    assert found.params() == {"threshold": (0.4, 0.8)}
    assert found.counts() == ({}, {"near_duplicate": 3})
    rows = found.rows()
    assert [(row.id, row.file, row.row) for row in rows] == [
        (f"b{number}", str(folder / "one.jsonl"), 2 * number + 2) for number in (0, 2, 4)
    ]
    assert [(fate.outcome, fate.duplicate_of) for fate in rows[0].fates] == [("dropped", "a0"), ("kept", None)]
    assert found.rows(1) == rows[:1]
    assert len(opened(folder, "low", "low")) == 0
    assert opened(folder, "high", "low").counts() == ({"near_duplicate": 3}, {})


def test_in_a_changed_file_records_are_found_by_their_ids(folder: Path) -> None:
    found = opened(folder, "low", "part")
    assert found.only == (1, 0)
    assert [(row.id, row.row) for row in found.rows()] == [("b0", 2)]
    assert found.counts() == ({}, {"near_duplicate": 1})
    assert found.other_reasons() == 0


def test_another_kept_record_is_counted() -> None:
    texts = [article(1, 8), article(1, 8) + " One more sentence.", article(1, 8) + " One more sentence and a word."]
    rows = [{"id": str(number), "text": text} for number, text in enumerate(texts)]
    first, second = (dedup.deduplicate(rows, level="near", keep=keep) for keep in ("first", "longest"))
    found = RunDifferences(first, second)
    assert (found.counts(), found.other_reasons()) == (({"near_duplicate": 1}, {"near_duplicate": 1}), 1)


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["diff", str(folder / "low"), str(folder / "high")]
    assert main(call) == 0
    shown = capsys.readouterr().out
    assert "12 records are in both runs" in shown
    assert f"threshold is 0.4 in {folder / 'low'}, 0.8 in {folder / 'high'}" in shown
    assert f"kept only in {folder / 'high'}: 3 (in {folder / 'low'}: near duplicate 3)" in shown
    assert "dropped   near duplicate of a2: nearly the same text" in shown
    assert main([*call, "--rows", "1", "--exit-code"]) == 1
    assert "2 more: --rows 3 shows all" in capsys.readouterr().out
    assert main(["diff", call[1], call[1], "--exit-code"]) == 0
    same = capsys.readouterr().out
    assert "both keep the same of these records" in same
    assert "kept only" not in same
    assert main([*call, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["records"], answer["kept_first"], answer["kept_second"]) == (12, {}, {"near_duplicate": 3})
    assert answer["differences"][0]["second"]["outcome"] == "kept"
    assert main(["diff", call[1], str(folder)]) == 1
    assert "is not the output folder of a run" in capsys.readouterr().err


def view(rows: list[dict[str, Any]], digests: dict[str, str | None]) -> Any:
    empty = {field.name: None for field in DECISIONS}
    table = pa.Table.from_pylist([{**empty, "kept": True, "reason": "", **row} for row in rows], DECISIONS)
    read = [{"path": name, "digest": digest} for name, digest in digests.items()]
    return SimpleNamespace(decisions=table, summary={"files_read": read})


def test_runs_on_a_part_of_their_input_are_compared(folder: Path) -> None:
    """Of a file that is read in part no digest is known."""
    one, other = (
        dedup.deduplicate(folder / "two.jsonl", folder / name, level="near", keep=keep, run=dedup.RunOptions(limit=4))
        for name, keep in (("few", None), ("few2", "first"))
    )
    found = opened(folder, "few", "few2")
    assert (len(found.same[0]), found.params(), len(found)) == (4, {}, 0)  # what was the default is no difference
    assert RunDifferences(one, other.decide(keep="longest")).params() == {"keep": ("first", "longest")}


def same_by_definition(one: Any, other: Any) -> list[tuple[int, int]]:
    """Find the pairs of the same records, a rule at a time; a rule holds only for what alone answers to it."""
    runs = [run.decisions.to_pylist() for run in (one, other)]
    digests = []
    for run in (one, other):
        read = run.summary["files_read"]
        counts = Counter(file["digest"] for file in read)
        digests.append({file["path"]: file["digest"] for file in read if counts[file["digest"]] == 1})
    rules = [
        lambda side, row: digests[side].get(row["file"]) and (digests[side][row["file"]], row["row"]),
        lambda side, row: (row["file"], row["row"]),
        lambda side, row: row["id"],
    ]
    found: list[tuple[int, int]] = []
    for number, rule in enumerate(rules):
        at: list[dict[Any, list[int]]] = [{}, {}]
        for side, rows in enumerate(runs):
            for place, row in enumerate(rows):
                if place not in [pair[side] for pair in found] and (key := rule(side, row)):
                    at[side].setdefault(key, []).append(place)
        for key in at[0].keys() & at[1].keys():
            if len(at[0][key]) == len(at[1][key]) == 1:
                left, right = at[0][key][0], at[1][key][0]
                if number != 1 or runs[0][left]["id"] == runs[1][right]["id"]:
                    found.append((left, right))
    return sorted(found)


@pytest.mark.parametrize("seed", range(40))
def test_the_same_records_are_those_of_the_definition(seed: int) -> None:
    rng = random.Random(seed)

    def drawn() -> Any:
        places = [(file, row) for file in ("f", "g", "h") for row in range(1, rng.randrange(1, 9))]
        rows = [{"id": rng.choice("abcdefgh") + rng.choice("123"), "file": file, "row": row} for file, row in places]
        return view(rows, {file: rng.choice([None, "x", "y", "z"]) for file in ("f", "g", "h")})

    one, other = drawn(), drawn()
    left, right = same_records(one, other)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == same_by_definition(one, other)


def test_a_file_that_was_read_in_part_is_found_by_its_name() -> None:
    one = {"path": "one", "absolute": "/one", "bytes": 9}  # --limit: it was not read to its end, and has no digest
    row = {"id": "a", "file": "one", "row": 1}
    first = view([row], {})
    first.summary["files_read"] = [one]
    found = RunDifferences(first, view([row], {"one": "digest"}))
    assert [places.tolist() for places in found.same] == [[0], [0]]
