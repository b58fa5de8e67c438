"""Check the book of stories for damage: all of it is read, and compared with the documents."""

from __future__ import annotations

from collections import Counter

from dedup.index.protocol import Backend
from dedup.index.story_book import StoryRecord, verified

BLOCK = 1_000
MOST_REPORTED = 20


def story_problems(backend: Backend) -> list[str]:
    """Return what is damaged in the book, at most `MOST_REPORTED` problems.

    Parameters
    ----------
    backend : Backend
        Within its `reading`.
    """
    commits = backend.commits()
    records, events, found = _read(backend)
    if not found:
        found = [*_of_records(records, events), *_of_documents(backend, records)]
        if backend.commits() != commits:  # others have written meanwhile: what was read is not from one moment
            return []
    return found[:MOST_REPORTED]


def _read(backend: Backend) -> tuple[dict[int, StoryRecord], Counter[int], list[str]]:
    """Return the records by story, how many events each story has, and what cannot be read."""
    records: dict[int, StoryRecord] = {}
    names: set[str] = set()
    problems = []
    for values in backend.all_story_values():
        for name, value in values.items():
            try:
                fields = verified(name, value)
                if ":" not in name:
                    records[int(name)] = StoryRecord(*fields)  # type: ignore[arg-type]
            except ValueError as error:
                problems.append(str(error))
        names.update(name for name in values if ":" in name)
    return records, Counter(int(name.partition(":")[0]) for name in names), problems


def _of_records(records: dict[int, StoryRecord], events: Counter[int]) -> list[str]:
    found = []
    for story, record in records.items():
        if events[story] != record.events:
            found.append(f"story {story} has {events[story]:,} events instead of {record.events:,}")
        older = None if record.leads_to is None else records.get(record.leads_to)
        if record.leads_to is not None and (older is None or story not in (older.parts or [])):
            found.append(f"story {story} leads to story {record.leads_to}, which does not know of it")
    return found + [f"story {story} has events and no record" for story in events if story not in records]


def _of_documents(backend: Backend, records: dict[int, StoryRecord]) -> list[str]:
    """Compare the number of documents of each story with its record."""
    counts: Counter[int] = Counter()
    found = []
    for first in range(1, backend.next, BLOCK):
        for member in backend.members(range(first, min(first + BLOCK, backend.next))):
            record = records.get(member.story)
            if record is not None:
                counts[member.story if record.leads_to is None else record.leads_to] += 1
            elif member.story != member.number:
                found.append(f"story {member.story} is not in the book, though document {member.id!r} has joined it")
    return found + [
        f"story {story} has {counts[story]:,} documents instead of {record.documents:,}"
        for story, record in records.items()
        if record.leads_to is None and counts[story] != record.documents
    ]
