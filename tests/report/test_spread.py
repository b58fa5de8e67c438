"""Who copies whom, how long after, and which agencies are credited, as counted from the rows one by one."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from run_tables import made_run, random_run

from dedup.report.spread import copies_of, credited_agencies, lags_of_copies, who_copies_whom
from dedup.report.stories import Stories


def test_the_copy_is_the_derived_side_and_else_the_dropped_one() -> None:
    run = made_run(
        [
            {"id": "a", "source": "Post"},
            {"id": "b", "of": 0, "source": "Times"},
            {"id": "c", "of": 0, "source": "Times"},
            {"id": "d", "of": 0, "source": "Reuters"},
        ],
        [
            {"left": 0, "right": 1, "relation": "revised", "derived": 1},
            {"left": 0, "right": 2, "relation": "revised"},
            {"left": 0, "right": 3, "relation": "revised", "derived": 0},
        ],
    )
    copies = copies_of(run, Stories(run))
    assert (copies.original.tolist(), copies.copy.tolist()) == ([0, 0, 3], [1, 2, 0])
    assert copies.is_evident.tolist() == [True, False, True]
    assert who_copies_whom(run, Stories(run)).to_pylist() == [
        {"original": "Post", "copy": "Times", "copies": 2, "derived": 1},
        {"original": "Reuters", "copy": "Post", "copies": 1, "derived": 1},
    ]


def test_lags_count_from_the_first_dated_version_of_a_cluster() -> None:
    run = made_run(
        [
            {"id": "kept", "hour": 7},
            {"id": "first", "of": 0, "hour": 1},
            {"id": "undated", "of": 0},
            {"id": "twin", "of": 0, "hour": 1},
            {"id": "alone", "hour": 90},
        ]
    )
    lags = lags_of_copies(Stories(run))
    assert dict(zip(lags.record.tolist(), lags.hours.tolist(), strict=True)) == {0: 6.0, 3: 0.0}


def test_agencies_are_counted_by_the_source_that_credits_them() -> None:
    records = [{"id": "a", "source": "Post", "credit": "Reuters"}, {"id": "b", "source": "Post"}]
    run = made_run([*records, {"id": "c", "of": 0, "source": "Post", "credit": "Reuters"}, {"id": "d", "credit": "AP"}])
    assert credited_agencies(run).to_pylist() == [
        {"agency": "Reuters", "source": "Post", "records": 2},
        {"agency": "AP", "source": None, "records": 1},
    ]


@pytest.mark.parametrize("seed", range(20))
def test_copies_are_counted_as_by_the_definition(seed: int) -> None:
    run = random_run(random.Random(seed), 40)
    rows, matches = run.decisions.to_pylist(), run.matches.to_pylist()
    place = {(row["file"], row["row"]): record for record, row in enumerate(rows)}
    counts: Counter[Any] = Counter()
    derived: Counter[Any] = Counter()
    for record, row in enumerate(rows):
        kept = place.get((row["duplicate_of_file"], row["duplicate_of_row"]))
        if kept is None:
            continue
        original, copy, known = kept, record, False
        for match in matches:
            ids = match["left"], match["right"]
            if (
                {match["left_record"], match["right_record"]} == {record, kept}
                and match["derived"]
                and len(set(ids)) > 1
            ):
                known = True
                original, copy = (record, kept) if match["derived"] == rows[kept]["id"] else (kept, record)
        pair = rows[original]["source"], rows[copy]["source"]
        counts[pair] += 1
        derived[pair] += known
    found = who_copies_whom(run, Stories(run)).to_pylist()
    assert {(row["original"], row["copy"]): row["copies"] for row in found} == counts
    assert {(row["original"], row["copy"]): row["derived"] for row in found} == derived
