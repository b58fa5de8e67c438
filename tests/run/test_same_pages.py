"""Texts of one page are compared, reported as its versions, and judged by their words alone."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import article, edited
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.params import Params
from dedup.run.ranking import Numbering
from dedup.run.same_pages import MOST_TEXTS, NEIGHBOURS, NO_PAGE, pages_of, pairs_of_pages
from dedup.text.page_urls import canonical

COARSE = Params(sketch_overlap=64, sketch_size=64)
"""By which the search brings few pairs together."""

urls = st.none() | st.sampled_from(
    [
        *("", "courier", "https://courier.example/", "https://courier.example/a", "http://www.courier.example/a/#top"),
        *(
            "https://courier.example/b?id=1",
            "https://courier.example/b?id=2&utm_id=1",
            "https://courier.example/b?id=2",
        ),
    ]
)


def url_of(number: int, source: str = "feed") -> str:
    return f"https://courier.example/news/{number}?utm_source={source}"


def numbering_of(document: list[int]) -> Numbering:
    n_texts = max(document, default=-1) + 1
    return Numbering(np.array(document, np.int64), np.array([document.index(k) for k in range(n_texts)], np.int64))


def pages(urls: list[str | None], document: list[int]) -> list[int]:
    found = pages_of(pa.array(urls, pa.large_string()), numbering_of(document))
    return [NO_PAGE] * len(urls) if found is None else found.tolist()


def fates(result: dedup.Result) -> list[tuple[Any, ...]]:
    columns = ("id", "kept", "duplicate_of", "relation", "score", "cluster")
    return [tuple(row[name] for name in columns) for row in result.decisions.to_pylist()]


def versions(result: dedup.Result) -> dict[tuple[str, str], str]:
    rows = result.matches.to_pylist()
    return {(row["left"], row["right"]): row["relation"] for row in rows if row["same_url"]}


def reasons(result: dedup.Result) -> dict[str, str]:
    return {row["id"]: row["reason"] for row in result.decisions.to_pylist()}


@given(st.lists(urls, max_size=12))
def test_records_are_of_one_page_if_their_urls_have_one_form(some: list[str | None]) -> None:
    found = pages(some, list(range(len(some))))
    forms = [canonical(url or "") for url in some]
    for one, other in combinations(range(len(some)), 2):
        assert (found[one] == found[other] != NO_PAGE) == (forms[one] == forms[other] != "")
    assert all(page == NO_PAGE for page, form in zip(found, forms, strict=True) if forms.count(form) == 1)


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 40)), max_size=60), st.sets(st.integers(0, 40)))
def test_each_text_of_a_page_meets_those_that_follow(records: list[tuple[int, int]], compared: set[int]) -> None:
    of_page = [sorted({text for page, text in records if page == wanted and text in compared}) for wanted in range(4)]
    expected = {(a, b) for texts in of_page for k, a in enumerate(texts) for b in texts[k + 1 : k + 1 + NEIGHBOURS]}
    columns = (np.array([record[k] for record in records], np.int64) for k in (0, 1))
    takes_part = np.array(sorted(compared & {text for _, text in records}), np.int64)
    found = pairs_of_pages(*columns, takes_part).tolist()
    assert found == sorted(a << 32 | b for a, b in expected)


def test_a_url_of_very_many_texts_is_that_of_a_site() -> None:
    """However many records the texts have."""
    for n in (MOST_TEXTS, MOST_TEXTS + 1):
        document = [k // 3 for k in range(3 * n)]
        assert (pages(["https://courier.example/news"] * len(document), document)[0] >= 0) == (n == MOST_TEXTS)


def test_versions_are_compared_that_the_search_does_not_bring_together() -> None:
    text = article(1, 12)
    records = [
        {"id": "a", "text": text, "published": "2024-03-01"},
        {"id": "b", "text": edited(text, 3, 0.15), "published": "2024-03-02"},
        {"id": "c", "text": edited(text, 4, 0.15), "published": "2024-03-03"},
        {"id": "d", "text": article(9, 30), "published": "2024-03-04"},
    ]
    without = dedup.deduplicate(records, params=COARSE)
    assert not versions(without)
    assert without.matches.num_rows == 2
    found = dedup.deduplicate([{**record, "url": url_of(1)} for record in records], params=COARSE)
    assert versions(found).keys() == {("a", "b"), ("a", "c"), ("b", "c")}
    assert found.matches.num_rows == sum(found.summary["same_url"].values()) == 3


@pytest.mark.parametrize("level", ["near", "rewritten"])
def test_a_version_is_dropped_as_by_its_text_alone_and_the_reason_names_the_page(level: str) -> None:
    text = article(1, 30)
    dates = ("2024-03-02", "2024-03-01", "2024-03-01", None)
    records: list[dict[str, Any]] = [
        {"id": "abcd"[n], "text": edited(text, n, 0.01) if n else text, "url": url_of(7), "published": date}
        for n, date in enumerate(dates)
    ]
    found = dedup.deduplicate(records, level=level)
    alone = dedup.deduplicate([{**record, "url": None} for record in records], level=level)
    assert fates(found) == fates(alone)
    assert not versions(alone)
    expected = {"a": "a later version", "c": "another version", "d": "another version"}
    for name, words in expected.items():
        assert reasons(found)[name] == f"{words} of the same page: {reasons(alone)[name]}"
    latest = dedup.deduplicate(records, level=level, keep="latest")
    assert reasons(latest)["b"].startswith("an earlier version of the same page: ")


def test_a_version_that_carries_on_another_with_news_is_kept_and_says_so() -> None:
    body = article(7, 20)
    old = f"A man was arrested on Monday after the fire at the mill, police said. {body}"
    new = f"A man was found guilty by a jury on Friday of the fire at the mill. He was jailed for nine years. {body}"
    records = [
        {"id": "old", "text": old, "url": url_of(7), "published": "2024-03-01"},
        {"id": "new", "text": new, "url": url_of(7), "published": "2024-03-20"},
    ]
    found = dedup.deduplicate(records)
    assert versions(found) == {("new", "old"): "update"}
    assert reasons(found)["new"] == "no copy found; carries on an earlier version of the same page with news: old"
    assert reasons(found)["old"] == "no copy found"


def test_texts_that_share_nothing_but_a_url_stay_apart_and_are_noted() -> None:
    records = [{"id": str(n), "text": article(n, 30), "url": url_of(n // 3)} for n in range(6)]
    found = dedup.deduplicate(records)
    assert found.is_kept.all()
    assert found.matches.num_rows == 0
    (note,) = [note for note in found.summary["notes"] if "nothing in common" in note]
    assert note.startswith("2 URLs are that of several texts")
    assert repr(url_of(0)) in note
    quiet = dedup.deduplicate([*records, {"id": "7", "text": edited(article(0, 30), 1, 0.01), "url": url_of(0)}])
    assert any(note.startswith("1 URL is that of") for note in quiet.summary["notes"])
    assert not any("URL" in note for note in dedup.deduplicate(records, level="near").summary["notes"])


def test_a_feed_in_which_all_share_the_url_of_the_site_is_decided_as_without() -> None:
    texts = [article(n % 9, 30) if n % 2 else edited(article(n % 9, 30), n, 0.03) for n in range(40)]
    plain = [{"id": f"{n:02}", "text": text} for n, text in enumerate(texts)]
    expected = dedup.deduplicate(plain)
    for url in ("https://courier.example/", "https://courier.example/news", "https://courier.example/?amp"):
        found = dedup.deduplicate([{**record, "url": url} for record in plain])
        assert fates(found) == fates(expected)
    assert reasons(dedup.deduplicate([{**record, "url": "https://courier.example/"} for record in plain])) == reasons(
        expected
    )


def test_a_match_of_texts_is_reported_with_their_records_of_one_page() -> None:
    """Though the text has come from another site first, and stands there for both."""
    text = article(1, 30)
    later = edited(text, 1, 0.03)
    records = [
        {"id": "agency", "text": text, "url": "https://agency.example/9", "published": "2024-03-01"},
        {"id": "paper", "text": text, "url": url_of(7), "published": "2024-03-02"},
        {"id": "paper again", "text": later, "url": url_of(7, "app"), "published": "2024-03-03"},
    ]
    found = dedup.deduplicate(records)
    rows = {(row["left"], row["right"]): row for row in found.matches.to_pylist()}
    assert versions(found).keys() == {("paper", "paper again")}
    pair, stands = rows["paper", "paper again"], rows["agency", "paper again"]
    assert (pair["left_record"], pair["right_record"]) == (1, 2)
    assert {**pair, "left": 0, "left_record": 0, "derived": 0, "same_url": False} == {**stands, "left": 0, "derived": 0}
    assert reasons(found)["paper again"].startswith("a revised version: ")


def test_matches_with_an_index_are_of_no_page(tmp_path: Any) -> None:
    text = article(1, 30)
    with dedup.Index(tmp_path / "news.index") as index:
        index.add("stored", text)
        records = [
            {"id": "a", "text": edited(text, 1, 0.01), "url": url_of(7)},
            {"id": "b", "text": edited(text, 2, 0.01), "url": url_of(7)},
        ]
        found = dedup.deduplicate(records, index=index)
    assert versions(found).keys() == {("a", "b")}
    assert all("page" not in reason for reason in reasons(found).values())
