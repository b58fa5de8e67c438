"""The users' own example comes out as it is labelled."""

from __future__ import annotations

from pathlib import Path

import dedup

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def labels() -> dict[str, tuple[str, str]]:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in (SEEDS / "LABELS.md").read_text().splitlines()]
    return {row[0]: (row[2], row[3]) for row in rows if row and row[0].endswith(".txt")}


def test_a_run_finds_the_labels() -> None:
    expected = labels()
    assert sorted(expected) == sorted(path.name for path in SEEDS.glob("*.txt"))
    for row in dedup.deduplicate(SEEDS).decisions.to_pylist():
        assert (row["relation"] or "kept", row["duplicate_of"] or "") == expected[row["id"]]


def test_comparisons_find_the_labels() -> None:
    texts = {path.name: path.read_text("utf-8") for path in SEEDS.glob("*.txt")}
    copies = {"identical", "near_duplicate", "excerpt", "revised", "rewritten"}
    for left, a in texts.items():
        for right, b in texts.items():
            if left < right:
                relation = dedup.compare(a, b).relation
                label, of = labels()[right]
                assert (relation in copies) == (of == left), (left, right, relation)
                assert of != left or relation == label


def test_the_same_story_is_related_on_request() -> None:
    plain = dedup.deduplicate(SEEDS)
    asked = dedup.deduplicate(SEEDS, params=dedup.Params(related=True))
    assert "same_event" not in plain.matches["relation"].to_pylist()
    assert asked.matches["relation"].to_pylist().count("same_event") >= 1
    assert asked.decisions.equals(plain.decisions)
    known = {(row["left"], row["right"]) for row in plain.matches.to_pylist()}
    assert known <= {(row["left"], row["right"]) for row in asked.matches.to_pylist()}
