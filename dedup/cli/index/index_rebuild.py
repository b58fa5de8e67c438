"""``dedup index rebuild``: rebuild an index of an earlier format, or a damaged one, from its texts."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from dedup.cli.answers import counted, print_json_lines
from dedup.cli.arguments import add_messages, nonempty
from dedup.cli.command_list import Commands
from dedup.cli.event_log import print_summary, progress_for
from dedup.cli.index.index_place import add_wait
from dedup.cli.index.index_records import add_record_options, read_records


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "rebuild",
        description="Rebuild an index of an earlier format, or a damaged one, from the texts of its documents.",
        example="dedup index rebuild news.index archive/*.jsonl",
        notes="The old index is kept beside the new one, as INDEX.before-rebuild.",
    )
    parser.set_defaults(command=command)
    parser.add_argument("index", type=nonempty, metavar="INDEX", help="folder of the index")
    parser.add_argument(
        "--missing",
        choices=("refuse", "drop"),
        default="refuse",
        help="what to do if the inputs lack the text of a document: refuse to rebuild, or drop the document and print "
        "its id (default: %(default)s)",
    )
    add_record_options(parser, "the texts of the documents, as they were added: ")
    add_wait(parser)
    add_messages(parser)


def command(options: argparse.Namespace) -> int:
    """Run it."""
    from dedup.index.rebuild import rebuild
    from dedup.run.progress import Step

    rejected = 0
    progress = progress_for(options, [Step("reading", ("read",)), Step("adding", ("add",))])

    def texts() -> Iterator[dict[str, Any]]:
        nonlocal rejected
        for records in read_records(options, True, progress):
            for record in records:
                if "rejected" in record:
                    rejected += 1
                    print_json_lines([record])
                else:
                    yield record

    rebuilt = rebuild(options.index, texts(), options.missing == "drop", options.agencies, options.wait, progress)
    print_json_lines({"id": id, "missing": True} for id in rebuilt.missing)
    documents = counted(rebuilt.documents, "document", "documents")
    parts = [f"{documents} in {options.index}, {rebuilt.changed:,} with another decision than before"]
    if rebuilt.missing:
        parts.append(f"{len(rebuilt.missing):,} dropped, whose texts are missing")
    if rebuilt.passed_over:
        parts.append(
            f"{counted(rebuilt.passed_over, 'text', 'texts')} ignored, of documents that the index does not have"
        )
    if rejected:
        parts.append(f"{counted(rejected, 'record', 'records')} rejected")
    print_summary("; ".join([*parts, f"the old index is now {rebuilt.before}"]), options)
    return 0
