"""``dedup index expire``: remove documents published before a date."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, add_wait, open_index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "expire",
        description="Remove the documents published before a date; those without a date stay.",
        example="dedup index expire news.index --before 2024-01-31",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument(
        "--before",
        metavar="DATE",
        help="such as 2024-01-31 (default: the --window of the index before its newest document)",
    )
    add_wait(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options) as index:
        expired = index.expire(options.before)
        index.flush()  # what is reported is stored
        print_values({"removed": expired, "documents": len(index)}, options.json)
    return 0
