"""A sample of stories: its decisions are those of the whole run, and its estimates are right on average."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dedup
from dedup import ParamsError, RunOptions
from dedup.run.options import RunTuning
from dedup.run.redecide import redecide
from dedup.run.sample_estimate import total
from tests.versions import versions

CORPUS = versions()


@pytest.fixture(scope="module")
def whole() -> dedup.Result:
    return dedup.deduplicate(CORPUS)


def _sampled(records: Any, share: float, seed: int = 0, output: Path | None = None, **params: Any) -> dedup.Result:
    options = RunOptions(sample=share, threads=1, tuning=RunTuning(sample_seed=seed))
    return dedup.deduplicate(records, output, run=options, **params)


def _by_id(result: dedup.Result) -> dict[str, tuple[Any, ...]]:
    return {row["id"]: (row["kept"], row["duplicate_of"], row["relation"]) for row in result.decisions.to_pylist()}


@pytest.mark.parametrize(("share", "seed"), [(0.05, 1), (0.2, 2), (0.6, 3)])
def test_decisions_are_those_of_the_whole_run(whole: dedup.Result, share: float, seed: int) -> None:
    sample = _sampled(CORPUS, share, seed)
    expected, found = _by_id(whole), _by_id(sample)
    assert 0 < len(found) < len(expected)
    assert found == {name: expected[name] for name in found}
    # Whole stories: what is in a cluster of a drawn record is drawn, too.
    clusters = {row["cluster"] for row in sample.decisions.to_pylist()}
    assert {row["id"] for row in whole.decisions.to_pylist() if row["cluster"] in clusters} == set(found)
    assert sample.summary["records"] == sample.counts["kept"] + sample.counts["dropped"]
    assert sample.summary["sample"]["records_read"] == len(CORPUS)


def test_estimates_are_right_on_average_and_their_intervals_hold(whole: dedup.Result) -> None:
    truth = whole.counts["dropped"]
    estimates = [_sampled(CORPUS, 0.15, seed, level="syndicated").summary["estimate"] for seed in range(24)]
    values = [one["dropped"]["records"] for one in estimates]
    assert np.mean(values) == pytest.approx(truth, rel=0.12)
    inside = [one["dropped"]["low"] * len(CORPUS) <= truth <= one["dropped"]["high"] * len(CORPUS) for one in estimates]
    assert sum(inside) >= 21
    assert sum(part["records"] for part in estimates[0]["relations"].values()) == pytest.approx(values[0], abs=3)


def test_the_same_texts_are_drawn_from_more_records_in_any_order() -> None:
    first = set(_by_id(_sampled(CORPUS, 0.1)))
    others = [{**record, "id": "x" + record["id"]} for record in versions(seed=6, stories=40)]
    again = set(_by_id(_sampled([*reversed(CORPUS), *others], 0.1)))
    assert first == {name for name in again if not name.startswith("x")}


@pytest.mark.parametrize("level", ["identical", "near"])
def test_lower_levels(level: str) -> None:
    whole, sample = dedup.deduplicate(CORPUS, level=level), _sampled(CORPUS, 0.3, 4, level=level)
    expected, found = _by_id(whole), _by_id(sample)
    assert found == {name: expected[name] for name in found}
    low, high = (sample.summary["estimate"]["dropped"][end] * len(CORPUS) for end in ("low", "high"))
    assert low <= whole.counts["dropped"] <= high


def test_only_records_of_the_sample_are_written(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in CORPUS) + "broken\n", "utf-8")
    result = _sampled(path, 0.1, 7, tmp_path / "out")
    kept = [json.loads(line)["id"] for line in (tmp_path / "out" / "kept.jsonl").read_bytes().splitlines()]
    rows = result.decisions.to_pylist()
    assert kept == [row["id"] for row in rows if row["kept"]]
    assert "not JSON" in rows[-1]["reason"]
    assert result.summary["rejected"] == 1
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["sample"]["share"] == 0.1
    texts = result.plain_texts([0, len(rows) - 2])
    at = {record["id"]: record["text"] for record in CORPUS}
    assert list(texts.values()) == [at[rows[0]["id"]], at[rows[-2]["id"]]]
    assert "sample of" in str(result)
    assert "estimate" in str(result)


def test_a_sample_can_be_decided_again(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text("broken\n" + "".join(json.dumps(record) + "\n" for record in CORPUS), "utf-8")
    first = _sampled(path, 0.1, 7, tmp_path / "out")
    again = redecide(dedup.RunOutput(tmp_path / "out"), first.params)
    assert again.decisions == first.decisions
    assert [again.summary[name] for name in ("sample", "estimate")] == [
        first.summary[name] for name in ("sample", "estimate")
    ]
    near = redecide(dedup.RunOutput(tmp_path / "out"), dedup.Params(level="near"))
    expected = _by_id(dedup.deduplicate(CORPUS, level="near"))
    assert {name: one for name, one in _by_id(near).items() if name in expected} == {
        name: expected[name] for name in _by_id(near) if name in expected
    }
    kept = [row["id"] for row in near.decisions.to_pylist() if row["kept"]]
    assert near.kept.column("id").to_pylist() == kept
    assert near.summary["estimate"] != first.summary["estimate"]


def test_a_sample_is_not_added_to_an_index(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="sample with an index"):
        dedup.deduplicate(CORPUS, index=tmp_path / "index", run=RunOptions(sample=0.5))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2, "2%", True])
def test_a_sample_is_a_share(share: Any) -> None:
    with pytest.raises(ParamsError, match="sample"):
        RunOptions(sample=share)


def test_a_total_is_right_on_average_over_all_samples() -> None:
    counts, sizes, share = np.array([0, 1, 3, 2]), np.array([1, 2, 4, 1]), 0.3
    texts = np.repeat(np.arange(4), sizes)
    mean = 0.0
    for drawn in itertools.product([False, True], repeat=len(texts)):
        chance = np.prod(np.where(drawn, share, 1 - share))
        stories = np.unique(texts[np.array(drawn)])
        if len(stories):
            mean += chance * total(counts[stories], sizes[stories], share).value
    assert mean == pytest.approx(counts.sum(), rel=1e-9)


def test_intervals_of_weighted_counts() -> None:
    # One text a story: a Poisson count of 10 at weight 50; the exact interval of 10 is 4.80 to 18.39.
    found = total(np.ones(10, int), np.ones(10, int), 1e-9)
    assert found.low * 1e-9 == pytest.approx(4.80, rel=0.02)
    assert found.high * 1e-9 == pytest.approx(18.39, rel=0.02)
    nothing = total(np.zeros(5, int), np.ones(5, int), 0.02)
    assert (nothing.value, nothing.low) == (0.0, 0.0)
    assert nothing.high == pytest.approx(3.689 / 0.02, rel=1e-3)
