"""Hold the sizes and times of requests to remote files; apart, because it loads nothing."""

from __future__ import annotations

from dataclasses import dataclass

GROWTH = 4
"""By which a request is longer than the one before while all goes well, and shorter after it failed."""


@dataclass(frozen=True, slots=True)
class RemoteTuning:
    """The sizes and times of requests. They affect no answer.

    Parameters
    ----------
    first_bytes : int
        Bytes of the first request to a file: enough for its beginning to be looked at.
    block_bytes : int
        Most bytes of a request. Each is four times as long as the one before, up to this.
    ahead : int
        Requests that are made before their bytes are asked for, once a file is read in order.
    tries : int
        How often a request is made before its failure is one.
    wait_seconds : float
        Before the second try; four times as long before each other one.
    beginnings : int
        Small files, and beginnings of long ones, that are kept in memory: most are read twice at once.
    """

    first_bytes: int = 256 << 10
    block_bytes: int = 8 << 20
    ahead: int = 2
    tries: int = 4
    wait_seconds: float = 0.5
    beginnings: int = 16
