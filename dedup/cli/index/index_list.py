"""``dedup index list``: print the ids of the documents of an index."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dedup.cli.answers import print_json
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index

if TYPE_CHECKING:
    from dedup.index import Document, Index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "list",
        description="Print the ids of the documents of an index, one a line, in the order in which they were added.",
        example="dedup index list news.index --source 'Hill Press' | dedup index remove news.index -",
        notes="An id that begins with a quote or a brace, or has characters that cannot be printed, is printed as a "
        "JSON string, which remove reads. With --json a line is an object with all that the index has of a document.",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument("--source", metavar="NAME", help="only those of this source")
    parser.add_argument("--since", metavar="DATE", help="only those published on this date or later")
    parser.add_argument("--before", metavar="DATE", help="only those published before this date")
    parser.add_argument("--kept", action="store_true", help="only those that are no copies of others")
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options, "r") as index:
        for document in _chosen(index, options):
            if options.json:
                print_json(document.as_dict())
            else:
                print(_line(document.id))
    return 0


def _chosen(index: Index, options: argparse.Namespace) -> Iterator[Document]:
    from dedup.index.record import checked_date

    begin, end = (None if date is None else checked_date(date) for date in (options.since, options.before))
    for document in index:
        if options.source not in (None, document.source) or (options.kept and document.copy_of is not None):
            continue
        if begin is not None or end is not None:
            if document.published is None:
                continue
            date = checked_date(document.published)
            if (begin is not None and date < begin) or (end is not None and date >= end):
                continue
        yield document


def _line(id: str) -> str:
    """Return an id as it is or, where a line could not be read back, as a JSON string."""
    return id if id.isprintable() and id[0] not in '"{' else json.dumps(id)
