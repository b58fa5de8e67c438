"""Find near duplicates, wire copies, excerpts and rewrites among news articles.

- `deduplicate` finds the copies among many documents and decides which to keep; it returns a `Result`,
  and `RunOutput` opens what it has written.
- `compare` judges two texts and returns a `Comparison`, with each `Passage` that they share.
- `Index` keeps documents on disk or on a server and decides on each new one; `AsyncIndex` does so in an event loop.
- `Params` and `Level` say what counts as a copy, `Fields` what the input looks like, `RunOptions` how a run is done.
- `credit` finds the news agency that a text credits, `signature` is the MinHash signature of a text.

Only the errors, `Params` and `Level` are loaded by ``import dedup``; everything else is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedup._version import __version__
from dedup.errors import (
    ColumnError,
    DedupError,
    GuardError,
    InputError,
    OutputError,
    ParamsError,
    PostingsError,
    RecordError,
    StorageError,
)
from dedup.params import Level, Params

if TYPE_CHECKING:
    from dedup.attribution.credits import credit
    from dedup.comparison import Comparison, compare
    from dedup.index import Decision, Document, Index, Match, Story, StoryEvent
    from dedup.index.aio import AsyncIndex
    from dedup.io import Fields
    from dedup.judge.passage import Passage
    from dedup.minhash import signature
    from dedup.run.deduplication import deduplicate
    from dedup.run.options import RunOptions
    from dedup.run.result import Result
    from dedup.run.run_output import RunOutput

__all__ = [
    "AsyncIndex",
    "ColumnError",
    "Comparison",
    "Decision",
    "DedupError",
    "Document",
    "Fields",
    "GuardError",
    "Index",
    "InputError",
    "Level",
    "Match",
    "OutputError",
    "Params",
    "ParamsError",
    "Passage",
    "PostingsError",
    "RecordError",
    "Result",
    "RunOptions",
    "RunOutput",
    "StorageError",
    "Story",
    "StoryEvent",
    "__version__",
    "compare",
    "credit",
    "deduplicate",
    "signature",
]

_LOADED_WHEN_USED = {
    "AsyncIndex": "dedup.index.aio",
    "Comparison": "dedup.comparison",
    "Decision": "dedup.index",
    "Document": "dedup.index",
    "Fields": "dedup.io",
    "Index": "dedup.index",
    "Match": "dedup.index",
    "Passage": "dedup.judge.passage",
    "Result": "dedup.run.result",
    "RunOptions": "dedup.run.options",
    "RunOutput": "dedup.run.run_output",
    "Story": "dedup.index",
    "StoryEvent": "dedup.index",
    "compare": "dedup.comparison",
    "credit": "dedup.attribution.credits",
    "deduplicate": "dedup.run.deduplication",
    "signature": "dedup.minhash",
}

_PUBLIC_PACKAGES = ("integrations", "minhash")
"""Modules that users import from; they are also there as attributes."""


def __getattr__(name: str) -> Any:
    import importlib
    import logging

    logger = logging.getLogger(__name__)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # else Python prints warnings that nobody handles
    if name in _PUBLIC_PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_LOADED_WHEN_USED[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, *_PUBLIC_PACKAGES]
