"""Who copied whom: the grounds one by one, and through a run, a comparison and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import article
from reading import deduplicated

import dedup
from dedup.attribution.agencies import UNKNOWN
from dedup.attribution.direction import Sides, derived
from dedup.io import ReadTuning
from dedup.params import Params
from dedup.schema import (
    EXCERPT,
    IDENTICAL,
    LEFT,
    NEAR_DUPLICATE,
    NEITHER,
    NO_DATE,
    PARTIAL,
    REVISED,
    REWRITTEN,
    RIGHT,
    SAME_EVENT,
)

REUTERS, AP, HERALD, TRIBUNE = 0, 1, 1000, 1001
NONE = UNKNOWN

Side = tuple[int, int, bool, int]
"""Source, credit, drawn on, published."""


def side(source: int = NONE, credit: int = NONE, drawn_on: bool = False, published: int = NO_DATE) -> Side:
    return source, credit, drawn_on, published


def of_one(
    left: Side,
    right: Side,
    relation: int = NEAR_DUPLICATE,
    held: tuple[float, float] = (1, 1),
) -> int:
    """Return the derived side of one pair, after a look that it is the other one when the sides change places."""

    def sides(one: Side) -> Sides:
        return Sides(np.array(one[:1]), np.array(one[1:2]), np.array(one[2:3]), np.array(one[3:]))

    def ask(a: Side, b: Side, held_a: float, held_b: float) -> int:
        relations = np.array([relation], np.int8)
        return int(derived(sides(a), sides(b), relations, np.array([held_a]), np.array([held_b]))[0])

    answer = ask(left, right, *held)
    assert ask(right, left, *held[::-1]) == -answer
    return answer


@pytest.mark.parametrize("relation", [IDENTICAL, NEAR_DUPLICATE, EXCERPT, REVISED, REWRITTEN, PARTIAL])
@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # Credit: the herald credits the agency that the other comes from, although it is dated earlier.
        (side(REUTERS), side(HERALD, REUTERS), RIGHT),
        (side(REUTERS), side(NONE, REUTERS), RIGHT),
        (side(REUTERS, REUTERS), side(HERALD, REUTERS), RIGHT),
        (side(REUTERS, NONE, False, 20), side(HERALD, REUTERS, False, 10), RIGHT),
        (side(REUTERS, AP), side(AP, NONE), LEFT),
        (side(NONE, REUTERS), side(HERALD, REUTERS, True), RIGHT),
        (side(NONE, REUTERS), side(NONE, REUTERS, True), RIGHT),
        # It says nothing: each credits the other, itself, a third, or only one credits anybody.
        (side(REUTERS, AP), side(AP, REUTERS), NEITHER),
        (side(REUTERS), side(REUTERS, REUTERS), NEITHER),
        (side(AP), side(HERALD, REUTERS), NEITHER),
        (side(HERALD), side(TRIBUNE, REUTERS), NEITHER),
        (side(), side(NONE, REUTERS), NEITHER),
        (side(NONE, REUTERS), side(NONE, REUTERS), NEITHER),
        (side(NONE, REUTERS, True), side(NONE, REUTERS, True), NEITHER),
        (side(NONE, REUTERS), side(NONE, AP, True), NEITHER),
        # Then the date decides ...
        (side(NONE, REUTERS, False, 10), side(NONE, REUTERS, False, 20), RIGHT),
        (side(REUTERS, AP, False, 10), side(AP, REUTERS, False, 20), RIGHT),
        (side(HERALD, NONE, False, 20), side(TRIBUNE, REUTERS, False, 10), LEFT),
        (side(published=20), side(published=10), LEFT),
        (side(published=20), side(published=20), NEITHER),
        (side(published=20), side(), NEITHER),
        (side(HERALD, REUTERS, False, 10), side(HERALD, REUTERS, False, 20), RIGHT),
        # ... but not between two that carry the copy of one agency.
        (side(HERALD, REUTERS, False, 10), side(TRIBUNE, REUTERS, False, 20), NEITHER),
        (side(HERALD, REUTERS, False, 10), side(AP, REUTERS, False, 20), NEITHER),
        (side(HERALD, REUTERS, False, 10), side(NONE, REUTERS, False, 20), RIGHT),
    ],
)  # fmt: skip
def test_credit_origin_and_date(left: Side, right: Side, expected: int, relation: int) -> None:
    assert of_one(left, right, relation) == expected
    assert of_one(left, right, SAME_EVENT) == NEITHER


def test_that_it_is_an_excerpt_does_not_tell_who_was_first() -> None:
    assert of_one(side(), side(), EXCERPT, held=(1.0, 0.4)) == NEITHER
    assert of_one(side(published=10), side(published=20), EXCERPT, held=(1.0, 0.4)) == RIGHT


@pytest.mark.parametrize(
    ("relation", "held", "expected"),
    [
        (NEAR_DUPLICATE, (1.0, 0.75), LEFT),
        (REVISED, (0.98, 0.69), LEFT),
        (REVISED, (0.97, 0.69), NEITHER),
        (NEAR_DUPLICATE, (1.0, 0.81), NEITHER),
        (NEAR_DUPLICATE, (1.0, 1.0), NEITHER),
        (REWRITTEN, (1.0, 0.5), NEITHER),
        (PARTIAL, (1.0, 0.5), NEITHER),
        (NEAR_DUPLICATE, (float("nan"), float("nan")), NEITHER),
    ],
)
def test_what_has_nothing_of_its_own_is_cut(relation: int, held: tuple[float, float], expected: int) -> None:
    assert of_one(side(), side(), relation, held=held) == expected
    assert of_one(side(published=10), side(published=20), relation, held=held) == RIGHT


BODY = article(7, 30)
UNLIKE = " ".join(f"word{n}" for n in range(200))


def feed() -> list[dict[str, object]]:
    """An agency's report and what others made of it."""
    return [
        {"id": "wire", "source": "Reuters", "published": "2024-05-02", "text": f"LONDON (Reuters) - {BODY}"},
        {"id": "herald", "source": "The Herald", "published": "2024-05-01", "text": f"{BODY} - Reuters"},
        {"id": "tribune", "source": "Tribune", "published": "2024-05-04", "text": f"{BODY} With reporting by Reuters."},
        {"id": "gazette", "source": "Gazette", "published": "2024-05-03", "text": BODY},
        {"id": "other", "source": "Gazette", "published": "2024-05-03", "text": f"{UNLIKE}. - AFP"},
    ]


