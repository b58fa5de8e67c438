"""``dedup index restore``: put a backup of an index on a Redis server."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages, nonempty
from dedup.cli.command_list import Commands


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "restore",
        description="Put a backup, or any index in a folder, on a Redis server, where there is none of that name yet.",
        example="dedup index restore backups/news.index-2024-01-31 'redis://host:6379/0?name=news'",
        notes="An index in a folder is restored by copying the folder of its backup.",
    )
    parser.set_defaults(command=command)
    parser.add_argument("folder", type=nonempty, metavar="FOLDER", help="the backup")
    parser.add_argument("index", type=nonempty, metavar="URL", help="URL of the index on the server")
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.index import Index

    print_values({"documents": Index.restore(options.folder, options.index)}, options.json)
    return 0
