"""Keep the book of stories in an index: which document belongs to which, which have merged, and what happened to each.

A story is linked as in a run: a document belongs to the story of the one that it is dropped for, and to those of the
documents of which it is an update, or that are updates of it. Its id is the number of its first document. A story of
one document is not in the book: the document itself says when it was added. From the second one on a story has a
record, and an event for each thing that happens to it, which are never changed. Documents keep the story that they were
added to: where it has merged into another, its record says so.

Back ends store records and events as values under names, with no knowledge of what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import orjson
import xxhash

from dedup.index.story import CREATED, JOINED, MERGED, ORIGINAL_CHANGED, REMOVED, UPDATED

_CHECKSUM_BYTES = 8


class StoryStore(Protocol):
    """The part of a `dedup.index.protocol.Backend` that stores the book."""

    def story_values(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the values of those of some names that have one."""

    def set_story_values(self, values: Mapping[str, bytes | None]) -> None:
        """Store values by name; None removes one."""


class StoryMember(NamedTuple):
    """A document of a story.

    Parameters
    ----------
    number : int
    id : str
    story : int
        The story that it was added to.
    added : int
        Microseconds since 1970 UTC.
    """

    number: int
    id: str
    story: int
    added: int


class Event(NamedTuple):
    """An event as it is stored.

    Parameters
    ----------
    time : int
        Microseconds since 1970 UTC.
    what : int
        One of the codes of `dedup.index.story`.
    document : str
        Id.
    story : int or None
        The younger one, if two have merged.
    replaced : str or None
        Id of the original that was removed.
    """

    time: int
    what: int
    document: str
    story: int | None = None
    replaced: str | None = None


@dataclass(slots=True)
class StoryRecord:
    """What the book knows of a story.

    Parameters
    ----------
    original : int
        Number of its original: its first document that is no copy.
    documents : int
        How many it has, those of merged stories included.
    events : int
        How many are stored.
    leads_to : int or None
        The older story into which it has merged.
    parts : list of int
        The younger ones that have merged into it.
    """

    original: int
    documents: int
    events: int = 0
    leads_to: int | None = None
    parts: list[int] | None = None

    def names(self, story: int) -> list[str]:
        """Return the names of the values of a story that has this record."""
        return [_name(story), *(_name(story, at) for at in range(self.events))]


