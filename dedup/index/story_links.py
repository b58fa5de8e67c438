"""Link documents to their stories as they are added, replaced and removed, and read a whole story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from dedup.index.match import written
from dedup.index.protocol import Backend
from dedup.index.stored import MOST_DOCUMENTS, Row
from dedup.index.story import EVENTS, Story, StoryEvent
from dedup.index.story_book import Event, StoryBook, StoryMember

IDS_AT_A_TIME = 200
"""Documents that are looked up together where those of a story are wanted."""


def member_of(row: Row) -> StoryMember:
    """Return a stored document as a member of its story."""
    return StoryMember(row.number, row.id, row.number if row.story is None else row.story, row.added)


def place(
    book: StoryBook, new: Sequence[StoryMember], links: Sequence[Sequence[int]], stored: Sequence[Row]
) -> list[int]:
    """Put new documents into stories: of those that they are linked to, or of their own; return these.

    Parameters
    ----------
    book : StoryBook
    new : sequence of StoryMember
        Each in a story of its own.
    links : sequence of sequence of int
        For each of them the documents to which it is linked: places in the stored ones, followed by the new ones.
    stored : sequence of Row
    """
    first_new = len(stored)
    linked = {at: member_of(stored[at]) for places in links for at in places if at < first_new}
    book.load(member.story for member in linked.values())
    stories = []
    for at, (member, places) in enumerate(zip(new, links, strict=True), first_new):
        placed = member
        if places:
            placed = member._replace(story=book.join([linked[one] for one in places], member.id))
        linked[at] = placed
        stories.append(placed.story)
    return stories


def joined(book: StoryBook, links: Sequence[Sequence[int]], stored: Sequence[Row]) -> list[int | None]:
    """Return the story that each text would join if it were added; None if it would begin one."""
    linked = {at: member_of(stored[at]).story for places in links for at in places}
    book.load(linked.values())
    return [min((book.current(linked[at]) for at in places), default=None) for places in links]


def story_after_update(
    backend: Backend, book: StoryBook, old: StoryMember, new: Row, links: Sequence[StoryMember], stays: bool
) -> int:
    """Determine the story of a document whose text was replaced, and return it.

    It stays in its story, unless its text links it to others only, while its story has further documents.

    Parameters
    ----------
    backend : Backend
    book : StoryBook
    old : StoryMember
        The document as it was.
    new : Row
        As it is now; its story is not looked at.
    links : sequence of StoryMember
        Those to which its text is linked.
    stays : bool
        Whether documents of its story are copies of its new text.
    """
    story, record = book.current(old.story), book.record(old.story)
    is_alone = record is None or _documents(book, story) == 1
    linked = {book.current(member.story) for member in links}
    if not (stays or is_alone or not linked or story in linked):
        leave(backend, book, [old])
        return book.join(links, old.id)
    story = book.update(old, new.number, links)
    record = book.record(story)
    if new.copy_of is not None and record is not None and record.original == new.number:
        settle_original(backend, book, story, {new.number: new.id})
    return story


def _documents(book: StoryBook, story: int) -> int:
    record = book.record(story)
    return 1 if record is None else record.documents


def leave(backend: Backend, book: StoryBook, members: Iterable[StoryMember]) -> None:
    """Have documents leave their stories, after they were removed; where the original is gone, another takes its place.

    It is the first that has come of those that are no copies now.
    """
    gone = [*members]
    originals = {member.number: member.id for member in gone}
    for story in book.leave(gone):
        settle_original(backend, book, story, originals)


def settle_original(backend: Backend, book: StoryBook, story: int, gone: dict[int, str]) -> None:
    """Choose another original for a story whose present one is gone, or has become a copy."""
    record = book.record(story)
    if record is None:
        return
    replaced = gone.get(record.original, "")
    book.save()  # so that its events can be read
    for rows in _blocks(backend, book, story):
        kept = [row for row in rows if row.copy_of is None]
        if kept:
            first = min(kept, key=lambda row: row.number)
            book.change_original(story, first.number, first.id, replaced)
            return


def _blocks(backend: Backend, book: StoryBook, story: int) -> Iterator[list[Row]]:
    """Yield the documents of a story, some at a time, in the order in which they came."""
    ids = iter(dict.fromkeys(book.ids(story)))
    while block := [*islice(ids, IDS_AT_A_TIME)]:
        rows = backend.by_ids(block)
        members = {id: member_of(rows[id]) for id in block if id in rows}
        book.load(member.story for member in members.values())
        yield [rows[id] for id, member in members.items() if book.current(member.story) == story]


def story_of(backend: Backend, book: StoryBook, story: int) -> Story | None:
    """Return a story by its id, or by that of one that has merged into it; None if there is none."""
    if not 0 < story < MOST_DOCUMENTS:
        return None
    story = book.current(story)
    record = book.record(story)
    if record is None:
        row = backend.fetch([story]).get(story)
        return None if row is None or row.story is not None else _story_of_one(row)
    rows = [row for rows in _blocks(backend, book, story) for row in rows]
    rows.sort(key=lambda row: (row.added, row.number))
    names = {row.number: row.id for row in rows}
    events = [(event, part) for part in book.parts(story) for event in book.events(part)]
    log = tuple(_public(event, part) for event, part in sorted(events, key=lambda one: one[0].time))
    original = names.get(record.original, rows[0].id if rows else "")
    return Story(story, original, tuple(row.id for row in rows), tuple(book.parts(story)[1:]), log)


def _story_of_one(row: Row) -> Story:
    begun = StoryEvent(str(written(row.added)), EVENTS[0], row.id, row.number)
    return Story(row.number, row.id, (row.id,), (), (begun,))


def _public(event: Event, story: int) -> StoryEvent:
    of = story if event.story is None else event.story
    return StoryEvent(str(written(event.time)), EVENTS[event.what], event.document, of, event.replaced)
