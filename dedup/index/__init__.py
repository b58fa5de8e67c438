"""The index: a lasting set of documents that answers for each new one what it copies.

- ``index`` the class, and ``index_reader`` the half of it that changes nothing; ``aio`` the same for event loops;
  ``bulk`` the same for runs; ``rebuild`` from the texts; ``backups``, ``export``, ``counters``
- ``record`` what callers pass, checked; ``match``, ``story`` what they get
- ``editing`` what changes documents; ``documents`` returns them; ``story_links``, ``story_book`` keep their stories
- ``features`` what is computed of new texts; ``search`` their matches among stored ones; ``decisions`` on them
- ``protocol`` of the back ends, ``folder`` and ``redis``; ``place`` which of them a path means
- ``stored``, ``vocabulary`` a document as it is stored; ``facts`` an index about itself; ``tuning`` sizes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.index.index import Index
    from dedup.index.match import Decision, Document, Match
    from dedup.index.story import Story, StoryEvent

__all__ = ["Decision", "Document", "Index", "Match", "Story", "StoryEvent"]


def __getattr__(name: str) -> Any:
    """Load the engine when it is first used: `AsyncIndex` does so in its thread, not in the event loop."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dedup.index import index, match, story

    return index.Index if name == "Index" else getattr(story if name.startswith("Story") else match, name)
