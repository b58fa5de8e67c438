"""An index is its owner's alone, until its folder is shared."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import article

from dedup import Index
from dedup.index.tuning import IndexTuning
from dedup.integrations.datasketch import Signatures
from dedup.minhash import signature, to_datasketch

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder.parent).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in below(folder)}


def below(folder: Path) -> list[Path]:
    return [folder, *sorted(folder.rglob("*"))]


def add(folder: Path, first: int, count: int) -> dict[str, int]:
    with Index(folder, tuning=IndexTuning(closing_documents=1)) as index:
        index.add_many({"id": str(k), "text": article(k)} for k in range(first, first + count))
        index.flush()
        return modes(folder)  # with what SQLite has beside it while it is open


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    while_open = add(tmp_path / "above" / "news.index", 0, 20)
    assert any(name.endswith("-wal") for name in while_open)
    add(tmp_path / "above" / "news.index", 20, 20)
    found = {**while_open, **modes(tmp_path / "above" / "news.index")}
    assert any(name.endswith(".run") for name in found)
    assert any(name.endswith(".frequencies") for name in found)
    assert {name: bits for name, bits in found.items() if bits & 0o077} == {}


def test_what_is_made_later_is_shared_as_the_folder_is(tmp_path: Path) -> None:
    place = tmp_path / "news.index"
    add(place, 0, 20)
    for path in below(place):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | (0o070 if path.is_dir() else 0o060))
    before = modes(place)
    found = {**add(place, 20, 20), **modes(place)}
    assert set(found) > set(before)
    assert {bits & 0o077 for bits in found.values()} == {0o070, 0o060}
    with Index.open(place) as index:
        index.compact()
    assert {bits & 0o077 for bits in modes(place).values()} == {0o070, 0o060}


def test_a_folder_that_is_there_says_who_may_read(tmp_path: Path) -> None:
    place = tmp_path / "news.index"
    place.mkdir(0o755)
    add(place, 0, 20)
    assert set(modes(place).values()) == {0o755, 0o644}


def test_signatures_are_private_too(tmp_path: Path) -> None:
    with Signatures(tmp_path / "old") as old:
        old.load({str(k): to_datasketch(signature(article(k))) for k in range(5)})
        found = modes(tmp_path / "old")
    found.update(modes(tmp_path / "old"))
    assert len(found) > 3
    assert {name: bits for name, bits in found.items() if bits & 0o077} == {}
