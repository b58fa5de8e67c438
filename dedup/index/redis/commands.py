"""Read and write the keys of an index on a server; what they mean is decided elsewhere.

- ``state`` a hash: format, version, parameters, and what is committed (`dedup.index.redis.committed`)
- ``documents`` a hash: a document by its number; ``postings`` a hash: a bucket by its name
- ``stories`` a hash: what `dedup.index.story_book` notes, by name
- ``columns:n`` strings: the records of documents; ``removed`` a string: numbers of four bytes, since the last sweep
- ``words`` a string: the vocabulary; ``frequencies:x`` a hash: the shards of the table; ``lease`` the writer's lock
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from dedup.errors import StorageError
from dedup.index.redis import columns, snapshots
from dedup.index.redis.buckets import FEWEST, Names, fields
from dedup.index.redis.committed import FORMAT, Command, Committed
from dedup.index.redis.url import Address

AT_A_TIME = 10_000
"""Fields in one command, during which other clients wait."""

SAMPLES = 200  # of a key, to estimate its memory


class Server:
    """An index on a server.

    Parameters
    ----------
    address : Address
    column_bits : int
        Base-2 logarithm of the documents in a block of the columns.
    """

    def __init__(self, address: Address, column_bits: int = 10) -> None:
        self.blocks = columns.Blocks(column_bits)
        address.check_tls()
        self.client = address.client()
        self.key = address.key
        self._place = address.place

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def disconnect(self) -> None:
        """Close the present connections; new ones are opened as needed."""
        self.client.connection_pool.disconnect()

    # ---- made and opened

    def create(self, facts: Mapping[str, str]) -> None:
        """Create an index by its facts, unless there is one.

        Raises
        ------
        StorageError
            When there is something else of that name, or the server would throw keys away.
        """
        from redis import WatchError

        state = self.key("state")
        with self.client.pipeline() as pipe, suppress(WatchError):  # another writer makes it
            pipe.watch(state)
            if pipe.exists(state):
                return
            names = ("documents", "postings", "removed", "stories", "words")
            others = [name for name in names if pipe.exists(self.key(name))]
            if others:
                raise StorageError(
                    f"{self._place} holds {self.key(others[0])!r} but no index", "an index, or no keys of that name"
                )
            about = {
                "format": FORMAT,
                **facts,
                **Committed(secrets.token_hex(8), 0, 1, FEWEST, 0, 0, {}, ()).fields(),
            }
            pipe.multi()
            pipe.hset(state, mapping=about)
            pipe.execute()

    def _keys(self) -> list[str]:
        """Return the names of all keys of the index, without the prefix."""
        names = ["state", "documents", "postings", "removed", "stories", "words", "lease"]
        about = self.about()
        if about:
            committed = Committed.of(about)
            names += [f"columns:{block}" for block in range(1 + (committed.next >> self.blocks.bits))]
            names += [snapshots.key_of(committed.table)] if committed.table else []
        return [name for name in names if self.client.exists(self.key(name))]

    def drop(self) -> None:
        """Delete the index, if there is one."""
        keys = [self.key(name) for name in self._keys()]
        if keys:
            self.client.unlink(*keys)

    def rename(self, address: Address) -> None:
        """Give the index another name, at once.

        Raises
        ------
        StorageError
            When there is an index of that name.
        """
        from redis import WatchError

        names = self._keys()
        with self.client.pipeline() as pipe:
            pipe.watch(address.key("state"))
            is_there = bool(pipe.exists(address.key("state")))
            pipe.multi()
            for name in names:
                pipe.rename(self.key(name), address.key(name))
            try:
                if not is_there:
                    pipe.execute()
            except WatchError:
                is_there = True
        if is_there:
            raise StorageError(f"{address.place} holds an index", "a name that no index has", "choose another name")

    def assert_keeps(self) -> None:
        """Refuse a server that evicts keys when it is full.

        Raises
        ------
        StorageError
        """
        from redis import ResponseError

        try:
            memory = self.client.info("memory")
        except ResponseError:  # not allowed to ask
            return
        policy = str(memory.get("maxmemory_policy", "noeviction"))
        if policy.startswith("allkeys") and int(memory.get("maxmemory", 0)):
            raise StorageError(
                f"{self._place}: the server evicts keys when it is full (maxmemory-policy {policy})",
                "maxmemory-policy noeviction or volatile-…",
            )

    # ---- read

    def about(self) -> dict[bytes, bytes]:
        """Return the facts and the committed state of the index, or nothing if it does not exist."""
        found: dict[bytes, bytes] = self.client.hgetall(self.key("state"))
        return found

    def run(self) -> str:
        """Return an id of the server's process, or nothing if the server does not allow the question."""
        from redis import ResponseError

        with suppress(ResponseError):
            return str(self.client.info("server").get("run_id", ""))
        return ""

    def documents(self, numbers: Sequence[int]) -> list[bytes | None]:
        """Return documents, None for those that do not exist."""
        found: list[bytes | None] = []
        for first in range(0, len(numbers), AT_A_TIME):
            names = [b"%d" % number for number in numbers[first : first + AT_A_TIME]]
            found += self.client.execute_command("HMGET", self.key("documents"), *names)
        return found

    def count(self) -> int:
        """Return the number of documents."""
        return int(self.client.hlen(self.key("documents")))

    def buckets(self, names: Sequence[bytes]) -> tuple[int, list[bytes | None]]:
        """Return the number of buckets and the content of some, both from one moment.

        If the number changed meanwhile: the new one, below zero, and nothing.
        """
        before = 0
        found: list[bytes | None] = []
        asked = "HGET", self.key("state"), "buckets"
        for first in range(0, len(names), AT_A_TIME):
            # No MULTI: a full server would refuse it. That the number is the same before and after is enough.
            with self.client.pipeline(transaction=False) as pipe:
                pipe.execute_command(*asked)
                pipe.execute_command("HMGET", self.key("postings"), *names[first : first + AT_A_TIME])
                pipe.execute_command(*asked)
                earlier, values, later = pipe.execute()
            count = int(later or 0)
            if int(earlier or 0) != count or (count != before and found):
                return -count, []
            before = count
            found += values
        return before, found

    def records(self, first: int, end: int) -> columns.Records:
        """Return the records of successive documents."""
        if first >= end:
            return np.empty(0, columns.RECORD)
        bits = self.blocks.bits
        begin = first >> bits
        blocks = range(begin, (end - 1 >> bits) + 1)
        values = self.client.mget([self.key(f"columns:{block}") for block in blocks])
        offset = begin << bits
        return self.blocks.joined(values)[first - offset : end - offset]

    def removed(self, after: int) -> npt.NDArray[np.int64]:
        """Return the numbers of documents removed since the last sweep, after the first ``after`` of them."""
        data = self.client.getrange(self.key("removed"), 4 * after, -1)
        return np.frombuffer(data, "<u4").astype(np.int64)

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names of stories that have one."""
        found: dict[str, bytes] = {}
        for first in range(0, len(names), AT_A_TIME):
            block = names[first : first + AT_A_TIME]
            values = self.client.execute_command("HMGET", self.key("stories"), *block)
            found.update((name, value) for name, value in zip(block, values, strict=True) if value is not None)
        return found

    def all_story_values(self) -> Iterator[dict[str, bytes]]:
        """Yield all that is noted of stories, by name, some at a time; some of it perhaps twice."""
        cursor = -1
        while cursor:
            cursor, found = self.client.hscan(self.key("stories"), max(cursor, 0), count=AT_A_TIME)
            yield {name.decode(): value for name, value in found.items()}

    def words(self) -> bytes:
        """Return the vocabulary in its stored form."""
        return bytes(self.client.get(self.key("words")) or b"")

    # ---- the parts of a commit

    def add_documents(
        self, numbers: Sequence[int], values: list[bytes], records: columns.Records, first: int
    ) -> Iterator[Command]:
        """Yield the commands that add documents, and the records of all from a number on."""
        names = [b"%d" % number for number in numbers]
        yield from self._set_all("documents", names, values)
        for block, place, data in self.blocks.pieces(first, records):
            yield "SETRANGE", self.key(f"columns:{block}"), place, data

    def amend_documents(self, rows: Sequence[tuple[int, bytes]], records: columns.Records) -> Iterator[Command]:
        """Yield the commands that replace documents, by number, and their records."""
        yield "HSET", self.key("documents"), *chain.from_iterable((b"%d" % number, value) for number, value in rows)
        for (number, _), record in zip(rows, records, strict=True):
            block, place = self.blocks.place(number)
            yield "SETRANGE", self.key(f"columns:{block}"), place, record.tobytes()

    def remove_documents(self, numbers: list[int]) -> Iterator[Command]:
        """Yield the commands that remove documents."""
        yield "HDEL", self.key("documents"), *numbers
        gone = columns.gone()
        for number in numbers:
            block, place = self.blocks.place(number)
            yield "SETRANGE", self.key(f"columns:{block}"), place, gone
        yield "APPEND", self.key("removed"), np.array(numbers, "<u4").tobytes()

    def set_stories(self, values: Mapping[str, bytes | None]) -> Iterator[Command]:
        """Yield the commands that store what is noted of stories, by name; None removes it."""
        stored = [(name, value) for name, value in values.items() if value is not None]
        removed = [name for name, value in values.items() if value is None]
        for first in range(0, len(stored), AT_A_TIME):
            yield "HSET", self.key("stories"), *chain.from_iterable(stored[first : first + AT_A_TIME])
        for first in range(0, len(removed), AT_A_TIME):
            yield "HDEL", self.key("stories"), *removed[first : first + AT_A_TIME]

    def set_buckets(self, names: Names, values: list[bytes], emptied: Names) -> Iterator[Command]:
        """Yield the commands that write buckets."""
        yield from self._set_all("postings", fields(names), values)
        for first in range(0, len(emptied), AT_A_TIME):
            yield "HDEL", self.key("postings"), *fields(emptied[first : first + AT_A_TIME])

    def _set_all(self, key: str, names: list[bytes], values: list[bytes]) -> Iterator[Command]:
        for first in range(0, len(names), AT_A_TIME):
            block = slice(first, first + AT_A_TIME)
            yield "HSET", self.key(key), *chain.from_iterable(zip(names[block], values[block], strict=True))

    # ---- facts about the server

    def memory(self, end: int, table: Mapping[str, Any]) -> dict[str, int]:
        """Return the bytes of memory that the index takes, by use, estimated from samples.

        Parameters
        ----------
        end : int
            Number of the next document.
        table : mapping
            Of the frequencies, as in the state.
        """
        n_blocks = 1 + (end >> self.blocks.bits)
        blocks = range(0, n_blocks, 1 + n_blocks // SAMPLES)
        of_blocks = self._memory([f"columns:{block}" for block in blocks]) * n_blocks // len(blocks)
        return {
            "documents": self._memory(["documents"]),
            "postings": self._memory(["postings"]),
            "columns": of_blocks,
            "frequencies": self._memory([snapshots.key_of(table)]) if table else 0,
            "stories": self._memory(["stories"]),
            "other": self._memory(["state", "words", "removed"]),
        }

    def _memory(self, names: list[str]) -> int:
        with self.client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.memory_usage(self.key(name), SAMPLES)
            return sum(int(size or 0) for size in pipe.execute())

    def persistence(self) -> str:
        """Return in words how the server stores its memory on disk."""
        facts = self.client.info("persistence")
        found = []
        settings: dict[str, str] = {}
        with suppress(Exception):  # many rented servers do not say
            settings = {**self.client.config_get("save"), **self.client.config_get("appendfsync")}
        if int(facts.get("aof_enabled", 0)):
            found.append(f"append-only file (fsync {settings.get('appendfsync', 'unknown')})")
        if settings.get("save", "unknown"):
            found.append(f"snapshots ({settings.get('save', 'unknown')})")
        return " and ".join(found) or "none: the index is lost when the server stops"
