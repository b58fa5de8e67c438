"""Use dedup within other tools. No other module of the package imports these.

- ``dataframe`` drops or tags the copies in a data frame: pandas, Polars, PyArrow and others
- ``scrapy`` an item pipeline, and ``datatrove`` a filter; each needs the extra of its name
- ``datasketch`` searches collections of datasketch's signatures together with an index
- ``record_fields`` and ``registry`` are shared by these modules and not public
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import the packages of an extra in the block; if they are missing, say how to install them.

    Raises
    ------
    ImportError
    """
    try:
        yield
    except ImportError as error:
        raise ImportError(f"{error}; install it with: pip install 'newsdedup[{name}]'", name=error.name) from error
