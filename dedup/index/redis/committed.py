"""What is committed of a shared index, in a few numbers; whoever knows them knows what to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from dedup.index.folder.database import Row

FORMAT = 2
"""Of an index on a server; that of a folder is another one."""

REMEMBERED = 32
"""Commits whose tokens are kept, so that a writer whose connection broke can tell whether its commit was done."""


Command = tuple[Any, ...]
"""To the server."""


class State(NamedTuple):
    """The state after a commit.

    Parameters
    ----------
    made : str
        Random, of the index: another one of the same name has another.
    change : int
        Commits.
    next : int
        Number of the next document.
    buckets, postings : int
    generation : int
        How often removed documents were swept, and word pairs counted anew.
    table : dict
        Of the table of frequencies that is stored: name, bits, shards, articles, tokens, and the last document (to).
    commits : tuple of str
        Tokens of the last commits.
    """

    made: str
    change: int
    next: int
    buckets: int
    postings: int
    generation: int
    table: dict[str, Any]
    commits: tuple[str, ...]

    @staticmethod
    def of(about: Mapping[bytes, bytes]) -> State:
        """Read it.

        Raises
        ------
        ValueError
            When it is damaged.
        """
        try:
            return State(
                about[b"made"].decode(),
                int(about[b"change"]),
                int(about[b"next"]),
                int(about[b"buckets"]),
                int(about[b"postings"]),
                int(about[b"generation"]),
                orjson.loads(about[b"table"]),
                tuple(filter(None, about[b"commits"].decode().split(","))),
            )
        except KeyError as error:
            raise ValueError(f"it does not tell {error.args[0].decode()}") from error

    def fields(self) -> dict[str, str | int]:
        """Return it as it is stored."""
        return {
            **self._asdict(),
            "table": orjson.dumps(self.table).decode(),
            "commits": ",".join(self.commits),
        }

    def follows(self, earlier: State) -> bool:
        """Whether it came of an earlier state, as far as one can tell; not after a server was set back."""
        steps = self.change - earlier.change
        if self.made != earlier.made or steps < 0 or self.next < earlier.next:
            return False
        last = earlier.commits[-1:]
        return steps >= len(self.commits) or not last or self.commits[-1 - steps] == last[0]


@dataclass(slots=True)
class Changes:
    """What a turn has changed and not committed yet."""

    rows: list[Row] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    amended: list[Row] = field(default_factory=list)
    others: list[Command] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    stale: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows or self.removed or self.amended or self.others or self.state)
