"""The summary names clusters by titles, and says where many records of other titles have one and the same text."""

from __future__ import annotations

import pytest
from conftest import article

import dedup
from dedup.report.run_table import table

TITLES = ["Bridge shut", "Vote on taxes", "Rain at last", "Fire in Rome", "Cup final tonight", "Oil falls again"]


@pytest.fixture(scope="module")
def result() -> dedup.Result:
    """Return a run of six articles whose text is one notice, and of a report that six outlets title alike."""
    notice = [{"id": f"n{at}", "title": title, "text": article(1, 4)} for at, title in enumerate(TITLES)]
    report = [{"id": f"r{at}", "title": f"{at}: the mayor resigns", "text": article(2, 4)} for at in range(6)]
    return dedup.deduplicate([*report, *notice], level="near")


def test_one_text_under_titles_of_different_things_is_noted(result: dedup.Result) -> None:
    noted = [note for note in result.summary["notes"] if "titles" in note]
    words = "6 records have the same text under 6 titles (the first is 'n0'): it is probably not the article"
    assert noted == [words]
    assert result.decide(keep="longest").summary["notes"] == result.summary["notes"]


def test_largest_clusters_have_titles_after_another_decision_too(result: dedup.Result) -> None:
    for one in (result, result.decide(level="identical", keep="longest")):
        begins = {cluster["id"]: cluster["begins"] for cluster in one.summary["largest_clusters"]}
        assert begins == {"n0": "Bridge shut", "r0": "0: the mayor resigns"}


def test_a_cluster_without_title_or_words_is_shown_by_its_id(result: dedup.Result) -> None:
    summary = {**result.summary, "largest_clusters": [{"id": "x", "size": 2, "begins": ""}]}
    assert "        2  x\n" in table(summary)


def test_a_note_names_an_id_that_comes_twice() -> None:
    records = [{"id": id, "text": article(at)} for at, id in enumerate(("a", "b", "c", "b"))]
    (note,) = [note for note in dedup.deduplicate(records).summary["notes"] if "shares its id" in note]
    assert note == "1 record shares its id with another record, such as 'b'; file and row distinguish them"
