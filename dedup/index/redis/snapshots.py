"""Store the table of frequencies on the server, so that a client that opens the index need not read all documents.

One is written in compressed shards under a key of its own that would expire, and kept when a commit names it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.index.search.frequencies import Frequencies

if TYPE_CHECKING:
    from redis import Redis

SHARD_BYTES = 1 << 20
"""Bytes of the table in one shard, before compression."""

KEPT_SECONDS = 3_600
"""Seconds for which shards stay that no commit has named yet."""


def key_of(table: Mapping[str, Any]) -> str:
    """Return the name of a stored table's key, without the prefix."""
    return f"frequencies:{table['name']}"


def write(client: Redis, key: Callable[[str], str], frequencies: Frequencies, last: int) -> dict[str, Any]:
    """Write a table; return the facts to be stored about it.

    Parameters
    ----------
    client : redis.Redis
    key : callable
        Puts the prefix before a name.
    frequencies : Frequencies
    last : int
        The last document that is counted.
    """
    counts = frequencies.counts()
    table: dict[str, Any] = {
        "name": secrets.token_hex(4),
        "bits": len(counts).bit_length() - 1,
        "shards": -(-len(counts) // SHARD_BYTES),
        "articles": frequencies.articles,
        "tokens": frequencies.tokens,
        "to": last,
    }
    name, codec = key(key_of(table)), pa.Codec("zstd")
    try:
        for shard in range(table["shards"]):
            part = counts[shard * SHARD_BYTES : (shard + 1) * SHARD_BYTES]
            client.hset(name, str(shard), codec.compress(part, asbytes=True))
            if shard == 0:
                client.expire(name, KEPT_SECONDS)
    except BaseException:
        with suppress(Exception):
            client.unlink(name)
        raise
    return table


def read(client: Redis, key: Callable[[str], str], table: dict[str, Any], most_bits: int = 30) -> Frequencies | None:
    """Read a table; return None if it is missing or incomplete.

    Raises
    ------
    ValueError
        When it is damaged.
    """
    counts = np.empty(1 << table["bits"], np.uint8)
    codec = pa.Codec("zstd")
    for shard in range(table["shards"]):
        room = counts[shard * SHARD_BYTES : (shard + 1) * SHARD_BYTES]
        data = client.hget(key(key_of(table)), str(shard))
        if data is None:
            return None
        try:
            room[:] = np.frombuffer(codec.decompress(data, len(room)), np.uint8)
        except (OSError, ValueError) as error:
            raise ValueError(f"frequencies: {error}") from error
    return Frequencies(counts, table["articles"], table["tokens"], most_bits)
