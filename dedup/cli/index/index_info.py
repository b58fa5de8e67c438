"""``dedup index info``: print the size and the parameters of an index."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "info",
        description="Print how many documents an index has, its size, and its parameters.",
        example="dedup index info news.index",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options, "r") as index:
        print_values(index.info(), options.json)
    return 0
