"""Decisions made again equal those of a run, in every column; what cannot be told is refused."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from conftest import article, edited

import dedup
from dedup.attribution.agencies import Agencies
from dedup.cli.main import main
from dedup.errors import ParamsError
from dedup.params import Params
from dedup.run.options import RunOptions
from dedup.run.redecide import asked_params, redecide

FLOOR = 0.4
SOURCES = ("Reuters", "BBC", "AP", "Daily Bugle", None)
ONE_THREAD = RunOptions(threads=1)


def corpus() -> list[dict[str, Any]]:
    """Stories in many versions: copies word for word, cut, edited, continued; a mould; texts of two scripts."""
    draw = random.Random(4)
    texts = [article(seed, 24) for seed in range(40)]
    records = [{"text": text} for text in texts]
    for seed in range(130):  # half of them of one story: more than meet in a bucket
        text = texts[0] if seed % 2 else draw.choice(texts)
        records.append({"text": edited(text, seed, draw.choice((0.0, 0.01, 0.03, 0.08)))})
        if seed % 5 == 0:
            records.append({"text": text[: int(len(text) * draw.uniform(0.3, 0.9))]})
        if seed % 7 == 0:
            records.append({"text": f"{article(900 + seed, 6)} {text} {article(700 + seed, draw.choice((1, 8)))}"})
        if seed % 11 == 0:
            records.append({"text": f"The mayor was arrested on Monday. {text} The jury found him guilty on Friday."})
    mould = article(501, 3).split(". ")
    for n in range(20):
        parts = [f"{line} in {n + k} of {31 + 7 * n * k} places" for k, line in enumerate(mould, 3)]
        records.append(
            {"text": f"Lottery numbers of {n + 1} May: {n + 2}, {3 * n + 9}, {5 * n + 40}. {'. '.join(parts)}."}
        )
    records += [{"text": f"{article(600 + n, 20)} {texts[n][:700]}"} for n in range(8)]
    records += [{"text": "市议会周一投票决定关闭旧桥进行维修直到明年春末" * n} for n in (3, 4)]
    records += [{"text": None}, {"text": "Yes."}, {"text": "yes"}, {"text": ""}]
    draw.shuffle(records)
    for n, record in enumerate(records):
        hours = draw.randrange(400)
        day = datetime(2024, 3, 1, tzinfo=timezone.utc) + timedelta(hours=hours)
        record |= {"id": f"r{n % 290}", "source": draw.choice(SOURCES), "title": f"Title {n}"}
        record |= {"published": day.isoformat() if hours % 9 else None}
        record |= {"url": f"https://courier.example/{n % 70}?utm_source={n}" if n % 4 else None}
    return records


def drawn(draw: random.Random) -> Params:
    """Parameters of a decision, at random."""
    keep = draw.choice((None, "earliest", "latest", "longest", "first", "original", "source"))
    return Params(
        level=draw.choice(("rewritten", "rewritten", "syndicated", "near", "near", "identical")),
        threshold=draw.choice((0.7, round(draw.uniform(FLOOR, 1.0), 2))),
        floor=FLOOR,
        score=draw.choice((0.0, round(draw.random(), 2))),
        keep=keep,
        prefer=("BBC", "reuters.com") if keep == "source" else (),
        protect=draw.choice(((), (), ("Daily Bugle",), ("AP", "BBC"))),
        within=draw.choice((None, None, "source", "day")),
        updates=draw.choice(("keep", "latest", "drop")),
        certainty=draw.choice((0.7, round(draw.random(), 2))),
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dedup.RunOutput:
    """A run at all defaults, but for its floor, in a folder."""
    folder = tmp_path_factory.mktemp("redecide")
    lines = "\n".join([json.dumps(record) for record in corpus()] + ["{broken", "[]"])
    (folder / "news.jsonl").write_text(lines + "\n", "utf-8")
    dedup.deduplicate(folder / "news.jsonl", folder / "out", floor=FLOOR, run=ONE_THREAD)
    return dedup.RunOutput(folder / "out")


def input_of(run: dedup.RunOutput) -> Path:
    return run.folder.parent / "news.jsonl"


def assert_same(one: Any, other: Any) -> None:
    for table in ("decisions", "matches"):
        for name in getattr(one, table).column_names:
            assert getattr(one, table)[name].equals(getattr(other, table)[name]), (table, name, one.params)
    of_the_work = {"seconds", "scratch_bytes", "decided_from", "largest_clusters", "files"}
    names = one.summary.keys() - of_the_work
    assert {name: one.summary[name] for name in names} == {name: other.summary[name] for name in names}


@pytest.mark.parametrize("seed", range(12))
def test_a_decision_equals_a_run(run: dedup.RunOutput, seed: int) -> None:
    params = drawn(random.Random(seed))
    expected = dedup.deduplicate(input_of(run), params=params, run=ONE_THREAD)
    again = redecide(run, params)
    assert_same(expected, again)
    assert (again.is_kept == expected.is_kept).all()
    # A decision in memory, and of a decision, is the same.
    assert_same(redecide(expected, params), again)
    assert_same(redecide(redecide(run, run.params), params), again)
    if params.level <= dedup.Level.near:
        assert_same(redecide(redecide(run, asked_params(run.params, {"level": "near"})), params), again)


@pytest.mark.parametrize("records", [[], [""], ["", "Yes.", "yes"], ["!!!"], [article(1, 3)] * 3])
@pytest.mark.parametrize("level", dedup.Level.__members__)
def test_a_few_records_are_decided_again(records: list[str], level: str) -> None:
    found = dedup.deduplicate(records)
    for params in (Params(level=level), Params(level=level, within="source"), Params(level=level, protect=("BBC",))):
        assert_same(dedup.deduplicate(records, params=params), redecide(found, params))


def test_the_corpus_has_all_that_a_decision_may_change(run: dedup.RunOutput) -> None:
    relations = Counter(run.decisions["relation"].to_pylist())
    assert relations.keys() >= {"identical", "near_duplicate", "excerpt", "revised"}
    assert {"update", "partial", "template"} <= set(run.matches["relation"].to_pylist())
    search = run.search
    assert search is not None
    assert search.near is not None
    assert len(search.documents["near_met"].drop_null()) > 10  # set aside before they had met all others


def test_what_is_protected_is_kept_and_others_go_for_it(run: dedup.RunOutput) -> None:
    rows = redecide(run, asked_params(run.params, {"protect": ("bbc.co.uk", "Daily Bugle")})).decisions.to_pylist()
    protected = [row for row in rows if row["source"] in ("BBC", "Daily Bugle")]
    assert protected
    assert all(row["kept"] for row in protected)
    assert any(row["copies"] for row in protected)
    assert any("its source is protected" in row["reason"] for row in protected)
    assert any(not row["kept"] for row in rows)


@pytest.mark.parametrize("within", ["source", "day"])
def test_copies_within_a_source_or_day_are_of_it(run: dedup.RunOutput, within: str) -> None:
    rows = redecide(run, asked_params(run.params, {"within": within})).decisions.to_pylist()
    places = {(row["file"], row["row"]): row for row in rows}
    groups = {True: lambda row: row["published"] and row["published"].date(), False: lambda row: row["source"]}
    group = groups[within == "day"]
    dropped = [row for row in rows if row["duplicate_of"] is not None]
    assert dropped
    for row in dropped:
        leader = places[row["duplicate_of_file"], row["duplicate_of_row"]]
        assert group(row) is not None
        assert group(row) == group(leader)
        assert leader["kept"]


def test_a_score_spares_far_copies_only(run: dedup.RunOutput) -> None:
    usual = redecide(run, run.params).decisions.to_pylist()
    strict = redecide(run, asked_params(run.params, {"score": 0.95})).decisions.to_pylist()
    far = {"excerpt", "revised", "rewritten"}
    assert all(row["score"] >= 0.95 for row in strict if row["relation"] in far)
    count = [Counter(row["relation"] for row in rows) for rows in (usual, strict)]
    assert sum(count[0][name] for name in far) > sum(count[1][name] for name in far)
    assert count[1]["identical"] >= count[0]["identical"]  # those of a text that is kept now are dropped for it


def test_texts_are_read_again_from_inputs_that_were_named_relative_to_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = article(3, 4)
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"id": n, "text": text}) for n in range(2)), "utf-8")
    monkeypatch.chdir(tmp_path)
    dedup.deduplicate("a.jsonl", "out", level="near")
    monkeypatch.chdir(tmp_path.parent)
    result = redecide(dedup.RunOutput(tmp_path / "out"), Params(level="near", keep="longest"))
    assert result.texts([0, 1]) == {0: text, 1: text}
    assert result.kept["text"].to_pylist() == [text]


def test_another_policy_forgets_the_preferred_sources() -> None:
    found = Params(keep="source", prefer=("BBC",), floor=0.5, protect=("AP",))
    assert asked_params(found, {"keep": "longest"}) == Params(keep="longest", protect=("AP",))
    assert asked_params(found, {"threshold": 0.4}) == Params(
        threshold=0.4, keep="source", prefer=("BBC",), protect=("AP",)
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"threshold": 0.3}, "threshold 0.3; expected a threshold of at least 0.4, the floor of the run"),
        ({"window": 24}, "another window than the run had"),
        ({"floor": 0.5}, "floor 0.5; expected the floor of the run, 0.4"),
    ],
)
def test_what_the_run_has_not_searched_is_refused(run: dedup.RunOutput, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        redecide(run, asked_params(run.params, fields))


def test_a_higher_level_an_index_and_other_agencies_are_refused(tmp_path: Path) -> None:
    texts = [article(seed, 5) for seed in (1, 2)]
    near = dedup.deduplicate(texts, level="near")
    with pytest.raises(ParamsError, match="level 'rewritten'; expected a level up to near"):
        redecide(near, Params())
    (tmp_path / "more.json").write_text('{"agencies": [{"name": "Bugle Wire"}]}')
    with pytest.raises(ParamsError, match="other agencies than in the run"):
        redecide(near, near.params, Agencies.read(tmp_path / "more.json"))
    records = [{"id": str(n), "text": text} for n, text in enumerate(texts)]
    with_index = dedup.deduplicate(records, index=tmp_path / "news.index")
    with pytest.raises(ParamsError, match="a run with an index"):
        redecide(with_index, with_index.params)
    for field in ({"protect": ["BBC"]}, {"within": "day"}, {"score": 0.5}, {"floor": 0.5}):
        with pytest.raises(ParamsError, match=f"{next(iter(field))} .* with an index"):
            dedup.deduplicate(records, index=tmp_path / "other.index", params=Params(**field))  # type: ignore[arg-type]


def test_the_command_writes_what_a_run_writes(
    run: dedup.RunOutput, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    arguments = ["decide", str(run.folder), "--level", "near", "--threshold", "0.8", "--keep", "longest"]
    assert main([*arguments, "-o", str(folder), "--write"]) == 0
    expected = dedup.deduplicate(
        input_of(run), tmp_path / "run", level="near", threshold=0.8, floor=FLOOR, keep="longest", run=ONE_THREAD
    )
    written = dedup.RunOutput(folder)
    assert_same(expected, written)
    assert written.summary["decided_from"] == str(run.folder)
    for name in ("kept.jsonl", "rejected.jsonl"):
        assert (folder / name).read_bytes() == (tmp_path / "run" / name).read_bytes()
    assert main([*arguments, "-o", str(folder)]) == 0
    assert not (folder / "kept.jsonl").exists()
    assert main([*arguments, "-o", str(run.folder)]) != 0
    assert str(run.folder) in capsys.readouterr().err
