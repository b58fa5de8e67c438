"""``dedup index compact``: give the space of removed documents back to the disk."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, add_wait, open_index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "compact",
        description="Give the space of removed documents back to the disk.",
        example="dedup index compact news.index",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    add_wait(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options) as index:
        before = index.info()["file_bytes"]
        index.compact()
        print_values({"bytes before": before, "bytes after": index.info()["file_bytes"]}, options.json)
    return 0
