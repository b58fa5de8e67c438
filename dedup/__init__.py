"""Near-duplicate and syndication detection for text.

``deduplicate`` runs the whole pipeline over documents, ``compare`` judges two texts, ``Index`` keeps documents and
says what a new one copies, ``AsyncIndex`` does so in an event loop. They load their engine when they are first used;
``Params``, ``Level`` and the errors come at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedup._version import __version__
from dedup.errors import ColumnError, DedupError, InputError, OutputError, ParamsError, RecordError, StorageError
from dedup.params import Level, Params

if TYPE_CHECKING:
    from dedup.comparison import Comparison, compare
    from dedup.index import Index
    from dedup.index.aio import AsyncIndex
    from dedup.io import Fields
    from dedup.run.deduplication import deduplicate
    from dedup.run.options import RunOptions
    from dedup.run.result import Result

__all__ = [
    "AsyncIndex",
    "ColumnError",
    "Comparison",
    "DedupError",
    "Fields",
    "Index",
    "InputError",
    "Level",
    "OutputError",
    "Params",
    "ParamsError",
    "RecordError",
    "Result",
    "RunOptions",
    "StorageError",
    "__version__",
    "compare",
    "deduplicate",
]

_LATE = {
    "AsyncIndex": "dedup.index.aio",
    "Comparison": "dedup.comparison",
    "Index": "dedup.index",
    "Result": "dedup.run.result",
    "compare": "dedup.comparison",
    "Fields": "dedup.io",
    "RunOptions": "dedup.run.options",
    "deduplicate": "dedup.run.deduplication",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_LATE[name]), name)
    globals()[name] = value
    return value
