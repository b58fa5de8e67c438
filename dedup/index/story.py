"""Define the stories of an index as it returns them, with the log of what happened to each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

CREATED, JOINED, MERGED, UPDATED, REMOVED, ORIGINAL_CHANGED = range(6)
"""Codes of what may happen to a story."""

EVENTS = ("created", "joined", "merged", "updated", "removed", "original_changed")
"""Their names."""


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """Something that happened to a story.

    Parameters
    ----------
    time : str
        ISO 8601, UTC.
    event : str
        ``"created"`` with its first document, ``"joined"`` by another one, ``"merged"`` with a younger story,
        ``"updated"`` where the text or the date of a document was replaced, ``"removed"`` where a document left it
        (removed, expired, or replaced by a text of another story), ``"original_changed"`` where that was the original.
    document : str
        Id of the document that was added, updated or removed; of the one that links the two stories, if they merged; of
        the new original.
    story : int
        Id of the story to which it happened, which may have merged since; if two merged, of the younger one.
    replaced : str or None
        Id of the original that was removed, where another one took its place.

    Examples
    --------
    >>> import dedup, tempfile
    >>> with dedup.Index(tempfile.mkdtemp() + "/news.index") as index:
    ...     decision = index.add("a", "The old bridge is closed for repairs until the end of next spring.")
    ...     event = index.story("a").log[0]
    >>> event.event, event.document, event.story
    ('created', 'a', 1)
    """

    time: str
    event: str
    document: str
    story: int
    replaced: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A story in an index: a document with its copies and updates, under an id that stays the same.

    Parameters
    ----------
    id : int
        The number of its first document, which stays its id when that is removed. If two stories turn out to be linked,
        the id of the older one stays, and the younger one's leads to it.
    original : str
        Id of its first document that is no copy of another.
    documents : tuple of str
        Ids of all its documents in the index, in the order in which they were added.
    merged : tuple of int
        Ids of the younger stories that have merged with it.
    log : tuple of StoryEvent
        What happened to it and to those that have merged with it, in order of time.

    Examples
    --------
    >>> import dedup, tempfile
    >>> report = "The council voted on Monday to close the old bridge for repairs until the end of next spring."
    >>> with dedup.Index(tempfile.mkdtemp() + "/news.index") as index:
    ...     decisions = index.add_many([{"id": "a", "text": report}, {"id": "b", "text": report.upper()}])
    ...     gone = index.remove("a")
    ...     story = index.story("b")
    >>> story.id, story.original, story.documents
    (1, 'b', ('b',))
    >>> [event.event for event in story.log]
    ['created', 'joined', 'removed', 'original_changed']
    """

    id: int
    original: str
    documents: tuple[str, ...]
    merged: tuple[int, ...]
    log: tuple[StoryEvent, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
        """
        log = [{one.name: getattr(event, one.name) for one in fields(event)} for event in self.log]
        return {
            "id": self.id,
            "original": self.original,
            "documents": [*self.documents],
            "merged": [*self.merged],
            "log": log,
        }
