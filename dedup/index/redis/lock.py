"""Whose turn it is: a lease on the server, which ends by itself when its holder dies.

It keeps writers from working in vain; that none undoes what another did is seen to by the commit itself, which fails
when anything was committed since the turn began.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from dedup.errors import StorageError

if TYPE_CHECKING:
    from redis import Redis

SECONDS = 5.0
"""After which the turn of a writer that was killed ends. One that takes longer is renewed as it goes."""

WAIT_SECONDS = 120.0
PAUSE = 0.002, 0.02  # seconds, from and to

RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"


class Lease:
    """The right to a turn.

    Parameters
    ----------
    client : redis.Redis
    key : str
    place : str
        The index, as told to people.

    Attributes
    ----------
    token : str
        Of the turn that is held; empty while none is.
    """

    def __init__(self, client: Redis, key: str, place: str) -> None:
        self.key = key
        self.token = ""
        self._client = client
        self._place = place
        self._seconds = SECONDS
        self._until = 0.0

    def take(self, seconds: float, meanwhile: Callable[[], None]) -> None:
        """Wait for the turn.

        Parameters
        ----------
        seconds : float
            After which it ends if it is not renewed.
        meanwhile : callable
            What to do while others have it.

        Raises
        ------
        StorageError
            When others have it for `WAIT_SECONDS`.
        """
        self._seconds = seconds
        token = secrets.token_hex(8)
        end = time.monotonic() + WAIT_SECONDS
        while not self._taken(token):
            if time.monotonic() > end:
                raise StorageError(
                    f"{self._place}: others have been writing for {WAIT_SECONDS:.0f} s", hint="add smaller batches"
                )
            meanwhile()
            time.sleep(random.uniform(*PAUSE))
        self.token = token

    def _taken(self, token: str) -> bool:
        begun = time.monotonic()
        if not self._client.set(self.key, token, nx=True, px=int(1000 * self._seconds)):
            return False
        self._until = begun + self._seconds
        return True

    def renew(self) -> None:
        """Hold the turn for longer, if the better part of it is over."""
        if self.token and time.monotonic() > self._until - self._seconds / 2:
            begun = time.monotonic()
            if self._client.eval(_RENEW, 1, self.key, self.token, str(int(1000 * self._seconds))):
                self._until = begun + self._seconds

    def release(self) -> None:
        """End the turn, if it is still ours."""
        token, self.token = self.token, ""
        if token:
            self._client.eval(RELEASE, 1, self.key, token)
