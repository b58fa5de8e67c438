"""dedup within other tools; each needs an extra of its name, and none is imported by the rest.

- ``scrapy`` an item pipeline; ``datatrove`` a filter
- ``pandas``, ``polars`` frames without copies, or with a column that tells them; ``rows`` what they have in common
- ``datasketch`` collections of its signatures, asked beside an index
- ``shared`` an index that several parts of a process write to; ``found`` what is looked for in an answer
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import what an extra brings; where it is not installed, tell how to.

    Raises
    ------
    ImportError
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{error}; install it with: pip install 'newsdedup[{name}]'", name=error.name) from error
