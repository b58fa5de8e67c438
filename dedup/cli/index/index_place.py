"""Find and open the index that a command names."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from dedup.cli.arguments import chosen, nonempty

if TYPE_CHECKING:
    from dedup.index import Index
    from dedup.params import Params


def add_place(parser: Any) -> None:
    """Add the argument that names an index."""
    parser.add_argument(
        "index", type=nonempty, metavar="INDEX", help="folder of the index, or URL of a Redis server with ?name="
    )


def add_wait(parser: Any) -> None:
    """Add the option by which a second writer waits for the first."""
    parser.add_argument(
        "--wait",
        type=seconds,
        default=0.0,
        metavar="TIME",
        help="how long to wait, such as 30s or 5m, while another process writes to the index in this folder "
        "(default: not at all)",
    )


def seconds(text: str) -> float:
    """Read a time such as ``30s``, ``5m`` or ``1h``, in seconds."""
    match = re.fullmatch(r"([0-9.]+)\s*([smh]?)", text.strip().lower())
    try:
        return float(match[1]) * {"m": 60, "h": 3600}.get(match[2], 1) if match else _no_time(text)
    except ValueError:
        return _no_time(text)


def _no_time(text: str) -> float:
    raise argparse.ArgumentTypeError(f"{text!r}: expected a time such as 30s or 5m")


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
    return Index.open(options.index, mode=mode, **_ways(options))


def open_or_make_index(options: argparse.Namespace, params: Params | None = None) -> Index:
    """Open the index for writing, or create it.

    Parameters
    ----------
    options : Namespace
    params : Params, optional
        By default those it has or, where there is none, those that the settings give to ``dedup index create``.

    Raises
    ------
    ParamsError, StorageError
    """
    from dedup.cli.settings import settings_of
    from dedup.index import Index
    from dedup.params import Params

    if params is None and not _is_there(options.index):
        set_values = chosen(argparse.Namespace(**settings_of(["index", "create"], options.parser_of)))
        params = Params(**set_values) if set_values else None
    return Index.open(options.index, params, **_ways(options))


def _is_there(place: str) -> bool:
    """Return whether there is an index, as far as it can be told."""
    from dedup.errors import StorageError
    from dedup.index import Index
    from dedup.index.folder.create import is_index
    from dedup.index.place import folder_of, is_url

    if not is_url(place):
        return is_index(folder_of(place))
    try:
        Index.open(place, mode="r").close()
    except StorageError:
        return False
    return True


def _ways(options: argparse.Namespace) -> dict[str, Any]:
    """Return how to open an index, by what the command has options for."""
    return {"agencies": getattr(options, "agencies", None), "wait": getattr(options, "wait", 0.0)}
