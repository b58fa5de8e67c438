"""``dedup help``: show the help of a command."""

from __future__ import annotations

import argparse

from dedup.cli.arguments import without_messages
from dedup.cli.command_list import Commands


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "help",
        description="Show the help of a command, as --help after the command does.",
        example="dedup help index add",
    )
    parser.set_defaults(command=command)
    parser.add_argument("topic", nargs="*", metavar="COMMAND", help="a command (default: the list of all)")
    without_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.cli.main import parser

    asked = [*options.topic, "--help"]
    parser(asked).parse_args(asked)
    return 0
