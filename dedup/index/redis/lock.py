"""Lock an index on a server for its writer by a lease, which expires if its holder dies.

It keeps writers from working in vain. That none undoes what another did is ensured by the commit itself, which fails
when anything was committed since the attempt began.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis
    from redis.lock import Lock

    from dedup.index.redis.committed import Command


class Lease:
    """The right to write for some seconds: a `redis.lock.Lock` that is extended when half of its time is over.

    Parameters
    ----------
    client : redis.Redis
    key : str
    """

    def __init__(self, client: Redis, key: str) -> None:
        self._client = client
        self._key = key
        self._lock: Lock | None = None
        self._seconds = 0.0
        self._until = 0.0

    def acquire(self, seconds: float) -> bool:
        """Take the lease if nobody has it; it expires after these seconds unless it is extended."""
        from redis.lock import Lock

        lock = Lock(self._client, self._key, timeout=seconds, blocking=False, thread_local=False)
        begun = time.monotonic()
        if not lock.acquire():
            return False
        self._lock, self._seconds, self._until = lock, seconds, begun + seconds
        return True

    def extend(self) -> None:
        """Extend the lease, if half of its time is over and it is still ours."""
        from redis.exceptions import LockError

        if self._lock is None or time.monotonic() <= self._until - self._seconds / 2:
            return
        begun = time.monotonic()
        with suppress(LockError):  # it has ended: if another writer commits first, our commit fails
            self._lock.extend(self._seconds, replace_ttl=True)
            self._until = begun + self._seconds

    def release(self) -> None:
        """Release the lease, if it is still ours."""
        from redis.exceptions import LockError

        lock, self._lock = self._lock, None
        if lock is not None:
            with suppress(LockError):
                lock.release()

    def releasing(self) -> list[Command]:
        """Return the commands that release the lease within a commit; call `forget` when they are done."""
        if self._lock is None:
            return []
        return [("EVAL", self._lock.LUA_RELEASE_SCRIPT, 1, self._key, self._lock.local.token)]

    def forget(self) -> None:
        """Note that the lease was released by a commit."""
        self._lock = None
