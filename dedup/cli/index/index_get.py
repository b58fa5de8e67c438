"""``dedup index get``: print documents of an index by their ids, or their stories."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dedup.cli.answers import print_json_lines
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index

if TYPE_CHECKING:
    from dedup.index import Index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "get",
        description="Print documents of an index by their ids, as JSON lines.",
        example="dedup index get news.index a-1 a-2",
        notes="An index keeps no texts. It exits with 1 if one of the documents is not there.",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument("id", nargs="+", metavar="ID", help="id of a document")
    parser.add_argument(
        "--copies", action="store_true", help="print the documents that are copies of these instead, a list for each"
    )
    parser.add_argument(
        "--story",
        action="store_true",
        help="print their stories instead: the documents, and what happened to each. A number that is the id of no "
        "document is that of a story",
    )
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options, "r") as index:
        found = [(id, _found(index, id, options)) for id in options.id]
    print_json_lines({"id": id, "missing": True} if values is None else values for id, values in found)
    return int(any(values is None for _, values in found))


def _found(index: Index, id: str, options: argparse.Namespace) -> dict[str, Any] | None:
    if options.story:
        story = index.story(id)
        if story is None and id.isdecimal():
            story = index.story(int(id))
        return None if story is None else story.as_dict()
    document = index.get(id)
    if document is None:
        return None
    if options.copies:
        return {"id": id, "copies": [copy.as_dict() for copy in index.copies_of(id)]}
    return document.as_dict()
