"""``dedup index check``: read all of an index and print what is damaged."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "check",
        description="Read all of an index and print what is damaged; the exit code is 1 if anything is.",
        example="dedup index check news.index",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options, "r") as index:
        problems = index.check()
        print_values({"documents": len(index), "problems": problems}, options.json)
    return 1 if problems else 0
