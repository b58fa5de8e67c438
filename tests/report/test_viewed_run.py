"""What a notebook shows of a run: the same of a result and of its folder, safe whatever the texts hold."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import article, edited
from run_tables import made_run, random_run

import dedup
from dedup.judge.relation import CARRIED, tolerance
from dedup.params import Params
from dedup.report.notebook.pair_list import distance_to_line
from dedup.report.notebook.story_list import StoryList
from dedup.run.viewed_run import ViewedRun
from dedup.schema import MEASURES, RELATIONS

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "\u202eevil\u2066 \x1b[2J\x00",
    "{{ 7 * 7 }}{% raw %}",
    "x" * 200_000,
]
MEASURED = dict.fromkeys(MEASURES, 0.5)
HARMFUL_TAGS = {"script", "img", "svg", "iframe", "object", "form", "input", "link", "meta"}


class MadeViews(ViewedRun):
    """The views of tables that were made."""

    def __init__(self, decisions: pa.Table, matches: pa.Table, texts: dict[int, str] | None = None) -> None:
        self.decisions, self.matches, self.params = decisions, matches, Params()
        self.summary = {"records": len(decisions), "dropped": {}}
        self._made = texts or {}

    def plain_texts(self, records: Iterable[int]) -> dict[int, str]:
        return {record: self._made.get(record, "") for record in records}


class Page(HTMLParser):
    """The tags, attributes and visible text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def records() -> list[dict[str, Any]]:
    report = article(1)
    return [
        {"id": "a", "text": report, "source": "Courier", "published": "2025-03-11T06:00Z", "title": "Bridge"},
        {"id": "b", "text": report.upper(), "source": "Post", "published": "2025-03-11T07:30Z", "title": "Bridge!"},
        {"id": "c", "text": edited(report, 1, 0.02), "source": "Mail", "published": "2025-03-11T09:00Z"},
        {"id": "d", "text": article(2), "source": "Mail", "published": "2025-03-11T09:00Z", "title": "Other"},
        {"id": "d", "text": article(3), "source": "Post"},
        {"id": "e", "text": " ".join(article(1).split()[:60]), "source": "Radio", "url": "https://radio.example/e"},
    ]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dedup.Result:
    folder = tmp_path_factory.mktemp("views")
    path = folder / "news.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records()) + "broken\n", "utf-8")
    return dedup.deduplicate(path, folder / "out")


@pytest.fixture(scope="module")
def output(result: dedup.Result) -> dedup.RunOutput:
    assert result.output is not None
    return dedup.RunOutput(result.output)


# ---- the same of both


def test_a_folder_shows_what_its_result_shows(result: dedup.Result, output: dedup.RunOutput) -> None:
    for one, other in zip(*(views_of(run) for run in (result, output)), strict=True):
        assert one == other
    assert result.labels.tolist() == output.labels.tolist()
    assert result.stories().table == output.stories().table
    assert result.pairs().table == output.pairs().table
    assert result.to_polars().equals(output.to_polars())


def views_of(run: dedup.Result | dedup.RunOutput) -> list[str]:
    """Return all that a run shows, as text and as HTML."""
    shown: list[Any] = [run, run.stories(), run.pairs(), run.sample("excerpt"), run.explain("b"), run.explain("a")]
    shown += [run.explain("e"), *run.pairs(n=1), *run.sample(n=1)]
    pages = [run.show("a"), run.show("a", "e"), run.show("b", "d:5".replace("d", row_of(run, 4)))]
    return [*map(str, shown), *(one._repr_html_() for one in [*shown, *pages])]


def row_of(run: dedup.Result | dedup.RunOutput, record: int) -> str:
    return str(run.decisions["file"][record])


# ---- labels


def test_labels_are_the_clusters_in_the_order_of_their_first_records(result: dedup.Result) -> None:
    assert result.labels.tolist() == [0, 0, 0, 1, 2, 0, -1]
    assert result.labels.dtype == np.int64
    assert len(result) == 7


@pytest.mark.parametrize("seed", range(30))
def test_labels_of_any_run_are_those_of_a_loop(seed: int) -> None:
    run = random_run(random.Random(seed), 40)
    numbers: dict[Any, int] = {}
    expected = []
    place = {(row["file"], row["row"]): at for at, row in enumerate(run.decisions.to_pylist())}
    for at, row in enumerate(run.decisions.to_pylist()):
        if row["cluster"] is None:
            expected.append(-1)
            continue
        leader: Any = at
        if row["duplicate_of"] is not None:
            there = (row["duplicate_of_file"], row["duplicate_of_row"])
            leader = place.get(there, ("index", row["duplicate_of"]))
        expected.append(numbers.setdefault(leader, len(numbers)))
    assert MadeViews(run.decisions, run.matches).labels.tolist() == expected


