"""An index in an event loop: gathered, in order, and nobody pays for another."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from conftest import article
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup import AsyncIndex, Index, InputError, StorageError
from dedup.index import Match
from dedup.index.aio import MOST_TOGETHER, outcomes


class Slow:
    """In the place of an index: notes what it is asked, and answers when it may."""

    def __init__(self, waits: bool = True) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.may_go_on = threading.Event()
        self.is_asked = threading.Event()
        self.is_closed = False
        if not waits:
            self.may_go_on.set()

    def add_many(self, records: list[dict[str, Any]]) -> list[str]:
        self.asked.append(("add", [record["id"] for record in records]))
        return self._answer([record["id"] for record in records])

    def query_many(self, records: list[dict[str, Any]]) -> list[str]:
        self.asked.append(("query", [record["text"] for record in records]))
        return self._answer([record["text"] for record in records])

    def remove(self, id: str) -> bool:
        self.asked.append(("remove", id))
        return True

    def close(self) -> None:
        self.is_closed = True

    def _answer(self, answer: list[str]) -> list[str]:
        self.is_asked.set()
        assert self.may_go_on.wait(10)
        if "full" in answer:
            raise StorageError("the disk is full")
        return answer


async def started(slow: Slow) -> None:
    """Wait until the thread is at work."""
    while not slow.is_asked.is_set():
        await asyncio.sleep(0.001)


def run(test: Callable[[AsyncIndex, Slow], Coroutine[Any, Any, None]], waits: bool = True) -> Slow:
    slow = Slow(waits)

    async def main() -> None:
        async with AsyncIndex.of(lambda: slow) as index:  # type: ignore[arg-type, return-value]
            try:
                await test(index, slow)
            finally:
                slow.may_go_on.set()

    asyncio.run(main())
    assert slow.is_closed
    return slow


def test_what_waits_is_done_together_and_in_order() -> None:
    async def test(index: AsyncIndex, slow: Slow) -> None:
        names = [f"{number}" for number in range(50)]
        first = asyncio.gather(*(index.add(name, "") for name in names))  # called in one breath: one batch
        await started(slow)
        calls = [index.add("a", ""), index.add("b", ""), index.query("q"), index.query("r"), index.remove("a")]
        later = asyncio.gather(*calls, index.add("c", ""))
        await asyncio.sleep(0)
        slow.may_go_on.set()
        assert await first == names
        assert await later == ["a", "b", "q", "r", True, "c"]
        assert slow.asked == [
            ("add", names),
            ("add", ["a", "b"]),
            ("query", ["q", "r"]),
            ("remove", "a"),
            ("add", ["c"]),
        ]

    run(test)


def test_a_batch_has_an_end() -> None:
    async def test(index: AsyncIndex, slow: Slow) -> None:
        await asyncio.gather(*(index.add(f"{number}", "") for number in range(MOST_TOGETHER + 1)))

    assert [len(given) for _, given in run(test, waits=False).asked] == [MOST_TOGETHER, 1]


def test_the_loop_continues_while_the_thread_works() -> None:
    async def test(index: AsyncIndex, slow: Slow) -> None:
        call = asyncio.create_task(index.add("a", ""))
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not call.done()
        slow.may_go_on.set()
        assert await call == "a"

    run(test)


def test_who_is_cancelled_before_it_begins_is_left_out_and_nobody_else() -> None:
    async def test(index: AsyncIndex, slow: Slow) -> None:
        begun, another = asyncio.create_task(index.add("a", "")), asyncio.create_task(index.add("b", ""))
        await started(slow)
        late, kept = asyncio.create_task(index.add("c", "")), asyncio.create_task(index.add("d", ""))
        await asyncio.sleep(0)
        begun.cancel()
        late.cancel()
        slow.may_go_on.set()
        assert await another == "b"
        assert await kept == "d"
        assert begun.cancelled()
        assert late.cancelled()

    assert run(test).asked == [("add", ["a", "b"]), ("add", ["d"])]


def test_an_error_of_the_disk_is_raised_for_all_it_concerns() -> None:
    async def test(index: AsyncIndex, slow: Slow) -> None:
        calls = asyncio.gather(*(index.add(name, "") for name in ("a", "full", "b")), return_exceptions=True)
        assert [str(error) for error in await calls] == ["the disk is full"] * 3
        assert await index.add("c", "") == "c"  # and the next one is tried

    run(test, waits=False)


def test_closing_waits_for_what_was_called() -> None:
    slow = Slow()

    async def main() -> list[Any]:
        index = await AsyncIndex.of(lambda: slow)  # type: ignore[arg-type, return-value]
        calls = [asyncio.create_task(index.add("a", ""))]
        await started(slow)
        calls += [asyncio.create_task(index.add("b", "")), asyncio.create_task(index.query("q"))]
        await asyncio.sleep(0)
        closing = asyncio.create_task(index.close())
        await asyncio.sleep(0.01)
        assert not slow.is_closed
        with pytest.raises(StorageError, match="the index is closed"):
            await index.add("d", "")
        slow.may_go_on.set()
        await closing
        assert slow.is_closed
        await index.close()  # as often as one likes
        return await asyncio.gather(*calls)

    assert asyncio.run(main()) == ["a", "b", "q"]


def test_what_was_called_is_done_when_the_loop_is_shut_down() -> None:
    """`asyncio.run` cancels all tasks at the end: the one that closes is cancelled, and closes."""
    slow = Slow()
    tasks: list[asyncio.Task[Any]] = []

    async def beside() -> None:
        async with AsyncIndex.of(lambda: slow) as index:  # type: ignore[arg-type, return-value]
            tasks.append(asyncio.create_task(index.add("a", "")))
            await asyncio.sleep(60)

    async def main() -> None:
        tasks.append(asyncio.create_task(beside()))
        await started(slow)
        threading.Timer(0.05, slow.may_go_on.set).start()

    asyncio.run(main())
    assert slow.asked == [("add", ["a"])]
    assert slow.is_closed


def test_it_must_be_open() -> None:
    async def main() -> None:
        index = AsyncIndex.of(lambda: Slow(False))  # type: ignore[arg-type, return-value]
        await index.close()  # nothing to close
        with pytest.raises(StorageError, match="not open yet"):
            await index.add("a", "")

    asyncio.run(main())


def test_an_opening_that_is_cancelled_leaves_nothing_open() -> None:
    slow, opens = Slow(), threading.Event()

    def opened() -> Any:
        opens.set()
        assert slow.may_go_on.wait(10)
        return slow

    async def main() -> None:
        async def awaited() -> AsyncIndex:
            return await AsyncIndex.of(opened)

        task = asyncio.ensure_future(awaited())
        while not opens.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.may_go_on.set()

    asyncio.run(main())
    for _ in range(1000):
        if slow.is_closed:
            break
        time.sleep(0.005)
    assert slow.is_closed


# ---- with a real index


def copies(matches: list[Match]) -> list[str]:
    return [match.id for match in matches if match.is_copy]


def test_an_index_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncIndex.open(tmp_path / "i") as index:
            await index.add("a", article(1))
            with pytest.raises(StorageError, match="one writer at a time"):
                await AsyncIndex.open(tmp_path / "i")
            await index.flush()
            async with await AsyncIndex.open(tmp_path / "i", mode="r") as reader:
                assert [match.id for match in await reader.query(article(1))] == ["a"]
                with pytest.raises(StorageError, match="open for reading"):
                    await reader.add("b", article(2))

    asyncio.run(main())
    Index.open(tmp_path / "i").close()  # and nothing holds it any more


def test_the_answers_are_those_of_the_index(tmp_path: Path) -> None:
    texts = [article(number % 30) for number in range(90)]
    with Index.open(tmp_path / "plain") as plain:
        expected = [plain.add(f"{number}", text) for number, text in enumerate(texts)]

    async def main() -> None:
        async with AsyncIndex.open(tmp_path / "gathered") as index:
            calls = [index.add(f"{number}", text, source="Hill Press") for number, text in enumerate(texts)]
            found = await asyncio.gather(*calls)
            assert [copies(answer) for answer in found] == [copies(answer) for answer in expected]
            assert copies(found[65]) == ["5", "35"]
            assert await index.count() == 90
            assert await index.contains("89")
            assert not await index.contains("90")
            assert (await index.get("31")).copy_of == "1"
            assert await index.remove("31")
            assert await index.get("31") is None
            assert copies(await index.update("61", article(200))) == []
            assert copies(await index.query(article(200))) == ["61"]
            assert [copies(answer) for answer in await index.query_many([article(200), article(201)])] == [["61"], []]
            (added,) = await index.add_many([{"id": "x", "text": article(300), "published": "2001-01-01"}])
            assert copies(added) == []
            assert await index.expire("2002-01-01") == 1
            await index.compact()
            assert await index.check() == []
            assert (await index.info())["documents"] == 89

    asyncio.run(main())
    with Index.open(tmp_path / "gathered", mode="r") as again:
        assert len(again) == 89


def test_what_one_gives_wrong_concerns_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncIndex.open(tmp_path / "i") as index:
            answers = await asyncio.gather(
                index.add("a", article(1)),
                index.add("a", article(2)),
                index.add("b", article(1), published="the day before"),
                index.add("c", article(1)),
                index.add("", article(3)),
                index.add("d", 7),  # type: ignore[arg-type]
                index.add("e", article(1)),
                return_exceptions=True,
            )
            wrong = {at: str(answer) for at, answer in enumerate(answers) if isinstance(answer, InputError)}
            assert sorted(wrong) == [1, 2, 4, 5]
            assert "'a' is in the index already" in wrong[1]
            assert "the day before" in wrong[2]
            assert [copies(answers[at]) for at in (0, 3, 6)] == [[], ["a"], ["a", "c"]]
            bad, good = await asyncio.gather(
                index.query(7),  # type: ignore[arg-type]
                index.query(article(1)),
                return_exceptions=True,
            )
            assert isinstance(bad, InputError)
            assert copies(good) == ["a", "c", "e"]

    asyncio.run(main())


@given(st.lists(st.integers(-3, 20)), st.integers(0, 40))
def test_halves_find_what_is_wrong(values: list[int], broken: int) -> None:
    done: list[int] = []

    def many(some: list[int]) -> list[int]:
        assert some
        if min(some) < 0:
            raise InputError("negative")
        if broken in some:
            raise OSError
        done.extend(some)
        return [2 * value for value in some]

    found = outcomes(many, values)
    assert [type(answer) is InputError for answer in found] == [value < 0 for value in values]
    assert [answer for answer in found if isinstance(answer, int)] == [2 * value for value in done]
    assert any(isinstance(answer, OSError) for answer in found) == (broken in values)


INSIDE = {"held", "reading", "writing"}
"""For the modules that work on an index in bulk."""


def test_every_method_of_the_index_is_there() -> None:
    for name, method in inspect.getmembers(Index, inspect.isfunction):
        if not name.startswith("_") and name not in INSIDE:
            assert hasattr(AsyncIndex, name), name
            if name != "open":
                here, there = inspect.signature(getattr(AsyncIndex, name)), inspect.signature(method)
                assert list(here.parameters) == list(there.parameters), name


def test_the_engine_is_not_loaded_in_the_loop() -> None:
    code = (
        "import sys, dedup\n"
        "dedup.AsyncIndex.open('news.index')\n"
        "sys.exit(', '.join({'numba', 'numpy', 'pyarrow'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert dedup.AsyncIndex is AsyncIndex
