"""Put indexes behind one interface, ours, and datasketch in memory and on Redis: query, then add.

Each gets records ``id`` and ``text`` and answers with what each is a copy of, among those before it. datasketch gets
the shingles of `rivals.job` and the settings that its documentation advises for speed and memory: a fast hash
function for shingles, one that makes the keys of buckets short, no check for keys inserted twice; on Redis sessions of
insertion without transactions, and keys of bytes that need no pickle. It answers with candidates and checks nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.rivals import job

Answer = list[tuple[str, str]]
"""Ids of the documents that a text copies, and how."""

NO_COPY = ("update", "partial", "template", "same_event")
NEAR = "near_duplicate"

CONTESTANTS = ("dedup", "datasketch", "datasketch-redis")


class Contestant(Protocol):
    """An index that is queried before it is added to."""

    def add(self, records: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return what each record of a batch copies of those before it, in the batch too, and add them."""

    def query(self, text: str) -> Answer:
        """Return what a text copies; add nothing."""

    def close(self) -> None:
        """Close the index; what lasts is kept."""


class Dedup:
    """dedup: `dedup.Index`.

    Parameters
    ----------
    place : str
        A folder, or the URL of a Redis server.
    level : str
    mode : {"rw", "r"}
    """

    def __init__(self, place: str, level: str, mode: str) -> None:
        import dedup

        self.index = dedup.Index.open(place, dedup.Params(level=level), mode)

    def add(self, records: Sequence[dict[str, Any]]) -> list[Answer]:
        """As `Contestant.add`."""
        return [_copies(matches) for matches in self.index.add_many(records)]

    def query(self, text: str) -> Answer:
        """As `Contestant.query`."""
        return _copies(self.index.query(text))

    def close(self) -> None:
        """As `Contestant.close`."""
        self.index.close()


def _copies(matches: Any) -> Answer:
    return [(match.id, match.relation) for match in matches if match.relation not in NO_COPY]


class Datasketch:
    """datasketch in memory: each document is signed, queried, then inserted."""

    def __init__(self) -> None:
        import datasketch
        import xxhash

        self._minhash = datasketch.MinHash
        self._hash = xxhash.xxh32_intdigest
        self._settings = {
            "threshold": job.THRESHOLD,
            "num_perm": job.NUM_PERM,
            "hashfunc": xxhash.xxh3_64_digest,
        }
        self._new = datasketch.MinHashLSH
        self.lsh = self._new(**self._settings)

    def _signed(self, texts: Sequence[str]) -> list[Any]:
        # It hashes bytes: encoded at once.
        sets = (job.shingles(" ".join(job.words(text)).encode().split(), b" ") for text in texts)
        return list(self._minhash.generator(sets, num_perm=job.NUM_PERM, hashfunc=self._hash, scheme="affine32"))

    def add(self, records: Sequence[dict[str, Any]]) -> list[Answer]:
        """As `Contestant.add`."""
        answers = []
        for record, minhash in zip(records, self._signed([record["text"] for record in records]), strict=True):
            answers.append([(key, NEAR) for key in self.lsh.query(minhash)])
            self.lsh.insert(record["id"], minhash, check_duplication=False)
        return answers

    def query(self, text: str) -> Answer:
        """As `Contestant.query`."""
        (minhash,) = self._signed([text])
        return [(key, NEAR) for key in self.lsh.query(minhash)]

    def close(self) -> None:
        """As `Contestant.close`: it keeps nothing."""


class DatasketchOnRedis(Datasketch):
    """datasketch on a Redis server: a batch is queried, document by document, and inserted in one session.

    An index in memory answers what a document copies of its own batch, for a session inserts at its end.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        storage = {
            "type": "redis",
            "basename": b"b",
            "redis": {"unix_socket_path": url.removeprefix("unix://").partition("?")[0]},
            "redis_buffer": {"transaction": False},
        }
        self.lsh = self._new(**self._settings, storage_config=storage, prepickle=False)

    def add(self, records: Sequence[dict[str, Any]]) -> list[Answer]:
        """As `Contestant.add`."""
        batch = self._new(**self._settings)
        signed = self._signed([record["text"] for record in records])
        answers = []
        for record, minhash in zip(records, signed, strict=True):
            key = record["id"].encode()
            answers.append([(other.decode(), NEAR) for other in (*self.lsh.query(minhash), *batch.query(minhash))])
            batch.insert(key, minhash, check_duplication=False)
        with self.lsh.insertion_session(buffer_size=500_000) as session:
            for record, minhash in zip(records, signed, strict=True):
                session.insert(record["id"].encode(), minhash, check_duplication=False)
        return answers

    def query(self, text: str) -> Answer:
        """As `Contestant.query`."""
        (minhash,) = self._signed([text])
        return [(key.decode(), NEAR) for key in self.lsh.query(minhash)]


def contestant(name: str, place: str, level: str, mode: str = "rw") -> Contestant:
    """Open, or make, an index.

    Parameters
    ----------
    name : str
        One of `CONTESTANTS`.
    place, level : str
        As for `Dedup`; the URL of the server for datasketch on Redis.
    mode : {"rw", "r"}
    """
    if name == "datasketch":
        return Datasketch()
    return DatasketchOnRedis(place) if name == "datasketch-redis" else Dedup(place, level, mode)


def is_server(place: str) -> bool:
    """Whether a place is a server, not a folder."""
    return "://" in place


def bytes_on_disk(place: str) -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())


def dropped_from_cache(place: str) -> bool:
    """Drop the files in a folder from the system's cache and return whether that can be asked; mapped ones may stay."""
    if not hasattr(os, "posix_fadvise"):
        return False
    for path in Path(place).rglob("*"):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)  # a page that waits to be written is not forgotten
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)
    return True
