"""Return stored documents to callers: one, some, or all of an index, a block at a time."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from dedup.index.match import Document, written
from dedup.index.protocol import Backend
from dedup.index.stored import Row
from dedup.index.story_book import StoryBook
from dedup.index.story_links import member_of


def documents_of(backend: Backend, rows: Sequence[Row]) -> list[Document]:
    """Return stored documents as callers get them.

    Parameters
    ----------
    backend : Backend
        Within its `reading`.
    rows : sequence of Row
    """
    originals = _originals(backend, rows)
    members = [member_of(row) for row in rows]
    book = StoryBook(backend)
    book.load(member.story for member in members)
    return [
        Document(
            id=row.id,
            source=row.source,
            published=written(row.published),
            url=row.url,
            data=None if row.data is None else orjson.loads(row.data),
            credit=row.credit,
            copy_of=None if row.copy_of is None else originals.get(row.copy_of),
            text_bytes=row.size,
            tokens=row.length,
            story=book.current(member.story),
            added=str(written(row.added)),
        )
        for row, member in zip(rows, members, strict=True)
    ]


def _originals(backend: Backend, rows: Sequence[Row]) -> dict[int, str]:
    """Return the ids of the kept documents of which some are copies, by number."""
    numbers = sorted({row.copy_of for row in rows if row.copy_of is not None})
    return {number: row.id for number, row in backend.fetch(numbers).items()} if numbers else {}
