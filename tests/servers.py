"""A Redis server of the tests' own: on a socket in a folder that goes with it, never one that is there already."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import redis

BINARY = shutil.which("redis-server")


class RedisServer:
    """A server that was started for tests.

    Parameters
    ----------
    options : str
        As on its command line.
    """

    def __init__(self, *options: str) -> None:
        assert BINARY is not None
        self.folder = Path(tempfile.mkdtemp(prefix="dedup-"))
        self.socket = self.folder / "s"
        self._options = options
        self.start()

    def start(self) -> None:
        where = ("--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder))
        self.process = subprocess.Popen(
            [str(BINARY), *where, "--save", "", *self._options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 20
        while True:
            try:
                self.client().ping()
                return
            except redis.AuthenticationError:  # it has a password: it runs
                return
            except (redis.ConnectionError, redis.BusyLoadingError):
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), single_connection_client=False)

    def url(self, name: str) -> str:
        return f"unix://{self.socket}?name={name}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)
