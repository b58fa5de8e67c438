"""The stories of a run are listed by sources, versions or time, with the first source, its credit and a title."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import article
from show_runs import written

from dedup import RunOutput
from dedup.report.listed_stories import ListedStories, ListedStory, listed_stories

MARCH = datetime(2024, 3, 4, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunOutput:
    """Return a run of a wide story of an hour, a large one of one source, and a long one of two versions."""
    folder = tmp_path_factory.mktemp("list")
    stories = {"wide": (1, "ABC", 0), "large": (2, "AAAA", 1), "long": (3, "AB", 48), "alone": (4, "A", 0)}
    records = [
        {
            "id": f"{name}{at}",
            "text": article(seed) + (" (AP)" if name == "wide" else ""),
            "title": "" if name == "long" else f"The {name} one",
            "published": (MARCH + timedelta(hours=hours * at)).isoformat(),
            "source": source,
        }
        for name, (seed, sources, hours) in stories.items()
        for at, source in enumerate(sources)
    ]
    return RunOutput(written(folder, records, keep="earliest"))


def test_each_order_lists_its_stories_first(run: RunOutput) -> None:
    orders = {by: [one.id for one in listed_stories(run, by).stories] for by in ("widest", "largest", "longest")}
    assert orders == {
        "widest": ["wide0", "long0", "large0"],
        "largest": ["large0", "wide0", "long0"],
        "longest": ["long0", "large0", "wide0"],
    }
    found = listed_stories(run, count=1)
    assert (len(found.stories), found.total) == (1, 3)


def test_a_story_has_numbers_first_source_and_a_title_or_first_words(run: RunOutput) -> None:
    found = listed_stories(run, "longest")
    long = found.stories[0]
    assert (long.versions, long.sources, long.span, long.source) == (2, 2, timedelta(hours=48), "A")
    assert long.title.startswith(article(3)[:30])
    lines = list(found.lines(120))
    assert lines[0] == "3 stories of two versions or more, longest first"
    assert lines[1].split() == ["versions", "sources", "span", "first", "source", "id", "title"]
    assert lines[2].split()[:6] == ["2", "2", "2", "d", "A", "long0"]
    assert found.as_dict()["stories"][0]["span_hours"] == 48


def test_a_long_id_is_not_cut_and_what_users_wrote_is_escaped() -> None:
    id = "https://example.org/" + "a" * 100
    story = ListedStory(id, 2, 2, timedelta(hours=1), MARCH, "Po\x1bst", "AP", "Bridge\x1b[2J")
    lines = list(ListedStories("widest", [story], 1).lines(80))
    assert lines[-2].strip() == id
    assert lines[-1].strip().startswith("Bridge")
    assert "(credits AP)" in lines[-3]
    assert "\x1b" not in "".join(lines)


def test_without_stories_it_says_so(tmp_path: Path) -> None:
    run = RunOutput(written(tmp_path, [{"id": "a", "text": article(1)}]))
    assert list(listed_stories(run).lines(80)) == ["no story has more than one version"]
