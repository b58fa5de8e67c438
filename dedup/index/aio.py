"""Offer the index to programs with an event loop: calls that wait at the same time become one batch, in a thread.

One thread does all the work, in the order of the calls. While it is busy, calls gather; those that have gathered are
next, as one batch. So a single call waits for nothing, and many are nearly as fast as `Index.add_many`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from dedup.errors import InputError, StorageError

if TYPE_CHECKING:  # the engine takes 0.3 s to load: that is for the thread, not for the event loop
    import os

    from dedup.index import Decision, Document, Index, Story
    from dedup.index.tuning import IndexTuning
    from dedup.params import Params

T = TypeVar("T")

MOST_TOGETHER = 1_000
"""Calls that make a batch."""

DOCUMENTS_TOGETHER = 1_000
"""Documents that are handed over at a time where all are iterated over."""


class AsyncIndex:
    """An `Index` whose methods are coroutines.

    It opens when it is awaited or, best, at the beginning of an ``async with`` block, and belongs to the event loop in
    which it is opened. Calls of `add` that wait at the same time become one `Index.add_many`, those of `query` one
    `Index.query_many`; everything is done in the order of the calls. A wrong argument of one caller concerns no other;
    an error of the disk is raised in all whose calls it undid.

    A caller that is cancelled is not answered; its document may have been added. How much waits is bounded by how many
    tasks wait: a call returns when its work is done.

    Parameters
    ----------
    path, params, mode, durability, wait, agencies, tuning, **params_fields
        As for `Index`; errors are raised when it opens.

    Examples
    --------
    >>> import asyncio, dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> async def main():
    ...     async with dedup.AsyncIndex(tempfile.mkdtemp() + "/news.index") as index:
    ...         answers = await asyncio.gather(index.add("a", report), index.add("b", report.upper()))
    ...         return [[(match.id, match.relation) for match in decision] for decision in answers]
    >>> asyncio.run(main())
    [[], [('a', 'identical')]]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        params: Params | None = None,
        mode: str = "rw",
        *,
        durability: str = "flush",
        wait: float = 0.0,
        agencies: str | os.PathLike[str] | None = None,
        tuning: IndexTuning | None = None,
        **params_fields: Any,
    ) -> None:
        def opened() -> Index:
            from dedup.index.index import Index

            others: dict[str, Any] = {"durability": durability, "wait": wait}
            return Index(path, params, mode, **others, agencies=agencies, tuning=tuning, **params_fields)

        self._prepare(opened, None)

    def _prepare(self, opened: Callable[[], Index], closed: Callable[[Index], None] | None) -> None:
        self._opened = opened
        self._closed = closed
        self._index: Index | None = None
        self._thread = ThreadPoolExecutor(1, "dedup")
        self._opening: asyncio.Future[None] | None = None
        self._closing: asyncio.Future[None] | None = None
        self._waiting: deque[_Call] = deque()
        self._is_busy = False

    @classmethod
    def open(cls, *arguments: Any, **options: Any) -> AsyncIndex:
        """Return an index that opens when it is awaited: another name for ``AsyncIndex(...)``.

        Parameters
        ----------
        *arguments, **options
            As for `dedup.Index`.

        Returns
        -------
        AsyncIndex
        """
        return cls(*arguments, **options)

    @classmethod
    def of(cls, opened: Callable[[], Index], closed: Callable[[Index], None] | None = None) -> AsyncIndex:
        """Return an asynchronous index for an open index that other parts of a program use, too.

        Parameters
        ----------
        opened : callable
            Returns an open index; called in the thread.
        closed : callable, optional
            Called with the index in the end, instead of `Index.close`.

        Returns
        -------
        AsyncIndex
        """
        index = cls.__new__(cls)
        index._prepare(opened, closed)
        return index

    def __repr__(self) -> str:
        if self._closing is not None:
            return "<AsyncIndex: closed>"
        return "<AsyncIndex: not open yet>" if self._index is None else f"<AsyncIndex of {self._index!r}>"

    def __await__(self) -> Generator[Any, None, AsyncIndex]:
        return self._open().__await__()

    async def __aenter__(self) -> AsyncIndex:
        return await self._open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # ---- as of an index

    async def add(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> Decision:
        """Add a document; as `Index.add`."""
        record = {"id": id, "text": text, "source": source, "published": published, "url": url, "data": data}
        found: Decision = await self._call("add_many", record)
        return found

    async def add_many(self, records: Iterable[Mapping[str, Any]]) -> list[Decision]:
        """Add documents one after the other; as `Index.add_many`."""
        return await self._alone(lambda index: index.add_many(records))

    async def query(
        self, text: str, *, source: str | None = None, published: Any = None, url: str | None = None
    ) -> Decision:
        """Find what a text matches; as `Index.query`."""
        record = {"text": text, "source": source, "published": published, "url": url}
        found: Decision = await self._call("query_many", record)
        return found

    async def query_many(self, texts: Iterable[str | Mapping[str, Any]]) -> list[Decision]:
        """Find what each of several texts matches; as `Index.query_many`."""
        return await self._alone(lambda index: index.query_many(texts))

    async def update(
        self,
        id: str,
        text: str,
        *,
        source: str | None = None,
        published: Any = None,
        url: str | None = None,
        data: Any = None,
    ) -> Decision:
        """Replace the document of an id; as `Index.update`."""
        fields = {"source": source, "published": published, "url": url, "data": data}
        return await self._alone(lambda index: index.update(id, text, **fields))

    async def remove(self, id: str) -> bool:
        """Remove a document; as `Index.remove`."""
        return await self._alone(lambda index: index.remove(id))

    async def expire(self, before: Any = None) -> int:
        """Remove all documents published before a date; as `Index.expire`."""
        return await self._alone(lambda index: index.expire(before))

    async def get(self, id: str) -> Document | None:
        """Return a stored document; as `Index.get`."""
        return await self._alone(lambda index: index.get(id))

    async def copies_of(self, id: str) -> list[Document]:
        """Return the documents that are copies of a stored one; as `Index.copies_of`."""
        return await self._alone(lambda index: index.copies_of(id))

    async def story(self, id: str | int) -> Story | None:
        """Return a story and what happened to it; as `Index.story`."""
        return await self._alone(lambda index: index.story(id))

    async def __aiter__(self) -> AsyncIterator[Document]:
        """Iterate over the documents, as over an `Index`; other calls come between the blocks of them."""
        documents = await self._alone(iter)
        while block := await self._alone(lambda _: [*islice(documents, DOCUMENTS_TOGETHER)]):
            for document in block:
                yield document

    async def contains(self, id: str) -> bool:
        """Return whether the index has a document of this id, as ``id in index`` does.

        Parameters
        ----------
        id : str

        Returns
        -------
        bool
        """
        return await self._alone(lambda index: id in index)

    async def count(self) -> int:
        """Return the number of documents, as ``len(index)`` does.

        Returns
        -------
        int
        """
        return await self._alone(len)

    async def flush(self) -> None:
        """Make all changes survive the end of the process and a power failure; as `Index.flush`."""
        await self._alone(lambda index: index.flush())

    async def compact(self) -> None:
        """Erase the remains of removed documents; as `Index.compact`."""
        await self._alone(lambda index: index.compact())

    async def check(self) -> list[str]:
        """Read the whole index and return what is damaged; as `Index.check`."""
        return await self._alone(lambda index: index.check())

    async def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the index to a new folder; as `Index.backup`."""
        await self._alone(lambda index: index.backup(path))

    async def export(self, path: str | os.PathLike[str]) -> int:
        """Write all documents to a file; as `Index.export`."""
        return await self._alone(lambda index: index.export(path))

    async def counters(self) -> dict[str, float]:
        """Return what it has done since it was opened; as `Index.counters`."""
        return await self._alone(lambda index: index.counters())

    async def info(self) -> dict[str, Any]:
        """Return facts about the index; as `Index.info`."""
        return await self._alone(lambda index: index.info())

    async def close(self) -> None:
        """Finish all waiting calls, flush, and close, even if this call is cancelled."""
        if self._opening is not None:
            await asyncio.shield(self._finish())

    # ---- how calls are gathered

    async def _open(self) -> AsyncIndex:
        if self._opening is None:
            self._opening = asyncio.get_running_loop().run_in_executor(self._thread, self._open_in_thread)
        try:
            await asyncio.shield(self._opening)
        except asyncio.CancelledError:
            self._finish()  # nobody else would close what opens in a moment
            raise
        return self

    def _open_in_thread(self) -> None:
        self._index = self._opened()

    def _close_in_thread(self) -> None:
        index, self._index = self._index, None
        if index is not None:
            (self._closed or type(index).close)(index)

    async def _alone(self, do: Callable[[Index], T]) -> T:
        found: T = await self._call(None, do)
        return found

    async def _call(self, many: str | None, argument: Any) -> Any:
        if self._index is None or self._closing is not None:
            state = "closed" if self._closing is not None else "not open yet"
            raise StorageError(f"the index is {state}", "an open one", "use it inside `async with`")
        call = _Call(many, argument, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if not self._is_busy:
            self._is_busy = True
            # Not at once: other tasks that are ready call, too.
            asyncio.get_running_loop().call_soon(self._next)
        return await call.answer

    def _next(self) -> None:
        """Pass the calls that have gathered to the thread."""
        calls = self._take()
        self._is_busy = bool(calls)
        if calls:
            self._submit(calls)

    def _take(self) -> list[_Call]:
        """Take the calls of the next batch, without those that were cancelled."""
        calls: list[_Call] = []
        while self._waiting and len(calls) < MOST_TOGETHER:
            call = self._waiting[0]
            if calls and (call.many is None or call.many != calls[0].many):
                break
            self._waiting.popleft()
            if not call.answer.cancelled():
                calls.append(call)
        return calls

    def _submit(self, calls: list[_Call]) -> None:
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._work, calls)
        # A callback, no task: whoever cancels all tasks of a loop must not end what others still wait for.
        done.add_done_callback(partial(self._answer, calls))

    def _work(self, calls: list[_Call]) -> list[Any]:
        many = calls[0].many
        if many is not None:
            return outcomes(getattr(self._index, many), [call.argument for call in calls])
        try:
            return [calls[0].argument(self._index)]
        except Exception as error:
            return [error]

    def _answer(self, calls: list[_Call], done: asyncio.Future[list[Any]]) -> None:
        for call, outcome in zip(calls, done.result(), strict=True):
            if call.answer.done():
                continue
            if isinstance(outcome, Exception):
                call.answer.set_exception(outcome)
            else:
                call.answer.set_result(outcome)
        self._next()

    def _finish(self) -> asyncio.Future[None]:
        """Pass all waiting calls and then the end to the thread, which reaches it whatever happens to the loop."""
        if self._closing is None:
            while calls := self._take():
                self._submit(calls)
            self._closing = asyncio.get_running_loop().run_in_executor(self._thread, self._close_in_thread)
            self._thread.shutdown(wait=False)
        return self._closing


@dataclass(slots=True)
class _Call:
    """A call that waits for its answer.

    ``many`` is the method that takes a list of such arguments; with None the argument is a function of the index.
    """

    many: str | None
    argument: Any
    answer: asyncio.Future[Any]


def outcomes(many: Callable[[list[Any]], list[Any]], arguments: list[Any]) -> list[Any]:
    """Call a method that takes all records or none, in such a way that a bad record affects no other.

    Parameters
    ----------
    many : callable
        Such as `Index.add_many`; refuses by an `InputError`.
    arguments : list

    Returns
    -------
    list, of the length of ``arguments``
        The answers; an exception where there is none.
    """
    found: list[Any] = []
    parts = [arguments] if arguments else []
    while parts:
        part = parts.pop()
        try:
            found += many(part)
        except InputError as error:
            if len(part) == 1:
                found.append(error)
            else:  # a refusal costs little, for it comes before the work: so halves find the few that are wrong
                half = len(part) // 2
                parts += [part[half:], part[:half]]
        except Exception as error:
            found += [error] * len(part)
    return found
