"""A document of an index is shown with its copies, and two with their measures; there are no texts to be shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import Place, article, edited

import dedup
from dedup import Index, InputError
from dedup.attribution.agencies import Agencies
from dedup.index.stored_matches import matches_of
from dedup.report.index_pages import index_page


@pytest.fixture
def index(place: Place) -> Iterator[Index]:
    text = article(1)
    with Index(place("news")) as index:
        index.add("kept", text, source="Post", published="2024-03-04T12:00:00Z", data={"title": "Bridge closed"})
        index.add("copy", edited(text, 1, 0.02), source="Times", published="2024-03-04T14:00:00Z")
        index.add("twin", text, url="https://example.org/twin")
        index.add("alone", article(2))
        yield index


def test_a_document_is_shown_with_its_copies(index: Index) -> None:
    shown = "\n".join(index_page(index, "copy").lines(120))
    assert shown.startswith("copy is dropped: near duplicate of kept, score 0.")
    assert "a story of 3 versions by 2 sources, over 2 h" in shown
    assert "+2 h" in shown
    assert "identical to 1" in shown
    assert "Bridge closed" in shown
    assert "why: nearly the same text" in shown
    assert "note: an index keeps no texts" in shown


def test_two_documents_are_shown_with_their_measures(index: Index) -> None:
    page = index_page(index, "kept", "copy").as_dict()
    assert page["relation"] == "near_duplicate"
    assert page["derived"] == "b"
    assert page["measures"]["resemblance"] > 0.7
    assert page["passages"] is None
    mirrored = index_page(index, "copy", "kept").as_dict()["measures"]
    assert mirrored["containment_left"] == page["measures"]["containment_right"]
    assert index_page(index, "kept", "alone").as_dict()["relation"] is None


def test_an_id_that_is_not_there_is_an_error(index: Index) -> None:
    with pytest.raises(InputError, match="no document 'other'"):
        index_page(index, "other")
    with pytest.raises(InputError, match="same document"):
        index_page(index, "kept", "kept")


def test_stored_documents_match_as_their_texts_do(index: Index) -> None:
    with index.reading():
        rows = [row for id in ("kept", "copy", "alone") if (row := index.backend.by_id(id))]
        found = matches_of(index, rows, Agencies.read(None))
    texts = article(1), edited(article(1), 1, 0.02), article(2)
    for row, text, matches in zip(rows, texts, found, strict=True):
        asked = index.query(text, source=row.source, published=None if row.published is None else row.published / 1e6)
        by_text = {match.id: (match.relation, match.score) for match in asked if match.id != row.id}
        assert {match.id: (match.relation, match.score) for match in matches} == by_text


def test_the_measures_are_those_of_a_comparison(index: Index) -> None:
    verdict = index_page(index, "kept", "copy").as_dict()
    compared = dedup.compare(article(1), edited(article(1), 1, 0.02))
    assert verdict["measures"]["resemblance"] == compared.measures["resemblance"]
