"""Stories are the connected sets of copies and updates, in order of time; all of them are grouped in arrays."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from run_tables import DECISIONS, MATCHES, MONDAY, MadeRun, made_run, random_run

from dedup.report.stories import Stories

TOLD = made_run(
    [
        {"id": "council", "hour": 5, "source": "Post", "title": "Bridge closed"},
        {"id": "wire", "of": 0, "hour": 2, "source": "Reuters"},
        {"id": "undated", "of": 0, "source": "Times"},
        {"id": "mayor", "hour": 9, "source": "Post"},
        {"id": "mayor-copy", "of": 3, "hour": 10},
        {"id": "alone", "hour": 1, "source": "Post"},
        {"id": "broken", "rejected": True},
    ],
    [
        {"left": 0, "right": 3, "relation": "update", "score": 0.8, "news": 0.6, "verbatim": 0.5},
        {"left": 1, "right": 4, "relation": "update", "score": 0.7, "news": 0.9},
        {"left": 5, "right": 3, "relation": "partial"},
    ],
)


def test_a_story_is_in_order_of_time_and_its_undated_versions_come_last() -> None:
    stories = Stories(TOLD)
    story = stories.story("council")
    assert [version.id for version in story.versions] == ["wire", "council", "mayor", "mayor-copy", "undated"]
    assert [version.lag for version in story.versions] == [*(timedelta(hours=n) for n in (0, 3, 7, 8)), None]
    assert [version.duplicate_of for version in story.versions] == [0, None, None, 3, 0]
    assert [version.cluster for version in story.versions] == [0, 0, 3, 3, 0]
    assert (story.first.id, story.span, story.n_sources) == ("wire", timedelta(hours=8), 3)
    assert story.versions[1].title == "Bridge closed"
    assert [stories.of_record(record) for record in range(7)] == ["council"] * 5 + ["alone", None]


def test_the_updates_of_a_story_are_its_steps_one_for_two_clusters() -> None:
    (step,) = Stories(TOLD).story("council").updates
    assert (step.earlier, step.later, step.earlier_id, step.later_id) == (0, 3, "council", "mayor")
    assert (step.left, step.right, step.score, step.measures) == (0, 3, 0.8, {"news": 0.6, "verbatim": 0.5})


def test_updates_are_counted_for_all_stories_as_each_story_has_them() -> None:
    seen = 0
    for seed in range(20):
        stories = Stories(random_run(random.Random(seed), 40))
        counts = [len(stories.at(number).updates) for number in range(len(stories))]
        assert stories.n_updates.tolist() == counts
        seen += sum(counts)
    assert seen > 20


def test_stories_are_ranked_by_size_width_and_span() -> None:
    run = made_run(
        [
            {"id": "a", "source": "Post", "hour": 0},
            {"id": "b", "of": 0, "source": "Post", "hour": 1},
            {"id": "c", "of": 0, "source": "Post", "hour": 1},
            {"id": "d", "source": "Post", "hour": 0},
            {"id": "e", "of": 3, "source": "Times"},
            {"id": "f", "source": "Times", "hour": 0},
            {"id": "g", "of": 5, "source": "Times", "hour": 48},
            {"id": "h", "hour": 99},
        ]
    )
    stories = Stories(run)
    assert stories.largest(9) == ["a", "d", "f"]
    assert stories.widest(1) == ["d"]
    assert stories.longest(2) == ["f", "a"]
    assert len(stories) == 4


def test_stories_of_one_id_are_named_by_their_places() -> None:
    stories = Stories(made_run([{"id": "x"}, {"id": "x"}, {"id": "y", "of": 1}]))
    assert stories.ids.to_pylist() == ["news.jsonl:1", "news.jsonl:2"]
    assert [version.id for version in stories.story("news.jsonl:2").versions] == ["x", "y"]
    with pytest.raises(KeyError):
        stories.story("x")


def test_a_document_of_an_index_links_its_copies_and_is_no_version() -> None:
    run = made_run(
        [{"id": "a", "of": "old"}, {"id": "b", "of": "old"}, {"id": "c"}, {"id": "d"}],
        [{"left": 2, "right": "old", "relation": "update"}, {"left": 3, "right": "other", "relation": "update"}],
    )
    stories = Stories(run)
    story = stories.at(0)
    assert [version.id for version in story.versions] == ["a", "b", "c"]
    assert [(version.original, version.duplicate_of, version.cluster) for version in story.versions[:1]] == [
        ("old", None, -1)
    ]
    assert [(step.earlier, step.earlier_id, step.later_id) for step in story.updates] == [(None, "old", "c")]


def test_a_run_without_records_has_no_stories() -> None:
    stories = Stories(MadeRun(pa.Table.from_pylist([], DECISIONS), pa.Table.from_pylist([], MATCHES)))
    assert len(stories) == 0
    assert stories.largest(3) == []


@pytest.mark.parametrize("seed", range(40))
def test_stories_are_those_of_the_definition(seed: int) -> None:
    run = random_run(random.Random(seed), 30)
    stories = Stories(run)
    expected = list(naive_stories(run))
    assert [[version.record for version in stories.at(at).versions] for at in range(len(stories))] == expected
    assert [stories.at(at).id for at in range(len(stories))] == stories.ids.to_pylist()
    rows = run.decisions.to_pylist()
    for at, members in enumerate(expected):
        dates = [rows[record]["published"] for record in members if rows[record]["published"]]
        assert stories.sizes[at] == len(members)
        assert stories.widths[at] == len({rows[record]["source"] for record in members} - {None})
        assert stories.spans[at].item() == (max(dates) - min(dates) if dates else timedelta())


def naive_stories(run: MadeRun) -> Iterator[list[int]]:
    """Yield the records of each story in order of time, from the definition."""
    rows = run.decisions.to_pylist()
    place = {(row["file"], row["row"]): record for record, row in enumerate(rows)}
    linked: list[set[Any]] = []
    for record, row in enumerate(rows):
        if row["kept"] or row["duplicate_of"]:
            linked.append({record, place.get((row["duplicate_of_file"], row["duplicate_of_row"]), row["duplicate_of"])})
            linked[-1].discard(None)
    for match in run.matches.to_pylist():
        if match["relation"] == "update":
            sides = [(match[f"{side}_record"], match[side]) for side in ("left", "right")]
            linked.append({id if record is None else record for record, id in sides})
    components: list[set[Any]] = []
    for one in linked:
        touched = [other for other in components if other & one]
        components = [other for other in components if not other & one] + [one.union(*touched)]
    in_order = [sorted(one for one in component if isinstance(one, int)) for component in components]
    last = datetime.max.replace(tzinfo=MONDAY.tzinfo)
    for members in sorted(one for one in in_order if one):
        yield sorted(members, key=lambda record: (rows[record]["published"] or last, record))


def test_many_decisions_are_grouped_in_arrays() -> None:
    """A million take less than 2 s; here a tenth of them, in much more than a tenth of that."""
    n = 100_000
    ids = [str(number) for number in range(n)]
    kept = np.arange(n) % 3 == 0
    first = np.arange(n) // 3 * 3
    decisions = {
        "id": ids,
        "file": ["news.jsonl"] * n,
        "row": np.arange(1, n + 1),
        "kept": kept,
        "duplicate_of": pa.array(ids).take(pa.array(first, mask=kept)),
        "duplicate_of_file": pa.array(["news.jsonl"] * n, mask=kept),
        "duplicate_of_row": pa.array(first + 1, mask=kept),
        "story": pa.array(ids).take(pa.array(first)),
        "published": pa.array(np.arange(n)[::-1] * 1_000_000, pa.timestamp("us", "UTC")),
        "source": [f"source {number % 100}" for number in range(n)],
        "reason": [""] * n,
    }
    columns = [pa.array(decisions[one.name]) if one.name in decisions else pa.nulls(n, one.type) for one in DECISIONS]
    run = MadeRun(pa.table(columns, DECISIONS), pa.Table.from_pylist([], MATCHES))
    started = time.process_time()
    stories = Stories(run)
    assert stories.largest(1) == ["0"]
    assert time.process_time() - started < 1.5
    assert [version.record for version in stories.story("3").versions] == [5, 4, 3]