# ---- stories


def test_stories_come_largest_first_and_in_the_order_asked_for() -> None:
    run = made_run(
        [
            {"id": "w", "source": "A", "hour": 0, "title": "Wide"},
            *({"id": f"w{n}", "of": 0, "source": source, "hour": 1} for n, source in enumerate("BC")),
            {"id": "l", "source": "A", "hour": 0, "title": "Large"},
            *({"id": f"l{n}", "of": 3, "source": "A", "hour": 2} for n in range(3)),
            {"id": "s", "source": "A", "hour": 0},
            {"id": "s1", "of": 7, "source": "A", "hour": 30},
            {"id": "alone", "source": "A"},
        ]
    )
    stories = MadeViews(run.decisions, run.matches).stories()
    assert [story.id for story in stories] == ["l", "w", "s"]
    assert [story.id for story in stories.widest(2)] == ["w", "l"]
    assert [story.id for story in stories.longest(1)] == ["s"]
    assert [story.id for story in stories.largest(1)] == ["l"]
    assert stories["alone"].versions[0].id == "alone"
    assert stories.table["title"].to_pylist() == ["Large", "Wide", None]
    assert stories.to_pandas()["sources"].tolist() == [1, 3, 1]
    assert len(MadeViews(run.decisions, run.matches).stories(min_size=1)) == 4
    assert str(stories.largest(1)).splitlines()[1].split() == ["l", "4", "1", "2", "h", "A", "Large"]


def test_the_credit_of_a_story_without_a_source_stands_alone() -> None:
    run = made_run([{"id": "a", "credit": "Reuters"}, {"id": "b", "of": 0, "credit": "Reuters"}])
    stories = MadeViews(run.decisions, run.matches).stories()
    for shown in (str(stories), Page(stories._repr_html_()).text):
        assert "credits Reuters" in shown
        assert ", credits" not in shown


def test_ids_that_are_numbers_are_found() -> None:
    run = MadeViews(*_tables([{"id": "1"}, {"id": "2", "of": 0}]))
    assert run.stories()[1].id == "1"
    assert run.records_of(2) == [1]  # type: ignore[arg-type]
    assert repr(run.explain("2")) == "Explanation('2 is dropped: revised from 1, score 0.90')"


def test_long_lists_are_cut_and_say_so() -> None:
    rows = [{"id": f"k{n // 2}", **({"of": n - 1} if n % 2 else {})} for n in range(60)]
    stories: StoryList = MadeViews(*_tables(rows)).stories()
    assert len(stories) == 30
    assert str(stories).endswith("\n... and 10 more")
    assert "and 10 more" in Page(stories._repr_html_()).text


def _tables(rows: list[dict[str, Any]], matches: list[dict[str, Any]] | None = None) -> tuple[pa.Table, pa.Table]:
    run = made_run(rows, matches or [])
    return run.decisions, run.matches


# ---- pairs


@pytest.mark.parametrize("seed", range(10))
def test_the_line_is_the_one_that_decides(seed: int) -> None:
    """As defined in a loop over the pairs."""
    draw = random.Random(seed)
    rows = [{"id": f"r{n}"} for n in range(40)]
    matches = []
    for n in range(0, 40, 2):
        values = {name: draw.choice([None, draw.random()]) for name in ("resemblance", "carried", "news")}
        values["score"] = draw.random()
        matches.append({"left": n, "right": n + 1, "relation": draw.choice(RELATIONS), **values})
    table = _tables(rows, matches)[1]
    params = Params(threshold=draw.choice([0.6, 0.8]), certainty=draw.random(), score=draw.choice([0.0, 0.5]))
    expected = []
    for row in table.to_pylist():
        gaps = [math.inf]
        if row["relation"] == "near_duplicate":
            gaps += [abs(row["resemblance"] - params.threshold)] if row["resemblance"] is not None else []
        elif row["relation"] not in ("identical", "template"):
            carried = row["carried"]
            gaps += [abs(carried - CARRIED)] if carried is not None else []
            highest = float(tolerance(np.array([carried or 0.0]), params.certainty)[0])
            gaps += [abs(row["news"] - highest)] if row["news"] is not None else []
            if row["relation"] in ("excerpt", "revised", "rewritten") and params.score:
                gaps.append(abs(row["score"] - params.score))
        expected.append(min(gaps))
    assert distance_to_line(table, params).tolist() == pytest.approx(expected)


