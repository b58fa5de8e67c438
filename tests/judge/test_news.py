"""News in a follow-up: measured by the definitions, separated from copies, kept or not as asked, named as a story."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import naive
import numpy as np
import pytest
from conftest import article
from corpora import all_pairs, corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup import Params
from dedup.candidates.pairs import MICROSECONDS_AN_HOUR, within
from dedup.cli.main import main
from dedup.judge import differences, evidence, relation, story_stages
from dedup.schema import MEASURES, NO_DATE

HOUR = MICROSECONDS_AN_HOUR

STAGE_WORDS = story_stages.words()
DAYS = set(list(STAGE_WORDS)[-7:])
BY_WORD: dict[str, set[str]] = {}
for name, some in STAGE_WORDS.items():
    for form in some:
        for token in naive.tokens(form):
            BY_WORD.setdefault(token, set()).add(name)

vocabulary = [
    "police",
    "arrested",
    "charged",
    "jury",
    "осудили",
    "verhaftet",
    "Monday",
    "вторник",
    "river",
    "bridge",
    "7",
]


def measured(texts: list[str], published: list[int] | None = None) -> evidence.Evidence:
    corpus = corpus_of(texts)
    pairs = all_pairs(len(texts))
    found = evidence.shingle_evidence(corpus, pairs, Params())
    dates = None if published is None else np.array(published)
    return differences.with_news(corpus, found, corpus.lengths, dates, np.ones(len(pairs), bool))


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from(vocabulary), min_size=1, max_size=90), min_size=2, max_size=4))
def test_news_equals_the_definitions(drawn: list[list[str]]) -> None:
    texts = [" ".join(words) for words in drawn]
    found = measured(texts)
    for place, (a, b) in enumerate(zip(found.left, found.right, strict=True)):
        for name, value in naive.news(texts[a], texts[b], BY_WORD, DAYS).items():
            assert found[name][place] == pytest.approx(value), name


def test_hours_have_a_sign_and_need_two_dates() -> None:
    found = measured(["one two", "one three", "one four"], [5 * HOUR, 2 * HOUR, NO_DATE])
    assert found["hours"][0] == -3.0
    assert np.isnan(found["hours"][1:]).all()


def test_every_stage_has_words_in_ten_languages() -> None:
    assert len(STAGE_WORDS) == 15 + 7
    for name in STAGE_WORDS:
        words = {token for form in STAGE_WORDS[name] for token in naive.tokens(form)}
        assert len(words) >= 10, name
    table = story_stages.table()
    for word, names in (("arrested", {"arrest"}), ("Sentenced", {"sentence"}), ("приговор", {"verdict"})):
        (token,) = naive.tokens(word)
        value = table[table[:, 0] == naive.token_hash(token), 1]
        assert {name for bit, name in enumerate(STAGE_WORDS) if value[0] >> bit & 1} >= names


def follow_up() -> tuple[str, str]:
    """A report, and what carries it on with news: a new top, all of the old below it."""
    body = article(41, 40)
    early = f"A man was arrested on Monday after the fire at the mill, police said. {body}"
    late = (
        "A jury convicted a man of arson on Thursday and the judge jailed him for nine years, the court heard. He had "
        "denied the charge throughout the trial and will appeal against the sentence, his lawyer told reporters. "
        "The prosecution called the verdict a relief for the families and said that witnesses had shown great courage. "
        f"{body}"
    )
    return early, late


def records(**more: Any) -> list[dict[str, Any]]:
    early, late = follow_up()
    others = [{"id": f"other{k}", "text": article(60 + k, 120), "published": "2024-03-01"} for k in range(30)]
    return [
        {"id": "arrest", "text": early, "published": "2024-03-01T08:00:00Z", **more},
        {"id": "verdict", "text": late, "published": "2024-09-02T08:00:00Z", **more},
        {"id": "again", "text": early.replace("police said", "officers said"), "published": "2024-03-01T09:00:00Z"},
        *others,
    ]


def rows(result: dedup.Result) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in result.decisions.to_pylist()}


def test_an_update_stays_and_is_named_as_a_step_of_the_story() -> None:
    result = dedup.deduplicate(records())
    found = rows(result)
    assert found["arrest"]["kept"]
    assert found["verdict"]["kept"]
    assert (found["again"]["kept"], found["again"]["duplicate_of"]) == (False, "arrest")
    assert {found[key]["story"] for key in ("arrest", "verdict", "again")} == {"arrest"}
    assert {found[key]["story_size"] for key in ("arrest", "verdict", "again")} == {3}
    alone = [row for key, row in found.items() if key.startswith("other")]
    assert all((row["story"], row["story_size"]) == (row["id"], 1) for row in alone)
    (match,) = [row for row in result.matches.to_pylist() if {row["left"], row["right"]} == {"arrest", "verdict"}]
    assert match["relation"] == "update"
    assert match["carried"] >= relation.CARRIED
    assert match["carried"] * (1 - match["news"]) < Params().certainty
    assert match["hours"] > 24 * 180
    assert match["derived"] == "verdict"
    assert result.summary["stories"] == 1
    assert "1 story" in str(result)


def test_latest_keeps_what_makes_the_earlier_superfluous() -> None:
    result = dedup.deduplicate(records(), params=Params(updates="latest"))
    found = rows(result)
    assert found["verdict"]["kept"]
    assert (found["arrest"]["kept"], found["arrest"]["relation"]) == (False, "update")
    assert found["arrest"]["duplicate_of"] == "verdict"
    assert "signs of news" in found["arrest"]["reason"]
    assert result.summary["dropped"]["update"] >= 1
    counts = result.counts
    assert counts["records"] == counts["kept"] + counts["dropped"] + counts["rejected"]


def test_latest_needs_dates_and_a_text_that_has_it_all() -> None:
    undated = [{"id": row["id"], "text": row["text"]} for row in records()]
    result = dedup.deduplicate(undated, params=Params(updates="latest"))
    assert rows(result)["arrest"]["kept"]
    assert any("by their words alone" in note for note in result.summary["notes"])
    early, _ = follow_up()
    half = [{"id": "arrest", "text": early + " " + article(77, 90), "published": "2024-03-01"}, *records()[1:2]]
    assert rows(dedup.deduplicate(half, params=Params(updates="latest")))["arrest"]["kept"]


def test_drop_takes_updates_for_copies() -> None:
    result = dedup.deduplicate(records(), params=Params(updates="drop"))
    found = rows(result)
    assert not (found["arrest"]["kept"] and found["verdict"]["kept"])
    assert "update" not in result.matches["relation"].to_pylist()
    assert result.summary["stories"] == 0


def test_certainty_decides_how_much_is_dropped() -> None:
    kept = [
        dedup.deduplicate(records(), params=Params(certainty=certainty)).counts["kept"] for certainty in (0.0, 0.6, 1.0)
    ]
    assert kept == sorted(kept)
    assert kept[0] < kept[2]


@pytest.mark.parametrize("level", ["near", "rewritten"])
def test_texts_far_apart_are_not_compared(level: str) -> None:
    text = article(5, 120)
    some = [
        {"id": "a", "text": text, "published": "2024-03-01T00:00:00Z"},
        {"id": "b", "text": text.replace("the", "a", 2), "published": "2024-03-02T00:00:00Z"},
        {"id": "c", "text": text.replace("the", "one", 2), "published": "2024-06-02T00:00:00Z"},
        {"id": "d", "text": text, "published": "2024-07-02T00:00:00Z"},
        {"id": "e", "text": text.replace("the", "this", 2)},
    ]
    pairs = {
        window: {
            (row["left"], row["right"])
            for row in dedup.deduplicate(some, params=Params(level=level, window=window)).matches.to_pylist()
        }
        for window in (None, 72.0)
    }
    assert {("a", "b"), ("a", "c"), ("a", "d"), ("b", "c")} <= pairs[None]
    assert ("b", "c") not in pairs[72.0]
    assert {("a", "b"), ("a", "d"), ("b", "e")} <= pairs[72.0]  # identical ones, and those without a date


def test_within_keeps_what_lacks_a_date() -> None:
    pairs = all_pairs(3)
    dates = np.array([0, 3 * HOUR, NO_DATE])
    assert within(pairs, dates, 2.0).tolist() == pairs[1:].tolist()
    assert within(pairs, dates, 3.0).tolist() == within(pairs, dates, None).tolist() == pairs.tolist()


def test_an_index_reports_an_update(tmp_path: Path) -> None:
    early, late = follow_up()
    with dedup.Index.open(tmp_path / "index") as index:
        for k in range(30):
            index.add(f"other{k}", article(60 + k, 120))
        index.add("arrest", early, published="2024-03-01T08:00:00Z")
        matches = index.add("verdict", late, published="2024-09-02T08:00:00Z")
        (match,) = [match for match in matches if match.id == "arrest"]
        assert (match.relation, match.is_copy) == ("update", False)
        assert match.measures["hours"] > 0
        assert index.get("verdict").copy_of is None
    with dedup.Index.open(tmp_path / "near", Params(window=72)) as index:
        index.add("old", article(3, 120), published="2024-03-01")
        assert index.add("new", article(3, 120).replace("the", "a", 2), published="2024-05-01").matches == ()


def test_the_command_line_takes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in.jsonl"
    import json

    folder.write_text("".join(json.dumps(row) + "\n" for row in records()), "utf-8")
    assert main(["run", str(folder), "--updates", "latest", "--certainty", "0.7", "--window", "400d", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["params"]["updates"], summary["params"]["certainty"], summary["params"]["window"]) == (
        "latest",
        0.7,
        9600.0,
    )
    for wrong in (["--updates", "all"], ["--window", "soon"], ["--window", "0h"]):
        with pytest.raises(SystemExit):
            main(["run", str(folder), *wrong])
    for given_wrongly in ({"updates": "all"}, {"certainty": 2}, {"window": 0}, {"window": True}):
        with pytest.raises(dedup.ParamsError):
            Params(**given_wrongly)


def test_measures_that_speak_for_news_only_raise_it() -> None:
    model = relation.Models.of(Params()).news
    draw = random.Random(3)
    for _ in range(200):
        inputs = {name: np.array([draw.random()]) for name in MEASURES} | {"retold": np.array([draw.random()])}
        before = model.probability(inputs)[0]
        for name in ("new_stages", "new_weekdays", "new_top", "hours"):
            more = {**inputs, name: inputs[name] + draw.random()}
            assert model.probability(more)[0] >= before - 1e-12, name
