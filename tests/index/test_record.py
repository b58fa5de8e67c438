"""Hostile input, and indexes that are not what they should be: refused in words, and nothing is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from conftest import Place, article

import dedup
from dedup import DedupError, Index, InputError, Params, ParamsError, StorageError


@pytest.fixture
def index(place: Place) -> Any:
    with Index.open(place("i")) as opened:
        opened.add("there", article(1))
        yield opened
        assert len(opened) == 1
        assert opened.check() == []


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"id": 7, "text": "a"}, "id of type int; expected a string"),
        ({"id": None, "text": "a"}, "id of type NoneType"),
        ({"id": b"x", "text": "a"}, "id of type bytes"),
        ({"id": "", "text": "a"}, "an empty id"),
        ({"id": "x" * (1 << 20), "text": "a"}, "id of 1,048,576 bytes; expected at most 4,096"),
        ({"id": "\ud800", "text": "a"}, "a lone surrogate"),
        ({"id": "there", "text": "a"}, "id 'there' is in the index already"),
        ({"id": "a", "text": None}, "a text of 'a' of type NoneType"),
        ({"id": "a", "text": b"bytes"}, "of type bytes"),
        ({"id": "a"}, "without text"),
        ({"text": "a"}, "without id"),
        ({"id": "a", "text": "a", "body": "b"}, "a record with 'body'"),
        ({"id": "a", "text": "a", "source": 3}, "source of 'a' of type int"),
        ({"id": "a", "text": "a", "published": "someday"}, "a date of 'a' 'someday'"),
        ({"id": "a", "text": "a", "data": {1, 2}}, "data of 'a' that cannot be written as JSON"),
        ("a text", "a record of type str"),
    ],
)
def test_refused(index: Index, record: Any, message: str) -> None:
    with pytest.raises(InputError) as refused:
        index.add_many([{"id": "good", "text": article(2)}, record])
    assert message in str(refused.value)
    assert "good" not in index  # all or nothing


def test_the_same_id_twice_in_a_batch(index: Index) -> None:
    with pytest.raises(InputError, match="two records with the id 'a'"):
        index.add_many([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}])


def test_what_only_looks_hostile(place: Place) -> None:
    ids = ["a\0b", "a\0c", "a", "'; DROP TABLE documents; --", "日本", " ", "x" * 4_096]
    with Index.open(place("i")) as index:
        for number, id in enumerate(ids):
            index.add(id, article(number), source="\0", data="\0")
        index.add("nul", "\0" * 1000 + article(99) + "\0")
        index.add("surrogate", "\ud800 " + article(98))
    with Index.open(place("i")) as index:
        assert [index.query(article(number))[0].id for number in range(len(ids))] == ids
        assert index.query(article(99))[0].id == "nul"
        assert "a\0d" not in index
        assert index.check() == []


def test_a_text_of_fifty_megabytes(place: Place) -> None:
    text = " ".join(f"w{number}" for number in range(6_000_000))
    assert len(text) > 45_000_000
    with Index.open(place("i")) as index:
        index.add("large", text)
        index.flush()
        assert index.query(text)[0].relation == "identical"
    with Index.open(place("i")) as index:
        assert index.query(text)[0].relation == "identical"


def test_queries_are_checked(index: Index) -> None:
    with pytest.raises(InputError, match="a text of type int"):
        index.query(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="records of type str"):
        index.query_many("a text")
    with pytest.raises(InputError, match="no date"):
        index.expire(None)
    assert 3 not in index
    assert "\ud800" not in index
    assert "" not in index


def test_one_writer(tmp_path: Path) -> None:
    with Index.open(tmp_path / "i") as index:
        index.add("a", article(1))
        with pytest.raises(StorageError, match="is open for writing in process"):
            Index.open(tmp_path / "i")
        with Index.open(tmp_path / "i", mode="r") as reader:
            assert "a" not in reader
            index.flush()
            assert "a" in reader
            with pytest.raises(StorageError, match="open for reading"):
                reader.add("b", "text")
    Index.open(tmp_path / "i").close()


def test_closed(place: Place) -> None:
    index = Index.open(place("i"))
    index.close()
    index.close()
    with pytest.raises(StorageError, match="closed"):
        index.add("a", "b")


def test_other_parameters_are_refused_with_both_values(place: Place) -> None:
    Index.open(place("i"), Params(threshold=0.8)).close()
    with pytest.raises(StorageError) as refused:
        Index.open(place("i"), Params())
    assert "threshold 0.8" in str(refused.value)
    assert "threshold 0.7" in str(refused.value)
    with Index.open(place("i")) as index:
        assert index.info()["params"]["threshold"] == 0.8


@pytest.mark.parametrize("path", ["", b"", "redis:/host/0", "REDIS:6379", "http://host/news", "a\0b", "a\ud83d", 5])
def test_paths_that_cannot_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParamsError, match="path"):
        Index.open(path)
    with pytest.raises(ParamsError):
        dedup.deduplicate([{"id": "a", "text": article(1)}], index=path)
    assert not any(tmp_path.iterdir())


def test_another_format_is_refused_with_both_values(tmp_path: Path) -> None:
    Index.open(tmp_path / "i").close()
    connection = sqlite3.connect(tmp_path / "i" / "index.sqlite")
    connection.execute("UPDATE about SET value = 9 WHERE name = 'format'")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match=r"has format 9, written by dedup .*; expected format 4"):
        Index.open(tmp_path / "i")


def test_places_that_are_no_index(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    other = tmp_path / "other"
    other.mkdir()
    (other / "photo.jpg").write_text("x")
    database = tmp_path / "database"
    database.mkdir()
    (database / "index.sqlite").write_bytes(b"no database" * 1000)
    for place in (file, other, database):
        for mode in ("r", "rw"):
            with pytest.raises(StorageError):
                Index.open(place, mode=mode)
    with pytest.raises(StorageError, match="does not exist"):
        Index.open(tmp_path / "nowhere", mode="r")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    sqlite3.connect(foreign / "index.sqlite").close()
    with pytest.raises(StorageError, match="damaged, or belongs to another program"):
        Index.open(foreign)
    assert (other / "photo.jpg").exists()
    assert not (other / "lock").exists()
    with pytest.raises(ParamsError):
        Index.open(tmp_path / "i", mode="w")
    with pytest.raises(ParamsError):
        Index.open(tmp_path / "i", durability="never")
    with pytest.raises(ParamsError):
        Index.open(3)  # type: ignore[arg-type]
    assert issubclass(StorageError, DedupError)
