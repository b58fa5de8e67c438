"""``dedup index compact``: give the space of removed documents back to the disk."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_values
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.event_log import progress_for
from dedup.cli.index.index_place import add_place, add_wait, open_index
from dedup.index.place import is_url


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
    from dedup.index.bulk import BulkIndex
    from dedup.run.progress import Step

    doing, is_on_server = "compacting the index", is_url(options.index)
    names = ("count", "sweep") if is_on_server else ("merge", "count", "free")
    progress = progress_for(options, [Step(doing, (name,)) for name in names])
    with open_index(options) as index:
        before = index.info()["file_bytes"]
        BulkIndex(index).compact(progress)
        print_values({"bytes before": before, "bytes after": index.info()["file_bytes"]}, options.json)
    return 0
