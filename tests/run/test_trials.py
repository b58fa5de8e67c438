"""Many settings tried on one run decide as `redecide` does, record by record."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

import dedup
from dedup import Level, Params, ParamsError
from dedup.run.redecide import redecide
from dedup.run.trials import Trials
from dedup.schema import RELATIONS
from tests.versions import versions


@pytest.fixture(scope="module")
def run() -> dedup.Result:
    records = [{**record, "source": "ABC"[number % 3]} for number, record in enumerate(versions())]
    return dedup.deduplicate([*records, {"id": "empty", "text": "..."}], floor=0.4)


@pytest.mark.parametrize("seed", range(8))
def test_a_trial_decides_as_redecide(run: dedup.Result, seed: int) -> None:
    rng = random.Random(seed)
    params = replace(
        run.params,
        level=rng.choice(list(Level)),
        threshold=rng.choice([0.4, 0.6, 0.75, 0.9]),
        score=rng.choice([0.0, 0.7, 0.9]),
        updates=rng.choice(["keep", "latest", "drop"]),
        certainty=rng.choice([0.5, 0.7, 0.9]),
    )
    run = run if seed % 2 else redecide(run, replace(run.params, within="source", protect=("B",), keep="longest"))
    params = replace(
        params, within=run.params.within, protect=run.params.protect, keep=run.params.keep, prefer=run.params.prefer
    )
    trial, whole = Trials(run).at(params), redecide(run, params)
    rows = whole.decisions.to_pylist()
    assert [RELATIONS[code] if code >= 0 else None for code in trial.relation] == [row["relation"] for row in rows]
    assert np.nan_to_num(trial.score, nan=-1).tolist() == [-1 if row["score"] is None else row["score"] for row in rows]
    assert trial.leader.tolist() == whole.leader.tolist()
    assert trial.is_dropped.sum() == whole.counts["dropped"]
    for record in np.flatnonzero(trial.is_direct).tolist():
        match = trial.match[record]
        assert trial.matches.score[match] == rows[record]["score"]


def test_what_a_run_has_not_searched_cannot_be_tried(run: dedup.Result) -> None:
    with pytest.raises(ParamsError, match=r"threshold of at least 0\.4"):
        Trials(run).at(Params(threshold=0.3))


def test_stories_are_those_that_a_sample_draws(run: dedup.Result) -> None:
    story, sizes = Trials(run).stories()
    ids = run.decisions["id"].to_pylist()
    assert story[ids.index("empty")] == -1
    assert len(sizes) == story.max() + 1
    texts = {row["id"]: " ".join(row["text"].split()) for row in versions()}
    distinct = [
        len({texts[name] for name, at in zip(ids, story, strict=True) if at == one}) for one in range(len(sizes))
    ]
    assert distinct == sizes.tolist()
