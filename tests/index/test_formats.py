"""Indexes that earlier versions wrote open as they are, or are refused with what to do and rebuilt from their texts."""

from __future__ import annotations

import base64
import json
import lzma
import tarfile
from pathlib import Path
from typing import Any

import pytest
import servers
from conftest import article, edited

import dedup
from dedup.cli.main import main

DATA = Path(__file__).parent / "data"

ADDED: dict[str, dict[str, Any]] = {
    **{
        f"a{n}": {
            "text": article(n),
            "source": "Hill Press",
            "published": f"2024-03-0{n + 1}",
            "url": f"https://hill.example/{n}",
            "data": {"page": n},
        }
        for n in range(7)
    },
    "near a0": {"text": edited(article(0), 1, 0.02), "source": "Lake Post", "published": "2024-03-09"},
    "same as a1": {"text": article(1).upper()},
    "short": {"text": "Storm closes port"},
}
"""The documents of every index in ``data``, by id."""

COPIES = {"near a0": "a0", "same as a1": "a1"}


def folder(name: str, tmp_path: Path) -> Path:
    """Unpack an index of an earlier version."""
    with tarfile.open(DATA / f"{name}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / name


def on_server(name: str, server: servers.RedisServer) -> str:
    """Put the keys of an index of an earlier version on a server; return the URL of the index."""
    client = server.client()
    for key, (kind, value) in json.loads(lzma.decompress((DATA / f"{name}.json.xz").read_bytes())).items():
        here = key.replace("{kept}", f"{{{name}}}")
        client.delete(here)
        if kind == "string":
            client.set(here, base64.b85decode(value))
        elif kind == "hash":
            fields = {base64.b85decode(field): base64.b85decode(held) for field, held in value.items()}
            client.hset(here, mapping=fields)
        else:
            client.sadd(here, *map(base64.b85decode, value))
    return server.url(name)


def assert_whole(place: Path | str) -> None:
    """Check that all of an index is there, that it answers, and that it can be added to."""
    with dedup.Index.open(place) as index:
        assert index.check() == []
        assert len(index) == len(ADDED)
        assert "a7" not in index
        for id, record in ADDED.items():
            held = index.get(id)
            assert held is not None
            assert held.source == record.get("source")
            assert held.url == record.get("url")
            assert held.data == record.get("data")
            assert held.copy_of == COPIES.get(id)
            story = index.story(held.story)
            assert story is not None
            assert (story.original, id in story.documents) == (COPIES.get(id, id), True)
        answer = index.query(edited(article(3), 5, 0.02))
        assert (answer.duplicate_of, answer.relation) == ("a3", "near_duplicate")
        assert index.query(article(7)).kept
        assert index.add("later", edited(article(4), 9, 0.02)).duplicate_of == "a4"
        assert index.remove("a2")
        index.compact()
    with dedup.Index.open(place, mode="r") as index:
        assert index.check() == []
        assert len(index) == len(ADDED)
        assert index.query(article(4)).duplicate_of == "a4"


def test_the_format_of_today_opens_as_it_is(tmp_path: Path) -> None:
    assert_whole(folder("format-4", tmp_path))


def test_the_format_of_today_on_a_server_opens_as_it_is(redis_server: servers.RedisServer) -> None:
    assert_whole(on_server("server-3", redis_server))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_earlier_format_is_refused_and_rebuilt(number: int, tmp_path: Path) -> None:
    place = folder(f"format-{number}", tmp_path)
    with pytest.raises(dedup.StorageError, match=rf"has format {number}, .*expected format 4.*dedup index rebuild"):
        dedup.Index.open(place)
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"id": id, **record}) + "\n" for id, record in ADDED.items()))
    assert main(["index", "rebuild", str(place), str(texts)]) == 0
    assert_whole(place)


@pytest.mark.parametrize("number", [1, 2])
def test_an_earlier_format_on_a_server_is_refused(number: int, redis_server: servers.RedisServer) -> None:
    url = on_server(f"server-{number}", redis_server)
    with pytest.raises(dedup.StorageError, match=rf"has format {number}, .*expected format 3.*add the texts"):
        dedup.Index.open(url)


def test_every_format_has_an_index(tmp_path: Path) -> None:
    with dedup.Index.open(tmp_path / "new") as index:
        newest = index.info()["format"]
    assert sorted(path.name for path in DATA.glob("format-*")) == [f"format-{n}.tar.xz" for n in range(1, newest + 1)]