def test_pairs_are_filtered_and_ordered() -> None:
    rows = [{"id": name} for name in "abcd"]
    matches = [
        {"left": 0, "right": 1, "relation": "near_duplicate", "score": 0.9, "resemblance": 0.9},
        {"left": 0, "right": 2, "relation": "near_duplicate", "score": 0.71, "resemblance": 0.71},
        {"left": 1, "right": 3, "relation": "partial", "score": 0.2, "carried": 0.2, "news": None},
        {"left": 2, "right": "x", "relation": "identical", "score": 1.0},
    ]
    matches = [MEASURED | match for match in matches]
    run = MadeViews(*_tables(rows, matches))
    assert ["".join((pair.left, pair.right)) for pair in run.pairs()] == ["ac", "ab", "bd", "cx"]
    assert ["".join((pair.left, pair.right)) for pair in run.pairs(by="highest")] == ["cx", "ab", "ac", "bd"]
    assert ["".join((pair.left, pair.right)) for pair in run.pairs("near_duplicate", by="lowest", n=1)] == ["ac"]
    assert [pair.right_record for pair in run.pairs("identical")] == [None]
    assert len(run.sample("identical")) == 0
    for options in ({"relation": "copy"}, {"by": "date"}, {"n": 0}):
        with pytest.raises(dedup.ParamsError):
            run.pairs(**options)


def test_a_sample_is_drawn_by_its_seed_and_has_the_texts(result: dedup.Result) -> None:
    every = {(pair.left, pair.right) for pair in result.pairs()}
    drawn = [(pair.left, pair.right) for pair in result.sample(n=100)]
    assert sorted(drawn) == sorted(every)
    assert [(pair.left, pair.right) for pair in result.sample(n=100)] == drawn
    assert {tuple((pair.left, pair.right) for pair in result.sample(n=2, seed=seed)) for seed in range(20)} != {
        tuple(drawn[:2])
    }
    texts = {record["id"]: record["text"] for record in records()}
    for pair in result.sample(n=100):
        assert pair.texts is not None
        assert [text.strip() for text in pair.texts] == [texts[pair.left], texts[pair.right]]
    assert result.sample(n=1).to_pandas()["left_text"].str.len().tolist()[0] > 100


# ---- explanations


def test_an_explanation_is_that_of_the_decision(result: dedup.Result) -> None:
    rows = {row["id"]: row for row in result.decisions.to_pylist()}
    dropped = result.explain("c")
    assert dropped.headline == f"c is dropped: near duplicate of a, score {rows['c']['score']:.2f}"
    assert str(dropped).splitlines()[:2] == [dropped.headline, rows["c"]["reason"]]
    (pair,) = (pair for pair in result.pairs("near_duplicate") if {pair.left, pair.right} == {"a", "c"})
    assert dropped.measures["resemblance"] == pair.measures["resemblance"]
    assert result.explain("a").headline == f"a is kept: {rows['a']['reason']}"
    assert result.explain("a").measures == {}
    assert "is rejected" in str(result.explain(row_of(result, 6) + ":7"))


def test_ids_that_are_missing_or_not_one_are_refused(result: dedup.Result) -> None:
    with pytest.raises(dedup.InputError, match="no record 'z'"):
        result.explain("z")
    file = re.escape(row_of(result, 0))
    with pytest.raises(dedup.InputError, match=rf"2 records with the id 'd'; expected one of {file}:4, {file}:5"):
        result.show("d")
    assert result.explain(f"{row_of(result, 0)}:4").page.version.title == "Other"
    with pytest.raises(dedup.InputError, match="was rejected"):
        result.show(f"{row_of(result, 0)}:7")


# ---- pages


def test_two_texts_are_side_by_side_whether_or_not_they_match(result: dedup.Result) -> None:
    page = Page(str(result.show("a", "e")))
    assert page.text.index("Courier") < page.text.index("Radio")
    assert "mark" in page.tags
    turned = Page(str(result.show("e", "a")))
    assert turned.text.index("Radio") < turned.text.index("Courier")
    assert ("href", "https://radio.example/e") not in page.attributes  # no title to hold it
    strangers = Page(str(result.show("a", f"{row_of(result, 0)}:4")))
    assert "no relation, score" in strangers.text
    assert "the run has no match of the two" in strangers.text
    assert article(2)[:50] in strangers.text