@pytest.mark.parametrize("level", ["near", "rewritten"])
def test_a_run_reports_credits_and_who_is_derived(level: str) -> None:
    result = dedup.deduplicate(feed(), params=Params(level=level))
    rows = {row["id"]: row for row in result.decisions.to_pylist()}
    assert {name: row["credit"] for name, row in rows.items()} == {
        "wire": "Reuters",
        "herald": "Reuters",
        "tribune": "Reuters",
        "gazette": None,
        "other": None,  # has no match: is not looked at
    }
    assert rows["herald"]["reason"] == "the earliest of 4 copies; credits Reuters"
    assert rows["tribune"]["reason"].endswith("; credits Reuters")
    assert "credits" not in rows["gazette"]["reason"]
    assert {(row["left"], row["right"]): row["derived"] for row in result.matches.to_pylist()} == {
        ("herald", "wire"): "herald",  # dated earlier, but credits the other's source
        ("tribune", "wire"): "tribune",
        ("herald", "tribune"): None,  # both carry Reuters
        ("gazette", "wire"): "gazette",  # later
        ("gazette", "herald"): "gazette",
        ("gazette", "tribune"): "tribune",
    }


def test_identical_texts_have_a_side_too() -> None:
    records = [
        {"id": "a", "source": "Herald", "text": f"{BODY} (AFP)"},
        {"id": "b", "source": "afp.com", "text": f"{BODY} AFP"},
        {"id": "c", "source": None, "text": f"{BODY} AFP!"},
    ]
    for order in (records, records[::-1]):
        result = dedup.deduplicate(order, params=Params(level="identical", keep="longest"))
        assert {(row["left"], row["right"]): row["derived"] for row in result.matches.to_pylist()} == {
            ("a", "b"): "a",
            ("a", "c"): None,
        }


def test_credits_of_many_records_do_not_depend_on_batches() -> None:
    records = [
        {"id": f"{kind}{n}", "text": f"{article(n, 12)}{end}"}
        for n in range(40)
        for kind, end in (("a", " - AFP"), ("b", ""))
    ]
    for size in (7, 10_000):
        result = deduplicated(records, Params(level="near"), 2, ReadTuning(batch_records=size))
        assert {row["id"]: row["credit"] for row in result.decisions.to_pylist()} == {
            str(record["id"]): "AFP" if str(record["id"]).startswith("a") else None for record in records
        }


