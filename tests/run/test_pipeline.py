"""The run as a whole: the same answer however it is run, and nothing lost."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import naive
import pyarrow as pa
import pytest
from conftest import article, edited
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import deduplicated

import dedup
from dedup import schema
from dedup.io import ReadTuning
from dedup.judge.families import LARGE
from dedup.kernels import agreement, band_keys, leader_clusters, new_numbers, resemblance, word_pair_sketches
from dedup.params import Params
from dedup.run.options import RunOptions


def corpus() -> list[dict[str, object]]:
    """Articles, their copies, excerpts, rewrites, and what else turns up in a feed."""
    texts = [article(seed, 30) for seed in range(60)]
    records: list[dict[str, object]] = [{"id": f"a{n:02}", "text": text} for n, text in enumerate(texts)]
    records += [{"id": f"exact{n}", "text": texts[n]} for n in range(0, 60, 7)]
    records += [{"id": f"case{n}", "text": texts[n].upper().replace(" ", "  ")} for n in range(1, 60, 9)]
    records += [{"id": f"near{n}", "text": edited(texts[n], n, 0.02)} for n in range(0, 60, 5)]
    records += [{"id": f"part{n}", "text": texts[n][: len(texts[n]) // 3]} for n in range(2, 60, 11)]
    records += [{"id": "null", "text": None}, {"id": "empty", "text": ""}, {"id": "emoji", "text": "🎉🎉"}]
    records += [{"id": "short1", "text": "Yes, of course."}, {"id": "short2", "text": "yes of course"}]
    records += [{"id": "zh1", "text": "市议会周一投票决定关闭旧桥进行维修直到明年春末" * 3}]
    records += [{"id": "zh2", "text": "市议会周一投票决定关闭旧桥，进行维修，直到明年春末。" * 3}]
    for n, record in enumerate(records):
        record["published"] = f"2024-03-{1 + n * 7 % 28:02}"
        record["source"] = ("AP", "BBC", None)[n % 3]
        urls = None, f"http://courier.example/{n * 11 % 50}", f"https://m.courier.example/{n * 7 % 50}/"
        record["url"] = urls[n % 3]
    return records


def fates(result: dedup.Result) -> dict[str, tuple[object, ...]]:
    columns = ("kept", "duplicate_of", "relation", "score", "cluster", "reason")
    return {row["id"]: tuple(row[name] for name in columns) for row in result.decisions.to_pylist()}


@pytest.mark.parametrize("level", dedup.Level.__members__)
@pytest.mark.parametrize(("keep", "prefer"), [("earliest", ()), ("longest", ()), ("source", ("BBC",))])
def test_nothing_depends_on_order_batches_or_threads(level: str, keep: str, prefer: tuple[str, ...]) -> None:
    params = Params(level=level, keep=keep, prefer=prefer)
    records = corpus()
    expected = dedup.deduplicate(records, params=params, run=RunOptions(threads=1))
    for threads, size, seed in ((2, 7, 1), (4, 1000, 2), (1, 1, 3)):
        shuffled = records[:]
        random.Random(seed).shuffle(shuffled)
        result = deduplicated(shuffled, params, threads, ReadTuning(batch_records=size))
        assert fates(result) == fates(expected)
        places = ["left_record", "right_record"]
        assert result.matches.drop_columns(places).equals(expected.matches.drop_columns(places))


def matched_by(rows: dict[str, dict[str, Any]], row: dict[str, Any]) -> str:
    """Return what a dropped record matches: the kept one, or a dropped version of its story that its reason names."""
    named = re.search(r"the other version of the story.*; that is (.+), which is dropped too", row["reason"])
    if named is None:
        return str(row["duplicate_of"])
    assert not rows[named[1]]["kept"]
    assert rows[named[1]]["duplicate_of"] == row["duplicate_of"]
    return named[1]


@pytest.mark.parametrize("level", dedup.Level.__members__)
@pytest.mark.parametrize("keep", ["first", "earliest", "longest"])
def test_guarantees(level: str, keep: str) -> None:
    records = corpus()
    result = dedup.deduplicate(records, params=Params(level=level, keep=keep))
    rows = {row["id"]: row for row in result.decisions.to_pylist()}
    matches = {(row["left"], row["right"]): row for row in result.matches.to_pylist()}
    counts = result.counts
    assert counts["records"] == len(records) == counts["kept"] + counts["dropped"] + counts["rejected"]
    for row in rows.values():
        if row["kept"]:
            assert row["cluster"] == row["id"]
            assert row["duplicate_of"] is None
            continue
        assert row["cluster"] == row["duplicate_of"]
        assert rows[row["duplicate_of"]]["kept"]
        match = matches[tuple(sorted((row["id"], matched_by(rows, row))))]
        assert (match["relation"], match["score"]) == (row["relation"], row["score"])
    copies = ["identical", "near_duplicate", "excerpt", "revised", "rewritten"]
    levels = {"identical": 1, "near": 2, "syndicated": 4, "rewritten": 5}
    for (left, right), match in matches.items():
        assert left < right
        if match["relation"] in copies[: levels[level]]:
            assert not (rows[left]["kept"] and rows[right]["kept"])


def test_near_level_finds_what_the_definition_finds() -> None:
    # Without identical texts: they are reported by matches with one of them, not by all pairs.
    texts = {" ".join(naive.tokens(str(record["text"] or ""))): record for record in corpus()}
    records = [record for text, record in texts.items() if text.count(" ") >= 9]
    result = dedup.deduplicate(records, params=Params(level="near"))
    found = {(row["left"], row["right"]): row for row in result.matches.to_pylist()}
    shingles = {str(record["id"]): set(naive.shingles(str(record["text"]), 5)) for record in records}
    for left, a in shingles.items():
        for right, b in shingles.items():
            if left < right:
                truth = len(a & b) / len(a | b)
                row = found.get((left, right))
                assert (row is not None) == (truth >= 0.7), (left, right, truth)
                if row is not None:
                    assert row["resemblance"] == truth


@pytest.mark.parametrize("level", ["syndicated", "rewritten"])
def test_levels_are_cumulative(level: str) -> None:
    """Near duplicates stay so at the higher levels, even where all their words are those of a template."""
    sentences = [f"{line}." for line in article(1, 100).rstrip(".").split(". ")]
    draw = random.Random(5)
    # Each sentence stands on some forty pages, and no page has much of another: of no large family.
    chosen = [draw.sample(sentences, 25) for _ in range(150)]
    again = [[draw.choice(sentences) if draw.random() < 0.1 else line for line in lines] for lines in chosen[::3]]
    pages = [" ".join(lines) for lines in chosen + again]
    pages += [page.rsplit(" ", 3)[0] for page in pages[::10]]
    # Distinct texts only: which of the matches of a text its twins are given depends on what is kept.
    texts = [record for record in corpus() if not str(record["id"]).startswith(("exact", "case"))]
    records = [{"id": f"{n}", "text": text} for n, text in enumerate(pages)] + texts
    # News is recognised by measures that depend on the level.
    near = dedup.deduplicate(records, params=Params(level="near", updates="drop")).matches.to_pylist()
    above = dedup.deduplicate(records, params=Params(level=level, updates="drop")).matches.to_pylist()
    kinds = {"identical", "near_duplicate"}
    assert len(near) > 40
    found = {(row["left"], row["right"]): row["resemblance"] for row in above if row["relation"] in kinds}
    # The road of rare pairs may find a near duplicate more that the bands have missed.
    more = found.keys() - {(row["left"], row["right"]) for row in near}
    assert len(found) == len(near) + len(more)
    assert len(more) < 0.06 * len(near)
    assert all(found[pair] >= 0.7 for pair in more)


@pytest.mark.parametrize("level", ["syndicated", "rewritten"])
@pytest.mark.parametrize("size", [LARGE, LARGE + 1, 120])
def test_of_a_large_family_one_is_kept_and_all_others_say_for_what_they_go(level: str, size: int) -> None:
    """Not all pairs of its versions are reported."""
    versions = [{"id": f"v{n:03}", "text": edited(article(1, 30), n, 0.05)} for n in range(size)]
    others = [{"id": f"a{n}", "text": article(n, 30)} for n in range(2, 30)]
    result = dedup.deduplicate(versions + others, params=Params(level=level))
    rows = {row["id"]: row for row in result.decisions.to_pylist()}
    assert [row["id"] for row in rows.values() if row["kept"]] == ["v000", *(other["id"] for other in others)]
    matches = {(row["left"], row["right"]): row for row in result.matches.to_pylist()}
    for row in rows.values():
        if not row["kept"]:
            match = matches[tuple(sorted((row["id"], matched_by(rows, row))))]
            assert (match["relation"], match["score"]) == (row["relation"], row["score"])
    assert size <= LARGE or len(matches) < size * (size - 1) // 2


def test_what_copies_a_dropped_version_of_its_family_goes_with_it() -> None:
    """Its reason names that version, with which it has a match."""
    records = [{"id": f"v{n:02}", "text": edited(article(1, 30), n, 0.04 * (n % 9))} for n in range(60)]
    result = dedup.deduplicate(records + [{"id": f"a{n}", "text": article(n, 30)} for n in range(2, 30)])
    rows = {row["id"]: row for row in result.decisions.to_pylist()}
    matches = {(row["left"], row["right"]) for row in result.matches.to_pylist()}
    for row in rows.values():
        assert row["kept"] or tuple(sorted((row["id"], matched_by(rows, row)))) in matches


@given(st.floats(0.3, 1.0))
@settings(max_examples=10)
def test_no_match_is_under_the_threshold(threshold: float) -> None:
    result = dedup.deduplicate(corpus(), params=Params(level="near", threshold=threshold))
    assert min(result.matches["resemblance"].to_pylist()) >= threshold


def test_every_kept_and_dropped_document_says_why() -> None:
    result = dedup.deduplicate(corpus(), params=Params(level="near"))
    reasons = {row["id"]: row["reason"] for row in result.decisions.to_pylist()}
    assert reasons["null"] == reasons["empty"] == "no text"
    assert reasons["emoji"] == "no words"
    assert reasons["short1"] == "the earliest of 2 copies"
    assert reasons["short2"] == "the same words in the same order"
    assert reasons["near5"].startswith("nearly the same text: ")
    assert reasons["a03"] == "no copy found"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["red", "herring", "boat", "council", "bridge", "7", "за", "мост"]), max_size=14),
        max_size=6,
    )
)
def test_texts_of_a_few_words_are_decided_at_every_level(drawn: list[list[str]]) -> None:
    """Where all are too short to be compared, too: a corpus of headlines, or of nothing."""
    texts = [" ".join(words) for words in drawn] or ["one"]
    for level in ("identical", "near", "syndicated", "rewritten"):
        result = dedup.deduplicate(texts, params=Params(level=level, related=True))
        words = [naive.tokens(text) for text in texts]
        for at, (text, kept) in enumerate(zip(words, result.is_kept.tolist(), strict=True)):
            if len(text) < Params().min_tokens:
                assert kept == (not text or text not in words[:at])


def test_a_reason_does_not_call_the_longest_the_earliest() -> None:
    """A live blog: each version holds those before it, so the last one stays, whatever the policy."""
    first, second, third = (article(seed, 40) for seed in (301, 302, 303))
    versions = [first, f"{first} {second}", f"{first} {second} {third}"]
    records = [{"id": f"v{k}", "text": text, "published": f"2024-05-0{k + 1}"} for k, text in enumerate(versions)]
    reasons = {row["id"]: row["reason"] for row in dedup.deduplicate(records).decisions.to_pylist()}
    assert reasons["v2"] == "contains 2 earlier copies"
    copy = {"id": "copy", "text": edited(versions[2], 7, 0.02), "published": "2024-05-04"}
    reasons = {row["id"]: row["reason"] for row in dedup.deduplicate([*records, copy]).decisions.to_pylist()}
    assert reasons["v2"] == "contains 2 earlier copies"
    reasons = {row["id"]: row["reason"] for row in dedup.deduplicate([records[0], records[2]]).decisions.to_pylist()}
    assert reasons["v2"] == "contains 1 earlier copy"


def test_a_reason_calls_equal_dates_equal_and_a_version_with_more_fuller() -> None:
    first, second, third = (article(seed, 40) for seed in (301, 302, 303))
    records = [
        {"id": id, "text": text, "published": "2024-05-01"} for id, text in (("a", first), ("b", first + second))
    ]
    reasons = {row["id"]: row["reason"] for row in dedup.deduplicate(records).decisions.to_pylist()}
    assert reasons["b"] == "contains 1 earlier or equally dated copy"
    revised = {"id": "r", "text": f"{first} {third}", "published": "2024-05-02"}
    earlier = {"id": "e", "text": f"{first} {article(305, 20)}", "published": "2024-05-01"}
    rows = {row["id"]: row for row in dedup.deduplicate([earlier, revised]).decisions.to_pylist()}
    assert (rows["e"]["relation"], rows["r"]["reason"]) == ("revised", "fuller than 1 earlier copy")


def test_policies() -> None:
    text = article(1)
    records = [
        {"id": "b", "text": text, "published": "2024-05-02", "source": "BBC"},
        {"id": "c", "text": text + " One more line.", "published": "2024-05-03", "source": "AP"},
        {"id": "a", "text": text, "published": "2024-05-02", "source": "dpa"},
        {"id": "d", "text": text, "source": "Reuters"},
    ]

    def kept(**how: object) -> list[str]:
        return dedup.deduplicate(records, params=Params(level="near", **how)).kept["id"].to_pylist()  # type: ignore[arg-type]

    assert kept() == ["a"]
    assert kept(keep="first") == ["b"]
    assert kept(keep="longest") == ["c"]
    assert kept(keep="source", prefer=["Reuters", "BBC"]) == ["d"]
    undated = [{"id": record["id"], "text": record["text"]} for record in records]
    assert dedup.deduplicate(undated, params=Params(level="near")).kept["id"].to_pylist() == ["b"]


def test_a_text_many_times_and_a_template_many_times() -> None:
    copies = [{"id": f"c{n}", "text": article(1)} for n in range(3000)]
    near = [{"id": f"n{n}", "text": article(2, 60) + f" Number {n}."} for n in range(600)]
    frame = article(3, 40)
    pages = [{"id": f"p{n}", "text": f"{article(1000 + n, 25)} {frame}"} for n in range(300)]
    result = dedup.deduplicate([*copies, *near, *pages], params=Params(level="near"))
    kept = result.kept["id"].to_pylist()
    assert kept == ["c0", "n0", *(f"p{n}" for n in range(300))]
    assert len(result.matches) < 70 * 600 + 3000


def test_earliest_needs_a_date() -> None:
    records = [{"id": "b", "text": article(1), "published": None}, {"id": "a", "text": article(1), "published": "?"}]
    result = dedup.deduplicate(records, params=Params(level="near"))
    assert result.summary["keep"] == "first"
    assert result.kept["id"].to_pylist() == ["b"]


def test_a_keep_policy_without_its_data_is_reported() -> None:
    records = [{"id": "b", "text": article(1), "source": "AP"}, {"id": "a", "text": article(1), "source": None}]
    by_date = dedup.deduplicate(records, params=Params(level="near", keep="latest"))
    assert any("no record has a readable date" in note for note in by_date.summary["notes"])
    by_source = dedup.deduplicate(records, params=Params(level="near", keep="source", prefer=("dpa",)))
    assert any("no record comes from a preferred source (dpa)" in note for note in by_source.summary["notes"])
    found = dedup.deduplicate(records, params=Params(level="near", keep="source", prefer=("ap",)))
    assert found.summary["notes"] == []
    assert found.kept["id"].to_pylist() == ["b"]


def test_a_small_memory_is_reported() -> None:
    texts = ["word " * 4_200_000, article(1)]  # no table is smaller than a megabyte, which is enough for fewer words
    assert dedup.deduplicate(texts, params=Params(level="syndicated")).summary["notes"] == []
    cramped = dedup.deduplicate(texts, params=Params(level="syndicated"), run=RunOptions(memory=40_000))
    assert any("--memory" in note for note in cramped.summary["notes"])


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"params": "near"}, "params of type str"),
        ({"params": {"level": "near"}}, "params of type dict"),
        ({"level": "nearly"}, "level 'nearly'"),
        ({"treshold": 0.8}, "treshold.*threshold"),
    ],
)
def test_arguments_that_cannot_be_used(how: dict[str, Any], error: str) -> None:
    with pytest.raises(dedup.ParamsError, match=error):
        dedup.deduplicate(["a"], **how)


@pytest.mark.parametrize("how", [{"threads": 0}, {"threads": "2"}, {"threads": True}, {"memory": -1}, {"longest": 0}])
def test_options_that_cannot_be_used(how: dict[str, Any]) -> None:
    with pytest.raises(dedup.ParamsError, match=next(iter(how))):
        RunOptions(**how)


def test_fields_of_params_are_keywords_that_replace_those_of_params() -> None:
    given = Params(level="near", threshold=0.9)
    summary = dedup.deduplicate([article(1)], params=given, threshold=0.8, keep="longest").summary
    assert summary["params"] == Params(level="near", threshold=0.8, keep="longest").as_dict()


@pytest.mark.parametrize(
    "how", [{"prefer": "AP", "keep": "source"}, {"threshold": 2}, {"num_perm": 16.5}, {"level": "x"}]
)
def test_params_that_cannot_be_used(how: dict[str, object]) -> None:
    with pytest.raises(dedup.ParamsError):
        Params(**how)  # type: ignore[arg-type]


def test_kernels_compile_once_for_runs_and_comparisons() -> None:
    kernels = [
        kernel
        for module in (band_keys, word_pair_sketches, agreement, new_numbers, resemblance, leader_clusters)
        for kernel in vars(module).values()
        if hasattr(kernel, "nopython_signatures") and kernel.__module__ == module.__name__
    ]
    assert len(kernels) > 10
    dedup.deduplicate(corpus())  # other tests may have called some of them with other types
    before = {kernel.__name__: len(kernel.nopython_signatures) for kernel in kernels}
    dedup.compare(article(1), edited(article(1), 1, 0.3))
    after = {kernel.__name__: len(kernel.nopython_signatures) for kernel in kernels}
    assert {name for name in after if before[name] and after[name] > before[name]} <= {"find"}


def test_identical_texts_claim_no_measure_that_was_not_taken() -> None:
    text = article(1) + " It cost 4 million in 2020."
    known = dict.fromkeys(schema.ALL_OF_IDENTICAL, 1.0)
    (match,) = dedup.deduplicate([text, text.upper()]).matches.to_pylist()
    assert {name: match[name] for name in schema.MEASURES if match[name] is not None} == known
    assert dedup.compare(text, text.upper()).measures == known


def test_compare_takes_strings() -> None:
    with pytest.raises(dedup.InputError, match="b of type NoneType; expected a string"):
        dedup.compare("a", None)  # type: ignore[arg-type]


def test_a_result_says_where_it_was_written(tmp_path: Path) -> None:
    result = dedup.deduplicate([article(1), "<u>"], tmp_path / "out", level="near")
    assert repr(result) == f"Result(records=2, kept=2, dropped=0, rejected=0, output={str(tmp_path / 'out')!r})"
    assert result.output == tmp_path / "out"
    assert "<u>" not in result._repr_html_()


def test_results_show_their_numbers() -> None:
    result = dedup.deduplicate([article(1), article(1), article(2)], params=Params(level="near"))
    assert repr(result) == "Result(records=3, kept=2, dropped=1, rejected=0)"
    assert "kept" in result._repr_html_()
    assert "dropped            1  identical 1" in str(result)
    assert result.kept.num_rows == 2
    assert isinstance(result.decisions, pa.Table)
    assert result.summary["fingerprint"] == Params(level="near").fingerprint


BRIDGE = (
    "Городской совет после долгого спора решил закрыть старый мост до конца следующей весны. Инженеры нашли трещины "
    "в трёх опорах, и грузовикам придётся ехать в объезд через соседний посёлок. Жители правого берега жалуются, что "
    "дорога до больницы станет вдвое длиннее, а торговцы на набережной боятся потерять покупателей. Мэр обещал пустить "
    "бесплатный паром и попросил у министерства деньги на ремонт."
)
HARVEST = (
    "Фермеры на юге области собрали рекордный урожай яблок, хотя ранние заморозки погубили часть цветов. Склады уже "
    "полны, цены упали почти на треть, и многие хозяйства сдают плоды на сок дешевле, чем обошёлся их сбор. Союз "
    "садоводов предлагает построить общий холодильник и возить яблоки в северные города, где их зимой не хватает. "
    "Первую партию отправят по железной дороге в начале ноября."
)
LATIN = (
    "(c) 2024 Volga Media Group. ISSN 1234-5678. E-mail: desk@volga.example, tel. +7 000 123 45 67, www.volga.example"
)


@pytest.mark.parametrize("level", dedup.Level.__members__)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "koi8-r"])
def test_texts_in_an_unknown_encoding_are_distinguished(tmp_path: Path, level: str, encoding: str) -> None:
    """By their own words, which no one can read, and not by the footer that all can."""
    texts = {"bridge": BRIDGE, "harvest": HARVEST, "again": BRIDGE, "loud": BRIDGE + "!"}
    lines = [
        b'{"id": "%s", "text": "%s"}\n' % (name.encode(), f"{text} {LATIN}".encode(encoding))
        for name, text in texts.items()
    ]
    path = tmp_path / "feed.jsonl"
    path.write_bytes(b"".join(lines))
    result = dedup.deduplicate(path, params=Params(level=level, keep="first"))
    decided = {row["id"]: (row["kept"], row["duplicate_of"], row["relation"]) for row in result.decisions.to_pylist()}
    copy = (False, "bridge", "identical")
    assert decided == {"bridge": (True, None, None), "harvest": (True, None, None), "again": copy, "loud": copy}
    out = tmp_path / "out"
    dedup.deduplicate(path, out, Params(level=level, keep="first"))
    assert (out / "kept.jsonl").read_bytes() == b"".join(lines[:2])


def test_texts_that_a_decoder_could_not_read_are_distinguished_too() -> None:
    """By what is left of it: how many letters each word had. So two such texts are not the same, nor nearly."""
    one, other = (text.encode("cp1251").decode("utf-8", "replace") for text in (BRIDGE, HARVEST))
    texts = [f"{one} {LATIN}", f"{other} {LATIN}", f"{one}  {LATIN}"]
    result = dedup.deduplicate(texts, params=Params(level="near"))
    assert result.decisions["kept"].to_pylist() == [True, True, False]


def test_no_words_at_all() -> None:
    result = dedup.deduplicate(["", "🎉"], params=Params(level="near"))
    assert result.counts["kept"] == 2
    assert len(result.matches) == 0
