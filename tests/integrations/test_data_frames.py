"""pandas, Polars and PyArrow: rows dropped and tagged by their position, whatever their ids, labels and types."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import article, edited

import dedup
from dedup import Fields, Index, Params
from dedup.integrations.dataframe import drop_copies, tag_copies

TEXTS = [
    article(0),
    article(1),
    article(0).upper(),
    edited(article(1), 1, 0.02),
    None,
    article(2),
    None,
    article(0) + "!",
]
LEADER = [0, 1, 0, 1, 4, 5, 6, 0]
KEPT = [True, True, False, False, True, True, True, False]
RELATION = [None, None, "identical", "near_duplicate", None, None, None, "identical"]


def nothing_is_na(values: Any) -> list[Any]:
    return [None if value is pd.NA or value is None or value != value else value for value in values]


def listed(frame: Any, column: str) -> list[Any]:
    values = frame[column]
    return nothing_is_na(values.to_pylist() if isinstance(values, pa.ChunkedArray) else values.to_list())


def labels(names: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the values of ``duplicate_of`` and ``cluster`` for rows with these names."""
    of = [None if kept else names[leader] for kept, leader in zip(KEPT, LEADER, strict=True)]
    return of, [names[leader] for leader in LEADER]


# ---- pandas

TEXT_TYPES = {
    "object": lambda: pd.Series(TEXTS, dtype=object),
    "nan": lambda: pd.Series([np.nan if text is None else text for text in TEXTS], dtype=object),
    "string": lambda: pd.Series(TEXTS, dtype="string"),
    "arrow": lambda: pd.Series(TEXTS, dtype=pd.ArrowDtype(pa.large_string())),
    "category": lambda: pd.Series(TEXTS, dtype="category"),
    "default": lambda: pd.Series(TEXTS),
}

INDEXES = {
    "range": list(range(8)),
    "strings": list("hgfedcba"),
    "twice": [7, 7, 7, 3, 3, 1, 1, 1],
    "tuples": [(number // 2, number) for number in range(8)],
    "dates": [pd.Timestamp("2024-01-01") + pd.Timedelta(days=number) for number in range(8)],
}


@pytest.mark.parametrize("kind", TEXT_TYPES)
def test_pandas_texts_of_any_type(kind: str) -> None:
    frame = pd.DataFrame({"text": TEXT_TYPES[kind](), "page": range(8)})
    kept = drop_copies(frame)
    pd.testing.assert_frame_equal(kept, frame[np.array(KEPT)])
    tagged = tag_copies(frame)
    pd.testing.assert_frame_equal(tagged[["text", "page"]], frame)
    assert tagged["kept"].tolist() == KEPT
    assert nothing_is_na(tagged["relation"]) == RELATION
    assert tagged["score"].notna().tolist() == [not kept for kept in KEPT]


@pytest.mark.parametrize("kind", INDEXES)
def test_pandas_rows_are_named_by_any_index(kind: str) -> None:
    index = pd.MultiIndex.from_tuples(INDEXES[kind]) if kind == "tuples" else pd.Index(INDEXES[kind])
    tagged = tag_copies(pd.DataFrame({"text": TEXTS}, index=index))
    assert tagged.index.equals(index)
    of, cluster = labels(INDEXES[kind])
    assert nothing_is_na(tagged["duplicate_of"]) == of
    assert tagged["cluster"].tolist() == cluster
    pd.testing.assert_index_equal(drop_copies(tagged[["text"]]).index, index[np.array(KEPT)])


@pytest.mark.parametrize(
    "ids",
    [list("abcdefgh"), list("abaaccaa"), [2, 3, 5, 7, 11, 13, 17, 19], ["a", 7, None, 3.5, "b", "b", None, ("c",)]],
    ids=["strings", "twice", "numbers", "mixed"],
)
def test_pandas_rows_are_named_by_their_ids(ids: list[Any]) -> None:
    frame = pd.DataFrame({"id": ids, "body": TEXTS, "other": [{1}, 2, "x", None, 5, 6, 7, 8]}, index=[0] * 8)
    tagged = tag_copies(frame, prefix="dedup_")
    of, cluster = labels(ids)
    assert nothing_is_na(tagged["dedup_duplicate_of"]) == of
    assert nothing_is_na(tagged["dedup_cluster"]) == nothing_is_na(cluster)
    added = ("kept", "duplicate_of", "relation", "score", "cluster")
    assert [*tagged.columns] == [*frame.columns, *(f"dedup_{name}" for name in added)]
    assert drop_copies(frame)["body"].tolist() == frame["body"][np.array(KEPT)].tolist()


def test_what_is_kept_is_what_a_run_keeps() -> None:
    texts = [article(number % 7) + (" More." if number % 3 == 0 else "") for number in range(30)]
    dates = [datetime.date(2024, 1, 31 - number) for number in range(30)]
    ids = [f"{number * 7 % 30}" for number in range(30)]
    for columns in ({"id": ids}, {"id": ids, "date": dates}, {"id": ids, "date": ["2024-01-01"] * 30}):
        frame = pd.DataFrame({"content": texts, **columns})
        decisions = dedup.deduplicate(frame, params=Params(level="near")).decisions
        expected = decisions["kept"].to_pylist()
        assert 7 <= sum(expected) < 30
        for same in (frame, pl.from_pandas(frame), pa.Table.from_pandas(frame, preserve_index=False)):
            tagged = tag_copies(same, level="near")
            assert listed(tagged, "kept") == expected
            assert listed(tagged, "duplicate_of") == decisions["duplicate_of"].to_pylist()
            assert listed(tagged, "cluster") == decisions["cluster"].to_pylist()
            assert listed(drop_copies(same, Params(level="near")), "id") == [
                id for id, kept in zip(ids, expected, strict=True) if kept
            ]


def test_pandas_says_what_is_wrong() -> None:
    for frame, message in (
        (pd.DataFrame({"title": TEXTS}), "frame has the fields title; expected a text field"),
        (pd.DataFrame({"id": range(len(TEXTS)), "title": TEXTS}), "frame has the fields id, title; expected a text"),
        (pd.DataFrame({"text": ["a", 7, ["b"]]}), "column 'text' holds int, list; expected strings"),
        (pd.DataFrame({"text": [1.5, 2.5]}), "column 'text' is double; expected strings"),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), "several columns named 'text'; expected one"),
        (TEXTS, "a frame of type list; expected a DataFrame of pandas or Polars, or a Table"),
    ):
        with pytest.raises(dedup.InputError) as raised:
            tag_copies(frame)
        assert message in str(raised.value)
    with pytest.raises(dedup.InputError, match="has a column 'score' already"):
        tag_copies(pd.DataFrame({"text": TEXTS, "score": 0}))
    with pytest.raises(dedup.ColumnError, match="no field 'body'"):
        drop_copies(pd.DataFrame({"text": TEXTS}), fields=Fields(text="body"))
    with pytest.raises(dedup.ParamsError, match=r"an argument 'levels' .* did you mean 'level'"):
        drop_copies(pd.DataFrame({"text": TEXTS}), levels="near")
    with pytest.raises(dedup.ParamsError, match="threshold 7; expected a number"):
        tag_copies(pd.DataFrame({"text": TEXTS}), threshold=7)
    with pytest.raises(dedup.ParamsError, match=r"fields of type dict; expected dedup.Fields"):
        tag_copies(pd.DataFrame({"text": TEXTS}), fields={"text": "body"})


