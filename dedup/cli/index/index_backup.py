"""``dedup index backup``: copy an index to a new folder, while it is written to."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages, nonempty
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "backup",
        description="Copy an index to a new folder, which is an index as well.",
        example="dedup index backup news.index backups/news.index-2024-01-31",
        notes="A process that writes to it is not disturbed; what it has flushed is in the copy. To restore it, copy "
        "that folder to the place of the lost one. The copy of an index on a server is in a folder, too.",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument("folder", type=nonempty, metavar="FOLDER", help="the copy, where there is nothing yet")
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.index import Index
    from dedup.index.place import is_url

    # On a server only a writer can keep others from committing meanwhile.
    with open_index(options, "rw" if is_url(options.index) else "r") as index:
        index.backup(options.folder)
    with Index(options.folder, mode="r") as copy:
        values = copy.info()
    print_values({"documents": values["documents"], "bytes": values["file_bytes"]}, options.json)
    return 0
