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
from dedup.run.index_step import IndexStep
from dedup.store import durable
from dedup.store.work_folder import WorkFolder

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

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", named("sync", os.fsync))
    monkeypatch.setattr(os, "replace", named("rename", os.replace))
    monkeypatch.setattr(os, "rename", named("rename", os.rename))
    remove = WorkFolder.remove
    monkeypatch.setattr(WorkFolder, "remove", lambda self: (seen.append(("remove", str(self.path))), remove(self))[1])
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
    add = IndexStep.add

    def added(self: IndexStep, *rest: Any) -> None:
        calls.append(("add", str(self.place)))
        add(self, *rest)

    monkeypatch.setattr(IndexStep, "add", added)
    dedup.deduplicate(news(tmp_path), tmp_path / "out", index=tmp_path / "index")
    moved = first(calls, "rename", "/output")
    settled = next(k for k, call in enumerate(calls) if call == ("sync", str(tmp_path)) and k > moved)
    assert first(calls, "add", "index") > settled


def test_what_cannot_be_synced_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = news(tmp_path), tmp_path / "out"

    def fails(place: Path) -> None:
        raise OSError(5, "Input/output error", str(place))

    monkeypatch.setattr(durable, "sync_file", fails)
    with pytest.raises(dedup.errors.OutputError, match="input/output error"):
        dedup.deduplicate(path, out)
    assert sorted(os.listdir(tmp_path)) == ["news.jsonl"]


def test_many_files_are_synced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(5):
        (tmp_path / str(k)).write_text("x")
    done: list[str] = []
    monkeypatch.setattr(durable, "MANY", 4)
    monkeypatch.setattr(durable.sys, "platform", "linux")
    monkeypatch.setattr(os, "sync", lambda: done.append("all"), raising=False)
    monkeypatch.setattr(durable, "sync_file", lambda path: done.append(path.name))
    durable.sync_tree(tmp_path)
    assert done == ["all"]
    (tmp_path / "0").unlink()
    durable.sync_tree(tmp_path)
    assert (sorted(done[1:-1]), done[-1]) == (["1", "2", "3", "4"], tmp_path.name)
