"""Describe the committed state of an index on a server in a few numbers, which show a client what to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

FORMAT = 3
"""Of an index on a server; that of a folder is another one."""

REMEMBERED = 32
"""Commits whose tokens are kept, so that a writer whose connection broke can find out whether its commit was done."""


Command = tuple[Any, ...]
"""A command to the server."""


class Committed(NamedTuple):
    """The state of an index after a commit.

    Parameters
    ----------
    made : str
        Random, drawn when the index was made: another index of the same name has another.
    change : int
        Commits.
    next : int
        Number of the next document.
    buckets, postings : int
    generation : int
        How often removed documents were swept, and word pairs counted again.
    table : dict
        Facts about the stored table of frequencies: name, bits, shards, articles, tokens, and the last document (to).
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
    def of(about: Mapping[bytes, bytes]) -> Committed:
        """Read the state from the fields of its hash.

        Raises
        ------
        ValueError
            When it is damaged.
        """
        try:
            return Committed(
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
            raise ValueError(f"its state lacks {error.args[0].decode()}") from error

    def fields(self) -> dict[str, str | int]:
        """Return the fields of its hash."""
        return {
            **self._asdict(),
            "table": orjson.dumps(self.table).decode(),
            "commits": ",".join(self.commits),
        }

    def follows(self, earlier: Committed) -> bool:
        """Return whether this state came from an earlier one, as far as can be seen: not after a server was reset."""
        steps = self.change - earlier.change
        if self.made != earlier.made or steps < 0 or self.next < earlier.next:
            return False
        last = earlier.commits[-1:]
        return steps >= len(self.commits) or not last or self.commits[-1 - steps] == last[0]