def test_halves_of_characters_are_texts_like_others() -> None:
    frame = pd.DataFrame({"text": pd.Series([article(1) + " \ud800", article(1) + " \ud800", None], dtype=object)})
    assert tag_copies(frame)["kept"].tolist() == [True, False, True]


def test_frames_without_rows() -> None:
    frame = pd.DataFrame({"text": pd.Series([], dtype=object), "page": pd.Series([], dtype=int)})
    pd.testing.assert_frame_equal(drop_copies(frame), frame)
    assert len(tag_copies(frame).columns) == 7
    other = pl.DataFrame({"text": [], "page": []}, schema={"text": pl.String, "page": pl.Int64})
    assert drop_copies(other).equals(other)
    assert tag_copies(other).width == 7


# ---- Polars


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Object])
def test_polars_texts_of_any_type(kind: Any) -> None:
    frame = pl.DataFrame({"text": pl.Series(TEXTS, dtype=kind), "page": range(8)})
    assert drop_copies(frame)["page"].to_list() == [0, 1, 4, 5, 6]
    tagged = tag_copies(frame)
    of, cluster = labels(list(range(8)))
    assert tagged["kept"].to_list() == KEPT
    assert tagged["duplicate_of"].to_list() == of
    assert tagged["cluster"].to_list() == cluster
    assert tagged["relation"].to_list() == RELATION
    assert tagged["score"].is_null().to_list() == KEPT
    assert tagged.columns == ["text", "page", "kept", "duplicate_of", "relation", "score", "cluster"]


@pytest.mark.parametrize(
    "ids", [list("abcdefgh"), list("abaaccaa"), [2, 3, 5, 7, 11, 13, 17, 19]], ids=["strings", "twice", "numbers"]
)
def test_polars_rows_are_named_by_their_ids(ids: list[Any]) -> None:
    tagged = tag_copies(pl.DataFrame({"id": ids, "text": TEXTS}))
    of, cluster = labels(ids)
    assert tagged["duplicate_of"].to_list() == of
    assert tagged["cluster"].to_list() == cluster
    assert tagged["duplicate_of"].dtype == tagged["id"].dtype


def test_polars_says_what_is_wrong() -> None:
    with pytest.raises(dedup.InputError, match=r"a frame of type LazyFrame; expected .* Hint: collect\(\) it"):
        tag_copies(pl.LazyFrame({"text": TEXTS}))
    with pytest.raises(dedup.InputError, match="has a column 'kept' already"):
        tag_copies(pl.DataFrame({"text": TEXTS, "kept": 0}))


