"""One bit of an index on disk is another: there is an error, or the right answer; never another answer, never a signal.

How many bits are tried says DEDUP_FLIPS; `make check-slow` tries 2,000.
"""

from __future__ import annotations

import os
import pickle
import random
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from conftest import article, edited

from dedup import Index, Params
from dedup.errors import StorageError
from dedup.index.folder import maintenance

FLIPS = int(os.environ.get("DEDUP_FLIPS", "160"))
DOCUMENTS = 240
RIGHT, REPORTED = "the right answer", "an error"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with several runs, removed documents, a vocabulary and copies."""
    place = tmp_path_factory.mktemp("flips") / "index"
    with Index.open(place, Params(window=None)) as index:
        for number in range(DOCUMENTS):
            text = edited(article(number - 1), number, 0.05) if number % 5 == 4 else article(number)
            index.add(f"d{number}", text, source=f"paper {number % 7}", published=f"2024-01-{1 + number % 28:02}")
            if number % 80 == 79:
                index.remove(f"d{number - 3}")
                index.flush()
                maintenance.publish(index.backend.state, least=1)
    return place


def answers(place: Path) -> object:
    """Return what an index answers to a reader."""
    asked = [article(number) for number in range(0, DOCUMENTS, 17)] + [article(9_999)]
    asked += [edited(article(number), 1, 0.04) for number in range(3, DOCUMENTS, 40)]
    with Index.open(place, mode="r") as index:
        found = [
            [(one.id, one.relation, one.score, one.measures, one.source, one.published, one.kept) for one in matches]
            for matches in index.query_many(asked)
        ]
        return found, [index.get(f"d{number}") for number in range(0, DOCUMENTS, 31)], len(index)


def in_a_child(place: Path) -> object:
    """Return what `answers` returns in a process of its own: answers, the words of an error, or a signal."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            outcome: object = ("answers", answers(place))
        except StorageError as error:
            outcome = ("error", str(error))
        except BaseException as error:
            outcome = ("raw", repr(error))
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(outcome, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    return pickle.loads(data) if data else ("signal", os.WTERMSIG(status))


def test_a_flipped_bit_is_reported_or_changes_nothing(folder: Path) -> None:
    expected = in_a_child(folder)
    assert expected[0] == "answers"
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    draw = random.Random(1)
    counts: Counter[str] = Counter()
    wrong = []
    for _ in range(FLIPS):
        path = draw.choice(files)
        at, bit = draw.randrange(path.stat().st_size), draw.randrange(8)
        with path.open("r+b") as file:
            file.seek(at)
            before = file.read(1)
            file.seek(at)
            file.write(bytes([before[0] ^ 1 << bit]))
        found = in_a_child(folder)
        with path.open("r+b") as file:
            file.seek(at)
            file.write(before)
        kind = REPORTED if found[0] == "error" else RIGHT if found == expected else str(found[0])
        counts[kind] += 1
        if kind not in (RIGHT, REPORTED):
            wrong.append((path.name, at, bit, found[0], str(found[1])[:300] if found[0] != "answers" else ""))
    print(dict(counts))
    assert not wrong
    assert counts[REPORTED] > FLIPS / 10
    assert in_a_child(folder) == expected


def test_another_original_is_damage(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "index")
    with sqlite3.connect(tmp_path / "index" / "index.sqlite") as database:
        changed = "UPDATE documents SET copy_of = copy_of + 1 WHERE number = (SELECT max(number) FROM documents "
        assert database.execute(changed + "WHERE copy_of IS NOT NULL)").rowcount == 1
    database.close()
    with (
        pytest.raises(StorageError, match="differs from what was written"),
        Index.open(tmp_path / "index", mode="r") as index,
    ):
        index.check()
