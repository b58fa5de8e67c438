"""Who had a story first and who came later, counted again in plain Python."""

from __future__ import annotations

import random
import statistics
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import article, edited
from reported import write_news

import dedup
from dedup.report.pages.page_data import PageData
from dedup.report.pages.source_traffic import traffic


@pytest.fixture(scope="module", params=range(3))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dedup.RunOutput:
    draw = random.Random(request.param)
    start = datetime(2026, 3, 1, tzinfo=timezone.utc)
    records = []
    for number in range(120):
        story = draw.randrange(30)
        date = start + timedelta(minutes=10 * draw.randrange(40))
        records.append(
            {
                "id": number,
                "text": edited(article(story, 5), number, 0.02),
                "source": None if draw.random() < 0.1 else f"Paper {draw.randrange(6)}",
                "published": None if draw.random() < 0.1 else date.isoformat(),
            }
        )
    folder = tmp_path_factory.mktemp("traffic")
    dedup.deduplicate(write_news(Path(folder, "news.jsonl"), records), folder / "out", level="near")
    return dedup.RunOutput(folder / "out")


def test_first_at_once_and_later_are_as_counted_by_hand(run: dedup.RunOutput) -> None:
    stories = defaultdict(list)
    for row in run.decisions.to_pylist():
        stories[row["story"]].append(row)
    first, tied, later = Counter[str](), Counter[str](), Counter[str]()
    lags = defaultdict(list)
    for rows in stories.values():
        sources = {row["source"] for row in rows if row["source"]}
        dates = [row["published"] for row in rows if row["published"]]
        if len(sources) < 2 or not dates:
            continue
        begins: dict[str, float] = {}
        for source in sources:
            own = [row["published"] for row in rows if row["source"] == source and row["published"]]
            begins[source] = (min(own) - min(dates)).total_seconds() if own else float("nan")
        leading = [source for source, lag in begins.items() if lag == 0]
        for source, lag in begins.items():
            if lag != 0:
                later[source] += 1
                lags[source] += [lag] if lag == lag else []
            elif len(leading) == 1:
                first[source] += 1
            else:
                tied[source] += 1
    table = traffic(PageData(run), {}, {})["table"]
    assert {line.name: (line.first, line.tied, line.later) for line in table} == {
        source: (first[source], tied[source], later[source]) for source in first.keys() | tied.keys() | later.keys()
    }
    for line in table:
        assert line.lag == (statistics.median(lags[line.name]) if lags[line.name] else None)


def test_the_matrix_and_the_ways_count_the_same_copies(run: dedup.RunOutput) -> None:
    shown = traffic(PageData(run), {}, {})
    cells = {
        (name, other): number
        for name, row in shown["matrix"].rows
        for other, (number, _) in zip(shown["matrix"].names, row, strict=True)
        if number
    }
    assert cells == {(line.origin, line.copier): line.copies for line in shown["flows"]}
    assert sum(line.count for line in shown["lags"]) > 0


def test_sources_that_were_first_most_often_come_first(run: dedup.RunOutput) -> None:
    firsts = [line.first for line in traffic(PageData(run), {}, {})["table"]]
    assert firsts == sorted(firsts, reverse=True)


def test_an_example_of_a_way_is_a_pair_of_its_two_sources(run: dedup.RunOutput) -> None:
    data = PageData(run)
    matches = run.matches.to_pylist()
    sources = run.decisions["source"].to_pylist()
    pages = {row: row + 1 for row in range(len(matches))}
    flows = traffic(data, {}, pages)["flows"]
    assert flows
    for flow in flows:
        assert flow.link is not None
        match = matches[int(flow.link.removeprefix("pair/").removesuffix(".html")) - 1]
        assert {sources[match["left_record"]], sources[match["right_record"]]} == {flow.origin, flow.copier}
    assert {flow.link for flow in traffic(data, {}, {})["flows"]} == {None}