class StoryBook:
    """The book of an index, as one transaction reads and changes it.

    Parameters
    ----------
    store : StoryStore
    time : int
        Of what happens, in microseconds since 1970 UTC.

    Raises
    ------
    ValueError
        When what is stored is damaged; as do all methods that read.
    """

    def __init__(self, store: StoryStore, time: int = 0) -> None:
        self._store = store
        self._time = time
        self._records: dict[int, StoryRecord | None] = {}
        self._changed: set[int] = set()
        self._values: dict[str, bytes | None] = {}

    # ---- reading

    def load(self, stories: Iterable[int]) -> None:
        """Read the records of stories, and of those that they lead to, together."""
        wanted = {*stories} - self._records.keys()
        while wanted:
            names = {_name(story): story for story in wanted}
            values = self._store.story_values([*names])
            for name, story in names.items():
                self._records[story] = _record_of(name, values[name]) if name in values else None
            read = (self._records[story] for story in wanted)
            wanted = {one.leads_to for one in read if one and one.leads_to is not None} - self._records.keys()

    def record(self, story: int) -> StoryRecord | None:
        """Return the record of a story, None if it is not in the book."""
        if story not in self._records:
            self.load([story])
        return self._records[story]

    def current(self, story: int) -> int:
        """Return the story itself, or the one into which it has merged."""
        record = self.record(story)
        return story if record is None or record.leads_to is None else record.leads_to

    def events(self, story: int) -> Iterator[Event]:
        """Yield the stored events of a story, without those of the stories that have merged with it."""
        record = self.record(story)
        names = [] if record is None else record.names(story)[1:]
        for first in range(0, len(names), EVENTS_AT_A_TIME):
            block = names[first : first + EVENTS_AT_A_TIME]
            values = self._store.story_values(block)
            for name in block:
                if name not in values:
                    raise ValueError(f"event {name} of a story is missing")
                yield Event(*verified(name, values[name]))  # type: ignore[arg-type]

    def parts(self, story: int) -> list[int]:
        """Return a story, and those that have merged with it, the oldest first."""
        record = self.record(story)
        return sorted([story, *(record.parts or [])]) if record is not None else [story]

    def ids(self, story: int) -> Iterator[str]:
        """Yield the ids of the documents that have ever belonged to a story."""
        for part in self.parts(story):
            yield from (event.document for event in self.events(part) if event.what in (CREATED, JOINED))

    # ---- changing

    def begin(self, member: StoryMember) -> None:
        """Put the story of a document in the book, unless it is; the document is the only one that it has then."""
        if self.record(member.story) is None:
            self._records[member.story] = StoryRecord(member.number, 1)
            self._add(member.story, Event(member.added, CREATED, member.id))

    def join(self, links: Sequence[StoryMember], id: str) -> int:
        """Have a new document join the stories of some others, which merge; return the oldest, which remains."""
        oldest = self.merge(links, id)
        self._of(oldest).documents += 1
        self._add(oldest, Event(self._time, JOINED, id))
        return oldest

    def merge(self, links: Sequence[StoryMember], id: str) -> int:
        """Merge the stories of some documents, which the one of that id links; return the oldest, which remains."""
        for member in links:
            self.begin(member)
        oldest, *others = sorted({self.current(member.story) for member in links})
        for story in others:
            self._merge(oldest, story, id)
        return oldest

    def _merge(self, older: int, younger: int, id: str) -> None:
        record, other = self._of(older), self._of(younger)
        moved = [younger, *(other.parts or [])]
        record.documents += other.documents
        record.parts = [*(record.parts or []), *moved]
        other.parts = None
        self.load(moved)
        for story in moved:
            self._of(story).leads_to = older
            self._changed.add(story)
        self._add(older, Event(self._time, MERGED, id, younger))

    def update(self, member: StoryMember, number: int, links: Sequence[StoryMember]) -> int:
        """Have a document whose text was replaced stay in its story, which merges with those of others.

        Parameters
        ----------
        member : StoryMember
            As it was.
        number : int
            That it has now.
        links : sequence of StoryMember

        Returns
        -------
        int
            The story that remains.
        """
        story = self.merge([member, *links], member.id)
        record = self._of(story)
        if record.original == member.number:
            record.original = number
        self._add(story, Event(self._time, UPDATED, member.id))
        return story

    def leave(self, members: Iterable[StoryMember]) -> list[int]:
        """Have documents leave their stories; return those whose original is one of them, and that have others.

        A story without documents ends: nothing is left of it in the book.
        """
        gone = [*members]
        self.load(member.story for member in gone)
        without: dict[int, None] = {}
        for member in gone:
            story = self.current(member.story)
            record = self.record(story)
            if record is None:  # it had no other
                continue
            record.documents -= 1
            self._add(story, Event(self._time, REMOVED, member.id))
            if record.original == member.number:
                without[story] = None
        for story in [story for story in self._changed if self._of(story).documents == 0]:
            self._end(story)
        return [story for story in without if self._records[story] is not None]

    def _end(self, story: int) -> None:
        record = self.record(story)
        if record is None or record.leads_to is not None:
            return
        parts = self.parts(story)
        self.load(parts)
        for part in parts:
            self._values.update(dict.fromkeys(self._of(part).names(part)))
            self._records[part] = None
            self._changed.discard(part)

    def change_original(self, story: int, number: int, id: str, replaced: str) -> None:
        """Note that another document takes the place of the original, which was removed."""
        self._of(story).original = number
        self._add(story, Event(self._time, ORIGINAL_CHANGED, id, None, replaced))

    def save(self) -> None:
        """Store what has changed."""
        for story in self._changed:
            name, record = _name(story), self._of(story)
            fields = [record.original, record.documents, record.events, record.leads_to, record.parts]
            self._values[name] = _encoded(name, fields)
        if self._values:
            self._store.set_story_values(self._values)
        self._values, self._changed = {}, set()

    def _of(self, story: int) -> StoryRecord:
        record = self.record(story)
        if record is None:
            raise ValueError(f"story {story} is missing")
        return record

    def _add(self, story: int, event: Event) -> None:
        record = self._of(story)
        name = _name(story, record.events)
        self._values[name] = _encoded(name, event)
        record.events += 1
        self._changed.add(story)


EVENTS_AT_A_TIME = 200


def _name(story: int, event: int | None = None) -> str:
    """Return the name of the record of a story, or of an event of it."""
    return str(story) if event is None else f"{story}:{event}"


def _encoded(name: str, fields: Iterable[object]) -> bytes:
    data = orjson.dumps([*fields])
    return _checksum(name, data) + data


def verified(name: str, value: bytes) -> list[object]:
    """Return the fields of a stored value, verified against its checksum.

    Raises
    ------
    ValueError
    """
    data = value[_CHECKSUM_BYTES:]
    if value[:_CHECKSUM_BYTES] != _checksum(name, data):
        raise ValueError(f"what is noted of story {name} differs from what was written")
    fields: list[object] = orjson.loads(data)
    return fields


def _checksum(name: str, data: bytes) -> bytes:
    return xxhash.xxh3_64_digest(name.encode() + b"\0" + data)


def _record_of(name: str, value: bytes) -> StoryRecord:
    return StoryRecord(*verified(name, value))  # type: ignore[arg-type]
