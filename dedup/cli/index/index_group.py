"""``dedup index``: choose the subcommand."""

from __future__ import annotations

from typing import Any

from dedup.cli.index import (
    index_add,
    index_check,
    index_compact,
    index_create,
    index_expire,
    index_info,
    index_query,
    index_rebuild,
    index_remove,
)

EXAMPLES = """\
dedup index add news.index today.jsonl > answers.jsonl
dedup index query news.index draft.txt
dedup index add "redis://host:6379/0?name=news" today.jsonl
"""

NOTES = """\
add and query print JSON lines, an answer for each record. What add has printed is stored safely.
"""


def add_parser(commands: Any) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "index",
        help="keep documents in an index, and ask what a new text copies",
        description="Keep documents in an index, and ask what a new text copies.",
        example=EXAMPLES,
        notes=NOTES,
    )
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    modules = (
        index_add, index_query, index_create, index_remove, index_expire, index_info, index_check, index_compact,
        index_rebuild,
    )  # fmt: skip
    for module in modules:
        module.add_parser(subcommands)
