"""Write the indexes of the current formats: ``PYTHONPATH=.:tests:tests/index python tests/index/data/write.py``.

Files are named after the format, and one that exists is not replaced. Without a Redis server only the
folder is written.
"""

from __future__ import annotations

import base64
import json
import lzma
import shutil
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import servers
from conftest import article
from test_formats import ADDED, DATA

import dedup
from dedup.index.folder.database import FORMAT as FOLDER_FORMAT
from dedup.index.redis.committed import FORMAT as SERVER_FORMAT


def write_index(place: str) -> None:
    """Write the documents of `test_formats` to an index."""
    with dedup.Index(place) as index:
        for n in range(7):
            index.add(f"a{n}", **ADDED[f"a{n}"])
        index.add("removed", article(7))
        index.remove("removed")
        index.compact()
        for id in [name for name in ADDED if not name[1:].isdigit()]:
            index.add(id, **ADDED[id])


def values_of(client: Any, key: bytes) -> tuple[str, Any]:
    """Return the type of a key, and its value in base 85."""
    kind = client.type(key).decode()
    if kind == "string":
        return kind, base64.b85encode(client.get(key)).decode()
    if kind == "hash":
        pairs = sorted(client.hgetall(key).items())
        return kind, {base64.b85encode(field).decode(): base64.b85encode(value).decode() for field, value in pairs}
    return kind, [base64.b85encode(member).decode() for member in sorted(client.smembers(key))]


def main() -> None:
    """Write what is not there."""
    name = f"format-{FOLDER_FORMAT}"
    if not (DATA / f"{name}.tar.xz").exists():
        with tempfile.TemporaryDirectory() as folder:
            write_index(str(Path(folder) / name))
            with tarfile.open(DATA / f"{name}.tar.xz", "w:xz") as archive:
                archive.add(Path(folder) / name, name)
    name = f"server-{SERVER_FORMAT}"
    if not (DATA / f"{name}.json.xz").exists() and shutil.which("redis-server"):
        with closing(servers.RedisServer()) as server:
            write_index(server.url("kept"))
            client = server.client()
            keys = sorted(key for key in client.scan_iter() if b"{kept}" in key)
            held = {key.decode(): values_of(client, key) for key in keys}
        (DATA / f"{name}.json.xz").write_bytes(lzma.compress(json.dumps(held).encode()))


if __name__ == "__main__":
    main()