def test_the_story_of_a_record_is_in_order_of_time(result: dedup.Result) -> None:
    page = Page(str(result.show("c"))).text
    assert "4 versions in 4 sources" in page
    assert [page.index(name) for name in ("Courier", "Post", "Mail", "Radio")] == sorted(
        page.index(name) for name in ("Courier", "Post", "Mail", "Radio")
    )


def test_nothing_of_an_article_is_run() -> None:
    rows = [
        {"id": text[:90] or "x", "title": text, "source": text, "url": f"javascript:alert({n})", "credit": text}
        | ({"of": 0, "reason": text} if n else {})
        for n, text in enumerate(HOSTILE)
    ]
    matches = [MEASURED | {"left": 0, "right": n, "relation": "revised", "score": 0.9} for n in range(1, 6)]
    run = made_run(rows, matches)
    texts = {n: f"{text} {article(1)} {text}" for n, text in enumerate(HOSTILE)}
    views = MadeViews(run.decisions, run.matches, texts)
    views.summary |= {"clusters": 1, "kept": 1, "rejected": 1, "notes": HOSTILE}
    views.summary["rejections"] = [{"file": HOSTILE[0], "row": 1, "reason": HOSTILE[1]}]
    first = HOSTILE[0]
    shown = [views, views.stories(), views.pairs(), views.sample(), views.explain(HOSTILE[1]), views.show(first)]
    shown += [views.show(first, id) for id in HOSTILE[1:5]]
    for one in shown:
        html = one._repr_html_()
        page = Page(html)
        assert not page.tags & HARMFUL_TAGS
        assert not [name for name, value in page.attributes if name.startswith("on") or "javascript:" in value]
        assert html.count("<style>") == html.count("</style>") == 1
        assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069]", html)
        assert len(html) < 800_000


def test_plots_count_what_was_dropped(result: dedup.Result) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    scores, bars = result.plot()
    assert sum(patch.get_height() for patch in scores.patches) == sum(
        count for relation, count in result.summary["matches"].items() if relation not in ("identical", "template")
    )
    assert sorted(patch.get_width() for patch in bars.patches) == [1, 1, 1]
    assert [line.get_xdata()[0] for line in scores.lines] == [0.7]
    assert [line.get_xdata()[0] for line in result.decide(score=0.4).plot()[0].lines] == [0.7, 0.4]
    assert list(result.plot(axes=(bars, scores))) == [bars, scores]
    _, nothing = dedup.deduplicate(["One text."]).plot()
    assert nothing.get_xlabel() == "none"


def test_a_missing_library_is_named_with_its_extra() -> None:
    code = (
        "import sys, dedup\n"
        "result = dedup.deduplicate(['One text.'])\n"
        "sys.modules.update(pandas=None, polars=None, matplotlib=None)\n"
        "for view in (result.to_pandas, result.to_polars, result.plot, result.stories(1).to_pandas):\n"
        "    try: view()\n"
        "    except ImportError as error: print(error)\n"
        "print(len(result._repr_html_()) > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *errors, shown = done.stdout.splitlines()
    assert [line.split("pip install ")[1] for line in errors] == [
        f"'newsdedup[{name}]'" for name in ("pandas", "polars", "plot", "pandas")
    ]
    assert shown == "True"


@pytest.mark.parametrize("options", [{"level": "near"}, {"level": "identical", "keep": "latest"}])
def test_a_decision_by_other_parameters_is_that_of_a_run(
    options: dict[str, Any], result: dedup.Result, output: dedup.RunOutput
) -> None:
    expected = dedup.deduplicate(output.summary["files_read"][0]["path"], **options)
    for run in (result, output):
        decided = run.decide(**options)
        assert decided.decisions == expected.decisions
        assert decided.labels.tolist() == expected.labels.tolist()
    with pytest.raises(dedup.ParamsError, match="other agencies"):
        result.decide(agencies=Path(__file__).parents[2] / "examples" / "agencies.json")


def test_documents_of_an_index_have_a_place_in_all_views(tmp_path: Path) -> None:
    dedup.deduplicate([{"id": "old", "text": article(1)}], index=tmp_path / "index")
    rows = [{"id": "new", "text": edited(article(1), 1, 0.02)}, {"id": "newer", "text": article(1).upper()}]
    result = dedup.deduplicate(rows, index=tmp_path / "index")
    assert result.labels.tolist() == [0, 0]
    assert "old" in str(result.explain("new"))
    assert "dropped for old" in Page(str(result.show("new"))).text
    assert {pair.left_record is None or pair.right_record is None for pair in result.pairs()} >= {True}
    assert result._repr_html_()
