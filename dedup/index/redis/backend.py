"""An index on a server, as `Index` uses it: what of it is in memory, and turns, in which it is changed.

A client has in memory what a reader of a folder has: the frequencies of word pairs, one byte of each document's sketch,
and which are removed. It catches up with what others committed at the beginning of each call, from the documents
themselves. Postings and documents are read when they are needed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from dedup.candidates.sketch_join import posting_limit
from dedup.errors import StorageError
from dedup.index.features import Prepared
from dedup.index.folder.database import Row, checked
from dedup.index.protocol import Result
from dedup.index.redis import columns, lock, snapshots
from dedup.index.redis.buckets import LONGEST, Buckets, SharedPostings
from dedup.index.redis.codec import packed, unpacked
from dedup.index.redis.commands import Server
from dedup.index.redis.committed import FORMAT, REMEMBERED, Changes, Command, State
from dedup.index.redis.integrity import problems
from dedup.index.redis.lookup import Lookup
from dedup.index.redis.maintenance import keep_up, sweep
from dedup.index.redis.url import MAKES_ONE, Address, told
from dedup.index.search.frequencies import Frequencies
from dedup.index.search.query import Finder, Found
from dedup.index.search.working_set import Numbers, tokens_of
from dedup.index.vocabulary import Vocabulary
from dedup.params import Level, Params
from dedup.schema import NO_DATE
from dedup.store.secret import key_of
from dedup.text.tokens import Tokens

if TYPE_CHECKING:
    from redis.client import Pipeline

VOCABULARY_DOCUMENTS = 1_000
"""Documents from which the vocabulary is made."""

BLOCK = 1_000  # documents that are read at a time
TRIES = 20
TRY_AGAIN = 1_000  # articles later, when the server had no room for what is due now and then
LONGER = 6  # times that the turn is doubled for one that others have come before, so that in the end none does
NEAR, RARE = 0, 0xA0761D6478BD642F
"""Salts of the kinds of keys; those of `dedup.index.redis.lookup` are others."""


class Shared:
    """A `dedup.index.protocol.Backend` on a Redis server.

    Parameters
    ----------
    address : Address
    params : Params or None
    mode : {"rw", "r"}

    Raises
    ------
    StorageError
    """

    def __init__(self, address: Address, params: Params | None, mode: str) -> None:
        self.place = address.place
        self.writable = mode == "rw"
        self.server = Server(address)
        self._lease = lock.Lease(self.server.client, address.key("lease"), self.place)
        self._changes = Changes()
        self._next_try = 0
        with told(self.place):
            try:
                if self.writable:
                    self.server.assert_keeps()
                    self.server.create(params or Params())
                about = self.server.about()
                if not about:
                    raise StorageError(f"{self.place} holds no index", "the URL of an index", MAKES_ONE)
                self.version = self._check(about, params)
                self.load(State.of(about))
            except BaseException:
                self.server.close()
                raise

    def _check(self, about: dict[bytes, bytes], params: Params | None) -> str:
        stored = {name: about.get(name.encode(), b"").decode() for name in ("format", "version", "params", "secret")}
        if not stored["format"]:
            raise StorageError(f"{self.place} is something else", "an index, or nothing", "choose another name")
        known: dict[str, Any] = {**stored, "format": int(stored["format"])}
        checked(known, self.place, None if params is None else params.as_dict(), FORMAT)
        self.params = Params(**orjson.loads(stored["params"]))
        self.key = key_of(bytes.fromhex(stored["secret"]))
        return stored["version"]

    def close(self) -> None:
        """End the connections; all that was acknowledged is committed."""
        self.server.close()

    # ---- what is in memory

    def load(self, state: State) -> None:
        """Read anew all that is in memory."""
        frequencies, counted_to = self._frequencies(state)
        self.finder = Finder(self.params, frequencies)
        self._lookup = Lookup()
        self.finder.near, self.finder.rare = SharedPostings(NEAR), SharedPostings(RARE)
        self.vocabulary = Vocabulary.stored(b"")
        self.removed = 0
        self._run = self.server.run()
        self._catch_up(state, 1, counted_to + 1)

    def _frequencies(self, state: State) -> tuple[Frequencies, int]:
        """Return the stored table and the last document counted in it; if it is lost, all are counted anew."""
        table = state.table
        for _ in range(TRIES):
            if not table:
                break
            found = snapshots.read(self.server.client, self.server.key, table)
            if found is not None:
                return found, min(table["to"], state.next - 1)
            newest = State.of(self.server.about()).table  # a writer may just have put another in its place
            if newest == table or newest.get("to", 0) >= state.next:
                break
            table = newest
        return Frequencies(), 0

    def _catch_up(self, state: State, first: int, uncounted: int) -> None:
        """Take the documents from one on, and count those from another on."""
        self._stale = True  # what was taken in part must not be gone on with
        finder = self.finder
        if len(self.vocabulary) == 0:
            self.vocabulary = Vocabulary.stored(self.server.words())
        finder.make_room(state.next)
        records = self.server.records(first, state.next)
        finder.sketch_sizes[first : state.next] = records["sketch"]
        finder.is_removed[first : state.next] |= records["gone"] > 0
        removed = self.server.removed(self.removed)
        self.removed += len(removed)
        finder.is_removed[removed[removed < state.next]] = True
        if self.params.level >= Level.syndicated:
            self.count(finder, self.there(uncounted, state.next))
        self._state = state
        self._stale = False

    def there(self, first: int, end: int) -> list[int]:
        """Return the numbers of the documents that are there, of a range."""
        numbers: list[int] = (first + np.flatnonzero(~self.finder.is_removed[first:end])).tolist()
        return numbers

    def count(self, finder: Finder, numbers: list[int]) -> None:
        """Count the word pairs of stored documents."""
        for block in range(0, len(numbers), BLOCK):
            rows = self.rows(numbers[block : block + BLOCK])
            if rows:
                finder.count_again(self.tokens_of(rows), np.array([bool(row.counted) for row in rows]))
            self._lease.renew()

    def refresh(self, about: dict[bytes, bytes] | None = None) -> None:
        """See what others have committed, and nothing that was read before."""
        about = self.server.about() if about is None else about
        if not about:
            raise StorageError(f"{self.place} is not there any more", hint="was the server started anew, or emptied?")
        state = State.of(about)
        if state.made != self._state.made:
            raise StorageError(f"{self.place} is another index by now", "the one that was opened", "open it again")
        if self._stale or self._is_another(state):
            self.load(state)
        elif state != self._state:
            self._catch_up(state, self._state.next, self._state.next)
        self.look_anew()

    def _is_another(self, state: State) -> bool:
        """Whether a state may not have come of the one in memory."""
        before = self._state
        if not state.follows(before) or state.generation != before.generation:
            return True
        # Commits that long ago are not remembered: but a server is set back by being started, or by another one.
        return state.change - before.change >= REMEMBERED and self.server.run() != self._run

    def look_anew(self) -> None:
        """Forget the buckets that were read."""
        longest = max(LONGEST, 2 * posting_limit(self.params), 2 * self.params.bucket_limit)
        self._buckets = Buckets(self.postings_of, self._state.buckets, self._state.next, longest)
        self._postings = self.finder.near, self.finder.rare, self._lookup.ids, self._lookup.copies
        for postings in self._postings:
            assert isinstance(postings, SharedPostings)
            postings.buckets = self._buckets
            postings.recent = []

    def postings_of(self, names: Sequence[bytes]) -> tuple[int, list[bytes | None]]:
        """Return the number of buckets, and what is in some."""
        self._lease.renew()
        return self.server.buckets(names)

    def tokens_of(self, rows: list[Row]) -> Tokens:
        """Return the tokens of stored documents.

        Raises
        ------
        ValueError
            When they are damaged.
        """
        return tokens_of(rows, self.vocabulary)

    @property
    def state(self) -> State:
        """What is committed, as far as it was seen."""
        return self._state

    @property
    def next(self) -> int:
        """Number of the next document."""
        return self._state.next + len(self._changes.rows)

    # ---- one call of a caller

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See what was committed when it began; what is removed meanwhile may be missing."""
        with told(self.place):
            self.refresh()
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let changes be made, each in a turn."""
        if not self.writable:
            raise StorageError("the index is open for reading", 'mode="rw"', "open it again")
        with self.reading():
            yield

    def turn(self, work: Callable[[], Result]) -> Result:
        """Do some work while nobody else writes, and commit it; again, if somebody did."""
        result = self.taken(work)
        self._keep_up()
        return result

    def _keep_up(self) -> None:
        """Do what is due now and then. What the call was for is committed: so this does not fail it."""
        from redis import RedisError

        articles = self.finder.frequencies.articles
        if self._stale or articles < self._next_try:
            return
        try:
            keep_up(self)
        except (RedisError, StorageError):
            self._next_try = articles + TRY_AGAIN

    def taken(self, work: Callable[[], Result]) -> Result:
        """Do what `turn` does, and nothing else."""
        from redis import WatchError

        state = self.server.key("state")
        for attempt in range(TRIES):
            self._lease.take(lock.SECONDS * 2 ** min(attempt, LONGER), self._meanwhile)
            token = secrets.token_hex(4)
            try:
                with self.server.client.pipeline() as pipe:
                    pipe.watch(state)
                    self.refresh(pipe.hgetall(state))
                    result = work()
                    try:
                        self._commit(pipe, token)
                    except WatchError:
                        if not self._was_committed(token):
                            continue
                    return result
            except (KeyboardInterrupt, SystemExit):
                self.server.disconnect()  # there may be an answer on its way that is not the next one's
                raise
            finally:
                self._changes = Changes()
                self._release()
        raise StorageError(f"{self.place}: others commit again and again before this one can", hint="try again")

    def _was_committed(self, token: str) -> bool:
        """Whether a commit was done of which no answer came."""
        from redis import RedisError

        try:
            return token in State.of(self.server.about()).commits
        except RedisError as error:
            raise StorageError(
                f"{self.place}: the connection broke in the middle of a commit",
                hint="ask for the ids, when the server is back, whether it was done",
            ) from error

    def _meanwhile(self) -> None:
        if not self._stale:
            self.refresh()

    def _release(self) -> None:
        from redis import RedisError

        with suppress(RedisError):  # it ends by itself
            self._lease.release()

    def set_stale(self) -> None:
        """Have all that is in memory read anew by the next call."""
        self._changes.stale = True

    def flush(self) -> None:
        """Do nothing: each call has committed what it did."""

    # ---- asking

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """Return documents, in the order of the numbers; those that are gone are left out."""
        found = zip(numbers, self.server.documents(numbers), strict=True)
        rows = [unpacked(number, data) for number, data in found if data is not None]
        is_removed = self.finder.is_removed
        return [
            # Of a copy whose original was removed nothing was changed then.
            row._replace(copy_of=None) if row.copy_of and is_removed[row.copy_of] else row
            for row in rows
            if not (row.number < len(is_removed) and is_removed[row.number])
        ]

    def fetch(self, numbers: Sequence[int]) -> dict[int, Row]:
        """Return documents by number; those that are gone are left out."""
        self._lease.renew()
        return {row.number: row for row in self.rows(numbers)}

    def by_ids(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return the documents of some ids."""
        asked, numbers = self._lookup.of_ids(ids, self.finder.is_removed)
        rows = self.fetch(np.unique(numbers).tolist())
        pairs = zip(asked.tolist(), numbers.tolist(), strict=True)
        return {ids[at]: rows[number] for at, number in pairs if number in rows and rows[number].id == ids[at]}

    def known(self, ids: Sequence[str]) -> set[str]:
        """Return which of the ids there are."""
        return {*self.by_ids(ids)}

    def by_id(self, id: str) -> Row | None:
        """Return the document of that id."""
        return self.by_ids([id]).get(id)

    def copies(self, number: int) -> list[Row]:
        """Return the documents that are copies of one."""
        found = self._lookup.of_original(number, self.finder.is_removed)
        if len(found) >= LONGEST:  # not all of so many are posted
            found = 1 + np.flatnonzero(self.server.records(1, self._state.next)["copy_of"] == number)
        return [row for row in self.rows(found.tolist()) if row.copy_of == number]

    def find(self, new: Prepared, numbers: Numbers, add: bool, kin: Sequence[int] = ()) -> Found:
        """Find and judge the pairs of new texts and stored ones."""
        self._stale |= add  # until it is committed there is more in memory than on the server
        return self.finder.find(new, numbers, self.fetch, self.vocabulary, add, kin)

    def __len__(self) -> int:
        return self.server.count()

    def statistics(self) -> dict[str, Any]:
        """Return counts of documents."""
        return columns.statistics(self.server.records(1, self._state.next))

    def info(self) -> dict[str, Any]:
        """Return what else there is to tell; of memory what the server reckons from samples."""
        memory = self.server.memory(self._state.next, self._state.table)
        return {
            "file_bytes": sum(memory.values()),
            "memory": memory,
            "persistence": self.server.persistence(),
            "buckets": self._state.buckets,
            "postings": self._state.postings,
            "removed": self.removed,
            "format": FORMAT,
            "version": self.version,
        }

    def problems(self) -> list[str]:
        """Read everything; return what is wrong."""
        return problems(self)

    # ---- changing, in a turn

    def post(self, new: Prepared, numbers: Numbers, counted: npt.NDArray[np.bool_]) -> None:
        """Take texts that are to be added and match nothing."""
        self._stale = True
        self.finder.post(new, numbers, counted)

    def insert(self, rows: Iterable[Row]) -> None:
        """Add documents, with the next numbers."""
        some = list(rows)
        self._changes.rows += some
        self._lookup.add(some)
        self._learn_words()

    def _learn_words(self) -> None:
        """Make the vocabulary, once there are documents enough."""
        if len(self.vocabulary) == 0 and self.next > VOCABULARY_DOCUMENTS:
            first = [*self.rows(range(1, self._state.next)), *self._changes.rows][:VOCABULARY_DOCUMENTS]
            self.vocabulary = Vocabulary.of(self.tokens_of(first))
            self.change(("SET", self.server.key("words"), bytes(self.vocabulary)))

    def remove(self, row: Row) -> None:
        """Remove a document."""
        self._remove(row.number)

    def amend(self, row: Row) -> None:
        """Put what belongs to a document in the place of what did."""
        self._changes.amended.append(row)

    def follow(self, rows: Sequence[Row], number: int) -> None:
        """Have documents be copies of the one of that number."""
        following = [row._replace(copy_of=number) for row in rows]
        self._changes.amended += following
        self._lookup.add_copies(following)

    def _remove(self, number: int) -> bool:
        if self.finder.is_removed[number]:
            return False
        self._stale = True
        self._changes.removed.append(number)
        self.finder.is_removed[number] = True
        return True

    def expire(self, before: int) -> int:
        """Remove the documents published before a date, as many at a time as are in a turn; return how many."""
        records = self.server.records(1, self._state.next)
        is_old = (records["published"] != NO_DATE) & (records["published"] < before) & (records["gone"] == 0)
        numbers = (1 + np.flatnonzero(is_old)).tolist()
        count = 0
        for first in range(0, len(numbers), BLOCK):
            count += self.taken(partial(self._remove_all, numbers[first : first + BLOCK]))
        self._keep_up()
        return count

    def newest(self) -> int | None:
        """Return the latest date of a document; None where none has one."""
        newest: int | None = self.statistics()["last"]
        return newest

    def _remove_all(self, numbers: list[int]) -> int:
        return sum(map(self._remove, numbers))

    def compact(self) -> None:
        """Drop what is left of removed documents, and count word pairs anew."""
        sweep(self)

    def change(self, *commands: Command, **state: Any) -> None:
        """Have the turn commit some commands, and other values of the state."""
        self._changes.others += commands
        self._changes.state.update(state)

    def _commit(self, pipe: Pipeline, token: str) -> None:
        """Commit what the turn has changed, if nobody has committed since it began; end the turn with it.

        Raises
        ------
        redis.WatchError
            When somebody has, or the connection broke: then it is not known whether it was done.
        """
        changes, state, server = self._changes, self._state, self.server
        if not changes:
            return
        commands = [*changes.others]
        new = state._replace(
            change=state.change + 1,
            next=self.next,
            commits=(*state.commits, token)[-REMEMBERED:],
            **changes.state,
        )
        fresh = np.concatenate([postings.merged() for postings in self._postings])
        if len(fresh):
            fresh.sort()
            more = self._buckets.with_more(fresh, state.postings, self.finder.is_removed)
            new = new._replace(buckets=more.buckets, postings=more.postings)
            commands += server.set_buckets(more.names, more.values, more.emptied)
        if changes.rows:
            records = columns.records_of(changes.rows, self.finder.sketch_sizes[state.next : self.next])
            commands += server.add_documents([packed(row) for row in changes.rows], records, state.next)
        if changes.amended:
            rows = changes.amended
            records = columns.records_of(rows, self.finder.sketch_sizes[[row.number for row in rows]])
            commands += server.amend_documents([(row.number, packed(row)) for row in rows], records)
        if changes.removed:
            commands += server.remove_documents(changes.removed)
        commands.append(("HSET", server.key("state"), *chain.from_iterable(new.fields().items())))
        commands.append(("EVAL", lock.RELEASE, 1, self._lease.key, self._lease.token))
        self._lease.renew()
        pipe.multi()
        for command in commands:
            pipe.execute_command(*command)
        pipe.execute()
        self._state = new
        self.removed += len(changes.removed)
        self._lease.token = ""
        self._stale = changes.stale
