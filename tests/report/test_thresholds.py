"""The table of thresholds: its rows are decisions of their own, and what is shown around a line is near it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dedup
from dedup import Level
from dedup.cli.main import main
from dedup.report.threshold_table import tuning_table
from dedup.report.thresholds import Row, Tuning
from dedup.run.options import RunTuning
from dedup.run.redecide import redecide
from tests.versions import versions

THRESHOLDS, SCORES = (0.9, 0.7, 0.5, 0.2), (0.95, 0.8, 0.0)


@pytest.fixture(scope="module")
def run() -> dedup.Result:
    records = [
        {**record, "source": "A\x1b[2J", "title": "" if n % 2 else f"Title {n}"} for n, record in enumerate(versions())
    ]
    return dedup.deduplicate(records, floor=0.5)


@pytest.fixture(scope="module")
def tuning(run: dedup.Result) -> Tuning:
    return Tuning.of(run, thresholds=THRESHOLDS, scores=SCORES, examples=4)


def _decided(run: dedup.Result, row: Row) -> dedup.Result:
    params = replace(run.params, level=Level.of(row.level), threshold=row.threshold, score=row.score)
    return redecide(run, params)


def test_rows_are_decisions_of_their_own(run: dedup.Result, tuning: Tuning) -> None:
    near, far = tuning.series
    assert [row.threshold for row in near.rows] == [0.9, 0.7, 0.5]
    assert [row.score for row in far.rows] == [0.95, 0.8, 0.0]
    assert {row.level for row in near.rows} == {"near"}
    assert [row.is_current for row in [*near.rows, *far.rows]] == [False] * 5 + [True]
    for series in tuning.series:
        before: set[str] | None = None
        for row in series.rows:
            result = _decided(run, row)
            assert row.dropped == result.counts["dropped"] > 0
            assert row.relations == {name: n for name, n in result.summary["dropped"].items() if n}
            dropped = {one["id"] for one in result.decisions.to_pylist() if not one["kept"]}
            before = dropped if before is None else before
            assert (row.more, row.fewer) == (len(dropped - before), len(before - dropped))
            before = dropped
            assert row.precision is not None
            assert 0.3 < row.precision.low < row.precision.value < row.precision.high <= 1


def test_examples_are_dropped_pairs_near_the_line(run: dedup.Result, tuning: Tuning) -> None:
    texts = {record["id"]: record["text"] for record in versions()}
    shown = 0
    for series in tuning.series:
        assert len(series.examples) == len(series.rows) - 1
        for strict, lenient, examples in zip(series.rows, series.rows[1:], series.examples, strict=False):
            rows = {one["id"]: one for one in _decided(run, lenient).decisions.to_pylist()}
            strictly = {one["id"] for one in _decided(run, strict).decisions.to_pylist() if not one["kept"]}
            assert len(examples) <= 4
            assert len({example.kept.id for example in examples}) == len(examples)
            for example in examples:
                row = rows[example.dropped.id]
                assert (row["duplicate_of"], row["relation"]) == (example.kept.id, example.relation)
                assert row["score"] == example.score
                assert row["reason"] == example.reason
                assert example.is_above == (example.dropped.id in strictly)
                begins = example.dropped.begins.rstrip("…")
                assert begins == row["title"] or texts[example.dropped.id].startswith(begins)
                shown += 1
    assert shown > 6


def test_histograms_count_the_pairs_of_the_most_lenient_row(run: dedup.Result, tuning: Tuning) -> None:
    texts = {record["id"]: record["text"] for record in versions()}
    for series, names in zip(tuning.series, (["near_duplicate"], ["excerpt", "revised", "rewritten"]), strict=True):
        matches = _decided(run, series.rows[-1]).matches
        histogram = series.histogram
        assert list(histogram.counts) == names
        for name, counts in histogram.counts.items():
            pairs = {
                frozenset((texts[row["left"]], texts[row["right"]])): row["score"]
                for row in matches.to_pylist()
                if row["relation"] == name
            }
            scores = [*pairs.values()]
            edges = histogram.start + histogram.width * np.arange(len(counts) + 1)
            edges[-1] = 1.0001
            assert counts == np.histogram(scores, edges)[0].tolist()


def test_the_table_shows_it_all_and_no_control_characters(tuning: Tuning) -> None:
    text = tuning_table(tuning, 100)
    assert "\x1b" not in text
    assert "A\\x1b[2J" in text
    for series in tuning.series:
        for row in series.rows:
            assert f"{row.dropped:,}" in text
    assert "the line of the run: 0.7" in text
    assert "*" in text
    assert max(map(len, text.splitlines())) <= 140
    assert (
        json.loads(json.dumps(tuning.as_dict()))["series"][0]["rows"][0]["dropped"] == tuning.series[0].rows[0].dropped
    )


def test_a_sample_estimates_all_records() -> None:
    records = versions(stories=250)
    truth = dedup.deduplicate(records, floor=0.5)
    options = dedup.RunOptions(sample=0.5, tuning=RunTuning(sample_seed=3))
    tuning = Tuning.of(dedup.deduplicate(records, floor=0.5, run=options), examples=0)
    for series in tuning.series:
        assert not any(series.examples)
        for row in series.rows:
            assert row.total is not None
            assert row.total.low <= _decided(truth, row).counts["dropped"] <= row.total.high
    assert "of all records" in tuning_table(tuning)


def test_levels_below_have_fewer_tables_and_other_updates_no_precision() -> None:
    records = versions(stories=60)
    near = Tuning.of(dedup.deduplicate(records, level="near"), thresholds=(0.9, 0.8))
    assert [series.parameter for series in near.series] == ["threshold"]
    assert [row.threshold for row in near.series[0].rows] == [0.9, 0.8, 0.7]
    assert Tuning.of(dedup.deduplicate(records, level="identical")).series == []
    drop = Tuning.of(dedup.deduplicate(records, updates="drop"), examples=0)
    assert drop.labels == 0
    assert all(row.precision is None for series in drop.series for row in series.rows)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    news = tmp_path / "news.jsonl"
    news.write_text("".join(json.dumps(record) + "\n" for record in versions(stories=80)), "utf-8")
    out = tmp_path / "out"
    assert main(["tune", str(news), "--examples", "1", "-o", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "near duplicates alone" in printed
    assert f"dedup decide {out}" in printed
    assert main(["tune", str(out), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert f"{again['series'][1]['rows'][-1]['dropped']:,}" in printed
    assert main(["tune", str(out), "--level", "near"]) == 2
    assert "--level with the folder of a run" in capsys.readouterr().err
    assert main(["tune", str(news), "--limit", "20", "--floor", "0.9"]) == 2
    assert "floor" in capsys.readouterr().err
    assert main(["tune", str(news), "--limit", "20", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("20 records")
