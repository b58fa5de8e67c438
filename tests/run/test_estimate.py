"""The estimate of a run: continued from its beginning, and exact where the beginning is all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dedup import InputError, Params, RunOptions
from dedup.attribution.agencies import Agencies
from dedup.cli.main import main
from dedup.io import ReadOptions, open_files, open_source
from dedup.run.estimate import Part, RunEstimate, count_records, estimate_run, extrapolated
from tests.versions import versions

OPTIONS = RunOptions(threads=1, memory=2_000_000_000)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in versions(stories=60)), "utf-8")
    return path


def _part(records: int, scale: float, constant: float = 0.0) -> Part:
    stages = {"read": constant + scale, "candidates": 0.0}
    return Part(records, {**stages, "total": sum(stages.values())}, int(1000 * scale), int(500 * scale), 300_000_000)


def test_what_is_constant_stays_and_the_rest_grows() -> None:
    found = extrapolated(_part(1_000, 1.0, 0.5), _part(4_000, 4.0, 0.5), 40_000, OPTIONS, None)
    assert found.seconds == found.stages["read"] == pytest.approx(40.5)
    assert (found.scratch, found.output, found.memory) == (40_000, 20_000, 300_000_000)
    # With one part, or one that is slower than the next, all of it is in proportion.
    assert extrapolated(None, _part(4_000, 4.0), 40_000, OPTIONS, None).seconds == pytest.approx(40.0)
    assert extrapolated(_part(1_000, 9.0), _part(4_000, 4.0), 40_000, OPTIONS, None).seconds == pytest.approx(4.0)


def test_some_stages_grow_faster() -> None:
    small, large = (Part(n, {"candidates": n**1.35, "total": n**1.35}, 0, 0, None) for n in (1_000, 4_000))
    found = extrapolated(small, large, 64_000, OPTIONS, None)
    assert found.seconds == pytest.approx(64_000**1.35)
    assert found.memory is None


def test_memory_is_bounded_by_what_the_run_may_use() -> None:
    small, large = (Part(n, {"total": 1.0}, 0, 0, n * 1_000_000) for n in (100, 400))
    assert extrapolated(small, large, 1_000_000, OPTIONS, None).memory == 2_000_000_000
    assert extrapolated(small, large, 10_000_000, OPTIONS, None).memory == 300_000_000 + 600 * 10_000_000


def test_records_are_counted_or_estimated(news: Path) -> None:
    expected = len(versions(stories=60))
    assert count_records(open_files([news], ReadOptions())) == expected
    assert count_records(open_files([news], ReadOptions()), 7) == 7
    with pytest.raises(InputError, match="only once"):
        count_records(open_source([{"id": "a", "text": "b"}], ReadOptions()))


def test_an_input_that_is_tried_to_its_end(news: Path, tmp_path: Path) -> None:
    found = estimate_run(
        lambda limit: open_files([news], ReadOptions(limit=limit)), Params(), OPTIONS, Agencies.read(), tmp_path / "out"
    )
    assert isinstance(found, RunEstimate)
    assert found.records == found.tried_records == len(versions(stories=60))
    assert found.seconds == pytest.approx(found.tried_seconds)
    assert found.output > 10_000
    assert found.scratch > 10_000
    assert not (tmp_path / "out").exists()


def test_the_command(news: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(news), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "nothing is written without -o" in printed
    assert f"all {len(versions(stories=60))} records were run" in printed
    assert main(["run", str(news), "--dry-run", "--json", "-o", str(tmp_path / "out"), "--limit", "20"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["records"] == 20
    assert found["output"] > 0
    assert main(["run", str(news), "--dry-run", "--index", str(tmp_path / "index")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news.jsonl"]


def test_parts_are_neither_guarded_nor_searched_for_passages_in_vain(news: Path, tmp_path: Path) -> None:
    call = ["run", str(news), "--dry-run", "--level", "near", "-o", str(tmp_path / "out"), "--passages"]
    assert main([*call, "--guard", "error", "--guard-cluster", "1"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["news.jsonl"]
