"""``dedup index``: choose the subcommand."""

from __future__ import annotations

from dedup.cli.command_list import Commands

EXAMPLES = """\
dedup index add news.index today.jsonl > answers.jsonl
dedup index query news.index draft.txt
dedup index add "redis://host:6379/0?name=news" today.jsonl
"""

COMMANDS = {
    "add": ("dedup.cli.index.index_add", "add records, and print what each copies"),
    "query": ("dedup.cli.index.index_query", "print what each record copies, and add nothing"),
    "create": ("dedup.cli.index.index_create", "create an empty index with chosen parameters"),
    "list": ("dedup.cli.index.index_list", "print the ids of documents"),
    "get": ("dedup.cli.index.index_get", "print documents by their ids, or their stories"),
    "export": ("dedup.cli.index.index_export", "write all documents, without their texts, to a file"),
    "remove": ("dedup.cli.index.index_remove", "remove documents by their ids"),
    "expire": ("dedup.cli.index.index_expire", "remove documents published before a date"),
    "info": ("dedup.cli.index.index_info", "print the size and the parameters of an index"),
    "backup": ("dedup.cli.index.index_backup", "copy an index to a new folder, while it is written to"),
    "restore": ("dedup.cli.index.index_restore", "put a backup of an index on a server"),
    "check": ("dedup.cli.index.index_check", "read all of an index and print what is damaged"),
    "compact": ("dedup.cli.index.index_compact", "give the space of removed documents back to the disk"),
    "rebuild": (
        "dedup.cli.index.index_rebuild",
        "rebuild an index of an earlier format, or a damaged one, from its texts",
    ),
}
"""Module and help of each subcommand."""

NOTES = """\
add and query print JSON lines, an answer for each record. What add has printed is stored safely.
"""


def add_parser(commands: Commands) -> None:
    """Add this command to the command line."""
    parser = commands.add_parser(
        "index",
        description="Keep documents in an index, and ask what a new text copies.",
        example=EXAMPLES,
        notes=NOTES,
    )
    Commands(parser, COMMANDS, commands.rest)
