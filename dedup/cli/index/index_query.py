"""``dedup index query``: print what records copy, and add nothing."""

from __future__ import annotations

import argparse

from dedup.cli.answers import print_json_lines
from dedup.cli.arguments import add_messages
from dedup.cli.command_list import Commands
from dedup.cli.index.index_place import add_place, open_index
from dedup.cli.index.index_records import add_record_options, answer_of, read_records


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "query",
        description="Print what each record copies of the documents in an index, and add nothing.",
        example="dedup index query news.index draft.txt",
    )
    parser.set_defaults(command=command)
    add_place(parser)
    add_record_options(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    with open_index(options, "r") as index:
        for records in read_records(options):
            asked = [record for record in records if "rejected" not in record]
            decisions = iter(index.query_many({**record, "id": None} for record in asked))
            print_json_lines(
                record if "rejected" in record else answer_of(record["id"], next(decisions)) for record in records
            )
    return 0
