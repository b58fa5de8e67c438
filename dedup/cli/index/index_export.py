"""``dedup index export``: write all documents of an index, without their texts, to a file."""

from __future__ import annotations

import argparse
import sys

from dedup.cli.answers import counted, print_json_lines
from dedup.cli.arguments import add_messages, nonempty
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "export",
        description="Write all documents of an index to a file.",
        example="dedup index export news.index -o documents.parquet",
        notes="An index keeps no texts: a line or row has id, source, date, url, data, credit, the document that it is "
        "a copy of, its story, and when it was added.",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=nonempty,
        metavar="FILE",
        help="file to write, whose name ends in .jsonl or .parquet (default: JSON lines on standard output)",
    )
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options, "r") as index:
        if options.output is None:
            print_json_lines(document.as_dict() for document in index)
        else:
            count = index.export(options.output)
            print(f"{counted(count, 'document', 'documents')} written to {options.output}", file=sys.stderr)
    return 0