# ---- PyArrow


def test_tables_of_arrow() -> None:
    table = pa.table({"text": TEXTS, "page": range(8)})
    assert drop_copies(table)["page"].to_pylist() == [0, 1, 4, 5, 6]
    tagged = tag_copies(table)
    of, cluster = labels(list(range(8)))
    assert isinstance(tagged, pa.Table)
    assert tagged["kept"].to_pylist() == KEPT
    assert tagged["duplicate_of"].to_pylist() == of
    assert tagged["relation"].to_pylist() == RELATION
    assert tagged["cluster"].to_pylist() == cluster
    assert tagged.select(["text", "page"]).equals(table)
    assert tagged.column_names[2:] == ["kept", "duplicate_of", "relation", "score", "cluster"]


# ---- with an index


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_day_by_day_with_an_index(tmp_path: Path, make: Any) -> None:
    dates = ["1970-01-01T00:00:05Z", "no date", *([None] * 6)]
    first = make({"id": [f"d{number}" for number in range(8)], "text": TEXTS, "published": dates})
    second = make({"id": [10, 11, 12], "text": [article(9), article(5), article(2).upper()], "source": ["A", "B", "C"]})
    with Index.open(tmp_path / "i") as index:
        tagged = tag_copies(first, index=index)
        of, cluster = labels([f"d{number}" for number in range(8)])
        assert listed(tagged, "kept") == KEPT
        assert listed(tagged, "duplicate_of") == of
        assert listed(tagged, "relation") == RELATION
        assert listed(tagged, "cluster") == cluster
        assert len(index) == 3  # those that are kept and have a text
        assert index.get("d0").published == "1970-01-01T00:00:05Z"
        assert index.get("d1").published is None
        assert listed(drop_copies(second, index=index), "id") == [10, 11]
        assert index.get("11").source == "B"
        assert "12" not in index
        again = tag_copies(second, index=index)
        assert listed(again, "duplicate_of") == ["10", "11", "d5"]
        assert listed(again, "cluster") == ["10", "11", "d5"]
        assert len(index) == 5
        with pytest.raises(dedup.InputError, match="no id; expected an id for every record that goes to an index"):
            drop_copies(make({"text": TEXTS}), index=index)
        with pytest.raises(dedup.InputError, match="row 2: no id"):
            drop_copies(make({"id": ["x", None], "text": TEXTS[:2]}), index=index)
        with pytest.raises(dedup.ParamsError, match=r"level 'near' with .*; expected level 'rewritten'"):
            drop_copies(second, index=index, level="near")
    assert listed(drop_copies(second, index=tmp_path / "i"), "id") == []
    assert listed(drop_copies(second, index=str(tmp_path / "other")), "id") == [10, 11, 12]


# ---- extras


@pytest.mark.parametrize("name", ["scrapy", "datatrove"])
def test_what_is_missing_is_named(name: str) -> None:
    code = f"import sys; sys.modules[{name!r}] = None; import dedup.integrations.{name}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"install it with: pip install 'newsdedup[{name}]'" in done.stderr


# ---- fields


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_fields_within_columns_and_of_several(make: Any) -> None:
    posts = [{"rendered": article(0)}, {"rendered": article(1)}, {"rendered": article(0).upper()}]
    frame = make({"id": ["a", "b", "c"], "content": posts, "seen": ["02/03/2024", "01/03/2024", "01/03/2024"]})
    for fields in (None, Fields(text="content.rendered", date="seen", date_format="%d/%m/%Y")):
        tagged = tag_copies(frame, fields=fields)
        first, last = ("a", "c") if fields is None else ("c", "a")  # by id, or the earliest
        kept = dict(zip(tagged["id"], tagged["kept"], strict=True))
        assert kept == {first: True, "b": True, last: False}
    joined = make({"head": [article(0), None], "lead": [None, article(0)], "text": ["x", "y"]})
    assert len(drop_copies(joined, fields=Fields(text="head,lead"))) == 1
    assert len(drop_copies(joined)) == 2


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_column_that_replaces_another(make: Any) -> None:
    frame = make({"text": [article(0), None, ""], "body": [None, article(0), article(1)]})
    assert len(drop_copies(frame)) == 2


def test_a_column_that_holds_no_texts_does_not_stand_in() -> None:
    frame = pd.DataFrame({"text": [article(0), article(0)], "content": [5, "five"]})
    assert len(drop_copies(frame)) == 1


def test_an_index_takes_paths_too(tmp_path: Path) -> None:
    frame = pd.DataFrame({"meta": [{"key": "a"}, {"key": "b"}], "text": [article(0), article(0)]})
    with Index.open(tmp_path / "i") as index:
        tagged = tag_copies(frame, fields=Fields(id="meta.key"), index=index)
        assert list(tagged["cluster"]) == ["a", "a"]
        with pytest.raises(dedup.InputError, match="row 1: no id"):
            tag_copies(frame, index=index)
