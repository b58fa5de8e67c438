"""A guard says, or refuses, that much of a source is dropped or a cluster is large; nothing is written then."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import article

import dedup
from dedup import RunOptions
from dedup.cli.main import main
from dedup.errors import GuardError, ParamsError
from dedup.run.guard import LEAST_RECORDS, dropped_shares


def corpus() -> list[dict[str, Any]]:
    """Of Post 40 records, half of them copies of Times; of Small ten, all copies; some without a source."""
    texts = [article(number, 3) for number in range(60)]
    rows = [{"id": f"t{number}", "text": texts[number], "source": "Times"} for number in range(40)]
    rows += [{"id": f"p{number}", "text": texts[number + 20], "source": "Post"} for number in range(40)]
    rows += [{"id": f"s{number}", "text": texts[number], "source": "Small"} for number in range(10)]
    rows += [{"id": f"n{number}", "text": texts[0]} for number in range(30)]
    return rows


def run(**options: Any) -> dedup.Result:
    return dedup.deduplicate(corpus(), level="identical", keep="first", run=RunOptions(**options))


SOURCES = "more than 10% of 1 source is dropped: 'Post' 50% (20 of 40)"


def test_a_run_says_what_is_beyond_the_limits() -> None:
    assert SOURCES in run().summary["notes"]
    clusters = "clusters of more than 20 records: that of 't0' has 32"
    assert run(guard_cluster=20, guard_share=0.5).summary["notes"] == [clusters]
    assert run(guard_cluster=32, guard_share=0.5).summary["notes"] == []
    assert run(guard_share=0).summary["notes"] == [SOURCES.replace("10%", "0%")]


def test_for_scripts_it_is_an_error_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in corpus()), "utf-8")
    call = ["run", str(path), "-o", str(tmp_path / "out"), "--level", "identical", "--index", str(tmp_path / "index")]
    before = sorted(tmp_path.iterdir())
    assert main([*call, "--guard", "error", "--guard-cluster", "30"]) == 1
    error = capsys.readouterr().err
    for part in (SOURCES, "that of 't0' has 32", "at most 10% of each source of 20 records", "--guard-share"):
        assert part in error
    assert sorted(tmp_path.iterdir()) == before
    assert main([*call, "--guard", "error", "--guard-share", "0.5"]) == 0
    capsys.readouterr()
    assert main([*call[:-2], "--json"]) == 0
    printed = capsys.readouterr()
    assert SOURCES not in printed.err  # once is enough
    assert SOURCES in json.loads(printed.out)["notes"]


def test_the_error_in_python() -> None:
    with pytest.raises(GuardError, match=r"'Post' 50% \(20 of 40\); expected at most 10% .*nothing was written"):
        run(guard="error")
    with pytest.raises(ParamsError, match="guard 'stop'; expected one of note, error"):
        RunOptions(guard="stop")
    for given in ({"guard_share": 2}, {"guard_share": True}, {"guard_cluster": 0}):
        with pytest.raises(ParamsError, match="guard_"):
            RunOptions(**given)


@pytest.mark.parametrize("seed", range(20))
def test_shares_are_those_of_the_definition(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.randrange(400)
    sources = [rng.choice(["a", "b", "c", "\x1b[2J", "", None]) for _ in range(n)]
    fates = [rng.choice(["kept", "kept", "kept", "dropped", "rejected"]) for _ in range(n)]
    limit = rng.choice([0.0, 0.1, 0.25, 1.0])
    every = Counter(source for source, fate in zip(sources, fates, strict=True) if fate != "rejected")
    dropped = Counter(source for source, fate in zip(sources, fates, strict=True) if fate == "dropped")
    expected = {
        (source, dropped[source], count)
        for source, count in every.items()
        if source is not None and count >= LEAST_RECORDS and dropped[source] / count > limit
    }
    is_dropped, counts = (
        np.array([fate in some for fate in fates], bool) for some in (["dropped"], ["dropped", "kept"])
    )
    found = dropped_shares(pa.array(sources, pa.large_string()), is_dropped, counts, limit)
    assert {*found} == expected
    assert [one[1] / one[2] for one in found] == sorted((one[1] / one[2] for one in found), reverse=True)


def test_a_later_decision_is_checked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in corpus()), "utf-8")
    out, again = str(tmp_path / "out"), tmp_path / "again"
    assert main(["run", str(path), "-o", out, "--level", "identical"]) == 0
    decide = ["decide", out, "-o", str(again), "--keep", "first"]
    assert main([*decide, "--guard", "error"]) == 1
    assert SOURCES in capsys.readouterr().err
    assert not again.exists()
    assert main([*decide, "--guard", "error", "--guard-share", "0.5"]) == 0
    capsys.readouterr()
    assert main(decide) == 0
    printed = capsys.readouterr()
    assert printed.out.count(SOURCES) == 1
    assert SOURCES not in printed.err