def test_compare_reports_credits_and_the_side_that_owes() -> None:
    wire, other = f"LONDON (Reuters) - {BODY}", f"{BODY} With reporting by Reuters."
    one = dedup.compare(wire, other)
    assert (one.credit_a, one.credit_b, one.derived) == ("Reuters", "Reuters", "b")
    assert dedup.compare(other, wire).derived == "a"
    assert dedup.compare(wire, BODY).derived is None
    assert dedup.compare(BODY, BODY[: len(BODY) * 3 // 4]).derived == "b"
    unlike = dedup.compare(wire, f"{UNLIKE}. - AFP")
    assert (unlike.credit_a, unlike.credit_b, unlike.derived) == ("Reuters", "AFP", None)


def test_a_cut_text_is_derived() -> None:
    cut = BODY[: int(len(BODY) * 0.76)].rsplit(" ", 1)[0]
    one = dedup.compare(cut, BODY)
    assert (one.relation, one.derived) == ("near_duplicate", "a")
    assert dedup.compare(f"{cut} It had a word of its own, and one more, and others.", BODY).derived is None


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dedup", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_on_the_command_line(tmp_path: Path) -> None:
    records = [*feed(), {"id": "hill", "source": "Hill", "text": f"{BODY} - HP"}]
    (tmp_path / "news.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "own.json").write_text('{"agencies": [{"name": "Hill Press", "initials": ["HP"]}]}')
    done = run(tmp_path, "run", "news.jsonl", "-o", "out", "--level", "near", "--agencies", "own.json")
    assert done.returncode == 0, done.stderr
    decisions = pq.read_table(tmp_path / "out" / "decisions.parquet")
    assert decisions.column_names[-2:] == ["credit", "reason"]
    assert decisions["credit"].to_pylist() == ["Reuters", "Reuters", "Reuters", None, None, "Hill Press"]

    (tmp_path / "a.txt").write_text(f"LONDON (Reuters) - {BODY}")
    (tmp_path / "b.txt").write_text(f"{BODY} - HP")
    done = run(tmp_path, "compare", "a.txt", "b.txt", "--agencies", "own.json")
    assert "a.txt credits Reuters\nb.txt credits Hill Press\n" in done.stdout
    done = run(tmp_path, "compare", "a.txt", "b.txt")
    assert "a.txt credits Reuters\n\n" in done.stdout
    found = json.loads(run(tmp_path, "compare", "a.txt", "b.txt", "--json").stdout)
    assert (found["credit_a"], found["credit_b"], found["derived"]) == ("Reuters", None, None)

    (tmp_path / "own.json").write_text('{"agencies": [{"names": ["HP"]}]}')
    for arguments in (("run", "news.jsonl", "-o", "out2"), ("compare", "a.txt", "b.txt")):
        done = run(tmp_path, *arguments, "--agencies", "own.json")
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith("dedup: own.json: agency 1 has no name; expected")
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out2").exists()


def test_the_original_is_kept_though_it_was_printed_later(tmp_path: Path) -> None:
    body = article(3, 60)
    wires = [
        {
            "id": "told",
            "source": "c.example",
            "text": f"{body} Reuters contributed to this report.",
            "published": "2026-01-01",
        },
        {"id": "silent", "source": "b.example", "text": f"{body} More.", "published": "2026-01-02"},
        {"id": "marked", "source": "a.example", "text": f"LONDON (Reuters) - {body}", "published": "2026-01-03"},
        {"id": "wire", "source": "www.reuters.com", "text": f"{body} The end.", "published": "2026-01-04"},
    ]
    kept = []
    for some in (wires, wires[:3], wires[:2], wires[:1]):
        decisions = dedup.deduplicate(some, params=Params(keep="original")).decisions.to_pylist()
        kept.append([row["id"] for row in decisions if row["kept"]])
    assert kept == [["wire"], ["marked"], ["silent"], ["told"]]
    earliest = dedup.deduplicate(wires).decisions.to_pylist()
    assert [row["id"] for row in earliest if row["kept"]] == ["told"]
    for name in ("Reuters", "reuters.com", "Рейтер", "WWW.REUTERS.COM"):
        result = dedup.deduplicate(wires, params=Params(keep="source", prefer=("nobody", name)))
        assert [row["id"] for row in result.decisions.to_pylist() if row["kept"]] == ["wire"]
        assert not any("preferred" in note for note in result.summary["notes"])
