"""Put the documents of another index on a server, under another name until all of them are there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dedup.errors import StorageError
from dedup.index.features import Features, NearKeys, dates
from dedup.index.protocol import Backend
from dedup.index.redis.backend import RedisBackend
from dedup.index.redis.commands import Server
from dedup.index.redis.failures import storage_errors
from dedup.index.redis.url import Address
from dedup.index.stored import Row, tokens_of
from dedup.index.tuning import IndexTuning

BEGUN = ".restoring"
"""Suffix of the name that an index has until it is complete."""


def restore(source: Backend, url: str, tuning: IndexTuning) -> int:
    """Make an index on a server with the documents and stories of another one; return how many documents.

    Parameters
    ----------
    source : Backend
        Within its `reading`.
    url : str
    tuning : IndexTuning

    Raises
    ------
    StorageError
        When there is an index of that name, or the server fails. Then there is none of that name as before.
    ParamsError
    """
    address = Address.of(url)
    begun = replace(address, name=address.name + BEGUN, place=address.place + BEGUN)
    with storage_errors(address.place):
        _refuse_existing(address, tuning)
        server = Server(begun, tuning.column_bits)
        server.drop()  # what an earlier attempt has left that was killed
        server.close()
        backend = RedisBackend(begun, source.params, "rw", tuning, source.facts())
        try:
            _fill(backend, source)
            backend.server.rename(address)
        finally:
            backend.close()
    return len(source)


def _refuse_existing(address: Address, tuning: IndexTuning) -> None:
    server = Server(address, tuning.column_bits)
    try:
        if server.about():
            raise StorageError(f"{address.place} holds an index", "a name that no index has", "choose another name")
    finally:
        server.close()


def _fill(backend: RedisBackend, source: Backend) -> None:
    with backend.writing():
        for attempt in backend.attempts():
            with attempt:
                backend.turns.use_words(source.vocabulary)
        number = 0
        while rows := source.after(number, backend.tuning.block_documents):
            number = rows[-1].number
            _add(backend, source, rows, number + 1)
        _add(backend, source, [], source.next)
        for values in source.all_story_values():
            for attempt in backend.attempts():
                with attempt:
                    backend.set_story_values(values)


def _add(backend: RedisBackend, source: Backend, rows: list[Row], end: int) -> None:
    """Add documents under the numbers that they have, and leave the numbers between them to removed ones."""
    features = None
    if rows:
        sizes = np.array([row.size for row in rows], np.int64)
        published = dates([row.published for row in rows])
        tokens = tokens_of(rows, source.vocabulary)
        features = Features.of_tokens(tokens, sizes, published, NearKeys(source.params))
    for attempt in backend.attempts():
        with attempt:
            if features is not None:
                numbers = np.array([row.number for row in rows])
                backend.post(features, numbers, np.array([bool(row.counted) for row in rows]))
                backend.insert(rows)
            backend.turns.leave_gaps(end)
