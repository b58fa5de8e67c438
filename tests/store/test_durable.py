"""What takes a place is on the disk before it does, and what it was made from is removed after that."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import article

import dedup
from dedup.store import durable

Call = tuple[str, str]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Call]]:
    """What is synced, renamed and removed, in order; a sync by the path of what is open."""
    seen: list[Call] = []
    paths: dict[int, str] = {}
    real_open = os.open

    def opened(path: object, *rest: object, **more: object) -> int:
        handle = real_open(path, *rest, **more)  # type: ignore[arg-type]
        paths[handle] = os.fspath(path)  # type: ignore[call-overload]
        return handle

    def named(kind: str, function: object):
        def call(*given: object, **more: object) -> object:
            first = given[0]
            seen.append((kind, paths.get(first, "?") if isinstance(first, int) else os.fspath(first)))  # type: ignore[arg-type,call-overload]
            return function(*given, **more)  # type: ignore[operator]

        return call

    real_unlink = os.unlink

    def removed(path: Any, *, dir_fd: int | None = None) -> None:
        seen.append(("remove", f"{paths.get(-1 if dir_fd is None else dir_fd, '')}/{os.fspath(path)}"))
        real_unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", named("sync", os.fsync))
    monkeypatch.setattr(os, "replace", named("rename", os.replace))
    monkeypatch.setattr(os, "rename", named("rename", os.rename))
    monkeypatch.setattr(os, "unlink", removed)
    yield seen
    monkeypatch.undo()


def news(folder: Path) -> Path:
    path = folder / "news.jsonl"
    path.write_text("".join(json.dumps({"id": f"n{k}", "text": article(k)}) + "\n" for k in range(6)))
    return path


def first(calls: list[Call], kind: str, end: str) -> int:
    return next(k for k, (what, path) in enumerate(calls) if what == kind and path.endswith(end))


@pytest.mark.parametrize("again", [False, True])
def test_all_is_on_the_disk_before_it_is_moved(tmp_path: Path, calls: list[Call], again: bool) -> None:
    path, out = news(tmp_path), tmp_path / "out"
    if again:
        dedup.deduplicate(path, out)
        calls.clear()
    dedup.deduplicate(path, out)
    moved = first(calls, "rename", "summary.json" if again else "/output")
    for name in ("kept.jsonl", "decisions.parquet", "matches.parquet", "rejected.jsonl", "summary.json"):
        assert first(calls, "sync", f"/output/{name}") < moved, name
    assert first(calls, "sync", "/output") < moved
    place = out if again else tmp_path
    settled = next(k for k, call in enumerate(calls) if call == ("sync", str(place)) and k > moved)
    removed = [k for k, (what, gone) in enumerate(calls) if what == "remove" and ".dedup-" in gone]
    assert removed
    assert all(k > settled for k in removed if k > moved)


def test_an_index_is_written_after_the_output(
    tmp_path: Path, calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the place of the output is on the disk, nothing is in the index yet."""

    def stored() -> int:
        with dedup.Index.open(tmp_path / "index", mode="r") as index:
            return len(index)

    def synced(handle: int) -> None:
        sync(handle)
        is_moved = any(kind == "rename" and path.endswith("/output") for kind, path in calls)
        if is_moved and calls[-1] == ("sync", str(tmp_path)):
            counts.append(stored())

    counts: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", synced)
    dedup.deduplicate(news(tmp_path), tmp_path / "out", index=tmp_path / "index")
    assert counts[:1] == [0]
    assert stored() == 6


@pytest.mark.parametrize("many", [False, True])
def test_what_cannot_be_synced_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: bool) -> None:
    """Of one file among many, too, which no sync of the whole system would report."""
    paths = [news(tmp_path)]
    if many:
        paths = [tmp_path / f"{k}.txt" for k in range(2 * durable.SYNCED_AT_ONCE)]
        for k, path in enumerate(paths):
            path.write_text(article(k))
    there = sorted(os.listdir(tmp_path))
    failing = "/output/kept/9.txt" if many else "/output/kept.jsonl"
    real_open, real_sync = os.open, os.fsync
    handles: set[int] = set()

    def opened(path: Any, *rest: Any, **more: Any) -> int:
        handle = real_open(path, *rest, **more)
        (handles.add if os.fspath(path).endswith(failing) else handles.discard)(handle)
        return handle

    def fails(handle: int) -> None:
        if handle in handles:
            raise OSError(5, "Input/output error")
        real_sync(handle)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(dedup.errors.OutputError, match="input/output error"):
        dedup.deduplicate(paths, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == there


def test_of_many_files_each_is_synced_before_the_folders(tmp_path: Path, calls: list[Call]) -> None:
    names = [f"{folder}/{k}" for folder in ("a", "b") for k in range(durable.SYNCED_AT_ONCE)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    durable.sync_tree(tmp_path)
    synced = [path for kind, path in calls if kind == "sync"]
    assert sorted(synced[: len(names)]) == sorted(str(tmp_path / name) for name in names)
    assert sorted(synced[len(names) : -1]) == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert synced[-1] == str(tmp_path)


@pytest.mark.parametrize("by_handle", [False, True])
def test_json_is_replaced_as_a_whole(tmp_path: Path, calls: list[Call], by_handle: bool) -> None:
    handle = os.open(tmp_path, os.O_RDONLY) if by_handle else -1
    for value in ({"a": 1}, {"b": [2]}):
        durable.replace_json(tmp_path, "state.json", value, handle)
        assert json.loads((tmp_path / "state.json").read_text()) == value
    assert os.listdir(tmp_path) == ["state.json"]
    assert [kind for kind, _ in calls] == ["sync", "rename", "sync"] * 2
    if by_handle:
        os.close(handle)
