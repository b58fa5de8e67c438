"""Find and open the index that a command names."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dedup.cli.arguments import nonempty

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.params import Params


def add_place(parser: Any) -> None:
    """Add the argument that names an index."""
    parser.add_argument(
        "index", type=nonempty, metavar="INDEX", help="folder of the index, or URL of a Redis server with ?name="
    )


def open_index(options: argparse.Namespace, mode: str = "rw") -> Index:
    """Open the index, which must exist.

    Raises
    ------
    ParamsError, StorageError
    """
    from dedup.errors import StorageError
    from dedup.index import Index
    from dedup.index.folder.create import is_index
    from dedup.index.place import folder_of, is_url

    if is_url(options.index):
        if mode != "r":
            Index.open(options.index, mode="r").close()  # fails if there is none
    elif not is_index(folder_of(options.index)):
        raise StorageError(
            f"{options.index} holds no index", "the folder of an index", "create one with dedup index create"
        )
    return Index.open(options.index, mode=mode, agencies=getattr(options, "agencies", None))


def open_or_make_index(options: argparse.Namespace, params: Params | None = None) -> Index:
    """Open the index for writing, or create it; None as parameters means those it has, or the defaults.

    Raises
    ------
    ParamsError, StorageError
    """
    from dedup.index import Index

    return Index.open(options.index, params, agencies=getattr(options, "agencies", None))
