"""Define the sizes at which an index does its housekeeping, as values that tests can make small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexTuning:
    """Thresholds of an index's housekeeping. They change when work is done, never an answer.

    Not a part of the public promise: the defaults were measured, and only tests pass others.

    Parameters
    ----------
    vocabulary_documents : int
        Documents from which the vocabulary is made; half the tokens take one byte then, and nearly all others two.
    block_documents : int
        Stored documents that are read, counted or removed at a time.
    most_table_bits : int
        Base-2 logarithm of the slots that a table of frequencies has at most: 2 ** 30 take 1 GB.
    flush_documents : int
        In a folder: changes after which an index flushes by itself.
    run_documents : int
        In a folder: documents whose postings are held in memory before they are written as a run.
    closing_documents : int
        In a folder: documents from which their postings become a run when the index is closed. To make them again from
        the documents takes longer than to write them.
    fan : int
        In a folder: runs of similar size that are merged into one.
    lease_seconds : float
        On a server: time after which the turn of a writer that was killed ends. A longer turn is extended as it goes.
    removed_documents : int
        On a server: removed documents from which their postings are swept, if they are also one in four.
    table_articles : int
        On a server: newly counted articles from which the table of frequencies is stored, if they are one in eight.
    retry_articles : int
        On a server: articles to wait for before housekeeping is tried again for which there was no room.
    sweep_buckets : int
        On a server: buckets swept in one turn.
    bucket_postings : int
        On a server: postings of a bucket, on average. More are read in vain; fewer take more room (11 bytes a posting
        with 24, 12 with 16).
    column_bits : int
        On a server: base-2 logarithm of the documents in one value of the columns. It is a part of the format: all
        clients of an index must have the same.

    Examples
    --------
    >>> from dedup.index.tuning import IndexTuning
    >>> IndexTuning(run_documents=8).run_documents
    8
    """

    vocabulary_documents: int = 1_000
    block_documents: int = 1_000
    most_table_bits: int = 30

    flush_documents: int = 2_000
    run_documents: int = 16_384
    closing_documents: int = 1_000
    fan: int = 4

    lease_seconds: float = 5.0
    removed_documents: int = 1_000
    table_articles: int = 4_000
    retry_articles: int = 1_000
    sweep_buckets: int = 4_096
    bucket_postings: int = 24
    column_bits: int = 10


_DEFAULT: ContextVar[IndexTuning | None] = ContextVar("_DEFAULT", default=None)


def default_tuning() -> IndexTuning:
    """Return the tuning of an index that is opened without one."""
    return _DEFAULT.get() or IndexTuning()


@contextmanager
def tuned(tuning: IndexTuning) -> Iterator[None]:
    """Open indexes in the block with other sizes, even those opened deep within, as by a command line."""
    token = _DEFAULT.set(tuning)
    try:
        yield
    finally:
        _DEFAULT.reset(token)
