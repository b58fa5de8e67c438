"""Take turns in writing to a server: one writer at a time, whole commits only, repeated if another came first."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.errors import StorageError
from dedup.index.redis import columns
from dedup.index.redis.codec import encoded
from dedup.index.redis.committed import REMEMBERED, Command, Committed
from dedup.index.redis.lock import Lease
from dedup.index.redis.state import State
from dedup.index.stored import Row
from dedup.index.tuning import IndexTuning
from dedup.index.vocabulary import Vocabulary

if TYPE_CHECKING:
    from redis.client import Pipeline

TRIES = 20

LONGER = 6
"""Times that the lease is doubled for a writer that others have come before, so that in the end none does."""

WAIT_SECONDS = 120.0
PAUSE = 0.002, 0.02  # seconds, from and to


@dataclass(slots=True)
class Changes:
    """The changes of a turn that are not committed yet.

    Parameters
    ----------
    rows : list of Row
        Documents to be added.
    end : int
        Number of the next document, if there are none with the numbers before it.
    removed : list of int
    amended : list of Row
    stories : dict of str to bytes or None
        What is noted of stories, by name; None where it is removed.
    commands : list of Command
        Other commands of the commit.
    committed : dict
        Fields of the committed state that change.
    is_stale : bool
        Whether the state must be loaded again after the commit.
    """

    rows: list[Row] = field(default_factory=list)
    end: int = 0
    removed: list[int] = field(default_factory=list)
    amended: list[Row] = field(default_factory=list)
    stories: dict[str, bytes | None] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    committed: dict[str, Any] = field(default_factory=dict)
    is_stale: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.rows or self.end or self.removed or self.amended or self.stories or self.commands or self.committed
        )


class Turns:
    """The turns of a client, and the changes of its present turn.

    Parameters
    ----------
    state : State
    lease : Lease
    place : str
        The place as messages name it.
    tuning : IndexTuning

    Attributes
    ----------
    changes : Changes
    waited : float
        Seconds for which other writers were waited for.
    """

    def __init__(self, state: State, lease: Lease, place: str, tuning: IndexTuning) -> None:
        self.changes = Changes()
        self.waited = 0.0
        self._state = state
        self._lease = lease
        self._place = place
        self._tuning = tuning

    def attempts(self) -> Iterator[Turn]:
        """Yield turns, to be entered by ``with``, until one is committed.

        Raises
        ------
        StorageError
            When other writers commit again and again before this one can.
        """
        for attempt in range(TRIES):
            turn = Turn(self, self._tuning.lease_seconds * 2 ** min(attempt, LONGER))
            yield turn
            if turn.is_committed:
                return
        raise StorageError(f"{self._place}: other writers kept committing first", hint="try again")

    # ---- the beginning and the end of a turn

    def begin(self, seconds: float) -> Pipeline:
        """Wait for the lease, load what others have committed, and return the pipeline of the commit.

        Raises
        ------
        StorageError
            When other writers have the lease for too long.
        """
        server = self._state.server
        begun = time.monotonic()
        end = begun + WAIT_SECONDS
        while not self._lease.acquire(seconds):
            if time.monotonic() > end:
                found = f"{self._place}: other writers have held the lock for {WAIT_SECONDS:.0f} s"
                raise StorageError(found, hint="add smaller batches")
            if not self._state.is_stale:
                self._state.refresh()
            time.sleep(random.uniform(*PAUSE))
        self.waited += time.monotonic() - begun
        pipe = server.client.pipeline()
        try:
            pipe.watch(server.key("state"))
            self._state.refresh(pipe.hgetall(server.key("state")))
        except BaseException as error:
            self.end(pipe, error)
            raise
        return pipe

    def end(self, pipe: Pipeline, error: BaseException | None) -> None:
        """Forget uncommitted changes, and release the lease."""
        from redis import RedisError

        self.changes = Changes()
        with suppress(RedisError):
            pipe.reset()
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self._state.server.disconnect()  # there may be an answer on its way that is not the next one's
        with suppress(RedisError):  # it ends by itself
            self._lease.release()

    def commit(self, pipe: Pipeline, token: str) -> None:
        """Commit the changes, if nobody has committed since the turn began.

        Raises
        ------
        redis.WatchError
            When somebody has, or the connection broke: then it is not known whether it was done.
        """
        state, changes = self._state, self.changes
        if not changes:
            return
        new, commands = self._commands(token)
        self._lease.extend()
        pipe.multi()
        for command in [*commands, *self._lease.releasing()]:
            pipe.execute_command(*command)
        pipe.execute()
        self._lease.forget()
        state.committed = new
        state.removed += len(changes.removed)
        state.is_stale = changes.is_stale

    def _commands(self, token: str) -> tuple[Committed, list[Command]]:
        """Return the state after the commit, and its commands."""
        changes, before, server = self.changes, self._state.committed, self._state.server
        sketch_sizes = self._state.finder.sketch_sizes
        commands = [*changes.commands]
        new = before._replace(
            change=before.change + 1,
            next=self.next,
            commits=(*before.commits, token)[-REMEMBERED:],
            **changes.committed,
        )
        fresh = np.concatenate([postings.merged() for postings in self._state.all_postings()])
        if len(fresh):
            fresh.sort()
            more = self._state.buckets.with_more(fresh, before.postings, self._state.finder.is_removed)
            new = new._replace(buckets=more.buckets, postings=more.postings)
            commands += server.set_buckets(more.names, more.values, more.emptied)
        if self.next > before.next:
            numbers = np.array([row.number for row in changes.rows], np.int64)
            records = columns.records_of(changes.rows, sketch_sizes[numbers])
            if len(numbers) < self.next - before.next:
                records = columns.with_gaps(records, numbers - before.next, self.next - before.next)
            values = [encoded(row) for row in changes.rows]
            commands += server.add_documents(numbers.tolist(), values, records, before.next)
        if changes.amended:
            records = columns.records_of(changes.amended, sketch_sizes[[row.number for row in changes.amended]])
            commands += server.amend_documents([(row.number, encoded(row)) for row in changes.amended], records)
        if changes.removed:
            commands += server.remove_documents(changes.removed)
        commands += server.set_stories(changes.stories)
        commands.append(("HSET", server.key("state"), *chain.from_iterable(new.fields().items())))
        return new, commands

    def was_committed(self, token: str) -> bool:
        """Return whether a commit was done that got no answer.

        Raises
        ------
        StorageError
            When the server cannot be asked.
        """
        from redis import RedisError

        try:
            return token in Committed.of(self._state.server.about()).commits
        except RedisError as error:
            raise StorageError(
                f"{self._place}: the connection broke in the middle of a commit",
                hint="it may be done: when the server is back, look up the ids in the index",
            ) from error

    # ---- changes, in a turn

    @property
    def next(self) -> int:
        """Number of the next document."""
        return max(self._state.committed.next + len(self.changes.rows), self.changes.end)

    def insert(self, rows: Sequence[Row]) -> None:
        """Add documents, with the next numbers."""
        self.changes.rows += rows
        self._state.lookup.add(rows)
        self._learn_words()

    def leave_gaps(self, end: int) -> None:
        """Leave the numbers of which no document was added as those of removed ones, up to a number; add none after."""
        self._state.finder.make_room(end)
        is_removed, first = self._state.finder.is_removed, self._state.committed.next
        self._state.is_stale = True
        is_removed[first:end] = True
        is_removed[[row.number for row in self.changes.rows]] = False
        self.changes.end = end

    def use_words(self, words: Vocabulary) -> None:
        """Pack the tokens of an index without documents by a vocabulary from elsewhere."""
        self._state.vocabulary = words
        self.change(("SET", self._state.server.key("words"), bytes(words)))

    def _learn_words(self) -> None:
        """Create the vocabulary as soon as there are enough documents."""
        state, most = self._state, self._tuning.vocabulary_documents
        if len(state.vocabulary) == 0 and self.next > most:
            first = [*state.rows(range(1, state.committed.next)), *self.changes.rows][:most]
            state.vocabulary = Vocabulary.of(state.tokens_of(first))
            self.change(("SET", state.server.key("words"), bytes(state.vocabulary)))

    def amend(self, rows: Sequence[Row]) -> None:
        """Replace the fields of documents."""
        self.changes.amended += rows

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names that have one, uncommitted ones included."""
        changed = self.changes.stories
        found = self._state.server.story_values([name for name in names if name not in changed])
        mine = ((name, changed[name]) for name in names if name in changed)
        return {**found, **{name: value for name, value in mine if value is not None}}

    def link(self, rows: Sequence[Row], original: int) -> None:
        """Mark documents as copies of the one with a number."""
        linked = [row._replace(copy_of=original) for row in rows]
        self.changes.amended += linked
        self._state.lookup.add_copies(linked)

    def remove(self, numbers: Sequence[int]) -> int:
        """Remove documents that are not removed already; return how many."""
        is_removed = self._state.finder.is_removed
        new = [number for number in numbers if not is_removed[number]]
        self._state.is_stale |= bool(new)
        self.changes.removed += new
        is_removed[new] = True
        return len(new)

    def change(self, *commands: Command, **committed: Any) -> None:
        """Add commands to the commit, and change fields of the committed state."""
        self.changes.commands += commands
        self.changes.committed.update(committed)

    def load_again(self) -> None:
        """Make the next call load everything that is held in memory."""
        self.changes.is_stale = True


class Turn:
    """One attempt: the lease is taken when it is entered, and the changes are committed at its end.

    Parameters
    ----------
    turns : Turns
    seconds : float
        Of the lease, unless it is extended.

    Attributes
    ----------
    is_committed : bool
        False if another writer came between: then the attempt must be repeated.
    """

    def __init__(self, turns: Turns, seconds: float) -> None:
        self.is_committed = False
        self._turns = turns
        self._seconds = seconds

    def __enter__(self) -> None:
        self._pipe = self._turns.begin(self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._commit()
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._turns.end(self._pipe, error)

    def _commit(self) -> None:
        from redis import WatchError

        token = secrets.token_hex(4)
        try:
            self._turns.commit(self._pipe, token)
        except WatchError:
            self.is_committed = self._turns.was_committed(token)
        else:
            self.is_committed = True
