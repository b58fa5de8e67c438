"""Start a Redis server of our own for as long as a benchmark lasts: it keeps nothing, and nobody else can reach it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START_SECONDS = 10.0


@contextlib.contextmanager
def own_server() -> Iterator[str]:
    """Start a server that keeps everything in memory; yield its URL, that of a Unix socket.

    Raises
    ------
    RuntimeError
        If the program is not installed or does not start.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("redis-server is not installed")
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder, "socket")
        options = ["--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no"]
        server = subprocess.Popen([program, *map(str, options)], stdout=subprocess.DEVNULL)
        try:
            end = time.monotonic() + START_SECONDS
            while not socket.exists():
                if server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("redis-server does not start")
                time.sleep(0.05)
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait()


def client(url: str) -> Any:
    """Return a client of a server; of the URL only the address counts, not the options of an index behind ``?``."""
    import redis

    return redis.Redis.from_url(url.partition("?")[0])


def state(url: str) -> dict[str, float]:
    """Return the bytes that a server uses, resident ones too, and the seconds of processor it has taken."""
    info = client(url).info()
    return {
        "used": info["used_memory"],
        "rss": info["used_memory_rss"],
        "cpu_s": info["used_cpu_user"] + info["used_cpu_sys"],
    }
